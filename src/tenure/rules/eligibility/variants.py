"""Which arm of an A/B test a customer sees: a stable hash, by shares."""

from __future__ import annotations

from collections.abc import Sequence

from tenure.model.playbooks import Variant
from tenure.rules.eligibility.holdout import share_of


def variant_of(venture_key: str, playbook: str, step: str, customer_id: str, variants: Sequence[Variant]) -> Variant | None:
    """The variant of this customer at this step (SHA-256); None without variants.

    Shares are relative to their sum, so that rounding never leaves a gap. The version is not part of it: a new version
    of the playbook shows a customer the same arm, as long as names, order and shares stay.
    """
    whole = sum(one.share for one in variants)
    if not variants or whole <= 0:
        return variants[0] if variants else None
    point = share_of("variant", venture_key, playbook, step, customer_id) * whole
    for one in variants:
        point -= one.share
        if point < 0:
            return one
    return variants[-1]

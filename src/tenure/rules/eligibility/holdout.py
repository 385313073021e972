"""Who is left alone on purpose, so that the effect can be measured: drawn by a stable hash, never stored as chance (A8)."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

from tenure.clock import DAY_US
from tenure.model.playbooks import PlaybookKind
from tenure.model.touches import ActionClass

REDRAWN_AFTER_DAYS = 180
HELD_OUT_KINDS = frozenset({PlaybookKind.at_risk, PlaybookKind.win_back, PlaybookKind.activation, PlaybookKind.engagement})
"""Whose automated customer-facing steps may be withheld; every other kind is exempt."""
_2_64 = 1 << 64


def share_of(*parts: str) -> float:
    """A stable number in [0, 1): the first 64 bits of the SHA-256 of the parts, joined by unit separators."""
    raw = sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(raw[:8], "big") / _2_64


def is_held_out(venture_key: str, kind: PlaybookKind | str, customer_id: str, percent: float, entered_us: int) -> bool:
    """Whether this entry is held out: SHA-256 of venture, playbook kind and customer, redrawn after 180 days.

    `percent` is 0-100; ask `holdout_percent` first, which knows who is exempt. The periods of 180 days begin on a day of
    the customer's own, so that no day redraws everybody.
    """
    kind = PlaybookKind(kind)
    return percent > 0 and 100 * share_of("holdout", venture_key, kind, customer_id, _period(venture_key, customer_id, entered_us)) < percent


def _period(venture_key: str, customer_id: str, entered_us: int) -> str:
    start_day = int(share_of("holdout period", venture_key, customer_id) * REDRAWN_AFTER_DAYS)
    return str((entered_us // DAY_US + start_day) // REDRAWN_AFTER_DAYS)


def holdout_percent(
    kind: PlaybookKind | str,
    percents: Mapping[str, object],
    *,
    arr_cents: int | None,
    high_value_arr: int,
    by_person: bool = False,
    playbook: str = "",
) -> float:
    """The share of 100 to hold out at this entry, after the exemptions of A8.

    `percents` is the parameter `holdout_percent`; an entry for the playbook's own key wins over its kind's. 0 for cancelling,
    onboarding, renewal, what a person starts, and customers at or above `high_value_arr` (whole units of currency); a
    critical one only if the chairman switched it on. Unknown ARR counts as below (R5).
    """
    kind = PlaybookKind(kind)
    exempt = by_person or is_high_value(arr_cents, high_value_arr)
    if exempt or not (kind in HELD_OUT_KINDS or kind in (PlaybookKind.critical, PlaybookKind.other)):
        return 0.0
    chosen = percents.get(playbook, percents.get(kind.value, 0.0))
    return float(chosen) if isinstance(chosen, int | float) else 0.0


def withholds(kind: PlaybookKind | str | None, action_class: ActionClass, *, by_person: bool) -> bool:
    """Whether a held-out enrollment withholds this step: automated messages and offers, never surveys or a person's (A8)."""
    if kind is None or by_person or action_class not in (ActionClass.message, ActionClass.offer):
        return False
    return PlaybookKind(kind) in HELD_OUT_KINDS or PlaybookKind(kind) in (PlaybookKind.critical, PlaybookKind.other)


def is_high_value(arr_cents: int | None, high_value_arr: int) -> bool:
    """At or above `high_value_arr` (whole units); unknown is below (R5)."""
    return arr_cents is not None and arr_cents >= 100 * high_value_arr


def is_in_cohort(venture_key: str, scope: str, customer_id: str, percent: float) -> bool:
    """Whether a paused scope acts for this customer again (small cohort first): a stable share of 100."""
    return 100 * share_of("cohort", venture_key, scope, customer_id) < percent

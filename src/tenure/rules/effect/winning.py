"""Whether an A/B test is decided: a winner is named, never taken."""

from __future__ import annotations

from tenure.rules.effect.campaign import CampaignEffect, VariantEffect
from tenure.stats.result import DEFAULT_LEVEL, Answer


def winner(found: CampaignEffect) -> VariantEffect | None:
    """The arm that answers better, when that is proven; None: not yet, or the arms were not drawn as planned.

    Several arms share the 5 % of being wrong (Bonferroni). The first arm wins when every other is proven worse.
    """
    if len(found.variants) < 2 or (isinstance(found.variant_split, Answer) and found.variant_split.value.is_broken):
        return None
    first, others = found.variants[0], found.variants[1:]
    alpha = (1 - DEFAULT_LEVEL) / len(others)
    better = [one for one in others if _gain(one, alpha) > 0]
    if better:
        return max(better, key=lambda one: _gain(one, alpha))
    return first if all(_gain(one, alpha) < 0 for one in others) else None


def _gain(one: VariantEffect, alpha: float) -> float:
    """By how much it answers better than the first arm; 0 where that is not proven."""
    if not isinstance(one.against_first, Answer) or one.against_first.value.p_value >= alpha:
        return 0.0
    return one.against_first.value.value

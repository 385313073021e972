"""Which pauses reach which things at vendors (A21)."""

from __future__ import annotations

from tenure.model.handoffs import HandedOff
from tenure.model.incidents import APPROVAL, EVERYTHING, OUTREACH, OUTREACH_BY_SCORE, SCORING, provider_scope


def covers(scope: str, thing: HandedOff) -> bool:
    """Whether a pause of this scope stops the thing; `approval` is no stop."""
    if scope == APPROVAL:
        return False
    if scope in (EVERYTHING, OUTREACH) or scope in (thing.scope, provider_scope(thing.provider)):
        return True
    return scope in (OUTREACH_BY_SCORE, SCORING) and thing.by_score

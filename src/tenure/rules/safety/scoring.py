"""Scoring on hold (section 3, A20): what a pause of scoring means, and when the scores that stay are stale."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tenure.clock import HOUR_US, iso
from tenure.model.incidents import SCORING, Pause
from tenure.model.runs import Run, RunState
from tenure.rules.system_health import FULL_SCORE_HEALTHY_HOURS

BY_HAND = "`tenure refresh --force` scores once, by hand"


class ScoringState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whether scores come by themselves (`hold` None) or only by hand, and why those shown are stale, if they are."""

    hold: Pause | None = None
    stale_because: str = ""


def scoring_hold(pauses: Sequence[Pause]) -> Pause | None:
    """The pause under which nothing is scored by itself.

    With its small cohort scoring is back (a score cannot be watched without being computed); what rests on scores acts for
    the cohort alone. The kill switch is no hold: scoring goes on under it (A21).
    """
    return next((one for one in pauses if one.scope == SCORING and one.cohort_percent is None), None)


def hold_sentence(hold: Pause) -> str:
    """Why nothing is scored by itself."""
    by = f" by incident {hold.incident_id}" if hold.incident_id is not None else f" by {hold.by}"
    return f"Scoring is paused{by} since {iso(hold.since_us)}; the last good scores stay."


def scoring_state(pauses: Sequence[Pause], last: Run | None, published: Run | None, now_us: int) -> ScoringState:
    """Judged from the newest run of all and the newest published one.

    Under a hold scores are stale unless somebody scored by hand since, at most `FULL_SCORE_HEALTHY_HOURS` ago.
    """
    hold = scoring_hold(pauses)
    if published is None:
        return ScoringState(hold=hold)
    too_old = now_us - published.as_of_us > FULL_SCORE_HEALTHY_HOURS * HOUR_US
    if hold is not None and (published.as_of_us < hold.since_us or too_old):
        return ScoringState(hold=hold, stale_because=hold_sentence(hold))
    if last is not None and last.state in (RunState.failed, RunState.refused):
        return ScoringState(hold=hold, stale_because=f"The last refresh published nothing: {last.message}")
    return ScoringState(hold=hold)

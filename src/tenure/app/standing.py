"""How scores stand: by themselves or by hand, fresh or stale. Read by `tenure status`, `tenure health` and the refresh itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tenure.clock import iso
from tenure.crew.customer_success_crew import DAILY
from tenure.model.incidents import Pause
from tenure.rules.safety.scoring import ScoringState, scoring_hold, scoring_state

if TYPE_CHECKING:
    from tenure.app.deployment import Deployment


def hold_of(deployment: Deployment, now_us: int) -> Pause | None:
    """The pause under which nothing is scored by itself."""
    return scoring_hold(deployment.store.controls.state(deployment.venture.venture_id, now_us).pauses)


def full_score_is_due(deployment: Deployment, daily_due_us: int | None = None) -> bool:
    """A daily refresh is due, or one was missed while scoring was on hold, and nobody made it good since."""
    due_us = daily_due_us
    if due_us is None:
        due_us = deployment.store.calendar.last_due_us(deployment.venture.venture_id).get(DAILY)
    last_us = deployment.last_full_refresh_us()
    return due_us is not None and (last_us is None or last_us < due_us)


def state_of_scoring(deployment: Deployment, now_us: int) -> ScoringState:
    """From the store alone."""
    store, own = deployment.store, deployment.venture.venture_id
    return scoring_state(store.controls.state(own, now_us).pauses, store.runs.last(own), store.runs.last_published(own), now_us)


def scoring_document(state: ScoringState) -> dict[str, Any]:
    """`scoring` in `tenure status --json`."""
    hold = state.hold
    return {
        "by": "itself" if hold is None else "hand",
        "paused_since": None if hold is None else iso(hold.since_us),
        "incident": None if hold is None else hold.incident_id,
        "stale": bool(state.stale_because),
        "stale_because": state.stale_because,
    }

"""The pulse of `tenure up`: once a minute, is there anything to do? Asked of the store alone, so that an idle house stays idle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenure.app.standing import full_score_is_due, hold_of
from tenure.crew.customer_success_crew import ensure_born, operations_due

if TYPE_CHECKING:
    from tenure.app.deployment import Deployment


def beat(deployment: Deployment, now_us: int) -> None:
    """The loop was alive in this minute (M16)."""
    ensure_born(deployment.store, deployment.venture.venture_id, now_us)
    deployment.store.calendar.beat(deployment.venture.venture_id, now_us)


def has_work(deployment: Deployment, now_us: int) -> bool:
    """Facts that wait, sources to be polled, scores owed since scoring was paused, something due by the calendar or in the loop's tables."""
    store, own = deployment.store, deployment.venture.venture_id
    if store.inbox.waiting(own, 0)[0] or deployment.workspace.sources:
        return True
    if full_score_is_due(deployment) and hold_of(deployment, now_us) is None:
        return True
    return bool(operations_due(store, own, deployment.parameters.current(), now_us)) or store.pending.anything(own, now_us)

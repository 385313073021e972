"""I3: one detractor gives the owner a follow-up task, due in 48 hours."""

from __future__ import annotations

from tenure.clock import HOUR_US
from tenure.model.cause import Cause, CauseKind
from tenure.model.intents import CreateTask, Intent
from tenure.rules.tasks.due import DETRACTOR_HOURS

MOST_OF_A_DETRACTOR = 6


def detractor_task(answer_key: str, customer_id: str, score: int, answered_us: int) -> Intent | None:
    """The task of one NPS answer; None when it is none of a detractor. The comment stays where it is: it is personal."""
    if score > MOST_OF_A_DETRACTOR:
        return None
    wish = CreateTask(
        kind="detractor_follow_up",
        title=f"Follow up on an NPS answer of {score}",
        due_us=answered_us + DETRACTOR_HOURS * HOUR_US,
        customer_id=customer_id,
        priority="high",
        details={"nps_score": score},
    )
    return Intent(key=f"detractor:{answer_key}", wish=wish, cause=Cause(kind=CauseKind.schedule, reason="NPS detractor (I3)"))

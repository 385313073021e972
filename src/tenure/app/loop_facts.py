"""What the store tells of the loop at a time: the facts behind RETENTION-004, the gates and the metric of the system."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenure.app.playbooks import playbook_context
from tenure.clock import DAY_US, HOUR_US, MINUTE_US
from tenure.model.runs import RunKind
from tenure.rules.loop_health import LoopFacts, iso_week_start_us, uptime
from tenure.rules.system_health import SystemStatus
from tenure.services.playbooks.entries import campaigns_evaluated

if TYPE_CHECKING:
    from tenure.app.deployment import Deployment

STUCK_US = HOUR_US
"""A survey that is due and still in the outbox after this long is one that did not go out."""


def loop_facts(deployment: Deployment, now_us: int) -> LoopFacts:
    """Scores, CRM, campaigns and surveys, as RETENTION-004 judges them."""
    store, own, parameters = deployment.store, deployment.venture.venture_id, deployment.parameters.current()
    last = store.runs.last_published(own, (RunKind.full, RunKind.incremental))
    asked = store.surveys.counts(own, now_us - 7 * DAY_US, stuck_before_us=now_us - STUCK_US)
    return LoopFacts(
        now_us=now_us,
        last_full_score_us=None if last is None else last.as_of_us,
        crm_configured=parameters.text("crm_platform") != "none",
        crm_sync_hours=parameters.integer("crm_sync_frequency_hours"),
        last_crm_sync_us=store.crm_log.last_success_us(own),
        campaigns_evaluated_us=tuple(campaigns_evaluated(playbook_context(deployment), now_us).values()),
        surveys_due_7d=asked.due,
        surveys_deployed_7d=asked.left,
        surveys_switched_on=store.controls.state(own, now_us).live_since_us is not None,
    )


def crm_records(deployment: Deployment, now_us: int) -> tuple[int, int]:
    """Records that syncs of the last 24 hours wrote, and how many of them failed."""
    runs = deployment.store.crm_log.last(deployment.venture.venture_id)
    recent = [one for one in runs if now_us - DAY_US < one.started_us <= now_us]
    records = sum(one.records for one in recent)
    return records, min(records, sum(one.errors for one in recent))


def uptime_percent(deployment: Deployment, now_us: int) -> float | None:
    """Of the last whole ISO week, from its first heartbeat; None: nobody was at work then (M16)."""
    store, own = deployment.store, deployment.venture.venture_id
    to_us = iso_week_start_us(now_us)
    beats = store.calendar.beaten(own, to_us - 7 * DAY_US, to_us)
    if not beats:
        return None
    from_us = min(beats) // MINUTE_US * MINUTE_US
    failures = [one for one in store.system_log.since(own, from_us) if one.status == SystemStatus.degraded.value]
    return uptime(beats, [(one.checked_us, one.resolved_us) for one in failures], from_us, to_us).percent

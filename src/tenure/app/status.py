"""What the machine looks like: facts, quarantine, inbox, last refresh, and what is not set up yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tenure.app.acting import control_document
from tenure.app.loop_facts import crm_records, loop_facts, uptime_percent
from tenure.app.mailbox import mailbox_document
from tenure.app.sources import source_document, sources_of
from tenure.app.standing import scoring_document, state_of_scoring
from tenure.clock import DAY_US, iso
from tenure.model.facts import FactKind
from tenure.model.jobs import JobState
from tenure.model.runs import Run, RunKind
from tenure.rules.loop_health import SCORES, judge_loop
from tenure.rules.system_health import SourceFacts, SystemFacts, SystemStatus, judge_system

if TYPE_CHECKING:
    from tenure.app.deployment import Deployment

FACTS = "facts"
ONBOARDED = "onboarded"
"""How many customers completed onboarding, kept for the entry gate."""
_COUNTED = [kind.plural for kind in FactKind if kind is not FactKind.alias]
_RECIPIENTS = ("operations_email", "chairman_escalation_email", "at_risk_digest_recipients")


def status_document(deployment: Deployment, now_us: int) -> dict[str, Any]:
    """`tenure status --json`; reads only the store, so that it answers while a job runs."""
    store, venture_id = deployment.store, deployment.venture.venture_id
    counts = _kept(deployment, FACTS)
    parameters = deployment.parameters.current()
    stale_input_hours = parameters.integer("stale_input_hours")
    sources = sources_of(deployment)
    system = judge_system(
        system_facts(deployment, now_us, sources),
        stale_input_hours=stale_input_hours,
        max_consecutive_failures=parameters.integer("max_consecutive_failures"),
        target_uptime_percent=parameters.number("target_uptime_percent"),
        crm_error_percent=parameters.number("crm_sync_error_threshold_percent"),
    )
    last = store.runs.last_published(venture_id)
    return {
        "venture": deployment.venture.key,
        "facts": {kind: int(counts.get(kind, 0)) for kind in _COUNTED},
        "quarantine": store.quarantine.waiting(venture_id),
        "inbox": store.inbox.waiting(venture_id, 0)[0],
        "sources": [source_document(one, now_us, stale_input_hours) for one in sources],
        "last_refresh": None if last is None else _run(last),
        "scoring": scoring_document(state_of_scoring(deployment, now_us)),
        "loop": control_document(store.controls.state(venture_id, now_us)),
        "mailbox": mailbox_document(deployment),
        "system": {
            "overall": system.status.value,
            "problems": [one.sentence for one in system.components if one.status is not SystemStatus.healthy],
            "not_measured": list(system.not_measured),
        },
        "hints": [
            f"Nobody is set to receive {name.replace('_', ' ')}: alerts fall back to owner, team lead, admin."
            for name in _RECIPIENTS
            if not parameters[name]
        ][:1],
    }


def _kept(deployment: Deployment, name: str) -> dict[str, int]:
    found = deployment.store.results.latest(deployment.venture.venture_id, name)
    return {} if found is None else dict(found.document)


def _run(run: Run) -> dict[str, Any]:
    return {
        "run": run.run_id,
        "kind": run.kind.value,
        "state": run.state.value,
        "as_of": iso(run.as_of_us),
        "known_batch": run.known_batch,
        "scored": int(run.checks.get("scored", 0)),
        "changed": run.rows,
    }


def system_facts(deployment: Deployment, now_us: int, sources: tuple[SourceFacts, ...]) -> SystemFacts:
    """Counts of the store, and when each source last delivered."""
    store, venture_id = deployment.store, deployment.venture.venture_id
    last = store.runs.last_published(venture_id, (RunKind.full, RunKind.incremental))
    jobs = store.jobs.list(venture_id, limit=50)
    recent = [job for job in jobs if job.state is JobState.failed and (job.ended_us or 0) > now_us - DAY_US]
    in_a_row = 0
    for job in jobs:
        if job.state is JobState.failed:
            in_a_row += 1
        elif job.state is JobState.done:
            break
    waiting, oldest_us = store.inbox.waiting(venture_id, 0)
    queued, due_us = store.outbox.waiting(venture_id, now_us)
    records, errors = crm_records(deployment, now_us)
    return SystemFacts(
        now_us=now_us,
        last_full_score_us=None if last is None else last.as_of_us,
        inbox_waiting=waiting,
        inbox_oldest_us=oldest_us,
        quarantine_waiting=store.quarantine.waiting(venture_id),
        failed_jobs_24h=len(recent),
        failed_jobs_in_a_row=in_a_row,
        sources=sources,
        loop=tuple(one for one in judge_loop(loop_facts(deployment, now_us)) if one.component != SCORES),
        outbox_waiting=queued,
        outbox_oldest_us=due_us,
        crm_records_24h=records,
        crm_errors_24h=errors,
        uptime_percent=uptime_percent(deployment, now_us),
    )

"""The tables of the closed loop: triggers and chains, playbooks and enrollments, touches, decisions, safety, the crew.

Two idioms hold races apart on both engines: a unique `key` makes one act one, and a column that is 1 while something is
open and null afterwards makes "at most one open" a unique constraint (nulls are distinct).
"""

from __future__ import annotations

from tenure.store.columns import metadata
from tenure.store.crew_tables import calendar_runs, confirmations, crew_steps, findings, gate_states
from tenure.store.merge_tables import customer_merges, merged_rows
from tenure.store.outreach_tables import (
    consents,
    hands_off,
    nps_surveys,
    provider_health,
    responses,
    suppressions,
    touch_verdicts,
    touches,
)
from tenure.store.playbook_tables import enrollment_steps, enrollments, playbooks, playbooks_live
from tenure.store.safety_tables import (
    crm_sync_log,
    handed_off,
    heartbeats,
    incident_steps,
    incidents,
    loop_modes,
    pauses,
    system_health_log,
)
from tenure.store.trigger_tables import (
    cards,
    intents,
    pending_firings,
    recursion_executions,
    recursion_metrics,
    recursion_triggers,
    recursion_triggers_live,
)
from tenure.store.work_tables import (
    alerts,
    decisions,
    slack_accounts,
    stand_ins,
    tasks,
    used_links,
    useful_marks,
)

__all__ = [
    "alerts",
    "calendar_runs",
    "cards",
    "confirmations",
    "consents",
    "crew_steps",
    "crm_sync_log",
    "customer_merges",
    "decisions",
    "enrollment_steps",
    "enrollments",
    "findings",
    "gate_states",
    "handed_off",
    "hands_off",
    "heartbeats",
    "incident_steps",
    "incidents",
    "intents",
    "loop_modes",
    "merged_rows",
    "metadata",
    "nps_surveys",
    "pauses",
    "pending_firings",
    "playbooks",
    "playbooks_live",
    "provider_health",
    "recursion_executions",
    "recursion_metrics",
    "recursion_triggers",
    "recursion_triggers_live",
    "responses",
    "slack_accounts",
    "stand_ins",
    "suppressions",
    "system_health_log",
    "tasks",
    "touch_verdicts",
    "touches",
    "used_links",
    "useful_marks",
]

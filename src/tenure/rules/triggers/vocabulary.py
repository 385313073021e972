"""The words of trigger files: what conditions may look at, what actions there are and what each may change."""

from __future__ import annotations

import msgspec

from tenure.model.readings import ComponentReading, VentureReadings
from tenure.model.triggers import EndReason, TriggerSubject
from tenure.parameters import DECLARED
from tenure.rules.card_fields import LOOP
from tenure.rules.conditions import Profile, Vocabulary

LEAST_CUSTOMERS = 30
"""Under this many a cohort, a headline or a month is not judged (M8)."""

VENTURE = Vocabulary(
    texts=("headline_source",),
    numbers=(
        "headline_retention",
        "headline_customers",
        "worst_cohort_retention",
        "retention_decline",
        "nps",
        "nps_answers",
        "nps_window_days",
        "nps_drop",
        "active_campaigns",
        "at_risk_customers",
    ),
    flags=(),
)
"""Retention and decline in percent; missing where there are too few customers or answers, and nothing fires then."""
COMPONENT = Vocabulary(texts=("component", "component_status"), numbers=(), flags=())
VOCABULARIES = {
    TriggerSubject.customer: LOOP,
    TriggerSubject.venture: VENTURE,
    TriggerSubject.component: COMPONENT,
}

WHENS = ("no_response", "churned", "still_holds")
"""Words a depth step may wait for, beside a condition."""
END_WORDS = tuple(
    one.value
    for one in EndReason
    if one not in (EndReason.person, EndReason.erased, EndReason.merged)  # those always end a chain
)


class ActionKind(msgspec.Struct, frozen=True, kw_only=True):
    """What an action needs (`needs`), takes (`may`), for which subjects, and which fields it may change."""

    needs: tuple[str, ...] = ()
    may: tuple[str, ...] = ()
    subjects: tuple[TriggerSubject, ...] = tuple(TriggerSubject)
    changes: tuple[str, ...] = ()


_C, _V, _K = TriggerSubject.customer, TriggerSubject.venture, TriggerSubject.component
ACTIONS: dict[str, ActionKind] = {
    "raise_alert": ActionKind(needs=("kind",), may=("title",)),
    "start_playbook": ActionKind(needs=("playbook",), subjects=(_C,)),
    "end_playbooks": ActionKind(may=("playbook",), subjects=(_C,)),
    "create_task": ActionKind(
        needs=("kind", "title", "due_hours"), may=("assignee", "priority", "script", "also_free")
    ),
    "ask_decision": ActionKind(needs=("kind",), may=("title", "recommendation", "options", "also_free")),
    "send_survey": ActionKind(needs=("survey",), subjects=(_C,), changes=("nps", "nps_answers", "nps_window_days", "nps_drop")),
    "write_crm": ActionKind(needs=("fields",), subjects=(_C,)),
    "open_incident": ActionKind(needs=("rule", "scope"), may=("title",), changes=("active_campaigns", "component_status")),
    "run_job": ActionKind(
        needs=("job",), may=("job_args",), changes=("active_campaigns", "component_status")
    ),
    "write_finding": ActionKind(needs=("section", "title")),
    # responses of the shipped triggers
    "report_reasons": ActionKind(needs=("section",), subjects=(_V,)),
    "adjust_campaigns": ActionKind(subjects=(_V,)),
    "propose_product": ActionKind(subjects=(_V,)),
    "propose_pricing": ActionKind(subjects=(_V,)),
    "tell_chairman": ActionKind(needs=("kind",), subjects=(_V,)),
    "emergency_plan": ActionKind(may=("causes_days", "plan_days"), subjects=(_V,)),
    "root_cause_survey": ActionKind(needs=("survey",), subjects=(_V,)),
    "heal_component": ActionKind(subjects=(_K,)),
}
CRM_FIELDS = ("health_score", "health_status", "last_intervention")
"""Fields of the CRM that Tenure works out itself; they never come back as facts."""


def numeric_parameters() -> dict[str, float]:
    """Defaults of the parameters a condition may name; the real values are put in when it is evaluated."""
    return {
        name: float(one.default)
        for name, one in DECLARED.items()
        if isinstance(one.default, int | float) and not isinstance(one.default, bool)
    }


def venture_profile(readings: VentureReadings) -> Profile:
    """The fields of VENTURE, as far as they were measured on enough customers or answers."""
    return {
        **_retention_fields(readings),
        **_nps_fields(readings),
        "active_campaigns": None,
        "at_risk_customers": float(readings.at_risk_customers),
    }


def _retention_fields(readings: VentureReadings) -> dict[str, str | float | None]:
    found = readings.retention
    if found is None:
        return {}
    cohorts = [one.retention for one in found.cohorts if one.customers >= LEAST_CUSTOMERS]
    judged = found.headline is not None and found.customers >= LEAST_CUSTOMERS
    both = min(found.this_customers, found.last_customers) >= LEAST_CUSTOMERS
    decline = None
    if both and found.this_month is not None and found.last_month:
        decline = 100 * (found.last_month - found.this_month) / found.last_month
    return {
        "headline_source": found.source,
        "headline_retention": 100 * found.headline if judged and found.headline is not None else None,
        "headline_customers": float(found.customers),
        "worst_cohort_retention": 100 * min(cohorts) if cohorts else None,
        "retention_decline": decline,
    }


def _nps_fields(readings: VentureReadings) -> dict[str, float | None]:
    found = readings.nps
    if found is None:
        return {}
    drop = None if found.before is None or found.last_30 is None else found.before - found.last_30
    return {
        "nps": found.nps,
        "nps_answers": float(found.answers),
        "nps_window_days": float(found.window_days),
        "nps_drop": drop,
    }


def component_profile(reading: ComponentReading) -> Profile:
    """The fields of COMPONENT."""
    return {"component": reading.component, "component_status": reading.status}

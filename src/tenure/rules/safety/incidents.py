"""Safety rules as data, and the moves an incident may make."""

from __future__ import annotations

import msgspec

from tenure.clock import HOUR_US
from tenure.errors import BadInput, Refused
from tenure.ids import share_of
from tenure.model.incidents import (
    APPROVAL,
    CRM,
    EVERYTHING,
    OUTREACH,
    OUTREACH_BY_SCORE,
    SCORING,
    Incident,
    IncidentState,
    Pause,
    provider_scope,
)

S = IncidentState

MOVES: dict[IncidentState, tuple[IncidentState, ...]] = {
    S.paused: (S.told,),
    S.told: (S.review_booked,),
    S.review_booked: (S.cause_written,),
    S.cause_written: (S.fix_written,),
    S.fix_written: (S.small_cohort,),
    # it tripped again while the small cohort was watched: back to the review
    S.small_cohort: (S.resumed, S.review_booked),
    S.resumed: (),
}
REVIEW_WITHIN_HOURS = 24
SCOPES = (EVERYTHING, OUTREACH, OUTREACH_BY_SCORE, SCORING, CRM, APPROVAL)


class SafetyRule(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one rule does when it trips. `also_pauses` beside the incident's scope; `watch_hours` on the small cohort.

    `resumes_itself`: after the cause is gone by itself (a provider that answers again); nothing else ever does.
    """

    name: str
    scope: str
    also_pauses: tuple[str, ...] = ()
    watch_hours: int = 24
    resumes_itself: bool = False
    withdraws_outbox: bool = False


RULES = {
    rule.name: rule
    for rule in (
        SafetyRule(name="crm_errors", scope=CRM),
        SafetyRule(name="scoring_failed", scope=SCORING, also_pauses=(OUTREACH_BY_SCORE,)),
        SafetyRule(name="negative_feedback", scope="playbook:*", withdraws_outbox=True),
        SafetyRule(name="nps_drop", scope=APPROVAL),
        SafetyRule(name="fleet_drop", scope=OUTREACH_BY_SCORE),
        SafetyRule(name="technical_failures", scope=provider_scope("*"), watch_hours=1, resumes_itself=True),
    )
}


def rule_of(name: str, scope: str = "") -> SafetyRule:
    """The rule of that name; one nobody declared pauses its scope and nothing else."""
    return RULES.get(name, SafetyRule(name=name, scope=scope))


def check_move(incident: Incident, to: IncidentState, note: str) -> None:
    """Raises Refused for an illegal move, BadInput where words are missing."""
    if to not in MOVES[incident.state]:
        expected = " or ".join(one.value for one in MOVES[incident.state]) or "nothing: it is over"
        raise Refused(
            f"Incident {incident.incident_id} is {incident.state.value}; it cannot become {to.value}.",
            f"What comes next is {expected}.",
        )
    if to in (S.cause_written, S.fix_written) and not note.strip():
        raise BadInput("An incident needs its root cause and its fix in words.", "Write them down with the command.")


def check_finish(incident: Incident, now_us: int, note: str) -> None:
    """The small cohort is watched for `watch_hours`; ending earlier needs a reason in words. Raises Refused."""
    check_move(incident, S.resumed, note)
    since_us = next(step.at_us for step in reversed(incident.steps) if step.state is S.small_cohort)
    hours = rule_of(incident.rule).watch_hours
    if now_us - since_us < hours * HOUR_US and not note.strip():
        raise Refused(
            f"The small cohort of incident {incident.incident_id} is watched for {hours} hours, and they are not over.",
            "Wait, or say why it may end now.",
        )


def check_scope(scope: str) -> None:
    """Raises BadInput for a scope nothing looks at: a pause with a typing error would stop nothing."""
    kind, sign, name = scope.partition(":")
    if scope not in SCOPES and not (sign and name and kind in ("playbook", "provider", "trigger")):
        raise BadInput(f"There is no scope {scope[:40]!r}.", f"Use one of {', '.join(SCOPES)}, playbook:KEY, trigger:ID or provider:NAME.")


def acts_again(pause: Pause, venture_key: str, customer_id: str) -> bool:
    """Is this customer in the small cohort with which a paused scope resumes? A stable hash: always the same customers."""
    if pause.cohort_percent is None:
        return False
    return 100 * share_of("resume", venture_key, pause.scope, customer_id) < pause.cohort_percent

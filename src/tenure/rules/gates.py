"""The gates of crew.md: entry, set-up and exit, each with its verdict and the evidence behind it."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

import msgspec

from tenure.clock import DAY_US

EXIT_ACTIVE_DAYS = 7
EXIT_WINDOW_DAYS = 30


class Verdict(StrEnum):
    """Pass, not yet, or fail."""

    passed = "pass"
    not_yet = "not_yet"
    failed = "fail"


class GateGroup(StrEnum):
    """When a gate is asked."""

    entry = "entry"
    infrastructure = "32.1"
    monitoring = "32.2"
    programmes = "32.3"
    exit = "exit"


class GateFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the store and the metrics tell. A fact that is None or 0 was not seen yet.

    Args:
        onboarded: customers with completed onboarding.
        events_fresh, customers_fresh, tickets_fresh: of the sources (M17); None: no such source.
        no_ticket_system: an admin declared it (C4).
        crm_platform, crm_fields_filled, crm_last_success_us: `none` completes the gate (C1), once somebody chose it.
        team, trained: members of the team, and those who confirmed run-book and escalation procedure.
        components_active_days: whole days in a row in which RETENTION-004 held, healed within the hour counted (C5).
        improving, nps: verdict and sentence of the metrics (M11, M14).
    """

    now_us: int
    onboarded: int = 0
    onboarded_needed: int = 10
    events_fresh: bool | None = None
    customers_fresh: bool | None = None
    tickets_fresh: bool | None = None
    no_ticket_system: bool = False
    crm_platform: str = ""
    crm_fields_filled: bool = False
    crm_last_success_us: int | None = None
    journeys: int = 0
    journeys_needed: int = 4
    team: int = 0
    trained: int = 0
    drill_done_us: int | None = None
    drill_text: str = "The escalation drill was not done yet."
    metrics_defined: bool = False
    scored: int = 0
    last_full_score_us: int | None = None
    test_alert_acknowledged_us: int | None = None
    campaigns: int = 0
    campaigns_needed: int = 3
    rehearsed_us: int | None = None
    tracked: int = 0
    components_active_days: int = 0
    last_step_us: int | None = None
    last_acknowledged_us: int | None = None
    improving: Verdict = Verdict.not_yet
    improving_text: str = ""
    nps: Verdict = Verdict.not_yet
    nps_text: str = ""


class GateResult(msgspec.Struct, frozen=True, kw_only=True):
    """One gate: its verdict and the sentence that is its evidence."""

    gate: str
    group: GateGroup
    verdict: Verdict
    evidence: str


Judge = Callable[[GateFacts], tuple[bool | Verdict, str]]


def judge_gates(facts: GateFacts) -> tuple[GateResult, ...]:
    """Every gate in the order of crew.md."""
    return tuple(_result(name, group, judge(facts)) for name, group, judge in _GATES)


def exit_passed(results: tuple[GateResult, ...]) -> bool:
    """`tenure gates` exits 0 only then."""
    return all(one.verdict is Verdict.passed for one in results if one.group is GateGroup.exit)


def _result(name: str, group: GateGroup, found: tuple[bool | Verdict, str]) -> GateResult:
    verdict, evidence = found
    if isinstance(verdict, bool):
        verdict = Verdict.passed if verdict else Verdict.not_yet
    return GateResult(gate=name, group=group, verdict=verdict, evidence=evidence)


def _onboarded(facts: GateFacts) -> tuple[bool, str]:
    return (
        facts.onboarded >= facts.onboarded_needed,
        f"{facts.onboarded:,} of {facts.onboarded_needed:,} customers have completed onboarding.",
    )


def _data_flowing(facts: GateFacts) -> tuple[bool, str]:
    """C4: tickets also pass where an admin declared that there is no ticket system."""
    tickets = facts.no_ticket_system or facts.tickets_fresh
    parts = {"events": facts.events_fresh, "customers": facts.customers_fresh, "tickets": tickets}
    stale = [name for name, fresh in parts.items() if not fresh]
    declared = " No ticket system, as declared." if facts.no_ticket_system else ""
    if stale:
        return False, f"Not fresh, or never delivered: {', '.join(stale)}.{declared}"
    return True, f"Events, tickets and customer records are fresh.{declared}"


def _crm(facts: GateFacts) -> tuple[bool, str]:
    if facts.crm_platform == "none":
        return True, "No CRM, as chosen: Tenure's tasks and pages stand in."
    if not facts.crm_platform:
        return False, "Nobody has chosen a CRM yet (`none` is a choice)."
    if facts.crm_last_success_us is None:
        return False, f"{facts.crm_platform} is chosen but was never synchronised."
    return facts.crm_fields_filled, f"{facts.crm_platform} is synchronised; mapped fields filled: {_yes(facts.crm_fields_filled)}."


def _playbooks_created(facts: GateFacts) -> tuple[bool, str]:
    """C2: the shipped journeys, accepted as drafts."""
    return facts.journeys >= facts.journeys_needed, f"{facts.journeys} of {facts.journeys_needed} journeys are there."


def _team_trained(facts: GateFacts) -> tuple[bool, str]:
    passed = 0 < facts.team <= facts.trained
    return passed, f"{facts.trained} of {facts.team} team members confirmed the run-book and the escalation procedure."


def _drill(facts: GateFacts) -> tuple[bool, str]:
    """C3: a mock critical customer passed alert, escalation, decision and outcome."""
    return facts.drill_done_us is not None, facts.drill_text


def _metrics_defined(facts: GateFacts) -> tuple[bool, str]:
    said = "A scorecard is live." if facts.metrics_defined else "No scorecard is live."
    return facts.metrics_defined, said


def _scoring(facts: GateFacts) -> tuple[bool, str]:
    if facts.last_full_score_us is None:
        return False, "Nobody has been scored yet."
    fresh = facts.now_us - facts.last_full_score_us <= 2 * DAY_US
    return fresh and facts.scored > 0, f"{facts.scored:,} customers are scored; the last full score is {'fresh' if fresh else 'old'}."


def _alerts(facts: GateFacts) -> tuple[bool, str]:
    done = facts.test_alert_acknowledged_us is not None
    return done, "A test alert was acknowledged." if done else "No test alert was acknowledged yet."


def _programmes(facts: GateFacts) -> tuple[bool, str]:
    return (
        facts.campaigns >= facts.campaigns_needed,
        f"{facts.campaigns} of {facts.campaigns_needed} campaigns are published.",
    )


def _automation(facts: GateFacts) -> tuple[bool, str]:
    done = facts.rehearsed_us is not None
    return done, "The playbooks were rehearsed end to end." if done else "The playbooks were not rehearsed end to end yet."


def _tracked(facts: GateFacts) -> tuple[bool, str]:
    return facts.tracked > 0, f"{facts.tracked:,} deliveries, opens, clicks and answers were tracked."


def _active(facts: GateFacts) -> tuple[bool, str]:
    """C5: seven days in a row, a playbook step and an acknowledged alert within 30 days."""
    since_us = facts.now_us - EXIT_WINDOW_DAYS * DAY_US
    step = facts.last_step_us is not None and facts.last_step_us >= since_us
    alert = facts.last_acknowledged_us is not None and facts.last_acknowledged_us >= since_us
    days = facts.components_active_days
    said = (
        f"RETENTION-004 has held for {days} of {EXIT_ACTIVE_DAYS} days in a row; "
        f"a playbook step in 30 days: {_yes(step)}; an acknowledged alert in 30 days: {_yes(alert)}."
    )
    return days >= EXIT_ACTIVE_DAYS and step and alert, said


def _yes(value: bool) -> str:
    return "yes" if value else "no"


_GATES: tuple[tuple[str, GateGroup, Judge], ...] = (
    ("customers onboarded", GateGroup.entry, _onboarded),
    ("data flowing", GateGroup.entry, _data_flowing),
    ("CRM configured", GateGroup.infrastructure, _crm),
    ("playbooks created", GateGroup.infrastructure, _playbooks_created),
    ("team trained", GateGroup.infrastructure, _team_trained),
    ("escalation drill", GateGroup.infrastructure, _drill),
    ("metrics defined", GateGroup.monitoring, _metrics_defined),
    ("scoring implemented", GateGroup.monitoring, _scoring),
    ("alerts configured", GateGroup.monitoring, _alerts),
    ("programmes designed", GateGroup.programmes, _programmes),
    ("automation built", GateGroup.programmes, _automation),
    ("engagement tracked", GateGroup.programmes, _tracked),
    ("success system active", GateGroup.exit, _active),
    ("retention improving", GateGroup.exit, lambda facts: (facts.improving, facts.improving_text)),
    ("NPS positive", GateGroup.exit, lambda facts: (facts.nps, facts.nps_text)),
)

"""From enrollments and history to a report: cases, cost, contact, agents, proposals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import pytest

from tenure.clock import DAY_US, HOUR_US
from tenure.model.alerts import AlertPrecision
from tenure.model.health import HealthStatus
from tenure.model.intents import AskDecision, Intent
from tenure.model.playbooks import Entry, PlaybookDefinition, PlaybookKind, PlaybookVersion, Step, Variant
from tenure.model.useful import Subject, UsefulMark
from tenure.parameters import DEFAULTS
from tenure.ports.crm import CrmRun
from tenure.ports.effect import AskedCase, Became, ClosedTask, EnteredCustomer, Helped, TeamWork
from tenure.ports.surveys import SurveyCounts
from tenure.services.effect import EffectReport, EffectService, effect_lines, effect_words
from tenure.services.effect.assembling import Assembler
from tenure.stats.result import Answer, NoAnswer

NOW = 20_600 * DAY_US
CRITICAL, AT_RISK, HEALTHY = HealthStatus.critical, HealthStatus.at_risk, HealthStatus.healthy
STEP = Step(step="letter", variants=(Variant(name="a", template="x", share=50), Variant(name="b", template="y", share=50)))
DEFINITION = PlaybookDefinition(
    key="at_risk", kind=PlaybookKind.at_risk, title="Help early", purpose="p", entry=Entry(condition="score < 70"), steps=(STEP,)
)
VERSION = PlaybookVersion(key="at_risk", version=1, digest="d", definition=DEFINITION, created_us=1, created_by="kim", why="w")
NO_WORK = TeamWork(automatic=0, by_person=0, calls_due=0, calls_reached=0, closed=(), answered=(), helped=())


def entered(number: int, days_ago: float = 40, **said: Any) -> EnteredCustomer:
    at_us = NOW - int(days_ago * DAY_US)
    fields: dict[str, Any] = {
        "playbook": "at_risk", "kind": PlaybookKind.at_risk, "version": 1, "held_out": False, "holdout_percent": 10.0,
        "entry_status": AT_RISK, "entry_arr_cents": 100_000, "sent": 1, "delivered": 1, "first_sent_us": at_us + HOUR_US,
    }  # fmt: skip
    return EnteredCustomer(enrollment_id=number, customer_id=f"c{number}", entered_us=at_us, **(fields | said))


class House:
    """Stores and history in memory."""

    def __init__(self, *rows: EnteredCustomer, became: Mapping[str, Became] | None = None, work: TeamWork = NO_WORK) -> None:
        self.rows, self._became, self._work = rows, became or {}, work
        self.asked: list[AskedCase] = []
        self.intents_written: dict[str, Intent] = {}
        self.effect = self.playbooks = self.alerts = self.crm_log = self.surveys = self.intents = self.useful = self

    def became(self, asked: Sequence[AskedCase], now_us: int) -> Mapping[int, Became]:
        self.asked = list(asked)
        return {one.case_id: self._became[one.customer_id] for one in asked if one.customer_id in self._became}

    def entered(self, venture_id: int, since_us: int, until_us: int, *, response_window_us: int) -> list[EnteredCustomer]:
        return [one for one in self.rows if since_us <= one.entered_us < until_us]

    def work(self, venture_id: int, since_us: int, until_us: int) -> TeamWork:
        return self._work

    def versions(self, venture_id: int, key: str | None = None) -> list[PlaybookVersion]:
        return [VERSION]

    def live(self, venture_id: int) -> list[PlaybookVersion]:
        return [VERSION]

    def precision(self, venture_id: int, since_us: int, until_us: int) -> AlertPrecision:
        return AlertPrecision(alerts=20, true=9, false=1, unknown=10)

    def last(self, venture_id: int, *, limit: int) -> list[CrmRun]:
        run = CrmRun(sync_id=1, platform="twin", started_us=NOW - HOUR_US, state="done", records=200, errors=3)
        return [run, msgspec.structs.replace(run, started_us=NOW - 2 * DAY_US, errors=200)]

    def counts(self, venture_id: int, since_us: int) -> SurveyCounts:
        return SurveyCounts(due=45, left=40, answered=8)

    def add(self, venture_id: int, intents: Sequence[Intent], *, now_us: int) -> int:
        self.intents_written |= {one.key: one for one in intents}
        return len(intents)

    def since(self, venture_id: int, since_us: int, until_us: int) -> list[UsefulMark]:
        return [UsefulMark(subject=Subject.draft, ref="7", kind="at_risk", is_useful=False, by="Ola", via="command line", at_us=NOW, word="too long")]

    @property
    def service(self) -> EffectService:
        return EffectService(1, self, self, lambda: DEFAULTS, "USD")  # type: ignore[arg-type]

    def judge(self, playbook: str | None = None) -> EffectReport:
        return self.service.judge(NOW, 90, playbook)


def case(one: EnteredCustomer, **became: Any) -> Any:
    house = House(became={one.customer_id: Became(**became)} if became else {})
    return Assembler(DEFAULTS, lambda key, version: "letter", NOW).assemble([one], house).cases[0]


def test_M12_recovery_counts_from_the_first_touch_and_of_the_held_out_from_entry() -> None:
    house = House(entered(1), entered(2, held_out=True))
    house.judge()
    first, second = house.asked
    assert first.start_us == NOW - 40 * DAY_US + HOUR_US
    assert second.start_us == NOW - 40 * DAY_US
    assert first.end_us - first.start_us == 30 * DAY_US


def test_M12_an_entry_younger_than_thirty_days_is_not_asked_about() -> None:
    house = House(entered(1, 29), entered(2, 31))
    report = house.judge()
    assert [one.customer_id for one in house.asked] == ["c2"]
    assert report.campaigns[0].effect.treated == 2
    assert isinstance(report.campaigns[0].effect.recovery, NoAnswer)


def test_M12_recovered_held_and_left_come_from_the_history() -> None:
    start = NOW - 40 * DAY_US + HOUR_US
    better = case(entered(1), days=((start + DAY_US, AT_RISK), (start + 9 * DAY_US, HEALTHY), (start + 12 * DAY_US, AT_RISK)))
    assert (better.recovered, better.held, better.retained) == (True, False, True)
    left = case(entered(1), days=((start + DAY_US, HEALTHY),), left_us=start + 20 * DAY_US)
    assert (left.recovered, left.retained) == (False, False)
    unknown = case(entered(1))
    assert (unknown.recovered, unknown.retained) == (None, None)


def test_M18_cost_is_touches_minutes_and_discounts_that_were_granted() -> None:
    spent: dict[str, Any] = {"touch_cents": 0.5, "minutes": 10.0, "offer_cents": 900}
    assert case(entered(1, **spent)).cost_cents == 0.5 + 10 * DEFAULTS.number("person_minute_cost") + 900
    won_back: dict[str, Any] = {"kind": PlaybookKind.win_back, "playbook": "win_back", "entry_status": None, "offer_cents": 900}
    gone = NOW - 60 * DAY_US
    assert case(entered(1, **won_back), left_us=gone, pays=True).cost_cents == 0
    assert case(entered(1, **won_back), back_us=NOW - 30 * DAY_US, pays=True).cost_cents == 900


@pytest.mark.parametrize(
    ("became", "converted"),
    [
        ({"left_us": 1, "pays": True}, False),
        ({"left_us": 1, "pays": True, "login_us": NOW - 20 * DAY_US}, False),
        ({"back_us": NOW - 50 * DAY_US, "pays": True}, True),
        ({"back_us": NOW - 2 * DAY_US, "pays": True}, False),
        ({"login_us": NOW - 50 * DAY_US}, True),
        ({"pays": True}, None),
    ],
)
def test_M13_conversion_is_reactivation_or_without_subscription_a_login(became: dict[str, Any], converted: bool | None) -> None:
    one = entered(1, 100, kind=PlaybookKind.win_back, playbook="win_back", entry_status=None)
    became = {"left_us": NOW - 5 * DAY_US, **became} if converted is False else became
    assert case(one, **became).converted is converted
    young = msgspec.structs.replace(one, entered_us=NOW - 80 * DAY_US, first_sent_us=NOW - 80 * DAY_US)
    assert case(young, **became).converted is None


def test_M13_contact_in_time_is_judged_when_somebody_tried_or_the_time_is_over() -> None:
    critical: dict[str, Any] = {"kind": PlaybookKind.critical, "playbook": "critical", "entry_status": CRITICAL}
    running = case(entered(1, 0.5, **critical))
    assert running.contact_due_us is None
    over = case(entered(1, 2, **critical))
    assert over.contact_due_us == over.entered_us + 24 * HOUR_US and over.contact_us is None
    moved = case(entered(1, 2, **critical, contact_due_us=NOW + HOUR_US))
    assert moved.contact_due_us is None
    tried = case(entered(1, 0.5, **critical, contact_us=NOW - HOUR_US))
    assert tried.contact_us is not None and tried.contact_us <= tried.contact_due_us
    free = case(entered(1, 2, **critical, entry_arr_cents=0, first_delivered_us=NOW - 47 * HOUR_US))
    paying = case(entered(1, 2, **critical, first_delivered_us=NOW - 47 * HOUR_US))
    assert (free.contact_us, paying.contact_us) == (NOW - 47 * HOUR_US, None)


def test_M13_churn_prevention_is_critical_and_healthy_within_ninety_days() -> None:
    critical: dict[str, Any] = {"kind": PlaybookKind.critical, "playbook": "critical", "entry_status": CRITICAL, "holdout_percent": 0.0}
    rows = [entered(number, 120, **critical) for number in range(4)] + [entered(9, 60, **critical)]
    became = {
        "c0": Became(days=((NOW - 40 * DAY_US, HEALTHY),)),
        "c1": Became(days=((NOW - 40 * DAY_US, AT_RISK),)),
        "c2": Became(days=((NOW - 100 * DAY_US, HEALTHY),), left_us=NOW - 50 * DAY_US),
        "c9": Became(days=((NOW - 40 * DAY_US, HEALTHY),)),
    }
    found = House(*rows, became=became).judge().prevention
    assert isinstance(found, Answer) and (found.value.count, found.value.total) == (1, 3)


def test_agents_are_judged_by_their_targets() -> None:
    rows = [entered(number, 18, responded=number == 0, first_sent_us=NOW - 18 * DAY_US) for number in range(4)]
    report = House(*rows, entered(8, 3)).judge()
    values = {one.agent: one.value for one in report.agents}
    told = {agent: (value.value.count, value.value.total) for agent, value in values.items() if isinstance(value, Answer)}
    assert told == {
        "SuccessInfrastructureArchitect": (3, 200), "HealthMonitoringSpecialist": (9, 10),
        "RetentionProgramDesigner": (1, 4), "NPSTracker": (8, 40),
    }  # fmt: skip
    words = dict(effect_words(report)["agents"])
    assert words["SuccessInfrastructureArchitect"].endswith("target under 5 %: reached")
    assert words["HealthMonitoringSpecialist"].endswith("50 % of 20 not known yet")
    assert words["NPSTracker"].endswith("not reached")


def test_M13_the_automation_rate_and_the_team_credited_through_chains() -> None:
    start = NOW - 40 * DAY_US + HOUR_US
    task = ClosedTask(by="ola", created_us=1, closed_us=1 + HOUR_US, is_call=True, reached=True, minutes=9, execution_id=77)
    work = TeamWork(
        automatic=30, by_person=10, calls_due=4, calls_reached=3, closed=(task,), answered=(("ola", 60.0),),
        helped=(Helped(of="at_risk", asked=5, answered=4, yes=3),),
    )  # fmt: skip
    report = House(entered(1, execution_id=77), became={"c1": Became(days=((start + DAY_US, HEALTHY),))}, work=work).judge()
    (ola,) = report.team
    assert isinstance(ola.recovered, Answer) and ola.recovered.value.count == 1
    assert isinstance(report.automation, Answer) and report.automation.value.percent == 75
    assert dict(effect_words(report)["helped"]) == {"at_risk": "3 of 4 answers say it helped; 5 were asked"}


def test_a_winner_is_proposed_as_a_decision_once_and_never_taken() -> None:
    rows = [entered(number, variants={"letter": "a"}) for number in range(400)]
    rows += [entered(1_000 + number, variants={"letter": "b"}, responded=number % 2 == 0) for number in range(400)]
    house = House(*rows)
    report = house.judge()
    assert (report.campaigns[0].step, report.campaigns[0].winner) == ("letter", "b")
    assert not house.intents_written
    assert house.service.propose(report, NOW) == house.service.propose(report, NOW) == 1
    (intent,) = house.intents_written.values()
    assert isinstance(intent.wish, AskDecision)
    assert (intent.wish.kind, intent.wish.context["what"], intent.wish.context["name"]) == ("publish", "variant", "at_risk/letter/b")
    assert intent.wish.context["useful"] == "Drafts of at risk: useful 0 of 1: too long"  # Day one 14: proposals cite it
    assert any("Variant b of the step letter is answered better" in line for line in effect_lines(report))


def test_only_the_playbook_asked_for_is_judged_and_old_entries_make_no_campaign() -> None:
    other: dict[str, Any] = {"playbook": "win_back", "kind": PlaybookKind.win_back, "entry_status": None}
    house = House(entered(1), entered(2, **other), entered(3, 120, version=7))
    assert [(one.effect.playbook, one.effect.version) for one in house.judge().campaigns] == [("at_risk", 1), ("win_back", 1)]
    assert [one.effect.playbook for one in house.judge("win_back").campaigns] == ["win_back"]


def test_M12_the_exit_gate_asks_every_treated_entry_of_the_kind() -> None:
    start = NOW - 40 * DAY_US + HOUR_US
    better = Became(days=((start + DAY_US, HEALTHY),))
    house = House(
        entered(1), entered(2), entered(3, held_out=True), entered(4, 10), entered(5, kind=PlaybookKind.critical),
        became={f"c{number}": better if number == 1 else Became() for number in range(1, 6)},
    )  # fmt: skip
    found = house.service.recovery(PlaybookKind.at_risk, NOW)
    assert isinstance(found, Answer) and (found.value.count, found.value.total) == (1, 2)

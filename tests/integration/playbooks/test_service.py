"""Entry, advance and orders over a real store: published versions, ledger rows, intents, races and repeats."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import msgspec
import pytest
from tests.playbook_house import FakeSubjects, card, day, parameters, person, shipped

from tenure.errors import BadInput, NotFound, Refused
from tenure.model.cards import CustomerCard
from tenure.model.cause import Cause, CauseKind
from tenure.model.facts import CustomerStatus
from tenure.model.incidents import OUTREACH, Mode
from tenure.model.intents import AskDecision, EndPlaybooks, Intent, SendSurvey, StartPlaybook
from tenure.model.playbooks import Enrollment, EnrollmentState
from tenure.model.touches import Purpose, Response, ResponseKind, Touch, TouchState
from tenure.model.ventures import Role, Venture
from tenure.parameters import ParameterSet
from tenure.playbooks import mail_layout, shipped_playbooks
from tenure.ports.touches import TouchFilter
from tenure.providers.calendar.mapping import CalendarInvitations
from tenure.services.content import Product, Renderer
from tenure.services.playbooks import PlaybookContext, PlaybookService, check_files
from tenure.services.playbooks.entries import watch_of
from tenure.store import Store

_numbers = count(1)
NO_ENVIRONMENT: dict[str, str] = {}
PRODUCT = Product(name="Northwind", links={"guide": "https://example.com/guide", "meeting": "https://example.com/meet"})
NOBODY_HELD_OUT = {"holdout_percent": {"at_risk": 0, "win_back": 0, "activation": 0, "engagement": 0}}
CHURNED = {"customer_status": CustomerStatus.churned, "churned_us": day(-1), "score": None}


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder: Path = tmp_path_factory.mktemp("store")
    location = folder if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    with Store.open(location, key_folder=folder, environment=NO_ENVIRONMENT) as opened:
        yield opened


class House:
    """A venture that went live on the Monday, with every shipped playbook published."""

    def __init__(self, store: Store, *cards: CustomerCard, live: bool = True, own: ParameterSet | None = None) -> None:
        self.store, self.own = store, own or parameters(**NOBODY_HELD_OUT)
        self.venture: Venture = store.ventures.ensure(f"v{next(_numbers)}", name="Northwind", currency="USD", timezone="UTC", now_us=1)
        self.id = self.venture.venture_id
        self.subjects = FakeSubjects(*cards)
        self.service = PlaybookService(
            PlaybookContext(
                stores=store, venture=self.venture, parameters=lambda: self.own, product=PRODUCT, subjects=self.subjects,
                renderer=Renderer(mail_layout()), invitations=CalendarInvitations("example.com"),
            )
        )  # fmt: skip
        self.service.publish(shipped(), (), by="kim", why="test", now_us=day(-1))
        if live:
            store.controls.switch(self.id, Mode.live, by="kim", why="test", now_us=day(-1))

    def know(self, *cards: CustomerCard) -> None:
        self.subjects.put(*cards)
        self.store.cards.put(self.id, cards)

    def day(self, number: float, *, daily: bool = True) -> None:
        """One cycle of a day, cards renewed."""
        self.know(*[msgspec.structs.replace(one, as_of_us=day(number)) for one in self.subjects.known.values()])
        self.service.enter(day(number), daily=daily)
        self.service.advance(day(number), reviews=daily)

    def enrollments(self, customer_id: str = "acme") -> list[Enrollment]:
        return list(self.store.enrollments.of_customers(self.id, [customer_id]))

    def only(self, customer_id: str = "acme") -> Enrollment:
        (one,) = self.enrollments(customer_id)
        return one

    def touches(self) -> list[Touch]:
        return sorted(self.store.touches.list(self.id, TouchFilter()), key=lambda one: one.touch_id)

    def intents(self, kind: str, at: float = 400) -> list[Intent]:
        return list(self.store.intents.pending(self.id, kind, now_us=day(at)))


def trigger(execution_id: int = 5) -> Cause:
    return Cause(kind=CauseKind.trigger, trigger="RETENTION-001", trigger_version=1, execution_id=execution_id, iteration=1, score_run=9)


def test_A17_two_daily_refreshes_on_working_days_and_then_the_letter(store: Store) -> None:
    house = House(store, card())
    house.day(3)  # Thursday
    assert house.only().state is EnrollmentState.confirming
    assert not house.touches()
    house.day(4)
    one = house.only()
    assert (one.state, one.entered_us, one.next_step) == (EnrollmentState.running, day(4), 1)
    (letter,) = house.touches()
    assert (letter.step, letter.state, letter.user_id, letter.purpose) == ("personal_email", TouchState.deferred, "u1", Purpose.service)
    assert letter.cause.enrollment_id == one.enrollment_id and letter.version == 1
    assert "Sam" in str(letter.content["text"]) and "Northwind" in str(letter.content["html"])


@pytest.mark.parametrize(("score", "state"), [(55.0, TouchState.deferred), (82.0, TouchState.withdrawn)])
def test_A17_who_recovered_while_a_letter_waited_for_the_morning_does_not_get_it(store: Store, score: float, state: TouchState) -> None:
    house = House(store, card())
    house.day(3)
    house.day(4)
    (letter,) = house.touches()
    assert letter.state is TouchState.deferred
    house.know(card(score=score, now_us=day(4.3)))
    house.service.advance(day(4.6))
    (letter,) = house.touches()
    assert letter.state is state
    assert house.only().state is (EnrollmentState.running if score < 70 else EnrollmentState.converted)


def test_day_one_9_a_failed_payment_tells_owner_and_billing_contact_beside_a_running_journey(store: Store) -> None:
    payer = person("u9", role="billing", active_days_30=0)
    house = House(store, card(score=80.0, active_days_30=5, active_days_30_before=12, contacts=(person(), payer)))
    house.day(0)
    assert house.only().playbook == "engagement"
    house.know(
        card(
            score=80.0, active_days_30=5, active_days_30_before=12, contacts=(person(), payer), unpaid_invoice=True, unpaid_since_us=day(0),
        )
    )  # fmt: skip
    house.day(1)
    engagement, payment = house.enrollments()
    assert (engagement.state, payment.playbook, payment.state) == (EnrollmentState.running, "failed_payment", EnrollmentState.running)
    (bill,) = [one for one in house.touches() if one.playbook == "failed_payment"]
    assert (bill.purpose, bill.user_id, bill.step) == (Purpose.transactional, "u9", "notice")
    assert "miss" not in str(bill.content["text"]).casefold()
    (task,) = [one for one in house.intents("create_task") if one.cause.playbook == "failed_payment"]
    assert task.wish.kind == "payment"  # type: ignore[union-attr]
    house.know(card(score=80.0))
    house.day(2)
    assert house.enrollments()[1].state is EnrollmentState.converted
    assert [one.state for one in house.touches() if one.playbook == "failed_payment"] == [TouchState.withdrawn]


def test_day_one_9_ended_by_a_failed_payment_gets_no_win_back(store: Store) -> None:
    house = House(store, card())
    house.know(card(**CHURNED, left_involuntarily=True, unpaid_invoice=True))
    house.day(1)
    assert house.only().playbook == "payment_ended"
    assert {one.purpose for one in house.touches()} == {Purpose.transactional}
    assert not house.intents("send_survey")


def test_A17_a_weekend_confirms_nobody(store: Store) -> None:
    house = House(store, card())
    house.day(4)
    for number in (5, 6):
        house.day(number)
    assert house.only().state is EnrollmentState.confirming
    house.day(7)
    assert house.only().state is EnrollmentState.running


def test_A17_only_a_daily_refresh_confirms_and_a_day_counts_once(store: Store) -> None:
    house = House(store, card())
    house.day(0, daily=False)
    for hour in range(5):
        house.day(0.1 + hour / 100)
    assert (house.only().state, house.only().confirmations) == (EnrollmentState.confirming, 1)


def test_A17_one_day_gives_the_immediate_behaviour(store: Store) -> None:
    house = House(store, card(), own=parameters(at_risk_confirm_days=1, **NOBODY_HELD_OUT))
    house.day(0)
    assert house.only().state is EnrollmentState.running
    assert len(house.touches()) == 1


def test_A17_recovered_before_it_was_confirmed_leaves_no_trace_and_can_cross_again(store: Store) -> None:
    house = House(store, card())
    house.day(0)
    house.know(card(score=72.0))
    house.day(1)
    assert house.only().state is EnrollmentState.exited
    house.know(card(previous_score=72.0))
    house.day(2)
    house.day(3)
    assert [one.state for one in house.enrollments()] == [EnrollmentState.exited, EnrollmentState.running]


def test_A1_a_venture_in_watch_mode_takes_nobody(store: Store) -> None:
    house = House(store, card(), live=False)
    report = house.service.enter(day(0), daily=True)
    assert report.watching and not house.enrollments()


def test_A1_whoever_stood_at_the_beginning_is_baseline(store: Store) -> None:
    house = House(store, card())
    house.subjects.baseline(house.service.watches(), day(0))
    house.day(1)
    house.day(2)
    assert not house.enrollments()


def test_A1_a_person_enrolls_at_most_twenty_a_day_per_owner(store: Store) -> None:
    cards = [card(f"c{number}", score=20.0, owner="Kim Lee") for number in range(21)]
    house = House(store)
    house.know(*cards)
    ids = [one.customer_id for one in cards]
    with pytest.raises(Refused):
        house.service.start("critical", ids, by="kim", why="first day", now_us=day(0))
    started = house.service.start("critical", ids[:20], by="kim", why="first day", now_us=day(0))
    assert len(started.entered) == 20
    with pytest.raises(Refused):
        house.service.start("critical", ids[20:], by="kim", why="first day", now_us=day(0.1))
    assert house.service.start("critical", ids[20:], by="kim", why="second day", now_us=day(1)).entered == (ids[20],)


def test_entering_and_advancing_again_changes_nothing(store: Store) -> None:
    house = House(store, card())
    house.day(0)
    house.day(1)
    before = (house.enrollments(), house.touches(), house.intents("create_task"))
    for _ in range(3):
        house.subjects.standing.clear()  # killed before the subjects heard of it
        house.day(1)
    assert (house.enrollments(), house.touches(), house.intents("create_task")) == before


def test_a_second_worker_that_read_before_the_first_wrote_changes_nothing(store: Store) -> None:
    house = House(store, card(), own=parameters(at_risk_confirm_days=1, **NOBODY_HELD_OUT))
    house.know(card())
    house.service.enter(day(0), daily=True)
    read = house.store.enrollments.due(house.id, now_us=day(0))
    house.service.advance(day(0))
    from tenure.ports.enrollments import Move

    stale = Move(before=read[0], after=msgspec.structs.replace(read[0], state=EnrollmentState.exited, reason="late"))
    assert house.store.enrollments.move(house.id, [stale], now_us=day(0)) == 0
    assert house.only().state is EnrollmentState.running


def test_A6_critical_takes_over_and_pulls_back_what_waits(store: Store) -> None:
    house = House(store, card())
    house.day(0)
    house.day(1)
    house.know(card(score=30.0, now_us=day(1.5)))
    order = Intent(key="t:1", wish=StartPlaybook(playbook="critical", customer_id="acme"), cause=trigger())
    assert house.service.carry_out([order], day(1.5)) == {"t:1": "entered"}
    lower, higher = house.enrollments()
    assert (lower.state, lower.reason) == (EnrollmentState.superseded, "superseded by critical")
    assert (higher.state, higher.execution_id) == (EnrollmentState.running, 5)
    assert [one.state for one in house.touches()] == [TouchState.withdrawn]
    house.service.advance(day(1.5))
    (task,) = house.intents("create_task")
    assert task.wish.priority == "high" and "Acme Ltd" in task.wish.title and "Sam Doe" in task.wish.script  # type: ignore[union-attr]
    assert (task.cause.trigger, task.cause.execution_id, task.cause.score_run) == ("RETENTION-001", 5, 9)
    assert not house.intents("raise_alert")


def test_the_same_order_twice_is_one_entry(store: Store) -> None:
    house = House(store)
    house.know(card(score=30.0))
    order = Intent(key="t:1", wish=StartPlaybook(playbook="critical", customer_id="acme"), cause=trigger())
    house.service.carry_out([order], day(0))
    notes = house.service.carry_out([order], day(0.1))
    assert len(house.enrollments()) == 1 and notes["t:1"].startswith("refused")


def test_P4_a_chain_that_ended_ends_its_playbook(store: Store) -> None:
    house = House(store)
    house.know(card(score=30.0))
    house.service.carry_out([Intent(key="a", wish=StartPlaybook(playbook="critical", customer_id="acme"), cause=trigger())], day(0))
    ends = Intent(key="b", wish=EndPlaybooks(customer_id="acme", reason="recovered"), cause=trigger())
    assert house.service.carry_out([ends], day(1)) == {"b": "1 ended"}
    assert (house.only().state, house.only().reason) == (EnrollmentState.converted, "recovered")
    assert house.service.carry_out([ends], day(1)) == {"b": "0 ended"}


def test_A14_an_answer_is_seen_before_the_next_step_is_due(store: Store) -> None:
    house = House(store, card())
    house.day(0)
    house.day(1)
    answer = Response(key="r1", kind=ResponseKind.replied, occurred_us=day(1.5), customer_id="acme")
    house.store.responses.add(house.id, [answer], now_us=day(1.5))
    house.service.advance(day(1.6))
    one = house.only()
    assert (one.state, one.responded_us) == (EnrollmentState.completed, day(1.5))
    (asked,) = house.intents("send_survey")
    assert isinstance(asked.wish, SendSurvey) and asked.wish.survey == "did_this_help"


def test_A23_an_offer_is_decided_and_then_goes(store: Store) -> None:
    house = House(store, card(**CHURNED, contacts=(msgspec.structs.replace(card().contacts[0], consent={"marketing": True}),)))
    house.day(0)
    house.day(7)
    (asked,) = house.intents("ask_decision")
    assert isinstance(asked.wish, AskDecision) and asked.wish.kind == "special_offer" and asked.wish.cost_cents == 24_960
    assert not [one for one in house.touches() if one.step == "offer"]
    yes = Intent(
        key="decision:1:0", wish=StartPlaybook(playbook="win_back", customer_id="acme", entry_key="decision:1"),
        cause=Cause(kind=CauseKind.person, person="chairman", enrollment_id=house.only().enrollment_id),
    )  # fmt: skip
    for _ in range(2):
        house.service.carry_out([yes], day(8))
    (offer,) = [one for one in house.touches() if one.step == "offer"]
    assert offer.by_person and offer.action_class.value == "offer" and "20 % off for 3 months" in str(offer.content["text"])
    assert len(house.enrollments()) == 1


def test_A8_a_held_out_customer_is_recorded_with_the_same_entry_and_its_letter_is_for_the_gate_to_refuse(store: Store) -> None:
    house = House(store, card(), own=parameters(at_risk_confirm_days=1, holdout_percent={"at_risk": 50}))
    house.know(*[card(f"c{number}") for number in range(40)])
    house.day(0)
    states = [house.only(f"c{number}").state for number in range(40)]
    held = states.count(EnrollmentState.held_out)
    assert 8 <= held <= 32 and held + states.count(EnrollmentState.running) == 40
    drawn = [house.only(f"c{number}") for number in range(40)]
    assert [one.held_out for one in drawn] == [state is EnrollmentState.held_out for state in states]
    assert {one.holdout_percent for one in drawn} == {50.0}
    bare = [one for one in house.touches() if "text" not in one.content]
    assert len(bare) == held + (house.only().state is EnrollmentState.held_out)


def test_A8_customers_of_high_value_and_those_a_person_starts_are_never_held_out(store: Store) -> None:
    house = House(store, own=parameters(at_risk_confirm_days=1, holdout_percent={"at_risk": 50}))
    house.know(*[card(f"c{number}", arr_cents=1_000_000) for number in range(20)])
    house.know(*[card(f"p{number}", score=75.0) for number in range(20)])
    house.day(0)
    house.service.start("at_risk", [f"p{number}" for number in range(20)], by="kim", why="asked for", now_us=day(0))
    found = house.store.enrollments.in_state(house.id, [EnrollmentState.held_out])
    assert len(house.enrollments("c3")) == 1 and len(house.enrollments("p3")) == 1 and not found
    assert {one.holdout_percent for name in ("c3", "p3") for one in house.enrollments(name)} == {0.0}


def test_A8_a_person_lifts_a_holdout_with_a_reason_and_the_steps_to_come_go(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    house = House(store, own=parameters(at_risk_confirm_days=1, holdout_percent={"at_risk": 50}))
    house.know(*[card(f"c{number}") for number in range(40)])
    house.day(0)
    name = next(f"c{number}" for number in range(40) if house.only(f"c{number}").state is EnrollmentState.held_out)
    with pytest.raises(BadInput, match="needs a reason"):
        house.service.lift_holdout(name, by="kim", why=" ", now_us=day(1))

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(type(house.store.audit), "write", killed)
        with pytest.raises(KeyboardInterrupt):
            house.service.lift_holdout(name, by="kim", why="killed half-way", now_us=day(1))
    assert house.only(name).state is EnrollmentState.held_out
    house.service.lift_holdout(name, by="kim", why="the owner asked for it", now_us=day(1))
    lifted = house.only(name)
    assert (lifted.state, lifted.held_out, lifted.lifted_us) == (EnrollmentState.running, True, day(1))
    line = house.store.audit.history(house.id, subject="holdout")[0]
    assert (line.who, line.name, line.before, line.why) == ("kim", str(lifted.enrollment_id), "held out of at_risk", "the owner asked for it")
    mine = [one for one in house.touches() if one.customer_id == name]
    assert [one.state for one in mine] == [TouchState.withdrawn], "what was withheld is not made up for"
    house.day(3)
    guide = [one for one in house.touches() if one.customer_id == name][-1]
    assert (guide.step, guide.state) == ("feature_guide", TouchState.deferred) and "text" in guide.content
    with pytest.raises(NotFound, match="not held out"):
        house.service.lift_holdout(name, by="kim", why="again", now_us=day(3))


def test_running_enrollments_keep_the_version_they_began_with(store: Store) -> None:
    house = House(store, card())
    house.day(0)
    house.day(1)
    text = shipped_playbooks()["at_risk.yaml"].replace("subject: A short guide for", "subject: A new guide for")
    changed = check_files(shipped_playbooks(), {"playbooks/at_risk.yaml": text})
    assert not changed.problems
    out = house.service.publish(changed, (), by="kim", why="better words", now_us=day(2))
    assert [(one.key, one.version) for one in out.published] == [("at_risk", 2)]
    house.day(4)
    guide = house.touches()[-1]
    assert (guide.version, guide.content["subject"]) == (1, "A short guide for Acme Ltd")


def test_a_paused_playbook_takes_nobody_until_it_is_resumed(store: Store) -> None:
    house = House(store, card(score=80.0, active_days_30=4, active_days_30_before=12))
    house.service.pause("engagement", by="kim", why="complaints", now_us=day(0))
    house.day(0)
    assert not house.enrollments()
    house.service.resume("engagement", by="kim", why="mended", now_us=day(1))
    house.day(1)
    assert house.only().playbook == "engagement"


def test_A21_a_pause_of_all_outreach_stops_entries_of_every_journey(store: Store) -> None:
    house = House(store, card(score=80.0, active_days_30=4, active_days_30_before=12))
    house.store.controls.pause(house.id, OUTREACH, by="kim", why="x", now_us=day(0))
    house.day(0)
    assert not house.enrollments()


def test_M16_a_campaign_is_active_when_its_entry_was_evaluated_with_or_without_anybody_in_it(store: Store) -> None:
    house = House(store)
    assert set(house.service.campaigns_evaluated(day(0)).values()) == {day(-1)}, "published and live since then: its first day runs"
    house.day(0)
    assert house.service.campaigns_evaluated(day(0)) == dict.fromkeys(("at_risk", "cancelling", "critical", "win_back"), day(0))
    house.service.pause("at_risk", by="kim", why="x", now_us=day(1))
    assert "at_risk" not in house.service.campaigns_evaluated(day(1))


def test_M16_in_watch_mode_no_campaign_runs_and_none_is_called_stalled(store: Store) -> None:
    assert House(store, live=False).service.campaigns_evaluated(day(9)) == {}


def test_P5_the_owner_signs_else_the_team(store: Store) -> None:
    house = House(store, card(owner="lee@example.com"), card("other", owner=None), own=parameters(at_risk_confirm_days=1, **NOBODY_HELD_OUT))
    house.store.people.add(house.id, name="Kim Lee", email="lee@example.com", role=Role.csm, now_us=1)
    house.day(0)
    texts = {one.customer_id: str(one.content["text"]) for one in house.touches()}
    assert "Kim\nNorthwind" in texts["acme"]
    assert "The Northwind team\nNorthwind" in texts["other"]


def test_links_of_a_letter_come_with_their_addresses_and_an_invitation_is_attached(store: Store) -> None:
    house = House(store, card(), own=parameters(at_risk_confirm_days=1, **NOBODY_HELD_OUT))
    for number in (0, 3, 7):
        house.day(number)
    by_step = {one.step: one for one in house.touches()}
    assert by_step["feature_guide"].content["links"] == {"cta/guide": "https://example.com/guide"}
    (file,) = by_step["call_invitation"].content["attachments"]  # type: ignore[misc]
    assert "METHOD:REQUEST" in file["text"] and "20260114T100000Z" in file["text"]
    assert "Wednesday 14 January, 10:00 (UTC)" in str(by_step["call_invitation"].content["text"])


def test_an_enrollment_without_a_card_is_looked_at_again_and_holds_nobody_up(store: Store) -> None:
    house = House(store, own=parameters(at_risk_confirm_days=1, **NOBODY_HELD_OUT))
    house.know(card(), card("other"))
    house.service.enter(day(0), daily=True)
    house.store.cards.delete(house.id, ["acme"])
    del house.subjects.known["acme"]
    report = house.service.advance(day(0))
    assert report.without_card == 1 and [one.customer_id for one in house.touches()] == ["other"]


def test_two_workers_at_once_enroll_and_write_once(store: Store) -> None:
    house = House(store, own=parameters(at_risk_confirm_days=1, **NOBODY_HELD_OUT))
    house.know(*[card(f"c{number:03}") for number in range(120)])
    ready = threading.Barrier(2)

    def work() -> None:
        subjects = FakeSubjects(*house.subjects.known.values())
        mine = PlaybookService(own_context(house, subjects))
        ready.wait()
        mine.enter(day(0), daily=True)
        mine.advance(day(0))

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(work) for _ in range(2)]:
            done.result()
    house.service.advance(day(0))
    assert house.store.enrollments.counts(house.id) == {"at_risk": {"running": 120}}
    assert sorted(str(one.customer_id) for one in house.touches()) == sorted(house.subjects.known)


def own_context(house: House, subjects: FakeSubjects) -> PlaybookContext:
    """The same venture, seen by a worker of its own."""
    return PlaybookContext(
        stores=house.store, venture=house.venture, parameters=lambda: house.own, product=PRODUCT, subjects=subjects, renderer=Renderer()
    )


def test_thousands_of_customers_are_taken_in_bulk(store: Store) -> None:
    house = House(store, own=parameters(at_risk_confirm_days=1, **NOBODY_HELD_OUT))
    house.know(*[card(f"c{number:05}") for number in range(2_000)])
    house.service.enter(day(0), daily=True)
    assert house.store.enrollments.counts(house.id) == {"at_risk": {"running": 2_000}}
    assert house.service.advance(day(0)).touches == 2_000
    assert house.subjects.standing[watch_of("at_risk")] == set(house.subjects.known)


def test_erasure_takes_enrollments_and_their_log(store: Store) -> None:
    house = House(store, card(), own=parameters(at_risk_confirm_days=1, **NOBODY_HELD_OUT))
    house.day(0)
    number = house.only().enrollment_id
    assert house.store.enrollments.steps(house.id, [number])
    assert house.store.enrollments.erase(house.id, ["acme"]) == 1
    assert not house.enrollments() and not house.store.enrollments.steps(house.id, [number])


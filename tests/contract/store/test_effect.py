"""What the store tells of enrollments and of the team's work."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from tenure.clock import DAY_US, HOUR_US
from tenure.model.cause import Cause, CauseKind
from tenure.model.health import HealthStatus
from tenure.model.playbooks import Enrollment, EnrollmentState, PlaybookKind, StepDone, StepOutcome
from tenure.model.touches import Response, ResponseKind
from tenure.model.ventures import Venture
from tenure.ports.effect import EnteredCustomer, Helped
from tenure.ports.enrollments import Move, NewEnrollment
from tenure.rules.playbooks.entering import NEVER_ENTERED
from tenure.store import Store
from tenure.store.loop_tables import alerts, nps_surveys, tasks, touches

START = 20_500 * DAY_US
WINDOW = 14 * DAY_US
PLAYBOOK = Cause(kind=CauseKind.playbook, playbook="at_risk")
Insert = Callable[..., int]
_keys = count(1)


@pytest.fixture
def insert(store: Store, venture: Venture) -> Insert:
    def into(table: sa.Table, **said: Any) -> int:
        row = {"venture_id": venture.venture_id, **({"key": f"k{next(_keys)}"} if "key" in table.c else {}), **said}
        with store._database.writing() as connection:
            made = connection.execute(sa.insert(table).values(**row)).inserted_primary_key
        return 0 if made is None else int(made[0])

    return into


def enter(store: Store, venture: Venture, customer_id: str, **said: Any) -> Enrollment:
    fields: dict[str, Any] = {
        "playbook": "at_risk", "version": 1, "kind": PlaybookKind.at_risk, "state": EnrollmentState.running, "entered_us": START,
        "entry_status": "at_risk", "entry_arr_cents": 1_200_00, "holdout_percent": 10.0, "entry_key": "day:1",
    }  # fmt: skip
    one = Enrollment(enrollment_id=0, customer_id=customer_id, cause=PLAYBOOK, **(fields | said))
    return store.enrollments.enter(venture.venture_id, [NewEnrollment(enrollment=one)], now_us=START)[0]


def touch(insert: Insert, one: Enrollment, day: float, **said: Any) -> int:
    fields = {
        "customer_id": one.customer_id, "channel": "email", "action_class": "message", "purpose": "service", "customer_facing": 1,
        "state": "sent", "reason": "", "cause": {"kind": "playbook"}, "playbook": one.playbook, "version": one.version, "step": "letter",
        "enrollment_id": one.enrollment_id, "to": "", "by_person": 0, "content": {}, "decided_us": START, "due_us": START,
        "sent_us": START + int(day * DAY_US), "attempts": 1, "cost_cents": 0.5,
    }  # fmt: skip
    return insert(touches, **(fields | said))


def task(insert: Insert, customer_id: str, **said: Any) -> int:
    fields = {
        "kind": "critical_call", "customer_id": customer_id, "title": "Call", "assignee": "ola@example.com", "priority": "high",
        "script": "", "details": {}, "created_us": START, "due_us": START + DAY_US, "state": "open", "note": "",
    }  # fmt: skip
    return insert(tasks, **(fields | said))


def answer(store: Store, venture: Venture, customer_id: str, kind: ResponseKind, day: float, touch_id: int | None = None) -> None:
    said = Response(
        key=f"r{next(_keys)}", kind=kind, occurred_us=START + int(day * DAY_US), customer_id=customer_id, touch_id=touch_id
    )
    store.responses.add(venture.venture_id, [said], now_us=START)


def read(store: Store, venture: Venture) -> dict[str, EnteredCustomer]:
    found = store.effect.entered(venture.venture_id, START, START + 30 * DAY_US, response_window_us=WINDOW)
    return {one.customer_id: one for one in found}


def test_an_enrollment_comes_with_everything_done_and_answered(store: Store, venture: Venture, insert: Insert) -> None:
    one = enter(store, venture, "c1")
    first, second = touch(insert, one, 1), touch(insert, one, 4, step="offer", action_class="offer")
    touch(insert, one, 5, state="refused", sent_us=None)
    answer(store, venture, "c1", ResponseKind.bounced, 1.1, first)
    for kind in (ResponseKind.opened, ResponseKind.clicked, ResponseKind.unsubscribed):
        answer(store, venture, "c1", kind, 4.1, second)
    found = read(store, venture)["c1"]
    assert (found.sent, found.delivered, found.first_sent_us, found.first_delivered_us) == (2, 1, START + DAY_US, START + 4 * DAY_US)
    assert (found.opened, found.clicked, found.responded, found.complained, found.unsubscribed) == (True, True, True, False, True)
    assert (found.entry_status, found.entry_arr_cents, found.holdout_percent) == (HealthStatus.at_risk, 120_000, 10.0)


def test_A14_an_answer_after_the_window_is_none_and_a_call_reached_is_one(store: Store, venture: Venture, insert: Insert) -> None:
    late, called, opened = enter(store, venture, "late"), enter(store, venture, "called"), enter(store, venture, "opened")
    answer(store, venture, "late", ResponseKind.replied, 15.1, touch(insert, late, 1))
    answer(store, venture, "called", ResponseKind.call_reached, 3)
    answer(store, venture, "opened", ResponseKind.opened, 2, touch(insert, opened, 1))
    touch(insert, called, 1)
    assert {name: one.responded for name, one in read(store, venture).items()} == {"late": False, "called": True, "opened": False}


def test_A8_who_was_held_out_is_known_after_the_end(store: Store, venture: Venture) -> None:
    one = enter(store, venture, "held", state=EnrollmentState.held_out, held_out=True)
    ended = Enrollment(**{name: getattr(one, name) for name in one.__struct_fields__} | {"state": EnrollmentState.exited, "ended_us": START + 1})
    assert store.enrollments.move(venture.venture_id, [Move(before=one, after=ended)], now_us=START) == 1
    assert read(store, venture)["held"].held_out


def test_A8_a_lifted_holdout_is_known_as_such_and_so_is_the_one_behind_a_chain(store: Store, venture: Venture) -> None:
    held = enter(store, venture, "held", state=EnrollmentState.held_out, held_out=True, execution_id=71)
    enter(store, venture, "lifted", held_out=True, lifted_us=START + 1, execution_id=72)
    enter(store, venture, "treated", execution_id=73)
    assert {name: (one.held_out, one.lifted) for name, one in read(store, venture).items()} == {
        "held": (True, False), "lifted": (True, True), "treated": (False, False),
    }  # fmt: skip
    ended = msgspec.structs.replace(held, state=EnrollmentState.exited, ended_us=START + 2)
    store.enrollments.move(venture.venture_id, [Move(before=held, after=ended)], now_us=START + 2)
    assert store.executions.held_out(venture.venture_id, [71, 72, 73]) == {71: False, 72: True}, "also when it is over"


def test_who_never_entered_is_no_case(store: Store, venture: Venture) -> None:
    enter(store, venture, "confirming", state=EnrollmentState.confirming)
    enter(store, venture, "never", state=EnrollmentState.exited, reason=f"{NEVER_ENTERED}; the playbook was retired")
    enter(store, venture, "before", entered_us=START - 1)
    enter(store, venture, "in")
    assert list(read(store, venture)) == ["in"]


def test_M18_cost_is_touches_minutes_and_offers_that_left(store: Store, venture: Venture, insert: Insert) -> None:
    one, other = enter(store, venture, "c1", execution_id=77), enter(store, venture, "c2")
    touch(insert, one, 1)
    touch(insert, one, 4, step="offer")
    step: dict[str, Any] = {"repeat": 0, "outcome": StepOutcome.asked, "at_us": START, "due_us": START, "is_offer": True, "cost_cents": 900}
    lines = [StepDone(enrollment_id=each.enrollment_id, customer_id=each.customer_id, step="offer", **step) for each in (one, other)]
    store.enrollments.move(venture.venture_id, [Move(before=one, after=one, log=tuple(lines))], now_us=START)
    task(insert, "c1", enrollment_id=one.enrollment_id, minutes=10.0)
    task(insert, "c1", execution_id=77, minutes=5.0)
    found = read(store, venture)
    assert (found["c1"].touch_cents, found["c1"].offer_cents, found["c1"].minutes) == (1.0, 900, 15.0)
    assert (found["c2"].offer_cents, found["c2"].minutes) == (0, 0.0)
    assert found["c1"].contact_due_us == START + DAY_US


def test_M13_contact_is_a_call_attempt_or_a_personal_message_after_entry(store: Store, venture: Venture, insert: Insert) -> None:
    called, wrote, neither = enter(store, venture, "called"), enter(store, venture, "wrote"), enter(store, venture, "neither")
    task(insert, "called", state="done", outcome="not_reached", closed_us=START - HOUR_US, closed_by="ola")
    task(insert, "called", state="done", outcome="not_reached", closed_us=START + HOUR_US, closed_by="ola")
    touch(insert, wrote, 0.5, cause={"kind": "person"})
    touch(insert, neither, 0.5)
    task(insert, "neither")
    found = read(store, venture)
    assert {name: one.contact_us for name, one in found.items()} == {
        "called": START + HOUR_US, "wrote": START + DAY_US // 2, "neither": None
    }  # fmt: skip
    assert called.customer_id == "called"


def test_variants_are_told_by_step(store: Store, venture: Venture) -> None:
    one = enter(store, venture, "c1")
    line = StepDone(
        enrollment_id=one.enrollment_id, customer_id="c1", step="letter", repeat=0, outcome=StepOutcome.wanted, at_us=1, due_us=1, variant="b"
    )
    store.enrollments.move(venture.venture_id, [Move(before=one, after=one, log=(line,))], now_us=START)
    assert read(store, venture)["c1"].variants == {"letter": "b"}


def test_the_teams_work_is_counted(store: Store, venture: Venture, insert: Insert) -> None:
    one = enter(store, venture, "c1")
    touch(insert, one, 1)
    touch(insert, one, 2, approved_by="ola")
    touch(insert, one, 40)
    task(insert, "c1", state="done", outcome="reached", closed_us=START + HOUR_US, closed_by="ola", minutes=12.0)
    task(insert, "c1", state="done", outcome="not_reached", closed_us=START + HOUR_US, closed_by="ola")
    task(insert, "c1")
    task(insert, "c1", state="withdrawn")
    insert(
        alerts, kind="critical_customer", customer_id="c1", title="t", details={}, raised_us=START, delivery="single", note="",
        acknowledged_us=START + 2 * HOUR_US, acknowledged_by="ola",
    )  # fmt: skip
    asked = touch(insert, one, 3, key="helped", enrollment_id=None, cause={"kind": "playbook", "playbook": "at_risk"})
    common = {"survey": "did_this_help", "customer_id": "c1", "deployed_us": START}
    insert(nps_surveys, **common, key="helped", answered_us=START + 1, score=1)
    found = store.effect.work(venture.venture_id, START, START + 30 * DAY_US)
    assert asked
    assert (found.automatic, found.by_person) == (2, 3)
    assert (found.calls_due, found.calls_reached) == (3, 1)
    assert [(each.by, each.reached, each.minutes) for each in found.closed] == [("ola", True, 12.0), ("ola", False, 0.0)]
    assert found.answered == (("ola", 7_200.0),)
    assert found.helped == (Helped(of="at_risk", asked=1, answered=1, yes=1),)


def test_what_happened_after_the_time_asked_for_is_not_known_then(store: Store, venture: Venture, insert: Insert) -> None:
    one = enter(store, venture, "c1")
    first, _ = touch(insert, one, 1), touch(insert, one, 20)
    answer(store, venture, "c1", ResponseKind.clicked, 12, first)
    task(insert, "c1", enrollment_id=one.enrollment_id, state="done", outcome="reached", closed_us=START + 15 * DAY_US, minutes=20)
    (then,) = store.effect.entered(venture.venture_id, START, START + 10 * DAY_US, response_window_us=WINDOW)
    assert (then.sent, then.clicked, then.responded, then.reached, then.contact_us) == (1, False, False, False, None)
    now = read(store, venture)["c1"]
    assert (now.sent, now.clicked, now.reached) == (2, True, True)

"""Tasks: given, moved out of the night, handed over, closed with an outcome the loop hears (A10, M13, Day one 7, I3)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.integration.acting.house import MONDAY_10_US, House

from tenure.clock import DAY_US, HOUR_US
from tenure.errors import BadInput, NotFound, Refused
from tenure.model.intents import AssignPerson, CreateTask
from tenure.model.tasks import Task, TaskOutcome
from tenure.model.touches import ResponseKind
from tenure.rules.tasks.contact import by_member, call_completion, contacted
from tenure.rules.tasks.detractors import detractor_task

NOW = MONDAY_10_US
FRIDAY_18 = NOW + 4 * DAY_US + 8 * HOUR_US


def give(house: House, now_us: int = NOW, key: str = "", **fields: object) -> Task:
    wanted = {"kind": "critical_call", "title": "Call", "due_us": now_us + DAY_US, "customer_id": "c1", "priority": "high"}
    intent = house.intent(CreateTask(**{**wanted, **fields}), key)  # type: ignore[arg-type]
    number = int(house.tasks.carry_out([intent], now_us)[intent.key].removeprefix("task "))
    return house.store.tasks.get(house.own, number)


def test_a_task_is_given_once_to_the_owner(house: House) -> None:
    house.card()
    first = give(house, key="t")
    assert give(house, key="t") == first
    assert (first.assignee, first.state.value) == ("ola@example.com", "open")


def test_a10_a_call_of_friday_evening_is_due_on_monday_at_ten(house: House) -> None:
    house.card()
    assert give(house, FRIDAY_18).due_us == FRIDAY_18 + 64 * HOUR_US  # Monday 10:00
    other = give(house, FRIDAY_18, kind="follow_up")
    assert other.due_us == FRIDAY_18 + DAY_US  # only what reaches the customer waits for its morning


def test_r6_a_customer_with_arr_zero_gets_no_call_task(house: House) -> None:
    house.card(arr_cents=0)
    intent = house.intent(CreateTask(kind="critical_call", title="Call", due_us=NOW, customer_id="c1"))
    assert "R6" in house.tasks.carry_out([intent], NOW)[intent.key]
    assert give(house, kind="follow_up").assignee == "ola@example.com"


def test_m13_a_call_reached_becomes_a_response_and_a_call_not_reached_an_attempt(house: House) -> None:
    house.card()
    reached, missed = give(house), give(house)
    house.tasks.close(reached.task_id, TaskOutcome.reached, by="Ola", minutes=12, note="went well", now_us=NOW + HOUR_US)
    house.tasks.close(missed.task_id, TaskOutcome.not_reached, by="Ola", now_us=NOW + 2 * HOUR_US)
    heard = house.pending("record_response")
    assert [one.response.kind for one in heard] == [ResponseKind.call_reached, ResponseKind.not_reached]
    assert (heard[0].response.kind.is_response, heard[1].response.kind.is_response) == (True, False)
    first = house.store.contacts.first_by_person(house.own, ["c1"], NOW)["c1"]
    assert (first.at_us, first.how) == (NOW + HOUR_US, "call")


def test_a_task_is_closed_once_with_an_outcome_that_fits(house: House) -> None:
    house.card()
    call, thinking = give(house), give(house, kind="cause_and_next_step", due_us=0)
    with pytest.raises(BadInput, match="reached or not"):
        house.tasks.close(call.task_id, TaskOutcome.done, by="Ola", now_us=NOW)
    with pytest.raises(BadInput, match="Only calls"):
        house.tasks.close(thinking.task_id, TaskOutcome.reached, by="Ola", now_us=NOW)

    def close(_: int) -> bool:
        try:
            house.tasks.close(call.task_id, TaskOutcome.reached, by="Ola", now_us=NOW)
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(close, range(4))) == 1
    assert house.store.tasks.get(house.own, call.task_id).minutes is None


def test_a15_cause_and_next_step_is_due_in_five_working_days(house: House) -> None:
    house.card()
    task = give(house, kind="cause_and_next_step", due_us=0)
    assert task.due_us == NOW + 7 * DAY_US


def test_overdue_tasks_are_listed_and_high_ones_told_to_the_lead_once(house: House) -> None:
    house.card()
    late, calm = give(house), give(house, kind="follow_up", priority="normal")
    assert {one.task_id for one in house.tasks.overdue(NOW + 2 * DAY_US)} == {late.task_id, calm.task_id}
    assert (house.tasks.escalate(NOW + 2 * DAY_US), house.tasks.escalate(NOW + 3 * DAY_US)) == (1, 0)
    assert [one.key for one in house.touches.to("lee@example.com")] == [f"task:{late.task_id}:overdue:0"]


def test_day_one_7_absence_reroutes_open_and_new_tasks_to_the_deputy_and_keeps_history(house: House) -> None:
    house.card()
    old = give(house)
    moved = house.tasks.absent("Ola", "lee@example.com", from_us=NOW, until_us=NOW + 7 * DAY_US, by="Lee", reason="holiday", now_us=NOW)
    assert moved == 1
    found = house.store.tasks.get(house.own, old.task_id)
    assert found.assignee == "lee@example.com"
    assert found.details["was"] == [{"assignee": "ola@example.com", "until_us": NOW, "by": "Lee"}]
    assert give(house).assignee == "lee@example.com"
    assert give(house, NOW + 8 * DAY_US).assignee == "ola@example.com"  # back again


def test_day_one_7_a_deputy_who_is_away_passes_on_and_circles_end(house: House) -> None:
    house.card()
    for person, deputy in (("Ola", "Lee"), ("Lee", "Ada")):
        house.tasks.absent(person, deputy, from_us=NOW, until_us=None, by="Ada", reason="left", now_us=NOW)
    assert give(house).assignee == "ada@example.com"
    house.store.stand_ins.add(house.own, person="Ada", deputy="Ola", from_us=NOW, by="Ada", reason="", now_us=NOW)
    assert give(house).assignee  # a circle of absences still finds somebody or keeps the role


def test_day_one_7_an_absence_planned_ahead_moves_open_tasks_when_it_begins_and_ends_early(house: House) -> None:
    house.card()
    old = give(house)
    start_us = NOW + 2 * DAY_US
    assert house.tasks.absent("Ola", "Lee", from_us=start_us, until_us=NOW + 9 * DAY_US, by="Ola", reason="holiday", now_us=NOW) == 0
    assert house.tasks.begin_absences(NOW + DAY_US) == 0
    assert [house.tasks.begin_absences(start_us) for _ in range(2)] == [1, 0]
    assert house.store.tasks.get(house.own, old.task_id).assignee == "lee@example.com"
    assert give(house, start_us).assignee == "lee@example.com"
    assert house.tasks.back("ola@example.com", now_us=start_us + DAY_US) == 1
    assert give(house, start_us + DAY_US).assignee == "ola@example.com"
    with pytest.raises(NotFound, match="not away"):
        house.tasks.back("Ola", now_us=start_us + DAY_US)


def test_day_one_7_many_customers_are_reassigned_at_once_and_the_history_is_kept(house: House) -> None:
    for one in ("c1", "c2"):
        house.card(one)
    task = give(house)
    assert house.tasks.assign_all(["c1", "c2"], "Lee", by="Ada", why="new team", now_us=NOW) == 2
    assert house.tasks.assign_all(["c2"], "Ada", by="Ada", why="again", now_us=NOW + 1) == 1
    assert house.store.tasks.get(house.own, task.task_id).assignee == "lee@example.com"
    kept = [(one.customer_id, one.deputy, one.ended_us) for one in house.store.stand_ins.all(house.own)]
    assert kept == [("c1", "Lee", None), ("c2", "Lee", NOW + 1), ("c2", "Ada", None)]
    with pytest.raises(BadInput, match="Nobody of the team"):
        house.tasks.assign_all(["c1"], "Nobody", by="Ada", why="", now_us=NOW)


def test_a22_assigning_a_person_hands_over_what_is_open(house: House) -> None:
    house.card()
    task = give(house)
    wish = AssignPerson(customer_id="c1", person="lee@example.com", by="chairman:Cleo", why="knows them")
    for _ in range(2):
        house.tasks.carry_out([house.intent(wish, "assign")], NOW)
    assert house.store.tasks.get(house.own, task.task_id).assignee == "lee@example.com"
    assert give(house).assignee == "lee@example.com"
    assert len(house.store.stand_ins.all(house.own)) == 1


def test_i3_one_detractor_gives_the_owner_a_follow_up_task_within_48_hours(house: House) -> None:
    house.card()
    intent = detractor_task("answer-7", "c1", 3, NOW)
    assert intent is not None and detractor_task("answer-8", "c1", 7, NOW) is None
    house.tasks.carry_out([intent], NOW)
    (task,) = house.store.tasks.list(house.own)
    assert (task.kind, task.due_us, task.assignee) == ("detractor_follow_up", NOW + 48 * HOUR_US, "ola@example.com")


def test_m13_contacted_means_a_person_within_the_response_time(house: House) -> None:
    paying, free = house.card(), house.card("free", arr_cents=0)
    assert contacted(NOW, NOW + 3 * HOUR_US, None, paying, 24).in_time
    late = contacted(NOW, NOW + 30 * HOUR_US, NOW + HOUR_US, paying, 24)
    assert (late.in_time, late.elapsed_hours) == (False, 30.0)
    assert not contacted(NOW, None, NOW + HOUR_US, paying, 24).in_time  # a message alone is none for who pays
    assert contacted(NOW, None, NOW + HOUR_US, free, 24).in_time


def test_m13_call_completion_and_the_outcomes_of_each_member(house: House) -> None:
    house.card()
    for outcome in (TaskOutcome.reached, TaskOutcome.not_reached):
        house.tasks.close(give(house).task_id, outcome, by="Ola", minutes=10, now_us=NOW + 2 * HOUR_US)
    give(house)
    tasks = house.store.tasks.list(house.own, open_only=False)
    found = call_completion(tasks, NOW + 2 * DAY_US)
    assert (found.due, found.reached, found.attempted, found.minutes) == (3, 1, 2, 20.0)
    assert by_member(tasks)["Ola"] == {"closed": 2, "hours": 2.0, "reached": 1, "not_reached": 1, "done": 0}

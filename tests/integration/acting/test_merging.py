"""What the loop knows of a duplicate follows it into the kept customer, and goes back with one undo (Day one, 8)."""

from __future__ import annotations

import pytest
from tests.integration.acting.house import MONDAY_10_US, House
from tests.outreach_builder import wanted

from tenure.clock import DAY_US
from tenure.errors import NotFound, Refused
from tenure.model.cause import Cause, CauseKind
from tenure.model.consents import Consent
from tenure.model.intents import CreateTask
from tenure.model.playbooks import Enrollment, EnrollmentState, PlaybookKind
from tenure.model.touches import Response, ResponseKind, TouchState
from tenure.ports.enrollments import NewEnrollment
from tenure.ports.executions import ExecutionFilter
from tenure.rules.team import Team
from tenure.store.loop_tables import recursion_executions
from tenure.store.statements import new_id

NOW = MONDAY_10_US
DUE = NOW + DAY_US


def open_chain(house: House, customer_id: str) -> int:
    values = {"trigger_id": "RETENTION-001", "trigger_version": 1, "subject": customer_id, "firing_key": customer_id, "is_open": 1}
    times = {"opened_us": NOW - DAY_US, "terminated_us": None, "next_check_us": DUE}
    others = {"state": "waiting", "reason": None, "iteration": 1, "actions": 0, "cause": {"kind": "trigger"}, "outcome": {}}
    with house.store._database.writing() as connection:
        return new_id(connection, recursion_executions, venture_id=house.own, **values, **times, **others)


def enrolled(house: House, customer_id: str, entry: str = "e1") -> Enrollment:
    one = Enrollment(
        enrollment_id=0, playbook="at_risk", version=1, kind=PlaybookKind.at_risk, customer_id=customer_id, entry_key=entry,
        state=EnrollmentState.running, entered_us=NOW - DAY_US, cause=Cause(kind=CauseKind.playbook), due_us=DUE,
    )  # fmt: skip
    (made,) = house.store.enrollments.enter(house.own, [NewEnrollment(enrollment=one)], now_us=NOW)
    return made


@pytest.fixture
def both(house: House) -> House:
    """c2 is a duplicate of c1, with everything a customer can have."""
    store, own = house.store, house.own
    for one in ("c1", "c2"):
        house.card(one)
    open_chain(house, "c2")
    enrolled(house, "c2")
    store.touches.want(own, [wanted("waits", customer_id="c2")], now_us=NOW)
    store.touches.log(own, [wanted("went", customer_id="c2")], sent_us=NOW - DAY_US, now_us=NOW)
    store.responses.add(own, [Response(key="r", kind=ResponseKind.replied, occurred_us=NOW, customer_id="c2")], now_us=NOW)
    store.consents.add(own, [Consent(customer_id="c2", given=False, source="mail", at_us=1)])
    house.tasks.carry_out([house.intent(CreateTask(kind="follow_up", title="x", due_us=DUE, customer_id="c2"), "t")], NOW)
    return house


def seen(house: House) -> dict[str, object]:
    """What is said of both, by everything the loop asks."""
    store, own = house.store, house.own
    ids = ["c1", "c2"]
    return {
        "touches": [(one.key, one.customer_id, one.state.value) for one in store.touches.by_keys(own, ["waits", "went"])],
        "answers": [one.customer_id for one in store.responses.of_customers(own, ids, 0)],
        "consents": {one: len(said) for one, said in store.consents.of(own, ids).items()},
        "tasks": [one.customer_id for one in store.tasks.of_customers(own, ids)],
        "chains": [(one.subject, one.state.value, one.reason) for one in store.executions.list(own, ExecutionFilter())],
        "enrollments": [(one.customer_id, one.state.value, one.reason) for one in store.enrollments.of_customers(own, ids)],
    }


def test_day_one_8_everything_follows_chains_and_enrollments_end_with_a_reason_and_undo_restores_it(both: House) -> None:
    store, own = both.store, both.own
    before = seen(both)
    merge = store.merges.merge(own, "c1", "c2", by="Ada", why="same company", now_us=NOW)
    assert merge == store.merges.merge(own, "c1", "c2", by="Ada", why="again", now_us=NOW + 1)  # once
    assert seen(both) == {
        "touches": [("waits", "c1", TouchState.withdrawn.value), ("went", "c1", "sent")],
        "answers": ["c1"],
        "consents": {"c1": 1},
        "tasks": ["c1"],
        "chains": [("c2", "terminated", "merged")],
        "enrollments": [("c2", "withdrawn", "merged: its customer was a duplicate")],
    }
    assert store.gating.in_touch(own, ["c1"], 0) == {"c1": NOW}  # the duplicate's answer counts for the kept one
    undone = store.merges.undo(own, "c2", by="Ada", now_us=NOW + DAY_US)
    assert not undone.stands and seen(both) == before
    with pytest.raises(NotFound, match="no merge"):
        store.merges.undo(own, "c2", by="Ada", now_us=NOW + DAY_US)
    assert [one.merge_id for one in store.merges.list(own, standing_only=False)] == [merge.merge_id]


def test_day_one_8_what_took_its_place_meanwhile_goes_on(both: House) -> None:
    store, own = both.store, both.own
    store.merges.merge(own, "c1", "c2", by="Ada", why="", now_us=NOW)
    enrolled(both, "c2", entry="e2")
    store.merges.undo(own, "c2", by="Ada", now_us=NOW)
    states = sorted(one.state.value for one in store.enrollments.of_customers(own, ["c2"]))
    assert states == ["running", "withdrawn"]


def test_day_one_8_tangles_are_refused_and_undone_in_order(house: House) -> None:
    store, own = house.store, house.own
    with pytest.raises(Refused, match="itself"):
        store.merges.merge(own, "a", "a", by="", why="", now_us=NOW)
    store.merges.merge(own, "b", "c", by="", why="", now_us=NOW)
    for kept, duplicate in (("c", "d"), ("d", "c")):
        with pytest.raises(Refused, match="merged away before"):
            store.merges.merge(own, kept, duplicate, by="", why="", now_us=NOW)
    store.merges.merge(own, "a", "b", by="", why="", now_us=NOW)
    assert store.merges.into(own, ["a"]) == ["b", "c"]
    with pytest.raises(Refused, match="merged away itself"):
        store.merges.undo(own, "c", by="", now_us=NOW)
    assert store.merges.forget(own, ["b"]) == 2


@pytest.mark.parametrize("kept_has_one", [False, True])
def test_day_one_8_whoever_was_assigned_to_the_duplicate_looks_after_the_kept_customer_unless_somebody_does(house: House, kept_has_one: bool) -> None:
    store, own = house.store, house.own
    house.tasks.assign("c2", "Lee", by="Ada", why="", now_us=NOW)
    if kept_has_one:
        house.tasks.assign("c1", "Ola", by="Ada", why="", now_us=NOW - 1)

    def looks_after(customer_id: str) -> str | None:
        found = Team(store.people.all(own), store.stand_ins.all(own), NOW + 2).owner(customer_id, None)
        return None if found is None else found.name

    store.merges.merge(own, "c1", "c2", by="Ada", why="", now_us=NOW + 1)
    assert (looks_after("c1"), looks_after("c2")) == ("Ola" if kept_has_one else "Lee", None)
    store.merges.undo(own, "c2", by="Ada", now_us=NOW + 1)
    assert (looks_after("c1"), looks_after("c2")) == ("Ola" if kept_has_one else None, "Lee")


def test_day_one_8_after_an_undo_nothing_of_the_duplicate_names_the_kept_customer(both: House) -> None:
    store, own = both.store, both.own
    store.merges.merge(own, "kept-7", "c2", by="Ada", why="", now_us=NOW)
    enrolled(both, "c2", entry="e2")  # so that the first one stays ended
    store.merges.undo(own, "c2", by="Ada", now_us=NOW)
    assert "kept-7" not in str([seen(both), store.enrollments.of_customers(own, ["c2"]), store.stand_ins.all(own)])

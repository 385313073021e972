"""What people did with customers counts, closes what was due, reaches the CRM and makes automation wait (Day one, 4 and 11)."""

from __future__ import annotations

from typing import Any

import pytest
from tests.outreach_builder import WEDNESDAY_NOON_US, Office, card, parameters, wanted

from tenure.clock import DAY_US, HOUR_US
from tenure.errors import BadInput, NotFound, Unavailable
from tenure.model.cause import Cause, CauseKind
from tenure.model.contacts import ContactKind, ContactOutcome, LoggedContact
from tenure.model.incidents import LoopState
from tenure.model.tasks import Task, TaskOutcome
from tenure.model.touches import ResponseKind, TouchState
from tenure.model.ventures import Person, Role
from tenure.parameters import DEFAULTS
from tenure.ports.crm import CrmContact
from tenure.services.contacts.service import ContactLog
from tenure.services.contacts.slack import log_from_slack
from tenure.services.crm import CrmService
from tenure.services.tasks.service import TaskService
from tenure.testing.crm_twin import CrmTwin

NOW = WEDNESDAY_NOON_US


class Live:
    """Controls without a pause."""

    def state(self, venture_id: int, now_us: int) -> LoopState:
        return LoopState()


def log_of(made: Office) -> ContactLog:
    venture = made.store.ventures.get(made.venture_id)
    return ContactLog(made.store, made.venture_id, TaskService(made.store, made.store.touches, venture, lambda: DEFAULTS))


def crm_of(made: Office, twin: CrmTwin) -> CrmService:
    return CrmService(made.venture_id, twin, made.store.crm_log, Live(), parameters)  # type: ignore[arg-type]


def contact(kind: ContactKind = ContactKind.call, outcome: ContactOutcome = ContactOutcome.reached, **fields: Any) -> LoggedContact:
    usual: dict[str, Any] = {"key": "", "customer_id": "c1", "at_us": NOW, "text": "Wants training.", "by": "Ola"}
    return LoggedContact(kind=kind, outcome=outcome, **(usual | fields))


def due_call(made: Office, created_us: int = NOW - DAY_US) -> Task:
    wanted_task = Task(
        task_id=0, key=f"t{created_us}", kind="critical_call", title="Call", assignee="ola@example.com", created_us=created_us,
        due_us=NOW, customer_id="c1", execution_id=5,
    )  # fmt: skip
    return made.store.tasks.add(made.venture_id, [wanted_task])[0]


def told_to_crm(made: Office, twin: CrmTwin, now_us: int = NOW) -> int:
    """As the dispatcher does it."""
    waiting = made.store.intents.pending(made.venture_id, "log_contact", now_us=now_us)
    notes = crm_of(made, twin).carry_out(waiting, now_us)
    made.store.intents.done(made.venture_id, notes, now_us=now_us)
    return len(notes)


def test_day_one_4_a_logged_call_is_a_touch_a_contact_by_a_person_and_the_customers_answer(made: Office) -> None:
    made.put(card())
    log = log_of(made)
    assert log.log(contact(), NOW).is_new
    assert not log.log(contact(), NOW).is_new  # the same words at the same time are one contact
    (touch,) = made.store.touches.sent_to(made.venture_id, ["c1"], 0)
    assert (touch.state, touch.by_person, touch.step, touch.variant, touch.cause.person) == (TouchState.sent, True, "call", "reached", "Ola")
    assert "Wants" not in touch.key and "c1" not in touch.key
    assert made.store.contacts.first_by_person(made.venture_id, ["c1"], 0)["c1"].at_us == NOW
    (heard,) = made.store.responses.of_customers(made.venture_id, ["c1"], 0)
    assert heard.kind is ResponseKind.call_reached and heard.kind.is_response
    drawn = made.outreach.record(NOW, [])
    assert drawn.responded == ("c1",)


def test_day_one_4_a_note_is_kept_but_is_no_contact(made: Office) -> None:
    made.put(card())
    log_of(made).log(contact(ContactKind.note, ContactOutcome.noted), NOW)
    assert made.store.touches.sent_to(made.venture_id, ["c1"], 0) == []
    assert made.store.contacts.last(made.venture_id, ["c1"]) == {}
    assert made.store.gating.in_touch(made.venture_id, ["c1"], 0) == {}


def test_day_one_4_a_logged_call_closes_the_call_that_was_due_and_the_crm_hears_of_it_once(made: Office) -> None:
    made.put(card())
    task, twin = due_call(made), CrmTwin()
    logged = log_of(made).log(contact(ContactKind.call, ContactOutcome.not_reached), NOW, minutes=4)
    closed = made.store.tasks.get(made.venture_id, task.task_id)
    assert (logged.task_id, closed.outcome, closed.minutes, closed.note) == (task.task_id, TaskOutcome.not_reached, 4, "Wants training.")
    (touch,) = made.store.touches.sent_to(made.venture_id, ["c1"], 0)
    assert (touch.execution_id, touch.cause.step) == (5, f"task:{task.task_id}")
    work = made.store.effect.work(made.venture_id, 0, NOW + 1)
    assert (work.automatic, work.by_person) == (0, 1)  # one act, although task and touch say so
    assert told_to_crm(made, twin) == 1 and [one.outcome for one in twin.contacts] == ["not_reached"]
    tried = made.store.contacts.tried(made.venture_id, ["c1"], 0)["c1"]
    assert {one["what"] for one in tried} == {"task", "call"}  # the 48-h escalation says "contacted, silent"


def test_day_one_4_a_contact_killed_half_way_and_logged_again_closes_one_call_alone(made: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    made.put(card())
    first, second = due_call(made), due_call(made, NOW - DAY_US + 1)
    log, found = log_of(made), CrmContact(key="7", customer_id="c1", kind="call", outcome="reached", at_us=NOW, by="Ola")

    def killed(*_: object, **__: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(type(made.store.touches), "log", killed)
        for act in (lambda: log.log(contact(), NOW), lambda: log.take_in([found], NOW)):
            with pytest.raises(KeyboardInterrupt):
                act()
    assert log.log(contact(), NOW).task_id == first.task_id
    assert made.store.tasks.get(made.venture_id, second.task_id).closed_us is None


def test_day_one_4_what_is_logged_reaches_the_crm_and_is_not_read_back_as_news(made: Office) -> None:
    made.put(card())
    log, twin = log_of(made), CrmTwin()
    log.log(contact(ContactKind.meeting, ContactOutcome.held), NOW)
    assert told_to_crm(made, CrmTwin(down_share=1.0)) == 0  # busy: it waits
    assert told_to_crm(made, twin) == 1
    assert (twin.contacts[0].kind, twin.contacts[0].by, twin.contacts[0].text) == ("meeting", "Ola", "Wants training.")
    assert log.take_in(crm_of(made, twin).contacts_since(NOW - DAY_US, NOW + 1), NOW + 1) == 0
    assert len(made.store.touches.sent_to(made.venture_id, ["c1"], 0)) == 1


def test_day_one_4_the_future_and_strangers_are_refused_and_names_find_a_customer(made: Office) -> None:
    made.put(card())
    log = log_of(made)
    with pytest.raises(BadInput, match="not happened"):
        log.log(contact(at_us=NOW + 1), NOW)
    with pytest.raises(BadInput, match="Minutes"):
        log.log(contact(), NOW, minutes=-1)
    with pytest.raises(NotFound, match="id or name"):
        log.customer("Nobody Ltd")
    assert log.customer("c1") == "c1"


@pytest.mark.parametrize(("kind", "outcome", "waits"), [("mail", "", True), ("call", "reached", True), ("meeting", "", True), ("call", "not_reached", False)])
def test_day_one_11_contacts_found_in_the_crm_defer_automated_touches_for_three_days(made: Office, kind: str, outcome: str, waits: bool) -> None:
    made.put(card())
    twin = CrmTwin()
    twin.contacts.append(CrmContact(key="9", customer_id="c1", kind=kind, at_us=NOW - HOUR_US, outcome=outcome))
    twin.contacts.append(CrmContact(key="10", customer_id="nobody", kind="mail", at_us=NOW - HOUR_US))
    log = log_of(made)
    for expected in (1, 0):  # read again it is known
        assert log.take_in(crm_of(made, twin).contacts_since(NOW - 3 * DAY_US, NOW), NOW) == expected
    made.want(wanted("letter"))
    made.outreach.gate(NOW)
    touch = made.touch("letter")
    if not waits:
        assert touch.state is TouchState.queued
        return
    assert (touch.state, touch.reason.split(":")[0], touch.next_attempt_us) == (TouchState.deferred, "in_touch", NOW - HOUR_US + 3 * DAY_US)


def test_day_one_11_a_call_logged_in_the_crm_closes_the_call_that_was_due_here(made: Office) -> None:
    made.put(card())
    task, twin = due_call(made), CrmTwin()
    twin.contacts.append(CrmContact(key="9", customer_id="c1", kind="call", at_us=NOW - HOUR_US, outcome="reached", by="Ola"))
    assert log_of(made).take_in(crm_of(made, twin).contacts_since(NOW - DAY_US, NOW), NOW) == 1
    closed = made.store.tasks.get(made.venture_id, task.task_id)
    assert (closed.outcome, closed.closed_by) == (TaskOutcome.reached, "Ola")
    assert told_to_crm(made, twin) == 0  # it knows
    assert len(made.store.intents.pending(made.venture_id, "record_response", now_us=NOW)) == 1


def test_day_one_11_a_crm_that_cannot_be_asked_stops_nothing(made: Office) -> None:
    assert crm_of(made, CrmTwin(down_share=1.0)).contacts_since(0, NOW) == ()


def ola(user_id: str) -> Person | None:
    if user_id == "DOWN":
        raise Unavailable("Slack cannot be reached.", "Try again in a moment.")
    return Person(person_id=1, name="Ola", email="ola@example.com", role=Role.csm, created_us=1) if user_id == "U1" else None


def test_day_one_4_a_slash_command_logs_for_a_known_person_only_and_once(made: Office) -> None:
    made.put(card())
    log, form = log_of(made), {"user_id": "U1", "text": "log c1 call reached went well", "trigger_id": "13345.98"}
    assert log_from_slack(log, ola, form, NOW) == "Logged: call with c1, reached."
    log_from_slack(log, ola, form, NOW + 5)  # Slack asks again when we were slow
    (touch,) = made.store.touches.sent_to(made.venture_id, ["c1"], 0)
    assert (touch.cause.person, touch.content["text"]) == ("Ola", "went well")
    assert "Nobody of the team" in log_from_slack(log, ola, form | {"user_id": "U2"}, NOW)
    assert "cannot be reached" in log_from_slack(log, ola, form | {"user_id": "DOWN"}, NOW)
    assert "Log what you did" in log_from_slack(log, ola, form | {"text": "help"}, NOW)
    assert "id or name" in log_from_slack(log, ola, form | {"text": "log nobody note hi"}, NOW)


def test_day_one_4_a_call_task_closed_by_hand_reaches_the_crm_too(made: Office) -> None:
    made.put(card())
    task, twin = due_call(made), CrmTwin()
    venture = made.store.ventures.get(made.venture_id)
    tasks = TaskService(made.store, made.store.touches, venture, lambda: DEFAULTS)
    tasks.close(task.task_id, TaskOutcome.reached, by="Ola", note="Fine.", now_us=NOW)
    assert told_to_crm(made, twin) == 1 and twin.contacts[0].text == "Fine."


def test_day_one_11_what_a_person_of_the_team_sends_also_defers(made: Office) -> None:
    made.put(card())
    personal = wanted("own", kind=None, playbook=None, version=None, enrollment_id=None, cause=Cause(kind=CauseKind.person, person="Ola"))
    made.store.touches.log(made.venture_id, [personal], sent_us=NOW - DAY_US, now_us=NOW)
    assert made.store.gating.in_touch(made.venture_id, ["c1"], 0) == {"c1": NOW - DAY_US}

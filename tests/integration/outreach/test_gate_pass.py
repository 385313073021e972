"""The gate pass over the ledger: who gets the budget, what is written down, what two workers do to each other."""

from __future__ import annotations

import pytest
from tests.outreach_builder import WEDNESDAY_NOON_US, Office, card, notice, office, states, wanted

from tenure.clock import DAY_US, HOUR_US
from tenure.model.cards import Contact
from tenure.model.intents import CreateTask
from tenure.model.playbooks import PlaybookKind
from tenure.model.touches import Channel, Purpose, Response, ResponseKind, TouchState
from tenure.ports.gating import Judged
from tenure.rules.eligibility.gates import decide
from tenure.services.outreach.context import CaseFiles, OutreachContext
from tenure.store import Store

NOW = WEDNESDAY_NOON_US


def test_wanting_twice_is_once(made: Office) -> None:
    assert made.want(wanted(), wanted("k2")) == 2
    assert made.want(wanted(), wanted("k3")) == 1


def test_a_touch_passes_the_gates_and_its_verdict_is_written_down(made: Office) -> None:
    made.want(wanted())
    assert made.outreach.gate(NOW)["allow"] == 1
    assert (made.touch().state, made.touch().user_id) == (TouchState.queued, "u1")
    assert made.said() == [("", "allow")]
    assert made.outreach.gate(NOW)["allow"] == 0


def test_nothing_is_asked_before_it_is_due(made: Office) -> None:
    made.want(wanted(due_us=NOW + 1))
    assert not made.outreach.gate(NOW)["allow"]
    assert made.outreach.gate(NOW + 1)["allow"] == 1


def test_A7_the_budget_goes_to_the_more_important(made: Office) -> None:
    kinds = [PlaybookKind.engagement, PlaybookKind.at_risk, PlaybookKind.onboarding, PlaybookKind.renewal, PlaybookKind.win_back]
    made.want(*(wanted(kind.value, kind=kind, playbook=kind.value, due_us=NOW - 10 + i) for i, kind in enumerate(kinds)))
    made.outreach.gate(NOW)
    assert states(made, ["renewal", "at_risk", "win_back", "onboarding", "engagement"]) == ["queued"] * 2 + ["deferred"] * 3


def test_A7_the_critical_playbook_counts_and_is_never_refused(made: Office) -> None:
    made.want(*(wanted(f"x{i}", kind=PlaybookKind.critical, playbook="critical") for i in range(3)), wanted("late"))
    made.outreach.gate(NOW)
    assert states(made, ["x0", "x1", "x2", "late"]) == ["queued"] * 3 + ["deferred"]


def test_A7_the_budget_is_per_person_not_per_customer(made: Office) -> None:
    made.want(*(wanted(f"{user}{i}", user_id=user) for user in ("u1", "u2") for i in range(3)))
    made.outreach.gate(NOW)
    assert states(made, ["u10", "u11", "u12", "u20", "u21", "u22"]) == ["queued", "queued", "deferred"] * 2


def test_A7_what_a_person_logged_counts(made: Office) -> None:
    calls = [wanted(f"call{i}", channel=Channel.call, user_id="u1", kind=None) for i in range(2)]
    made.store.touches.log(made.venture_id, calls, sent_us=NOW - 4 * DAY_US, now_us=NOW)
    made.want(wanted())
    made.outreach.gate(NOW)
    assert made.said() == [("budget", "defer")]


def test_A7_two_workers_together_do_not_exceed_the_budget(made: Office) -> None:
    """One worker decides on what it sees; before it writes, another lets two others through."""
    made.want(wanted("a"), wanted("b"))
    due = made.store.gating.due(made.venture_id, now_us=NOW, limit=10)
    context: OutreachContext = made.outreach._context
    files = CaseFiles(context, due, NOW)
    slow = [Judged(touch=one, verdict=decide(files.case(one))) for one in due]
    made.want(wanted("c", kind=PlaybookKind.renewal), wanted("d", kind=PlaybookKind.renewal))
    made.outreach.gate(NOW)
    assert made.store.gating.judge(made.venture_id, slow, files.contacted, now_us=NOW) == []
    assert states(made, ["a", "b", "c", "d"]).count("queued") == 2


def test_a_deferral_is_said_once_however_often_it_is_asked(made: Office) -> None:
    made.want(wanted())
    for hour in range(5):
        made.outreach.gate(NOW + hour * HOUR_US, stale_sources=["crm"])
    assert made.said() == [("freshness", "defer")]
    assert "crm" in made.touch().reason
    made.outreach.gate(NOW + 6 * HOUR_US)
    assert made.said() == [("freshness", "defer"), ("", "allow")]


def test_A18_a_deferred_touch_is_skipped_after_its_expiry_with_the_reason(made: Office) -> None:
    made.want(wanted())
    for day in range(4):
        made.outreach.gate(NOW + day * DAY_US, stale_sources=["crm"])
    assert made.touch().state is TouchState.skipped
    assert made.touch().reason == "expired, waited for freshness: stale source crm"


def test_A10_a_touch_at_night_leaves_at_ten_in_the_customers_morning(made: Office) -> None:
    made.put(card(timezone="Asia/Tokyo"))
    made.want(wanted())
    made.outreach.gate(NOW)
    ten_in_tokyo = NOW - 12 * HOUR_US + 25 * HOUR_US
    assert made.touch().next_attempt_us == ten_in_tokyo
    made.outreach.gate(ten_in_tokyo - 1)
    assert made.touch().state is TouchState.deferred
    made.outreach.gate(ten_in_tokyo)
    assert made.touch().state is TouchState.queued


def test_P5_when_nobody_may_be_contacted_the_owner_gets_a_task(made: Office) -> None:
    made.outreach.suppress(["SAM@example.com", "kim@example.com"], reason="asked", by="kim", now_us=1)
    made.want(wanted())
    for _ in range(2):
        made.outreach.gate(NOW)
    tasks = [one.wish for one in made.store.intents.pending(made.venture_id, "create_task", now_us=NOW)]
    assert made.touch().state is TouchState.refused
    assert len(tasks) == 1 and isinstance(tasks[0], CreateTask) and tasks[0].customer_id == "c1"
    assert "example.com" not in repr(tasks) + made.touch().reason


def test_A19_marketing_without_consent_is_refused_and_with_it_goes(made: Office) -> None:
    made.put(card(contacts=(Contact(user_id="u1", email="s@example.com", role="owner", consent={"marketing": True}),)))
    made.put(card("c2", contacts=(Contact(user_id="u2", email="t@example.com", role="owner"),)))
    made.want(wanted("yes", purpose=Purpose.marketing), wanted("no", customer_id="c2", purpose=Purpose.marketing))
    made.outreach.gate(NOW)
    assert states(made, ["yes", "no"]) == ["queued", "refused"]


def test_internal_notices_pass_in_watch_mode_and_customers_hear_nothing(store: Store) -> None:
    watching = office(store, "watching", live=False)
    watching.want(wanted(), notice())
    watching.outreach.gate(NOW)
    assert states(watching, ["k1", "n1"]) == ["refused", "queued"]


def test_DayOne_11_a_logged_call_or_a_reply_makes_automated_touches_wait(made: Office) -> None:
    made.put(card("c2"))
    made.store.touches.log(made.venture_id, [wanted("call", channel=Channel.call)], sent_us=NOW - DAY_US, now_us=NOW)
    reply = Response(key="r", kind=ResponseKind.replied, occurred_us=NOW - 2 * DAY_US, customer_id="c2")
    made.store.responses.add(made.venture_id, [reply], now_us=NOW)
    made.want(wanted("one"), wanted("two", customer_id="c2"))
    made.outreach.gate(NOW)
    assert [made.touch(key).next_attempt_us for key in ("one", "two")] == [NOW + 2 * DAY_US, NOW + DAY_US]


def test_DayOne_1_hands_off_withdraws_what_is_pending_and_what_comes_later(made: Office) -> None:
    made.want(wanted(), wanted("night", due_us=NOW + HOUR_US), wanted("mine", by_person=True))
    made.outreach.gate(NOW)
    assert made.outreach.take_out("c1", until_us=NOW + 9 * DAY_US, reason="merger talks", by="Robin", now_us=NOW) == 2
    made.want(wanted("later"))
    made.outreach.gate(NOW)
    assert states(made, ["k1", "night", "later", "mine"]) == ["withdrawn"] * 3 + ["queued"]
    assert [one.wish.reason for one in made.store.intents.pending(made.venture_id, "end_playbooks", now_us=NOW)] == ["hands off"]  # type: ignore[union-attr]


def test_DayOne_6_a_new_domain_sends_a_few_mails_a_day(store: Store) -> None:
    fresh = office(store, "fresh", email_warmup_days=7, email_warmup_per_day=2)
    fresh.store.controls.switch(fresh.venture_id, fresh.store.controls.state(fresh.venture_id, 1).mode, by="k", why="w", now_us=1)
    with store._database.writing() as connection:
        connection.exec_driver_sql(f"UPDATE loop_modes SET since_us = {NOW} WHERE venture_id = {fresh.venture_id}")
    fresh.put(*(card(f"c{i}") for i in range(5)))
    fresh.want(*(wanted(f"k{i}", customer_id=f"c{i}") for i in range(5)))
    fresh.pass_on(NOW)
    assert len(fresh.sender.messages) == 2
    fresh.pass_on(NOW + HOUR_US)
    assert len(fresh.sender.messages) == 2
    fresh.pass_on(NOW + DAY_US)
    assert len(fresh.sender.messages) == 4


@pytest.mark.parametrize("kind", [PlaybookKind.at_risk, PlaybookKind.onboarding])
def test_A8_a_held_out_enrollment_withholds_the_steps_of_its_kind(made: Office, kind: PlaybookKind) -> None:
    row = (
        "INSERT INTO enrollments (venture_id, playbook, version, kind, customer_id, entry_key, state, entered_us, cause, next_step,"
        f" repeats, confirmations, held_out, holdout_percent) VALUES ({made.venture_id}, 'p', 1, '{kind.value}', 'c1', 'e', 'held_out', 1, '{{}}', 0, 0, 0, 1, 10)"
    )
    with made.store._database.writing() as connection:
        connection.exec_driver_sql(row)
        number = connection.exec_driver_sql(f"SELECT max(enrollment_id) FROM enrollments WHERE venture_id = {made.venture_id}").scalar()
    made.want(wanted(kind=kind, enrollment_id=number))
    made.outreach.gate(NOW)
    assert made.touch().state is (TouchState.refused if kind is PlaybookKind.at_risk else TouchState.queued)

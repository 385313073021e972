"""Delivery: at most once to customers, at least once inside, and calm with providers that fail."""

from __future__ import annotations

import pytest
from tests.outreach_builder import (
    WEDNESDAY_NOON_US,
    Office,
    PlainLinks,
    card,
    notice,
    parameters,
    states,
    stores_of,
    wanted,
)

from tenure.clock import DAY_US, HOUR_US, MINUTE_US
from tenure.model.cards import Contact
from tenure.model.incidents import EVERYTHING, OUTREACH
from tenure.model.touches import Channel, Purpose, TouchState
from tenure.model.ventures import Role
from tenure.ports.senders import OutcomeUnknown, RefusedForGood, TryLater
from tenure.rules.delivery.breaker import FAILURES_TO_OPEN
from tenure.services.outreach import Outreach, TeamIdentity, Ways
from tenure.services.outreach.delivering import DEAD_AFTER_US

NOW = WEDNESDAY_NOON_US


def test_a_message_leaves_once_with_its_owner_as_sender(made: Office) -> None:
    made.want(wanted())
    for _ in range(3):
        made.pass_on(NOW)
    (message,) = made.sender.messages
    assert (message.to, message.recipient_name) == ("sam@example.com", "Sam")
    assert (message.sender_name, message.reply_to) == ("Robin", "robin@acme.example")
    row = made.touch()
    assert (row.state, row.sent_us, row.provider, row.provider_message_id, row.cost_cents) == (TouchState.sent, NOW, "recorder", "m1", 0.1)


def test_P5_without_an_owner_the_team_writes(made: Office) -> None:
    made.put(card(owner="Somebody who left"))
    made.want(wanted())
    made.pass_on(NOW)
    assert (made.sender.messages[0].sender_name, made.sender.messages[0].reply_to) == ("Acme team", "team@acme.example")


def test_marketing_carries_the_one_click_way_out_and_signed_links(made: Office) -> None:
    sam = Contact(user_id="u1", email="sam@example.com", role="owner", consent={"marketing": True})
    made.put(card(contacts=(sam,)))
    text = "Read https://link.tenure.invalid/cta/guide or leave https://link.tenure.invalid/unsubscribe\n"
    html = '<body><a href="https://link.tenure.invalid/cta/guide">Read</a></body>'
    content: dict[str, object] = {"subject": "News", "text": text, "html": html, "links": {"cta/guide": "https://acme.example/g"}}
    made.want(wanted(purpose=Purpose.marketing, content=content))
    made.pass_on(NOW)
    (message,) = made.sender.messages
    number = made.touch().touch_id
    assert message.headers["List-Unsubscribe"] == f"<https://t.example.com/u/{number}>"
    assert message.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert f"https://t.example.com/c/{number}?to=https://acme.example/g&x=1 or" in message.text
    assert f'href="https://t.example.com/c/{number}?to=https://acme.example/g&amp;x=1"' in message.html
    assert message.html.endswith(f'<img src="https://t.example.com/o/{number}.gif" width="1" height="1" alt=""></body>')
    assert "tenure.invalid" not in message.text + message.html


def test_service_mail_has_no_unsubscribe_header(made: Office) -> None:
    made.want(wanted())
    made.pass_on(NOW)
    assert made.sender.messages[0].headers == {}


def test_a_link_that_leads_nowhere_holds_the_message_back(made: Office) -> None:
    made.want(wanted(content={"text": "See https://link.tenure.invalid/meeting"}))
    made.pass_on(NOW)
    assert not made.sender.tried
    assert made.touch().state is TouchState.skipped and "meeting" in made.touch().reason


def test_a_customer_message_found_sending_after_a_crash_is_unknown_and_never_repeated(made: Office) -> None:
    made.want(wanted(), notice())
    made.outreach.gate(NOW)
    claimed = made.store.outbox.claim(
        made.venture_id, "w1", [Channel.email, Channel.slack], now_us=NOW, stale_before_us=0, limit=9
    )
    for one in claimed:
        assert made.store.outbox.begin(made.venture_id, one.touch_id, "w1", provider="recorder", now_us=NOW)
    made.outreach.deliver(NOW, "w2")
    assert states(made, ["k1", "n1"]) == ["sending", "sending"]  # w1 may still be alive
    made.outreach.deliver(NOW + DEAD_AFTER_US + 1, "w2")
    assert states(made, ["k1", "n1"]) == ["unknown", "sent"]
    assert made.sender.tried == ["n1"]
    assert made.said()[-1] == ("provider", "unknown")


def test_a_worker_settles_its_own_earlier_life_at_once(made: Office) -> None:
    made.want(wanted())
    made.outreach.gate(NOW)
    (one,) = made.store.outbox.claim(made.venture_id, "w1", [Channel.email], now_us=NOW, stale_before_us=0, limit=9)
    made.store.outbox.begin(made.venture_id, one.touch_id, "w1", provider="recorder", now_us=NOW)
    made.outreach.deliver(NOW + 1, "w1")
    assert made.touch().state is TouchState.unknown and not made.sender.tried


def test_a_slow_worker_taken_for_dead_corrects_what_was_thought(made: Office) -> None:
    made.want(wanted())
    made.outreach.gate(NOW)
    (one,) = made.store.outbox.claim(made.venture_id, "w1", [Channel.email], now_us=NOW, stale_before_us=0, limit=9)
    made.store.outbox.begin(made.venture_id, one.touch_id, "w1", provider="recorder", now_us=NOW)
    made.outreach.deliver(NOW + DEAD_AFTER_US + 1, "w2")
    made.store.outbox.sent(made.venture_id, one.touch_id, "w1", message_id="m", cost_cents=0, now_us=NOW + DEAD_AFTER_US + 2)
    assert made.touch().state is TouchState.sent


def test_of_two_workers_one_begins(made: Office) -> None:
    made.want(wanted())
    made.outreach.gate(NOW)
    outbox, own = made.store.outbox, made.venture_id
    (one,) = outbox.claim(own, "w1", [Channel.email], now_us=NOW, stale_before_us=0, limit=9)
    assert outbox.claim(own, "w2", [Channel.email], now_us=NOW, stale_before_us=NOW - 1, limit=9) == []
    late = outbox.claim(own, "w2", [Channel.email], now_us=NOW + 9, stale_before_us=NOW + 1, limit=9)
    assert [each.touch_id for each in late] == [one.touch_id]
    assert not outbox.begin(own, one.touch_id, "w1", provider="p", now_us=NOW)
    assert outbox.begin(own, one.touch_id, "w2", provider="p", now_us=NOW)
    assert not outbox.begin(own, one.touch_id, "w2", provider="p", now_us=NOW)


def test_what_is_temporary_is_tried_three_times_and_then_failed(made: Office) -> None:
    made.sender.always = TryLater("the provider asks for patience")
    made.want(wanted())
    made.outreach.gate(NOW)
    for minute in range(60):
        made.outreach.deliver(NOW + minute * MINUTE_US, "w1")
    assert len(made.sender.tried) == 3
    assert (made.touch().state, made.touch().attempts) == (TouchState.failed, 3)


def test_retry_after_is_honoured(made: Office) -> None:
    made.sender.answers = [TryLater("slow down", after_seconds=1_800)]
    made.want(wanted())
    made.pass_on(NOW)
    made.outreach.deliver(NOW + 30 * MINUTE_US - 1, "w1")
    assert len(made.sender.tried) == 1
    made.outreach.deliver(NOW + 30 * MINUTE_US, "w1")
    assert made.touch().state is TouchState.sent


@pytest.mark.parametrize("problem", [RefusedForGood("no"), OutcomeUnknown("the line broke")])
def test_only_what_says_it_is_temporary_is_tried_again(made: Office, problem: Exception) -> None:
    made.sender.answers = [problem]
    made.want(wanted())
    for hour in range(3):
        made.pass_on(NOW + hour * HOUR_US)
    assert len(made.sender.tried) == 1
    assert made.touch().state is (TouchState.failed if isinstance(problem, RefusedForGood) else TouchState.unknown)


def test_I2_internal_messages_are_repeated_under_one_key_until_they_arrive(made: Office) -> None:
    made.sender.answers = [OutcomeUnknown("the line broke"), TryLater("busy"), TryLater("busy"), TryLater("busy")]
    made.want(notice())
    made.outreach.gate(NOW)
    for minute in range(0, 8 * 60, 10):
        made.outreach.deliver(NOW + minute * MINUTE_US, "w1")
    assert set(made.sender.tried) == {"n1"} and len(made.sender.tried) == 5
    assert made.touch("n1").state is TouchState.sent


def test_I2_a_revised_notice_takes_the_place_of_the_earlier(made: Office) -> None:
    made.want(notice())
    made.pass_on(NOW)
    assert made.store.touches.revise(made.venture_id, "n1", {"text": "answered by kim"}, now_us=NOW)
    made.pass_on(NOW)
    first, second = made.sender.messages
    assert (first.update_of, second.update_of, second.text) == (None, "m1", "answered by kim")


def test_I2_a_notice_may_take_the_place_of_another(made: Office) -> None:
    made.want(notice("asked"), notice("answered", content={"text": "done", "updates": "asked"}))
    made.pass_on(NOW)
    assert [one.update_of for one in made.sender.messages] == [None, "m1"]


def test_DayOne_7_a_deputy_writes_while_the_owner_is_away(made: Office) -> None:
    made.store.stand_ins.add(made.venture_id, deputy="Lee", person="Robin", from_us=NOW - 1, until_us=NOW + DAY_US, by="k", reason="away", now_us=NOW)
    made.want(wanted())
    made.pass_on(NOW)
    assert (made.sender.messages[0].sender_name, made.sender.messages[0].reply_to) == ("Lee", "lee@acme.example")


def test_DayOne_6_a_hard_bounce_suppresses_the_address_at_once(made: Office) -> None:
    made.sender.answers = [RefusedForGood("no such mailbox", bounced=True)]
    made.want(wanted(), wanted("k2", due_us=NOW + 1))
    made.pass_on(NOW)
    made.pass_on(NOW + 1)
    assert made.touch().state is TouchState.failed
    assert [one.to for one in made.sender.messages] == ["kim@example.com"]  # the next best contact


def test_a_provider_that_keeps_failing_is_left_alone_and_others_go_on(made: Office) -> None:
    made.sender.always = TryLater("down")
    made.put(*(card(f"c{i}") for i in range(20)))
    made.want(*(wanted(f"k{i}", customer_id=f"c{i}") for i in range(20)))
    made.pass_on(NOW)
    assert len(made.sender.tried) == FAILURES_TO_OPEN
    made.outreach.deliver(NOW + 30_000_000, "w1")
    assert len(made.sender.tried) == FAILURES_TO_OPEN
    made.outreach.deliver(NOW + 2 * MINUTE_US, "w2")  # one probe
    assert len(made.sender.tried) == FAILURES_TO_OPEN + 1
    made.sender.always = None
    made.outreach.deliver(NOW + 10 * MINUTE_US, "w1")
    assert len(made.sender.messages) == 20


def test_after_repeated_failures_the_provider_is_paused_until_a_person_resumes_it(made: Office) -> None:
    made.sender.always = TryLater("down")
    made.put(*(card(f"c{i}") for i in range(40)))
    made.want(*(wanted(f"k{i}", customer_id=f"c{i}") for i in range(40)))
    made.outreach.gate(NOW)
    for minute in range(60):
        made.outreach.deliver(NOW + minute * MINUTE_US, "w1")
    assert [one.scope for one in made.store.controls.state(made.venture_id, NOW).pauses] == ["provider:recorder"]
    tried = len(made.sender.tried)
    made.sender.always = None
    made.outreach.deliver(NOW + 2 * HOUR_US, "w1")
    assert len(made.sender.tried) == tried
    made.store.controls.resume(made.venture_id, "provider:recorder", by="kim", why="mended", now_us=NOW)
    made.outreach.deliver(NOW + 3 * HOUR_US, "w1")
    assert len(made.sender.tried) > tried


@pytest.mark.parametrize("scope", [EVERYTHING, OUTREACH])
def test_A21_what_is_in_the_outbox_when_the_switch_falls_does_not_leave(made: Office, scope: str) -> None:
    made.want(wanted(), notice())
    made.outreach.gate(NOW)
    made.store.controls.pause(made.venture_id, scope, by="kim", why="stop", now_us=NOW)
    made.outreach.deliver(NOW, "w1")
    assert made.sender.tried == ["n1"] and made.touch().state is TouchState.deferred
    made.store.controls.resume(made.venture_id, scope, by="kim", why="go", now_us=NOW)
    made.pass_on(NOW + HOUR_US)
    assert made.touch().state is TouchState.sent


def test_a_retry_that_would_fall_into_the_night_waits_for_the_morning(made: Office) -> None:
    made.sender.answers = [TryLater("later", after_seconds=9 * 3600)]
    made.want(wanted())
    made.pass_on(NOW)
    made.pass_on(NOW + 9 * HOUR_US)
    assert made.touch().state is TouchState.deferred
    made.pass_on(NOW + 22 * HOUR_US)
    assert made.touch().state is TouchState.sent and len(made.sender.tried) == 2


def test_suppressed_between_gate_and_delivery_it_does_not_leave(made: Office) -> None:
    made.want(wanted(user_id="u1"))
    made.outreach.gate(NOW)
    made.outreach.suppress(["sam@example.com"], reason="asked", by="kim", now_us=NOW)
    made.outreach.deliver(NOW, "w1")
    assert not made.sender.tried and made.touch().state is TouchState.refused


def test_R4_a_role_nobody_has_falls_back_to_the_lead(made: Office) -> None:
    made.want(*(notice(f"n-{role}", channel=Channel.email, to=role) for role in ("owner", "admin", "chairman", "Robin")))
    made.pass_on(NOW)
    assert [one.to for one in made.sender.messages] == ["robin@acme.example", "lee@acme.example", "lee@acme.example", "robin@acme.example"]
    made.store.people.add(made.venture_id, name="Cam", email="cam@acme.example", role=Role.chairman, now_us=1)
    made.want(notice("again", channel=Channel.email, to="chairman"))
    made.pass_on(NOW)
    assert made.sender.messages[-1].to == "cam@acme.example"


def test_what_no_provider_takes_expires_and_is_shown(made: Office) -> None:
    made.put(card(contacts=(Contact(user_id="u1", phone="+1 202 555 0101", role="owner"),)))
    made.want(wanted(channel=Channel.sms))
    made.pass_on(NOW)
    assert made.touch().state is TouchState.queued
    made.pass_on(NOW + 4 * DAY_US)
    assert (made.touch().state, made.touch().reason) == (TouchState.skipped, "expired, waited in the outbox")




def test_a_rehearsal_writes_down_what_would_have_left_and_calls_nobody(made: Office) -> None:
    made.want(wanted(), wanted("late", due_us=NOW + DAY_US), notice("n1"))
    ways = Ways(dict.fromkeys(Channel, made.sender), PlainLinks(), TeamIdentity("", ""), rehearsed_as="rehearsal")
    rehearsed = Outreach(stores_of(made.store), made.venture_id, "acme", parameters, ways)
    rehearsed.gate(NOW)
    assert rehearsed.deliver(NOW, "w1") == {"sent": 2}
    assert made.sender.messages == [] and states(made, ["k1", "n1", "late"]) == ["sent", "sent", "deferred"]
    row = made.touch()
    assert (row.sent_us, row.provider, row.provider_message_id, row.attempts, row.cost_cents) == (NOW, "rehearsal", "k1", 1, 0.1)

"""What comes back: to which touch it belongs and what follows at once."""

from __future__ import annotations

from typing import Any

from tests.outreach_builder import WEDNESDAY_NOON_US, Office, card, wanted

from tenure.clock import DAY_US, HOUR_US
from tenure.model.touches import Purpose, Response, ResponseKind, TouchState
from tenure.services.outreach import FactSign

NOW = WEDNESDAY_NOON_US


def response(kind: ResponseKind, key: str = "r1", **fields: Any) -> Response:
    usual: dict[str, Any] = {"occurred_us": NOW + HOUR_US, "customer_id": "c1"}
    return Response(key=key, kind=kind, **(usual | fields))


def sign(kind: ResponseKind, sign_id: str = "s1", occurred_us: int = NOW + HOUR_US, **fields: Any) -> FactSign:
    return FactSign(kind=kind, sign_id=sign_id, customer_id="c1", occurred_us=occurred_us, **fields)


def kept(made: Office) -> list[Response]:
    return list(made.store.responses.of_customers(made.venture_id, ["c1"], 0))


def sent(made: Office, *keys: str) -> list[int]:
    """Messages to the same person, a minute apart."""
    for at, key in enumerate(keys):
        made.want(wanted(key, due_us=NOW + at * 60_000_000))
        made.pass_on(NOW + at * 60_000_000)
    return [made.touch(key).touch_id for key in keys]


def test_a_response_belongs_to_the_latest_touch_within_the_window(made: Office) -> None:
    first, second = sent(made, "k1", "k2")
    drawn = made.outreach.record(NOW, [response(ResponseKind.replied), response(ResponseKind.clicked, "r2", touch_id=first)])
    assert [one.touch_id for one in kept(made)] == [second, first]
    assert drawn.responded == ("c1",)


def test_after_the_response_window_it_belongs_to_none(made: Office) -> None:
    sent(made, "k1")
    late = NOW + 14 * DAY_US
    made.outreach.record(late, [response(ResponseKind.replied, occurred_us=late), response(ResponseKind.replied, "r2", occurred_us=late - 1)])
    assert [one.touch_id is None for one in kept(made)] == [False, True]


def test_a_response_a_provider_repeats_is_one(made: Office) -> None:
    sent(made, "k1")
    assert made.outreach.record(NOW, [response(ResponseKind.replied)]).handled == 1
    assert made.outreach.record(NOW, [response(ResponseKind.replied)]).handled == 0
    assert len(kept(made)) == 1


def test_A14_logins_are_kept_once_per_touch_and_are_no_response(made: Office) -> None:
    before = made.outreach.record_signs(NOW, [sign(ResponseKind.login, "early", NOW - 1)])
    assert before.handled == 0 and not kept(made)
    sent(made, "k1")
    drawn = made.outreach.record_signs(NOW, [sign(ResponseKind.login, f"l{i}", NOW + i) for i in range(1, 5)])
    assert (drawn.handled, drawn.responded) == (1, ())
    assert [one.kind.is_response for one in kept(made)] == [False]


def test_A14_ticket_replies_and_survey_answers_are_responses_even_to_no_touch(made: Office) -> None:
    drawn = made.outreach.record_signs(NOW, [sign(ResponseKind.ticket_reply), sign(ResponseKind.survey_answered)])
    assert (drawn.handled, drawn.responded) == (2, ("c1",))


def test_an_unsubscribe_suppresses_the_person_and_is_in_the_consent_log(made: Office) -> None:
    (number,) = sent(made, "k1")
    gone = response(ResponseKind.unsubscribed, touch_id=number, user_id="u1")
    for _ in range(2):
        made.outreach.record(NOW, [gone])
    made.want(wanted("k2", user_id="u1", due_us=NOW + 1))
    made.pass_on(NOW + 1)
    assert made.touch("k2").state is TouchState.refused
    log = made.store.consents.of(made.venture_id, ["c1"])["c1"]
    assert [(one.user_id, one.purpose, one.channel, one.given, one.source) for one in log] == [
        ("u1", "*", "email", False, "unsubscribed"),
        ("u1", "marketing", "*", False, "unsubscribed"),
    ]


def test_handled_twice_because_it_was_killed_changes_nothing(made: Office) -> None:
    (number,) = sent(made, "k1")
    made.outreach.record(NOW, [response(ResponseKind.complained, touch_id=number, user_id="u1")])
    with made.store._database.writing() as connection:
        connection.exec_driver_sql(f"UPDATE responses SET handled_us = NULL WHERE venture_id = {made.venture_id}")
    made.outreach.record(NOW, [])
    assert len(made.store.consents.of(made.venture_id, ["c1"])["c1"]) == 2
    assert made.store.suppressions.count(made.venture_id) == 1


def test_A20_negative_feedback_counts_each_person_once_over_delivered(made: Office) -> None:
    made.put(*(card(f"p{i}") for i in range(4)))
    made.want(*(wanted(f"t{i}", customer_id=f"p{i}") for i in range(4)), wanted("v2", version=2))
    made.pass_on(NOW)
    angry = [ResponseKind.unsubscribed, ResponseKind.complained, ResponseKind.angry_reply]
    number = made.touch("t0").touch_id
    made.outreach.record(NOW, [response(kind, f"a{i}", customer_id="p0", touch_id=number) for i, kind in enumerate(angry)])
    made.outreach.record(NOW, [response(ResponseKind.bounced, "b", customer_id="p1", touch_id=made.touch("t1").touch_id)])
    made.outreach.record(NOW, [response(ResponseKind.replied, "ok", customer_id="p2", touch_id=made.touch("t2").touch_id)])
    first, second = made.store.responses.feedback(made.venture_id, since_us=NOW - 30 * DAY_US)
    assert (first.version, first.delivered, first.negative_people, first.complaining_people) == (1, 3, 1, 1)
    assert (second.version, second.delivered, second.negative_people) == (2, 1, 0)
    assert made.store.responses.feedback(made.venture_id, since_us=NOW + 1) == []


def test_A29_erased_customers_leave_only_a_salted_hash(made: Office) -> None:
    (number,) = sent(made, "k1")
    made.outreach.record(NOW, [response(ResponseKind.unsubscribed, touch_id=number)])
    made.outreach.forget(["c1"], now_us=NOW)
    with made.store._database.reading() as connection:
        for table in ("touches", "touch_verdicts", "responses", "consents"):
            assert connection.exec_driver_sql(f"SELECT count(*) FROM {table} WHERE venture_id = {made.venture_id}").scalar() == 0
        hashes = list(connection.exec_driver_sql(f"SELECT address_hash FROM suppressions WHERE venture_id = {made.venture_id}").scalars())
    assert hashes and all(len(one) == 64 and "@" not in one for one in hashes)
    made.put(card("again"))
    made.want(wanted("new", customer_id="again", purpose=Purpose.service))
    made.pass_on(NOW)
    assert made.touch("new").state is TouchState.refused

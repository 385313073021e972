"""Typed records over HTTP, with the field names of the file formats."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tenure.model.facts import (
    EXPLICIT_FEATURE,
    Answer,
    Customer,
    Movement,
    MovementKind,
    Ticket,
    TicketStatus,
    User,
)
from tenure.services.ingest.reading import typed_many
from tenure.services.ingest.refusals import Unreadable


def records(kind: str, *given: Any) -> Any:
    return typed_many(json.dumps({"kind": kind, "records": list(given)}).encode())


@pytest.mark.parametrize(
    ("kind", "given", "expected"),
    [
        (
            "tickets",
            {"ticket_id": "t1", "customer_id": "c", "status": "open", "created_at": "2026-11-20T00:00:00Z", "satisfaction": 4.5},
            lambda now, us: Ticket(
                ticket_id="t1", stated_us=now, customer_id="c", status=TicketStatus.open,
                created_us=us("2026-11-20T00:00:00Z"), satisfaction_hundredths=450,
            ),
        ),
        (
            "revenue",
            {"movement_id": "m1", "customer_id": "c", "occurred_at": "2026-11-20", "kind": "expansion", "monthly_amount": "19.90"},
            lambda now, us: Movement(
                customer_id="c", occurred_us=us("2026-11-20T00:00:00Z"), kind=MovementKind.expansion, monthly_cents=1_990
            ),
        ),
        (
            "answers",
            {"answer_id": "a1", "survey": "nps", "customer_id": "c", "score": 9, "answered_at": "2026-11-20T10:00:00Z"},
            lambda now, us: Answer(survey="nps", customer_id="c", score=9, answered_us=us("2026-11-20T10:00:00Z")),
        ),
        (
            "customers",
            {"customer_id": "c", "plan": "pro", "colour": "blue"},
            lambda now, us: Customer(customer_id="c", stated_us=now, plan="pro", traits={"colour": "blue"}),
        ),
        (
            "users",
            {"user_id": "u", "customer_id": "c", "role": "admin"},
            lambda now, us: User(user_id="u", stated_us=now, customer_id="c", role="admin"),
        ),
    ],
)  # fmt: skip
def test_a_record_of_each_kind_is_taken(
    door: Any, us: Callable[[str], int], kind: str, given: Any, expected: Callable[..., Any]
) -> None:
    door.take(records(kind, given))
    # Stated a microsecond before now, so that a refresh at the same time counts it.
    assert door.records == [expected(door.clock.now_us() - 1, us)]


def test_a_record_with_an_id_is_taken_once(door: Any) -> None:
    answer = {"answer_id": "a1", "survey": "nps", "customer_id": "c", "score": 9, "answered_at": "2026-11-20"}
    door.take(records("answers", answer))
    assert door.take(records("answers", answer)).duplicates == 1


def test_a_typed_event_is_an_event(door: Any) -> None:
    door.take(records("events", {"event": "login", "user_id": "u", "timestamp": "2026-11-20", "rows": 3}))
    [row] = door.store.rows
    assert (row.name, row.user_id, row.body) == ("login", "u", '{"rows":3}')


def test_a_typed_event_may_name_its_feature_itself(door: Any) -> None:
    event = {"event": "report_exported", "user_id": "u", "timestamp": "2026-11-20", "feature": " exports ", "rows": 3}
    door.take(records("events", event))
    [row] = door.store.rows
    assert (row.feature, row.anonymous, row.body) == ("exports", EXPLICIT_FEATURE, '{"rows":3}')


def test_a_feature_named_by_the_event_stands_above_the_rules(door: Any) -> None:
    adopted = {"event": "feature_adopted", "user_id": "u", "timestamp": "2026-11-20", "properties": {"feature": "ruled"}}
    door.take(records("events", {**adopted, "feature": "named"}, adopted, {**adopted, "feature": None, "event_id": "e"}))
    assert [(row.feature, row.anonymous) for row in door.store.rows] == [("named", EXPLICIT_FEATURE), ("ruled", 0), ("ruled", 0)]


@pytest.mark.parametrize(
    ("kind", "given", "problem"),
    [
        ("tickets", {"ticket_id": "t1", "customer_id": "c"}, ("created_at", "required")),
        ("answers", {"survey": "nps", "customer_id": "c", "score": 11, "answered_at": "2026-11-20"}, ("score", "score_out_of_range")),
        ("events", {"event": "e", "user_id": "u", "timestamp": "2026-11-20", "feature": "x" * 256}, ("feature", "too_long")),
        ("events", {"event": "e", "user_id": "u", "timestamp": "2026-11-20", "feature": {"name": "x"}}, ("feature", "not_text")),
        ("customers", {}, ("", "required")),
        ("customers", [1], ("", "wrong_type")),
    ],
)  # fmt: skip
def test_a_bad_record_goes_to_quarantine(door: Any, kind: str, given: Any, problem: tuple[str, str]) -> None:
    door.take(records(kind, given))
    assert (door.problems, door.store.rows) == ([problem], [])
    assert door.store.refusals[0][1].kind == kind


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"kind": "secrets", "records": []}', b'{"kind": 1, "records": []}'])
def test_an_unknown_kind_is_refused_as_a_whole(body: bytes) -> None:
    with pytest.raises(Unreadable):
        typed_many(body)

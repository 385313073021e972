"""What each event of a PostHog client becomes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tenure.model.facts import Alias, Customer, FactKind, User
from tenure.services.ingest.reading import posthog_many, posthog_single


def event(name: str, **fields: Any) -> dict[str, Any]:
    return {"event": name, "distinct_id": "u1", "uuid": "d9fc62d9-1e76-43da-b16f-7e421eb9569b", **fields}


def batch(*events: dict[str, Any], **fields: Any) -> Any:
    return posthog_many(json.dumps({"api_key": "k", "batch": list(events), **fields}).encode())


def test_the_company_of_groups_is_the_customer(door: Any) -> None:
    door.take(batch(event("report_exported", properties={"$groups": {"company": "acme", "team": "x"}, "rows": 1})))
    [row] = door.store.rows
    assert (row.name, row.customer_id, row.user_id, row.anonymous) == ("report_exported", "acme", "u1", 0)
    assert json.loads(row.body)["rows"] == 1


def test_an_identify_states_the_person_and_links_the_device(door: Any) -> None:
    said = event("$identify", properties={"$anon_distinct_id": "d1", "$set_once": {"plan": "free"}})
    door.take(batch(said | {"$set": {"email": "pat@example.com", "plan": "pro"}}))
    stated = door.clock.now_us()
    assert door.records == [
        User(user_id="u1", stated_us=stated, email="pat@example.com", traits={"plan": "pro"}),
        Alias(previous_id="d1", user_id="u1", stated_us=stated),
    ]


def test_a_set_is_a_statement_and_no_event(door: Any) -> None:
    door.take(batch(event("$set", **{"$set": {"name": "Pat"}})))
    assert door.records == [User(user_id="u1", stated_us=door.clock.now_us(), name="Pat")]


def test_a_set_beside_an_event_is_both(door: Any) -> None:
    door.take(batch(event("login", properties={"$set": {"name": "Pat"}})))
    assert [row.kind for row in door.store.rows] == [FactKind.event, FactKind.user]
    keys = {(row.key_hi, row.key_lo) for row in door.store.rows}
    assert len(keys) == 2


@pytest.mark.parametrize("made_up", ["$company_acme", "d9fc62d9-1e76-43da-b16f-7e421eb9569b"])
def test_a_company_is_identified_and_its_made_up_user_is_nobody(door: Any, made_up: str) -> None:
    properties = {"$group_type": "company", "$group_key": "acme", "$group_set": {"name": "Acme", "mrr": 10}}
    door.take(batch(event("$groupidentify", distinct_id=made_up, properties=properties)))
    assert door.records == [
        Customer(
            customer_id="acme", stated_us=door.clock.now_us(), name="Acme", arr_cents=12_000, traits={"mrr": 10}
        )
    ]


def test_other_group_types_are_passed_over(door: Any) -> None:
    door.take(batch(event("$groupidentify", properties={"$group_type": "team", "$group_key": "x"})))
    assert (door.store.rows, door.store.refusals) == ([], [])


@pytest.mark.parametrize(
    "shape",
    [
        {"distinct_id": "old", "properties": {"distinct_id": "old", "alias": "new"}},
        {"distinct_id": None, "properties": {"distinct_id": "old", "alias": "new"}},
    ],
)
def test_both_shapes_of_alias_mean_the_same(door: Any, shape: dict[str, Any]) -> None:
    door.take(batch(event("$create_alias", **shape)))
    assert door.records == [Alias(previous_id="old", user_id="new", stated_us=door.clock.now_us())]


def test_an_alias_to_oneself_is_ignored(door: Any) -> None:
    door.take(batch(event("$create_alias", properties={"alias": "u1"})))
    assert (door.store.rows, door.store.refusals) == ([], [])


@pytest.mark.parametrize(
    "fields",
    [{"properties": {"$process_person_profile": False}}, {"options": {"process_person_profile": False}}],
)
def test_a_personless_event_is_of_a_device(door: Any, fields: dict[str, Any]) -> None:
    door.take(batch(event("viewed", **fields)))
    assert door.store.rows[0].anonymous == 1


def test_sent_at_corrects_the_clock_unless_the_client_says_not_to(door: Any) -> None:
    at = {"timestamp": "2026-11-21T02:20:00Z"}
    skipped = event("b", uuid="b", options={"disable_skew_correction": True}, **at)
    door.take(batch(event("a", uuid="a", **at), skipped, sent_at="2026-11-21T02:22:00Z"))
    first, second = door.store.rows
    assert first.occurred_us - second.occurred_us == 3_600_000_000


@pytest.mark.parametrize(
    ("said", "field", "rule"),
    [
        ({"distinct_id": "u1"}, "", "wrong_type"),
        (event("login", distinct_id=None), "userId", "required"),
        (event("login", distinct_id={"a": 1}), "distinct_id", "wrong_type"),
        (event("$create_alias", properties={}), "alias", "required"),
        (event("$create_alias", properties={"alias": True}), "alias", "not_text"),
        (event("$groupidentify", properties={"$group_type": "company"}), "$group_key", "required"),
        (event("$identify", distinct_id=None), "distinct_id", "required"),
        (event("login", properties="x"), "properties", "bad_json"),
    ],
)
def test_a_bad_event_goes_to_quarantine(door: Any, said: dict[str, Any], field: str, rule: str) -> None:
    door.take(batch(said, event("good")))
    assert door.problems == [(field, rule)]
    assert [row.name for row in door.store.rows] == ["good"]


def test_one_event_can_come_alone(door: Any) -> None:
    door.take(posthog_single(json.dumps(event("login", sent_at="2026-11-21T03:21:00Z")).encode()))
    assert [row.name for row in door.store.rows] == ["login"]

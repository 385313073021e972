"""What each call of a Segment client becomes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tenure.model.facts import Alias, Customer, CustomerStatus, FactKind, User
from tenure.model.mapping import FactMapping, FeatureRule
from tenure.services.ingest.reading import segment_many, segment_single


def call(kind: str, **fields: Any) -> Any:
    return segment_single(kind, json.dumps({"messageId": "m1", **fields}).encode())


def batch(*items: dict[str, Any], **fields: Any) -> Any:
    return segment_many(json.dumps({"batch": list(items), **fields}).encode())


def track(**fields: Any) -> dict[str, Any]:
    return {"type": "track", "event": "login", "userId": "u1", **fields}


@pytest.mark.parametrize(
    ("sent_at", "original", "stored"),
    [
        ("2026-11-21T03:21:59Z", "2026-11-21T03:21:49Z", "2026-11-21T03:21:50Z"),  # a second on the way
        ("2026-11-21T04:21:59+00:00", "2026-11-21T04:21:49.500+00:00", "2026-11-21T03:21:50.500Z"),  # an hour ahead
        ("2020-01-01T00:00:10Z", "2020-01-01T00:00:00Z", "2026-11-21T03:21:50Z"),  # a dead battery
        ("2026-11-21T05:22:00+02:00", "2026-11-21T05:21:00.123456+02:00", "2026-11-21T03:21:00.123456Z"),
        ("2026-11-21T03:00:00Z", "2026-11-21T03:10:00Z", "2026-11-21T03:22:00Z"),  # after it was sent: clamped
        (None, "2026-11-01T12:00:00Z", "2026-11-01T12:00:00Z"),  # no clock to compare: as given
        (None, "2026-11-01T12:00:00", "2026-11-01T12:00:00Z"),
        (None, "2027-01-01T12:00:00Z", "2027-01-01T12:00:00Z"),
        (None, 1795231319, "2026-11-21T03:21:59Z"),
        ("no time at all", "2026-11-01T12:00:00Z", "2026-11-01T12:00:00Z"),
        ("2026-11-21T03:21:59Z", None, "2026-11-21T03:22:00Z"),
    ],
)
def test_the_clock_of_the_client_is_corrected(
    door: Any, us: Callable[[str], int], sent_at: str | None, original: Any, stored: str
) -> None:
    door.take(batch(track(timestamp=original), sentAt=sent_at))
    assert door.store.rows[0].occurred_us == us(stored)


def test_original_timestamp_goes_before_timestamp(door: Any, us: Callable[[str], int]) -> None:
    door.take(batch(track(originalTimestamp="2026-11-01T12:00:00.000Z", timestamp="2026-11-02T12:00:00Z")))
    assert door.store.rows[0].occurred_us == us("2026-11-01T12:00:00Z")


def test_the_context_of_a_batch_is_merged_into_each_item(door: Any) -> None:
    own = {"context": {"groupId": "own"}}
    door.take(batch(track(messageId="a"), track(messageId="b", **own), context={"groupId": "shared"}))
    assert [row.customer_id for row in door.store.rows] == ["shared", "own"]


def test_ids_may_be_numbers(door: Any) -> None:
    door.take(call("track", event="login", userId=42, context={"groupId": 7}))
    assert (door.store.rows[0].user_id, door.store.rows[0].customer_id) == ("42", "7")


def test_an_identify_with_a_device_links_it(door: Any) -> None:
    door.take(call("identify", userId="u1", anonymousId="d1", traits={"createdAt": "2026-01-05", "firstName": "Pat"}))
    user, alias = door.records
    assert isinstance(user, User)
    assert (user.user_id, user.created_us, user.name) == ("u1", 1767571200000000, "Pat")
    assert alias == Alias(previous_id="d1", user_id="u1", stated_us=user.stated_us)


def test_identify_traits_may_stand_only_in_the_context(door: Any) -> None:
    door.take(call("identify", userId="u1", context={"traits": {"email": "pat@example.com"}}))
    assert door.records[0].email == "pat@example.com"


def test_group_traits_become_fields_of_the_customer(door: Any, us: Callable[[str], int]) -> None:
    traits = {
        "name": "Initech", "email": "ops@example.com", "plan": "pro", "industry": "Software", "seats": 12,
        "arr": 1200.5, "createdAt": "2025-03-01T00:00:00Z", "status": "trialing", "owner": "sam",
        "renewalDate": "2027-03-01", "favouriteColour": "blue",
    }  # fmt: skip
    door.take(call("group", userId="u1", groupId="acct", traits=traits))
    assert door.records == [
        Customer(
            customer_id="acct", stated_us=door.clock.now_us(), created_us=us("2025-03-01T00:00:00Z"), status=CustomerStatus.trial,
            name="Initech", email="ops@example.com", plan="pro", arr_cents=120_050, industry="Software", owner="sam",
            renewal_us=us("2027-03-01T00:00:00Z"), seats=12, traits={"favouriteColour": "blue"},
        ),
        User(user_id="u1", stated_us=door.clock.now_us(), customer_id="acct"),
    ]  # fmt: skip


def test_a_trait_that_does_not_read_as_its_field_stays_a_trait(door: Any) -> None:
    door.take(call("group", groupId="acct", traits={"status": "VIP", "mrr": "plenty", "plan": "pro"}))
    assert door.records == [
        Customer(
            customer_id="acct", stated_us=door.clock.now_us(), plan="pro", traits={"status": "VIP", "mrr": "plenty"}
        )
    ]


def test_a_group_call_of_a_device_is_marked_as_such(door: Any) -> None:
    door.take(call("group", anonymousId="d1", groupId="acct"))
    assert [row.anonymous for row in door.store.rows] == [0, 1]


@pytest.mark.parametrize("fields", [{"userId": "u1", "previousId": "u1"}, {"userId": "u1", "anonymousId": "u1"}])
def test_an_alias_to_oneself_is_ignored(door: Any, fields: dict[str, str]) -> None:
    receipt = door.take(call("alias", **fields))
    assert (door.store.rows, door.store.refusals, receipt.refused) == ([], [], 0)


def test_an_account_deleted_is_an_event_and_ends_the_customer(door: Any, us: Callable[[str], int]) -> None:
    at = "2026-11-20T10:00:00Z"
    door.take(call("track", event="Account Deleted", userId="u1", timestamp=at, context={"groupId": "acct"}))
    event, customer = door.records
    assert event.name == "Account Deleted"
    assert customer == Customer(
        customer_id="acct", stated_us=us(at), status=CustomerStatus.churned, churned_us=us(at)
    )


def test_a_trial_started_makes_the_customer_a_trial(door: Any) -> None:
    door.take(call("track", event="Trial Started", userId="u1", context={"groupId": "acct"}))
    assert door.records[1].status is CustomerStatus.trial


def test_an_account_deleted_without_a_group_is_only_an_event(door: Any) -> None:
    door.take(call("track", event="Account Deleted", userId="u1"))
    assert [row.kind for row in door.store.rows] == [FactKind.event]


@pytest.mark.parametrize(
    ("rules", "event", "properties", "feature"),
    [
        (None, "feature_adopted", {"feature": "export"}, "export"),
        (None, "feature_adopted", None, None),
        (None, "feature_adopted", {"feature": 3}, None),
        (None, "login", {"feature": "export"}, None),
        ((FeatureRule(event="Report Exported"),), "Report Exported", None, "Report Exported"),
        ((FeatureRule(event="Report Exported", feature="reports"),), "Report Exported", {"a": 1}, "reports"),
        ((FeatureRule(event="*", property="module"),), "anything", {"module": "billing"}, "billing"),
    ],
)
def test_the_feature_is_pulled_out_at_the_door(
    door: Any, rules: Any, event: str, properties: Any, feature: str | None
) -> None:
    door.mapping = FactMapping() if rules is None else FactMapping(feature_rules=rules)
    door.take(call("track", event=event, userId="u1", properties=properties))
    assert door.store.rows[0].feature == feature


def test_properties_are_kept_byte_for_byte(door: Any) -> None:
    raw = b'{"messageId":"m","event":"e","userId":"u","properties":{ "amount" : 1.10, "b":"\\u00e9" }}'
    door.take(segment_single("track", raw))
    assert door.store.rows[0].body == '{ "amount" : 1.10, "b":"\\u00e9" }'


@pytest.mark.parametrize(
    ("item", "field", "rule"),
    [
        (track(event=None), "event", "required"),
        (track(event=""), "event", "required"),
        (track(event="x" * 300), "event", "too_long"),
        (track(event=7), "event", "wrong_type"),
        (track(userId=None), "userId", "required"),
        (track(userId=["u1"]), "userId", "wrong_type"),
        (track(userId="u" * 300), "userId", "too_long"),
        (track(userId="a\0b"), "userId", "control_character"),
        (track(timestamp="yesterday"), "timestamp", "not_a_time"),
        (track(timestamp="1812-01-01T00:00:00Z"), "timestamp", "before_1900"),
        (track(timestamp="2099-01-01T00:00:00Z"), "timestamp", "in_the_far_future"),
        (track(properties=[1]), "properties", "bad_json"),
        (track(properties={"a": "x" * 33_000}), "", "too_long"),
        ({"type": "dance", "userId": "u1"}, "type", "unknown_type"),
        ({"userId": "u1"}, "type", "required"),
        ({"type": "identify"}, "userId", "required"),
        ({"type": "identify", "userId": "u1", "traits": "none"}, "traits", "bad_json"),
        ({"type": "group", "userId": "u1"}, "groupId", "required"),
        ({"type": "alias", "userId": "u1"}, "previousId", "required"),
        ({"type": "alias", "previousId": "u1"}, "userId", "required"),
        ([1, 2], "", "wrong_type"),
        (None, "", "wrong_type"),
    ],
)
def test_a_bad_item_goes_to_quarantine_and_the_rest_is_taken(door: Any, item: Any, field: str, rule: str) -> None:
    receipt = door.take(batch(track(messageId="good 1"), item, track(messageId="good 2")))
    assert (receipt.accepted, receipt.refused) == (2, 1)
    assert door.problems == [(field, rule)]
    assert len(door.store.rows) == 2
    [(venture_id, refusal)] = door.store.refusals
    assert (venture_id, refusal.position, refusal.source) == (1, "item 2", "http")
    assert refusal.record == item


def test_without_a_message_id_the_same_content_is_one_fact_when_it_names_its_time(door: Any) -> None:
    once = segment_single("track", json.dumps(track(timestamp="2026-11-20T10:00:00Z")).encode())
    door.take(once)
    assert door.take(once).duplicates == 1


def test_without_a_message_id_and_a_time_each_arrival_is_a_fact(door: Any) -> None:
    once = segment_single("track", json.dumps(track()).encode())
    door.take(once)
    door.clock.advance_us(1)
    assert door.take(once).duplicates == 0
    assert len({(row.key_hi, row.key_lo) for row in door.store.rows}) == 2


def test_equal_items_of_one_batch_without_ids_stay_two(door: Any) -> None:
    item = track(timestamp="2026-11-20T10:00:00Z")
    door.take(batch(item, item))
    assert len({(row.key_hi, row.key_lo) for row in door.store.rows}) == 2

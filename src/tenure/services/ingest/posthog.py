"""Events of PostHog clients as rows: `$identify`, `$set`, `$groupidentify`, `$create_alias`, and plain events.

Only the group type `company` is a customer; what is said of other group types has no place here and is passed over.
Two shapes of `$create_alias` exist (distinct_id beside or inside the properties); in both the alias is the newer id.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Raw

from tenure.model.facts import Alias, InboxRow
from tenure.services.ingest.moments import occurred_us
from tenure.services.ingest.refusals import ItemRefused
from tenure.services.ingest.rows import Arrival, event_row, id_text, named_by_content, object_of, record_row
from tenure.services.ingest.traits import customer_of, user_of
from tenure.services.ingest.wire import PosthogItem

COMPANY = "company"


class Said(msgspec.Struct, frozen=True):
    """What every PostHog event says, checked."""

    fact: str
    at_us: int
    user_id: str | None
    customer_id: str | None
    is_anonymous: bool
    properties: dict[str, Any]
    traits: dict[str, Any]


def posthog_rows(item: PosthogItem, arrival: Arrival, index: int, raw: Raw | bytes) -> list[InboxRow]:
    """The rows of one event; none for an alias to oneself or a group that is no company. Raises ItemRefused."""
    said = _said(item, arrival, index, raw)
    if item.event == "$groupidentify":
        return _company(said, arrival)
    if item.event == "$create_alias":
        return _alias(said, arrival)
    if item.event == "$identify":
        return _identify(said, arrival)
    if item.event == "$set":
        return [_person(said, said.fact, arrival)]
    return _event(item, said, arrival)


def _said(item: PosthogItem, arrival: Arrival, index: int, raw: Raw | bytes) -> Said:
    properties = object_of(item.properties, "properties")
    options = item.options
    is_personless = properties.get("$process_person_profile") is False or properties.get("$is_identified") is False
    corrected = None if options and options.disable_skew_correction else arrival.error_us
    return Said(
        fact=str(item.uuid or named_by_content(raw, index, item.timestamp is not None, arrival)),
        at_us=occurred_us(item.timestamp, corrected, arrival.received_us),
        user_id=_id(item.distinct_id if item.distinct_id is not None else properties.get("distinct_id"), "distinct_id"),
        customer_id=_company_of(properties) or arrival.customer_id,
        is_anonymous=is_personless or bool(options and options.process_person_profile is False),
        properties=properties,
        traits=_traits(item, properties),
    )


def _id(raw: Any, field: str) -> str | None:
    if raw is not None and (isinstance(raw, bool) or not isinstance(raw, str | int)):
        raise ItemRefused(field, "not_text")
    return id_text(raw, field)


def _company_of(properties: dict[str, Any]) -> str | None:
    groups = properties.get("$groups")
    return _id(groups.get(COMPANY), "$groups.company") if isinstance(groups, dict) else None


def _traits(item: PosthogItem, properties: dict[str, Any]) -> dict[str, Any]:
    said = (
        properties.get("$set_once"),
        object_of(item.set_once_traits, "$set_once"),
        properties.get("$set"),
        object_of(item.set_traits, "$set"),
    )
    return {name: value for part in said if isinstance(part, dict) for name, value in part.items()}


def _person(said: Said, fact: str, arrival: Arrival) -> InboxRow:
    if said.user_id is None:
        raise ItemRefused("distinct_id", "required")
    user = user_of(said.user_id, said.at_us, said.traits, arrival.received_us, said.customer_id)
    return record_row(arrival, fact, user, said.is_anonymous)


def _identify(said: Said, arrival: Arrival) -> list[InboxRow]:
    rows = [_person(said, said.fact, arrival)]
    device_id = _id(said.properties.get("$anon_distinct_id"), "$anon_distinct_id")
    return [*rows, *_link(device_id, said.user_id, f"{said.fact}/alias", said, arrival)]


def _link(previous_id: str | None, user_id: str | None, fact: str, said: Said, arrival: Arrival) -> list[InboxRow]:
    if previous_id is None or user_id is None or previous_id == user_id:
        return []
    return [record_row(arrival, fact, Alias(previous_id=previous_id, user_id=user_id, stated_us=said.at_us))]


def _alias(said: Said, arrival: Arrival) -> list[InboxRow]:
    newer = _id(said.properties.get("alias"), "alias")
    if said.user_id is None or newer is None:
        raise ItemRefused("alias" if newer is None else "distinct_id", "required")
    return _link(said.user_id, newer, said.fact, said, arrival)


def _company(said: Said, arrival: Arrival) -> list[InboxRow]:
    """Says something of the company only: the client makes up a distinct_id for it (`$company_acme`, a random UUID)."""
    kind, customer_id = said.properties.get("$group_type"), _id(said.properties.get("$group_key"), "$group_key")
    if kind != COMPANY:
        return []
    if customer_id is None:
        raise ItemRefused("$group_key", "required")
    given = said.properties.get("$group_set")
    traits = given if isinstance(given, dict) else {}
    return [record_row(arrival, said.fact, customer_of(customer_id, said.at_us, traits, arrival.received_us))]


def _event(item: PosthogItem, said: Said, arrival: Arrival) -> list[InboxRow]:
    whose = (said.customer_id, said.user_id, said.is_anonymous and said.user_id is not None)
    body = bytes(item.properties) if said.properties else None
    rows = [event_row(arrival, said.fact, item.event, said.at_us, whose, body)]
    if said.traits and said.user_id is not None:
        rows.append(_person(said, f"{said.fact}/user", arrival))
    return rows

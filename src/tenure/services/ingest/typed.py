"""`POST /v1/facts`: typed records with the field names of the fixed file formats, for facts no tracking call knows.

`{"kind": "tickets", "records": [{...}, ...]}`. A record that happens once is keyed by its own id where it has one
(event_id, movement_id, answer_id), a statement by its subject, time and content; anything else by content and place.
An event may say itself which feature it adopts (`feature`); feature rules are then not asked.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Raw

from tenure.errors import BadInput
from tenure.model.facts import Answer, Event, FactKind, InboxRow, Movement, Record, subject_id
from tenure.model.flat import body_of, time_of
from tenure.services.importing.mapping import undeclared
from tenure.services.importing.reading import Problem
from tenure.services.importing.records import Parsed, Period, parse_row, plan_for
from tenure.services.ingest.refusals import ItemRefused
from tenure.services.ingest.rows import Arrival, event_row, named_by_content, record_row
from tenure.services.ingest.wire import json_object

TYPED_KINDS = tuple(kind.plural for kind in FactKind)


class TypedBatch(msgspec.Struct):
    """The body of the request."""

    kind: str
    records: list[Raw]


typed_batch = msgspec.json.Decoder(TypedBatch).decode


def typed_rows(kind: str, raw: Raw | bytes, arrival: Arrival, index: int) -> list[InboxRow]:
    """The row of one record. Raises ItemRefused with the first rule it breaks."""
    parsed = _parsed(kind, json_object(raw), arrival)
    record = parsed.record
    if isinstance(record, Event):
        return [_event(parsed, record, arrival, index, raw)]
    assert not isinstance(record, Period)
    return [record_row(arrival, _fact_id(parsed, record, arrival, index, raw), record)]


def _parsed(kind: str, content: dict[str, Any], arrival: Arrival) -> Parsed:
    try:
        parsed = parse_row(content, plan_for(undeclared(kind), tuple(content), arrival.received_us))
    except BadInput:
        raise ItemRefused("", "wrong_type") from None
    if isinstance(parsed, Parsed):
        return parsed
    problem = parsed[0] if parsed else Problem(field="", value="", rule="required")
    raise ItemRefused(problem.field, problem.rule, problem.value)


def _fact_id(parsed: Parsed, record: Record, arrival: Arrival, index: int, raw: Raw | bytes) -> str:
    if isinstance(record, Answer | Movement):
        return parsed.fact_id or named_by_content(raw, index, True, arrival)
    if time_of(record) == arrival.received_us:  # stated now: each arrival is a statement of its own
        return named_by_content(raw, index, False, arrival)
    return f"{subject_id(record)}\x1f{time_of(record)}\x1f{body_of(record)}"


def _event(parsed: Parsed, event: Event, arrival: Arrival, index: int, raw: Raw | bytes) -> InboxRow:
    fact = parsed.fact_id or named_by_content(raw, index, True, arrival)
    body = msgspec.json.encode(event.properties) if event.properties else None
    whose = (event.customer_id, event.user_id, event.anonymous)
    return event_row(arrival, fact, event.name, event.occurred_us, whose, body, event.feature)

"""The tables of a warehouse, declared once: the writer creates them, readers name them, erasure and checks walk them.

Facts are append-only; every row carries its 128-bit key, its inbox `seq` and its `batch`. `at_us` is when a fact
happened or was stated. Ids of customers, users and tickets are interned in one dictionary, so that a user who is
their own customer (B2C) has the same integer in both roles.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

Columns = Mapping[str, str]
"""Column name -> Ibis type, in order."""

_FACT: Columns = {
    "key_hi": "int64",
    "key_lo": "int64",
    "seq": "int64",
    "batch": "int32",
    "source_key": "int32",
    "received_us": "int64",
    "at_us": "int64",
}

CUSTOMER_FIELDS: Columns = {
    "created_us": "int64",
    "status": "string",
    "name": "string",
    "email": "string",
    "plan": "string",
    "arr_cents": "int64",
    "currency": "string",
    "industry": "string",
    "owner": "string",
    "renewal_us": "int64",
    "term_days": "int64",
    "onboarded_us": "int64",
    "cancel_requested_us": "int64",
    "churned_us": "int64",
    "timezone": "string",
    "language": "string",
    "phone": "string",
    "primary_contact": "string",
    "parent_id": "string",
    "seats": "int64",
    "internal": "boolean",
    "goals": "string",
    "traits": "string",
}
"""What a customer statement may say, as the record names it (JSON for goals and traits)."""

USER_FIELDS: Columns = {
    "name": "string",
    "email": "string",
    "role": "string",
    "created_us": "int64",
    "deactivated_us": "int64",
    "consent": "string",
    "traits": "string",
}

TICKET_FIELDS: Columns = {
    "status": "string",
    "created_us": "int64",
    "resolved_us": "int64",
    "first_reply_us": "int64",
    "priority": "string",
    "subject": "string",
    "category": "string",
    "satisfaction_hundredths": "int64",
}

DICTIONARIES: Mapping[str, Columns] = {
    "ids": {"id_key": "int32", "id": "string", "is_erased": "boolean"},
    "names": {"name_key": "int32", "name": "string"},
    "feature_names": {"feature_key": "int32", "feature": "string"},
    "sources": {"source_key": "int32", "source": "string"},
    "mappings": {"mapping_key": "int32", "digest": "string"},
}
"""Texts and the small integers that stand for them."""

FACTS: Mapping[str, Columns] = {
    "events": {
        **_FACT,
        "own_key": "int32",
        "user_key": "int32",
        "anonymous": "boolean",
        "name_key": "int32",
        "feature_key": "int32",
        "mapping_key": "int32",
        "properties": "string",
    },
    "customer_statements": {**_FACT, "customer_key": "int32", "said": "string", **CUSTOMER_FIELDS},
    "user_statements": {**_FACT, "user_key": "int32", "said": "string", "own_key": "int32", **USER_FIELDS},
    "ticket_statements": {
        **_FACT,
        "ticket_key": "int32",
        "said": "string",
        "own_key": "int32",
        "user_key": "int32",
        **TICKET_FIELDS,
    },
    "movements": {
        **_FACT,
        "customer_key": "int32",
        "kind": "string",
        "monthly_cents": "int64",
        "currency": "string",
        "plan": "string",
        "invoice_state": "string",
    },
    "answers": {
        **_FACT,
        "own_key": "int32",
        "user_key": "int32",
        "survey": "string",
        "score": "int64",
        "comment": "string",
    },
    "aliases": {**_FACT, "previous_key": "int32", "user_key": "int32"},
}
"""`own_key` is the customer a fact itself named; `said` the digest of a statement's body."""

EXPLICIT = 0
"""`events.mapping_key` where the source itself named the feature: no rules of any mapping apply."""

ENDING: Columns = {"first_ended_us": "int64", "last_started_us": "int64", "last_ended_us": "int64"}
"""Where a subject's running and ended times change: what `lifecycle.spells` gives."""

STATES: Mapping[str, Columns] = {
    "user_map": {"user_key": "int32", "canonical_key": "int32", "mapped_key": "int32"},
    "user_states": {"user_key": "int32", "first_stated_us": "int64", **USER_FIELDS},
    "ticket_states": {
        "ticket_key": "int32",
        "own_key": "int32",
        "user_key": "int32",
        "first_stated_us": "int64",
        **TICKET_FIELDS,
        "open_word": "string",
        "end_word": "string",
        **ENDING,
    },
    "ledger": {
        "customer_key": "int32",
        "seq": "int64",
        "occurred_us": "int64",
        "kind": "string",
        "delta_cents": "int64",
        "left_cents": "int64",
        "plan": "string",
        "invoice_state": "string",
        "currency": "string",
    },
    "customer_states": {
        "customer_key": "int32",
        "first_stated_us": "int64",
        "first_event_us": "int64",
        "first_other_us": "int64",
        **CUSTOMER_FIELDS,
        "cancelling_us": "int64",
        **ENDING,
        "monthly_cents": "int64",
        "first_paid_us": "int64",
    },
    "activity": {
        "customer_key": "int32",
        "name_key": "int32",
        "day": "int32",
        "n": "int64",
        "last_us": "int64",
    },
    "name_totals": {
        "customer_key": "int32",
        "name_key": "int32",
        "first_us": "int64",
        "last_us": "int64",
        "n": "int64",
    },
    "feature_totals": {
        "customer_key": "int32",
        "feature_key": "int32",
        "first_us": "int64",
        "last_us": "int64",
        "n": "int64",
    },
    "user_days": {"customer_key": "int32", "user_key": "int32", "day": "int32"},
}
"""What drains maintain: integers and last-said values only. `PARTS` hold parts that add up when read; `feature_totals`
has one row for each customer and feature, because counting features is what most scorecards do with it."""

WAITING: Columns = {
    "seq": "int64",
    "at_us": "int64",
    "own_key": "int32",
    "user_key": "int32",
    "anonymous": "boolean",
    "name_key": "int32",
    "feature_key": "int32",
}
"""What is kept of an event until its time has come."""

BOOKS: Mapping[str, Columns] = {
    "batches": {
        "batch": "int32",
        "at_us": "int64",
        "from_seq": "int64",
        "through_seq": "int64",
        "added": "int64",
        "duplicates": "int64",
    },
    "touched": {"batch": "int32", "customer_key": "int32", "earliest_us": "int64", "beyond_events": "boolean"},
    "pending_events": WAITING,
    "repeats": {
        "statements": "string",
        "subject_key": "int32",
        "source_key": "int32",
        "said": "string",
        "at_us": "int64",
        "seq": "int64",
        "key_hi": "int64",
        "key_lo": "int64",
        "received_us": "int64",
    },
    "deliveries": {"source": "string", "hour": "int64", "first_us": "int64", "last_us": "int64", "last_event_us": "int64"},
    "marks": {"name": "string", "value": "int64"},
    "merges": {"merge_id": "int64", "kept_key": "int32", "duplicate_key": "int32"},
    "merged_facts": {"merge_id": "int64", "facts": "string", "seq": "int64", "was_key": "int32"},
    "merged_statements": {"merge_id": "int64", **FACTS["customer_statements"]},
}
"""`repeats`: when a statement dropped as a repetition was last said again, should a late one say otherwise in between.
`touched.earliest_us` is the earliest new fact of the customer in the batch; 0 where its past was rewritten.
`beyond_events` says that something else than events was new.
`merges` are the merges of customers that stand; `merged_facts` says of each fact taken over whose it was, and
`merged_statements` holds what the duplicate's record said, whole: undoing puts both back."""

TABLES: Mapping[str, Columns] = {**DICTIONARIES, **FACTS, **STATES, **BOOKS}

STATEMENT_TABLES = ("customer_statements", "user_statements", "ticket_statements", "movements", "answers", "aliases")
"""Facts but events: few enough to be asked for a span of time."""

PARTS = ("activity", "name_totals", "user_days")
"""States of which one thing may have several rows: reading sums them up."""

ROLLUPS = (*PARTS, "feature_totals")
"""What events add up to."""

SCHEMA_VERSION = 2
"""2: `feature_totals` has one row for each customer and feature."""


class Mark(msgspec.Struct, frozen=True):
    """Names of the integers in `marks`."""

    seq: str = "seq"
    accumulated_to_us: str = "accumulated_to_us"
    mapping_key: str = "mapping_key"
    schema_version: str = "schema_version"


MARK = Mark()

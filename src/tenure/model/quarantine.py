"""Records that were refused at a door, kept with the reason until a person decides."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec


class QuarantineState(StrEnum):
    waiting = "waiting"
    replayed = "replayed"
    dropped = "dropped"


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """One refused record: which rule it broke in which field with which value, and where it came from.

    `kind` is the kind of fact (plural: `events`), `source` the declared source, `position` where it stands
    (`events.csv line 12`), `record` the record as it came, JSON-able.
    """

    kind: str
    source: str
    position: str
    field: str
    rule: str
    value: str
    record: Any
    first_seen_us: int


class Quarantined(msgspec.Struct, frozen=True, kw_only=True):
    """A refusal in the quarantine, and what became of it."""

    item_id: int
    refusal: Refusal
    state: QuarantineState
    decided_us: int | None = None
    note: str = ""


class QuarantineGroup(msgspec.Struct, frozen=True, kw_only=True):
    """How many records of a source break the same rule in the same field."""

    source: str
    kind: str
    field: str
    rule: str
    count: int
    example_id: int

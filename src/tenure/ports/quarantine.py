"""The quarantine: records refused at a door, with what is wrong, until a person fixes, replays or drops them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec


class RefusedField(msgspec.Struct, frozen=True, kw_only=True):
    """One reason: the field, its raw value (shortened) and the name of the rule it broke."""

    field: str
    value: str
    rule: str


class RefusedRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A record as it came (`raw`, JSON) with the place it came from (`events.csv row 17`) and why it was refused.

    The same record refused again (same venture, key) is kept once: re-importing a file adds nothing twice.
    """

    venture_id: int
    key_hi: int
    key_lo: int
    kind: str
    source: str
    place: str
    raw: str
    problems: tuple[RefusedField, ...]
    received_us: int


class Quarantine(Protocol):
    """Called by the doors (`put`) and by the quarantine commands; the store adds listing, dropping and marking."""

    def put(self, records: Sequence[RefusedRecord]) -> None:
        """Keep these records; durable when it returns; keys already there are left as they are."""
        ...

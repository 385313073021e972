"""Twins of the inbox, the quarantine and the cursors that keep everything in memory, for tests and rehearsals."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
import pyarrow as pa

from tenure.errors import NotFound
from tenure.model.facts import InboxRow
from tenure.model.quarantine import Quarantined, QuarantineGroup, QuarantineState, Refusal


class MemoryInbox:
    """Rows in a list; `before_append` may raise to play a crash or a full disk."""

    def __init__(self) -> None:
        self._rows: list[tuple[int, InboxRow]] = []
        self._next = 1
        self.before_append: Callable[[int], None] = lambda rows: None

    @property
    def rows(self) -> list[InboxRow]:
        """Everything appended, in order."""
        return [row for _, row in self._rows]

    def distinct(self) -> dict[tuple[int, int], InboxRow]:
        """The rows by key, the first of each: what the drain keeps of facts that happen once."""
        found: dict[tuple[int, int], InboxRow] = {}
        for row in self.rows:
            found.setdefault((row.key_hi, row.key_lo), row)
        return found

    def append(self, rows: Sequence[InboxRow]) -> None:
        self.before_append(len(rows))
        for row in rows:
            self._rows.append((self._next, row))
            self._next += 1

    def append_arrow(self, table: pa.Table) -> None:
        if tuple(table.column_names) != InboxRow.__struct_fields__:
            raise ValueError(f"not the columns of InboxRow: {table.column_names}")
        columns = [column.to_pylist() for column in table.columns]
        self.append([InboxRow(*values) for values in zip(*columns, strict=True)])

    def high_mark(self, venture_id: int) -> int:
        return self._next - 1

    def read_arrow(self, venture_id: int, after_seq: int, through_seq: int) -> Iterator[pa.RecordBatch]:
        chosen = [(seq, row) for seq, row in self._rows if row.venture_id == venture_id and after_seq < seq <= through_seq]
        for start in range(0, len(chosen), 10_000):
            part = chosen[start : start + 10_000]
            yield pa.RecordBatch.from_pylist([{"seq": seq, **msgspec.structs.asdict(row)} for seq, row in part])

    def delete_through(self, venture_id: int, seq: int) -> int:
        kept = [(own, row) for own, row in self._rows if row.venture_id != venture_id or own > seq]
        gone, self._rows = len(self._rows) - len(kept), kept
        return gone

    def waiting(self, venture_id: int, after_seq: int) -> tuple[int, int | None]:
        own = [row for seq, row in self._rows if row.venture_id == venture_id and seq > after_seq]
        return len(own), min((row.received_us for row in own), default=None)


class MemoryQuarantine:
    """Refusals in a dict by item id."""

    def __init__(self) -> None:
        self._items: dict[int, tuple[int, Quarantined]] = {}
        self._known: set[bytes] = set()

    def add(self, venture_id: int, refusals: Sequence[Refusal]) -> int:
        new = 0
        for refusal in refusals:
            same = msgspec.json.encode((venture_id, refusal.source, refusal.position, refusal.field, refusal.rule, refusal.record))
            if same in self._known:
                continue
            self._known.add(same)
            item_id = len(self._items) + 1
            self._items[item_id] = (venture_id, Quarantined(item_id=item_id, refusal=refusal, state=QuarantineState.waiting))
            new += 1
        return new

    def list(
        self,
        venture_id: int,
        *,
        state: QuarantineState | None = QuarantineState.waiting,
        source: str | None = None,
        field: str | None = None,
        rule: str | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> Sequence[Quarantined]:
        wanted: dict[str, Any] = {"source": source, "field": field, "rule": rule}
        found = [
            item
            for own, item in self._items.values()
            if own == venture_id
            and state in (None, item.state)
            and all(value in (None, getattr(item.refusal, name)) for name, value in wanted.items())
        ]
        return found[offset : offset + limit]

    def get(self, venture_id: int, item_id: int) -> Quarantined:
        owner, item = self._items.get(item_id, (None, None))
        if item is None or owner != venture_id:
            raise NotFound(f"There is no quarantined record {item_id}.", "List them with `tenure quarantine list`.")
        return item

    def groups(self, venture_id: int) -> Sequence[QuarantineGroup]:
        groups: dict[tuple[str, str, str, str], list[int]] = {}
        for item in self.list(venture_id, limit=len(self._items)):
            refusal = item.refusal
            groups.setdefault((refusal.source, refusal.kind, refusal.field, refusal.rule), []).append(item.item_id)
        named = [
            QuarantineGroup(source=key[0], kind=key[1], field=key[2], rule=key[3], count=len(ids), example_id=ids[0])
            for key, ids in groups.items()
        ]
        return sorted(named, key=lambda group: -group.count)

    def waiting(self, venture_id: int) -> int:
        return len(self.list(venture_id, limit=len(self._items)))

    def decide(
        self, venture_id: int, item_ids: Sequence[int], state: QuarantineState, *, note: str, now_us: int
    ) -> Sequence[int]:
        changed = []
        for item_id in item_ids:
            item = self.get(venture_id, item_id)
            if item.state is QuarantineState.waiting:
                decided = msgspec.structs.replace(item, state=state, decided_us=now_us, note=note)
                self._items[item_id] = (venture_id, decided)
                changed.append(item_id)
        return changed


class MemoryCursors:
    """Positions in a dict."""

    def __init__(self) -> None:
        self._positions: dict[tuple[int, str], str] = {}

    def get(self, venture_id: int, source: str) -> str | None:
        return self._positions.get((venture_id, source)) or None

    def set(self, venture_id: int, source: str, position: str) -> None:
        self._positions[venture_id, source] = position

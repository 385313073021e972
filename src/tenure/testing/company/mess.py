"""How facts really arrive: some twice, some late, some out of order, some broken; and which ones is known."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from tenure.testing.company.facts import IDS, KINDS, Facts, Record, as_text_times, facts_of, joined
from tenure.testing.company.streams import Ints, Streams

NO_TIME = "the day before yesterday"
BREAKS: dict[str, tuple[Record, ...]] = {
    "customers": ({"customer_id": None}, {"created_at": NO_TIME}),
    "users": ({"user_id": None},),
    "events": (
        {"timestamp": NO_TIME},
        {"event": None},
        {"user_id": None, "customer_id": None},
        {"timestamp": "2026-02-31T10:00:00Z"},
    ),
    "tickets": ({"status": "exploded"}, {"created_at": NO_TIME}),
    "revenue": ({"kind": "explosion"}, {"occurred_at": NO_TIME}),
    "answers": ({"answered_at": NO_TIME},),
}
"""What is done to a row to break it beyond repair."""


@dataclass(frozen=True)
class Mess:
    """Shares of rows (0 to 1).

    Args:
        duplicates: delivered twice.
        late: events held back, to be delivered another time.
        out_of_order: moved to another place.
        broken: extra rows that no reader can accept; the good rows stay complete.
        late_days: longest delay of a late event, for the stream.
    """

    seed: int = 0
    duplicates: float = 0.0
    late: float = 0.0
    out_of_order: float = 0.0
    broken: float = 0.0
    late_days: int = 10


@dataclass(frozen=True)
class Delivery:
    """What arrives, and the truth about it.

    Args:
        tables: by kind, what the reader gets; times are text when there are broken rows.
        broken: by kind, the rows that must end in quarantine.
        duplicates: by kind, how many rows came a second time.
        late: the facts held back; together with the good rows of `tables` they are all facts.
    """

    tables: dict[str, Any]
    broken: dict[str, list[Record]]
    duplicates: dict[str, int]
    late: Facts

    @property
    def broken_count(self) -> int:
        """How many rows must end in quarantine."""
        return sum(len(rows) for rows in self.broken.values())


def deliver(facts: Facts, mess: Mess | None = None) -> Delivery:
    """Make a mess of facts that have the columns of the file door."""
    mess = mess or Mess()
    streams = Streams(mess.seed)
    tables, late, broken, duplicates = {}, {}, {}, {}
    for kind in KINDS:
        table = facts[kind]
        held = _share(streams, "late", kind, table.num_rows, mess.late if kind == "events" else 0.0)
        late[kind] = table.take(pa.array(held))
        table = table.take(pa.array(np.setdiff1d(np.arange(table.num_rows), held)))
        broken[kind] = _broken_rows(streams, kind, table, mess.broken)
        twice = _share(streams, "twice", kind, table.num_rows, mess.duplicates)
        duplicates[kind] = int(twice.size)
        table = pa.concat_tables([table, table.take(pa.array(twice))])
        if mess.broken:
            table = as_text_times(table)
            table = pa.concat_tables([table, pa.Table.from_pylist(broken[kind], schema=table.schema)])
        tables[kind] = table.take(pa.array(_order(streams, kind, table.num_rows, twice, broken[kind], mess)))
    return Delivery(tables, broken, duplicates, Facts(late))


class Courier:
    """Carries facts day after day; late events come with one of the next `late_days` days."""

    def __init__(self, mess: Mess) -> None:
        self._mess = mess
        self._held: list[tuple[int, Facts]] = []

    @property
    def on_the_way(self) -> Facts:
        """What has not been delivered yet."""
        return joined(facts for _, facts in self._held) if self._held else facts_of([])

    def carry(self, day: int, facts: Facts) -> Delivery:
        """Deliver the facts of one day, and what was held back until now, as messy as every day."""
        due = [late for until, late in self._held if until <= day]
        self._held = [(until, late) for until, late in self._held if until > day]
        streams = Streams(self._mess.seed)
        mess_of_day = replace(self._mess, seed=int(streams.one("mess", day) * 2**53))
        today = deliver(facts.for_files(), mess_of_day)
        wait = 1 + int(streams.one("wait", day) * self._mess.late_days)
        self._held.append((day + wait, today.late))
        tables = today.tables
        for late in due:
            extra = as_text_times(late["events"]) if self._mess.broken else late["events"]
            tables = {**tables, "events": pa.concat_tables([tables["events"], extra])}
        return replace(today, tables=tables)


def _share(streams: Streams, name: str, kind: str, count: int, share: float) -> Ints:
    """Row numbers drawn with the given chance each."""
    return np.flatnonzero(streams.happens(share, f"{name} {kind}", np.arange(count))).astype(np.int64)


def _broken_rows(streams: Streams, kind: str, table: Any, share: float) -> list[Record]:
    """New rows made from good ones, each spoiled in one way; their ids are their own."""
    source = _share(streams, "broken", kind, table.num_rows, share)
    rows: list[Record] = as_text_times(table.take(pa.array(source))).to_pylist()
    for number, row in enumerate(rows):
        row[IDS[kind]] = f"broken_{kind}_{source[number]}"
        row.update(BREAKS[kind][number % len(BREAKS[kind])])
    return rows


def _order(streams: Streams, kind: str, count: int, twice: Ints, broken: list[Record], mess: Mess) -> Ints:
    """Repeats and broken rows go anywhere, some others move; the rest keeps its order."""
    place = np.arange(count, dtype=np.float64)
    somewhere = streams.uniform(f"place {kind}", np.arange(count)) * count
    place[_share(streams, "moved", kind, count, mess.out_of_order)] = -1
    place[count - len(broken) - twice.size :] = -1
    return np.argsort(np.where(place < 0, somewhere, place), kind="stable").astype(np.int64)

"""Through the HTTP door: the same facts as the calls a Segment client would send."""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from tenure.clock import DAY_US, SECOND_US, iso
from tenure.testing.company.facts import CHANGED_AT, Facts, Record, as_text_times
from tenure.testing.company.mess import Mess
from tenure.testing.company.streams import Bools, Ints, Streams

CHUNK = 10_000
Call = dict[str, Any]
_TIMES = {"customers": CHANGED_AT, "users": CHANGED_AT, "events": "timestamp"}


def segment_calls(facts: Facts, mess: Mess | None = None, sent_us: int | None = None) -> Iterator[Call]:
    """group, identify and track calls of customers, users and events, in the order in which they arrive.

    Args:
        facts: as a company gives them. Tickets, revenue and answers have no call.
        mess: repeated calls keep their messageId, late ones arrive up to `late_days` after their time,
            broken ones have a messageId that begins with `broken`.
        sent_us: the `sentAt` of all calls. Give the real time when old facts are sent to a real server,
            which corrects clocks by sentAt. Default: each call's own virtual time of arrival.
    """
    mess = mess or Mess()
    arrivals = heapq.merge(*(_arrivals(facts, kind, mess) for kind in _TIMES), key=lambda item: item[0])
    for arrived_us, kind, row in arrivals:
        yield {**_CALLS[kind](row), "sentAt": iso(arrived_us if sent_us is None else sent_us)}


def _arrivals(facts: Facts, kind: str, mess: Mess) -> Iterator[tuple[int, str, Record]]:
    table = facts[kind]
    times = table[_TIMES[kind]].cast(pa.int64()).to_numpy()
    arrived, source, broken = _schedule(Streams(mess.seed), kind, times, mess)
    order = np.argsort(arrived, kind="stable")
    for start in range(0, order.size, CHUNK):
        part = order[start : start + CHUNK]
        rows = as_text_times(table.take(pa.array(source[part]))).to_pylist()
        for moment, row, spoiled in zip(arrived[part].tolist(), rows, broken[part].tolist(), strict=True):
            yield moment, "broken" if spoiled else kind, row


def _schedule(streams: Streams, kind: str, times: Ints, mess: Mess) -> tuple[Ints, Ints, Bools]:
    """Time of arrival, row, and whether it is broken, of every call: all rows, the repeated, the broken."""
    rows = np.arange(times.size)
    delay = (streams.uniform(f"call delay {kind}", rows) * 3).astype(np.int64) * SECOND_US
    moved = streams.happens(mess.out_of_order, f"call moved {kind}", rows)
    delay += np.where(moved, streams.below(3600, f"call moves {kind}", rows), 0) * SECOND_US
    late = streams.happens(mess.late, f"call late {kind}", rows) & (kind == "events")
    lateness = streams.uniform(f"call lateness {kind}", rows) * mess.late_days * DAY_US
    delay += np.where(late, lateness.astype(np.int64), 0)
    twice = np.flatnonzero(streams.happens(mess.duplicates, f"call twice {kind}", rows))
    again = streams.below(86_400, f"call again {kind}", twice) * SECOND_US
    broken = np.flatnonzero(streams.happens(mess.broken, f"call broken {kind}", rows) & (kind == "events"))
    arrived = times + delay
    source = np.concatenate([rows, twice, broken])
    spoiled = np.arange(source.size) >= source.size - broken.size
    return np.concatenate([arrived, arrived[twice] + again, arrived[broken]]), source, spoiled


def _frame(kind: str, message_id: str, timestamp: str, customer_id: str | None) -> Call:
    return {
        "type": kind,
        "messageId": message_id,
        "timestamp": timestamp,
        "context": {"groupId": customer_id, "library": {"name": "simulated-company", "version": "1"}},
    }


def _person(user_id: str | None, customer_id: str) -> Call:
    """Who calls; what the company's own systems do has no user and goes under a made-up device."""
    return {"userId": user_id} if user_id else {"userId": None, "anonymousId": f"system_{customer_id}"}


def _track(row: Record) -> Call:
    return {
        **_frame("track", row["event_id"], row["timestamp"], row["customer_id"]),
        **_person(row["user_id"], row["customer_id"]),
        "event": row["event"],
        "properties": json.loads(row["properties"]),
    }


def _identify(row: Record) -> Call:
    traits = {name: row[name] for name in ("name", "email", "role", "created_at")}
    message_id = f"{row['user_id']}@{row[CHANGED_AT]}"
    frame = _frame("identify", message_id, row[CHANGED_AT], row["customer_id"])
    return {**frame, "userId": row["user_id"], "traits": traits}


def _group(row: Record) -> Call:
    customer_id = row["customer_id"]
    traits = {name: value for name, value in row.items() if name not in ("customer_id", CHANGED_AT)}
    frame = _frame("group", f"{customer_id}@{row[CHANGED_AT]}", row[CHANGED_AT], customer_id)
    return {**frame, **_person(row["primary_contact"], customer_id), "groupId": customer_id, "traits": traits}


def _broken(row: Record) -> Call:
    """A track call without the name of its event."""
    call = _track(row)
    call["messageId"] = f"broken_{row['event_id']}"
    del call["event"]
    return call


_CALLS = {"customers": _group, "users": _identify, "events": _track, "broken": _broken}

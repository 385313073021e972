"""Batches of facts as the inbox stores them: one row of the database holds up to 10,000 facts in one payload.

Two formats, told apart by a number stored beside the payload. Many facts are an Arrow record batch message, read without
copying. A few facts, say one HTTP request, are MessagePack: an Arrow message of one fact takes 1 kB and 150 us, this
takes 100 B and 2 us.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import IntEnum
from itertools import pairwise
from typing import Annotated, Any, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tenure.errors import BadInput, Corrupt
from tenure.model.facts import InboxRow
from tenure.store.arrow import INBOX_SCHEMA, ROW_SCHEMA, table_of, table_of_tuples

PAYLOAD_FACTS = 10_000
PAYLOAD_BYTES = 8 << 20
"""A database holds a value of at most 1 GB; 128 payloads are read at a time."""
PAYLOADS_AT_A_TIME = 128
FEW_FACTS = 64
"""From here on the fixed cost of an Arrow message is less than what it saves when it is read."""
JOINED_FACTS = 65_536
LARGE_FACTS = 4_096
"""Batches from here on are handed on as they are stored: joining them would only copy them."""
_ALIGNMENT = 8


class Format(IntEnum):
    """What a payload is. A new number for every change; an old number keeps its meaning."""

    arrow = 1
    """A record batch message of `ROW_SCHEMA`, without the schema."""
    messagepack = 2
    """One array of the fields of `InboxRow` for each fact, one after the other: many payloads are read as one."""


class Batch(NamedTuple):
    """Facts of one venture, ready to be stored; their sequences follow one another in order."""

    venture_id: int
    facts: int
    oldest_us: int
    format: int
    payload: bytes


_Whole = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
_Tuple = tuple[  # the fields of InboxRow; a test holds it to them
    _Whole, _Whole, _Whole, _Whole, str, _Whole, _Whole, str | None, str | None, _Whole, str | None, str | None, str | None
]  # fmt: skip
_encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(list[_Tuple])
_ARRAY = b"\xdd"
"""MessagePack: an array follows, its length in four bytes first."""


# --- writing ---------------------------------------------------------------------------------------------------------


def batches_of_rows(rows: Sequence[InboxRow]) -> list[Batch]:
    """The rows as batches, order kept within each venture; raises BadInput for a value no inbox can hold."""
    if len(rows) > FEW_FACTS:
        return batches_of_table(table_of(rows))
    ventures = dict.fromkeys(row.venture_id for row in rows)
    return [_few([row for row in rows if row.venture_id == venture_id]) for venture_id in ventures]


def batches_of_table(table: pa.Table) -> list[Batch]:
    """The same for a table of `ROW_SCHEMA`."""
    column = table.column("venture_id")
    ventures = pc.unique(column).to_pylist()
    tables = [table] if len(ventures) == 1 else [table.filter(pc.equal(column, one)) for one in ventures]
    wholes = [whole for own in tables for whole in own.combine_chunks().to_batches(max_chunksize=PAYLOAD_FACTS)]
    return [_many(part) for whole in wholes for part in _light(whole)]


def _few(rows: list[InboxRow]) -> Batch:
    try:
        payload = b"".join(map(_encode, rows))
        _decoded(payload, len(rows))  # what is not read back as it must be would stop every drain to come
    except (UnicodeEncodeError, OverflowError, msgspec.MsgspecError):
        raise BadInput("A fact has a value the inbox cannot hold.", "Check the record before handing it in.") from None
    return Batch(rows[0].venture_id, len(rows), min(row.received_us for row in rows), Format.messagepack, payload)


def _many(batch: pa.RecordBatch) -> Batch:
    oldest_us = pc.min(batch.column("received_us")).as_py()
    return Batch(batch.column("venture_id")[0].as_py(), batch.num_rows, oldest_us, Format.arrow, batch.serialize().to_pybytes())


def _light(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """The batch in halves until none is too heavy for a payload."""
    if batch.nbytes <= PAYLOAD_BYTES or batch.num_rows == 1:
        yield batch
    else:
        half = batch.num_rows // 2
        yield from _light(batch.slice(0, half))
        yield from _light(batch.slice(half))


# --- reading ---------------------------------------------------------------------------------------------------------


def facts_of(answers: Iterable[pa.RecordBatch], after_seq: int, through_seq: int) -> Iterator[pa.RecordBatch]:
    """The facts with after_seq < seq <= through_seq, small batches joined.

    `answers` are what the database says of stored batches: first_seq, last_seq, format, payload. Raises Corrupt.
    """
    try:
        yield from _joined(_cut(batch, after_seq, through_seq) for batch in _opened(answers))
    except (pa.ArrowException, msgspec.MsgspecError, OSError) as problem:
        raise Corrupt("The inbox does not hold what Tenure wrote there.", "Restore it from a backup.") from problem


def _opened(answers: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    few: list[pa.RecordBatch] = []
    waiting = 0
    for format_, run in _runs(answers):
        if few and (format_ != Format.messagepack or waiting >= JOINED_FACTS):
            yield _messagepack(few)
            few, waiting = [], 0
        if format_ == Format.messagepack:
            few.append(run)
            waiting += int(_facts(run).sum())
        elif format_ == Format.arrow:
            yield from map(_arrow, run.column(0).to_pylist(), _buffers(run.column(3)))
        else:
            raise Corrupt("The inbox was written by a newer Tenure.", "Install that version, or a newer one.")
    if few:
        yield _messagepack(few)


def _runs(answers: Iterable[pa.RecordBatch]) -> Iterator[tuple[int, pa.RecordBatch]]:
    """The answers cut where the format changes."""
    for answer in answers:
        formats = answer.column(2).to_numpy()
        starts = [0, *(np.flatnonzero(np.diff(formats)) + 1).tolist(), len(formats)]
        for start, end in pairwise(starts):
            if end > start:
                yield int(formats[start]), answer.slice(start, end - start)


def _facts(run: pa.RecordBatch) -> Any:
    """How many facts each stored batch holds."""
    return run.column(1).to_numpy() - run.column(0).to_numpy() + 1


def _buffers(payloads: pa.BinaryArray) -> Iterator[pa.Buffer]:
    """The values as slices of the array's memory (a scalar's buffer would be a copy)."""
    _, offsets, content = payloads.buffers()
    ends = np.frombuffer(offsets, np.int32)[payloads.offset : payloads.offset + len(payloads) + 1]
    for start, end in pairwise(ends.tolist()):
        yield content.slice(start, end - start)


def _arrow(first_seq: int, payload: pa.Buffer) -> pa.RecordBatch:
    batch = pa.ipc.read_record_batch(_aligned(payload), ROW_SCHEMA)
    return _with_seqs(np.arange(first_seq, first_seq + batch.num_rows), batch.columns)


def _messagepack(runs: Sequence[pa.RecordBatch]) -> pa.RecordBatch:
    """Many payloads as one record batch: making one has a price of its own."""
    facts = np.concatenate([_facts(run) for run in runs])
    firsts = np.concatenate([run.column(0).to_numpy() for run in runs])
    places = np.arange(facts.sum())
    seqs = np.repeat(firsts - np.cumsum(facts) + facts, facts) + places
    content = b"".join([payload for run in runs for payload in run.column(3).to_pylist()])
    return _with_seqs(seqs, table_of_tuples(_decoded(content, len(places))).to_batches()[0].columns)


def _decoded(content: bytes, facts: int) -> list[tuple[Any, ...]]:
    return _decoder.decode(_ARRAY + facts.to_bytes(4, "big") + content)


def _with_seqs(seqs: Any, columns: list[pa.Array]) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array(seqs, pa.int64()), *columns], schema=INBOX_SCHEMA)


def _aligned(buffer: pa.Buffer) -> pa.Buffer:
    """Readers of numbers may rely on their address; behind a MessagePack payload of any length it can be odd."""
    return buffer if buffer.address % _ALIGNMENT == 0 else pa.array([buffer.to_pybytes()], pa.binary()).buffers()[2]


def _cut(batch: pa.RecordBatch, after_seq: int, through_seq: int) -> pa.RecordBatch:
    seqs = batch.column("seq").to_numpy()
    start, end = np.searchsorted(seqs, [after_seq, through_seq], side="right")
    return batch.slice(start, max(end - start, 0))


def _joined(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    small: list[pa.RecordBatch] = []
    facts = 0
    for batch in batches:
        if small and (batch.num_rows >= LARGE_FACTS or facts >= JOINED_FACTS):
            yield pa.concat_batches(small)
            small, facts = [], 0
        if batch.num_rows >= LARGE_FACTS:
            yield batch
        elif batch.num_rows:
            small.append(batch)
            facts += batch.num_rows
    if small:
        yield pa.concat_batches(small)

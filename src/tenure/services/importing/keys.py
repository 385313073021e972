"""The 128-bit keys of file and SQL rows: by given id, by statement, or by content and occurrence (P9)."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tenure.ids import fact_key
from tenure.model.facts import EXPLICIT_FEATURE, FactKind
from tenure.ports.inbox_columns import INBOX

SEPARATOR = "\x1f"
STATEMENTS = frozenset({FactKind.customer, FactKind.user, FactKind.ticket, FactKind.alias})
_UUID_LENGTH = 36
_CONTENT = ("occurred_us", "customer_id", "user_id", "anonymous", "name", "body")


class Occurrences:
    """Counts how often equal rows came before in one file, eight bytes a row however many there are.

    Two different rows whose 64-bit hashes collide only get another number, the same one at every import.
    """

    def __init__(self) -> None:
        self._runs: list[np.ndarray] = []

    def number(self, contents: Sequence[bytes]) -> np.ndarray:
        """For each row: how many equal rows came before it, in this call and in all earlier ones."""
        hashes = _hashes64(contents)
        order = np.argsort(hashes, kind="stable")
        ranked = hashes[order]
        first = np.searchsorted(ranked, ranked, side="left")
        numbers = np.empty(len(hashes), dtype=np.int64)
        numbers[order] = np.arange(len(hashes)) - first
        for run in self._runs:
            numbers += np.searchsorted(run, hashes, side="right") - np.searchsorted(run, hashes, side="left")
        self._remember(ranked)
        return numbers

    def _remember(self, run: np.ndarray) -> None:
        while self._runs and len(self._runs[-1]) <= 2 * len(run):
            run = np.sort(np.concatenate([self._runs.pop(), run]))
        self._runs.append(run)


def _hashes64(contents: Sequence[bytes]) -> np.ndarray:
    return np.frombuffer(b"".join([blake2b(part, digest_size=8).digest() for part in contents]), dtype=">u8").astype(np.uint64)


def with_keys(
    staged: pa.Table, kind: FactKind, venture_id: int, source: str, received_us: int, seen: Occurrences
) -> pa.Table:
    """Staged rows as inbox rows, in the order of the file."""
    ids = _statement_ids(staged) if kind in STATEMENTS else _fact_ids(staged, seen)
    high, low = fact_keys(kind, source, ids)
    size = staged.num_rows
    made = {
        "venture_id": pa.repeat(pa.scalar(venture_id, pa.int64()), size),
        "kind": pa.repeat(pa.scalar(int(kind), pa.int64()), size),
        "key_hi": pa.array(high),
        "key_lo": pa.array(low),
        "source": pa.repeat(pa.scalar(source, pa.string()), size),
        "received_us": pa.repeat(pa.scalar(received_us, pa.int64()), size),
    }
    return pa.table([made.get(name, staged[name] if name in staged.column_names else None) for name in INBOX.names], schema=INBOX)


def fact_keys(kind: FactKind, source: str, ids: Sequence[bytes]) -> tuple[np.ndarray, np.ndarray]:
    """`ids.fact_key` for many ids at once, given as UTF-8."""
    prefix = f"{kind.name}{SEPARATOR}{source}{SEPARATOR}".encode()
    digests = b"".join([blake2b(prefix + part, digest_size=16).digest() for part in ids])
    halves = np.frombuffer(digests, dtype=">i8").astype(np.int64).reshape(-1, 2)
    for place, part in enumerate(ids):
        if len(part) == _UUID_LENGTH:
            halves[place] = fact_key(kind.name, source, part.decode())
    return halves[:, 0].copy(), halves[:, 1].copy()


def _joined(parts: Sequence[pa.ChunkedArray]) -> pa.ChunkedArray:
    texts = [pc.fill_null(part.cast(pa.string()), "") for part in parts]
    return pc.binary_join_element_wise(*texts, SEPARATOR)


def _as_bytes(column: pa.ChunkedArray) -> list[bytes]:
    values: list[bytes] = column.cast(pa.binary()).to_pylist()
    return values


def _statement_ids(staged: pa.Table) -> list[bytes]:
    return _as_bytes(_joined([staged["fact_id"], staged["occurred_us"], staged["body"]]))


def _fact_ids(staged: pa.Table, seen: Occurrences) -> list[bytes]:
    given = staged["fact_id"]
    if given.null_count == 0:
        return _as_bytes(given)
    nameless = staged.filter(pc.is_null(given))
    made = iter(_content_ids(nameless, seen))
    return [part if part is not None else next(made) for part in given.cast(pa.binary()).to_pylist()]


def _with_stated_features(contents: pa.ChunkedArray, rows: pa.Table) -> pa.ChunkedArray:
    """A feature the row itself states is content; one found by the mapping is not, for mappings change."""
    is_stated = pc.not_equal(pc.bit_wise_and(rows["anonymous"], EXPLICIT_FEATURE), 0)
    if not pc.any(is_stated, min_count=0).as_py():
        return contents
    return pc.if_else(is_stated, _joined([contents, rows["feature"]]), contents)


def _content_ids(nameless: pa.Table, seen: Occurrences) -> list[bytes]:
    """P9: the content of the row, and which of its equals in the file it is."""
    contents = _as_bytes(_with_stated_features(_joined([nameless[name] for name in _CONTENT]), nameless))
    numbers = seen.number(contents).tolist()
    return [b"row" + b"\x1f%d\x1f" % number + content for number, content in zip(numbers, contents, strict=True)]

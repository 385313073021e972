"""Whole columns at once: what a few odd cells may cost, and that they change nothing for the others."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tenure.clock import to_us
from tenure.services.importing import columnar
from tenure.services.importing.chunk import Chunk
from tenure.services.importing.mapping import undeclared
from tenure.services.importing.plan import Plan
from tenure.services.importing.records import plan_for

NOW_US = to_us(datetime(2026, 7, 1, tzinfo=UTC))


def chunk_of(times: list[str | None]) -> tuple[Chunk, Plan]:
    """Events that differ in their time alone."""
    size = len(times)
    columns = {
        "event_id": pa.array([f"e{n}" for n in range(size)]),
        "customer_id": pa.array(["c"] * size),
        "event": pa.array(["login"] * size),
        "timestamp": pa.array(times, pa.string()),
    }
    return Chunk(columns, np.arange(2, size + 2)), plan_for(undeclared("events"), tuple(columns), NOW_US, "UTC")


def good(count: int) -> list[str]:
    return [f"2026-03-{1 + n % 28:02d}T10:{n // 60 % 60:02d}:{n % 60:02d}.5Z" for n in range(count)]


@pytest.fixture
def read_slowly(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every raw value that is read by itself."""
    seen: list[Any] = []
    reader = columnar.READERS["fact_time"]
    monkeypatch.setitem(columnar.READERS, "fact_time", lambda raw, rules: (seen.append(raw), reader(raw, rules))[1])
    return seen


def test_one_bad_time_does_not_make_the_good_ones_slow(read_slowly: list[Any]) -> None:
    times = good(1000)
    times[500] = "the day before yesterday"
    table = columnar.read_chunk(*chunk_of(times))
    assert read_slowly == ["the day before yesterday"]
    assert np.flatnonzero(table.refused).tolist() == [500]


def test_a_day_that_does_not_exist_is_refused_and_a_leap_day_is_not(read_slowly: list[Any]) -> None:
    times = [*good(20), "2026-02-29T10:00:00Z", "2024-02-29T10:00:00Z", "2026-04-31T10:00:00Z"]
    table = columnar.read_chunk(*chunk_of(times))
    assert np.flatnonzero(table.refused).tolist() == [20, 22]
    assert table.get("timestamp")[21].as_py() == to_us(datetime(2024, 2, 29, 10, tzinfo=UTC))


def test_times_in_other_forms_between_plain_ones_are_read_as_always() -> None:
    epoch = to_us(datetime(2026, 3, 5, 12, tzinfo=UTC)) // 1_000_000
    times = [*good(30), str(epoch), "2026-03-05 13:00:00 +0100", None]
    table = columnar.read_chunk(*chunk_of(times))
    assert table.get("timestamp")[30].as_py() == table.get("timestamp")[31].as_py() == epoch * 1_000_000
    assert np.flatnonzero(table.refused).tolist() == [32]
    assert table.get("timestamp")[1].as_py() == to_us(datetime(2026, 3, 2, 10, 0, 1, 500_000, tzinfo=UTC))


def test_a_column_of_mostly_other_forms_is_read_value_by_value(read_slowly: list[Any]) -> None:
    times = [*good(5), *[f"2026-03-05 13:00:{n:02d} +0100" for n in range(10)]]
    table = columnar.read_chunk(*chunk_of(times))
    assert len(read_slowly) == 15
    assert not table.refused.any()

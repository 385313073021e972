"""Imports into the real store: what the twins promise holds on SQLite and PostgreSQL, also over a kill -9."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from tenure.services.importing.service import ImportService
from tenure.store.store import Store
from tenure.testing.memory_store import MemoryCursors, MemoryInbox, MemoryQuarantine

NOW_US = 1_790_000_000_000_000
CONTENT = "customer_id,event,timestamp,größe\n" + "".join(
    f"c{n % 50},login,2026-0{n % 9 + 1}-01T10:00:00Z,{n % 3}\n" if n % 100 else f"c{n},login,never,\n" for n in range(1, 5_001)
)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path / "store") if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def store(location: str, tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(location, key_folder=tmp_path, environment={})
    yield opened
    opened.close()


def test_the_real_inbox_and_quarantine_hold_what_the_twins_hold(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "events.csv"
    file.write_text(CONTENT, encoding="utf-8")
    venture = store.ventures.ensure("main", name="", currency="USD", timezone="UTC", now_us=NOW_US).venture_id
    done = ImportService(store.inbox, store.quarantine, store.cursors).import_paths(venture, [file], now_us=NOW_US)
    twin = MemoryInbox()
    ImportService(twin, MemoryQuarantine(), MemoryCursors()).import_paths(venture, [file], now_us=NOW_US)
    kept = pa.Table.from_batches(list(store.inbox.read_arrow(venture, 0, store.inbox.high_mark(venture))))
    rows = kept.drop_columns(["seq"]).to_pylist()
    assert rows == [{name: getattr(row, name) for name in kept.column_names if name != "seq"} for row in twin.rows]
    assert (done.report.accepted, store.quarantine.waiting(venture)) == (4_950, 50)


def test_a_quarantined_record_is_replayed_through_the_real_store(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "events.csv"
    file.write_text("customer_id,event,timestamp\nc1,login,never\n", encoding="utf-8")
    venture = store.ventures.ensure("second", name="", currency="USD", timezone="UTC", now_us=NOW_US).venture_id
    service = ImportService(store.inbox, store.quarantine, store.cursors)
    service.import_paths(venture, [file], now_us=NOW_US)
    [item] = store.quarantine.list(venture)
    fixed = {item.item_id: {**item.refusal.record, "timestamp": "2026-01-01"}}
    assert service.replay(venture, [item], now_us=NOW_US, fixed=fixed).accepted == (item.item_id,)
    assert store.quarantine.waiting(venture) == 0
    assert store.inbox.waiting(venture, 0)[0] == 1


_KILLED = """
import os, signal, sys
from pathlib import Path
from tenure.services.importing.service import ImportService
from tenure.services.importing import bytestream, csv_file
from tenure.store.store import Store

folder, file, pieces = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
csv_file.BLOCK_BYTES = bytestream.SAMPLE_BYTES = 10_000
store = Store.open(folder, key_folder=folder, environment={})
store.ventures.ensure("main", name="", currency="USD", timezone="UTC", now_us=1_790_000_000_000_000)
seen = []

def kill(progress):
    seen.append(progress)
    if len(seen) == pieces:
        os.kill(os.getpid(), signal.SIGKILL)

ImportService(store.inbox, store.quarantine, store.cursors).import_paths(1, [file], now_us=1_790_000_000_000_000, progress=kill)
"""


@pytest.mark.parametrize("pieces", [1, 4])
def test_an_import_killed_for_real_is_completed_by_repeating_it(pieces: int, tmp_path: Path) -> None:
    file = tmp_path / "events.csv"
    file.write_text(CONTENT, encoding="utf-8")
    folder = tmp_path / "store"
    script = tmp_path / "killed.py"
    script.write_text(_KILLED, encoding="utf-8")
    killed = subprocess.run([sys.executable, str(script), str(folder), str(file), str(pieces)], capture_output=True, timeout=120)
    assert killed.returncode == -9, killed.stderr.decode()
    store = Store.open(folder, key_folder=folder, environment={})
    try:
        before = store.inbox.waiting(1, 0)[0]
        assert 0 < before < 4_950
        ImportService(store.inbox, store.quarantine, store.cursors).import_paths(1, [file], now_us=NOW_US)
        kept = pa.Table.from_batches(list(store.inbox.read_arrow(1, 0, store.inbox.high_mark(1))))
    finally:
        store.close()
    assert kept.num_rows == before + 4_950
    assert kept.group_by(["key_hi", "key_lo"]).aggregate([]).num_rows == 4_950

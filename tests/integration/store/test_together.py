"""Several repositories in one transaction."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tenure.store import Store


def test_what_is_written_together_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    with Store.open(tmp_path, environment={}) as store:
        own = store.ventures.ensure("v", name="V", currency="USD", timezone="UTC", now_us=1).venture_id

        def write() -> None:
            store.cursors.set(own, "a", "1")
            store.scorecards.add(own, "card", digest="d", document={}, by="kim", why="test", now_us=2)
            assert store.cursors.get(own, "a") == "1", "the block sees what it wrote"

        with pytest.raises(RuntimeError), store.together():
            write()
            raise RuntimeError
        assert store.cursors.get(own, "a") is None and not store.scorecards.live(own)
        with store.together():
            write()
        assert store.cursors.get(own, "a") == "1" and len(store.scorecards.live(own)) == 1


def test_sqlite_knows_the_sizes_of_its_tables_after_a_daily_refresh(tmp_path: Path) -> None:
    def statistics() -> int:
        with sqlite3.connect(tmp_path / "store.sqlite") as connection:
            found: int = connection.execute("SELECT count(*) FROM sqlite_stat1 WHERE tbl = 'ventures'").fetchone()[0]
        return found

    with Store.open(tmp_path, environment={}) as store:
        store.ventures.ensure("v", name="V", currency="USD", timezone="UTC", now_us=1)
        store.keep_statistics()
        assert statistics() > 0

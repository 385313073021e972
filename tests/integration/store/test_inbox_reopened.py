"""What the inbox keeps over a restart, and what it says when its content is not its own."""

from __future__ import annotations

from pathlib import Path

import adbc_driver_sqlite.dbapi as adbc
import pytest

from tenure.errors import Corrupt
from tenure.model.facts import InboxRow
from tenure.store import Store
from tenure.store.arrow import table_of


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> str | Path:
    return tmp_path if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))


def row(number: int) -> InboxRow:
    return InboxRow(1, 3, number, number, "http", number, number, name="login")


def test_sequences_are_never_given_out_again_after_everything_was_deleted_and_the_store_reopened(location: str | Path) -> None:
    with Store.open(location, environment={}) as store:
        store.inbox.append_arrow(table_of([row(number) for number in range(10_005)]))
        mark = store.inbox.high_mark(1)
        assert store.inbox.delete_through(1, mark) == 10_005
    with Store.open(location, environment={}) as store:
        assert store.inbox.high_mark(1) == mark
        store.inbox.append([row(1)])
        [batch] = store.inbox.read_arrow(1, 0, store.inbox.high_mark(1))
        assert batch["seq"][0].as_py() > mark


@pytest.mark.parametrize(("count", "change"), [(1, "x'00'"), (1, "CAST(payload || x'00' AS BLOB)"), (100, "x'00'"), (100, "substr(payload, 1, 400)")])
def test_a_payload_that_cannot_be_read_is_corrupt(tmp_path: Path, count: int, change: str) -> None:
    with Store.open(tmp_path, environment={}) as store:
        store.inbox.append([row(number) for number in range(count)])
        tamper(tmp_path, f"payload = {change}")
        with pytest.raises(Corrupt):
            list(store.inbox.read_arrow(1, 0, store.inbox.high_mark(1)))


def test_a_format_of_a_newer_version_is_named(tmp_path: Path) -> None:
    with Store.open(tmp_path, environment={}) as store:
        store.inbox.append([row(1)])
        tamper(tmp_path, "format = 99")
        with pytest.raises(Corrupt, match="newer Tenure"):
            list(store.inbox.read_arrow(1, 0, store.inbox.high_mark(1)))


def tamper(folder: Path, change: str) -> None:
    with adbc.connect(str(folder / "inbox.sqlite"), autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute(f"UPDATE inbox SET {change}")
        cursor.fetchall()

"""What a locked, full, broken or absent database looks like from outside: one of our errors, and nothing half done."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import adbc_driver_sqlite.dbapi as adbc
import pytest
import sqlalchemy as sa

from tenure.errors import BadInput, Corrupt, Locked, Unavailable
from tenure.model.facts import InboxRow
from tenure.model.ventures import Venture
from tenure.store import Store
from tenure.store.engine import postgres_url as with_driver


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path, environment={}, busy_timeout_ms=1) as opened:
        yield opened


@pytest.fixture
def venture(store: Store) -> Venture:
    return store.ventures.ensure("main", name="Acme", currency="USD", timezone="UTC", now_us=1)


def row(venture: Venture, number: int, body: str | None = None) -> InboxRow:
    return InboxRow(venture.venture_id, 3, number, number, "http", number, number, name="login", body=body)


def test_a_locked_store_says_so_and_works_again_afterwards(
    store: Store, venture: Venture, tmp_path: Path
) -> None:
    with (
        Store.open(tmp_path, environment={}) as other,
        other._database.writing(),
        pytest.raises(Locked) as caught,
    ):
        store.cursors.set(venture.venture_id, "crm", "1")
    assert caught.value.retrying_helps and "locked" in caught.value.message
    store.cursors.set(venture.venture_id, "crm", "1")
    assert store.cursors.get(venture.venture_id, "crm") == "1"


def test_a_reader_is_never_locked_out(store: Store, venture: Venture, tmp_path: Path) -> None:
    with Store.open(tmp_path, environment={}) as other, other._database.writing():
        assert store.ventures.find("main") == venture


def test_a_locked_inbox_keeps_none_of_the_rows(store: Store, venture: Venture, tmp_path: Path) -> None:
    blocker = adbc.connect(str(tmp_path / "inbox.sqlite"), autocommit=True)
    with blocker.cursor() as cursor:
        cursor.execute("BEGIN IMMEDIATE")
        with pytest.raises(Locked):
            store.inbox.append([row(venture, 1)])
        cursor.execute("ROLLBACK")
    blocker.close()
    store.inbox.append([row(venture, 2)])
    assert store.inbox.waiting(venture.venture_id, 0) == (1, 2)


def test_a_full_disk_keeps_none_of_the_rows_and_the_next_group_goes_in(
    store: Store, venture: Venture
) -> None:
    store.inbox._run("PRAGMA max_page_count=8")  # type: ignore[union-attr]
    with pytest.raises(Unavailable, match="no room left"):
        store.inbox.append([row(venture, number, body="x" * 1_000) for number in range(200)])
    assert store.inbox.waiting(venture.venture_id, 0) == (0, None)
    store.inbox._run("PRAGMA max_page_count=1000000")  # type: ignore[union-attr]
    store.inbox.append([row(venture, 1)])
    assert store.inbox.waiting(venture.venture_id, 0) == (1, 1)


def test_a_file_that_is_no_database_is_corrupt(tmp_path: Path) -> None:
    for name in ("store.sqlite", "inbox.sqlite"):
        folder = tmp_path / name.split(".")[0]
        folder.mkdir()
        (folder / name).write_bytes(b"this was never a database " * 400)
        with pytest.raises(Corrupt):
            Store.open(folder, environment={})


def test_a_folder_that_cannot_be_made_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable):
        Store.open(tmp_path / "file" / "store", environment={})


def test_a_server_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(Unavailable, match="cannot be reached"):
        Store.open("postgresql://nobody@127.0.0.1:1/none", environment={})


def test_only_postgres_urls_are_stores() -> None:
    for url in ("mysql://x/y", "sqlite:///x", "postgresql+asyncpg://x/y", "no way://"):
        with pytest.raises(BadInput):
            Store.open(url, environment={})
    assert with_driver("postgres://h/d").drivername == "postgresql+psycopg"


def test_sqlite_commits_are_on_disk_and_foreign_keys_hold(store: Store) -> None:
    with store._database.reading() as connection:
        found = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert found == ["wal", 2, 1]
    assert [store.inbox._run(f"PRAGMA {name}")[0][0] for name in ("journal_mode", "synchronous")] == [
        "wal",
        2,
    ]  # type: ignore[union-attr]


def test_the_key_file_is_its_owners_alone(store: Store, venture: Venture, tmp_path: Path) -> None:
    store.secrets.put(venture.venture_id, "smtp", "x", by="kim", now_us=1)
    file = tmp_path / "secret.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("secret.key")] == ["secret.key"]
    file.write_text("not a key")
    with pytest.raises(BadInput, match="32 bytes"):
        store.secrets.get(venture.venture_id, "smtp")


@pytest.mark.postgres
def test_a_server_that_ends_our_connections_is_forgiven(postgres_url: str) -> None:
    with Store.open(postgres_url, environment={}) as store:
        store.ventures.ensure("main", name="Acme", currency="USD", timezone="UTC", now_us=1)
        with Store.open(postgres_url, environment={}) as other, other._database.writing() as connection:
            connection.execute(
                sa.text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )
        assert store.ventures.find("main") is not None


@pytest.mark.postgres
def test_without_a_folder_or_variable_there_is_no_key_for_secrets(postgres_url: str) -> None:
    with Store.open(postgres_url, environment={}) as store:
        venture = store.ventures.ensure("main", name="Acme", currency="USD", timezone="UTC", now_us=1)
        with pytest.raises(BadInput, match="TENURE_SECRET_KEY"):
            store.secrets.put(venture.venture_id, "smtp", "x", by="kim", now_us=1)

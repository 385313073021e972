"""A migrated store is the same as a fresh one, and upgrading is safe whoever else does it."""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateTable

from tenure.errors import Corrupt
from tenure.store import Store
from tenure.store.engine import Database, open_postgres, open_sqlite
from tenure.store.inbox_sqlite import SqliteInbox
from tenure.store.migrations.inbox import STEPS
from tenure.store.tables import inbox, inbox_metadata, metadata
from tenure.store.upgrade import current_revision, upgrade
from tenure.store.views import VIEWS, create_views

pytestmark = pytest.mark.usefixtures("from_nothing")


def sqlite_schema(engine: sa.Engine) -> dict[str, str]:
    with engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
        found = {name: canonical(sql) for name, sql in rows}
    return {name: sql for name, sql in found.items() if not name.startswith(("sqlite_", "alembic_"))}


def canonical(sql: str) -> str:
    """Without white space, and with the constraints of a table in alphabetical order."""
    text = re.sub(r"\s+", " ", sql).strip().replace("( ", "(").replace(" )", ")")
    inside = text[text.find("(") + 1 : text.rfind(")")]
    parts = re.split(r", (?![^(]*\))", inside)
    return text.replace(inside, ", ".join(sorted(parts)))


def postgres_schema(engine: sa.Engine) -> list[tuple[object, ...]]:
    queries = (
        "SELECT table_name, column_name, data_type, is_nullable, column_default, is_identity FROM information_schema.columns "
        "WHERE table_schema = 'public' AND table_name <> 'alembic_version'",
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text <> 'alembic_version'",
        "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'alembic_version'",
        "SELECT viewname, definition FROM pg_views WHERE schemaname = 'public'",
        "SELECT sequencename, data_type::text, start_value, increment_by, cache_size FROM pg_sequences WHERE schemaname = 'public'",
        "SELECT attname, attstorage FROM pg_attribute WHERE attrelid = 'inbox'::regclass AND attnum > 0",
    )
    with engine.connect() as connection:
        return [
            tuple(row)
            for query in queries
            for row in sorted(connection.execute(sa.text(query)).all(), key=repr)
        ]


def test_a_migrated_sqlite_store_is_the_same_as_a_fresh_one(tmp_path: Path) -> None:
    fresh, migrated = open_sqlite(tmp_path / "fresh.sqlite"), open_sqlite(tmp_path / "migrated.sqlite")
    metadata.create_all(fresh)
    upgrade(Database(migrated))
    assert sqlite_schema(migrated) == sqlite_schema(fresh)
    fresh.dispose()
    migrated.dispose()


@pytest.mark.postgres
def test_a_migrated_postgres_store_is_the_same_as_a_fresh_one(postgres_url: str) -> None:
    engine = open_postgres(postgres_url)
    upgrade(Database(engine))
    migrated = postgres_schema(engine)
    with engine.begin() as connection:
        connection.execute(sa.text("DROP SCHEMA public CASCADE"))
        connection.execute(sa.text("CREATE SCHEMA public"))
        metadata.create_all(connection)
        inbox_metadata.create_all(connection)
        for statement in create_views():
            connection.exec_driver_sql(statement)
    assert migrated == postgres_schema(engine)
    assert {row[0] for row in migrated} >= {"inbox", "inbox_blocks", "health", *VIEWS}
    assert ("payload", "e") in migrated
    with engine.begin() as connection:
        connection.execute(sa.text("DROP SCHEMA public CASCADE"))
        connection.execute(sa.text("CREATE SCHEMA public"))
    engine.dispose()


def test_the_steps_of_the_inbox_file_make_the_declared_table() -> None:
    [made] = STEPS
    assert canonical(made) == canonical(str(CreateTable(inbox).compile(dialect=sqlite.dialect())))


def race(open_one: object, times: int = 4) -> list[Store]:
    start = threading.Barrier(times)

    def run() -> Store:
        start.wait()
        assert callable(open_one)
        opened = open_one()
        assert isinstance(opened, Store)
        return opened

    with ThreadPoolExecutor(times) as pool:
        return [future.result() for future in [pool.submit(run) for _ in range(times)]]


def test_stores_opened_at_the_same_moment_upgrade_sqlite_once(tmp_path: Path) -> None:
    stores = race(lambda: Store.open(tmp_path, environment={}))
    assert [len(store.ventures.all()) for store in stores] == [0] * 4
    for store in stores:
        store.close()


@pytest.mark.postgres
def test_stores_opened_at_the_same_moment_upgrade_postgres_once(postgres_url: str) -> None:
    stores = race(lambda: Store.open(postgres_url, environment={}))
    assert [len(store.ventures.all()) for store in stores] == [0] * 4
    for store in stores:
        store.close()


def test_a_store_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    Store.open(tmp_path, environment={}).close()
    engine = open_sqlite(tmp_path / "store.sqlite")
    with engine.begin() as connection:
        assert current_revision(connection) == "0002"
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(Corrupt, match="newer Tenure"):
        Store.open(tmp_path, environment={})


def test_an_inbox_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    box = SqliteInbox(tmp_path / "inbox.sqlite")
    box._run("PRAGMA user_version=99")
    box.close()
    with pytest.raises(Corrupt, match="newer Tenure"):
        SqliteInbox(tmp_path / "inbox.sqlite")

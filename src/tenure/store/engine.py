"""Opening the store's database: a SQLite file in a folder, or PostgreSQL by URL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, Engine, make_url

from tenure.errors import BadInput
from tenure.store.failures import translated

STORE_FILE = "store.sqlite"
INBOX_FILE = "inbox.sqlite"
BUSY_TIMEOUT_MS = 5_000
_POSTGRES_NAMES = ("postgres", "postgresql", "postgresql+psycopg")


class Database:
    """One engine with the two ways in: `reading()` sees one consistent state, `writing()` commits at its end."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._writer = engine.execution_options(tenure_writes=True)
        self.is_sqlite = engine.dialect.name == "sqlite"
        self._shared: ContextVar[Connection | None] = ContextVar("shared", default=None)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        shared = self._shared.get()
        if shared is not None:
            yield shared
            return
        with translated(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A write transaction. On SQLite it takes the write lock at once, so it never fails half-way for being late."""
        shared = self._shared.get()
        if shared is not None:
            yield shared
            return
        with translated(), self._writer.begin() as connection:
            yield connection

    @contextmanager
    def together(self) -> Iterator[None]:
        """Every `writing()` of the block, by this thread, is one transaction: all of it or nothing."""
        with self.writing() as connection:
            token = self._shared.set(connection)
            try:
                yield
            finally:
                self._shared.reset(token)

    def close(self) -> None:
        self.engine.dispose()


def is_url(location: str | Path) -> bool:
    """Is this a database URL rather than a folder?"""
    return isinstance(location, str) and "://" in location


def postgres_url(location: str) -> URL:
    """The URL with our driver; raises BadInput for anything but PostgreSQL."""
    try:
        url = make_url(location)
    except sa.exc.ArgumentError:
        raise BadInput(
            "The store's URL cannot be read.", "Write postgresql://user:password@host/database."
        ) from None
    if url.drivername not in _POSTGRES_NAMES:
        raise BadInput(
            f"The store cannot live in {url.drivername}.",
            "Use a postgresql:// URL, or no URL at all for SQLite files in the workspace.",
        )
    return url.set(drivername="postgresql+psycopg")


def open_postgres(location: str) -> Engine:
    """An engine whose dead connections are noticed before they are used."""
    return sa.create_engine(
        postgres_url(location),
        pool_pre_ping=True,
        pool_size=10,
        max_overflow=20,
        connect_args={"connect_timeout": 10},
        json_serializer=_json_text,
        json_deserializer=msgspec.json.decode,
    )


def open_sqlite(file: Path, *, busy_timeout_ms: int = BUSY_TIMEOUT_MS, is_kept: bool = True) -> Engine:
    """An engine on one file: WAL, every commit on disk, foreign keys, patient with other writers.

    Without `is_kept` nothing waits for the disk: of a store that is thrown away.
    """
    engine = sa.create_engine(
        URL.create("sqlite", database=str(file)),
        pool_timeout=30,
        connect_args={"timeout": busy_timeout_ms / 1000},
        json_serializer=_json_text,
        json_deserializer=msgspec.json.decode,
    )
    event.listen(engine, "connect", _prepare_sqlite if is_kept else _prepare_scratch)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _json_text(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    _set(connection, "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-65536")


def _prepare_scratch(connection: Any, _record: Any) -> None:
    _set(connection, "journal_mode=MEMORY", "synchronous=OFF", "foreign_keys=ON", "cache_size=-262144")


def _set(connection: Any, *pragmas: str) -> None:
    connection.isolation_level = None  # the driver's own BEGIN would come too late; ours is below
    for pragma in pragmas:
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("tenure_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

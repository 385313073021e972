"""One warehouse file: opened by jobs under our own lock, closed to let go."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import duckdb
import ibis.expr.types as ir

from tenure.errors import Corrupt, Unavailable
from tenure.warehouse.backend import RememberingBackend, with_whole_numbers
from tenure.warehouse.locks import FileLock
from tenure.warehouse.schema import MARK, SCHEMA_VERSION, TABLES
from tenure.warehouse.writer import tables

DEFAULT_MEMORY = "4GB"
"""Beside the worker's own memory a refresh stays under 6 GB."""
LONG_LOG_BYTES = 16 << 20
"""A refresh writes a log so long back into the file while it publishes."""
LONGEST_LOG = "256MB"
"""A log so long is written back by whoever commits."""


class Engine:
    """A DuckDB connection with the tables of a warehouse, read through Ibis and written by `writer` statements."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        self.ibis: RememberingBackend = RememberingBackend.from_connection(connection)
        self._tables: dict[str, ir.Table] = {}
        self._prepared: set[str] = set()
        self._temporary = 0
        self._create()

    def _create(self) -> None:
        for statement in tables.create_statements():
            self.connection.execute(statement)
        found = self.mark(MARK.schema_version) or SCHEMA_VERSION
        if found > SCHEMA_VERSION:
            raise Corrupt(
                f"The warehouse file has schema {found}, this version of Tenure reads {SCHEMA_VERSION}.",
                "Use the version that wrote it, or rebuild the warehouse from its sources.",
            )
        if self.mark(MARK.schema_version) != SCHEMA_VERSION:
            self._upgrade(found)

    def _upgrade(self, found: int) -> None:
        """Bring the file of an earlier version to this one's, all steps or none."""
        with self.transaction():
            for version in range(found, SCHEMA_VERSION):
                self.run(tables.UPGRADES[version])
            self.set_mark(MARK.schema_version, SCHEMA_VERSION)

    def table(self, name: str) -> ir.Table:
        """A table of the warehouse or a temporary one, for reading."""
        if name not in TABLES:
            return self.described(name)
        if name not in self._tables:
            self._tables[name] = self.described(name)
        return self._tables[name]

    def described(self, name: str) -> ir.Table:
        """A table with the columns it has now."""
        try:
            columns = self.run(f'DESCRIBE "{name}"')
        except duckdb.CatalogException:
            return self.ibis.table(name)
        return self.ibis.described(name, columns)

    def once(self, what: str) -> bool:
        """True the first time something is asked of this connection."""
        is_first = what not in self._prepared
        self._prepared.add(what)
        return is_first

    def sql(self, expression: ir.Table) -> str:
        """What an expression reads, in the engine's language."""
        return self.ibis.compile(expression)

    def run(self, statement: str, parameters: object = None) -> list[tuple[Any, ...]]:
        """Execute a writer's statement and return what it answers."""
        return self.connection.execute(statement, parameters).fetchall()

    def number(self, statement: str) -> int:
        """The single number a statement answers (null counts as 0)."""
        return int(self.run(statement)[0][0] or 0)

    def insert(self, table: str, expression: ir.Table) -> None:
        """Append the rows of an expression; columns go by name, missing ones stay null."""
        self.run(f"INSERT INTO {table} BY NAME {self.sql(expression)}")

    def sql_with_whole_numbers(self, expression: ir.Table) -> str:
        """The same with whole numbers in 64 bits."""
        return with_whole_numbers(expression, self.sql(expression))

    def keep(self, expression: ir.Table, prefix: str) -> ir.Table:
        """Compute an expression once, into a temporary table."""
        return self.described(self.keep_sql(self.sql_with_whole_numbers(expression), prefix))

    def keep_sql(self, select: str, prefix: str) -> str:
        """The same for a select; returns the name of the temporary table, which saves asking for its columns."""
        self._temporary += 1
        name = f"{prefix}_{self._temporary}"
        self.run(f"CREATE TEMP TABLE {name} AS {select}")
        return name

    def forget(self, tables: Iterable[str | ir.Table]) -> None:
        """Drop temporary tables made by `keep`."""
        for table in tables:
            self.run(f"DROP TABLE IF EXISTS temp.{table if isinstance(table, str) else table.get_name()}")

    def mark(self, name: str) -> int:
        """One of the integers of `schema.Mark`; 0 when it was never set."""
        return self.number(f"SELECT max(value) FROM marks WHERE name = '{name}'")

    def set_mark(self, name: str, value: int) -> None:
        self.run("DELETE FROM marks WHERE name = ?", [name])
        self.run("INSERT INTO marks VALUES (?, ?)", [name, value])

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of the block or nothing."""
        self.run("BEGIN TRANSACTION")
        try:
            yield
        except BaseException:
            self.run("ROLLBACK")
            raise
        self.run("COMMIT")

    @contextmanager
    def writing_back(self, from_bytes: int = LONG_LOG_BYTES) -> Iterator[None]:
        """Write a long log back into the file while the block does something else; over when both are.

        What was committed is in the log: should writing back fail (a full disk), nothing is lost and the next one tries again.
        """
        if self._log_bytes() < from_bytes:
            yield
            return
        beside = self.connection.cursor()
        try:
            with ThreadPoolExecutor(max_workers=1) as pool:
                written = pool.submit(beside.execute, "CHECKPOINT")
                yield
                with suppress(duckdb.Error):
                    written.result()
        finally:
            beside.close()

    def _log_bytes(self) -> int:
        path = self.run("SELECT path FROM duckdb_databases() WHERE NOT internal")[0][0]
        log = Path(f"{path}.wal")
        return log.stat().st_size if path is not None and log.exists() else 0


class WarehouseFile:
    """An open warehouse file. `engine` is what drains and views work with; `close` lets go of file and lock."""

    def __init__(self, engine: Engine, lock: FileLock | None) -> None:
        self.engine = engine
        self._lock = lock

    @classmethod
    def open(
        cls, path: Path | None, memory_limit: str = DEFAULT_MEMORY, threads: int | None = None, lock: FileLock | None = None
    ) -> WarehouseFile:
        """Open or create the file under its lock (`NAME.lock` beside it).

        Args:
            path: the file; None for one in memory (tests).
            memory_limit: DuckDB's, such as `4GB`; what does not fit is spilled beside the file.
            threads: None for one per core.
            lock: a lock the caller already holds and keeps; else one is taken here.

        Raises:
            Locked: another process has it open.
            Unavailable: it cannot be opened (disk, permissions, not a warehouse).
        """
        own = None if path is None or lock is not None else FileLock(path.with_suffix(".lock"))
        if own is not None:
            own.acquire()
        try:
            return cls(Engine(_connect(path, memory_limit, threads)), own)
        except BaseException:
            if own is not None:
                own.release()
            raise

    def close(self) -> None:
        """Let go; doing so twice is harmless."""
        self.engine.connection.close()
        if self._lock is not None:
            self._lock.release()

    def __enter__(self) -> WarehouseFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _connect(path: Path | None, memory_limit: str, threads: int | None) -> duckdb.DuckDBPyConnection:
    options: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": memory_limit,
        "preserve_insertion_order": False,
        "checkpoint_threshold": LONGEST_LOG,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    if threads is not None:
        options["threads"] = threads
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        options["temp_directory"] = str(path.parent / "spill")
    try:
        return duckdb.connect(":memory:" if path is None else str(path), config=options)
    except duckdb.Error as problem:
        raise Unavailable(
            f"The warehouse file could not be opened ({type(problem).__name__}).",
            "Check disk space and permissions; if the file is damaged, restore it or rebuild from the sources.",
        ) from problem

"""Bringing a store to the newest schema. Only upwards: going back means restoring a backup (see docs, upgrade)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection

from tenure.errors import Corrupt
from tenure.store.bulk import analyze
from tenure.store.engine import Database
from tenure.store.views import create_views, drop_views

_UPGRADE_LOCK = 0x7E4E_5552_4553_544F
"""Advisory lock of PostgreSQL under which one process upgrades."""


def upgrade(database: Database) -> None:
    """Run what is missing, in one transaction: killed in between, nothing has happened.

    Of processes that race, one upgrades and the others wait for it and find nothing left to do. Raises `Corrupt` when
    a newer Tenure wrote the store.
    """
    config = alembic_config()
    newest = ScriptDirectory.from_config(config).get_current_head()
    with database.reading() as connection:
        if current_revision(connection) == newest:
            return
    with database.writing() as connection:
        if not database.is_sqlite:
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_UPGRADE_LOCK)))
        current = current_revision(connection)
        if current == newest:
            return
        _refuse_unknown(config, current)
        config.attributes["connection"] = connection
        _run_all(connection, [] if database.is_sqlite else drop_views())
        command.upgrade(config, "head")
        if database.is_sqlite and current is not None:
            analyze(connection)
        _run_all(connection, [] if database.is_sqlite else create_views())


def alembic_config() -> Config:
    """Alembic set up from code; it prints nothing and configures no logging."""
    config = Config()
    config.set_main_option("script_location", "tenure.store:migrations")
    config.set_main_option("path_separator", "os")
    return config


def current_revision(connection: Connection) -> str | None:
    """The revision a database is at; None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def _refuse_unknown(config: Config, revision: str | None) -> None:
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if revision is not None and revision not in known:
        raise Corrupt("The store was written by a newer Tenure.", "Install that version, or a newer one.")


def _run_all(connection: Connection, statements: list[str]) -> None:
    for statement in statements:
        connection.exec_driver_sql(statement)

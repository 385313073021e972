"""How far incremental sources have been read."""

from __future__ import annotations

import sqlalchemy as sa

from tenure.store.engine import Database
from tenure.store.statements import replacing
from tenure.store.tables import source_cursors


class CursorRows:
    """The port `tenure.ports.cursors.Cursors`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, venture_id: int, source: str) -> str | None:
        table = source_cursors.c
        query = sa.select(table.position).where(table.venture_id == venture_id, table.source == source)
        with self._database.reading() as connection:
            return connection.scalar(query)

    def set(self, venture_id: int, source: str, position: str) -> None:
        with self._database.writing() as connection:
            statement = replacing(connection, source_cursors)
            connection.execute(statement.values(venture_id=venture_id, source=source, position=position))

"""Marks of usefulness in the store."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from tenure.model.useful import UsefulMark
from tenure.store.engine import Database
from tenure.store.loop_tables import useful_marks
from tenure.store.records import from_row, to_row
from tenure.store.statements import insert_into


class UsefulRows:
    """The port `tenure.ports.useful.UsefulMarks`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, venture_id: int, mark: UsefulMark) -> None:
        row = to_row(mark, useful_marks, venture_id=venture_id)
        with self._database.writing() as connection:
            statement = insert_into(connection, useful_marks).values(**row)
            again = {name: statement.excluded[name] for name in ("kind", "customer_id", "is_useful", "word", "via", "at_us")}
            key = ["venture_id", "subject", "ref", "by"]
            connection.execute(statement.on_conflict_do_update(index_elements=key, set_=again))

    def since(self, venture_id: int, since_us: int, until_us: int) -> Sequence[UsefulMark]:
        table = useful_marks.c
        mine = (table.venture_id == venture_id, table.at_us >= since_us, table.at_us < until_us)
        with self._database.reading() as connection:
            found = connection.execute(sa.select(useful_marks).where(*mine).order_by(table.at_us, table.mark_id))
            return [from_row(row, UsefulMark) for row in found]

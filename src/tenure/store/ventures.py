"""Ventures and their people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Row

from tenure.errors import BadInput
from tenure.model.ventures import Person, Role, Venture
from tenure.store.engine import Database
from tenure.store.loop_tables import slack_accounts
from tenure.store.statements import audit, fields, insert_into, not_found, one_of
from tenure.store.tables import people, ventures


class VentureRows:
    """The port `tenure.ports.ventures.Ventures`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ensure(self, key: str, *, name: str, currency: str, timezone: str, now_us: int) -> Venture:
        stated = {"name": name, "currency": currency, "timezone": timezone}
        known = self.find(key)
        if known is not None and all(getattr(known, field) == value for field, value in stated.items()):
            return known
        with self._database.writing() as connection:
            statement = insert_into(connection, ventures).values(key=key, created_us=now_us, **stated)
            connection.execute(statement.on_conflict_do_update(index_elements=[ventures.c.key], set_=stated))
            return _venture(connection.execute(sa.select(ventures).where(ventures.c.key == key)).one())

    def get(self, venture_id: int) -> Venture:
        with self._database.reading() as connection:
            return _venture(
                one_of(connection, sa.select(ventures).where(ventures.c.venture_id == venture_id), "data")
            )

    def find(self, key: str) -> Venture | None:
        with self._database.reading() as connection:
            row = connection.execute(sa.select(ventures).where(ventures.c.key == key)).one_or_none()
        return None if row is None else _venture(row)

    def all(self) -> Sequence[Venture]:
        with self._database.reading() as connection:
            return [
                _venture(row)
                for row in connection.execute(sa.select(ventures).order_by(ventures.c.venture_id))
            ]


class PersonRows:
    """The port `tenure.ports.ventures.People`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, venture_id: int, *, name: str, email: str, role: Role, now_us: int) -> Person:
        values = {"name": name, "email": email, "role": role.value, "created_us": now_us}
        with self._database.writing() as connection:
            statement = insert_into(connection, people).values(
                venture_id=venture_id, email_folded=email.casefold(), **values
            )
            added = connection.execute(
                statement.on_conflict_do_nothing(
                    index_elements=[people.c.venture_id, people.c.email_folded]
                ).returning(people)
            ).one_or_none()
        if added is None:
            raise BadInput(
                "Somebody with this e-mail address is already in the venture.", "Change that person instead."
            )
        return _person(added)

    def get(self, venture_id: int, person_id: int) -> Person:
        query = sa.select(people).where(people.c.venture_id == venture_id, people.c.person_id == person_id)
        with self._database.reading() as connection:
            return _person(one_of(connection, query, f"person {person_id}"))

    def by_email(self, venture_id: int, email: str) -> Person | None:
        query = sa.select(people).where(
            people.c.venture_id == venture_id, people.c.email_folded == email.casefold()
        )
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else _person(row)

    def all(self, venture_id: int) -> Sequence[Person]:
        query = sa.select(people).where(people.c.venture_id == venture_id).order_by(people.c.person_id)
        with self._database.reading() as connection:
            return [_person(row) for row in connection.execute(query)]

    def on_slack(self, venture_id: int, slack_id: str) -> Person | None:
        account = slack_accounts.c
        named = sa.select(account.person_id).where(account.venture_id == venture_id, account.slack_id == slack_id)
        query = sa.select(people).where(people.c.venture_id == venture_id, people.c.person_id.in_(named))
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else _person(row)

    def name_on_slack(self, venture_id: int, person_id: int, slack_id: str, *, by: str, now_us: int) -> None:
        mine = sa.select(people.c.email).where(people.c.venture_id == venture_id, people.c.person_id == person_id)
        values = {"person_id": person_id, "set_us": now_us, "set_by": by}
        keys = [slack_accounts.c.venture_id, slack_accounts.c.slack_id]
        with self._database.writing() as connection:
            one_of(connection, mine, f"person {person_id}")
            before = connection.scalar(sa.select(slack_accounts.c.person_id).where(keys[0] == venture_id, keys[1] == slack_id))
            statement = insert_into(connection, slack_accounts).values(venture_id=venture_id, slack_id=slack_id, **values)
            connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=values))
            audit(
                connection, venture_id, who=by, subject="slack", name=slack_id, before=before, after=person_id, why="", now_us=now_us
            )

    def leave(self, venture_id: int, person_id: int, *, now_us: int) -> None:
        mine = sa.and_(people.c.venture_id == venture_id, people.c.person_id == person_id)
        with self._database.writing() as connection:
            if not connection.execute(sa.update(people).where(mine).values(left_us=now_us)).rowcount:
                raise not_found(f"person {person_id}")


def _venture(row: Row[Any]) -> Venture:
    return Venture(**fields(row))


def _person(row: Row[Any]) -> Person:
    return Person(**{**fields(row, "venture_id", "email_folded"), "role": Role(row.role)})

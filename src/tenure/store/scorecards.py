"""Published scorecards: versions that never change, and a log of which was live when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from tenure.model.scorecards import ScorecardVersion
from tenure.store.engine import Database
from tenure.store.statements import audit, fields, hold_venture, new_id, not_found, one_of
from tenure.store.tables import scorecards, scorecards_live


class ScorecardRows:
    """The port `tenure.ports.scorecards.Scorecards`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self,
        venture_id: int,
        name: str,
        *,
        digest: str,
        document: Mapping[str, Any],
        by: str,
        why: str,
        now_us: int,
        live: bool = True,
    ) -> ScorecardVersion:
        with self._database.writing() as connection:
            hold_venture(connection, venture_id)
            version = _version_of(connection, venture_id, name, digest)
            if version is None:
                version = _next_version(connection, venture_id, name)
                connection.execute(
                    sa.insert(scorecards).values(
                        venture_id=venture_id,
                        name=name,
                        version=version,
                        digest=digest,
                        document=dict(document),
                        created_us=now_us,
                        created_by=by,
                        why=why,
                    )
                )
            if live:
                _make_live(connection, venture_id, name, version, by, why, now_us)
            return _get(connection, venture_id, name, version)

    def get(self, venture_id: int, name: str, version: int) -> ScorecardVersion:
        with self._database.reading() as connection:
            return _get(connection, venture_id, name, version)

    def versions(self, venture_id: int, name: str | None = None) -> Sequence[ScorecardVersion]:
        query = _query(venture_id)
        if name is not None:
            query = query.where(scorecards.c.name == name)
        with self._database.reading() as connection:
            return [_scorecard(row) for row in connection.execute(query)]

    def live(self, venture_id: int, *, at_us: int | None = None) -> Sequence[ScorecardVersion]:
        with self._database.reading() as connection:
            live = _live_versions(connection, venture_id, at_us)
            found = [_scorecard(row) for row in connection.execute(_query(venture_id, at_us))]
        return [scorecard for scorecard in found if live.get(scorecard.name) == scorecard.version]

    def set_live(self, venture_id: int, name: str, version: int, *, by: str, why: str, now_us: int) -> None:
        with self._database.writing() as connection:
            hold_venture(connection, venture_id)
            _get(connection, venture_id, name, version)
            _make_live(connection, venture_id, name, version, by, why, now_us)

    def retire(self, venture_id: int, name: str, *, by: str, why: str, now_us: int) -> None:
        with self._database.writing() as connection:
            hold_venture(connection, venture_id)
            if name not in _live_versions(connection, venture_id, None):
                raise not_found(f"live scorecard {name}")
            _make_live(connection, venture_id, name, None, by, why, now_us)


def _query(venture_id: int, at_us: int | None = None) -> sa.Select[Any]:
    """Versions with the time each last became live (up to `at_us`)."""
    log, card = scorecards_live.c, scorecards.c
    since = sa.select(sa.func.max(log.live_from_us)).where(
        log.venture_id == card.venture_id, log.name == card.name, log.version == card.version
    )
    if at_us is not None:
        since = since.where(log.live_from_us <= at_us)
    return (
        sa.select(scorecards, since.scalar_subquery().label("live_from_us"))
        .where(card.venture_id == venture_id)
        .order_by(card.name, card.version)
    )


def _scorecard(row: sa.Row[Any]) -> ScorecardVersion:
    return ScorecardVersion(**fields(row, "venture_id"))


def _get(connection: Connection, venture_id: int, name: str, version: int) -> ScorecardVersion:
    query = _query(venture_id).where(scorecards.c.name == name, scorecards.c.version == version)
    return _scorecard(one_of(connection, query, f"scorecard {name} version {version}"))


def _version_of(connection: Connection, venture_id: int, name: str, digest: str) -> int | None:
    card = scorecards.c
    query = sa.select(card.version).where(
        card.venture_id == venture_id, card.name == name, card.digest == digest
    )
    return connection.scalar(query)


def _next_version(connection: Connection, venture_id: int, name: str) -> int:
    card = scorecards.c
    query = sa.select(sa.func.max(card.version)).where(card.venture_id == venture_id, card.name == name)
    return int(connection.scalar(query) or 0) + 1


def _live_versions(connection: Connection, venture_id: int, at_us: int | None) -> dict[str, int]:
    """The live version of each name: the last line of the log wins, also among lines of the same moment."""
    log = scorecards_live.c
    query = sa.select(log.name, log.version).where(log.venture_id == venture_id)
    if at_us is not None:
        query = query.where(log.live_from_us <= at_us)
    last = {
        row.name: row.version for row in connection.execute(query.order_by(log.live_from_us, log.change_id))
    }
    return {name: version for name, version in last.items() if version is not None}


def _make_live(
    connection: Connection, venture_id: int, name: str, version: int | None, by: str, why: str, now_us: int
) -> None:
    before = _live_versions(connection, venture_id, None).get(name)
    if before == version:
        return
    new_id(
        connection, scorecards_live, venture_id=venture_id, name=name, version=version, live_from_us=now_us
    )
    audit(
        connection,
        venture_id,
        who=by,
        subject="scorecard",
        name=name,
        before=before,
        after=version,
        why=why,
        now_us=now_us,
    )

"""Published playbooks: versions that never change, and a log of which was live when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from tenure.model.playbooks import PlaybookDefinition, PlaybookVersion
from tenure.store.engine import Database
from tenure.store.loop_tables import playbooks, playbooks_live
from tenure.store.statements import audit, hold_venture, new_id, not_found, one_of


class PlaybookRows:
    """The port `tenure.ports.playbooks.Playbooks`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def publish(
        self, venture_id: int, definition: PlaybookDefinition, *, digest: str, by: str, why: str, now_us: int
    ) -> PlaybookVersion:
        key = definition.key
        with self._database.writing() as connection:
            hold_venture(connection, venture_id)
            version = _version_of(connection, venture_id, key, digest)
            if version is None:
                version = _last_version(connection, venture_id, key) + 1
                row = {"playbook": key, "version": version, "digest": digest, "document": msgspec.to_builtins(definition)}
                made = {"created_us": now_us, "created_by": by, "why": why}
                connection.execute(sa.insert(playbooks).values(venture_id=venture_id, **row, **made))
            _make_live(connection, venture_id, key, version, by, why, now_us)
            return _get(connection, venture_id, key, version)

    def retire(self, venture_id: int, key: str, *, by: str, why: str, now_us: int) -> None:
        with self._database.writing() as connection:
            hold_venture(connection, venture_id)
            if key not in _live_versions(connection, venture_id, None):
                raise not_found(f"live playbook {key}")
            _make_live(connection, venture_id, key, None, by, why, now_us)

    def get(self, venture_id: int, key: str, version: int) -> PlaybookVersion:
        with self._database.reading() as connection:
            return _get(connection, venture_id, key, version)

    def live(self, venture_id: int, *, at_us: int | None = None) -> Sequence[PlaybookVersion]:
        with self._database.reading() as connection:
            live = _live_versions(connection, venture_id, at_us)
            pairs = [sa.and_(playbooks.c.playbook == key, playbooks.c.version == version) for key, version in live.items()]
            query = _query(venture_id, at_us).where(sa.or_(sa.false(), *pairs))
            return [_version(row) for row in connection.execute(query)]

    def versions(self, venture_id: int, key: str | None = None) -> Sequence[PlaybookVersion]:
        query = _query(venture_id)
        if key is not None:
            query = query.where(playbooks.c.playbook == key)
        with self._database.reading() as connection:
            return [_version(row) for row in connection.execute(query)]


def _query(venture_id: int, at_us: int | None = None) -> sa.Select[Any]:
    """Versions with the time each last became live (up to `at_us`)."""
    log, own = playbooks_live.c, playbooks.c
    since = sa.select(sa.func.max(log.live_from_us)).where(
        log.venture_id == own.venture_id, log.playbook == own.playbook, log.version == own.version
    )
    if at_us is not None:
        since = since.where(log.live_from_us <= at_us)
    labelled = sa.select(playbooks, since.scalar_subquery().label("live_from_us"))
    return labelled.where(own.venture_id == venture_id).order_by(own.playbook, own.version)


def _version(row: Row[Any]) -> PlaybookVersion:
    return PlaybookVersion(
        key=row.playbook,
        version=row.version,
        digest=row.digest,
        definition=msgspec.convert(row.document, PlaybookDefinition),
        created_us=row.created_us,
        created_by=row.created_by,
        why=row.why,
        live_from_us=row.live_from_us,
    )


def _get(connection: Connection, venture_id: int, key: str, version: int) -> PlaybookVersion:
    query = _query(venture_id).where(playbooks.c.playbook == key, playbooks.c.version == version)
    return _version(one_of(connection, query, f"playbook {key} version {version}"))


def _version_of(connection: Connection, venture_id: int, key: str, digest: str) -> int | None:
    own = playbooks.c
    query = sa.select(own.version).where(own.venture_id == venture_id, own.playbook == key, own.digest == digest)
    return connection.scalar(query)


def _last_version(connection: Connection, venture_id: int, key: str) -> int:
    own = playbooks.c
    query = sa.select(sa.func.max(own.version)).where(own.venture_id == venture_id, own.playbook == key)
    return int(connection.scalar(query) or 0)


def _live_versions(connection: Connection, venture_id: int, at_us: int | None) -> dict[str, int]:
    """The live version of each key: the last line of the log wins, also among lines of the same moment."""
    log = playbooks_live.c
    query = sa.select(log.playbook, log.version).where(log.venture_id == venture_id)
    if at_us is not None:
        query = query.where(log.live_from_us <= at_us)
    rows = connection.execute(query.order_by(log.live_from_us, log.change_id))
    last = {row.playbook: row.version for row in rows}
    return {key: version for key, version in last.items() if version is not None}


def _make_live(connection: Connection, venture_id: int, key: str, version: int | None, by: str, why: str, now_us: int) -> None:
    before = _live_versions(connection, venture_id, None).get(key)
    if before == version:
        return
    new_id(connection, playbooks_live, venture_id=venture_id, playbook=key, version=version, live_from_us=now_us)
    audit(connection, venture_id, who=by, subject="playbook", name=key, before=before, after=version, why=why, now_us=now_us)

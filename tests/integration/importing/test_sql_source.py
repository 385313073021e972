"""An application database read by its cursor: nothing lost, nothing twice, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tenure.clock import from_us
from tenure.errors import BadInput, Unavailable
from tenure.services.importing.mapping import SourceMapping, parse_sources
from tenure.services.importing.service import ImportService
from tenure.testing.memory_store import MemoryCursors, MemoryInbox, MemoryQuarantine

NOW_US = 1_790_000_000_000_000
NOW = from_us(NOW_US)


class Application:
    """A database of somebody's product, with a table of what people did."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = sa.create_engine(url)
        self.did = sa.Table(
            "did",
            sa.MetaData(),
            sa.Column("id", sa.BigInteger, primary_key=True),
            sa.Column("who", sa.String(40)),
            sa.Column("what", sa.String(40)),
            sa.Column("at", sa.DateTime(timezone=True)),
            sa.Column("changed_at", sa.DateTime(timezone=True)),
        )
        self.did.metadata.drop_all(self.engine)
        self.did.metadata.create_all(self.engine)

    def add(self, ids: range, changed: datetime, what: str = "login") -> None:
        rows = [{"id": n, "who": f"u{n}", "what": what, "at": NOW - timedelta(days=2), "changed_at": changed} for n in ids]
        with self.engine.begin() as connection:
            connection.execute(self.did.insert(), rows)


class Desk:
    def __init__(self, application: Application) -> None:
        self.application = application
        self.inbox, self.quarantine, self.cursors = MemoryInbox(), MemoryQuarantine(), MemoryCursors()
        self.service = ImportService(self.inbox, self.quarantine, self.cursors)

    def read(self, source: SourceMapping, now_us: int = NOW_US) -> int:
        """How many new facts a run brought."""
        before = len(self.inbox.distinct())
        self.service.import_sql(1, [source], {"APP_URL": self.application.url}, now_us=now_us)
        return len(self.inbox.distinct()) - before


def mapped(cursor: str, **sql: Any) -> SourceMapping:
    where = {} if "query" in sql else {"table": "did"}
    raw = {
        "name": "app",
        "kind": "events",
        "columns": {"event_id": "id", "user_id": "who", "event": "what", "timestamp": "at"},
        "drop": ["changed_at"],
        "sql": {"url_env": "APP_URL", "cursor": cursor, "page_size": 10, **where, **sql},
    }
    return parse_sources([raw])[0]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    url = f"sqlite:///{tmp_path}/app.sqlite" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    application = Application(url.replace("postgresql://", "postgresql+psycopg://"))
    yield Desk(application)
    application.did.metadata.drop_all(application.engine)
    application.engine.dispose()


def test_only_what_is_new_is_read_by_an_id(desk: Desk) -> None:
    source = mapped("id")
    desk.application.add(range(1, 36), NOW)
    assert desk.read(source) == 35
    assert desk.read(source) == 0
    assert len(desk.inbox.rows) == 36  # the row at the position is read again, with its own key
    desk.application.add(range(36, 40), NOW)
    assert desk.read(source) == 4


def test_rows_that_share_a_cursor_value_are_neither_lost_nor_doubled(desk: Desk) -> None:
    source = mapped("changed_at")
    hour_ago = NOW - timedelta(hours=1)
    desk.application.add(range(1, 26), hour_ago)  # two and a half pages of one moment
    desk.application.add(range(26, 31), hour_ago + timedelta(minutes=1))
    assert desk.read(source) == 30
    desk.application.add(range(31, 34), hour_ago + timedelta(minutes=1))  # committed later, same moment as the position
    assert desk.read(source) == 3
    assert desk.read(source) == 0


def test_the_newest_rows_wait_for_slower_transactions(desk: Desk) -> None:
    source = mapped("changed_at", lag_seconds=60)
    desk.application.add(range(1, 3), NOW - timedelta(seconds=90))
    desk.application.add(range(3, 5), NOW - timedelta(seconds=5))
    assert desk.read(source) == 2
    assert desk.read(source, NOW_US + 60_000_000) == 2


def test_the_position_moves_only_when_the_rows_are_durable(desk: Desk) -> None:
    source = mapped("id")
    desk.application.add(range(1, 36), NOW)
    calls: list[int] = []

    def crash(rows: int) -> None:
        calls.append(rows)
        if len(calls) == 3:
            raise Unavailable("The inbox is full.", "Free some space.")

    desk.inbox.before_append = crash
    with pytest.raises(Unavailable):
        desk.read(source)
    assert len(desk.inbox.distinct()) == 20
    assert desk.read(source) == 15


def test_a_query_can_be_read_too(desk: Desk) -> None:
    source = mapped("id", query="SELECT id, who, what, at FROM did WHERE what <> 'noise';")
    desk.application.add(range(1, 13), NOW)
    desk.application.add(range(13, 20), NOW, what="noise")
    assert desk.read(source) == 12


def test_times_keep_their_moment(desk: Desk) -> None:
    desk.application.add(range(1, 2), NOW)
    desk.read(mapped("id"))
    assert desk.inbox.rows[0].occurred_us == NOW_US - 2 * 86_400_000_000


def test_facts_that_cannot_be_told_apart_are_refused_before_they_are_read(desk: Desk) -> None:
    raw = {"name": "app", "kind": "revenue", "columns": {"customer_id": "who", "kind": "what", "occurred_at": "at"}, "guess": False, "sql": {"url_env": "APP_URL", "cursor": "id", "table": "did"}}
    desk.application.add(range(1, 3), NOW)
    with pytest.raises(BadInput, match="names no movement_id"):
        desk.read(parse_sources([raw])[0])
    assert desk.inbox.rows == []


@pytest.mark.parametrize(
    ("url", "said"),
    [(None, "APP_URL .* is not set"), ("nonsense", "not a usable SQLAlchemy URL"), ("sqlite:////no/such/folder/app.sqlite", "cannot be read")],
)
def test_a_wrong_url_is_said_in_one_sentence_without_the_url(url: str | None, said: str) -> None:
    service = ImportService(MemoryInbox(), MemoryQuarantine(), MemoryCursors())
    with pytest.raises((BadInput, Unavailable), match=said) as problem:
        service.import_sql(1, [mapped("id")], {"APP_URL": url} if url else {}, now_us=NOW_US)
    assert url is None or url not in str(problem.value)


def test_a_wrong_column_or_table_is_said_in_one_sentence(desk: Desk) -> None:
    desk.application.add(range(1, 3), datetime(2026, 1, 1, tzinfo=UTC))
    with pytest.raises((BadInput, Unavailable), match="'app'"):
        desk.read(mapped("no_such_column"))


def test_a_declared_column_the_table_does_not_have_is_named(desk: Desk) -> None:
    raw = {"name": "app", "kind": "users", "columns": {"user_id": "who", "email": "mail"}, "sql": {"url_env": "APP_URL", "cursor": "id", "table": "did"}}
    desk.application.add(range(1, 3), NOW)
    with pytest.raises(BadInput, match="no column 'mail'"):
        desk.read(parse_sources([raw])[0])

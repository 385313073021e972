"""Published scores: written set-wise by the scoring job, read by lists and pages.

The points of the three default components have columns of their own (the analysts' view names them, and lists sort
by them); any further component lies in `other_components` as JSON, which costs nothing where there is none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from tenure.errors import BadInput, Refused
from tenure.model.health import HealthStatus
from tenure.model.listing import HealthFilter, HealthSort, ListedHealth, Moved
from tenure.model.runs import Run, RunEnd, RunKind, RunState
from tenure.store.arrow import conform
from tenure.store.bulk import merge
from tenure.store.engine import Database
from tenure.store.health_query import count_query, ids_query, list_query, listed_rows, moved_query
from tenure.store.runs import CONFIRMING_KINDS, SHOWN_KINDS, end_run, get_run, last_published
from tenure.store.statements import hold_venture, in_chunks, not_found
from tenure.store.tables import customers, health, overrides, pulses

SCORES_SCHEMA = pa.schema(
    [
        pa.field("customer_id", pa.string(), nullable=False),
        pa.field("score_tenths", pa.int64(), nullable=False),
        pa.field("previous_score_tenths", pa.int64()),
        pa.field("total", pa.float64(), nullable=False),
        pa.field("health_status", pa.string(), nullable=False),
        pa.field("engagement", pa.float64()),
        pa.field("support", pa.float64()),
        pa.field("value", pa.float64()),
        pa.field("other_components", pa.string()),
        pa.field("coverage", pa.float64(), nullable=False),
        pa.field("scorecard", pa.string(), nullable=False),
        pa.field("scorecard_version", pa.string(), nullable=False),
        pa.field("is_new", pa.int64(), nullable=False),
        pa.field("change_late", pa.float64()),
        pa.field("change_time", pa.float64()),
        pa.field("change_behaviour", pa.float64()),
        pa.field("change_configuration", pa.float64()),
    ]
)
CUSTOMERS_SCHEMA = pa.schema(
    [
        pa.field("customer_id", pa.string(), nullable=False),
        pa.field("name", pa.string()),
        pa.field("plan", pa.string()),
        pa.field("owner", pa.string()),
        pa.field("segment", pa.string()),
        pa.field("stage", pa.string()),
        pa.field("customer_status", pa.string()),
        pa.field("arr_cents", pa.int64()),
        pa.field("renewal_us", pa.int64()),
    ]
)
_CHUNK = 5_000


class HealthRows:
    """The port `tenure.ports.health.PublishedHealth`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def publish(
        self,
        venture_id: int,
        run_id: int,
        end: RunEnd,
        scores: pa.Table,
        *,
        customers: pa.Table | None = None,
        removed: Sequence[str] = (),
        replace_all: bool = False,
    ) -> None:
        new_scores = _checked_scores(scores)
        profiles = (
            None
            if customers is None
            else _one_each(conform(customers, CUSTOMERS_SCHEMA, "profiles"), "profiles")
        )
        with self._database.writing() as connection:
            hold_venture(connection, venture_id)
            run = get_run(connection, venture_id, run_id)
            _refuse_stale(connection, venture_id, run)
            _write_scores(connection, venture_id, run, new_scores)
            if profiles is not None:
                _write_profiles(connection, venture_id, profiles)
            _take_out(connection, venture_id, removed)
            if replace_all:
                _take_out_others(connection, venture_id, run_id)
            end_run(connection, run, RunState.published, end)

    def list(
        self,
        venture_id: int,
        where: HealthFilter | None = None,
        *,
        sort: HealthSort = HealthSort.score,
        limit: int | None = 50,
        offset: int = 0,
    ) -> Sequence[ListedHealth]:
        query = list_query(venture_id, where, sort).limit(limit).offset(offset)
        with self._database.reading() as connection:
            confirmed = last_published(connection, venture_id, CONFIRMING_KINDS)
            return list(listed_rows(connection.execute(query), confirmed))

    def each(self, venture_id: int, where: HealthFilter | None = None) -> Iterator[ListedHealth]:
        query = list_query(venture_id, where, HealthSort.customer_id)
        with self._database.reading() as connection:
            confirmed = last_published(connection, venture_id, CONFIRMING_KINDS)
            yield from listed_rows(connection.execution_options(yield_per=_CHUNK).execute(query), confirmed)

    def moved(self, venture_id: int, since_us: int) -> Iterator[Moved]:
        with self._database.reading() as connection:
            rows = connection.execution_options(yield_per=_CHUNK).execute(moved_query(venture_id, since_us))
            for customer_id, name, owner, score, previous in rows:
                before = None if previous is None else previous / 10
                yield Moved(customer_id=customer_id, name=name, owner=owner, score=score / 10, previous_score=before)

    def ids(self, venture_id: int, where: HealthFilter | None = None) -> Iterator[str]:
        with self._database.reading() as connection:
            yield from connection.execution_options(yield_per=_CHUNK).scalars(ids_query(venture_id, where))

    def known(self, venture_id: int, customer_ids: Sequence[str]) -> frozenset[str]:
        found: set[str] = set()
        with self._database.reading() as connection:
            for chunk in in_chunks(customer_ids, _CHUNK):
                mine = (customers.c.venture_id == venture_id, customers.c.customer_id.in_(chunk))
                found.update(connection.scalars(sa.select(customers.c.customer_id).where(*mine)))
        return frozenset(found)

    def count(self, venture_id: int, where: HealthFilter | None = None) -> int:
        with self._database.reading() as connection:
            return int(connection.scalar(count_query(venture_id, where)) or 0)

    def get(self, venture_id: int, customer_id: str) -> ListedHealth:
        query = list_query(venture_id, None, HealthSort.customer_id).where(
            health.c.customer_id == customer_id
        )
        with self._database.reading() as connection:
            confirmed = last_published(connection, venture_id, CONFIRMING_KINDS)
            found = next(listed_rows(connection.execute(query), confirmed), None)
        if found is None:
            raise not_found("published score of this customer")
        return found

    def find(self, venture_id: int, words: str, *, limit: int = 5) -> Sequence[str]:
        called = sa.or_(customers.c.customer_id == words, sa.func.lower(customers.c.name) == words.lower())
        query = sa.select(customers.c.customer_id).where(customers.c.venture_id == venture_id, called)
        with self._database.reading() as connection:
            return list(connection.scalars(query.order_by(customers.c.customer_id).limit(limit)))

    def counts_by_status(self, venture_id: int) -> Mapping[HealthStatus, int]:
        query = (
            sa.select(health.c.health_status, sa.func.count())
            .where(health.c.venture_id == venture_id)
            .group_by(health.c.health_status)
        )
        with self._database.reading() as connection:
            found = {row[0]: row[1] for row in connection.execute(query)}
        return {status: found.get(status.value, 0) for status in HealthStatus}

    def delete(self, venture_id: int, customer_ids: Sequence[str]) -> int:
        with self._database.writing() as connection:
            for table in (overrides, pulses):
                _delete_of(connection, table, venture_id, customer_ids)
            return _take_out(connection, venture_id, customer_ids)


def _checked_scores(scores: pa.Table) -> pa.Table:
    table = _one_each(conform(scores, SCORES_SCHEMA, "scores"), "scores")
    known = pa.array([status.value for status in HealthStatus])
    if not pc.all(pc.is_in(table.column("health_status"), known)).as_py() and table.num_rows:
        raise BadInput(
            "The scores have a health_status that is none.", f"Use one of {', '.join(HealthStatus)}."
        )
    return table


def _one_each(table: pa.Table, what: str) -> pa.Table:
    """Sorted by customer (what the databases write fastest), each at most once."""
    if pc.count_distinct(table.column("customer_id")).as_py() != table.num_rows:
        raise BadInput(f"The {what} have a customer twice.", "Hand in one row for each customer.")
    return table.sort_by("customer_id")


def _refuse_stale(connection: Connection, venture_id: int, run: Run) -> None:
    if run.kind is RunKind.past:
        raise Refused(
            f"Run {run.run_id} looks at the past and publishes nothing.", "Start a refresh instead."
        )
    last = last_published(connection, venture_id, SHOWN_KINDS)
    if last is not None and run.as_of_us < last.as_of_us:
        raise Refused(
            f"Run {run.run_id} is older than what is published (run {last.run_id}).",
            "Refresh at a later time; for a time in the past use `tenure health --now`.",
        )


def _write_scores(connection: Connection, venture_id: int, run: Run, scores: pa.Table) -> None:
    constants = {"venture_id": venture_id, "run_id": run.run_id, "changed_us": run.as_of_us}
    unchanged = {"changed_us": ("total", "score_tenths", "health_status", "coverage")}
    merge(connection, health, scores, constants=constants, unless_same=unchanged)


def _write_profiles(connection: Connection, venture_id: int, profiles: pa.Table) -> None:
    merge(connection, customers, profiles, constants={"venture_id": venture_id})


def _take_out(connection: Connection, venture_id: int, customer_ids: Sequence[str]) -> int:
    """Remove score and profile; returns how many scores there were."""
    _delete_of(connection, customers, venture_id, customer_ids)
    return _delete_of(connection, health, venture_id, customer_ids)


def _take_out_others(connection: Connection, venture_id: int, run_id: int) -> None:
    """Remove everybody this run did not publish."""
    connection.execute(sa.delete(health).where(health.c.venture_id == venture_id, health.c.run_id != run_id))
    scored = sa.exists().where(
        health.c.venture_id == venture_id, health.c.customer_id == customers.c.customer_id
    )
    connection.execute(sa.delete(customers).where(customers.c.venture_id == venture_id, ~scored))


def _delete_of(connection: Connection, table: sa.Table, venture_id: int, customer_ids: Sequence[str]) -> int:
    deleted = 0
    for chunk in in_chunks(customer_ids, _CHUNK):
        mine = sa.and_(table.c.venture_id == venture_id, table.c.customer_id.in_(chunk))
        deleted += connection.execute(sa.delete(table).where(mine)).rowcount
    return deleted

"""Facts and score history as tables other tools read, in the columns `tenure import` knows.

Customers, users, tickets and aliases are statements, one row each with the time they were said at: read in order they
make the same customers again, at any time of the past too. The id of each event, movement and answer is its own 128-bit
key written as a UUID, so that importing an export adds nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tenure.warehouse.engine import Engine
from tenure.warehouse.schema import EXPLICIT
from tenure.warehouse.view import FactsView

CHUNK = 100_000
_CUSTOMER_TIMES = {
    "created_us": "created_at",
    "renewal_us": "renewal_date",
    "onboarded_us": "onboarded_at",
    "cancel_requested_us": "cancel_requested_at",
    "churned_us": "churned_at",
}
_CUSTOMER_COLUMNS = (
    "status", "name", "email", "plan", "currency", "industry", "owner", "timezone", "language", "phone",
    "primary_contact", "parent_id", "seats", "internal", "goals", "traits",
)  # fmt: skip


def _customers(view: FactsView, engine: Engine) -> ir.Table:
    table = _with_id(_statements(view, engine, "customer_statements", "customer_key"), engine, "customer_key", "customer_id")
    times = {name: table[column] for column, name in _CUSTOMER_TIMES.items()}
    days = ibis.ifelse(table.term_days.isnull(), ibis.null("string"), table.term_days.cast("string") + " days")
    return _in_order(table, ("customer_id", *_CUSTOMER_COLUMNS), **times, arr=table.arr_cents, term=days)


def _users(view: FactsView, engine: Engine) -> ir.Table:
    table = _with_id(_statements(view, engine, "user_statements", "user_key"), engine, "user_key", "user_id")
    table = _with_id(table, engine, "own_key", "customer_id")
    times = {"created_at": table.created_us, "deactivated_at": table.deactivated_us}
    return _in_order(table, ("user_id", "customer_id", "name", "email", "role", "consent", "traits"), **times)


def _aliases(view: FactsView, engine: Engine) -> ir.Table:
    table = _with_id(_before(view, engine, "aliases"), engine, "previous_key", "previous_id")
    return _in_order(_with_id(table, engine, "user_key", "user_id"), ("previous_id", "user_id"))


def _events(view: FactsView, engine: Engine) -> ir.Table:
    """An event names its feature only where its source did: the others are found again by the rules of the reader."""
    events, names = _before(view, engine, "events"), engine.table("names")
    features = engine.table("feature_names")
    stated = ibis.ifelse(events.mapping_key == EXPLICIT, events.feature_key, ibis.null("int32"))
    named = events.mutate(feature_key=stated).inner_join(names, "name_key").left_join(features, "feature_key")
    people = _with_id(_with_id(named, engine, "user_key", "user_id"), engine, "own_key", "customer_id")
    nobody = ibis.null("string")
    return people.select(
        "key_hi", "key_lo", "customer_id", "feature", "properties",
        user_id=ibis.ifelse(people.anonymous, nobody, people.user_id),
        anonymous_id=ibis.ifelse(people.anonymous, people.user_id, nobody),
        event=people.name, timestamp=people.at_us,
    )  # fmt: skip


def _tickets(view: FactsView, engine: Engine) -> ir.Table:
    """A file row of a ticket has to say when it was made and whose it is: what a statement leaves open stands as known."""
    states = engine.table("ticket_states").select(
        "ticket_key", known_us="created_us", first_us="first_stated_us", known_own="own_key", known_user="user_key"
    )
    table = _statements(view, engine, "ticket_statements", "ticket_key").left_join(states, "ticket_key")
    nobody = table.own_key.isnull() & table.user_key.isnull()
    table = table.mutate(
        own_key=ibis.ifelse(nobody, table.known_own, table.own_key),
        user_key=ibis.ifelse(nobody, table.known_user, table.user_key),
        created_us=ibis.coalesce(table.created_us, table.known_us, table.first_us, table.at_us),
    )
    for key, name in (("ticket_key", "ticket_id"), ("own_key", "customer_id"), ("user_key", "user_id")):
        table = _with_id(table, engine, key, name)
    times = {"created_at": table.created_us, "resolved_at": table.resolved_us, "first_reply_at": table.first_reply_us}
    columns = ("ticket_id", "customer_id", "user_id", "status", "priority", "subject", "category", "satisfaction_hundredths")
    return _in_order(table, columns, **times)


def _statements(view: FactsView, engine: Engine, name: str, subject: str) -> ir.Table:
    """What was said before now; where nothing was, the earliest statement of a subject describes the past too."""
    table = engine.table(name)
    known = table.filter(table.batch <= view.known_batch)
    first = known.group_by(subject).agg(first_us=known.at_us.min())
    joined = known.inner_join(first, subject)
    return joined.filter((joined.at_us < view.now_us) | (joined.at_us == joined.first_us))


def _in_order(table: ir.Table, columns: tuple[str, ...], **more: ir.Value) -> ir.Table:
    """Statements as they were said, `updated_at` telling when: of two of the same time the later one wins."""
    return table.order_by("at_us", "seq").select(*columns, **more, updated_at=table.at_us)


def _revenue(view: FactsView, engine: Engine) -> ir.Table:
    table = _with_id(_before(view, engine, "movements"), engine, "customer_key", "customer_id")
    return table.order_by("at_us", "seq").select(  # of two movements of the same time the later one came after
        "key_hi", "key_lo", "customer_id", "kind", "currency", "plan", "invoice_state",
        occurred_at=table.at_us, monthly_amount=table.monthly_cents,
    )  # fmt: skip


def _answers(view: FactsView, engine: Engine) -> ir.Table:
    named = _with_id(_before(view, engine, "answers"), engine, "user_key", "user_id")
    table = _with_id(named, engine, "own_key", "customer_id")
    return table.select("key_hi", "key_lo", "survey", "customer_id", "user_id", "score", "comment", answered_at=table.at_us)


def _history(view: FactsView, engine: Engine) -> ir.Table:
    table = engine.table("health_history")
    mine = table.filter(table.as_of_us <= view.now_us)
    return mine.select(
        "customer_id", "known_batch", "total", "coverage",
        as_of=mine.as_of_us, score=mine.shown_score, health_status=mine.shown_status, is_scored=mine.is_scored,
        scorecard_version=mine.version, change_late=mine.change_late, change_time=mine.change_time,
        change_behaviour=mine.change_behaviour, change_configuration=mine.change_configuration,
    )  # fmt: skip


def _before(view: FactsView, engine: Engine, name: str) -> ir.Table:
    table = engine.table(name)
    return table.filter((table.at_us < view.now_us) & (table.batch <= view.known_batch))


def _with_id(table: ir.Table, engine: Engine, key: str, name: str) -> ir.Table:
    """The text of an integer id beside it; null where there is none."""
    ids = engine.table("ids").select(**{f"{name}_key": ibis._.id_key, name: ibis._.id})
    return table.left_join(ids, table[key] == ids[f"{name}_key"])


EXPORTS: dict[str, Callable[[FactsView, Engine], ir.Table]] = {
    "customers": _customers,
    "users": _users,
    "aliases": _aliases,
    "events": _events,
    "tickets": _tickets,
    "revenue": _revenue,
    "answers": _answers,
    "history": _history,
}
_IDS = {"events": "event_id", "revenue": "movement_id", "answers": "answer_id"}
_TIMES = {
    *_CUSTOMER_TIMES.values(), "updated_at", "deactivated_at", "timestamp", "resolved_at", "first_reply_at", "occurred_at", "answered_at", "as_of",
}  # fmt: skip
_MONEY = {"arr", "monthly_amount"}


def exported(name: str, view: FactsView, engine: Engine) -> Iterator[pa.Table]:
    """One export in chunks, written out for people: ISO times, money in units, ids as texts."""
    table = EXPORTS[name](view, engine)
    empty = True
    # Ibis 12 asks DuckDB 2 for batches by a name that is gone
    for batch in engine.connection.sql(engine.sql(table)).to_arrow_reader(CHUNK):
        empty = False
        yield _readable(name, pa.Table.from_batches([batch]))
    if empty:
        yield _readable(name, table.schema().to_pyarrow().empty_table())


def _readable(name: str, table: pa.Table) -> pa.Table:
    columns = {column: _cell(column, table[column]) for column in table.column_names if column not in ("key_hi", "key_lo")}
    if name in _IDS:
        columns = {_IDS[name]: uuids(table["key_hi"], table["key_lo"]), **columns}
    if "satisfaction_hundredths" in columns:
        columns["satisfaction"] = _units(columns.pop("satisfaction_hundredths"))
    return pa.table(columns)


def _cell(name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
    if name in _TIMES:
        moments = column.cast(pa.int64()).cast(pa.timestamp("us", tz="UTC"))
        return pc.strftime(moments, format="%Y-%m-%dT%H:%M:%SZ")
    return _units(column) if name in _MONEY else column


def _units(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Hundredths as a decimal number with two places, exactly."""
    return pc.divide(column.cast(pa.decimal128(20, 0)), pa.scalar(100, pa.decimal128(3, 0))).cast(pa.decimal128(22, 2))


def uuids(high: pa.ChunkedArray, low: pa.ChunkedArray) -> pa.Array:
    """Two signed 64-bit halves of each key as the text of a UUID."""
    halves = np.stack([high.to_numpy(), low.to_numpy()], axis=1)
    digits = halves.astype(">i8").tobytes().hex()  # stacking would turn the bytes back
    texts = (digits[start : start + 32] for start in range(0, len(digits), 32))
    return pa.array([f"{t[:8]}-{t[8:12]}-{t[12:16]}-{t[16:20]}-{t[20:]}" for t in texts], pa.string())

"""Published scores beside the scores triggers last decided on, moved and narrowed set-wise.

What `settle` moves is exactly what `tenure.rules.triggers.crossing.judge_crossing` says moves; a property test holds both equal.
Rows are looked for by band first (the index on status), the rest of a condition is arithmetic on the row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from tenure.model.crossings import UNARMED_TENTHS, Limits, Standing
from tenure.model.health import HealthStatus
from tenure.model.runs import RunKind, RunState
from tenure.rules.triggers.crossing import ROUNDING_TENTHS
from tenure.store.engine import Database
from tenure.store.loop_tables import recursion_executions
from tenure.store.runs import SHOWN_KINDS
from tenure.store.statements import hold_venture, in_chunks
from tenure.store.tables import customers, health, overrides, refresh_runs

_CHUNK = 2_000
Said = sa.ColumnElement[bool]


class CrossingRows:
    """The port `tenure.ports.executions.Crossings`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def settle(self, venture_id: int, limits: Limits, now_us: int, *, holds_high_value: bool = False) -> int:
        moves = sa.and_(
            health.c.venture_id == venture_id,
            _moves(limits),
            ~is_overridden(limits),
            ~_in_force(venture_id, now_us),
        )
        if holds_high_value:
            moves = sa.and_(moves, ~sa.and_(_fell_to_at_risk(limits), _is_high_value(limits)))
        return self._judge(venture_id, moves, _new_mark(health.c.score_tenths))

    def baseline(self, venture_id: int, limits: Limits, live_since_us: int, now_us: int) -> int:
        row = health.c
        then = sa.case(
            (sa.and_(row.changed_us > live_since_us, row.previous_score_tenths.is_not(None)), row.previous_score_tenths),
            else_=row.score_tenths,
        )
        mark = _new_mark(then)
        moves = sa.and_(row.venture_id == venture_id, row.last_judged_score_tenths.is_distinct_from(mark))
        return self._judge(venture_id, sa.and_(moves, ~is_overridden(limits), ~_in_force(venture_id, now_us)), mark)

    def _judge(self, venture_id: int, which: Said, mark: sa.ColumnElement[Any]) -> int:
        statement = sa.update(health).where(which).values(last_judged_score_tenths=mark)
        with self._database.writing() as connection:
            hold_venture(connection, venture_id)
            return connection.execute(statement).rowcount

    def below(self, venture_id: int, trigger_id: str, limits: Limits, now_us: int) -> Sequence[Standing]:
        row = health.c
        judged = row.last_judged_score_tenths
        unarmed = sa.or_(judged.is_(None), judged == UNARMED_TENTHS)
        said = row.customer_id.in_(_in_force_ids(venture_id, now_us))
        armed = sa.or_(
            judged >= limits.at_risk_tenths, sa.and_(judged == UNARMED_TENTHS, row.is_new == 0), sa.and_(unarmed, said)
        )
        query = _standings(venture_id, trigger_id).where(row.health_status == HealthStatus.critical.value, armed)
        return self._read(venture_id, [query], now_us)

    def fell_to_at_risk(self, venture_id: int, limits: Limits, now_us: int) -> Sequence[Standing]:
        query = _standings(venture_id, "").where(
            _fell_to_at_risk(limits),
            customers.c.arr_cents >= limits.high_value_cents,
            ~_by_configuration(limits.healthy_tenths),
            ~is_overridden(limits),
            ~_in_force(venture_id, now_us),
        )
        return self._read(venture_id, [query], now_us)

    def standings(
        self, venture_id: int, trigger_id: str, customer_ids: Sequence[str], now_us: int
    ) -> Mapping[str, Standing]:
        base = _standings(venture_id, trigger_id)
        queries = [base.where(health.c.customer_id.in_(chunk)) for chunk in in_chunks(customer_ids, _CHUNK)]
        return {one.customer_id: one for one in self._read(venture_id, queries, now_us)}

    def _read(self, venture_id: int, queries: Iterable[sa.Select[Any]], now_us: int) -> list[Standing]:
        with self._database.reading() as connection:
            said = _overriders(connection, venture_id, now_us)
            found = [_standing(row, said) for query in queries for row in connection.execute(query)]
        return sorted(found, key=lambda one: one.customer_id)  # ordered by SQLite it would walk all scores by customer

    def falls(self, venture_id: int, since_us: int) -> Sequence[tuple[int, int, int]]:
        run = refresh_runs.c
        query = (
            sa.select(run.run_id, run.as_of_us, run.checks)
            .where(
                run.venture_id == venture_id,
                run.state == RunState.published.value,
                run.kind.in_([kind.value for kind in SHOWN_KINDS]),
                run.as_of_us >= since_us,
            )
            .order_by(run.run_id)
        )
        with self._database.reading() as connection:
            return [(row.run_id, row.as_of_us, _fallen(row.checks)) for row in connection.execute(query)]

    def scored(self, venture_id: int) -> int:
        query = sa.select(sa.func.count()).select_from(health).where(health.c.venture_id == venture_id)
        with self._database.reading() as connection:
            return int(connection.scalar(query) or 0)

    def first_run_us(self, venture_id: int) -> int | None:
        run = refresh_runs.c
        query = sa.select(sa.func.min(run.as_of_us)).where(
            run.venture_id == venture_id, run.state == RunState.published.value, run.kind != RunKind.past.value
        )
        with self._database.reading() as connection:
            found = connection.scalar(query)
            return None if found is None else int(found)


def _new_mark(score: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """Where a last judged score goes: the score, or not armed yet for whoever is new and was never above (M7)."""
    row = health.c
    unarmed = sa.or_(row.last_judged_score_tenths.is_(None), row.last_judged_score_tenths == UNARMED_TENTHS)
    waits = sa.and_(unarmed, row.is_new == 1, _is_critical())
    return sa.case((waits, UNARMED_TENTHS), else_=score)


def _moves(limits: Limits) -> Said:
    row = health.c
    judged = row.last_judged_score_tenths
    was_below = judged < limits.at_risk_tenths
    settled = sa.or_(~_is_critical(), was_below, _by_configuration(limits.at_risk_tenths))
    return sa.or_(
        judged.is_(None),
        sa.and_(judged == UNARMED_TENTHS, ~_is_critical()),
        sa.and_(judged != UNARMED_TENTHS, judged != row.score_tenths, settled),
    )


def _is_critical() -> Said:
    return health.c.health_status == HealthStatus.critical.value


def is_overridden(limits: Limits) -> Said:
    """What is shown is not what was computed by these thresholds."""
    row = health.c
    far = sa.func.abs(row.total * 10.0 - row.score_tenths) > ROUNDING_TENTHS
    other_band = sa.or_(
        sa.and_(_is_critical(), row.score_tenths >= limits.at_risk_tenths),
        sa.and_(~_is_critical(), row.score_tenths < limits.at_risk_tenths),
    )
    return sa.or_(far, other_band)


def _by_configuration(threshold_tenths: int) -> Said:
    part = sa.func.coalesce(health.c.change_configuration, 0.0)
    return sa.and_(part < 0, (health.c.total - part) * 10.0 + 0.5 >= threshold_tenths)


def _fell_to_at_risk(limits: Limits) -> Said:
    row = health.c
    return sa.and_(
        row.health_status == HealthStatus.at_risk.value, row.last_judged_score_tenths >= limits.healthy_tenths
    )


def _is_high_value(limits: Limits) -> Said:
    mine = sa.and_(customers.c.venture_id == health.c.venture_id, customers.c.customer_id == health.c.customer_id)
    return sa.exists().where(mine, customers.c.arr_cents >= limits.high_value_cents)


def _force(venture_id: int, now_us: int) -> Said:
    table = overrides.c
    later = sa.or_(table.withdrawn_us.is_(None), table.withdrawn_us > now_us)
    return sa.and_(table.venture_id == venture_id, table.from_us <= now_us, table.until_us > now_us, later)


def _in_force_ids(venture_id: int, now_us: int) -> sa.Select[Any]:
    return sa.select(overrides.c.customer_id).where(_force(venture_id, now_us))


def _in_force(venture_id: int, now_us: int) -> Said:
    return health.c.customer_id.in_(_in_force_ids(venture_id, now_us))


def _overriders(connection: Connection, venture_id: int, now_us: int) -> dict[str, str]:
    query = sa.select(overrides.c.customer_id, overrides.c.person).where(_force(venture_id, now_us))
    return {row.customer_id: row.person for row in connection.execute(query.order_by(overrides.c.override_id))}


_OF_HEALTH = (
    "customer_id", "run_id", "score_tenths", "total", "health_status", "is_new", "coverage", "changed_us",
    "change_late", "change_time", "change_behaviour", "change_configuration",
)  # fmt: skip


def _standings(venture_id: int, trigger_id: str) -> sa.Select[Any]:
    chain = recursion_executions.c
    theirs = sa.and_(chain.venture_id == venture_id, chain.trigger_id == trigger_id, chain.subject == health.c.customer_id)

    def of_chains(what: sa.ColumnElement[Any], name: str) -> sa.Label[Any]:
        """Looked up for the few rows that are left: joined, it would gather every chain there ever was."""
        return sa.select(what).select_from(recursion_executions).where(theirs).correlate(health).scalar_subquery().label(name)

    same = sa.and_(customers.c.venture_id == health.c.venture_id, customers.c.customer_id == health.c.customer_id)
    return (
        sa.select(
            *(health.c[name] for name in _OF_HEALTH),
            health.c.last_judged_score_tenths,
            customers.c.arr_cents,
            of_chains(sa.func.max(chain.opened_us), "last_opened_us"),
            of_chains(sa.func.count(), "chains"),
            of_chains(sa.func.max(chain.is_open), "has_open_chain"),
        )
        .select_from(health)
        .outerjoin(customers, same)
        .where(health.c.venture_id == venture_id)
    )


def _standing(row: Row[Any], said: Mapping[str, str]) -> Standing:
    values = {name: getattr(row, name) for name in _OF_HEALTH}
    return Standing(
        **(values | {"is_new": bool(row.is_new)}),
        last_judged_tenths=row.last_judged_score_tenths,
        arr_cents=row.arr_cents,
        last_opened_us=row.last_opened_us,
        chains=row.chains or 0,
        has_open_chain=bool(row.has_open_chain),
        override_by=said.get(row.customer_id),
    )


def _fallen(checks: Mapping[str, Any]) -> int:
    """A run by another configuration than the one before tells nothing about behaviour (A4)."""
    return int(checks.get("fallen") or 0) if checks.get("same_configuration", True) else 0

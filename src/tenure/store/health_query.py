"""The questions lists ask of published scores, and how a row becomes a `ListedHealth`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import CursorResult

from tenure.model.health import HealthStatus, ScoreChange
from tenure.model.listing import SEPARATOR, HealthFilter, HealthSort, ListedHealth, Profile
from tenure.model.runs import Run
from tenure.store.tables import customers, health, refresh_runs

_COMPONENTS = ("engagement", "support", "value")
_PROFILE = ("name", "plan", "owner", "segment", "stage", "customer_status", "arr_cents", "renewal_us")
_CHANGES = ("late", "time", "behaviour", "configuration")
_OF_HEALTH = ("customer_id", "coverage", "scorecard", "scorecard_version", "total", "changed_us", "run_id")

_ORDERS: dict[HealthSort, sa.ColumnElement[Any]] = {
    HealthSort.score: health.c.score_tenths.asc(),
    HealthSort.score_descending: health.c.score_tenths.desc(),
    HealthSort.changed: health.c.changed_us.desc(),
    HealthSort.arr: customers.c.arr_cents.desc().nulls_last(),
    HealthSort.renewal: customers.c.renewal_us.asc().nulls_last(),
    HealthSort.name: customers.c.name.asc().nulls_last(),
    HealthSort.customer_id: health.c.customer_id.asc(),
}


def list_query(venture_id: int, where: HealthFilter | None, sort: HealthSort) -> sa.Select[Any]:
    """Scores with profile and run, in order; ties by customer id."""
    profile = [customers.c[name].label(f"profile_{name}") for name in _PROFILE]
    run = [
        refresh_runs.c.as_of_us.label("run_as_of_us"),
        refresh_runs.c.newest_input_us.label("run_newest_input_us"),
    ]
    query = (
        sa.select(health, *profile, *run)
        .join(refresh_runs, refresh_runs.c.run_id == health.c.run_id)
        .outerjoin(customers, _same_customer())
    )
    return query.where(*_conditions(venture_id, where)).order_by(_ORDERS[sort], health.c.customer_id)


def count_query(venture_id: int, where: HealthFilter | None) -> sa.Select[Any]:
    """How many scores a list has; the profile is joined only where it is asked for."""
    return _asked(sa.select(sa.func.count()).select_from(health), venture_id, where)


def ids_query(venture_id: int, where: HealthFilter | None) -> sa.Select[Any]:
    """Their ids alone, in order: a list of everybody costs a fraction."""
    return _asked(sa.select(health.c.customer_id).select_from(health), venture_id, where).order_by(health.c.customer_id)


def moved_query(venture_id: int, since_us: int) -> sa.Select[Any]:
    """Customer, name, owner, score and the one before, in tenths, of scores that moved."""
    row = health.c
    query = sa.select(row.customer_id, customers.c.name, customers.c.owner, row.score_tenths, row.previous_score_tenths)
    has_moved = row.previous_score_tenths.is_distinct_from(row.score_tenths)
    query = query.select_from(health).outerjoin(customers, _same_customer())
    return query.where(row.venture_id == venture_id, row.changed_us >= since_us, has_moved).order_by(row.customer_id)


def _asked(query: sa.Select[Any], venture_id: int, where: HealthFilter | None) -> sa.Select[Any]:
    if where is not None and any(getattr(where, name, None) is not None for name in _PROFILE):
        query = query.outerjoin(customers, _same_customer())
    return query.where(*_conditions(venture_id, where))


def listed_rows(result: CursorResult[Any], confirmed: Run | None) -> Iterator[ListedHealth]:
    """The rows of `list_query`; `confirmed` is the last run that looked at every customer."""
    names = tuple(result.keys())
    for row in result:
        yield _listed(dict(zip(names, row, strict=True)), confirmed)


def _listed(values: Mapping[str, Any], confirmed: Run | None) -> ListedHealth:
    as_of_us, newest_us = values["run_as_of_us"], values["run_newest_input_us"]
    if confirmed is not None and confirmed.as_of_us >= as_of_us:
        as_of_us, newest_us = confirmed.as_of_us, confirmed.newest_input_us
    previous = values["previous_score_tenths"]
    return ListedHealth(
        score=values["score_tenths"] / 10,
        previous_score=None if previous is None else previous / 10,
        status=HealthStatus(values["health_status"]),
        components=_components(values),
        is_new=bool(values["is_new"]),
        as_of_us=as_of_us,
        input_age_us=None if newest_us is None else max(as_of_us - newest_us, 0),
        change=_change(values),
        profile=Profile(**{name: values[f"profile_{name}"] for name in _PROFILE}),
        **{name: values[name] for name in _OF_HEALTH},
    )


def _same_customer() -> sa.ColumnElement[bool]:
    return sa.and_(
        customers.c.venture_id == health.c.venture_id, customers.c.customer_id == health.c.customer_id
    )


def _conditions(venture_id: int, where: HealthFilter | None) -> list[sa.ColumnElement[bool]]:
    conditions = [health.c.venture_id == venture_id]
    if where is None:
        return conditions
    columns = {"scorecard": health.c.scorecard} | {name: customers.c[name] for name in _PROFILE}
    wanted = {name: getattr(where, name, None) for name in columns}
    segment = wanted.pop("segment")
    conditions += [columns[name] == value for name, value in wanted.items() if value is not None]
    if segment is not None:
        conditions.append(_is_in(segment))
    if where.status is not None:
        conditions.append(health.c.health_status == where.status.value)
    if where.is_new is not None:
        conditions.append(health.c.is_new == int(where.is_new))
    if where.changed_since_us is not None:
        conditions.append(health.c.changed_us >= where.changed_since_us)
    return conditions


def _is_in(segment: str) -> sa.ColumnElement[bool]:
    """In one segment of several; by `replace`, which minds case and knows no wildcards on either database."""
    framed = sa.literal(SEPARATOR) + customers.c.segment + SEPARATOR
    return framed != sa.func.replace(framed, f"{SEPARATOR}{segment}{SEPARATOR}", "")


def _components(values: Mapping[str, Any]) -> dict[str, float]:
    found = {name: values[name] for name in _COMPONENTS if values[name] is not None}
    others = values["other_components"]
    return found | msgspec.json.decode(others) if others else found


def _change(values: Mapping[str, Any]) -> ScoreChange | None:
    parts = {name: values[f"change_{name}"] for name in _CHANGES}
    if all(part is None for part in parts.values()):
        return None
    stated = {name: part or 0.0 for name, part in parts.items()}
    return ScoreChange(total=sum(stated.values()), **stated)

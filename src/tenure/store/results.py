"""Metric results as small documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Row

from tenure.model.results import MetricResult
from tenure.store.engine import Database
from tenure.store.statements import fields, replacing
from tenure.store.tables import metric_results


class ResultRows:
    """The port `tenure.ports.results.Results`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, venture_id: int, results: Sequence[MetricResult]) -> None:
        with self._database.writing() as connection:
            for result in results:
                connection.execute(
                    replacing(connection, metric_results).values(
                        venture_id=venture_id,
                        metric=result.metric,
                        segment=result.segment,
                        as_of_us=result.as_of_us,
                        document=result.document,
                        computed_us=result.computed_us,
                    )
                )

    def latest(self, venture_id: int, metric: str, segment: str = "") -> MetricResult | None:
        query = _of(venture_id, metric, segment).order_by(metric_results.c.as_of_us.desc()).limit(1)
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else _result(row)

    def latest_of_all(self, venture_id: int) -> Sequence[MetricResult]:
        table = metric_results.c
        place = sa.func.row_number().over(
            partition_by=(table.metric, table.segment), order_by=table.as_of_us.desc()
        )
        ranked = (
            sa.select(metric_results, place.label("place")).where(table.venture_id == venture_id).subquery()
        )
        query = sa.select(ranked).where(ranked.c.place == 1).order_by(ranked.c.metric, ranked.c.segment)
        with self._database.reading() as connection:
            return [_result(row) for row in connection.execute(query)]

    def history(
        self, venture_id: int, metric: str, segment: str = "", *, from_us: int | None = None, limit: int = 400
    ) -> Sequence[MetricResult]:
        query = _of(venture_id, metric, segment)
        if from_us is not None:
            query = query.where(metric_results.c.as_of_us >= from_us)
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(metric_results.c.as_of_us.desc()).limit(limit)).all()
        return [_result(row) for row in reversed(rows)]


def _of(venture_id: int, metric: str, segment: str) -> sa.Select[Any]:
    table = metric_results.c
    return sa.select(metric_results).where(
        table.venture_id == venture_id, table.metric == metric, table.segment == segment
    )


def _result(row: Row[Any]) -> MetricResult:
    return MetricResult(**fields(row, "venture_id", "place"))

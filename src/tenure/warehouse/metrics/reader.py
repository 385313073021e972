"""The metrics of a warehouse: each question answered over a view, and the people behind each number."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import ibis
import ibis.expr.types as ir

from tenure.errors import BadInput
from tenure.model.currency import Currencies
from tenure.model.readings import Voice
from tenure.ports.metric_results import (
    ChurnResult,
    HealthResult,
    MonthHeadline,
    NpsResult,
    RenewalsResult,
    RetentionResult,
    RevenueResult,
    SatisfactionResult,
    Segmented,
    SegmentsResult,
    Split,
    SurvivalSplit,
)
from tenure.ports.metrics import Asked, MetricSettings, RenewalMarks, WhoList
from tenure.ports.product import ProductUse
from tenure.warehouse.metrics import answers, churn, product, renewals, retention, revenue, standing, survival
from tenure.warehouse.metrics.members import Population, SavedSegments, rows
from tenure.warehouse.view import FactsView

R = TypeVar("R")

Cell = Callable[[Population, Sequence[str]], ir.Table | None]
_CELLS: dict[str, Cell] = {
    "retention": retention.retention_cell,
    "survival": survival.survival_cell,
    "revenue": revenue.revenue_cell,
    "churn": churn.churn_cell,
    "nps": answers.nps_cell,
    "csat": lambda population, parts: answers.satisfaction_cell(population, "csat", parts),
    "ces": lambda population, parts: answers.satisfaction_cell(population, "ces", parts),
}
_SCORED_CELLS: dict[str, Callable[[Population, ir.Table, Sequence[str]], ir.Table | None]] = {
    "segments": standing.health_cell,
    "health": standing.health_cell,
}


@dataclass(frozen=True, slots=True)
class WarehouseMetrics:
    """Implements `ports.metrics.CustomerMetrics` and `ports.product.ProductFacts`. Make one per job and close it: the facts must not change while it
    lives, since what several metrics read is worked out once.

    Args:
        view_at: the view at a time (us) with what a batch knew (None: everything).
        marks_at: what the store knows of renewals at a time (us).
        scores_at: customer_id, score_tenths, health_status of everybody scored, as a table on the view's connection.
    """

    view_at: Callable[[int, int | None], FactsView]
    scores_at: Callable[[FactsView], ir.Table]
    currencies: Currencies
    settings: MetricSettings = field(default_factory=MetricSettings)
    saved: SavedSegments = field(default_factory=dict)
    marks_at: Callable[[int], RenewalMarks] = lambda now_us: RenewalMarks()
    _populations: dict[Asked, Population] = field(default_factory=dict, repr=False, compare=False)
    _scores: dict[tuple[int, int], ir.Table] = field(default_factory=dict, repr=False, compare=False)

    def close(self) -> None:
        """Drop the temporary tables; the connection must still be open (closing it drops them too)."""
        while self._populations:
            self._populations.popitem()[1].forget()

    def known_batch(self, asked: Asked) -> int:
        return self._population(asked).view.known_batch

    def currency(self) -> str:
        return self.currencies.venture

    def retention(self, asked: Asked) -> Split[RetentionResult]:
        return self._split(asked, retention.retention)

    def headlines(self, asked: Asked) -> tuple[MonthHeadline, ...]:
        return retention.headline_history(self._whole(asked))

    def survival(self, asked: Asked) -> SurvivalSplit:
        return survival.survival(self._population(asked))

    def revenue(self, asked: Asked) -> Split[RevenueResult]:
        return self._split(asked, revenue.revenue)

    def churn(self, asked: Asked) -> Split[ChurnResult]:
        return self._split(asked, churn.churn)

    def nps(self, asked: Asked) -> Split[NpsResult]:
        return self._split(asked, answers.nps)

    def satisfaction(self, asked: Asked, survey: str) -> Split[SatisfactionResult]:
        return self._split(asked, lambda population: answers.satisfaction(population, survey))

    def segments(self, asked: Asked) -> SegmentsResult:
        population = self._population(asked)
        return standing.segments(population, self._scores_of(population.view))

    def health(self, asked: Asked) -> Split[HealthResult]:
        return self._split(asked, self._with_scores(standing.health))

    def renewals(self, asked: Asked, limit: int | None = 200) -> Split[RenewalsResult]:
        marks = self.marks_at(asked.now_us)
        return self._split(asked, self._with_scores(lambda population, scores: renewals.renewals(population, scores, marks, limit)))

    def who(self, asked: Asked, metric: str, cell: str, limit: int | None = 100) -> WhoList:
        members = self._members(self._whole(asked), metric, cell)
        if members is None:
            raise BadInput(f"The metric {metric!r} has no number {cell!r}.", f"See docs/metrics/{metric}.md for its numbers.")
        return _who(members, metric, cell, limit)

    # --- what customers use and say ---

    def feature_use(self, asked: Asked, since_us: int, most: int, behind: int) -> ProductUse:
        return product.feature_use(self._population(asked), since_us, most, behind)

    def voices(self, asked: Asked, since_us: int) -> Sequence[tuple[Voice, str]]:
        return product.voices(self._population(asked), since_us)

    def names(self, asked: Asked, customer_ids: Sequence[str]) -> Mapping[str, str]:
        return product.names(self._population(asked), customer_ids)

    def _population(self, asked: Asked) -> Population:
        if asked not in self._populations:
            whole = None if asked.by is None else self._population(replace(asked, by=None, segment=None))
            view = self._view_of(asked)
            settings = self.settings if asked.days is None else replace(self.settings, renewal_horizon_days=asked.days)
            made = Population(view, self.currencies, settings, asked.by, asked.segment, self.saved, whole)
            self._populations[asked] = made
        return self._populations[asked]

    def _view_of(self, asked: Asked) -> FactsView:
        """The view of another question about the same moment, if there was one."""
        moments = (one.view for at, one in self._populations.items() if (at.now_us, at.known) == (asked.now_us, asked.known))
        return next(moments, None) or self.view_at(asked.now_us, asked.known)

    def _scores_of(self, view: FactsView) -> ir.Table:
        """Scores of the past are computed from facts: once for every question about the same moment."""
        moment = (view.now_us, view.known_batch)
        if moment not in self._scores:
            self._scores[moment] = self.scores_at(view)
        return self._scores[moment]

    def _whole(self, asked: Asked) -> Population:
        """The same people in one piece: everybody, or the one segment asked for."""
        return self._population(asked if asked.segment is not None else replace(asked, by=None))

    def _split(self, asked: Asked, answer: Callable[[Population], Mapping[str, R]]) -> Split[R]:
        population, whole = self._population(asked), answer(self._whole(asked))
        is_split = population.by is not None and population.segment is None
        parts = answer(population) if is_split else {}
        return Split(
            by=asked.by,
            segment=asked.segment,
            result=next(iter(whole.values())),
            segments=tuple(Segmented(name, parts[name]) for name in sorted(parts)),
        )

    def _with_scores(self, answer: Callable[[Population, ir.Table], Mapping[str, R]]) -> Callable[[Population], Mapping[str, R]]:
        return lambda population: answer(population, self._scores_of(population.view))

    def _members(self, population: Population, metric: str, cell: str) -> ir.Table | None:
        parts = cell.split("/")
        try:
            if metric in _CELLS:
                return _CELLS[metric](population, parts)
            if metric == "renewals":
                scores = self._scores_of(population.view)
                return renewals.renewals_cell(population, scores, self.marks_at(population.view.now_us), parts)
            if metric in _SCORED_CELLS:
                return _SCORED_CELLS[metric](population, self._scores_of(population.view), parts)
        except ValueError:
            # a month or a number that is none
            return None
        return None


def _who(members: ir.Table, metric: str, cell: str, limit: int | None) -> WhoList:
    counted: dict[str, Any] = rows(members.agg(total=members.count(), customers=members.customer_id.nunique()))[0]
    listed = members.select("customer_id").distinct().order_by(ibis._.customer_id)
    found = rows(listed if limit is None else listed.limit(limit))
    return WhoList(
        metric=metric,
        cell=cell,
        total=int(counted["total"]),
        customers=int(counted["customers"]),
        customer_ids=tuple(row["customer_id"] for row in found),
    )

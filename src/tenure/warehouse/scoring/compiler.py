"""Compiles a scoring configuration to Ibis: the set-wise reader, equal to `tenure.rules.scorecard.evaluate` to the digit.

Each step repeats the evaluator's in the same order. Steps are separate selections, so that no expression is written
out twice: values, points, components, totals.
"""

from __future__ import annotations

import itertools
import operator
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import ibis
import ibis.expr.types as ir

from tenure.clock import DAY_US
from tenure.model.scorecard import (
    Bands,
    Boolean,
    BySegment,
    Component,
    Inverse,
    Linear,
    Measure,
    NoDataPolicy,
    Number,
    ParameterRef,
    Piecewise,
    ScoringConfig,
    Shape,
)
from tenure.rules.scorecard.arithmetic import LAST_HALVING
from tenure.rules.scorecard.catalogue import columns, kind_of
from tenure.rules.scorecard.evaluate import age_limit_days
from tenure.rules.scorecard.full_marks import full_marks, highest
from tenure.warehouse.conditions import condition_expression, exact
from tenure.warehouse.scoring.values import VALUES

POINTS_PREFIX = "points_"
RESULT_COLUMNS = ("card", "total", "score", "health_status", "coverage")


def component_ids(config: ScoringConfig) -> tuple[str, ...]:
    """The components of all scorecards, each once, in order of precedence and declaration."""
    return tuple(dict.fromkeys(each.id for card in config.scorecards for each in card.card.components))


def result_columns(config: ScoringConfig) -> tuple[str, ...]:
    """The columns `scored` adds: card (place of the scorecard in the configuration), points of each component, ..."""
    return (*RESULT_COLUMNS, *(POINTS_PREFIX + name for name in component_ids(config)))


def scored(inputs: ir.Table, config: ScoringConfig, connected: frozenset[str], now_us: int) -> ir.Table:
    """The inputs with `result_columns(config)`: total (unrounded double), score, health_status, coverage, points_<component>.

    A component the customer's scorecard does not have is null. Row order and inputs stay as they are.
    """
    kept = inputs.columns
    table, cards = _placed(inputs, config, now_us)
    parts = [
        _Card(place, card.card.components, config, connected, now_us)
        for place, card in enumerate(config.scorecards)
    ]
    for step in ("values", "points", "earnings", "component_points", "totals"):
        new: dict[str, Any] = {}
        for part in parts:
            new |= getattr(part, step)(table)
        table = table.mutate(**new)
    table = _chosen(table, config, cards)
    table = table.mutate(score=(table.total * exact(10) + exact(0.5)).floor().cast("float64") / exact(10))
    status = ibis.cases(
        (table.score >= exact(config.healthy_threshold), "healthy"),
        (table.score >= exact(config.at_risk_threshold), "at_risk"),
        else_="critical",
    )
    return table.mutate(health_status=status).select(*kept, *result_columns(config))


def _placed(inputs: ir.Table, config: ScoringConfig, now_us: int) -> tuple[ir.Table, int]:
    """Adds which scorecard scores each customer, and which segments it is in."""
    notice = config.renewal_notice_days
    found = {
        _segment_column(segment.name, config): condition_expression(segment.condition, inputs, now_us, notice)
        for segment in config.segments
    }
    branches = [
        (condition_expression(card.condition, inputs, now_us, notice), ibis.literal(position, "int64"))
        for position, card in enumerate(config.scorecards)
        if card.condition is not None
    ]
    last = ibis.literal(len(config.scorecards) - 1, "int64")
    card = ibis.cases(*branches, else_=last) if branches else last
    return inputs.mutate(card=card, **found), len(config.scorecards)


def _segment_column(name: str, config: ScoringConfig) -> str:
    position = next(i for i, segment in enumerate(config.segments) if segment.name == name)
    return f"segment_{position}"


def _chosen(table: ir.Table, config: ScoringConfig, cards: int) -> ir.Table:
    """Of every scorecard's result, the one that counts for the customer."""

    def pick(names: Sequence[str | None]) -> Any:
        if len(names) == 1 and names[0] is not None:
            return table[names[0]]
        branches = [(table.card == i, table[name]) for i, name in enumerate(names) if name is not None]
        return ibis.cases(*branches)

    new = {
        "total": pick([f"c{i}_total" for i in range(cards)]),
        "coverage": pick([f"c{i}_coverage" for i in range(cards)]),
    }
    for component in component_ids(config):
        names = [
            next(
                (f"c{i}_{j}_points" for j, each in enumerate(card.card.components) if each.id == component),
                None,
            )
            for i, card in enumerate(config.scorecards)
        ]
        new[POINTS_PREFIX + component] = pick(names)
    return table.mutate(**new)


@dataclass(frozen=True)
class _Expressions:
    """Numbers of a document as doubles of the engine. `segments` are columns of the table, by name."""

    table: ir.Table
    segments: tuple[str, ...]

    def read(self, number: Number) -> Any:
        if isinstance(number, ParameterRef):
            raise TypeError(f"the parameter {number.parameter} was not resolved")
        if not isinstance(number, BySegment):
            return exact(number)
        branches = [
            (self.table[f"segment_{self.segments.index(name)}"], exact(value)) for name, value in number.cases
        ]
        return ibis.cases(*branches, else_=exact(number.otherwise))

    def largest(self, values: Sequence[Any]) -> Any:
        return values[0] if len(values) == 1 else ibis.greatest(*values)

    def smallest(self, values: Sequence[Any]) -> Any:
        return values[0] if len(values) == 1 else ibis.least(*values)

    def total(self, values: Sequence[Any]) -> Any:
        return reduce(operator.add, values, exact(0.0))


@dataclass(frozen=True)
class _Card:
    """The steps of one scorecard; `position` keeps its columns apart from those of other scorecards."""

    position: int
    components: tuple[Component, ...]
    config: ScoringConfig
    connected: frozenset[str]
    now_us: int

    def values(self, table: ir.Table) -> dict[str, Any]:
        """v: the value of each measure, null where there is none."""
        return {self._name(j, k, "v"): self._value(table, measure) for j, k, measure in self._measures()}

    def points(self, table: ir.Table) -> dict[str, Any]:
        """p: points, null where the measure is dropped; d: whether it had data."""
        found: dict[str, Any] = {}
        for j, k, measure in self._measures():
            value = table[self._name(j, k, "v")]
            found[self._name(j, k, "p")] = self._points(table, measure, value)
            found[self._name(j, k, "d")] = self._covered(measure, value)
        return found

    def earnings(self, table: ir.Table) -> dict[str, Any]:
        """e: points earned, f: full marks, w: weight of each component."""
        how = self._how(table)
        found: dict[str, Any] = {}
        for j, component in enumerate(self.components):
            points = [table[self._name(j, k, "p")] for k in range(len(component.measures))]
            found[self._name(j, "e")] = how.total([each.fill_null(0.0) for each in points])
            found[self._name(j, "f")] = self._full(component, points, how)
            found[self._name(j, "w")] = how.read(component.weight)
        return found

    def component_points(self, table: ir.Table) -> dict[str, Any]:
        """points: earned between floor and full marks, rescaled to the weight (M3)."""
        how = self._how(table)
        found: dict[str, Any] = {}
        for j, component in enumerate(self.components):
            earned, full, weight = (table[self._name(j, what)] for what in "efw")
            capped = ibis.greatest(ibis.least(earned, full), ibis.least(how.read(component.floor), full))
            found[self._name(j, "points")] = ibis.ifelse(full > 0, capped * weight / full, exact(0.0))
        return found

    def totals(self, table: ir.Table) -> dict[str, Any]:
        """The sum, its weight spread over the components that were not dropped, and the coverage."""
        how = self._how(table)
        places = range(len(self.components))
        total = how.total([table[self._name(j, "points")] for j in places])
        weights = how.total([table[self._name(j, "w")] for j in places])
        left = how.total(
            [
                ibis.ifelse(table[self._name(j, "f")] > 0, table[self._name(j, "w")], exact(0.0))
                for j in places
            ]
        )
        covered = [table[self._name(j, k, "d")].cast("int64") for j, k, _ in self._measures()]
        whole = ibis.ifelse((left == weights) | (left <= 0), total, total * (weights / left))
        return {
            f"c{self.position}_total": whole,
            f"c{self.position}_coverage": reduce(operator.add, covered).cast("float64") / exact(len(covered)),
        }

    def _measures(self) -> list[tuple[int, int, Measure]]:
        return [
            (j, k, m) for j, component in enumerate(self.components) for k, m in enumerate(component.measures)
        ]

    def _name(self, *parts: int | str) -> str:
        return "_".join(map(str, (f"c{self.position}", *parts)))

    def _how(self, table: ir.Table) -> _Expressions:
        return _Expressions(table, tuple(segment.name for segment in self.config.segments))

    def _value(self, table: ir.Table, measure: Measure) -> Any:
        kind = kind_of(measure)
        value = VALUES[kind.id]({role: table[name] for role, name in columns(measure).items()}, self.now_us)
        if kind.aged_by is None:
            return value
        limit_days = age_limit_days(measure)
        age_us = self._age_us(table, measure)
        in_time = age_us.notnull() if limit_days is None else (age_us <= exact(limit_days * DAY_US))
        return ibis.ifelse(in_time, value, ibis.null("float64"))

    def _age_us(self, table: ir.Table, measure: Measure) -> Any:
        at = columns(measure)[kind_of(measure).aged_by or ""]
        return (ibis.literal(self.now_us, "int64") - table[at]).cast("float64")

    def _covered(self, measure: Measure, value: Any) -> Any:
        kind = kind_of(measure)
        if kind.source not in self.connected:
            return ibis.literal(False)
        return ibis.literal(True) if kind.silence_is_data else value.notnull()

    def _points(self, table: ir.Table, measure: Measure, value: Any) -> Any:
        how = self._how(table)
        policy = measure.no_data.policy
        resting = how.read(measure.no_data.points) if policy is NoDataPolicy.neutral else exact(0.0)
        without = ibis.null("float64") if policy is NoDataPolicy.drop else resting
        if kind_of(measure).source not in self.connected and policy is not NoDataPolicy.rule:
            return without
        points = _limited(_shape_points(measure.shape, value, how), measure, how)
        if measure.half_life_days is not None:
            points = _faded(points, resting, self._age_us(table, measure), measure.half_life_days)
        return ibis.ifelse(value.isnull(), without, points)

    def _full(self, component: Component, points: Sequence[Any], how: _Expressions) -> Any:
        """Full marks of what is left when measures are dropped."""
        full = full_marks(component, how)
        dropping = [m.no_data.policy is NoDataPolicy.drop for m in component.measures]
        if not any(dropping):
            return full
        tops = [highest(measure, how) for measure in component.measures]
        left = how.total(
            [ibis.ifelse(each.notnull(), top, exact(0.0)) for each, top in zip(points, tops, strict=True)]
        )
        everything = how.total(tops)
        missing = reduce(operator.or_, [each.isnull() for each in points])
        reduced = ibis.ifelse(everything > 0, full * (left / everything), exact(0.0))
        return ibis.ifelse(missing, reduced, full)


def _shape_points(shape: Shape, value: Any, how: _Expressions) -> Any:
    match shape:
        case Bands(bands, otherwise):
            branches = [(value < how.read(band.below), how.read(band.points)) for band in bands]
            return ibis.cases(*branches, else_=how.read(otherwise))
        case Linear(per_unit, base):
            return how.read(base) + how.read(per_unit) * value
        case Inverse(base, minus_per_unit):
            return how.read(base) - how.read(minus_per_unit) * value
        case Boolean(yes, no):
            return ibis.ifelse(value > 0, how.read(yes), how.read(no))
        case Piecewise():
            return _on_the_line(shape, value, how)


def _on_the_line(shape: Piecewise, value: Any, how: _Expressions) -> Any:
    knots = [(how.read(knot.at), how.read(knot.points)) for knot in shape.knots]
    branches = [(value <= knots[0][0], knots[0][1])]
    for (at, points), (next_at, next_points) in itertools.pairwise(knots):
        line = points + (next_points - points) * ((value - at) / (next_at - at))
        branches.append((value <= next_at, line))
    return ibis.cases(*branches, else_=knots[-1][1])


def _limited(points: Any, measure: Measure, how: _Expressions) -> Any:
    if measure.cap is not None:
        points = ibis.least(points, how.read(measure.cap))
    return points if measure.floor is None else ibis.greatest(points, how.read(measure.floor))


def _faded(points: Any, resting: Any, age_us: Any, half_life_days: int) -> Any:
    lives = age_us / exact(half_life_days * float(DAY_US))
    whole = lives.floor().cast("float64")
    doubled = ibis.cases(*[(whole == exact(n), exact(2**n)) for n in range(LAST_HALVING)], else_=exact(1.0))
    share = (exact(1.0) - (lives - whole) / exact(2.0)) / doubled
    return ibis.ifelse(lives >= exact(LAST_HALVING), resting, resting + (points - resting) * share)

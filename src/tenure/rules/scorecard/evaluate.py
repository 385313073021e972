"""Scores one customer in plain Python: what `health show`, overrides and tests read, equal to the compiled score."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass

from tenure.clock import DAY_US
from tenure.model.health import ComponentPoints, HealthStatus, MeasureReading
from tenure.model.scorecard import Component, LiveScorecard, Measure, NoDataPolicy, ScoringConfig
from tenure.rules.conditions import holds
from tenure.rules.scorecard.arithmetic import Floats, faded, limited, published, shape_points
from tenure.rules.scorecard.catalogue import Inputs, columns, kind_of, window_days
from tenure.rules.scorecard.full_marks import full_marks, highest, is_bounded
from tenure.rules.scorecard.profile import Row, profile, segments_of
from tenure.rules.scorecard.sentences import CORE_FEATURE, sentence


@dataclass(frozen=True)
class Evaluation:
    """The score of one customer with everything it came from. `total` is unrounded."""

    scorecard: LiveScorecard
    total: float
    score: float
    status: HealthStatus
    components: tuple[ComponentPoints, ...]
    readings: tuple[MeasureReading, ...]
    coverage: float


@dataclass(frozen=True)
class _Reading:
    value: float | None
    covered: bool
    points: float | None
    """None when the measure is dropped."""


def evaluate(config: ScoringConfig, row: Row, connected: Set[str], now_us: int) -> Evaluation:
    """Score a customer.

    `row` holds its measure inputs and profile columns; `connected` the sources of which the venture has any fact.
    """
    fields = profile(row, now_us, config.renewal_notice_days)
    how = Floats(segments_of(config, fields))
    live = next(card for card in config.scorecards if card.condition is None or holds(card.condition, fields))
    has_core = bool(config.core_features)
    parts = [_component(component, how, row, connected, now_us, has_core) for component in live.card.components]
    total = _total([part for part, _ in parts], how)
    readings = tuple(reading for _, found in parts for reading in found)
    covered = sum(reading.had_data for reading in readings)
    return Evaluation(
        scorecard=live,
        total=total,
        score=published(total),
        status=status_of(published(total), config),
        components=tuple(part for part, _ in parts),
        readings=readings,
        coverage=covered / len(readings),
    )


def status_of(score: float, config: ScoringConfig) -> HealthStatus:
    """The band of a published score (M1, M2)."""
    if score >= config.healthy_threshold:
        return HealthStatus.healthy
    return HealthStatus.at_risk if score >= config.at_risk_threshold else HealthStatus.critical


def _component(
    component: Component, how: Floats, row: Row, connected: Set[str], now_us: int, has_core: bool
) -> tuple[ComponentPoints, tuple[MeasureReading, ...]]:
    found = [(measure, _read(measure, how, row, connected, now_us)) for measure in component.measures]
    earned = how.total([reading.points for _, reading in found if reading.points is not None])
    full = _full(component, found, how)
    weight = how.read(component.weight)
    capped = max(min(earned, full), min(how.read(component.floor), full))
    points = capped * weight / full if full > 0 else 0.0
    part = ComponentPoints(
        component=component.id,
        earned=earned,
        full=full,
        weight=weight,
        points=points,
        covered=any(reading.covered for _, reading in found),
    )
    readings = tuple(_told(component, measure, reading, how, connected, has_core) for measure, reading in found)
    return part, readings


def _full(component: Component, found: list[tuple[Measure, _Reading]], how: Floats) -> float:
    """Full marks of what is left when measures are dropped; 0 when nothing is."""
    full = full_marks(component, how)
    if all(reading.points is not None for _, reading in found):
        return full
    left = how.total([highest(measure, how) for measure, reading in found if reading.points is not None])
    everything = how.total([highest(measure, how) for measure in component.measures])
    return full * (left / everything) if everything > 0 else 0.0


def _total(parts: list[ComponentPoints], how: Floats) -> float:
    """The sum; where a whole component was dropped the others share its weight."""
    total = how.total([part.points for part in parts])
    weights = how.total([part.weight for part in parts])
    left = how.total([part.weight for part in parts if part.full > 0])
    if left == weights or left <= 0:
        return total
    return total * (weights / left)


def _read(measure: Measure, how: Floats, row: Row, connected: Set[str], now_us: int) -> _Reading:
    kind = kind_of(measure)
    inputs: Inputs = {role: _number(row.get(column)) for role, column in columns(measure).items()}
    value = kind.value(inputs, now_us)
    age_us = None if kind.aged_by is None else _age(inputs[kind.aged_by], now_us)
    if kind.aged_by is not None and _too_old(measure, age_us):
        value = None
    is_connected = kind.source in connected
    covered = is_connected and (value is not None or kind.silence_is_data)
    missing = value is None or (not is_connected and measure.no_data.policy is not NoDataPolicy.rule)
    if missing:
        return _Reading(value, covered, _points_without(measure, how))
    assert value is not None
    points = limited(shape_points(measure.shape, value, how), measure, how)
    if measure.half_life_days is not None and age_us is not None:
        points = faded(points, _resting(measure, how), age_us, measure.half_life_days)
    return _Reading(value, covered, points)


def _number(value: object) -> float | int | None:
    return value if isinstance(value, int | float) else None


def _age(at_us: float | int | None, now_us: int) -> float | None:
    return None if at_us is None else float(now_us - int(at_us))


def _too_old(measure: Measure, age_us: float | None) -> bool:
    """A reading counts inside its window, or as the last known value up to the age limit."""
    limit_days = age_limit_days(measure)
    return age_us is None or (limit_days is not None and age_us > limit_days * DAY_US)


def age_limit_days(measure: Measure) -> int | None:
    """How old an aged reading may be; None: for ever."""
    window, last_known = window_days(measure), measure.no_data.last_known_days
    if last_known is None:
        return window
    return last_known if window is None else max(window, last_known)


def _points_without(measure: Measure, how: Floats) -> float | None:
    return None if measure.no_data.policy is NoDataPolicy.drop else _resting(measure, how)


def _resting(measure: Measure, how: Floats) -> float:
    """What the measure earns with no reading, and what an old reading fades to."""
    return how.read(measure.no_data.points) if measure.no_data.policy is NoDataPolicy.neutral else 0.0


def _told(
    component: Component, measure: Measure, reading: _Reading, how: Floats, connected: Set[str], has_core: bool
) -> MeasureReading:
    top = highest(measure, how) if is_bounded(measure) else full_marks(component, how)
    can_earn = has_core or measure.reads != CORE_FEATURE
    return MeasureReading(
        measure=measure.id,
        component=component.id,
        value=reading.value,
        had_data=reading.covered,
        points=reading.points or 0.0,
        sentence=sentence(measure, reading.value, reading.points, top, kind_of(measure).source in connected, has_core),
        highest=top if can_earn else 0.0,
    )


def source_set(counts: Mapping[str, int]) -> frozenset[str]:
    """The sources of which there is anything."""
    return frozenset(name for name, count in counts.items() if count > 0)

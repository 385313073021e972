"""The default scorecard, point by point (metrics.md section 1)."""

from __future__ import annotations

from typing import Any

import pytest

from tenure.clock import DAY_US
from tenure.model.health import HealthStatus
from tenure.model.mapping import FactMapping
from tenure.model.scorecard import ScoringConfig
from tenure.parameters import resolve
from tenure.rules.scorecard.document import parse_scorecard
from tenure.rules.scorecard.evaluate import Evaluation, evaluate, status_of
from tenure.rules.scorecard.resolve import PublishedScorecard, resolve_config
from tenure.scorecards import default_scorecard

NOW_US = 20_000 * DAY_US
ALL = frozenset({"logins", "events", "features", "tickets"})


def _config(**values: object) -> ScoringConfig:
    card = parse_scorecard(default_scorecard(), "default.yaml")
    return resolve_config([PublishedScorecard(card, 1)], resolve(values), FactMapping())


def _score(config: ScoringConfig | None = None, connected: frozenset[str] = ALL, **row: Any) -> Evaluation:
    full = {"last_login_us": None, "open_tickets": 0, "features": 0, "core_features": 0, **row}
    return evaluate(config or _config(), full, connected, NOW_US)


def _points(found: Evaluation) -> dict[str, float]:
    return {part.component: part.points for part in found.components}


@pytest.mark.parametrize(
    ("age_us", "points"),
    [
        (1, 40), (DAY_US - 1, 40), (DAY_US, 30), (7 * DAY_US - 1, 30), (7 * DAY_US, 20),
        (30 * DAY_US - 1, 20), (30 * DAY_US, 0), (None, 0),
    ],
)  # fmt: skip
def test_engagement_bands_compare_age_below_limit(age_us: int | None, points: float) -> None:
    found = _score(last_login_us=None if age_us is None else NOW_US - age_us)
    assert _points(found)["engagement"] == points


@pytest.mark.parametrize(("tickets", "points"), [(0, 30), (1, 20), (3, 0), (9, 0)])
def test_support_loses_ten_points_for_each_open_ticket(tickets: int, points: float) -> None:
    assert _points(_score(open_tickets=tickets))["support"] == points


@pytest.mark.parametrize(("features", "core", "points"), [(0, 0, 0), (3, 0, 15), (3, 2, 25), (9, 1, 30)])
def test_value_counts_features_and_a_core_bonus(features: int, core: int, points: float) -> None:
    assert _points(_score(features=features, core_features=core))["value"] == points


def test_m3_full_marks_always_earn_exactly_the_weight() -> None:
    config = _config(
        engagement_weight=61,
        support_weight=17,
        value_weight=22,
        active_engagement_points=37,
        max_support_points=43,
    )
    found = _score(config, last_login_us=NOW_US - 1, features=9)
    assert _points(found) == {"engagement": 61.0, "support": 17.0, "value": 22.0}
    assert found.total == 100.0


def test_m4_a_source_never_connected_gives_the_rules_value_and_is_not_covered() -> None:
    found = _score(connected=frozenset({"logins"}))
    assert _points(found)["support"] == 30.0
    assert found.coverage == 0.25
    assert "support not measured: 30 of 30" in [reading.sentence for reading in found.readings]


@pytest.mark.parametrize(
    ("score", "status"),
    [(70.0, "healthy"), (69.9, "at_risk"), (40.0, "at_risk"), (39.9, "critical"), (0.0, "critical")],
)
def test_m1_status_follows_the_published_score(score: float, status: str) -> None:
    assert status_of(score, _config()) is HealthStatus(status)


def test_m2_thresholds_are_parameters() -> None:
    assert status_of(69.0, _config(healthy_threshold=65)) is HealthStatus.healthy

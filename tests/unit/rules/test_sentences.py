"""The reasons of a score as a person reads them."""

from __future__ import annotations

import pytest

from tenure.model.scorecard import Measure
from tenure.rules.scorecard.document import parse_scorecard
from tenure.rules.scorecard.sentences import sentence
from tenure.scorecards import default_scorecard

MEASURES = {one.id: one for part in parse_scorecard(default_scorecard(), "default.yaml").components for one in part.measures}


def said(measure: Measure, value: float | None, points: float, highest: float, has_core_features: bool = True) -> str:
    return sentence(measure, value, points, highest, True, has_core_features)


@pytest.mark.parametrize(
    ("measure", "value", "points", "highest", "text"),
    [
        ("last_login", 0.4, 40, 40, "last login today: 40 of 40"),
        ("last_login", 1.2, 40, 40, "last login 1 day ago: 40 of 40"),
        ("last_login", 12.9, 20, 40, "last login 12 days ago: 20 of 40"),
        ("last_login", None, 0, 40, "never logged in: 0 of 40"),
        ("open_tickets", 0, 30, 30, "no open tickets: 30 of 30"),
        ("open_tickets", 1, 20, 30, "1 open ticket: 20 of 30"),
        ("open_tickets", 1200, 0, 30, "1,200 open tickets: 0 of 30"),
        ("features", 0, 0, 30, "no features adopted: 0 of 30"),
        ("features", 1, 5, 30, "1 feature adopted: 5 of 30"),
        ("features", 3, 15, 30, "3 features adopted: 15 of 30"),
        ("core_feature", 1, 10, 10, "core feature adopted: 10 of 10"),
        ("core_feature", 0, 0, 10, "no core feature adopted: 0 of 10"),
    ],
)
def test_the_shipped_scorecard_says_why_in_plain_words(measure: str, value: float | None, points: float, highest: float, text: str) -> None:
    assert said(MEASURES[measure], value, points, highest) == text


def test_nobody_is_blamed_for_a_core_feature_that_nobody_named() -> None:
    assert said(MEASURES["core_feature"], 0, 0, 10, has_core_features=False) == "no core features named yet: 0 of 10"

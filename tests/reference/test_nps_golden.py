"""NPS intervals against shared data golden/nps.json and the published coverage of the adjusted Wald."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import pytest

from tenure.stats.nps import (
    NpsCounts,
    adjusted_wald_interval,
    answers_for_margin,
    net_promoter_score,
    nps_difference,
)
from tenure.stats.result import Answer


@pytest.fixture(scope="module")
def golden(shared: Path) -> dict[str, Any]:
    return json.loads((shared / "data/golden/nps.json").read_text())


def numbers(key: str) -> list[float]:
    return [float(found) for found in re.findall(r"\d+\.?\d*", key)]


def test_every_golden_case_of_the_adjusted_wald_interval_is_reproduced(golden: dict[str, Any]) -> None:
    for key, expected in golden["cases"].items():
        counts = NpsCounts(*(int(n) for n in numbers(key)))
        outcome = net_promoter_score(counts, min_answers=1)
        assert isinstance(outcome, Answer)
        found, rocks = outcome.value, expected["rocks_aw3T"]
        assert found.value == pytest.approx(expected["nps"])
        assert (found.interval.low, found.interval.high) == pytest.approx(rocks["ci"], abs=1e-5)
        assert 100 * counts.sums().standard_error() == pytest.approx(expected["wald"]["se"], abs=1e-6)
        assert 100 * counts.sums().adjusted().mean == pytest.approx(rocks["center"], abs=1e-6)
        assert 100 * counts.sums().adjusted().standard_error() == pytest.approx(rocks["se"], abs=1e-6)


def test_every_golden_difference_of_two_scores_is_reproduced(golden: dict[str, Any]) -> None:
    for key, expected in golden["two_sample"].items():
        found = [int(n) for n in numbers(key)]
        outcome = nps_difference(NpsCounts(*found[3:]), NpsCounts(*found[:3]), min_answers=100)
        assert isinstance(outcome, Answer)
        assert outcome.value.value == pytest.approx(expected["diff"])
        assert outcome.value.p_value == pytest.approx(expected["p"], rel=1e-9)
        interval = outcome.value.interval
        assert (interval.low, interval.high) == pytest.approx(expected["ci"], abs=1e-9)


def test_every_golden_number_of_answers_for_a_margin_is_reproduced(golden: dict[str, Any]) -> None:
    for key, expected in golden["n_for_margin"].items():
        assert answers_for_margin(*numbers(key)) == expected


def test_the_interval_covers_as_often_as_the_exact_grid_says(golden: dict[str, Any]) -> None:
    for key, expected in golden["exact_coverage_nominal_.95"].items():
        n, promoter, detractor = numbers(key)
        if n <= 20:
            assert exact_coverage(int(n), promoter, detractor) == pytest.approx(
                expected["rocks_aw3T"], abs=1e-4
            )


def exact_coverage(n: int, promoter: float, detractor: float) -> float:
    """Chance, over all outcomes of n answers, that the interval holds the true score."""
    covered = 0.0
    for p in range(n + 1):
        for d in range(n + 1 - p):
            interval = adjusted_wald_interval(NpsCounts(p, n - p - d, d).sums())
            if interval.low - 1e-12 <= promoter - detractor <= interval.high + 1e-12:
                ways = math.comb(n, p) * math.comb(n - p, d)
                covered += ways * promoter**p * detractor**d * (1 - promoter - detractor) ** (n - p - d)
    return covered

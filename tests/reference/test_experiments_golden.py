"""Rates, sample ratios and always-valid tests against shared data golden/ab.json (statsmodels, scipy, confseq)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tenure.stats.proportions import difference_of_rates, rate_of, relative_difference
from tenure.stats.result import Answer
from tenure.stats.sequential import (
    SequentialPlan,
    always_valid_difference,
    normal_mixture_boundary,
    sample_ratio,
    tightest_rho,
)


@pytest.fixture(scope="module")
def golden(shared: Path) -> dict[str, Any]:
    return json.loads((shared / "data/golden/ab.json").read_text())


@pytest.mark.parametrize("metric", ["retention_1", "retention_7"])
def test_the_cookie_cats_rates_and_their_difference(metric: str, golden: dict[str, Any]) -> None:
    cats = golden["cookie_cats"]
    expected = cats[metric]
    control = rate_of(expected["x30"], cats["n"]["gate_30"])
    treated = rate_of(expected["x40"], cats["n"]["gate_40"])
    found = difference_of_rates(treated, control)
    assert (control.value, treated.value) == pytest.approx(
        (expected["rate30"], expected["rate40"]), abs=1e-10
    )
    assert (control.interval.low, control.interval.high) == pytest.approx(
        expected["ci95_rate30_wilson"], abs=1e-10
    )
    assert found.value == pytest.approx(expected["diff40_30"], abs=1e-10)
    assert found.p_value == pytest.approx(expected["p_pooled"], abs=1e-12)
    assert (found.interval.low, found.interval.high) == pytest.approx(expected["ci95_diff_newcomb"], abs=1e-9)
    relative = relative_difference(treated, control)
    assert isinstance(relative, Answer)
    ratio = relative.value.interval
    assert (ratio.low + 1, ratio.high + 1) == pytest.approx(expected["ci95_ratio_log"], abs=1e-9)


@pytest.mark.parametrize("mail", ["Mens E-Mail", "Womens E-Mail"])
@pytest.mark.parametrize("metric", ["visit", "conversion"])
def test_the_hillstrom_mails_against_no_mail(mail: str, metric: str, golden: dict[str, Any]) -> None:
    hillstrom = golden["hillstrom"]
    sizes, rates, expected = hillstrom["n"], hillstrom[f"{metric}_rate"], hillstrom[mail][metric]
    treated, control = (rate_of(round(rates[arm] * sizes[arm]), sizes[arm]) for arm in (mail, "No E-Mail"))
    found = difference_of_rates(treated, control)
    assert found.value == pytest.approx(expected["ate"], abs=1e-10)
    assert (found.interval.low, found.interval.high) == pytest.approx(expected["ci_newcombe"], abs=1e-9)
    assert found.p_value == pytest.approx(expected["p"], rel=1e-6)


def test_a_broken_and_a_sound_split_are_told_apart(golden: dict[str, Any]) -> None:
    broken = sample_ratio(list(golden["cookie_cats"]["n"].values()), [1, 1])
    sound = sample_ratio(list(golden["hillstrom"]["n"].values()), [1, 1, 1])
    assert isinstance(broken, Answer) and isinstance(sound, Answer)
    assert broken.value.p_value == pytest.approx(golden["cookie_cats"]["srm_chi2"]["p"], abs=1e-12)
    assert sound.value.p_value == pytest.approx(golden["hillstrom"]["srm_chi2"]["p"], abs=1e-9)
    assert broken.value.is_broken and not sound.value.is_broken


def test_the_boundary_equals_the_closed_form_of_confseq(golden: dict[str, Any]) -> None:
    confseq = golden["confseq"]
    rho = confseq["rho_minimising_width_at_v=100_alpha=.05"]
    assert tightest_rho(100) == pytest.approx(rho, abs=1e-5)
    for key, expected in confseq["closed_form_at_rho"].items():
        assert normal_mixture_boundary(float(key[2:]), rho) == pytest.approx(expected, rel=1e-7)


def test_the_always_valid_answer_to_cookie_cats_is_weaker_than_the_fixed_one(golden: dict[str, Any]) -> None:
    """The shared README: fixed-horizon p = 0.0016 where an always-valid test says 0.04-0.08."""
    cats = golden["cookie_cats"]
    treated = rate_of(cats["retention_7"]["x40"], cats["n"]["gate_40"])
    control = rate_of(cats["retention_7"]["x30"], cats["n"]["gate_30"])
    for planned in (45_000, 10_000, 5_000):
        found = always_valid_difference(treated, control, SequentialPlan(planned, planned, 0.19))
        assert 0.03 < found.p_value < 0.09
        assert found.p_value > cats["retention_7"]["p_pooled"] * 10
        assert found.interval.contains(0.0) == (found.p_value > 0.05)

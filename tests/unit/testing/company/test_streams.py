"""Random numbers by name and key."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from tenure.testing.company.streams import Streams


def test_a_number_does_not_depend_on_how_many_others_are_asked_for() -> None:
    streams = Streams(5)
    few, many = streams.uniform("x", 3, np.arange(10)), streams.uniform("x", 3, np.arange(1000))
    assert (few == many[:10]).all()


def test_one_number_equals_the_number_in_an_array() -> None:
    streams = Streams(5)
    keys = streams.bits("customer", np.arange(50))
    assert [streams.one("x", 20_454, int(key)) for key in keys] == streams.uniform("x", 20_454, keys).tolist()


def test_one_normal_number_equals_the_number_in_an_array() -> None:
    streams = Streams(5)
    assert streams.one_normal("x", 7) == pytest.approx(streams.normal("x", 7)[0], abs=1e-12)


def test_numbers_are_uniform_over_neighbouring_keys_and_days() -> None:
    streams = Streams(1)
    assert stats.kstest(streams.uniform("x", np.arange(20_000)), "uniform").pvalue > 0.01
    assert stats.kstest(streams.uniform("x", np.arange(20_000), 9), "uniform").pvalue > 0.01


@pytest.mark.parametrize("other", [("y", 1), ("x", 2)])
def test_another_name_or_day_gives_unrelated_numbers(other: tuple[str, int]) -> None:
    streams, keys = Streams(1), np.arange(20_000)
    first, second = streams.uniform("x", 1, keys), streams.uniform(*other, keys)
    assert abs(np.corrcoef(first, second)[0, 1]) < 4 / np.sqrt(keys.size)


def test_another_seed_gives_other_numbers() -> None:
    assert Streams(1).one("x", 1) != Streams(2).one("x", 1)


def test_geometric_counts_have_the_mean_asked_for() -> None:
    counts = Streams(1).geometric(np.full(50_000, 3.0), "x", np.arange(50_000))
    assert counts.min() == 0
    assert counts.mean() == pytest.approx(3.0, abs=4 * np.sqrt(12 / 50_000))


def test_picks_follow_the_weights() -> None:
    picks = Streams(1).pick([1, 0, 3], "x", np.arange(40_000))
    shares = np.bincount(picks, minlength=3) / picks.size
    assert shares == pytest.approx([0.25, 0, 0.75], abs=0.01)


def test_a_single_pick_is_the_pick_in_an_array() -> None:
    streams = Streams(3)
    weights = [1.0, 0.5, 2.0]
    many = streams.pick(weights, "x", np.arange(200))
    assert [streams.one_of(weights, "x", key) for key in range(200)] == many.tolist()

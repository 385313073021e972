"""What the demo's summary says to a stranger."""

from __future__ import annotations

from tenure.cli.demo.painting import FEW_HELD_OUT, holdout_says


def test_few_held_out_are_not_called_an_effect() -> None:
    said = holdout_says([{"customers": 60, "healthy": 40}, {"customers": 20, "critical": 20}], [{"customers": 4, "healthy": 1}])
    assert said.startswith("Healthy now: 40 of 80 helped, 1 of 4 held out.") and "cannot tell help from chance" in said


def test_enough_held_out_lead_to_the_interval() -> None:
    said = holdout_says([{"customers": 300, "healthy": 200}], [{"customers": FEW_HELD_OUT, "healthy": 9}])
    assert "chance" not in said and said.endswith("`tenure effect` has the difference with its interval.")


def test_without_a_holdout_nothing_is_claimed() -> None:
    assert "nothing can be said" in holdout_says([{"customers": 3}], [{"customers": 0}])

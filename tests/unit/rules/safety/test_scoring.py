"""Scoring on hold (section 3, A20): the last good scores stay, marked stale; scoring goes to manual."""

from __future__ import annotations

import pytest

from tenure.clock import DAY_US, HOUR_US
from tenure.model.incidents import EVERYTHING, OUTREACH_BY_SCORE, SCORING, Pause
from tenure.model.runs import Run, RunKind, RunState
from tenure.rules.safety.scoring import scoring_hold, scoring_state

NOW = 20_000 * DAY_US


def pause(scope: str = SCORING, cohort_percent: float | None = None) -> Pause:
    return Pause(pause_id=1, scope=scope, since_us=NOW - 2 * HOUR_US, by="safety rule", why="a run failed", incident_id=7, cohort_percent=cohort_percent)


def run(state: RunState, as_of_us: int) -> Run:
    return Run(run_id=1, kind=RunKind.full, state=state, as_of_us=as_of_us, known_batch=1, started_us=as_of_us, message="Too many fell.")


@pytest.mark.parametrize(("one", "holds"), [
    (pause(), True), (pause(cohort_percent=10), False), (pause(OUTREACH_BY_SCORE), False), (pause(EVERYTHING), False),
])  # fmt: skip
def test_only_a_whole_pause_of_scoring_holds_it_the_kill_switch_does_not(one: Pause, holds: bool) -> None:
    assert (scoring_hold([one]) is not None) is holds


def test_A20_scores_from_before_the_pause_are_stale_and_the_incident_is_named() -> None:
    before = run(RunState.published, NOW - 3 * HOUR_US)
    found = scoring_state([pause()], run(RunState.refused, NOW - 2 * HOUR_US), before, NOW)
    assert found.hold is not None and "incident 7" in found.stale_because


def test_scores_made_by_hand_under_the_pause_are_fresh_for_a_day() -> None:
    by_hand = run(RunState.published, NOW - HOUR_US)
    assert scoring_state([pause()], by_hand, by_hand, NOW).stale_because == ""
    assert scoring_state([pause()], by_hand, by_hand, NOW + DAY_US + HOUR_US).stale_because != ""


def test_A20_a_failed_run_makes_the_last_scores_stale_without_an_incident_too() -> None:
    good = run(RunState.published, NOW - 5 * HOUR_US)
    assert "Too many fell." in scoring_state([], run(RunState.failed, NOW), good, NOW).stale_because
    assert scoring_state([], good, good, NOW).stale_because == ""
    assert scoring_state([], run(RunState.failed, NOW), None, NOW).stale_because == "", "nobody was ever scored"

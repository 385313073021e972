"""The gate "retention improving" tells the truth (M11, C5)."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from tenure.app.improving import Improving
from tenure.clock import DAY_US
from tenure.model.incidents import LoopState, Mode
from tenure.model.playbooks import PlaybookKind
from tenure.model.results import MetricResult
from tenure.parameters import DEFAULTS
from tenure.stats.proportions import rate, rate_of
from tenure.stats.result import Answer, NoAnswer, Outcome, Rate, not_enough_customers
from tenure.stats.retention import Headline, HeadlineDefinition, ImprovingGate, Verdict

LAUNCH = 20_500 * DAY_US
ACTIVE = HeadlineDefinition.ACTIVE_RETENTION


class Kept:
    def __init__(self) -> None:
        self.rows: dict[str, MetricResult] = {}
        self.live_since_us: int | None = LAUNCH
        self.campaign_since_us: int | None = LAUNCH - 5 * DAY_US
        self.playbooks = self.controls = self.results = self

    def latest(self, venture_id: int, metric: str, segment: str = "") -> MetricResult | None:
        return self.rows.get(metric)

    def put(self, venture_id: int, results: Sequence[MetricResult]) -> None:
        self.rows |= {one.metric: one for one in results}

    def state(self, venture_id: int, now_us: int) -> LoopState:
        return LoopState(mode=Mode.live, live_since_us=self.live_since_us)

    def live(self, venture_id: int) -> list[Any]:
        kind = PlaybookKind.at_risk if self.campaign_since_us is not None else PlaybookKind.onboarding
        return [SimpleNamespace(definition=SimpleNamespace(kind=kind), live_from_us=self.campaign_since_us)]


@pytest.fixture
def kept() -> Kept:
    return Kept()


def headline(kept: int, definition: HeadlineDefinition = ACTIVE) -> Answer[Headline]:
    return Answer(Headline(rate_of(kept, 100), definition))


def judge(kept: Kept, day: float, headlines: dict[int, Outcome[Headline]], recovered: int = 40) -> ImprovingGate:
    def at(moment_us: int) -> Outcome[Headline]:
        day_of = (moment_us - LAUNCH) // DAY_US
        return headlines[max(known for known in headlines if known <= day_of)]

    recovery: Outcome[Rate] = rate(recovered, 100)
    gate = Improving(kept, 1, DEFAULTS, at, lambda: recovery)  # type: ignore[arg-type]
    return gate.judge(LAUNCH + int(day * DAY_US))


def test_M11_it_is_not_yet_until_a_campaign_is_live_in_a_live_venture(kept: Kept) -> None:
    kept.campaign_since_us = None
    assert "No campaign is live" in judge(kept, 1, {-99: headline(60)}).sentence
    kept.campaign_since_us, kept.live_since_us = LAUNCH, None
    assert judge(kept, 1, {-99: headline(60)}).verdict is Verdict.NOT_YET
    assert not kept.rows


def test_C5_the_baseline_is_frozen_once_at_launch(kept: Kept) -> None:
    first = judge(kept, 10, {-99: headline(60), 5: headline(61)})
    assert (first.verdict, "61 of 100" in first.sentence, "60 of 100" in first.sentence) == (Verdict.NOT_YET, True, True)
    restated = judge(kept, 20, {-99: headline(80), 15: headline(63)})
    assert restated.verdict is Verdict.PASSED
    assert kept.rows["retention_baseline"].document["count"] == 60
    kept.live_since_us = LAUNCH + 19 * DAY_US
    assert judge(kept, 70, {-99: headline(60)}).verdict is Verdict.FAILED


def test_C5_without_history_the_baseline_is_that_of_the_thirty_days_after(kept: Kept) -> None:
    nothing: NoAnswer = not_enough_customers(3, 30)
    early = judge(kept, 29, {-99: nothing, 28: headline(50)})
    assert early.verdict is Verdict.NOT_YET and "30 days after" in early.sentence
    assert "retention_baseline" not in kept.rows
    late = judge(kept, 40, {-99: nothing, 28: headline(50), 39: headline(55)})
    assert late.verdict is Verdict.PASSED
    assert kept.rows["retention_baseline"].as_of_us == LAUNCH + 30 * DAY_US


def test_M11_after_sixty_days_it_has_failed_and_may_still_pass_late(kept: Kept) -> None:
    assert judge(kept, 59, {-99: headline(60)}).verdict is Verdict.NOT_YET
    assert judge(kept, 60, {-99: headline(60)}).verdict is Verdict.FAILED
    late = judge(kept, 90, {-99: headline(60), 80: headline(63)})
    assert (late.verdict, late.late) == (Verdict.PASSED, True)


def test_M11_without_recovery_it_does_not_pass(kept: Kept) -> None:
    found = judge(kept, 61, {-99: headline(60), 50: headline(70)}, recovered=29)
    assert found.verdict is Verdict.FAILED and "at-risk recovery is 29 %" in found.sentence


def test_M8_two_definitions_are_not_compared(kept: Kept) -> None:
    found = judge(kept, 61, {-99: headline(60), 50: headline(90, HeadlineDefinition.CUSTOMER_RETENTION)})
    assert found.verdict is Verdict.NOT_YET and "different definitions" in found.sentence

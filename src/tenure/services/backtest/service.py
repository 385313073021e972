"""The backtest: score the past date by date, pool, and judge the pool."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pyarrow.compute as pc

from tenure.clock import DAY_US, iso
from tenure.errors import Refused
from tenure.model.scorecard import ScoringConfig
from tenure.ports.backtest import BacktestWarehouse, PooledScores, PoolRequest
from tenure.services.backtest.dates import PastDate, dates_of, why_none
from tenure.services.backtest.following import calibration_out_of_time, days_of_warning, score_bands
from tenure.services.backtest.judging import ENOUGH_LEFT, Judge, People, Thresholds
from tenure.services.backtest.results import (
    BacktestAsked,
    BacktestResult,
    DateJudged,
    Prediction,
    SegmentPrediction,
)
from tenure.stats.clustered import GROUPS, RESAMPLES
from tenure.stats.result import Answer, Outcome, not_enough_customers

if TYPE_CHECKING:
    import pyarrow as pa

Progress = Callable[[float, str], None]
"""Called with a share 0-1 and a sentence."""


def _quietly(share: float, text: str) -> None:
    """For callers that do not watch."""


class BacktestService:
    """Looks at one configuration's scores of the past.

    Args:
        warehouse: scores with the same configuration.
        config: what every date is scored with, today's or one not published yet.
    """

    def __init__(self, warehouse: BacktestWarehouse, config: ScoringConfig) -> None:
        self._warehouse, self._config = warehouse, config

    def run(self, asked: BacktestAsked, progress: Progress = _quietly) -> BacktestResult:
        """Score every date and judge.

        Raises:
            BadInput: days, dates, column or segment that make no sense.
            Refused: there is no date to judge yet; the sentence says why.
        """
        first_us = self._warehouse.first_started_us(asked.now_us) if asked.from_us is None else asked.from_us
        dates = [PastDate(at_us, self._batch(asked, at_us)) for at_us in dates_of(asked, first_us)]
        judged = [date for date in dates if date.known_batch is not None or not asked.as_known]
        if not judged:
            raise Refused(why_none(asked), "Name an earlier --from, a shorter --within, or leave --known away.")
        pool = self._warehouse.pool(self._request(asked))
        try:
            for done, date in enumerate(judged):
                progress(done / len(judged), f"scoring as of {iso(date.at_us)[:10]}")
                pool.add(date.at_us, date.known_batch)
            progress(1.0, "judging")
            return self._judged(asked, pool, judged, len(dates) - len(judged))
        finally:
            pool.close()

    def _batch(self, asked: BacktestAsked, at_us: int) -> int | None:
        return self._warehouse.batch_at(at_us) if asked.as_known else None

    def _request(self, asked: BacktestAsked) -> PoolRequest:
        return PoolRequest(
            seen_us=asked.now_us,
            within_us=asked.within_days * DAY_US,
            by=asked.by,
            segment=asked.segment,
            groups=GROUPS,
        )

    def _judged(
        self, asked: BacktestAsked, pool: PooledScores, dates: list[PastDate], without_batch: int
    ) -> BacktestResult:
        counts, bands = pool.counts(), pool.bands().to_pylist()
        people = _people(pool)
        last_us = dates[-1].at_us + asked.within_days * DAY_US
        judge = self._judge_of(asked, counts)
        return BacktestResult(
            scorecards=tuple(card.version for card in self._config.scorecards),
            every_days=asked.every_days,
            within_days=asked.within_days,
            as_known=asked.as_known,
            seed=asked.seed,
            dates=_dates_judged(dates, bands),
            dates_without_batch=without_batch,
            everybody=judge(None).prediction(people[None]) if None in people else None,
            by=asked.by,
            segment=asked.segment,
            segments=tuple(
                SegmentPrediction(name, people[name].customers, people[name].left, self._segment(judge, name, people[name]))
                for name in sorted(name for name in people if name is not None)
            ),
            bands=score_bands(bands),
            calibration=calibration_out_of_time(bands, asked.within_days),
            warnings=days_of_warning(pool.warnings(last_us).to_pylist()),
            notes=_notes(asked, pool.is_rounded()),
        )

    def _judge_of(self, asked: BacktestAsked, counts: pa.Table) -> Callable[[str | None], Judge]:
        thresholds = Thresholds(self._config.healthy_threshold, self._config.at_risk_threshold)

        def judge(segment: str | None) -> Judge:
            mine = pc.is_null(counts["segment"]) if segment is None else pc.equal(counts["segment"], segment)
            return Judge(counts.filter(mine), thresholds, asked.seed)

        return judge

    def _segment(self, judge: Callable[[str], Judge], name: str, people: People) -> Outcome[Prediction]:
        if people.left < ENOUGH_LEFT:
            return not_enough_customers(people.left, ENOUGH_LEFT)
        return Answer(judge(name).prediction(people))


def _people(pool: PooledScores) -> dict[str | None, People]:
    rows = pool.customers().to_pylist()
    return {row["segment"]: People(row["customers"], row["left"], row["involuntary"]) for row in rows}


def _dates_judged(dates: list[PastDate], bands: list[dict[str, int]]) -> tuple[DateJudged, ...]:
    left, everyone = (dict.fromkeys((date.at_us for date in dates), 0) for _ in range(2))
    for row in bands:
        left[row["at_us"]] += row["left"]
        everyone[row["at_us"]] += row["left"] + row["stayed"]
    return tuple(DateJudged(date.at_us, date.known_batch, everyone[date.at_us], left[date.at_us]) for date in dates)


def _notes(asked: BacktestAsked, is_rounded: bool) -> tuple[str, ...]:
    """What the numbers rest on, in words."""
    knowledge = (
        "Each date was scored with the facts that had arrived by then"
        if asked.as_known
        else "Each date was scored with the facts dated before it, whenever they arrived; statements without an earlier "
        "version (plan, owner, traits) are used backwards"
    )
    return (
        f"{knowledge}, with one configuration for all dates.",
        "Judged are customers at the date: not before they started, not after they left, no trials, no internal accounts.",
        f"A customer stands in the pool once per date. The intervals draw whole customers ({GROUPS} groups by chance, "
        f"{RESAMPLES} draws, seed {asked.seed}), so that a customer counted often does not make them narrow.",
        *(("Totals were rounded to thousandths: there are too many different ones.",) if is_rounded else ()),
    )

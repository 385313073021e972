"""The backtest over a warehouse that answers from rows written out by hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pytest

from tenure.clock import DAY_US
from tenure.errors import Refused
from tenure.model.mapping import FactMapping
from tenure.parameters import DEFAULTS
from tenure.ports.backtest import PooledScores, PoolRequest
from tenure.rules.scorecard.document import parse_scorecard
from tenure.rules.scorecard.resolve import PublishedScorecard, resolve_config
from tenure.scorecards import default_scorecard
from tenure.services.backtest import BacktestAsked, BacktestResult, BacktestService
from tenure.stats.result import Answer, NoAnswer, Reason

CONFIG = resolve_config([PublishedScorecard(parse_scorecard(default_scorecard(), "default"), 1)], DEFAULTS, FactMapping())
NOW_US = 400 * DAY_US

COUNTS = {"segment": pa.string(), "bucket": pa.int64(), "total": pa.float64(), "health_status": pa.string(), "left": pa.int64(), "stayed": pa.int64()}
CUSTOMERS = {"segment": pa.string(), "customers": pa.int64(), "left": pa.int64(), "involuntary": pa.int64()}
BANDS = {"at_us": pa.int64(), "band": pa.int64(), "left": pa.int64(), "stayed": pa.int64()}
WARNINGS = {"border": pa.string(), "days": pa.int64(), "customers": pa.int64()}


def table(rows: list[tuple[Any, ...]], schema: dict[str, pa.DataType]) -> pa.Table:
    return pa.Table.from_pylist([dict(zip(schema, row, strict=True)) for row in rows], schema=pa.schema(schema))


@dataclass
class Pool:
    """Implements `PooledScores` from rows; remembers what was asked."""

    counted: list[tuple[Any, ...]]
    people: list[tuple[Any, ...]]
    banded: list[tuple[Any, ...]]
    rounded: bool = False
    added: list[tuple[int, int | None]] = field(default_factory=list)
    closed: bool = False

    def add(self, at_us: int, known_batch: int | None) -> None:
        self.added.append((at_us, known_batch))

    def counts(self) -> pa.Table:
        return table(self.counted, COUNTS)

    def is_rounded(self) -> bool:
        return self.rounded

    def customers(self) -> pa.Table:
        return table(self.people, CUSTOMERS)

    def bands(self) -> pa.Table:
        return table([(at_us, *rest) for at_us, *rest in self.banded], BANDS)

    def warnings(self, last_us: int) -> pa.Table:
        return table([("critical", 12, 3), ("critical", None, 1), ("at_risk", 20, 4)], WARNINGS)

    def close(self) -> None:
        self.closed = True


@dataclass
class Past:
    """Implements `BacktestWarehouse` with one pool; batch n was drained on day 100 n."""

    pool_: Pool
    started_us: int | None = 0

    def first_started_us(self, seen_us: int) -> int | None:
        return self.started_us

    def batch_at(self, at_us: int) -> int | None:
        return at_us // (100 * DAY_US) or None

    def pool(self, request: PoolRequest) -> PooledScores:
        self.request = request
        return self.pool_


def rows(segment: str | None = None, left: int = 1) -> list[tuple[Any, ...]]:
    """Forty groups of customers; of those with 20 points `left` leave in each group, of those with 90 nobody does."""
    low = [(segment, group, 20.0, "critical", left, 3) for group in range(40)]
    return low + [(segment, group, 90.0, "healthy", 0, 16) for group in range(40)]


DAYS = (300, 328, 356)


def usual(**said: Any) -> Pool:
    banded = [(day * DAY_US, 2, 15, 40) for day in DAYS]
    return Pool(**{"counted": rows(), "people": [(None, 500, 30, 4)], "banded": banded, **said})


def run(pool: Pool, **asked: Any) -> BacktestResult:
    given = {"from_us": DAYS[0] * DAY_US, "every_days": 28, "to_us": DAYS[-1] * DAY_US, **asked}
    return BacktestService(Past(pool), CONFIG).run(BacktestAsked(now_us=NOW_US, **given))


def test_every_date_is_pooled_and_the_pool_is_closed() -> None:
    pool = usual()
    found = run(pool)
    assert pool.added == [(day * DAY_US, None) for day in DAYS]
    assert pool.closed
    assert [(one.customers, one.left) for one in found.dates] == [(55, 15)] * 3


def test_the_numbers_are_those_of_the_counts() -> None:
    """40 leave and 120 stay at 20 points, 640 stay at 90: AUC = (640 + 120 / 2) / 760."""
    everybody = run(usual()).everybody
    assert everybody is not None
    assert (everybody.scores, everybody.scores_before_leaving) == (800, 40)
    assert isinstance(everybody.auc, Answer)
    assert everybody.auc.value.value == pytest.approx(700 / 760)
    assert isinstance(everybody.lift_worst_tenth, Answer)
    assert everybody.lift_worst_tenth.value.value == pytest.approx(5.0)
    assert (everybody.customers, everybody.customers_left, everybody.customers_left_involuntary) == (500, 30, 4)


def test_the_borders_are_counted_on_both_sides() -> None:
    everybody = run(usual()).everybody
    assert everybody is not None
    at_risk, critical = everybody.borders
    assert (at_risk.below, critical.below) == (70, 40)
    assert (critical.called_and_left, critical.called_and_stayed, critical.missed, critical.rightly_quiet) == (40, 120, 0, 640)
    assert isinstance(critical.precision, Answer)
    assert (critical.precision.value.count, critical.precision.value.total) == (40, 160)
    assert isinstance(critical.recall, Answer)
    assert critical.recall.value.value == 1.0


def test_a_perfect_recall_of_few_customers_is_not_certain() -> None:
    everybody = run(usual()).everybody
    assert everybody is not None
    recall = everybody.borders[1].recall
    assert isinstance(recall, Answer)
    assert 0.8 < recall.value.interval.low < 1.0


def test_nobody_left_is_no_answer_by_name() -> None:
    pool = usual(counted=rows(left=0), people=[(None, 500, 0, 0)], banded=[(DAYS[0] * DAY_US, 2, 0, 55)])
    everybody = run(pool).everybody
    assert everybody is not None
    for measure in (everybody.auc, everybody.average_precision, everybody.lift_worst_tenth):
        assert isinstance(measure, NoAnswer)
        assert measure.reason is Reason.ONE_SIDED


def test_a_single_customer_who_left_is_not_enough_however_often_it_was_scored() -> None:
    pool = usual(people=[(None, 500, 1, 0)])
    everybody = run(pool).everybody
    assert everybody is not None
    assert isinstance(everybody.auc, NoAnswer)
    assert everybody.auc.reason is Reason.NOT_ENOUGH_CUSTOMERS


def test_a_segment_is_judged_only_where_enough_left() -> None:
    counted = rows() + rows("pro") + rows("free")
    pool = usual(counted=counted, people=[(None, 500, 30, 0), ("pro", 300, 25, 0), ("free", 200, 5, 0)])
    free, pro = run(pool, by="plan").segments
    assert (free.segment, pro.segment) == ("free", "pro")
    assert isinstance(free.prediction, NoAnswer)
    assert (free.prediction.have, free.prediction.need) == (5, 20)
    assert isinstance(pro.prediction, Answer)
    assert pro.prediction.value.customers == 300


def test_with_known_each_date_is_scored_from_the_batch_of_its_time_and_earlier_dates_are_left_out() -> None:
    pool = usual(banded=[(100 * DAY_US, 2, 1, 9), (200 * DAY_US, 2, 1, 9)])
    found = run(pool, as_known=True, from_us=0, every_days=100, to_us=200 * DAY_US)
    assert pool.added == [(100 * DAY_US, 1), (200 * DAY_US, 2)]
    assert found.dates_without_batch == 1


def test_no_date_to_judge_is_refused_with_a_reason() -> None:
    with pytest.raises(Refused, match="No date has a window of 28 days"):
        run(usual(), from_us=NOW_US - DAY_US, to_us=None)


def test_rounding_is_said() -> None:
    assert any("thousandths" in note for note in run(usual(rounded=True)).notes)
    assert not any("thousandths" in note for note in run(usual()).notes)


def test_a_date_with_nobody_is_shown_as_such() -> None:
    pool = usual(counted=[], people=[], banded=[])
    found = run(pool)
    assert found.everybody is None
    assert [one.customers for one in found.dates] == [0, 0, 0]

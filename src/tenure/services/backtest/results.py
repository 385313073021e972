"""What a backtest is asked and what it answers."""

from __future__ import annotations

from dataclasses import dataclass

from tenure.stats.calibration import Calibration
from tenure.stats.ranking import Measured
from tenure.stats.result import Outcome, Rate


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestAsked:
    """Score everybody every `every_days` and look who left `within_days` afterwards.

    Args:
        now_us: who left is read as of this time; a date whose window is not over by then is not judged.
        from_us: first date (default: the start of the first customer, at most a year before the last date).
        to_us: no date after this one (default: the last whose window is over).
        as_known: score with what had arrived by each date, not with everything that arrived since.
        by: a column to split by; a segment is judged as it was at each date.
        segment: only this segment of `by`.
        seed: of the drawing behind the intervals.
    """

    now_us: int
    every_days: int = 14
    within_days: int = 28
    from_us: int | None = None
    to_us: int | None = None
    as_known: bool = False
    by: str | None = None
    segment: str | None = None
    seed: int = 20_260_301


@dataclass(frozen=True, slots=True)
class DateJudged:
    """One past date: how many were scored and are judged, and how many of them left within the window."""

    at_us: int
    known_batch: int | None
    customers: int
    left: int


@dataclass(frozen=True, slots=True)
class Border:
    """Calling everybody below a status border (M1: by the published score): what it got right and wrong.

    Counts are scores, not customers. `recall` is of those who left, `false_alarms` of those who stayed.
    """

    border: str
    below: float
    called_and_left: int
    called_and_stayed: int
    missed: int
    rightly_quiet: int
    precision: Outcome[Rate]
    recall: Outcome[Rate]
    false_alarms: Outcome[Rate]


@dataclass(frozen=True, slots=True)
class Prediction:
    """How well the score told who leaves. `customers` and `customers_left` are different people, the rest are scores."""

    customers: int
    customers_left: int
    customers_left_involuntary: int
    scores: int
    scores_before_leaving: int
    base_rate: Outcome[Rate]
    auc: Outcome[Measured]
    average_precision: Outcome[Measured]
    lift_worst_tenth: Outcome[Measured]
    borders: tuple[Border, ...]


@dataclass(frozen=True, slots=True)
class SegmentPrediction:
    """The same for one segment, where enough left."""

    segment: str
    customers: int
    customers_left: int
    prediction: Outcome[Prediction]


@dataclass(frozen=True, slots=True)
class Warned:
    """Of those who left: who was below the border on the last date before, and for how many days without a break.

    Days are counted from the first date of that run to the end, so they are known to the step between dates.
    """

    border: str
    left: int
    warned: Outcome[Rate]
    median_days: Outcome[float]


@dataclass(frozen=True, slots=True)
class ScoreBand:
    """Scores in [low, high) (the last band holds 100 too): how many, and how many of them left within the window."""

    low: int
    high: int
    left: int
    stayed: int


@dataclass(frozen=True, slots=True)
class BacktestResult:
    """Everything the page shows. `notes` say in words what the numbers rest on."""

    scorecards: tuple[str, ...]
    every_days: int
    within_days: int
    as_known: bool
    seed: int
    dates: tuple[DateJudged, ...]
    dates_without_batch: int
    everybody: Prediction | None
    by: str | None
    segment: str | None
    segments: tuple[SegmentPrediction, ...]
    bands: tuple[ScoreBand, ...]
    calibration: Outcome[Calibration]
    warnings: tuple[Warned, ...]
    notes: tuple[str, ...]

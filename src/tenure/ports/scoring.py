"""Scoring as the refresh sees it: the warehouse computes and keeps scores, services decide and publish."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from tenure.model.health import ScoreChange
from tenure.model.runs import RunKind
from tenure.model.scorecard import ScoringConfig

if TYPE_CHECKING:
    import pyarrow as pa


class ScoreRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What one run computes.

    `overrides`: customer_id, override_id, score?, status?, until_us of those in force at `now_us`.
    `pulses`: customer_id, value, given_us, until_us. `force` publishes although the fleet jumped.
    """

    run_id: int
    kind: RunKind
    now_us: int
    config: ScoringConfig
    overrides: pa.Table
    pulses: pa.Table
    force: bool = False


class ScoreResult(msgspec.Struct, frozen=True, kw_only=True):
    """What one run computed. With `problems` nothing was kept: the last good scores stay."""

    known_batch: int
    scored: int
    changed: int
    removed: int
    average: float | None
    by_status: dict[str, int]
    checks: dict[str, Any]
    problems: tuple[str, ...] = ()


class ScoredRun(msgspec.Struct, frozen=True, kw_only=True):
    """A run the warehouse has kept."""

    run_id: int
    kind: RunKind
    as_of_us: int
    known_batch: int
    config_digest: str
    connected: tuple[str, ...]


class KeptScore(msgspec.Struct, frozen=True, kw_only=True):
    """One customer's score as a run kept it. `row` holds the measure inputs and profile columns.

    `shown_score` and `shown_status` are with the override of that time. `is_scored` False: the customer left then.
    """

    run: ScoredRun
    customer_id: str
    is_scored: bool
    version: str
    total: float
    score: float
    shown_score: float
    shown_status: str
    previous_score: float | None
    is_new: bool
    coverage: float
    change: ScoreChange | None
    override_until_us: int | None
    row: Mapping[str, Any]


class PlannedChange(msgspec.Struct, frozen=True, kw_only=True):
    """What another configuration would do now: counts of status moves, and some of the customers who move."""

    scored: int
    average_before: float | None
    average_after: float | None
    score_changes: int
    moves: dict[str, int]
    """By `before -> after`, only where they differ."""
    examples: tuple[tuple[str, float, float, str, str], ...]
    """customer_id, score before, score after, status before, status after; largest change first."""


class ScoringWarehouse(Protocol):
    """Called by `services.scoring` and `services.scorecards`; one transaction per call that writes."""

    def last_run(self) -> ScoredRun | None:
        """The newest run whose scores are kept, None before the first."""
        ...

    def has_run(self, run_id: int) -> bool:
        """Whether this warehouse kept the scores of that run."""
        ...

    def compute(self, request: ScoreRequest) -> ScoreResult:
        """Score, check, keep current scores and history: all of it or nothing, also when killed."""
        ...

    def changed_since(self, run_id: int) -> tuple[pa.Table, pa.Table, Sequence[str]]:
        """Scores and profiles (the columns of `PublishedHealth.publish`) of rows changed by later runs than `run_id`,

        and the ids of customers no longer scored since. 0 gives everything.
        """
        ...

    def writing_back(self) -> AbstractContextManager[None]:
        """While the block runs (scores are published), what was kept goes from the log into the file."""
        ...

    def scores_at(
        self, now_us: int, known_batch: int | None, config: ScoringConfig, pulses: pa.Table
    ) -> pa.Table:
        """From facts: customer_id, total, score, health_status, coverage, scorecard_version, points_<component>."""
        ...

    def row_at(
        self, customer_id: str, now_us: int, known_batch: int | None, config: ScoringConfig, pulses: pa.Table
    ) -> tuple[Mapping[str, Any], frozenset[str]]:
        """One customer's inputs from facts, and the connected sources. Raises `NotFound` when it was not scored then."""
        ...

    def kept(self, customer_id: str) -> KeptScore:
        """The current score. Raises `NotFound`."""
        ...

    def kept_of(self, customer_ids: Sequence[str]) -> Sequence[KeptScore]:
        """The current scores of these customers, those that have one, in any order."""
        ...

    def history(self, customer_id: str, limit: int = 400) -> Sequence[KeptScore]:
        """Every change of the score, newest first."""
        ...

    def config_of(self, digest: str) -> ScoringConfig:
        """A configuration some run used. Raises `NotFound`."""
        ...

    def config_live_at(self, now_us: int) -> ScoringConfig | None:
        """What the last run at or before that time used; the first ever used for earlier times; None before any run."""
        ...

    def compare(
        self, now_us: int, before: ScoringConfig, after: ScoringConfig, pulses: pa.Table, limit: int = 20
    ) -> PlannedChange:
        """Score everybody with both, keep nothing."""
        ...

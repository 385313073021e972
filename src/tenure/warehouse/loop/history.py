"""What was really published at a time of the past: the kept runs and the history of scores."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any

from tenure.clock import DAY_US
from tenure.model.cards import LostPoints
from tenure.model.runs import RunKind
from tenure.warehouse.loop.reasons import lost_of
from tenure.warehouse.scoring import tables
from tenure.warehouse.scoring.keeper import ScoreKeeper

EVERYBODY = (RunKind.full, RunKind.incremental)


class PublishedHistory:
    """Scores as runs kept them.

    Args:
        keeper: of the warehouse itself.
        home: how its tables are named from elsewhere.
    """

    def __init__(self, keeper: ScoreKeeper, home: str) -> None:
        self._keeper, self._home = keeper, home
        self._times = sorted(run.as_of_us for run in keeper.runs("") if run.kind in EVERYBODY)

    def covers(self, now_us: int) -> bool:
        """Whether everybody was scored within the day before this time."""
        place = bisect_right(self._times, now_us)
        return place > 0 and self._times[place - 1] > now_us - DAY_US

    def scores(self, after_us: int, now_us: int) -> str:
        """A select of the last change of each customer after one time and until another, with `is_scored`."""
        return (
            "SELECT customer_key, spell_started_us, total, coverage, shown_score AS score, shown_status AS health_status, "
            f"is_new, previous_score, is_scored FROM {self._history} WHERE as_of_us > {after_us} AND as_of_us <= {now_us} "
            "QUALIFY row_number() OVER (PARTITION BY customer_key ORDER BY run_id DESC) = 1"
        )

    def last_rows(self, keys: str, now_us: int) -> str:
        """A select of everything that was kept of the last change of some customers."""
        return (
            f"SELECT * FROM {self._history} WHERE as_of_us <= {now_us} AND customer_key IN (SELECT customer_key FROM {keys}) "
            "QUALIFY row_number() OVER (PARTITION BY customer_key ORDER BY run_id DESC) = 1"
        )

    def lost(self, kept: Sequence[Mapping[str, Any]]) -> dict[str, tuple[LostPoints, ...]]:
        """Where the points went, of `last_rows`."""
        by_run: dict[int, list[Mapping[str, Any]]] = {}
        for row in kept:
            by_run.setdefault(row["run_id"], []).append(row)
        found: dict[str, tuple[LostPoints, ...]] = {}
        for run_id, mine in by_run.items():
            run = self._keeper.runs(f"WHERE run_id = {int(run_id)}")[0]
            config = self._keeper.config_of(run.config_digest)
            found |= lost_of(mine, config, frozenset(run.connected), run.as_of_us)
        return found

    @property
    def _history(self) -> str:
        return f"{self._home}.{tables.HISTORY}"

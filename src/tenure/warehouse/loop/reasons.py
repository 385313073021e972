"""Where scores lost their points, read again from the inputs they were computed with: as `tenure health show` tells it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tenure.model.cards import LostPoints
from tenure.model.scorecard import ScoringConfig
from tenure.ports.scoring import ScoredRun
from tenure.rules.scorecard.evaluate import evaluate
from tenure.rules.scorecard.lost import lost_points
from tenure.warehouse.metrics.members import rows
from tenure.warehouse.scoring import tables
from tenure.warehouse.scoring.scratch import Scratch

InputRow = Mapping[str, Any]


def lost_of(
    inputs: Iterable[InputRow], config: ScoringConfig, connected: frozenset[str], at_us: int
) -> dict[str, tuple[LostPoints, ...]]:
    """By customer_id, most first.

    Args:
        inputs: customer_id, spell_started_us and `kept_columns(config)`.
    """
    found = {}
    for row in inputs:
        score = evaluate(config, row, connected, at_us)
        found[str(row["customer_id"])] = lost_points(score.components, score.readings)
    return found


def lost_of_kept(
    scratch: Scratch, keys: str, run_of: Callable[[int], ScoredRun], config_of: Callable[[str], ScoringConfig]
) -> dict[str, tuple[LostPoints, ...]]:
    """Of the last scores of the customers in a table of keys, each by the run its row is of."""
    kept = rows(scratch.selected(_last_inputs(keys), "last_inputs"))
    by_run: dict[int, list[InputRow]] = {}
    for row in kept:
        by_run.setdefault(row["run_id"], []).append(row)
    found: dict[str, tuple[LostPoints, ...]] = {}
    for run_id, mine in by_run.items():
        run = run_of(run_id)
        found |= lost_of(mine, config_of(run.config_digest), frozenset(run.connected), run.as_of_us)
    return found


def _last_inputs(keys: str) -> str:
    return (
        f"SELECT i.*, c.customer_id, c.spell_started_us FROM {tables.CURRENT} c "
        f"JOIN {keys} k ON k.customer_key = c.customer_key JOIN {tables.INPUTS} i ON i.customer_key = c.customer_key"
    )

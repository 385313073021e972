"""What a run checks before it may be published; a run that fails keeps nothing and says why."""

from __future__ import annotations

from typing import Any

import ibis.expr.types as ir

from tenure.clock import DAY_US
from tenure.model.scorecard import ScoringConfig
from tenure.ports.scoring import ScoredRun
from tenure.warehouse.scoring.compiler import POINTS_PREFIX, component_ids

FLEET_JUMP_PERCENT = 50
FLEET_JUMP_CUSTOMERS = 20
FLEET_JUMP_DAYS = 3
"""More than half of all customers falling a band within three days is broken data, not behaviour."""
TOLERANCE = 1e-6


def measured(rows: ir.Table, config: ScoringConfig) -> ir.Table:
    """The numbers the checks judge, as one row: nulls, ranges, distribution, how many fell a band."""
    points = [rows[POINTS_PREFIX + name] for name in component_ids(config)]
    bad: Any = ((rows.total < -TOLERANCE) | (rows.total > 100 + TOLERANCE)).fill_null(False)
    for each in points:
        bad = bad | ((each < -TOLERANCE) | (each > 100 + TOLERANCE)).fill_null(False)
    bands = {
        name: rows.count(where=rows.health_status == name) for name in ("healthy", "at_risk", "critical")
    }
    found: ir.Table = rows.agg(
        scored=rows.count(),
        customers=rows.customer_key.nunique(),
        nulls=rows.count(where=rows.total.isnull() | rows.score.isnull() | rows.coverage.isnull()),
        out_of_range=rows.count(where=bad),
        average=rows.score.mean(),
        fallen=rows.count(where=rows.has_fallen),
        compared=rows.count(where=rows.is_known),
        had_score=rows.count(where=rows.had_score),
        **bands,
    )
    return found


def problems_of(found: dict[str, Any]) -> list[str]:
    """Every violated check as a sentence."""
    problems = []
    if found["scored"] != found["expected"] or found["customers"] != found["scored"]:
        problems.append(
            f"{found['scored']} scores were computed for {found['expected']} customers ({found['customers']} different)."
        )
    if found["nulls"]:
        problems.append(f"{found['nulls']} scores have no value.")
    if found["out_of_range"]:
        problems.append(f"{found['out_of_range']} scores are outside 0-100.")
    return problems


def fleet_jump(
    fallen: int, compared: int, now_us: int, last: ScoredRun, connected: frozenset[str]
) -> str | None:
    """Whether so many fell a band at once, by behaviour or time, that the data must be wrong.

    Not judged after a longer pause, or when a source has just been connected (then a jump is expected).
    """
    paused = now_us - last.as_of_us > FLEET_JUMP_DAYS * DAY_US
    if paused or connected != frozenset(last.connected) or fallen < FLEET_JUMP_CUSTOMERS:
        return None
    if fallen * 100 <= FLEET_JUMP_PERCENT * compared:
        return None
    return f"{fallen} of {compared} customers fell a band at once, which looks like missing data."

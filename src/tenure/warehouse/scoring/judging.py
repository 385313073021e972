"""From computed scores to what is shown, and from the last shown to what changed."""

from __future__ import annotations

import operator
from functools import reduce
from typing import Any

import ibis
import ibis.expr.types as ir

from tenure.clock import DAY_US
from tenure.model.scorecard import ScoringConfig
from tenure.warehouse.conditions import exact, journey_stage, segment_text
from tenure.warehouse.scoring.compiler import POINTS_PREFIX, component_ids
from tenure.warehouse.scoring.split import PARTS

PROFILE_DIGEST = "profile_digest"
"""Tells profiles apart without carrying their texts through joins."""
FLAGS = ("had_score", "is_known", "is_changed", "is_moved", "has_other_profile", "has_fallen")
_RANK = {"critical": 0, "at_risk": 1, "healthy": 2}


def shown(scores: ir.Table, overrides: ir.Table, config: ScoringConfig, now_us: int) -> ir.Table:
    """Adds what people see: names of scorecard and version, the override in force (A26), the flag new (M7).

    `overrides`: customer_key, override_id, score?, status?, until_us; at most one per customer.
    """
    said = overrides.select(
        for_key=overrides.customer_key,
        override_id=overrides.override_id,
        override_until_us=overrides.until_us,
        said_score=overrides.score,
        said_status=overrides.status,
    )
    table = scores.left_join(said, scores.customer_key == said.for_key).drop("for_key")
    by_card = dict(enumerate(config.scorecards))
    table = table.mutate(
        scorecard=_by_card(table.card, {i: live.card.name for i, live in by_card.items()}),
        version=_by_card(table.card, {i: live.version for i, live in by_card.items()}),
        shown_score=ibis.coalesce(table.said_score, table.score),
        is_new=ibis.literal(now_us, "int64") - table.spell_started_us < config.new_customer_days * DAY_US,
    )
    band = ibis.cases(
        (table.shown_score >= exact(config.healthy_threshold), "healthy"),
        (table.shown_score >= exact(config.at_risk_threshold), "at_risk"),
        else_="critical",
    )
    return table.mutate(shown_status=ibis.coalesce(table.said_status, band)).drop(
        "said_score", "said_status", "card"
    )


def _by_card(card: Any, texts: dict[int, str]) -> Any:
    return ibis.cases(*[(card == place, ibis.literal(text)) for place, text in texts.items()])


def profile_of(customers: ir.Table, config: ScoringConfig, now_us: int) -> dict[str, Any]:
    """What lists show beside a score, as columns of a view's customers."""
    notice = config.renewal_notice_days
    return {
        "profile_name": customers.name,
        "profile_plan": customers.plan,
        "profile_owner": customers.owner,
        "profile_stage": journey_stage(customers, now_us, notice),
        "profile_segment": segment_text(config.saved, customers, now_us, notice),
        "profile_customer_status": customers.status,
        "profile_arr_cents": customers.arr_cents,
        "profile_renewal_us": customers.renewal_us,
    }


@ibis.udf.scalar.builtin(name="hash")  # type: ignore[untyped-decorator]
def _digest(
    its_name: str, plan: str, owner: str, stage: str, segment: str, status: str, arr_cents: int, renewal_us: int
) -> int:
    """The engine's own hash of several values."""
    return 0  # never called: the engine has it


def profile_digest(customers: ir.Table, config: ScoringConfig, now_us: int) -> Any:
    """A number that stands for everything lists show beside the score (63 bits)."""
    return _digest(*profile_of(customers, config, now_us).values()) >> 1


def judged(
    scores: ir.Table,
    overrides: ir.Table,
    current: ir.Table,
    config: ScoringConfig,
    now_us: int,
) -> ir.Table:
    """Shown rows with old_run_id, previous_score, and whether they changed, moved, fell or are known.

    Changed: a component, coverage, status, flag or version differs. Moved: the total does. A new spell knows no
    score before it (P4); the previous score is the last shown one that differed (M6).
    """
    fresh = shown(scores, overrides, config, now_us)
    points = [POINTS_PREFIX + name for name in component_ids(config)]
    watched = [
        *points,
        "coverage",
        "total",
        "shown_score",
        "shown_status",
        "is_new",
        "override_id",
        "version",
    ]
    carried = ["previous_score", "changed_run", "profile_run", *(f"change_{part}" for part in PARTS)]
    needed = ["customer_key", "run_id", "spell_started_us", "health_status", *watched, PROFILE_DIGEST, *carried]
    there = [name for name in needed if name in current.columns]
    old = current.select(**{f"old_{name}": current[name] for name in there})
    table = fresh.left_join(old, fresh.customer_key == old.old_customer_key)
    known = (table.old_spell_started_us == table.spell_started_us).fill_null(False)
    differs = [~table[name].identical_to(table[f"old_{name}"]) for name in watched if name in there]
    new_columns = ibis.literal(any(name not in there for name in watched))
    moved_score = known & ~table.shown_score.identical_to(table.old_shown_score)
    table = table.mutate(
        had_score=table.old_customer_key.notnull(),
        is_known=known,
        is_changed=~known | new_columns | reduce(operator.or_, differs),
        is_moved=known & ~table.total.identical_to(table.old_total),
        has_other_profile=~table[PROFILE_DIGEST].identical_to(table[f"old_{PROFILE_DIGEST}"]),
        has_fallen=known & (_rank(table.health_status) < _rank(table.old_health_status)).fill_null(False),
        previous_score=ibis.cases(
            (~known, ibis.null("float64")),
            (moved_score, table.old_shown_score),
            else_=table.old_previous_score,
        ),
    )
    return table


def _rank(status: Any) -> Any:
    return ibis.cases(*[(status == name, ibis.literal(rank, "int64")) for name, rank in _RANK.items()])


def assembled(table: ir.Table, splits: ir.Table | None) -> ir.Table:
    """Judged rows as current scores: what did not change keeps its last change.

    The run's own numbers are left for the writer to put in: -1 stands for this run, 0 for its time and batch.
    """
    if splits is not None:
        named = splits.select(
            split_key=splits.customer_key, **{f"part_{part}": splits[f"change_{part}"] for part in PARTS}
        )
        table = table.left_join(named, table.customer_key == named.split_key).drop("split_key")
    this_run = ibis.literal(-1, "int64")
    changes = {
        f"change_{part}": ibis.cases(
            (~table.is_changed, table[f"old_change_{part}"]),
            (~table.is_known, ibis.null("float64")),
            else_=ibis.literal(0.0, "float64") if splits is None else table[f"part_{part}"].fill_null(0.0),
        )
        for part in PARTS
    }
    return table.mutate(
        run_id=this_run,
        as_of_us=ibis.literal(0, "int64"),
        known_batch=ibis.literal(0, "int32"),
        changed_run=ibis.ifelse(table.is_changed, this_run, table.old_changed_run),
        profile_run=ibis.ifelse(table.has_other_profile, this_run, table.old_profile_run),
        **changes,
    )

"""Why scores moved: late data, time passing, behaviour, configuration. The four parts always sum to the change.

With S0 the last total, cfg0 and now0 those it was computed with:

    late          f(cfg0, facts dated before now0 as known today, at now0) - S0
    time          f(cfg0, the same facts, seen from now1) - the former
    behaviour     f(cfg0, facts up to now1) - the former
    configuration S1 - the former

Inputs of the last score are kept, and most are absolute, so facts are read again only for customers with late facts,
and, where the scorecard has windows, for those that changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import Any

import ibis
import ibis.expr.types as ir

from tenure.model.scorecard import ScoringConfig
from tenure.ports.scoring import ScoredRun
from tenure.rules.scorecard.catalogue import kind_of
from tenure.warehouse.conditions import exact
from tenure.warehouse.engine import Engine
from tenure.warehouse.scoring.compiler import scored
from tenure.warehouse.scoring.inputs import BASE_COLUMNS, kept_columns, measures_of, read_inputs
from tenure.warehouse.scoring.scratch import Scratch
from tenure.warehouse.scoring.sources import Views
from tenure.warehouse.scoring.templates import STAND_IN_NOW_US

PARTS = ("late", "time", "behaviour", "configuration")
NOISE = 1e9
"""Parts are kept to nine decimals: what is below is the arithmetic of doubles, not the customer."""


@dataclass(frozen=True)
class Now:
    """The run being computed. `scores` has the inputs and totals of all its customers."""

    now_us: int
    known_batch: int
    config: ScoringConfig
    connected: frozenset[str]
    scores: ir.Table
    pulses: ir.Table | None


class Splitter:
    """Computes the parts for customers that have a last score."""

    def __init__(self, engine: Engine, scratch: Scratch, views: Views, now: Now) -> None:
        self._engine, self._scratch, self._views, self._now = engine, scratch, views, now

    def of_runs(self, old: ir.Table, runs: list[tuple[ScoredRun, ScoringConfig]]) -> ir.Table | None:
        """customer_key and change_<part> for the rows of `old`: current rows of customers whose score moved.

        Args:
            runs: the runs these rows are of, each with the configuration it used.
        """
        found = [self._of_run(old, run, config, len(runs) == 1) for run, config in runs]
        if len(found) < 2:
            return found[0] if found else None
        return self._scratch.keep(reduce(lambda one, other: one.union(other), found), "splits")

    def _of_run(self, old: ir.Table, run: ScoredRun, config: ScoringConfig, is_only: bool) -> ir.Table:
        """Rows of one run share their time, knowledge and configuration."""
        mine = old if is_only else self._scratch.where(old, old.columns, f"run_id = {run.run_id}", "old")
        kept = self._scratch.where(mine, (*BASE_COLUMNS, *kept_columns(config)), "true", "kept")
        connected = frozenset(run.connected)
        then, later = self._then_and_later(mine, kept, run, config)
        stages = {"before": mine, "after": self._now.scores}
        stages["later"] = self._totals(later, config, connected, self._now.now_us)
        if then is not kept:
            stages["then"] = self._totals(then, config, connected, run.as_of_us)
        if config.digest != self._now.config.digest:
            stages["today"] = self._today(mine, config)
        return self._scratch.templated(("parts", *sorted(stages)), _parts, stages, 0, "split")

    def _then_and_later(
        self, old: ir.Table, kept: ir.Table, run: ScoredRun, config: ScoringConfig
    ) -> tuple[ir.Table, ir.Table]:
        """The inputs of then as known today, and the same facts seen from now."""
        touched = self._engine.table("touched")
        late = self._scratch.templated(("late",), _late_keys, {"old": old, "touched": touched}, 0, "late")
        nobody_late = self._scratch.is_empty(late)
        windowed = any(kind_of(measure).windowed for measure in measures_of(config))
        if nobody_late and not windowed:
            return kept, kept
        keys = self._scratch.where(old, ("customer_key",), "true", "moved") if windowed else late
        view = self._views.full(run.as_of_us, self._now.known_batch, config.mapping, keys)
        connected = frozenset(run.connected)

        def read(at_us: int | None) -> ir.Table:
            return self._scratch.keep(
                read_inputs(view, config, connected, at_us=at_us, pulses=self._now.pulses), "reread"
            )

        then = kept
        if not nobody_late:
            then = self._scratch.keep(_replaced(kept, read(None).semi_join(late, "customer_key")), "then")
        if not windowed:
            return then, then
        return then, self._scratch.keep(_replaced(kept, read(self._now.now_us)), "later")

    def _today(self, old: ir.Table, config: ScoringConfig) -> ir.Table:
        """Totals of today's facts by the configuration of then."""
        now = self._now
        readable = set(kept_columns(config)) <= set(now.scores.columns)
        same_words = config.mapping == now.config.mapping and config.core_features == now.config.core_features
        if readable and same_words:
            columns = (*BASE_COLUMNS, *kept_columns(config))
            is_mine = f"customer_key IN (SELECT customer_key FROM {old.get_name()})"
            mine = self._scratch.where(now.scores, columns, is_mine, "today")
        else:
            keys = self._scratch.where(old, ("customer_key",), "true", "moved")
            view = self._views.full(now.now_us, now.known_batch, config.mapping, keys)
            mine = self._scratch.keep(read_inputs(view, config, now.connected, pulses=now.pulses), "reread")
        return self._totals(mine, config, now.connected, now.now_us)

    def _totals(
        self, inputs: ir.Table, config: ScoringConfig, connected: frozenset[str], now_us: int
    ) -> ir.Table:
        def build(inputs: ir.Table) -> ir.Table:
            found = scored(inputs, config, connected, STAND_IN_NOW_US)
            return found.select("customer_key", "total")

        key = ("totals", config.digest, connected)
        return self._scratch.templated(key, build, {"inputs": inputs}, now_us, "totals")


def _late_keys(old: ir.Table, touched: ir.Table) -> ir.Table:
    """Customers of whom facts arrived since that are dated before their last score."""
    scores = old.select(key=old.customer_key, as_of=old.as_of_us, known=old.known_batch)
    told = touched.inner_join(scores, touched.customer_key == scores.key)
    late = told.filter((told.batch > told.known) & (told.earliest_us < told.as_of))
    return late.select("customer_key").distinct()


def _replaced(kept: ir.Table, read_again: ir.Table) -> ir.Table:
    """The kept inputs, with those read again in their place."""
    same = read_again.select(*kept.columns).cast(dict(kept.schema().items()))
    return kept.anti_join(same, "customer_key").union(same)


def _parts(**stages: ir.Table) -> ir.Table:
    """The parts from the totals of each stage; a stage that is not given equals the one beside it.

    Who is missing from a stage (not scored then, as known today) stands where it stood before.
    """
    table = stages["before"].select("customer_key", before="total")
    for name in ("then", "later", "today", "after"):
        if name in stages:
            side = stages[name].select(key="customer_key", **{name: "total"})
            table = table.left_join(side, table.customer_key == side.key).drop("key")
    then = ibis.coalesce(table.then, table.before) if "then" in stages else table.before
    later = ibis.coalesce(table.later, then)
    today = ibis.coalesce(table.today, later) if "today" in stages else table.after
    steps = {
        "late": then - table.before,
        "time": later - then,
        "behaviour": today - later,
        "configuration": table.after - today,
    }
    return table.select("customer_key", **{f"change_{name}": _quiet(step) for name, step in steps.items()})


def _quiet(value: Any) -> Any:
    return (value * exact(NOISE) + exact(0.5)).floor().cast("float64") / exact(NOISE)

"""Why scores moved: late data, time passing, behaviour, configuration. The four parts always sum to the change.

With S0 the last total, cfg0 and now0 those it was computed with:

    late          f(cfg0, facts dated before now0 as known today, at now0) - S0
    time          f(cfg0, the same facts, seen from now1) - the former
    behaviour     f(cfg0, facts up to now1) - the former
    configuration S1 - the former

Inputs of the last score are kept, so facts are read again only where facts came late or windows moved (`rereading`).
Last scores are of many runs where customers are refreshed when touched: all of one configuration are told together.
"""

from __future__ import annotations

from functools import reduce
from typing import Any

import ibis
import ibis.expr.types as ir

from tenure.model.scorecard import ScoringConfig
from tenure.ports.scoring import ScoredRun
from tenure.warehouse.conditions import exact
from tenure.warehouse.engine import Engine
from tenure.warehouse.scoring import tables
from tenure.warehouse.scoring.compiler import scored
from tenure.warehouse.scoring.inputs import BASE_COLUMNS, KEYS, kept_columns, read_inputs
from tenure.warehouse.scoring.rereading import Present, Rereader, Then
from tenure.warehouse.scoring.scratch import Scratch
from tenure.warehouse.scoring.sources import Views
from tenure.warehouse.scoring.templates import STAND_IN_NOW_US

PARTS = ("late", "time", "behaviour", "configuration")
NOISE = 1e9
"""Parts are kept to nine decimals: what is below is the arithmetic of doubles, not the customer."""
OWN_TIME = "as_of_us"
"""The column with the time each row was last scored at."""


class Splitter:
    """Computes the parts for customers that have a last score."""

    def __init__(self, engine: Engine, scratch: Scratch, views: Views, now: Present) -> None:
        self._engine, self._scratch, self._views, self._now = engine, scratch, views, now

    def of_runs(self, old: ir.Table, runs: list[tuple[ScoredRun, ScoringConfig]]) -> ir.Table | None:
        """customer_key and change_<part> for the rows of `old`: current rows of customers whose score moved.

        Args:
            runs: the runs these rows are of, each with the configuration it used.
        """
        alike: dict[tuple[str, frozenset[str]], list[tuple[ScoredRun, ScoringConfig]]] = {}
        for run, config in runs:
            alike.setdefault((config.digest, frozenset(run.connected)), []).append((run, config))
        told = self._scratch.selected(tables.with_news(old.get_name()), "told")
        rereader = Rereader(self._engine, self._scratch, self._views, self._now, old)
        found = [
            self._of_alike(told, [run.run_id for run, _ in group], group[0][1], connected, rereader)
            for (_, connected), group in alike.items()
        ]
        if len(found) < 2:
            return found[0] if found else None
        return self._scratch.keep(reduce(lambda one, other: one.union(other), found), "splits")

    def _of_alike(
        self,
        told: ir.Table,
        run_ids: list[int],
        config: ScoringConfig,
        connected: frozenset[str],
        rereader: Rereader,
    ) -> ir.Table:
        """Rows of runs that share configuration and sources; each row has its own time."""
        mine = f"run_id IN ({', '.join(map(str, run_ids))})"
        columns = (*BASE_COLUMNS, *kept_columns(config), OWN_TIME, "known_batch", "is_late", "is_plain")
        kept = self._scratch.where(told, columns, mine, "kept")
        before = self._scratch.where(told, ("customer_key", "total"), mine, "before")
        then = Then(kept, config, connected)
        late = rereader.late(then)
        later = rereader.later(then, late)
        stages = {"before": before, "after": self._now.scores}
        stages["later"] = self._totals(later, config, connected, self._now.now_us)
        if late is not kept:
            stages["then"] = self._totals(late, config, connected, OWN_TIME)
        if config.digest != self._now.config.digest:
            stages["today"] = self._today(kept, config)
        return self._scratch.templated(("parts", *sorted(stages)), _parts, stages, 0, "split")

    def _today(self, kept: ir.Table, config: ScoringConfig) -> ir.Table:
        """Totals of today's facts by the configuration of then."""
        now = self._now
        readable = set(kept_columns(config)) <= set(now.scores.columns)
        same_words = config.mapping == now.config.mapping and config.core_features == now.config.core_features
        if readable and same_words:
            columns = (*KEYS, *kept_columns(config))
            is_mine = f"customer_key IN (SELECT customer_key FROM {kept.get_name()})"
            mine = self._scratch.where(now.scores, columns, is_mine, "today")
        else:
            view = self._views.full(now.now_us, now.known_batch, config.mapping, kept.select("customer_key"))
            self._scratch.closing(view)
            mine = self._scratch.keep(read_inputs(view, config, now.connected, pulses=now.pulses), "reread")
        return self._totals(mine, config, now.connected, now.now_us)

    def _totals(
        self, inputs: ir.Table, config: ScoringConfig, connected: frozenset[str], now_us: int | str
    ) -> ir.Table:
        def build(inputs: ir.Table) -> ir.Table:
            found = scored(inputs, config, connected, STAND_IN_NOW_US)
            return found.select("customer_key", "total")

        key = ("totals", config.digest, connected)
        return self._scratch.templated(key, build, {"inputs": inputs}, now_us, "totals")


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

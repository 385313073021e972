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
from tenure.warehouse.scoring.sources import Views

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

    def __init__(self, engine: Engine, views: Views, now: Now) -> None:
        self._engine, self._views, self._now = engine, views, now

    def of_runs(self, old: ir.Table, runs: list[tuple[ScoredRun, ScoringConfig]]) -> ir.Table | None:
        """customer_key and change_<part> for the rows of `old`: current rows of customers whose score moved.

        Args:
            runs: the runs these rows are of, each with the configuration it used.
        """
        found = [self._of_run(old.filter(old.run_id == run.run_id), run, config) for run, config in runs]
        return reduce(lambda one, other: one.union(other), found) if found else None

    def _of_run(self, old: ir.Table, run: ScoredRun, config: ScoringConfig) -> ir.Table:
        """Rows of one run share their time, knowledge and configuration."""
        connected = frozenset(run.connected)
        kept = old.select(*BASE_COLUMNS, *kept_columns(config))
        first = old.select("customer_key", before=old.total)
        then, later = self._then_and_later(old, kept, run, config)
        totals = {
            "then": _totals(then, config, connected, run.as_of_us),
            "later": _totals(later, config, connected, self._now.now_us),
            "today": self._today(old, config),
            "after": self._now.scores.select("customer_key", value=self._now.scores.total),
        }
        for name, side in totals.items():
            side = side.select(key=side.customer_key, **{name: side.value})
            first = first.left_join(side, first.customer_key == side.key).drop("key")
        return self._engine.keep(_parts(first), "split")

    def _then_and_later(
        self, old: ir.Table, kept: ir.Table, run: ScoredRun, config: ScoringConfig
    ) -> tuple[ir.Table, ir.Table]:
        """The inputs of then as known today, and the same facts seen from now."""
        late = self._engine.keep(self._late_keys(old), "late")
        windowed = any(kind_of(measure).windowed for measure in measures_of(config))
        if not windowed and self._engine.number(f"SELECT count(*) FROM {late.get_name()}") == 0:
            return kept, kept
        keys = self._engine.keep(old.select("customer_key"), "moved") if windowed else late
        view = self._views.full(run.as_of_us, self._now.known_batch, config.mapping, keys)
        connected = frozenset(run.connected)

        def read(at_us: int | None) -> ir.Table:
            return self._engine.keep(
                read_inputs(view, config, connected, at_us=at_us, pulses=self._now.pulses), "reread"
            )

        again = read(None)
        then = _replaced(kept, again.semi_join(late, "customer_key"))
        return then, _replaced(kept, read(self._now.now_us)) if windowed else then

    def _late_keys(self, old: ir.Table) -> ir.Table:
        """Customers of whom facts arrived since that are dated before their last score."""
        touched = self._engine.table("touched")
        scores = old.select(key=old.customer_key, as_of=old.as_of_us, known=old.known_batch)
        told = touched.inner_join(scores, touched.customer_key == scores.key)
        late = told.filter((told.batch > told.known) & (told.earliest_us < told.as_of))
        return late.select("customer_key").distinct()

    def _today(self, old: ir.Table, config: ScoringConfig) -> ir.Table:
        """Totals of today's facts by the configuration of then."""
        now = self._now
        if config.digest == now.config.digest:
            return now.scores.select("customer_key", value=now.scores.total)
        readable = set(kept_columns(config)) <= set(now.scores.columns)
        same_words = config.mapping == now.config.mapping and config.core_features == now.config.core_features
        if readable and same_words:
            mine = now.scores.semi_join(old, "customer_key").select(*BASE_COLUMNS, *kept_columns(config))
            return _totals(mine, config, now.connected, now.now_us)
        keys = self._engine.keep(old.select("customer_key"), "moved")
        view = self._views.full(now.now_us, now.known_batch, config.mapping, keys)
        mine = self._engine.keep(read_inputs(view, config, now.connected, pulses=now.pulses), "reread")
        return _totals(mine, config, now.connected, now.now_us)


def _totals(inputs: ir.Table, config: ScoringConfig, connected: frozenset[str], now_us: int) -> ir.Table:
    found = scored(inputs, config, connected, now_us)
    return found.select("customer_key", value=found.total)


def _replaced(kept: ir.Table, read_again: ir.Table) -> ir.Table:
    """The kept inputs, with those read again in their place."""
    same = read_again.select(*kept.columns).cast(dict(kept.schema().items()))
    return kept.anti_join(same, "customer_key").union(same)


def _parts(totals: ir.Table) -> ir.Table:
    """Who is missing from a stage (not scored then, as known today) stands where it stood before."""
    then = ibis.coalesce(totals.then, totals.before)
    later = ibis.coalesce(totals.later, then)
    today = ibis.coalesce(totals.today, later)
    steps = {
        "late": then - totals.before,
        "time": later - then,
        "behaviour": today - later,
        "configuration": totals.after - today,
    }
    return totals.select("customer_key", **{f"change_{name}": _quiet(step) for name, step in steps.items()})


def _quiet(value: Any) -> Any:
    return (value * exact(NOISE) + exact(0.5)).floor().cast("float64") / exact(NOISE)

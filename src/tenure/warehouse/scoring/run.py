"""One computation of scores, from reading facts to keeping what came out."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir

from tenure.model.runs import RunKind
from tenure.ports.scoring import ScoredRun, ScoreRequest, ScoreResult
from tenure.rules.scorecard.resolve import encode_config
from tenure.warehouse.scoring import tables
from tenure.warehouse.scoring.checks import fleet_jump, measured, problems_of
from tenure.warehouse.scoring.compiler import POINTS_PREFIX, component_ids
from tenure.warehouse.scoring.inputs import kept_columns, nameless_scored_customers
from tenure.warehouse.scoring.judging import (
    FLAGS,
    PROFILE_DIGEST,
    assembled,
    judged,
    profile_digest,
    profile_of,
)
from tenure.warehouse.scoring.rereading import Present
from tenure.warehouse.scoring.split import Splitter
from tenure.warehouse.scoring.templates import STAND_IN_NOW_US
from tenure.warehouse.view import FactsView

if TYPE_CHECKING:
    from tenure.warehouse.scoring.keeper import ScoreKeeper


class ScoringRun:
    """Computes one request with the tables and views of a keeper."""

    def __init__(self, keeper: ScoreKeeper, request: ScoreRequest) -> None:
        self._keeper, self._request = keeper, request
        self._engine, self._scratch = keeper.engine, keeper.scratch
        self._last = keeper.last_run()
        self._pulses = keeper.given(request.pulses, "pulses")
        given = keeper.scratch.given(request.overrides, "overrides")
        self._overrides = self._scratch.selected(tables.keyed(given.get_name()), "overrides")
        is_touched = request.kind is RunKind.touched and self._last is not None
        self._only = self._touched(self._last) if is_touched and self._last is not None else None

    def compute(self) -> ScoreResult:
        """Score, check, and keep unless a check is violated."""
        request, keeper = self._request, self._keeper
        config = request.config
        if request.kind is RunKind.full:
            view = keeper.views.full(request.now_us, None, config.mapping)
        else:
            view = keeper.views.present(request.now_us, config.mapping, self._only)
        self._scratch.closing(view)
        known = frozenset(self._last.connected) if self._last and self._only is not None else frozenset()
        scores, connected = keeper.score(view, config, self._pulses, known, self._beside)
        flags = self._flags(scores)
        found = self._measured(flags, view)
        problems = problems_of(found)
        jump = self._fleet_jump(found, connected)
        if jump is not None and not request.force:
            problems.append(jump)
        if problems:
            return self._result(view, found, tuple(problems), 0, 0)
        now = Present(request.now_us, view.known_batch, config, connected, scores, self._pulses)
        final = self._final(self._changed_rows(scores, flags, view), flags, now)
        gone = self._gone(scores, found["had_score"])
        changed, removed = self._write(final, scores, gone, view.known_batch, connected)
        return self._result(view, found, (), changed, removed)

    def _touched(self, last: ScoredRun) -> ir.Table:
        """Customers with new facts since the last run, or whose override or pulse began or ended since."""
        touched = self._engine.table("touched")
        keys = [touched.filter(touched.batch > last.known_batch).select("customer_key")]
        current = self._keeper.read(tables.CURRENT)
        overrides = self._overrides.select("customer_key", now_id=self._overrides.override_id)
        other = current.left_join(overrides, "customer_key")
        keys.append(other.filter(~other.override_id.identical_to(other.now_id)).select("customer_key"))
        if self._pulses is not None:
            keys.append(current.semi_join(self._pulses, "customer_id").select("customer_key"))
        inputs = self._keeper.read(tables.INPUTS)
        if "pulse_until_us" in inputs.columns:
            keys.append(inputs.filter(inputs.pulse_until_us.notnull()).select("customer_key"))
        named = [key.cast({"customer_key": "int32"}) for key in keys]
        return self._scratch.keep(ibis.union(*named, distinct=True), "touched_keys")

    def _beside(self, customers: ir.Table, now_us: int) -> dict[str, Any]:
        return {PROFILE_DIGEST: profile_digest(customers, self._request.config, now_us)}

    def _flags(self, scores: ir.Table) -> ir.Table:
        """What changed, of everybody; narrow, because most customers did not change."""
        config = self._request.config
        points = [POINTS_PREFIX + name for name in component_ids(config)]
        names = ("customer_key", "total", "score", "health_status", "coverage", *points, *FLAGS)
        return self._judged(scores, names, "flags")

    def _changed_rows(self, scores: ir.Table, flags: ir.Table, view: FactsView) -> ir.Table:
        """Everything of those who changed."""
        scratch, request = self._scratch, self._request
        keys = scratch.where(flags, ("customer_key",), "is_changed OR has_other_profile", "changed")
        changed = scratch.where(
            scores, scores.columns, f"customer_key IN (FROM {keys.get_name()})", "changed"
        )

        def read(view: FactsView, changed: ir.Table) -> ir.Table:
            customers = nameless_scored_customers(view).semi_join(changed, "customer_key")
            return customers.select("customer_key", **profile_of(customers, request.config, view.now_us))

        what = ("profiles", request.config.digest, request.config.saved)
        profiles = scratch.through(what, self._only_of(view, keys), read, {"changed": keys}, "profiles")
        named = scratch.selected(tables.of_customers(changed.get_name(), profiles.get_name()), "named")
        return self._judged(named, None, "judged")

    def _only_of(self, view: FactsView, keys: ir.Table) -> FactsView:
        """A view of these customers; one from facts has everybody at hand anyway."""
        if self._request.kind is RunKind.full:
            return view
        narrow = self._keeper.views.present(self._request.now_us, self._request.config.mapping, keys)
        self._scratch.closing(narrow)
        return narrow

    def _judged(self, scores: ir.Table, names: tuple[str, ...] | None, prefix: str) -> ir.Table:
        config = self._request.config

        def build(scores: ir.Table, overrides: ir.Table, current: ir.Table) -> ir.Table:
            found = judged(scores, overrides, current, config, STAND_IN_NOW_US)
            return found if names is None else found.select(*names)

        given = {
            "scores": scores,
            "overrides": self._overrides,
            "current": self._keeper.read(tables.CURRENT),
        }
        return self._scratch.templated((prefix, config.digest), build, given, self._request.now_us, prefix)

    def _measured(self, rows: ir.Table, view: FactsView) -> dict[str, Any]:
        """What the checks judge; the customers expected are counted apart from the scores."""
        config = self._request.config
        found = self._scratch.row(
            ("measured", config.digest), lambda rows: measured(rows, config), {"rows": rows}
        )
        expected = self._scratch.through(
            ("expected",), view, lambda view: nameless_scored_customers(view).count().name("n").as_table(), {}, "expected"
        )
        return {**found, "expected": self._engine.number(f"SELECT n FROM {expected.get_name()}")}

    def _fleet_jump(self, found: dict[str, Any], connected: frozenset[str]) -> str | None:
        if self._last is None or not self._is_same_configuration() or self._only is not None:
            return None
        return fleet_jump(found["fallen"], found["compared"], self._request.now_us, self._last, connected)

    def _is_same_configuration(self) -> bool:
        """Whether whoever fell since the last run fell by behaviour or time (A4)."""
        return self._last is not None and self._last.config_digest == self._request.config.digest

    def _final(self, rows: ir.Table, flags: ir.Table, now: Present) -> ir.Table:
        """Changed rows as `health_current` keeps them, with their inputs."""
        config, run_id = self._request.config, self._request.run_id
        splits = self._splits(flags, now)

        def build(rows: ir.Table, splits: ir.Table | None = None) -> ir.Table:
            table = assembled(rows, splits)
            columns = [name for name in tables.FIXED[tables.CURRENT] if name in table.columns]
            points = [POINTS_PREFIX + name for name in component_ids(config)]
            inputs = [name for name in kept_columns(config) if name not in columns]
            return table.select(*columns, *points, *inputs)

        given = {"rows": rows} if splits is None else {"rows": rows, "splits": splits}
        text = self._scratch.text(("final", config.digest), build, given)
        numbers = {
            "run_id": f"{run_id}::BIGINT",
            "as_of_us": f"{now.now_us}::BIGINT",
            "known_batch": f"{now.known_batch}::INTEGER",
            "changed_run": f"CASE WHEN changed_run < 0 THEN {run_id} ELSE changed_run END",
            "profile_run": f"CASE WHEN profile_run < 0 THEN {run_id} ELSE profile_run END",
        }
        return self._scratch.select(text, numbers, "final")

    def _splits(self, flags: ir.Table, now: Present) -> ir.Table | None:
        moved = f"SELECT customer_key FROM {flags.get_name()} WHERE is_moved"
        old = self._scratch.selected(tables.last_scores(moved), "old")
        run_ids = self._engine.run(f"SELECT DISTINCT run_id FROM {old.get_name()} ORDER BY run_id")
        runs = [self._keeper.runs(f"WHERE run_id = {run_id}")[0] for (run_id,) in run_ids]
        splitter = Splitter(self._engine, self._scratch, self._keeper.views, now)
        return splitter.of_runs(old, [(run, self._keeper.config_of(run.config_digest)) for run in runs])

    def _write(
        self, final: ir.Table, scores: ir.Table, gone: ir.Table, known_batch: int, connected: Iterable[str]
    ) -> tuple[int, int]:
        """Keeps everything in one transaction; returns how many changed and how many are no longer scored."""
        request, engine, scratch = self._request, self._engine, self._scratch
        run_id = request.run_id
        kept = ("customer_key", *kept_columns(request.config))
        inputs = scratch.selected(
            f"SELECT {', '.join(kept)}, {run_id}::BIGINT AS run_id FROM {scores.get_name()}", "kept"
        )
        inputs_of = set(kept) - set(tables.FIXED[tables.CURRENT])
        current = scratch.where(
            final, [name for name in final.columns if name not in inputs_of], "true", "shown"
        )
        with engine.transaction():
            tables.save_config(engine, request.config.digest, encode_config(request.config))
            run = [run_id, request.kind.value, request.now_us, known_batch, request.config.digest]
            tables.save_run(engine, [*run, json.dumps(sorted(connected))])
            changed = tables.append_history(engine, final, run_id, is_scored=True)
            now = {"run_id": run_id, "as_of_us": request.now_us, "known_batch": known_batch}
            removed = tables.append_history(engine, gone, None, is_scored=False, instead=now)
            tables.merge(engine, tables.CURRENT, current, gone)
            if self._only is None:
                tables.replace(engine, tables.INPUTS, inputs)
            else:
                tables.merge(engine, tables.INPUTS, inputs, gone)
        return changed, removed

    def _gone(self, scores: ir.Table, had_score: int) -> ir.Table:
        """Last rows of customers who should have been scored and are scored no more; `had_score` of them still are."""
        current = self._keeper.read(tables.CURRENT)
        everybody = self._engine.number(f"SELECT count(*) FROM {tables.CURRENT}")
        if self._only is None and had_score == everybody:
            return self._scratch.where(current, current.columns, "false", "gone")
        mine = (
            "true"
            if self._only is None
            else f"customer_key IN (SELECT customer_key FROM {self._only.get_name()})"
        )
        is_gone = f"{mine} AND customer_key NOT IN (SELECT customer_key FROM {scores.get_name()})"
        return self._scratch.where(current, current.columns, is_gone, "gone")

    def _result(
        self, view: FactsView, found: dict[str, Any], problems: tuple[str, ...], changed: int, removed: int
    ) -> ScoreResult:
        average, by_status = self._fleet()
        return ScoreResult(
            known_batch=view.known_batch,
            scored=found["scored"],
            changed=changed,
            removed=removed,
            average=average,
            by_status=by_status,
            checks=found | {"same_configuration": self._is_same_configuration()},
            problems=problems,
        )

    def _fleet(self) -> tuple[float | None, dict[str, int]]:
        """What is kept after the run: the average shown score and the statuses of everybody scored."""
        rows = self._engine.run(
            f"SELECT shown_status, count(*), sum(shown_score) FROM {tables.CURRENT} GROUP BY 1 ORDER BY 1"
        )
        customers = sum(count for _, count, _ in rows)
        average = sum(total for _, _, total in rows) / customers if customers else None
        return average, {status: count for status, count, _ in rows}

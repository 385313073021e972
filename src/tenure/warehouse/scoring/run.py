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
from tenure.warehouse.scoring.inputs import kept_columns, scored_customers
from tenure.warehouse.scoring.judging import assembled, judged, profiles
from tenure.warehouse.scoring.split import Now, Splitter
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
        self._overrides = keeper.scratch.given(request.overrides, "overrides")
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
        known = frozenset(self._last.connected) if self._last and self._only is not None else frozenset()
        scores, connected = keeper.score(view, config, self._pulses, known)
        rows = self._judged(scores, view)
        found = self._measured(rows)
        problems = problems_of(found)
        jump = self._fleet_jump(found, connected)
        if jump is not None and not request.force:
            problems.append(jump)
        if problems:
            return self._result(view, found, tuple(problems), 0, 0)
        now = Now(request.now_us, view.known_batch, config, connected, scores, self._pulses)
        changed, removed = self._write(self._final(rows, now), view.known_batch, connected)
        return self._result(view, found, (), changed, removed)

    def _touched(self, last: ScoredRun) -> ir.Table:
        """Customers with new facts since the last run, or whose override or pulse began or ended since."""
        touched = self._engine.table("touched")
        keys = [touched.filter(touched.batch > last.known_batch).select("customer_key")]
        current = self._keeper.read(tables.CURRENT)
        overrides = self._overrides.select("customer_id", now_id=self._overrides.override_id)
        other = current.left_join(overrides, "customer_id")
        keys.append(other.filter(~other.override_id.identical_to(other.now_id)).select("customer_key"))
        if self._pulses is not None:
            keys.append(current.semi_join(self._pulses, "customer_id").select("customer_key"))
        if "pulse_until_us" in current.columns:
            keys.append(current.filter(current.pulse_until_us.notnull()).select("customer_key"))
        named = [key.cast({"customer_key": "int32"}) for key in keys]
        return self._scratch.keep(ibis.union(*named, distinct=True), "touched_keys")

    def _judged(self, scores: ir.Table, view: FactsView) -> ir.Table:
        config, now_us = self._request.config, self._request.now_us
        self._profiles = self._scratch.keep(profiles(scored_customers(view), config, now_us), "profiles")

        def build(scores: ir.Table, overrides: ir.Table, profiles: ir.Table, current: ir.Table) -> ir.Table:
            return judged(scores, overrides, profiles, current, config, STAND_IN_NOW_US)

        given = {
            "scores": scores,
            "overrides": self._overrides,
            "profiles": self._profiles,
            "current": self._keeper.read(tables.CURRENT),
        }
        return self._scratch.templated(("judged", config.digest), build, given, now_us, "judged")

    def _measured(self, rows: ir.Table) -> dict[str, Any]:
        """What the checks judge; the customers expected are counted apart from the scores."""
        config = self._request.config
        found = self._scratch.row(
            ("measured", config.digest), lambda rows: measured(rows, config), {"rows": rows}
        )
        return {**found, "expected": self._engine.number(f"SELECT count(*) FROM {self._profiles.get_name()}")}

    def _fleet_jump(self, found: dict[str, Any], connected: frozenset[str]) -> str | None:
        is_comparable = self._last is not None and self._last.config_digest == self._request.config.digest
        if self._last is None or not is_comparable or self._only is not None:
            return None
        return fleet_jump(found["fallen"], found["compared"], self._request.now_us, self._last, connected)

    def _final(self, rows: ir.Table, now: Now) -> ir.Table:
        """Rows as `health_current` keeps them."""
        config, run_id = self._request.config, self._request.run_id
        splits = self._splits(rows, now)

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

    def _splits(self, rows: ir.Table, now: Now) -> ir.Table | None:
        current = self._keeper.read(tables.CURRENT)
        moved = f"customer_key IN (SELECT customer_key FROM {rows.get_name()} WHERE is_moved)"
        old = self._scratch.where(current, current.columns, moved, "old")
        run_ids = self._engine.run(f"SELECT DISTINCT run_id FROM {old.get_name()} ORDER BY run_id")
        runs = [self._keeper.runs(f"WHERE run_id = {run_id}")[0] for (run_id,) in run_ids]
        splitter = Splitter(self._engine, self._scratch, self._keeper.views, now)
        return splitter.of_runs(old, [(run, self._keeper.config_of(run.config_digest)) for run in runs])

    def _write(self, final: ir.Table, known_batch: int, connected: Iterable[str]) -> tuple[int, int]:
        request, engine = self._request, self._engine
        current = self._keeper.read(tables.CURRENT)
        is_mine = (
            "true"
            if self._only is None
            else f"customer_key IN (SELECT customer_key FROM {self._only.get_name()})"
        )
        is_gone = f"{is_mine} AND customer_key NOT IN (SELECT customer_key FROM {final.get_name()})"
        gone = self._scratch.where(current, current.columns, is_gone, "gone")
        with engine.transaction():
            tables.save_config(engine, request.config.digest, encode_config(request.config))
            run = [request.run_id, request.kind.value, request.now_us, known_batch, request.config.digest]
            tables.save_run(engine, [*run, json.dumps(sorted(connected))])
            changed = tables.append_history(engine, final, request.run_id, is_scored=True)
            now = {"run_id": request.run_id, "as_of_us": request.now_us, "known_batch": known_batch}
            removed = tables.append_history(engine, gone, None, is_scored=False, instead=now)
            if self._only is None:
                tables.replace_current(engine, final)
            else:
                tables.merge_current(engine, final, gone)
        return changed, removed

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
            checks=found,
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

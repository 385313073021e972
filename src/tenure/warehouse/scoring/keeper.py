"""Computes scores and keeps them: current, history, runs and configurations, in one transaction per run."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from tenure.errors import NotFound
from tenure.model.health import ScoreChange
from tenure.model.runs import RunKind
from tenure.model.scorecard import ScoringConfig
from tenure.ports.scoring import KeptScore, PlannedChange, ScoredRun, ScoreRequest, ScoreResult
from tenure.rules.scorecard.resolve import decode_config, encode_config
from tenure.warehouse.engine import Engine
from tenure.warehouse.scoring import tables
from tenure.warehouse.scoring.checks import fleet_jump, measured, problems_of
from tenure.warehouse.scoring.compiler import POINTS_PREFIX, component_ids, scored
from tenure.warehouse.scoring.inputs import kept_columns, read_inputs, scored_customers
from tenure.warehouse.scoring.judging import assembled, judged, shown
from tenure.warehouse.scoring.publishing import profile_rows, score_rows
from tenure.warehouse.scoring.sources import (
    EngineViews,
    Views,
    connected_after_reading,
    connected_before_reading,
)
from tenure.warehouse.scoring.split import PARTS, Now, Splitter
from tenure.warehouse.view import FactsView

_RUN_COLUMNS = tuple(tables.FIXED[tables.RUNS])


class ScoreKeeper:
    """The warehouse's side of scoring (`tenure.ports.scoring.ScoringWarehouse`).

    Args:
        engine: of an open warehouse.
        views: how facts are read; given by tests, else the engine's own.
    """

    def __init__(self, engine: Engine, views: Views | None = None) -> None:
        self._engine = engine
        self._views: Views = views or EngineViews(engine)
        self._temporary: list[ir.Table] = []
        tables.create_tables(engine)

    def last_run(self) -> ScoredRun | None:
        found = self._runs("ORDER BY run_id DESC LIMIT 1")
        return found[0] if found else None

    def has_run(self, run_id: int) -> bool:
        return bool(self._runs(f"WHERE run_id = {int(run_id)}"))

    def compute(self, request: ScoreRequest) -> ScoreResult:
        try:
            return _Run(self, request).compute()
        finally:
            self._forget()

    def changed_since(self, run_id: int) -> tuple[pa.Table, pa.Table, Sequence[str]]:
        current, history = self._read(tables.CURRENT), self._read(tables.HISTORY)
        changed = current.filter(current.changed_run > run_id)
        profiles = current.filter(current.profile_run > run_id)
        left = history.filter((history.run_id > run_id) & ~history.is_scored).select("customer_id").distinct()
        gone = left.anti_join(current, "customer_id").to_pyarrow().column("customer_id").to_pylist()
        return score_rows(changed).to_pyarrow(), profile_rows(profiles).to_pyarrow(), gone

    def scores_at(
        self, now_us: int, known_batch: int | None, config: ScoringConfig, pulses: pa.Table
    ) -> pa.Table:
        try:
            view = self._views.full(now_us, known_batch, config.mapping)
            found, _ = self.score(view, config, self.given(pulses, "pulses"))
            versions = [
                (found.card == place, ibis.literal(live.version))
                for place, live in enumerate(config.scorecards)
            ]
            points = [POINTS_PREFIX + name for name in component_ids(config)]
            table = found.select(
                "customer_id",
                "total",
                "score",
                "health_status",
                "coverage",
                *points,
                scorecard_version=ibis.cases(*versions),
            )
            return table.order_by("customer_id").to_pyarrow()
        finally:
            self._forget()

    def row_at(
        self, customer_id: str, now_us: int, known_batch: int | None, config: ScoringConfig, pulses: pa.Table
    ) -> tuple[Mapping[str, Any], frozenset[str]]:
        try:
            ids = self._engine.table("ids")
            keys = self._keep(ids.filter(ids.id == customer_id).select(customer_key=ids.id_key), "asked")
            mine = self._views.full(now_us, known_batch, config.mapping, keys)
            connected = self._connected(mine, config, pulses.num_rows > 0)
            found = (
                read_inputs(mine, config, connected, pulses=self.given(pulses, "pulses"))
                .to_pyarrow()
                .to_pylist()
            )
            if not found:
                raise NotFound("This customer is not scored at that time.", "See `tenure health` for who is.")
            return found[0], connected
        finally:
            self._forget()

    def kept(self, customer_id: str) -> KeptScore:
        current = self._read(tables.CURRENT)
        rows = current.filter(current.customer_id == customer_id).to_pyarrow().to_pylist()
        if not rows:
            raise NotFound("There is no score of this customer.", "See `tenure health` for who is scored.")
        return self._kept({**rows[0], "is_scored": True})

    def history(self, customer_id: str, limit: int = 400) -> Sequence[KeptScore]:
        history = self._read(tables.HISTORY)
        mine = history.filter(history.customer_id == customer_id).order_by(ibis.desc("run_id")).limit(limit)
        return [self._kept(row) for row in mine.to_pyarrow().to_pylist()]

    def config_of(self, digest: str) -> ScoringConfig:
        return self._config(digest)

    def config_live_at(self, now_us: int) -> ScoringConfig | None:
        found = self._runs(
            f"ORDER BY as_of_us <= {now_us} DESC, abs(as_of_us - {now_us}), run_id DESC LIMIT 1"
        )
        return self._config(found[0].config_digest) if found else None

    def compare(
        self, now_us: int, before: ScoringConfig, after: ScoringConfig, pulses: pa.Table, limit: int = 20
    ) -> PlannedChange:
        try:
            given = self.given(pulses, "pulses")
            sides = []
            for config in (before, after):
                scores, _ = self.score(self._views.full(now_us, None, config.mapping), config, given)
                sides.append(scores.select("customer_id", "score", "health_status"))
            return _planned(self._keep(_side_by_side(*sides), "compared"), limit)
        finally:
            self._forget()

    # --- what a run uses -------------------------------------------------------------------------------------------

    def score(
        self,
        view: FactsView,
        config: ScoringConfig,
        pulses: ir.Table | None,
        known: frozenset[str] = frozenset(),
    ) -> tuple[ir.Table, frozenset[str]]:
        """Inputs and scores through a view, computed once; and the connected sources."""
        before = connected_before_reading(view, config, pulses is not None)
        inputs = self._keep(read_inputs(view, config, before, pulses=pulses), "inputs")
        connected = connected_after_reading(inputs, config, before, known)
        return self._keep(scored(inputs, config, connected, view.now_us), "scores"), connected

    def _connected(self, view: FactsView, config: ScoringConfig, has_pulses: bool) -> frozenset[str]:
        """The connected sources, where only one customer is read: which parts of events exist the last run knows."""
        found = connected_before_reading(view, config, has_pulses)
        last = self.last_run()
        unknown = (
            frozenset() if last is None else frozenset({"logins", "features"}) - frozenset(last.connected)
        )
        return found - unknown

    def given(self, rows: pa.Table, name: str) -> ir.Table | None:
        """A handed-in table as one of the engine; None when it is empty."""
        if rows.num_rows == 0:
            return None
        return self._given(rows, name)

    def _given(self, rows: pa.Table, name: str) -> ir.Table:
        self._engine.connection.register(f"given_{name}", rows)
        kept = self._engine.keep_sql(f"SELECT * FROM given_{name}", name)
        self._engine.connection.unregister(f"given_{name}")
        self._temporary.append(kept)
        return kept

    def _keep(self, expression: ir.Table, prefix: str) -> ir.Table:
        kept = self._engine.keep(expression, prefix)
        self._temporary.append(kept)
        return kept

    def _forget(self) -> None:
        self._engine.forget(self._temporary)
        self._temporary = []

    def _read(self, table: str) -> ir.Table:
        return tables.read(self._engine, table)

    def _runs(self, tail: str) -> list[ScoredRun]:
        found = self._engine.run(f"SELECT {', '.join(_RUN_COLUMNS)} FROM {tables.RUNS} {tail}")
        return [
            ScoredRun(
                run_id=run_id,
                kind=RunKind(kind),
                as_of_us=as_of_us,
                known_batch=known_batch,
                config_digest=config,
                connected=tuple(json.loads(connected)),
            )
            for run_id, kind, as_of_us, known_batch, config, connected in found
        ]

    @lru_cache(maxsize=64)  # noqa: B019  # configurations are few and immutable, a keeper lives as long as its file
    def _config(self, digest: str) -> ScoringConfig:
        found = self._engine.run(f"SELECT body FROM {tables.CONFIGS} WHERE digest = ?", [digest])
        if not found:
            raise NotFound("The configuration of that run is not kept here.", "Run `tenure refresh --full`.")
        return decode_config(found[0][0])

    def _kept(self, row: Mapping[str, Any]) -> KeptScore:
        run = self._runs(f"WHERE run_id = {int(row['run_id'])}")[0]
        config = self._config(run.config_digest)
        parts = {part: row[f"change_{part}"] for part in PARTS}
        change = None if None in parts.values() else ScoreChange(total=sum(parts.values()), **parts)
        columns = ("customer_id", "spell_started_us", *kept_columns(config))
        return KeptScore(
            run=run,
            customer_id=row["customer_id"],
            is_scored=row["is_scored"],
            version=row["version"],
            total=row["total"],
            score=row["score"],
            shown_score=row["shown_score"],
            shown_status=row["shown_status"],
            previous_score=row["previous_score"],
            is_new=row["is_new"],
            coverage=row["coverage"],
            change=change,
            override_until_us=row["override_until_us"],
            row={name: row[name] for name in columns},
        )


class _Run:
    """One computation, from reading to keeping."""

    def __init__(self, keeper: ScoreKeeper, request: ScoreRequest) -> None:
        self._keeper, self._request = keeper, request
        self._engine = keeper._engine
        self._last = keeper.last_run()
        self._pulses = keeper.given(request.pulses, "pulses")
        self._overrides = keeper._given(request.overrides, "overrides")
        is_touched = request.kind is RunKind.touched and self._last is not None
        self._only = self._touched(self._last) if is_touched and self._last is not None else None

    def compute(self) -> ScoreResult:
        request, keeper = self._request, self._keeper
        views, config = keeper._views, request.config
        if request.kind is RunKind.full:
            view = views.full(request.now_us, None, config.mapping)
        else:
            view = views.present(request.now_us, config.mapping, self._only)
        known = frozenset(self._last.connected) if self._last and self._only is not None else frozenset()
        scores, connected = keeper.score(view, config, self._pulses, known)
        found = measured(scores, self._expected(view), config)
        problems = problems_of(found)
        rows = self._judged(scores, view)
        jump = self._fleet_jump(rows, connected)
        if jump is not None and not request.force:
            problems.append(jump)
        if problems:
            return self._result(view, found, tuple(problems), 0, 0)
        now = Now(request.now_us, view.known_batch, config, connected, scores, self._pulses)
        final = keeper._keep(self._final(rows, now), "final")
        changed, removed = self._write(final, view.known_batch, connected)
        return self._result(view, found, (), changed, removed)

    def _touched(self, last: ScoredRun) -> ir.Table:
        """Customers with new facts since the last run, or whose override or pulse began or ended since."""
        touched = self._engine.table("touched")
        keys = [touched.filter(touched.batch > last.known_batch).select("customer_key")]
        current = self._keeper._read(tables.CURRENT)
        overrides = self._overrides.select("customer_id", now_id=self._overrides.override_id)
        other = current.left_join(overrides, "customer_id")
        keys.append(other.filter(~other.override_id.identical_to(other.now_id)).select("customer_key"))
        if self._pulses is not None:
            keys.append(current.semi_join(self._pulses, "customer_id").select("customer_key"))
        if "pulse_until_us" in current.columns:
            keys.append(current.filter(current.pulse_until_us.notnull()).select("customer_key"))
        return self._keeper._keep(
            ibis.union(*[key.cast({"customer_key": "int32"}) for key in keys], distinct=True), "touched_keys"
        )

    def _expected(self, view: FactsView) -> ir.Table:
        return scored_customers(view).select("customer_key")

    def _judged(self, scores: ir.Table, view: FactsView) -> ir.Table:
        config, now_us = self._request.config, self._request.now_us
        fresh = self._keeper._keep(shown(scores, self._overrides, view.customers(), config, now_us), "shown")
        return self._keeper._keep(judged(fresh, self._keeper._read(tables.CURRENT), config), "judged")

    def _fleet_jump(self, rows: ir.Table, connected: frozenset[str]) -> str | None:
        if (
            self._last is None
            or self._last.config_digest != self._request.config.digest
            or self._only is not None
        ):
            return None
        counted = rows.agg(fallen=rows.count(where=rows.has_fallen), compared=rows.count(where=rows.is_known))
        found = counted.to_pyarrow().to_pylist()[0]
        return fleet_jump(found["fallen"], found["compared"], self._request.now_us, self._last, connected)

    def _final(self, rows: ir.Table, now: Now) -> ir.Table:
        """Rows as `health_current` keeps them."""
        request = self._request
        table = assembled(rows, self._splits(rows, now), request.run_id)
        table = table.mutate(
            run_id=ibis.literal(request.run_id, "int64"),
            as_of_us=ibis.literal(request.now_us, "int64"),
            known_batch=ibis.literal(now.known_batch, "int32"),
        )
        columns = [name for name in tables.FIXED[tables.CURRENT] if name in table.columns]
        points = [POINTS_PREFIX + name for name in component_ids(request.config)]
        inputs = [name for name in kept_columns(request.config) if name not in columns]
        return table.select(*columns, *points, *inputs)

    def _splits(self, rows: ir.Table, now: Now) -> ir.Table | None:
        moved = rows.filter(rows.is_moved).select("customer_key")
        current = self._keeper._read(tables.CURRENT)
        old = self._keeper._keep(current.semi_join(moved, "customer_key"), "old")
        if self._engine.number(f"SELECT count(*) FROM {old.get_name()}") == 0:
            return None
        run_ids = [
            row[0]
            for row in self._engine.run(f"SELECT DISTINCT run_id FROM {old.get_name()} ORDER BY run_id")
        ]
        runs = [self._keeper._runs(f"WHERE run_id = {run_id}")[0] for run_id in run_ids]
        splitter = Splitter(self._engine, self._keeper._views, now)
        return splitter.of_runs(old, [(run, self._keeper.config_of(run.config_digest)) for run in runs])

    def _write(self, final: ir.Table, known_batch: int, connected: Iterable[str]) -> tuple[int, int]:
        request, engine = self._request, self._engine
        current = self._keeper._read(tables.CURRENT)
        mine = current if self._only is None else current.semi_join(self._only, "customer_key")
        gone = self._keeper._keep(mine.anti_join(final, "customer_key"), "gone")
        changed = final.filter(final.changed_run == request.run_id).drop(
            "changed_run", "profile_run", *[name for name in final.columns if name.startswith("profile_")]
        )
        with engine.transaction():
            tables.save_config(engine, request.config.digest, encode_config(request.config))
            run = [request.run_id, request.kind.value, request.now_us, known_batch, request.config.digest]
            tables.save_run(engine, [*run, json.dumps(sorted(connected))])
            tables.append(engine, tables.HISTORY, changed.mutate(is_scored=True))
            tables.append(engine, tables.HISTORY, self._left(gone, known_batch))
            if self._only is None:
                tables.replace_current(engine, final)
            else:
                tables.merge_current(engine, final, gone)
        return int(changed.count().execute()), int(gone.count().execute())

    def _left(self, gone: ir.Table, known_batch: int) -> ir.Table:
        """The last rows of customers no longer scored, as history keeps them."""
        kept = [name for name in gone.columns if not name.startswith("profile_") and name != "changed_run"]
        return gone.select(*kept).mutate(
            run_id=ibis.literal(self._request.run_id, "int64"),
            as_of_us=ibis.literal(self._request.now_us, "int64"),
            known_batch=ibis.literal(known_batch, "int32"),
            is_scored=False,
        )

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


def _side_by_side(before: ir.Table, after: ir.Table) -> ir.Table:
    named = after.select(
        other_id=after.customer_id, score_after=after.score, status_after=after.health_status
    )
    both = before.inner_join(named, before.customer_id == named.other_id)
    return both.select("customer_id", "score", "health_status", "score_after", "status_after")


def _planned(both: ir.Table, limit: int) -> PlannedChange:
    totals = both.agg(
        scored=both.count(),
        before=both.score.mean(),
        after=both.score_after.mean(),
        moved=both.count(where=both.score != both.score_after),
    ).to_pyarrow().to_pylist()[0]  # fmt: skip
    crossing = both.filter(both.health_status != both.status_after)
    moves = (
        crossing.group_by(["health_status", "status_after"]).agg(n=ibis._.count()).to_pyarrow().to_pylist()
    )
    size = (crossing.score_after - crossing.score).abs()
    first = crossing.order_by(ibis.desc(size), "customer_id").limit(limit).to_pyarrow().to_pylist()
    return PlannedChange(
        scored=totals["scored"],
        average_before=totals["before"],
        average_after=totals["after"],
        score_changes=totals["moved"],
        moves={f"{move['health_status']} -> {move['status_after']}": move["n"] for move in moves},
        examples=tuple(
            (one["customer_id"], one["score"], one["score_after"], one["health_status"], one["status_after"])
            for one in first
        ),
    )

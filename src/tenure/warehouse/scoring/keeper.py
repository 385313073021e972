"""Computes scores and keeps them: current, history, runs and configurations, in one transaction per run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
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
from tenure.rules.scorecard.resolve import decode_config
from tenure.warehouse.engine import Engine
from tenure.warehouse.scoring import tables
from tenure.warehouse.scoring.compiler import POINTS_PREFIX, component_ids, scored
from tenure.warehouse.scoring.inputs import Beside, kept_columns, read_inputs
from tenure.warehouse.scoring.publishing import profile_rows, score_rows
from tenure.warehouse.scoring.run import ScoringRun
from tenure.warehouse.scoring.scratch import Scratch
from tenure.warehouse.scoring.sources import (
    EngineViews,
    Views,
    connected_after_reading,
    connected_before_reading,
)
from tenure.warehouse.scoring.split import PARTS
from tenure.warehouse.scoring.templates import STAND_IN_NOW_US
from tenure.warehouse.view import FactsView

_RUN_COLUMNS = tuple(tables.FIXED[tables.RUNS])


class ScoreKeeper:
    """The warehouse's side of scoring (`tenure.ports.scoring.ScoringWarehouse`).

    Args:
        engine: of an open warehouse.
        views: how facts are read; given by tests, else the engine's own.
    """

    def __init__(self, engine: Engine, views: Views | None = None) -> None:
        self.engine = engine
        self.views: Views = views or EngineViews(engine)
        self.scratch = Scratch(engine)
        if engine.once("tables of scores"):
            tables.create_tables(engine)

    def last_run(self) -> ScoredRun | None:
        found = self.runs("ORDER BY run_id DESC LIMIT 1")
        return found[0] if found else None

    def has_run(self, run_id: int) -> bool:
        return bool(self.runs(f"WHERE run_id = {int(run_id)}"))

    def compute(self, request: ScoreRequest) -> ScoreResult:
        try:
            return ScoringRun(self, request).compute()
        finally:
            self.scratch.forget()

    def changed_since(self, run_id: int) -> tuple[pa.Table, pa.Table, Sequence[str]]:
        current, history = self.read(tables.CURRENT), self.read(tables.HISTORY)
        changed = current.filter(current.changed_run > run_id)
        profiles = current.filter(current.profile_run > run_id)
        left = history.filter((history.run_id > run_id) & ~history.is_scored).select("customer_id").distinct()
        gone = left.anti_join(current, "customer_id").to_pyarrow().column("customer_id").to_pylist()
        return score_rows(changed).to_pyarrow(), profile_rows(profiles).to_pyarrow(), gone

    def writing_back(self) -> AbstractContextManager[None]:
        return self.engine.writing_back()

    def scores_at(
        self, now_us: int, known_batch: int | None, config: ScoringConfig, pulses: pa.Table
    ) -> pa.Table:
        try:
            view = self.views.full(now_us, known_batch, config.mapping)
            self.scratch.closing(view)
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
            self.scratch.forget()

    def row_at(
        self, customer_id: str, now_us: int, known_batch: int | None, config: ScoringConfig, pulses: pa.Table
    ) -> tuple[Mapping[str, Any], frozenset[str]]:
        try:
            ids = self.engine.table("ids")
            keys = self.scratch.keep(
                ids.filter(ids.id == customer_id).select(customer_key=ids.id_key), "asked"
            )
            mine = self.views.full(now_us, known_batch, config.mapping, keys)
            self.scratch.closing(mine)
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
            self.scratch.forget()

    def kept(self, customer_id: str) -> KeptScore:
        found = self.kept_of([customer_id])
        if not found:
            raise NotFound("There is no score of this customer.", "See `tenure health` for who is scored.")
        return found[0]

    def kept_of(self, customer_ids: Sequence[str]) -> Sequence[KeptScore]:
        current = self.read(tables.CURRENT)
        rows = current.filter(current.customer_id.isin(list(customer_ids))).to_pyarrow().to_pylist()
        inputs = self.read(tables.INPUTS)
        mine = inputs.filter(inputs.customer_key.isin([row["customer_key"] for row in rows]))
        by_key = {row["customer_key"]: row for row in mine.to_pyarrow().to_pylist()} if rows else {}
        return [self._kept({**row, **by_key[row["customer_key"]], "is_scored": True}) for row in rows]

    def history(self, customer_id: str, limit: int = 400) -> Sequence[KeptScore]:
        history = self.read(tables.HISTORY)
        mine = history.filter(history.customer_id == customer_id).order_by(ibis.desc("run_id")).limit(limit)
        return [self._kept(row) for row in mine.to_pyarrow().to_pylist()]

    def config_of(self, digest: str) -> ScoringConfig:
        return self._config(digest)

    def config_live_at(self, now_us: int) -> ScoringConfig | None:
        found = self.runs(
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
                view = self.views.full(now_us, None, config.mapping)
                self.scratch.closing(view)
                scores, _ = self.score(view, config, given)
                sides.append(scores.select("customer_id", "score", "health_status"))
            return _planned(self.scratch.keep(_side_by_side(*sides), "compared"), limit)
        finally:
            self.scratch.forget()

    # --- what a run uses -------------------------------------------------------------------------------------------

    def score(
        self,
        view: FactsView,
        config: ScoringConfig,
        pulses: ir.Table | None,
        known: frozenset[str] = frozenset(),
        beside: Beside | None = None,
    ) -> tuple[ir.Table, frozenset[str]]:
        """Inputs and scores through a view, computed once; and the connected sources."""
        before = connected_before_reading(view, config, pulses is not None)

        def read(view: FactsView, pulses: ir.Table | None = None) -> ir.Table:
            return read_inputs(view, config, before, pulses=pulses, beside=beside)

        given = {} if pulses is None else {"pulses": pulses}
        what = ("inputs", config.digest, before, None if beside is None else config.saved)
        inputs = self.scratch.through(what, view, read, given, "inputs")
        connected = connected_after_reading(inputs, config, before, known)

        def build(inputs: ir.Table) -> ir.Table:
            return scored(inputs, config, connected, STAND_IN_NOW_US)

        key = ("scored", config.digest, connected)
        return self.scratch.templated(key, build, {"inputs": inputs}, view.now_us, "scores"), connected

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
        return self.scratch.given(rows, name)

    def read(self, table: str) -> ir.Table:
        """One of the tables scores are kept in."""
        return tables.read(self.engine, table)

    def runs(self, tail: str) -> list[ScoredRun]:
        """Kept runs, by the end of a select."""
        found = self.engine.run(f"SELECT {', '.join(_RUN_COLUMNS)} FROM {tables.RUNS} {tail}")
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
        found = self.engine.run(f"SELECT body FROM {tables.CONFIGS} WHERE digest = ?", [digest])
        if not found:
            raise NotFound("The configuration of that run is not kept here.", "Run `tenure refresh --full`.")
        return decode_config(found[0][0])

    def _kept(self, row: Mapping[str, Any]) -> KeptScore:
        run = self.runs(f"WHERE run_id = {int(row['run_id'])}")[0]
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
            row={name: row.get(name) for name in columns},
        )


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

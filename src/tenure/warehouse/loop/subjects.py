"""Customers of the present as the loop sees them: `tenure.ports.subjects.Subjects` over the facts and the kept scores."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache

import ibis.expr.types as ir
import msgspec
import pyarrow as pa

from tenure.model.cards import CustomerCard
from tenure.model.condition import Condition
from tenure.model.scorecard import ScoringConfig
from tenure.warehouse.engine import Engine
from tenure.warehouse.loop.cards import customer_cards
from tenure.warehouse.loop.fields import FieldSettings
from tenure.warehouse.loop.holding import Holding, ViewAt
from tenure.warehouse.loop.reasons import lost_of_kept
from tenure.warehouse.loop.standing import Standing
from tenure.warehouse.scoring import tables
from tenure.warehouse.scoring.keeper import ScoreKeeper
from tenure.warehouse.scoring.scratch import Scratch
from tenure.warehouse.view import FactsView

_SHOWN = (
    "SELECT customer_key, shown_score AS score, previous_score, shown_status AS health_status, is_new, coverage "
    f"FROM {tables.CURRENT}"
)
_PLANNED = (
    "SELECT c.customer_key, CASE WHEN c.override_id IS NULL THEN p.score ELSE c.shown_score END AS score, "
    "CASE WHEN c.override_id IS NULL AND p.score <> c.shown_score THEN c.shown_score ELSE c.previous_score END AS previous_score, "
    "CASE WHEN c.override_id IS NULL THEN p.health_status ELSE c.shown_status END AS health_status, c.is_new, c.coverage "
    f"FROM {tables.CURRENT} c JOIN {{planned}} p ON p.customer_key = c.customer_key"
)
_CONFIGURED = (
    f"SELECT customer_id, change_configuration FROM {tables.CURRENT} "
    "WHERE change_configuration <> 0 AND customer_key IN (SELECT customer_key FROM {keys})"
)
_KEYS = "SELECT DISTINCT i.id_key::INTEGER AS customer_key FROM ids i JOIN {given} g ON g.customer_id = i.id"


class WarehouseSubjects:
    """Implements `Subjects`, inside a job.

    Args:
        engine: of the open warehouse.
        view_at: the facts at a time, of some customers (a table with customer_key) or of everybody.
        settings: what fields depend on, as it is now.
    """

    def __init__(self, engine: Engine, view_at: ViewAt, settings: Callable[[], FieldSettings]) -> None:
        self._engine, self._given_view, self._settings = engine, view_at, settings
        self._keeper = ScoreKeeper(engine)
        self._scratch = Scratch(engine)
        self._standing = Standing(engine)
        self._run_of = lru_cache(maxsize=256)(lambda run_id: self._keeper.runs(f"WHERE run_id = {int(run_id)}")[0])

    def crossed(self, watches: Mapping[str, Condition], now_us: int) -> Mapping[str, Sequence[str]]:
        with self._held(watches, now_us) as held:
            return self._standing.crossed(held)

    def fresh(self, watches: Mapping[str, Condition], now_us: int) -> Mapping[str, Sequence[str]]:
        """Whom `crossed` would tell, with nothing moved (`tenure plan`)."""
        with self._held(watches, now_us) as held:
            return self._standing.fresh(held)

    def fresh_with(
        self, watches: Mapping[str, Condition], config: ScoringConfig, pulses: pa.Table, now_us: int
    ) -> Mapping[str, Sequence[str]]:
        """The same with the scores this configuration would show; whoever is overridden keeps what is shown (A26)."""
        try:
            scores = self._scores_with(config, pulses, now_us)
            settings = FieldSettings.of(config, self._settings().currencies).knowing(any_features(self._engine))
            return self._standing.fresh(Holding(self._scratch, self._view_at, scores, settings).held(watches, now_us))
        finally:
            self._keeper.scratch.forget()
            self._scratch.forget()

    def _scores_with(self, config: ScoringConfig, pulses: pa.Table, now_us: int) -> ir.Table:
        view = self._keeper.views.full(now_us, None, config.mapping)
        self._scratch.closing(view)
        scores, _ = self._keeper.score(view, config, self._keeper.given(pulses, "pulses"))
        planned = self._scratch.keep(scores.select("customer_key", "score", "health_status"), "planned")
        self._engine.run(f"CREATE OR REPLACE TEMP VIEW loop_planned_scores AS {_PLANNED.format(planned=planned.get_name())}")
        return self._engine.ibis.table("loop_planned_scores")

    def judged(self, watch: str, customer_ids: Sequence[str], now_us: int) -> None:
        self._standing.judged(watch, customer_ids, now_us)

    def baseline(self, watches: Mapping[str, Condition], now_us: int) -> Mapping[str, int]:
        with self._held(watches, now_us) as held:
            return self._standing.baseline(held, now_us)

    def cards(self, customer_ids: Sequence[str], now_us: int) -> Sequence[CustomerCard]:
        if not customer_ids:
            return []
        try:
            keys = keys_of(self._scratch, customer_ids)
            lost = lost_of_kept(self._scratch, keys.get_name(), self._run_of, self._keeper.config_of)
            settings = self._known_settings().at(now_us)
            found = customer_cards(self._scratch, self._view_at(now_us, keys), self._scores(), settings, lost)
            for customer_id, points in self._engine.run(_CONFIGURED.format(keys=keys.get_name())):
                if customer_id in found:
                    found[customer_id] = msgspec.structs.replace(found[customer_id], change_configuration=points)
            return in_order(customer_ids, found)
        finally:
            self._scratch.forget()

    @contextmanager
    def _held(self, watches: Mapping[str, Condition], now_us: int) -> Iterator[dict[str, str]]:
        try:
            yield Holding(self._scratch, self._view_at, self._scores(), self._known_settings()).held(watches, now_us)
        finally:
            self._scratch.forget()

    def _known_settings(self) -> FieldSettings:
        return self._settings().knowing(any_features(self._engine))

    def _view_at(self, now_us: int, keys: ir.Table | None) -> FactsView:
        view = self._given_view(now_us, keys)
        self._scratch.closing(view)
        return view

    def _scores(self) -> ir.Table:
        """What people see now, an override in force included (A26)."""
        self._engine.run(f"CREATE OR REPLACE TEMP VIEW loop_scores AS {_SHOWN}")
        return self._engine.described("loop_scores")


def any_features(engine: Engine) -> bool:
    """Whether anybody ever adopted a feature (M5)."""
    return engine.number("SELECT count(*) FROM (SELECT 1 FROM feature_totals LIMIT 1)") > 0


def keys_of(scratch: Scratch, customer_ids: Sequence[str]) -> ir.Table:
    """A table with the customer_key of these, as far as they are known."""
    given = scratch.given(pa.table({"customer_id": pa.array(list(customer_ids), pa.string())}), "asked_ids")
    return scratch.selected(_KEYS.format(given=given.get_name()), "asked_keys")


def in_order(customer_ids: Sequence[str], found: Mapping[str, CustomerCard]) -> list[CustomerCard]:
    """Cards in the order asked for, each once."""
    return [found[customer_id] for customer_id in dict.fromkeys(customer_ids) if customer_id in found]

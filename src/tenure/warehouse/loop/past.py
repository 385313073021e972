"""The past day by day, as rehearsals walk through it: scores, crossings and cards of each daily refresh."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import ibis.expr.types as ir
import pyarrow as pa

from tenure.clock import DAY_US, HOUR_US
from tenure.errors import Refused
from tenure.model.cards import CustomerCard, LostPoints
from tenure.model.condition import Condition
from tenure.model.currency import Currencies
from tenure.model.scorecard import ScoringConfig
from tenure.model.touches import Response
from tenure.warehouse.engine import Engine
from tenure.warehouse.loop.cards import customer_cards
from tenure.warehouse.loop.fields import FieldSettings
from tenure.warehouse.loop.history import PublishedHistory
from tenure.warehouse.loop.holding import Holding
from tenure.warehouse.loop.reasons import lost_of
from tenure.warehouse.loop.replica import Replica
from tenure.warehouse.loop.responses import FactResponses, FactsMark
from tenure.warehouse.loop.standing import Standing
from tenure.warehouse.loop.subjects import any_features, in_order, keys_of
from tenure.warehouse.metrics.members import rows
from tenure.warehouse.scoring import tables
from tenure.warehouse.scoring.judging import shown
from tenure.warehouse.scoring.keeper import ScoreKeeper
from tenure.warehouse.scoring.scratch import Scratch
from tenure.warehouse.scoring.templates import STAND_IN_NOW_US
from tenure.warehouse.view import FactsView

REFRESH_HOUR = 2
_SCORES, _BEFORE = "past_scores", "past_scores_before"
_COLUMNS = "customer_key, spell_started_us, total, coverage, score, health_status, is_new, previous_score"
_EMPTY = (
    f"CREATE OR REPLACE TEMP TABLE {_SCORES} (customer_key INTEGER, spell_started_us BIGINT, total DOUBLE, coverage DOUBLE, "
    "score DOUBLE, health_status VARCHAR, is_new BOOLEAN, previous_score DOUBLE)"
)
_OVERRIDES = pa.schema(
    {"customer_id": pa.string(), "override_id": pa.int64(), "score": pa.float64(), "status": pa.string(), "until_us": pa.int64()}
)
_PULSES = pa.schema({"customer_id": pa.string(), "value": pa.float64(), "given_us": pa.int64(), "until_us": pa.int64()})
TableAt = Callable[[int], pa.Table]


class PastDay(NamedTuple):
    """One daily refresh of the past. `is_published`: what was shown then; else computed from facts."""

    now_us: int
    is_published: bool
    scored: int


class PastSubjects:
    """Implements `Subjects` at the day it stands at; `days` moves it. Nothing of it is kept: `close` it.

    Args:
        engine: of the open warehouse; it keeps its own tables untouched.
        config_at: what scores are computed with at a time.
        known_batch: only facts of this batch or an earlier one; None: everything known today, late facts included.
        overrides, pulses: those in force at a time (the columns of `ScoreRequest`); None: there were none.
        currencies: rates into the venture's currency.
        use_history: where runs were published at the time, what they showed counts and nothing is computed.
    """

    def __init__(
        self,
        engine: Engine,
        config_at: Callable[[int], ScoringConfig],
        *,
        known_batch: int | None = None,
        overrides: TableAt | None = None,
        pulses: TableAt | None = None,
        currencies: Currencies | None = None,
        use_history: bool = True,
    ) -> None:
        self._whole, self._config_at, self._known_batch = engine, config_at, known_batch
        self._overrides, self._pulses, self._currencies = overrides, pulses, currencies
        self._use_history = use_history
        self._replica: Replica | None = None
        self._day: PastDay | None = None

    # --- walking -----------------------------------------------------------------------------------------------------

    def days(
        self, from_us: int, to_us: int, *, refresh_hour: int = REFRESH_HOUR, watches: Mapping[str, Condition] | None = None
    ) -> Iterator[PastDay]:
        """Every daily refresh at or after `from_us` and before `to_us`, in order; ask about each before the next.

        Args:
            refresh_hour: UTC, of the daily refresh.
            watches: for whom these hold at the refresh before the first day, stands already.
        """
        times = refresh_times(from_us, to_us, refresh_hour)
        if not times:
            return
        self._start(times[0] - DAY_US, times[-1] + 1)
        if watches:
            self.baseline(watches, times[0] - DAY_US)
        for now_us in times:
            self._move_to(now_us)
            assert self._day is not None
            yield self._day

    def _start(self, now_us: int, to_us: int) -> None:
        self.close()
        mapping = self._config_at(now_us).mapping
        self._replica = Replica(self._whole, mapping, now_us, to_us, self._known_batch)
        engine = self._engine = self._replica.engine
        self._keeper, self._scratch = ScoreKeeper(engine), Scratch(engine)
        self._history = PublishedHistory(ScoreKeeper(self._whole), self._replica.home)
        self._standing = Standing(engine, "past_standing", temporary=True)
        self._lost: Callable[[str], Mapping[str, tuple[LostPoints, ...]]] = lambda keys: {}
        engine.run(_EMPTY)
        self._move_to(now_us)

    def _move_to(self, now_us: int) -> None:
        assert self._replica is not None
        was_published = self._day is not None and self._day.is_published
        before_us = 0 if self._day is None or not was_published else self._day.now_us
        self._replica.move_to(now_us)
        self._view = self._replica.view()
        self._config = self._config_at(now_us)
        self._keeper.scratch.forget()
        self._engine.run(f"CREATE OR REPLACE TEMP TABLE {_BEFORE} AS FROM {_SCORES}")
        is_published = self._use_history and self._history.covers(now_us)
        if is_published:
            self._take_published(before_us, now_us)
        else:
            self._compute(now_us)
        self._day = PastDay(now_us, is_published, self._engine.number(f"SELECT count(*) FROM {_SCORES}"))

    def _take_published(self, after_us: int, now_us: int) -> None:
        """What runs changed since the day before; all that was shown where the day before was computed."""
        fresh = self._keeper.scratch.selected(self._history.scores(after_us, now_us), "published").get_name()
        carried = "" if after_us == 0 else (
            f" UNION ALL SELECT {_COLUMNS} FROM {_BEFORE} WHERE customer_key NOT IN (SELECT customer_key FROM {fresh})"
        )  # fmt: skip
        self._engine.run(f"CREATE OR REPLACE TEMP TABLE {_SCORES} AS SELECT {_COLUMNS} FROM {fresh} WHERE is_scored{carried}")
        self._lost = lambda keys: self._history.lost(
            rows(self._scratch.selected(self._history.last_rows(keys, now_us), "kept"))
        )

    def _compute(self, now_us: int) -> None:
        """Scores from the facts as they stood, shown as a refresh would have."""
        keeper, scratch, config = self._keeper, self._keeper.scratch, self._config
        pulses = keeper.given(_at(self._pulses, now_us, _PULSES), "pulses")
        given = scratch.given(_at(self._overrides, now_us, _OVERRIDES), "overrides")
        overrides = scratch.selected(tables.keyed(given.get_name()), "overrides")
        scores, connected = keeper.score(self._view, config, pulses)

        def build(scores: ir.Table, overrides: ir.Table) -> ir.Table:
            found = shown(scores, overrides, config, STAND_IN_NOW_US)
            columns = ("customer_key", "spell_started_us", "total", "coverage", "shown_score", "shown_status", "is_new")
            return found.select(*columns)

        found = scratch.templated(
            ("past shown", config.digest), build, {"scores": scores, "overrides": overrides}, now_us, "shown"
        )
        self._engine.run(f"CREATE OR REPLACE TEMP TABLE {_SCORES} AS {_with_previous(found.get_name())}")
        self._lost = lambda keys: lost_of(
            rows(scores.semi_join(self._engine.table(keys), "customer_key")), config, connected, now_us
        )

    # --- the day it stands at ----------------------------------------------------------------------------------------

    def changes(self) -> pa.Table:
        """Whose score, band or newness differs from the day before, in order of id.

        customer_id, score?, health_status?, is_new? (null: no longer scored), previous_score?, previous_status? (of the day
        before; null: not scored then, or in another spell), change? (of the unrounded total).
        """
        self._today(None)
        return self._engine.connection.sql(_CHANGES).to_arrow_table()

    def scores(self) -> pa.Table:
        """Everybody's: customer_id, total, score, health_status, coverage, is_new, previous_score (M6), in order of id."""
        self._today(None)
        return self._engine.connection.sql(f"{_SHOWN} ORDER BY 1").to_arrow_table()

    def scores_of(self, customer_ids: Sequence[str]) -> pa.Table:
        """The same of some customers."""
        self._today(None)
        try:
            keys = keys_of(self._scratch, customer_ids).get_name()
            asked = f"{_SHOWN} WHERE s.customer_key IN (SELECT customer_key FROM {keys}) ORDER BY 1"
            return self._engine.connection.sql(asked).to_arrow_table()
        finally:
            self._scratch.forget()

    def profiles_of(self, customer_ids: Sequence[str]) -> pa.Table:
        """customer_id, name, plan, owner, customer_status, arr_cents, renewal_us of these customers (what lists show)."""
        self._today(None)
        try:
            view = self._view_at(0, keys_of(self._scratch, customer_ids))
            found = self._scratch.through(("past profiles",), view, _profiles, {}, "profiles")
            return self._engine.connection.sql(f"FROM {found.get_name()}").to_arrow_table()
        finally:
            self._scratch.forget()

    def responses(self, customer_ids: Sequence[str], since_us: int, now_us: int) -> list[Response]:
        """What these customers did from `since_us` on, and all who answered a survey, as the facts of the day tell it."""
        everything = FactsMark(batch=self._engine.number("SELECT coalesce(max(batch), 0) FROM batches"), now_us=since_us)
        return FactResponses(self._engine, self._config.mapping).since(everything, customer_ids, now_us, answers_since_us=since_us)

    def crossed(self, watches: Mapping[str, Condition], now_us: int) -> Mapping[str, Sequence[str]]:
        try:
            return self._standing.crossed(self._held(watches, now_us))
        finally:
            self._scratch.forget()

    def judged(self, watch: str, customer_ids: Sequence[str], now_us: int) -> None:
        self._today(now_us)
        self._standing.judged(watch, customer_ids, now_us)

    def baseline(self, watches: Mapping[str, Condition], now_us: int) -> Mapping[str, int]:
        try:
            return self._standing.baseline(self._held(watches, now_us), now_us)
        finally:
            self._scratch.forget()

    def cards(self, customer_ids: Sequence[str], now_us: int) -> Sequence[CustomerCard]:
        """Later on a day they are as of its refresh."""
        now_us = self._of_the_day(now_us)
        if not customer_ids:
            return []
        try:
            keys = keys_of(self._scratch, customer_ids)
            view, settings = self._view_at(now_us, keys), self._settings().at(now_us)
            lost = self._lost(keys.get_name())
            return in_order(customer_ids, customer_cards(self._scratch, view, self._scores(), settings, lost))
        finally:
            self._scratch.forget()

    def _held(self, watches: Mapping[str, Condition], now_us: int) -> dict[str, str]:
        self._today(now_us)
        return Holding(self._scratch, self._view_at, self._scores(), self._settings()).held(watches, now_us)

    def _today(self, now_us: int | None) -> None:
        if self._day is None or (now_us is not None and now_us != self._day.now_us):
            raise Refused("The past is asked about a day it does not stand at.", "Walk through it with `days`.")

    def _of_the_day(self, now_us: int) -> int:
        """The refresh of the day it stands at, for times up to the next one."""
        if self._day is None or not self._day.now_us <= now_us < self._day.now_us + DAY_US:
            self._today(now_us)
        assert self._day is not None
        return self._day.now_us

    def _settings(self) -> FieldSettings:
        return FieldSettings.of(self._config, self._currencies).knowing(any_features(self._engine))

    def _view_at(self, now_us: int, keys: ir.Table | None) -> FactsView:
        return self._view if keys is None else self._view.of(keys)

    def _scores(self) -> ir.Table:
        return self._engine.table(_SCORES)

    def close(self) -> None:
        """Let go of everything it made."""
        if self._replica is not None:
            self._replica.close()
        self._replica, self._day = None, None


def refresh_times(from_us: int, to_us: int, hour: int) -> list[int]:
    """The daily refreshes in a span."""
    first = from_us // DAY_US * DAY_US + hour * HOUR_US
    first += DAY_US if first < from_us else 0
    return list(range(first, to_us, DAY_US))


def _at(given: TableAt | None, now_us: int, schema: pa.Schema) -> pa.Table:
    return schema.empty_table() if given is None else given(now_us)


def _profiles(view: FactsView) -> ir.Table:
    customers = view.customers()
    return customers.select("customer_id", "name", "plan", "owner", "arr_cents", "renewal_us", customer_status=customers.status)


def _with_previous(found: str) -> str:
    """Scores as shown, with the last shown one that differed; a new spell knows none (P4, M6)."""
    return (
        "SELECT s.customer_key, s.spell_started_us, s.total, s.coverage, s.shown_score AS score, s.shown_status AS health_status, "
        "s.is_new, CASE WHEN b.spell_started_us IS DISTINCT FROM s.spell_started_us THEN NULL "
        "WHEN s.shown_score IS DISTINCT FROM b.score THEN b.score ELSE b.previous_score END AS previous_score "
        f"FROM {found} s LEFT JOIN {_BEFORE} b ON b.customer_key = s.customer_key"
    )


_SHOWN = (
    "SELECT i.id AS customer_id, s.total, s.score, s.health_status, s.coverage, s.is_new, s.previous_score "
    f"FROM {_SCORES} s JOIN ids i ON i.id_key = s.customer_key"
)
_CHANGES = f"""
SELECT i.id AS customer_id, s.score, s.health_status, s.is_new, b.score AS previous_score, b.health_status AS previous_status,
       s.total - b.total AS change
FROM {_SCORES} s
FULL JOIN {_BEFORE} b
  ON b.customer_key = s.customer_key AND b.spell_started_us IS NOT DISTINCT FROM s.spell_started_us
JOIN ids i ON i.id_key = coalesce(s.customer_key, b.customer_key)
WHERE (s.score IS DISTINCT FROM b.score OR s.health_status IS DISTINCT FROM b.health_status
       OR s.is_new IS DISTINCT FROM b.is_new)
  AND (s.customer_key IS NOT NULL OR b.customer_key NOT IN (SELECT customer_key FROM {_SCORES}))
ORDER BY 1
"""

"""The past, every day asked for itself, as a refresh of that day would have: for ventures where silence is churn.

What a `PanelPast` asks of many days at once is asked here of each; a test holds both equal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import ibis.expr.types as ir
import pyarrow as pa

from tenure.model.cards import CustomerCard, LostPoints
from tenure.model.condition import Condition
from tenure.model.touches import Response
from tenure.warehouse.engine import Engine
from tenure.warehouse.loop.cards import customer_cards
from tenure.warehouse.loop.fields import FieldSettings
from tenure.warehouse.loop.history import PublishedHistory
from tenure.warehouse.loop.holding import Holding
from tenure.warehouse.loop.past_day import OVERRIDES, PULSES, PastDay, PastSettings, given_at, profiles
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

_SCORES, _BEFORE = "past_scores", "past_scores_before"
_COLUMNS = "customer_key, spell_started_us, total, coverage, score, health_status, is_new, previous_score"
_EMPTY = (
    f"CREATE OR REPLACE TEMP TABLE {_SCORES} (customer_key INTEGER, spell_started_us BIGINT, total DOUBLE, coverage DOUBLE, "
    "score DOUBLE, health_status VARCHAR, is_new BOOLEAN, previous_score DOUBLE)"
)

class DailyPast:
    """Walks through the past of any venture.

    Args:
        engine: of the open warehouse; it keeps its own tables untouched.
        settings: what past is asked for.
        times: the refresh before the first day, and those of the days.
    """

    def __init__(self, engine: Engine, settings: PastSettings, times: Sequence[int]) -> None:
        self._whole, self._times = engine, times
        self._config_at, self._known_batch, self._use_history = settings.config_at, settings.known_batch, settings.use_history
        self._overrides, self._pulses, self._currencies = settings.overrides, settings.pulses, settings.currencies
        self._day: PastDay | None = None
        self._start(times[0], times[-1] + 1)

    # --- walking -----------------------------------------------------------------------------------------------------

    def days(self, watches: Mapping[str, Condition] | None) -> Iterator[PastDay]:
        """All but the first, for which watches stand already."""
        if watches:
            self.baseline(watches)
        for now_us in self._times[1:]:
            self._move_to(now_us)
            yield self.day

    @property
    def day(self) -> PastDay:
        """Where it stands."""
        assert self._day is not None
        return self._day

    def _start(self, now_us: int, to_us: int) -> None:
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
        pulses = keeper.given(given_at(self._pulses, now_us, PULSES), "pulses")
        given = scratch.given(given_at(self._overrides, now_us, OVERRIDES), "overrides")
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
        """See `PastSubjects.changes`."""
        return self._engine.connection.sql(_CHANGES).to_arrow_table()

    def scores(self) -> pa.Table:
        """Everybody's: customer_id, total, score, health_status, coverage, is_new, previous_score (M6), in order of id."""
        return self._engine.connection.sql(f"{_SHOWN} ORDER BY 1").to_arrow_table()

    def scores_of(self, customer_ids: Sequence[str]) -> pa.Table:
        """The same of some customers."""
        try:
            keys = keys_of(self._scratch, customer_ids).get_name()
            asked = f"{_SHOWN} WHERE s.customer_key IN (SELECT customer_key FROM {keys}) ORDER BY 1"
            return self._engine.connection.sql(asked).to_arrow_table()
        finally:
            self._scratch.forget()

    def profiles_of(self, customer_ids: Sequence[str]) -> pa.Table:
        """customer_id, name, plan, owner, customer_status, arr_cents, renewal_us of these customers (what lists show)."""
        try:
            view = self._view_at(0, keys_of(self._scratch, customer_ids))
            found = self._scratch.through(("past profiles",), view, profiles, {}, "profiles")
            return self._engine.connection.sql(f"FROM {found.get_name()}").to_arrow_table()
        finally:
            self._scratch.forget()

    def responses(self, customer_ids: Sequence[str], since_us: int, now_us: int) -> list[Response]:
        """What these customers did from `since_us` on, and all who answered a survey, as the facts of the day tell it."""
        everything = FactsMark(batch=self._engine.number("SELECT coalesce(max(batch), 0) FROM batches"), now_us=since_us)
        return FactResponses(self._engine, self._config.mapping).since(everything, customer_ids, now_us, answers_since_us=since_us)

    def crossed(self, watches: Mapping[str, Condition]) -> Mapping[str, Sequence[str]]:
        """Who holds and did not stand, in order of id."""
        try:
            return self._standing.crossed(self._held(watches))
        finally:
            self._scratch.forget()

    def judged(self, watch: str, customer_ids: Sequence[str]) -> None:
        """These stand from now on."""
        self._standing.judged(watch, customer_ids, self.day.now_us)

    def baseline(self, watches: Mapping[str, Condition]) -> Mapping[str, int]:
        """Everybody for whom a watch holds stands."""
        try:
            return self._standing.baseline(self._held(watches), self.day.now_us)
        finally:
            self._scratch.forget()

    def cards(self, customer_ids: Sequence[str]) -> Sequence[CustomerCard]:
        """As of the refresh of the day."""
        now_us = self.day.now_us
        try:
            keys = keys_of(self._scratch, customer_ids)
            view, settings = self._view_at(now_us, keys), self._settings().at(now_us)
            lost = self._lost(keys.get_name())
            return in_order(customer_ids, customer_cards(self._scratch, view, self._scores(), settings, lost))
        finally:
            self._scratch.forget()

    def _held(self, watches: Mapping[str, Condition]) -> dict[str, str]:
        return Holding(self._scratch, self._view_at, self._scores(), self._settings()).held(watches, self.day.now_us)

    def _settings(self) -> FieldSettings:
        return FieldSettings.of(self._config, self._currencies).knowing(any_features(self._engine))

    def _view_at(self, now_us: int, keys: ir.Table | None) -> FactsView:
        return self._view if keys is None else self._view.of(keys)

    def _scores(self) -> ir.Table:
        return self._engine.table(_SCORES)

    def close(self) -> None:
        """Let go of everything it made."""
        self._replica.close()


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

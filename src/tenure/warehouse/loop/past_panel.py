"""The past, many days at once: what every daily refresh would have found is asked of a panel of days, then told day by day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from operator import or_
from typing import Any, NamedTuple

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tenure.model.cards import CustomerCard, LostPoints
from tenure.model.condition import Condition
from tenure.model.scorecard import ScoringConfig
from tenure.model.touches import Response
from tenure.rules.scorecard.catalogue import window_days
from tenure.warehouse.conditions import condition_expression
from tenure.warehouse.derivation import Facts
from tenure.warehouse.engine import Engine
from tenure.warehouse.loop.arrivals import Asked
from tenure.warehouse.loop.asked_day import AskedDay
from tenure.warehouse.loop.cards import customer_cards
from tenure.warehouse.loop.fields import WINDOW_DAYS, FieldSettings, field_table
from tenure.warehouse.loop.history import PublishedHistory
from tenure.warehouse.loop.holding import columns_of
from tenure.warehouse.loop.panel import PLACES_OF_DAYS, Panel, PanelView
from tenure.warehouse.loop.past_day import OVERRIDES, PULSES, PastDay, PastSettings, given_at, profiles
from tenure.warehouse.loop.reasons import lost_of
from tenure.warehouse.loop.replica import Aside
from tenure.warehouse.loop.responses import FactResponses, FactsMark
from tenure.warehouse.loop.shown_days import STATUSES, Customers, ShownDay, changes
from tenure.warehouse.loop.subjects import in_order, keys_of
from tenure.warehouse.metrics.members import rows
from tenure.warehouse.reading import first_of_kinds
from tenure.warehouse.scoring import tables
from tenure.warehouse.scoring.compiler import scored
from tenure.warehouse.scoring.inputs import input_columns, read_inputs
from tenure.warehouse.scoring.judging import shown
from tenure.warehouse.scoring.keeper import ScoreKeeper
from tenure.warehouse.scoring.scratch import Scratch
from tenure.warehouse.scoring.sources import connected_before_reading, parts_of_events
from tenure.warehouse.scoring.templates import STAND_IN_NOW_US

MOST_DAYS = 10
"""So many days are asked at once: fewer cost more texts to read, more cost memory."""
MOST_WATCHES = 60
"""As many flags fit in a whole number."""


class _Alike(NamedTuple):
    """What days have in common that are asked together."""

    config: ScoringConfig
    kinds: frozenset[str]
    has_features: bool
    settings: FieldSettings
    is_published: bool
    has_pulses: bool


class _Stretch(NamedTuple):
    """Days that were asked together."""

    slots: range
    alike: _Alike
    view: PanelView
    inputs: ir.Table | None
    connected: Mapping[int, frozenset[str]]
    days: Mapping[int, ShownDay]
    held: dict[Condition, NDArray[np.bool_]]


class PanelPast:
    """Walks through the past of a venture whose subscriptions say who left.

    Args:
        engine: of the open warehouse.
        settings: what past is asked for.
        times: the refresh before the first day, and those of the days.
    """

    def __init__(self, engine: Engine, settings: PastSettings, times: Sequence[int]) -> None:
        self._whole, self._settings, self._times = engine, settings, times
        self._mapping = settings.config_at(times[0]).mapping
        self._aside = Aside(engine, self._mapping, settings.known_batch)
        self._engine = self._aside.engine
        self._panel = Panel(self._engine, self._mapping, times[0], len(times) - 1)
        self._keeper, self._scratch, self._mine = ScoreKeeper(self._engine), Scratch(self._engine), Scratch(self._engine)
        self._history = PublishedHistory(ScoreKeeper(engine), self._aside.home)
        self._customers = self._known()
        self._asked = AskedDay(self._engine, self._mapping)
        self._cards: dict[str, CustomerCard | None] = {}
        self._stands: dict[str, NDArray[np.bool_]] = {}
        self._slot = -1
        self._before = self._after = ShownDay.nobody(len(self._customers.keys))
        self._stretch: _Stretch | None = None
        self._kinds = first_of_kinds(Facts(self._engine))

    def _known(self) -> Customers:
        keys = self._panel.keys
        found = self._engine.connection.sql("SELECT id_key, id FROM ids WHERE id_key IN (SELECT customer_key FROM customer_versions) ORDER BY id_key")
        ids = found.to_arrow_table().column("id").combine_chunks()
        return Customers(keys, ids, np.asarray(pc.sort_indices(ids), np.int64))

    # --- walking ---------------------------------------------------------------------------------------------------------

    def days(self, watches: Mapping[str, Condition] | None) -> Iterator[PastDay]:
        """All but the first, for which watches stand already."""
        for slot in range(len(self._times)):
            self._move_to(slot)
            if slot:
                yield self.day
            elif watches:
                self.baseline(watches)

    @property
    def day(self) -> PastDay:
        """Where it stands."""
        assert self._stretch is not None
        return PastDay(self._times[self._slot], self._stretch.alike.is_published, int(self._after.is_scored.sum()))

    def _move_to(self, slot: int) -> None:
        if self._stretch is None or slot not in self._stretch.slots:
            self._stretch = self._stretched(slot)
        self._slot, self._before, self._after = slot, self._after, self._stretch.days[slot]
        self._cards = {}
        self._asked.stand_at(slot, self._times[slot])

    def _alike(self, slot: int) -> _Alike:
        now_us = self._times[slot]
        config = self._settings.config_at(now_us)
        has_features = self._panel.has_features(slot)
        fields = FieldSettings.of(config, self._settings.currencies).knowing(has_features, self._panel.has_payments).at(now_us)
        return _Alike(
            config,
            frozenset(kind for kind, first_us in self._kinds.items() if first_us < now_us),
            has_features,
            fields,
            self._settings.use_history and self._history.covers(now_us),
            given_at(self._settings.pulses, now_us, PULSES).num_rows > 0,
        )

    def _stretched(self, first: int) -> _Stretch:
        """The days from here on that are alike, scored."""
        self._scratch.forget()
        alike, end = self._alike(first), first + 1
        while end < len(self._times) and end - first < MOST_DAYS and not alike.has_pulses and self._alike(end) == alike:
            end += 1
        slots = range(first, end)
        view = self._panel.stand_at(slots, inputs_along(alike.config), fields_along(self._mapping.login_names))
        view.kinds = alike.kinds
        if alike.is_published:
            return _Stretch(slots, alike, view, None, {}, self._published(slots), {})
        inputs, connected, days = self._computed(view, alike, slots)
        return _Stretch(slots, alike, view, inputs, connected, days, {})

    def _arrays(self, select: str) -> dict[str, Any]:
        """The columns of a select, nulls masked."""
        return dict(self._engine.connection.execute(select).fetchnumpy())

    # --- scores ----------------------------------------------------------------------------------------------------------

    def _published(self, slots: range) -> dict[int, ShownDay]:
        """What runs changed since the day before; all that was shown where the day before was computed."""
        found, before = {}, self._after
        was_published = self._stretch is not None and self._stretch.alike.is_published
        for slot in slots:
            after_us = self._times[slot - 1] if was_published else 0
            day = before.copied() if after_us else ShownDay.nobody(len(self._customers.keys))
            fresh = self._arrays("SELECT customer_key, is_scored, spell_started_us AS spell_us, total, coverage, score, is_new, previous_score AS previous, "
                f"{_STATUS.format(name='health_status')} AS status FROM ({self._history.scores(after_us, self._times[slot])}) "
                "WHERE customer_key IN (SELECT customer_key FROM customer_versions)")
            self._put(day, fresh)
            found[slot], before, was_published = day, day, True
        return found

    def _put(self, day: ShownDay, found: Mapping[str, Any]) -> None:
        places = self._customers.places(np.asarray(found["customer_key"]))
        filled = {name: _filled(values, name) for name, values in found.items() if name not in ("customer_key", "is_scored")}
        day.put(places, filled)
        if "is_scored" in found:
            day.is_scored[places] = np.asarray(found["is_scored"])

    def _computed(self, view: PanelView, alike: _Alike, slots: range) -> tuple[ir.Table, dict[int, frozenset[str]], dict[int, ShownDay]]:
        """Scores from the facts as they stood, shown as refreshes would have."""
        config = alike.config
        pulses = self._pulses(slots) if alike.has_pulses else None
        before = connected_before_reading(view, config, pulses is not None)

        def read(view: PanelView, pulses: ir.Table | None = None) -> ir.Table:
            return read_inputs(view, config, before, pulses=pulses, beside=lambda customers, now_us: {})

        inputs = self._scratch.through(
            ("past inputs", config.digest, before), view, read, {} if pulses is None else {"pulses": pulses}, "inputs"
        )
        connected = self._connected(inputs, config, before, slots)
        days = {slot: ShownDay.nobody(len(self._customers.keys)) for slot in slots}
        for sources in set(connected.values()):
            self._show(inputs, alike, sources, [slot for slot in slots if connected[slot] == sources], slots.start, days)
        previous = self._after
        for slot in slots:
            days[slot].follow(previous)
            previous = days[slot]
        return inputs, connected, days

    def _connected(self, inputs: ir.Table, config: ScoringConfig, before: frozenset[str], slots: range) -> dict[int, frozenset[str]]:
        """The connected sources of each day (`connected_after_reading`)."""
        parts = {source: names for source, names in parts_of_events(config).items() if source in before and names}
        anything = [f"coalesce(bool_or({' OR '.join(f'{name} > 0' for name in names)}), FALSE)" for names in parts.values()]
        found: dict[int, list[bool]] = {}
        if parts:
            selected = f"SELECT customer_key % {PLACES_OF_DAYS}, {', '.join(anything)} FROM {inputs.get_name()} GROUP BY 1"
            found = {int(place): list(flags) for place, *flags in self._engine.run(selected)}
        nothing = [False] * len(parts)
        return {
            slot: before - {source for source, is_any in zip(parts, found.get(place, nothing), strict=True) if not is_any}
            for place, slot in enumerate(slots)
        }

    def _show(
        self, inputs: ir.Table, alike: _Alike, connected: frozenset[str], slots: Sequence[int], first: int, days: Mapping[int, ShownDay]
    ) -> None:
        config, now_us = alike.config, self._panel.standing_us
        overrides = self._overrides(slots, first)

        def build(inputs: ir.Table, overrides: ir.Table) -> ir.Table:
            found = shown(scored(inputs, config, connected, STAND_IN_NOW_US), overrides, config, STAND_IN_NOW_US)
            columns = ("customer_key", "spell_started_us", "total", "coverage", "shown_score", "shown_status", "is_new")
            return found.select(*columns)

        text = self._scratch.text(("past shown days", config.digest, connected), build, {"inputs": inputs, "overrides": overrides}, now_us)
        places = ", ".join(str(slot - first) for slot in slots)
        found = self._arrays(f"SELECT customer_key, spell_started_us AS spell_us, total, coverage, shown_score AS score, is_new, "
            f"{_STATUS.format(name='shown_status')} AS status FROM ({text}) WHERE customer_key % {PLACES_OF_DAYS} IN ({places})")
        place = found["customer_key"] % PLACES_OF_DAYS
        for slot in slots:
            mine = place == slot - first
            day = {name: values[mine] for name, values in found.items()}
            day["customer_key"] = day["customer_key"] // PLACES_OF_DAYS
            day["spell_us"] = day["spell_us"] + (self._times[slot] - now_us)
            self._put(days[slot], day)

    def _overrides(self, slots: Sequence[int], first: int) -> ir.Table:
        """Those in force on each of these days, by keys of the panel."""
        told = [self._dated(given_at(self._settings.overrides, self._times[slot], OVERRIDES), slot - first) for slot in slots]
        given = self._scratch.given(pa.concat_tables(told), "overrides")
        keyed = tables.keyed(given.get_name())
        return self._scratch.selected(f"SELECT * EXCLUDE (place) REPLACE ({_KEYED} AS customer_key) FROM ({keyed})", "overrides")

    def _dated(self, given: pa.Table, place: int) -> pa.Table:
        return given.append_column("place", pa.array([place] * given.num_rows, pa.int32()))

    def _pulses(self, slots: range) -> ir.Table | None:
        """Those given until this day, told from where the panel stands: days with pulses are asked one by one."""
        given = self._scratch.given(given_at(self._settings.pulses, self._times[slots.start], PULSES), "pulses")
        shift_us = self._times[slots.start] - self._panel.standing_us
        moved = f"given_us - {shift_us} AS given_us, until_us - {shift_us} AS until_us"
        return self._scratch.selected(f"SELECT * REPLACE ({moved}) FROM {given.get_name()}", "pulses")

    # --- the day it stands at --------------------------------------------------------------------------------------------

    def changes(self) -> pa.Table:
        """See `PastSubjects.changes`."""
        return changes(self._customers, self._before, self._after)

    def scores(self) -> pa.Table:
        """Everybody's, in order of id."""
        return self._rows(self._customers.by_id)

    def scores_of(self, customer_ids: Sequence[str]) -> pa.Table:
        """The same of some customers."""
        wanted = np.zeros(len(self._customers.keys), np.bool_)
        wanted[self._customers.places_of(customer_ids)] = True
        return self._rows(self._customers.by_id[wanted[self._customers.by_id]])

    def _rows(self, places: NDArray[np.int64]) -> pa.Table:
        places = places[self._after.is_scored[places]]
        return pa.table({"customer_id": self._customers.ids.take(pa.array(places)), **self._after.rows(places)})

    def profiles_of(self, customer_ids: Sequence[str]) -> pa.Table:
        """What lists show of these customers."""
        try:
            view = self._asked.view(keys_of(self._mine, customer_ids))
            found = self._mine.through(("past profiles",), view, profiles, {}, "profiles")
            return self._engine.connection.sql(f"FROM {found.get_name()}").to_arrow_table()
        finally:
            self._mine.forget()

    def responses(self, customer_ids: Sequence[str], since_us: int, now_us: int) -> list[Response]:
        """What these customers did from then on, and all who answered a survey."""
        everything = FactsMark(batch=self._engine.number("SELECT coalesce(max(batch), 0) FROM batches"), now_us=since_us)
        return FactResponses(self._engine, self._mapping).since(everything, customer_ids, now_us, answers_since_us=since_us)

    def cards(self, customer_ids: Sequence[str]) -> Sequence[CustomerCard]:
        """As of the refresh of the day."""
        fresh = [customer_id for customer_id in dict.fromkeys(customer_ids) if customer_id not in self._cards]
        if fresh:
            self._cards |= dict.fromkeys(fresh) | self._read_cards(fresh)
        return in_order(customer_ids, {name: card for name in customer_ids if (card := self._cards[name]) is not None})

    def _read_cards(self, customer_ids: Sequence[str]) -> dict[str, CustomerCard]:
        try:
            keys = keys_of(self._mine, customer_ids)
            scores, lost = self._scores_of_keys(keys), self._lost(keys.get_name())
            return customer_cards(self._mine, self._asked.view(keys), scores, self._the_stretch.alike.settings, lost)
        finally:
            self._mine.forget()

    def _scores_of_keys(self, keys: ir.Table) -> ir.Table:
        """What the day shows of these customers, as a table of the engine."""
        asked = self._arrays(f"SELECT customer_key FROM {keys.get_name()}")["customer_key"]
        places = self._customers.places(np.asarray(asked)[np.isin(asked, self._customers.keys)])
        places = places[self._after.is_scored[places]]
        return self._mine.given(
            pa.table({"customer_key": pa.array(self._customers.keys[places]), **self._after.rows(places)}), "scores"
        )

    def _lost(self, keys: str) -> Mapping[str, tuple[LostPoints, ...]]:
        stretch, now_us = self._the_stretch, self._times[self._slot]
        if stretch.inputs is None:
            return self._history.lost(rows(self._mine.selected(self._history.last_rows(keys, now_us), "kept")))
        place = self._slot - stretch.slots.start
        found = self._mine.selected(
            f"SELECT i.*, c.id AS customer_id FROM {keys} k JOIN {stretch.inputs.get_name()} i "
            f"ON i.customer_key = k.customer_key * {PLACES_OF_DAYS} + {place} JOIN ids c ON c.id_key = k.customer_key",
            "lost",
        )
        return lost_of(rows(found), stretch.alike.config, stretch.connected[self._slot], self._panel.standing_us)

    # --- watches ---------------------------------------------------------------------------------------------------------

    def crossed(self, watches: Mapping[str, Condition]) -> dict[str, list[str]]:
        """Who holds and did not stand, in order of id; whoever no longer holds leaves."""
        held, found = self._held(watches), {}
        for watch, holds in held.items():
            stands = self._standing_of(watch)
            fresh = holds & ~stands
            stands &= holds
            found[watch] = self._customers.named(fresh)
        return found

    def judged(self, watch: str, customer_ids: Sequence[str]) -> None:
        """These stand from now on."""
        self._standing_of(watch)[self._customers.places_of(customer_ids)] = True

    def baseline(self, watches: Mapping[str, Condition]) -> dict[str, int]:
        """Everybody for whom a watch holds stands; returns how many."""
        held = self._held(watches)
        for watch, holds in held.items():
            stands = self._standing_of(watch)
            stands |= holds
        return {watch: int(holds.sum()) for watch, holds in held.items()}

    def _standing_of(self, watch: str) -> NDArray[np.bool_]:
        return self._stands.setdefault(watch, np.zeros(len(self._customers.keys), np.bool_))

    def _held(self, watches: Mapping[str, Condition]) -> dict[str, NDArray[np.bool_]]:
        """By watch, for whom it holds today; whatever was not asked yet of these days is asked of all of them."""
        stretch = self._the_stretch
        fresh = list(dict.fromkeys(one for one in watches.values() if one not in stretch.held))
        for first in range(0, len(fresh), MOST_WATCHES):
            self._judge(stretch, fresh[first : first + MOST_WATCHES])
        place = self._slot - stretch.slots.start
        return {watch: stretch.held[one][place] for watch, one in watches.items()}

    def _judge(self, stretch: _Stretch, conditions: Sequence[Condition]) -> None:
        asked, settings = tuple(conditions), stretch.alike.settings
        wanted = frozenset().union(*map(columns_of, asked))

        def build(view: PanelView, scores: ir.Table) -> ir.Table:
            table = field_table(view, scores, settings, wanted)
            flags = (condition_expression(one, table, view.now_us, settings.notice_days) for one in asked)
            bits: Any = reduce(or_, (flag.cast("int64") << place for place, flag in enumerate(flags)))
            return table.select("customer_key", bits=bits)

        scores = self._panel_scores(stretch)
        found = self._mine.through(("past held", asked, settings, self._mapping), stretch.view, build, {"scores": scores}, "held")
        told = self._arrays(f"SELECT customer_key, bits FROM {found.get_name()} WHERE bits <> 0")
        self._mine.forget()
        where = (told["customer_key"] % PLACES_OF_DAYS, self._customers.places(told["customer_key"] // PLACES_OF_DAYS))
        for bit, one in enumerate(asked):
            holds = np.zeros((len(stretch.slots), len(self._customers.keys)), np.bool_)
            holds[where] = (told["bits"] >> bit) & 1 == 1
            stretch.held[one] = holds

    def _panel_scores(self, stretch: _Stretch) -> ir.Table:
        """What all days of the stretch show, by keys of the panel."""
        parts = []
        for place, slot in enumerate(stretch.slots):
            day = stretch.days[slot]
            places = np.flatnonzero(day.is_scored)
            keys = (self._customers.keys[places] * PLACES_OF_DAYS + place).astype(np.int32)
            parts.append(pa.table({"customer_key": pa.array(keys), **day.rows(places)}))
        return self._mine.given(pa.concat_tables(parts), "scores")

    @property
    def _the_stretch(self) -> _Stretch:
        assert self._stretch is not None
        return self._stretch

    def close(self) -> None:
        """Let go of everything it made."""
        self._aside.close()


_KEYED = f"(customer_key * {PLACES_OF_DAYS} + place)::INTEGER"
_STATUS = "(list_position([" + ", ".join(f"'{name}'" for name in STATUSES) + "], {name}) - 1)::TINYINT"


def _filled(values: Any, name: str) -> NDArray[Any]:
    """With something that never counts in place of nulls."""
    if not isinstance(values, np.ma.MaskedArray):
        return np.asarray(values)
    if name in ("spell_us", "is_new"):
        return np.asarray(values.filled(0))
    return np.asarray(values.filled(-1 if name == "status" else np.nan))


def inputs_along(config: ScoringConfig) -> dict[str, Asked]:
    """The inputs of a configuration that can be counted along, by column."""
    found = {}
    for column in input_columns(config):
        names, length = _names_of(column, config), window_days(column.measure) or 0
        match column.role:
            case "last_login_us" | "last_event_us":
                found[column.name] = Asked("last", names)
            case "logins" | "event_count" if length:
                found[column.name] = Asked("count", names, length - 1)
            case "active_days" if length:
                found[column.name] = Asked("days", None, length - 1)
            case "active_days_before" if length:
                found[column.name] = Asked("days", None, 2 * length - 1, length)
            case "active_users" if length:
                found[column.name] = Asked("users", None, length - 1)
    return found


def _names_of(column: Any, config: ScoringConfig) -> tuple[str, ...] | None:
    if column.role in ("last_login_us", "logins"):
        return tuple(config.mapping.login_names)
    events = column.measure.arguments.events
    return None if events is None else tuple(events)


def fields_along(login_names: Sequence[str]) -> dict[str, Asked]:
    """The fields of the loop that can be counted along, by name."""
    return {
        "last_login_us": Asked("last", tuple(login_names)),
        "last_event_us": Asked("last"),
        "active_days_30": Asked("days", None, WINDOW_DAYS - 1),
        "active_days_30_before": Asked("days", None, 2 * WINDOW_DAYS - 1, WINDOW_DAYS),
        "active_users_30": Asked("users", None, WINDOW_DAYS - 1),
    }

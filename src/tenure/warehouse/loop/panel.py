"""Facts of several days at once: a `FactsView` whose customers are (customer, day), each at its day.

Every time is told as so many whole days earlier as its day is late, so that all customers of the view stand at one and the same
time: what is written for one day (measures, scores, fields, conditions) is asked once for many. Keys of customers are
`key * PLACES_OF_DAYS + place of the day`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tenure.clock import DAY_US
from tenure.model.mapping import FactMapping
from tenure.warehouse import rollups
from tenure.warehouse.derivation import Derivation, Facts, name_keys, only
from tenure.warehouse.engine import Engine
from tenure.warehouse.features import mapping_key, reread_features
from tenure.warehouse.loop.arrivals import NOTHING, Arrivals, Asked
from tenure.warehouse.loop.versions import CUSTOMERS, PLACES, TICKETS, USERS, Versions, placed
from tenure.warehouse.presenting import customers_at, first_spells_at, tickets_at, users_at
from tenure.warehouse.reading import answers_of, movements_of
from tenure.warehouse.recipes import Standing
from tenure.warehouse.schema import EXPLICIT, STATES

PLACES_OF_DAYS = 16
STANDING_DAY = 20_000
"""The day all customers of a panel stand at: one for all panels, so that their questions have the same texts."""
FIRST_TOLD = "first_told"


class PanelView:
    """Implements `FactsView` over the tables of a `Panel`, at the days it stands at.

    Args:
        engine: the panel's.
        now_us: the time everybody stands at.
        mapping: what event names mean.
        inputs, fields: the columns of inputs of scores and of fields that `nameless_customers` has beside the record.
        keys: a table with one column of keys: only these customers exist.
    """

    def __init__(
        self, engine: Engine, now_us: int, mapping: FactMapping, inputs: Mapping[str, str], fields: Mapping[str, str], keys: ir.Table | None = None
    ) -> None:
        self.now_us, self.mapping = now_us, mapping
        self.known_batch = engine.number("SELECT max(batch) FROM batches")
        self.inputs_beside, self.fields_beside = inputs, fields
        self._engine, self._keys = engine, keys
        self.kinds: frozenset[str] = frozenset()

    def of(self, keys: ir.Table) -> PanelView:
        """The same of some customers."""
        twin = copy(self)
        twin._keys = keys
        return twin

    def _mine(self, table: ir.Table) -> ir.Table:
        return only(table, "customer_key", self._keys)

    def _table(self, name: str) -> ir.Table:
        return self._engine.described(name)

    def nameless_customers(self) -> ir.Table:
        beside = [*self.inputs_beside.values(), *self.fields_beside.values()]
        return customers_at(self._mine(self._table("panel_states")), self._table("panel_erased"), self.now_us, beside)

    def customers(self) -> ir.Table:
        found = self.nameless_customers().mutate(true_key=lambda table: table.customer_key // PLACES_OF_DAYS)
        names = self._engine.table("ids").select(named_key="id_key", customer_id="id")
        return found.inner_join(names, found.true_key == names.named_key).drop("named_key", "true_key")

    def first_spells(self) -> ir.Table:
        return first_spells_at(self._table("panel_states"), self.nameless_customers(), self.now_us)

    def _events(self, names: Sequence[str] | None) -> ir.Table:
        return only(self._mine(self._table("panel_events")), "name_key", name_keys(self._engine, names))

    def activity(self, names: Sequence[str] | None = None, from_day: int | None = None) -> ir.Table:
        found = rollups.activity(self._events(names))
        return found if from_day is None else found.filter(found.day >= from_day)

    def last_seen(self, names: Sequence[str] | None = None) -> ir.Table:
        events = self._events(names)
        return events.group_by("customer_key").agg(first_us=events.at_us.min(), last_us=events.at_us.max(), n=events.count())

    def user_days(self, from_day: int) -> ir.Table:
        found = rollups.user_days(self._events(None))
        return found.filter(found.day >= from_day)

    def features(self) -> ir.Table:
        parts = self._mine(self._table("panel_features"))
        return rollups.added_up(parts, ["customer_key", "feature"])

    def tickets(self) -> ir.Table:
        return tickets_at(self._mine(self._table("panel_tickets")), self.now_us)

    def movements(self) -> ir.Table:
        return movements_of(self._mine(self._table("panel_movements")))

    def answers(self) -> ir.Table:
        return answers_of(self._mine(self._table("panel_answers")))

    def names(self) -> ir.Table:
        return self._engine.table("names")

    def users(self) -> ir.Table:
        return self._mine(users_at(self._table("panel_users"), self._table("panel_places"), self._table("panel_ids"), self.now_us))

    def connected(self) -> frozenset[str]:
        return self.kinds

    def standing(self) -> Standing:
        """Its tables have the same names and it stands at the same time whatever its days are."""
        shape = ("panel", self.now_us, self._keys is None, *self.inputs_beside, "|", *self.fields_beside)
        return Standing(self, shape, 0, None, {})


class Panel:
    """The facts of a span of days, in the engine they are read from.

    Args:
        engine: has the facts as far as they are known, and dictionaries.
        mapping: what event names mean.
        first_us: the refresh of day 0.
        days: how many days come after it.
    """

    def __init__(self, engine: Engine, mapping: FactMapping, first_us: int, days: int) -> None:
        self._engine, self.mapping, self._first_us, self._days = engine, mapping, first_us, days
        self._end = days + 1
        self._last_us = first_us + days * DAY_US
        self.standing_us = STANDING_DAY * DAY_US + first_us % DAY_US
        self._fill()

    def has_features(self, slot: int) -> bool:
        """Whether anybody had adopted a feature by a day (M5)."""
        return any(known <= slot and first <= slot < end for known, first, end in self._adopted)

    def now_us(self, slot: int) -> int:
        """The refresh of a day."""
        return self._first_us + slot * DAY_US

    # --- once ----------------------------------------------------------------------------------------------------------

    def _fill(self) -> None:
        run = self._engine.run
        versions = Versions(self._engine, self._first_us, self._days)
        versions.users()
        versions.tickets()
        run(f"CREATE TABLE past_events AS {placed('events', ('t.name_key', 't.at_us'), self._end, f't.at_us < {self._last_us}')}")
        self._features()
        answered = ("t.survey", "t.score", "t.comment", "t.at_us")
        run(f"CREATE TABLE past_answers AS {placed('answers', answered, self._end, f't.at_us < {self._last_us}')}")
        run(
            f"CREATE TABLE past_people AS SELECT coalesce(p.mapped_key, u.user_key) AS customer_key, coalesce(u.created_us, u.first_stated_us) AS at_us, "
            f"greatest(u.from_slot, coalesce(p.from_slot, 0)) AS from_slot, least(u.to_slot, coalesce(p.to_slot, {self._end})) AS to_slot "
            f"FROM {USERS} u LEFT JOIN {PLACES} p ON p.user_key = u.user_key"
        )
        ledger = Derivation(self._engine, self._last_us).ledger()
        run(f"CREATE TABLE past_ledger AS FROM {ledger}")
        self._engine.forget([ledger])
        kinds = ("past_events", TICKETS, "past_answers", "past_people")
        run("CREATE TABLE known_customers AS " + " UNION ".join(f"SELECT customer_key FROM {table}" for table in kinds))
        versions.customers()
        keys = self._engine.connection.execute(f"SELECT DISTINCT customer_key FROM {CUSTOMERS} ORDER BY 1").fetchnumpy()["customer_key"]
        self.keys: NDArray[np.int32] = np.asarray(keys, np.int32)
        self.arrivals = Arrivals(self._engine, "past_events", self.keys, self._end)
        self._first_told()
        self._version_places()
        self.has_payments = self._any_payments()
        run("CREATE TABLE panel_days (place INTEGER, slot INTEGER, now_us BIGINT, shift_us BIGINT)")

    def _features(self) -> None:
        """past_features: customer, feature and the day from which the events of a day are known, by the mapping (`EventRollups.features`)."""
        engine = self._engine
        number = mapping_key(engine, self.mapping)
        known = f"feature_key IS NOT NULL AND (mapping_key = {EXPLICIT}{'' if number is None else f' OR mapping_key = {number}'})"
        engine.run(
            "CREATE TABLE adopting AS SELECT e.own_key, e.user_key, e.anonymous, e.at_us, f.feature FROM events e "
            f"JOIN feature_names f USING (feature_key) WHERE {known} AND at_us < {self._last_us}"
        )
        if not (engine.number("SELECT count(*) FROM mappings") == 0 or (engine.number("SELECT count(*) FROM mappings") == 1 and number is not None)):
            events = Facts(engine).before("events", self._last_us)
            others = events.filter(events.mapping_key != EXPLICIT)
            others = others if number is None else others.filter(others.mapping_key != number)
            engine.insert("adopting", reread_features(others, engine.table("names"), self.mapping).select("own_key", "user_key", "anonymous", "at_us", "feature"))
        found = placed("adopting", ("t.feature", "t.at_us"), self._end)
        slot = f"CASE WHEN at_us < {self._first_us} THEN 0 ELSE (at_us - {self._first_us}) // {DAY_US} + 1 END"
        engine.run(
            "CREATE TABLE past_features AS SELECT customer_key, feature, from_slot, to_slot, "
            f"{slot} AS known_slot, min(at_us) AS first_us, max(at_us) AS last_us, count(*)::BIGINT AS n FROM ({found}) GROUP BY ALL"
        )
        engine.run("DROP TABLE adopting")
        self._adopted = engine.run("SELECT DISTINCT known_slot, from_slot, to_slot FROM past_features ORDER BY ALL")

    def _any_payments(self) -> bool:
        """Whether any movement or event of the span tells of a payment (`payments.payments`)."""
        names = [*self.mapping.failed_payment_names, *self.mapping.paid_names]
        told = "SELECT 1 FROM past_ledger WHERE invoice_state IS NOT NULL"
        seen = "SELECT 1 FROM past_events WHERE name_key IN (SELECT name_key FROM names WHERE name IN (SELECT unnest(?)))"
        return bool(self._engine.run(f"SELECT EXISTS ({told}) OR EXISTS ({seen})", [names])[0][0])

    def _first_told(self) -> None:
        """When each customer whose record has no beginning was first heard of (`presenting.customers_at`)."""
        run = self._engine.run
        run(f"CREATE TABLE unbegun AS SELECT DISTINCT customer_key FROM {CUSTOMERS} WHERE created_us IS NULL")
        told = {TICKETS: "coalesce(created_us, first_stated_us)", "past_people": "at_us", "past_answers": "at_us", "past_events": "at_us"}
        selects = (
            f"SELECT customer_key, from_slot, to_slot, min({at}) AS at_us FROM {table} WHERE customer_key IN (FROM unbegun) GROUP BY ALL"
            for table, at in told.items()
        )
        run(f"CREATE TABLE {FIRST_TOLD} AS " + " UNION ALL ".join(selects))

    def _version_places(self) -> None:
        found = self._engine.connection.execute(f"SELECT customer_key, version_key, from_slot FROM {CUSTOMERS}").fetchnumpy()
        order = np.argsort(found["from_slot"], kind="stable")
        self._version_slots = np.asarray(found["from_slot"])[order]
        self._version_keys = np.asarray(found["version_key"])[order]
        self._version_owners = np.searchsorted(self.keys, np.asarray(found["customer_key"])[order])
        self._versions_now: NDArray[np.int32] = np.zeros(len(self.keys), np.int32)
        self._versions_seen = 0

    def _versions_at(self, slot: int) -> NDArray[np.int32]:
        """The version of every customer at a day; asked in order."""
        end = int(np.searchsorted(self._version_slots, slot, side="right"))
        fresh = slice(self._versions_seen, end)
        self._versions_now[self._version_owners[fresh]] = self._version_keys[fresh]
        self._versions_seen = end
        return self._versions_now.copy()

    # --- per stretch of days -------------------------------------------------------------------------------------------

    def stand_at(self, slots: range, inputs: Mapping[str, Asked], fields: Mapping[str, Asked]) -> PanelView:
        """A view of these days, with inputs of scores and fields counted along; days come in order, each once."""
        asked = {f"input_{name}": one for name, one in inputs.items()} | {f"field_{name}": one for name, one in fields.items()}
        times = [self.now_us(slot) for slot in slots]
        counted = self.arrivals.counted(asked, slots.start, times)
        shifts = [now_us - self.standing_us for now_us in times]
        size = len(self.keys)
        columns: dict[str, pa.Array] = {
            "customer_key": pa.array(np.concatenate([self.keys * PLACES_OF_DAYS + place for place in range(len(slots))]).astype(np.int32)),
            "version_key": pa.array(np.concatenate([self._versions_at(slot) for slot in slots])),
            "shift_us": pa.array(np.repeat(np.array(shifts, np.int64), size)),
        }
        for name, one in asked.items():
            values = counted[name]
            if one.what == "last":
                columns[name] = pa.array((values - np.array(shifts, np.int64)[:, None]).reshape(-1), mask=(values == NOTHING).reshape(-1))
            else:
                columns[name] = pa.array(values.reshape(-1))
        self._days_are(slots, times, shifts)
        self._given("panel_counted", pa.table(columns))
        self._firsts_of_days()
        self._views()
        return PanelView(self._engine, self.standing_us, self.mapping, {name: f"input_{name}" for name in inputs}, {name: f"field_{name}" for name in fields})

    def _days_are(self, slots: range, times: Sequence[int], shifts: Sequence[int]) -> None:
        self._engine.run("DELETE FROM panel_days")
        told = ", ".join(f"({place}, {slot}, {now_us}, {shift})" for place, (slot, now_us, shift) in enumerate(zip(slots, times, shifts, strict=True)))
        self._engine.run(f"INSERT INTO panel_days VALUES {told}")

    def _given(self, name: str, rows: pa.Table) -> None:
        self._engine.connection.register("panel_given", rows)
        try:
            self._engine.run(f"CREATE OR REPLACE TABLE {name} AS FROM panel_given")
        finally:
            self._engine.connection.unregister("panel_given")

    def _firsts_of_days(self) -> None:
        self._engine.run(
            f"CREATE OR REPLACE TABLE panel_firsts AS SELECT {_key('f.customer_key')} AS first_key, min(f.at_us - d.shift_us) AS first_us "
            f"FROM {FIRST_TOLD} f JOIN panel_days d ON {_DURING.format(t='f')} GROUP BY ALL"
        )

    def _views(self) -> None:
        beside = [
            str(name) for (name, *_) in self._engine.run("DESCRIBE panel_counted") if name not in ("customer_key", "version_key", "shift_us")
        ]
        for name, select in {
            "panel_states": _states(beside),
            "panel_tickets": _during(TICKETS, [name for name in STATES["ticket_states"] if name not in ("own_key", "user_key")]),
            "panel_answers": _during("past_answers", ("survey", "score", "comment", "who_key", "at_us"), "t.at_us < d.now_us"),
            "panel_events": _during("past_events", ("who_key", "name_key", "at_us"), "t.at_us < d.now_us"),
            "panel_features": _during("past_features", ("feature", "first_us", "last_us", "n"), "t.known_slot <= d.slot"),
            "panel_movements": _during("past_ledger", [name for name in STATES["ledger"] if name != "customer_key"], "t.occurred_us < d.now_us", False),
            "panel_users": _during(USERS, [name for name in STATES["user_states"] if name != "user_key"], key="user_key"),
            "panel_places": f"SELECT {_key('t.user_key')} AS user_key, {_key('t.mapped_key')} AS mapped_key FROM {PLACES} t JOIN panel_days d ON {_DURING.format(t='t')}",
            "panel_ids": f"SELECT {_key('t.id_key')} AS id_key, t.id FROM ids t, panel_days d",
            "panel_erased": f"SELECT {_key('t.id_key')} AS id_key, t.is_erased FROM ids t, panel_days d WHERE t.is_erased",
        }.items():
            self._engine.run(f"CREATE OR REPLACE VIEW {name} AS {select}")


_DURING = "{t}.from_slot <= d.slot AND d.slot < {t}.to_slot"


def _key(column: str) -> str:
    return f"({column} * {PLACES_OF_DAYS} + d.place)::INTEGER"


def _during(table: str, columns: Sequence[str], condition: str = "TRUE", versioned: bool = True, key: str = "customer_key") -> str:
    """A select of what holds on each day of the panel, told from where it stands."""
    told = ", ".join(f"t.{name} - d.shift_us AS {name}" if name.endswith("_us") else f"t.{name}" for name in columns)
    holds = _DURING.format(t="t") if versioned else "TRUE"
    return f"SELECT {_key('t.' + key)} AS {key}, {told} FROM {table} t JOIN panel_days d ON {holds} AND {condition}"


def _states(beside: Sequence[str]) -> str:
    """`customer_states` of every customer and day, with what was counted along."""
    told = {name: f"v.{name} - c.shift_us" if name.endswith("_us") else f"v.{name}" for name in STATES["customer_states"]}
    told |= {"customer_key": "c.customer_key", "first_event_us": "f.first_us"}
    columns = [f"{text} AS {name}" for name, text in told.items()] + [f'c."{name}"' for name in beside]
    return (
        f"SELECT {', '.join(columns)} FROM panel_counted c JOIN {CUSTOMERS} v ON v.version_key = c.version_key "
        "LEFT JOIN panel_firsts f ON f.first_key = c.customer_key"
    )

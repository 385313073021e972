"""One day of a panel as drains would have left it, for questions about a few customers: cards, profiles, responses."""

from __future__ import annotations

import ibis.expr.types as ir

from tenure.clock import DAY_US
from tenure.model.mapping import FactMapping
from tenure.warehouse.accumulated_view import AccumulatedView
from tenure.warehouse.engine import Engine
from tenure.warehouse.features import mapping_digest
from tenure.warehouse.loop.panel import FIRST_TOLD
from tenure.warehouse.loop.versions import CUSTOMERS, PLACES, TICKETS, USERS
from tenure.warehouse.schema import MARK, STATES

_AT = "t.from_slot <= a.slot AND a.slot < t.to_slot"
_EVENTS, _PEOPLE = "asked_events", "asked_people"


class AskedDay:
    """The states of a day as views on a panel's versions, under the names drains give them.

    Args:
        engine: the panel's.
        mapping: what event names mean.
    """

    def __init__(self, engine: Engine, mapping: FactMapping) -> None:
        self._engine, self._mapping = engine, mapping
        self._now_us = 0
        self._view: AccumulatedView | None = None
        engine.run("CREATE TABLE asked_at (slot INTEGER, now_us BIGINT)")
        engine.run(f"CREATE TEMP TABLE {_EVENTS} (customer_key INTEGER, who_key INTEGER, name_key INTEGER, at_us BIGINT)")
        engine.run(f"CREATE TEMP TABLE {_PEOPLE} AS SELECT t.* FROM {USERS} t LIMIT 0")
        self._number_features()
        engine.set_mark(MARK.mapping_key, self._mapping_key())
        for name, select in _VIEWS.items():
            engine.run(f"DROP TABLE {name}")
            engine.run(f"CREATE VIEW {name} AS {select}")

    def _number_features(self) -> None:
        """Features that only this mapping finds get a number here."""
        self._engine.run(
            "INSERT INTO feature_names SELECT (SELECT coalesce(max(feature_key), 0) FROM feature_names) + row_number() OVER (), feature "
            "FROM (SELECT DISTINCT feature FROM past_features WHERE feature NOT IN (SELECT feature FROM feature_names))"
        )

    def _mapping_key(self) -> int:
        """The number of the mapping; a new one where no drain ever used it."""
        digest = mapping_digest(self._mapping)
        found = self._engine.number(f"SELECT max(mapping_key) FROM mappings WHERE digest = '{digest}'")
        if found:
            return found
        fresh = self._engine.number("SELECT coalesce(max(mapping_key), 0) + 1 FROM mappings")
        self._engine.run("INSERT INTO mappings VALUES (?, ?)", [fresh, digest])
        return fresh

    def stand_at(self, slot: int, now_us: int) -> None:
        """Move to a day."""
        self._now_us, self._view = now_us, None
        self._engine.run("DELETE FROM asked_at")
        self._engine.run(f"INSERT INTO asked_at VALUES ({slot}, {now_us})")
        self._engine.set_mark(MARK.accumulated_to_us, now_us)

    def view(self, keys: ir.Table) -> AccumulatedView:
        """The facts of these customers as they stood."""
        self._engine.run(f"DELETE FROM {_EVENTS}")
        self._engine.run(
            f"INSERT INTO {_EVENTS} SELECT t.customer_key, t.who_key, t.name_key, t.at_us FROM past_events t, asked_at a "
            f"WHERE {_AT} AND t.at_us < a.now_us AND t.customer_key IN (SELECT customer_key FROM {keys.get_name()})"
        )
        self._engine.run(f"DELETE FROM {_PEOPLE}")
        self._engine.run(
            f"INSERT INTO {_PEOPLE} SELECT t.* FROM {USERS} t CROSS JOIN asked_at a LEFT JOIN user_map m ON m.user_key = t.user_key "
            f"WHERE {_AT} AND coalesce(m.mapped_key, t.user_key) IN (SELECT customer_key FROM {keys.get_name()})"
        )
        if self._view is None:
            self._view = _Spoken(self._engine, self._now_us, self._mapping)
        return self._view.of(keys)


class _Spoken(AccumulatedView):
    """Of a venture whose subscriptions say who left: nobody looks for silence."""

    _breaks = None

    def _check(self) -> None:
        """Its states are those of its time."""


def _columns(table: str, without: tuple[str, ...] = ()) -> str:
    return ", ".join(f"t.{name}" for name in STATES[table] if name not in without)


_VIEWS = {
    "user_map": f"SELECT {_columns('user_map')} FROM {PLACES} t, asked_at a WHERE {_AT}",
    "user_states": f"SELECT {_columns('user_states')} FROM {_PEOPLE} t",
    "ticket_states": f"SELECT {_columns('ticket_states')} FROM {TICKETS} t, asked_at a WHERE {_AT}",
    "ledger": f"SELECT {_columns('ledger')} FROM past_ledger t, asked_at a WHERE t.occurred_us < a.now_us",
    "customer_states": (
        f"SELECT {_columns('customer_states', ('first_event_us',))}, f.at_us AS first_event_us FROM {CUSTOMERS} t CROSS JOIN asked_at a "
        f"LEFT JOIN (SELECT t.customer_key, min(t.at_us) AS at_us FROM {FIRST_TOLD} t, asked_at a WHERE {_AT} GROUP BY ALL) f "
        f"ON f.customer_key = t.customer_key WHERE {_AT}"
    ),
    "activity": (
        f"SELECT customer_key, name_key, (at_us // {DAY_US})::INTEGER AS day, count(*)::BIGINT AS n, max(at_us) AS last_us "
        f"FROM {_EVENTS} GROUP BY ALL"
    ),
    "name_totals": (
        f"SELECT customer_key, name_key, min(at_us) AS first_us, max(at_us) AS last_us, count(*)::BIGINT AS n FROM {_EVENTS} GROUP BY ALL"
    ),
    "user_days": (
        f"SELECT DISTINCT customer_key, who_key AS user_key, (at_us // {DAY_US})::INTEGER AS day FROM {_EVENTS} "
        "WHERE who_key IS NOT NULL"
    ),
    "feature_totals": (
        "SELECT t.customer_key, f.feature_key, min(t.first_us) AS first_us, max(t.last_us) AS last_us, sum(t.n)::BIGINT AS n "
        f"FROM past_features t CROSS JOIN asked_at a JOIN feature_names f USING (feature) WHERE {_AT} AND t.known_slot <= a.slot GROUP BY ALL"
    ),
}

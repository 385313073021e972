"""What was known of every subject at every daily refresh of a span: a row per subject and stretch of days without news.

States change only when a statement's time comes, so each subject is derived once per such day, all of them in one go: facts
are copied once for every version, dated back by as many days as the version is late, and then read by the drains' own
derivations at one and the same time. A version holds from day `from_slot` until before `to_slot`; its times are true ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pyarrow as pa
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from tenure.clock import DAY_US
from tenure.warehouse.derivation import Derivation
from tenure.warehouse.engine import Engine
from tenure.warehouse.schema import FACTS, STATES

CUSTOMERS, TICKETS, USERS, PLACES = "customer_versions", "ticket_versions", "user_versions", "places"


class Versions:
    """Fills tables of versions, in the engine they are read from.

    Args:
        engine: has the facts as far as they are known.
        first_us: the refresh of day 0.
        days: how many days come after it.
    """

    def __init__(self, engine: Engine, first_us: int, days: int) -> None:
        self._engine, self._first_us, self._days = engine, first_us, days
        self._end = days + 1

    # --- whose ---------------------------------------------------------------------------------------------------------

    def users(self) -> None:
        """USERS, and PLACES: user_key, canonical_key, mapped_key of everybody who is not simply themselves."""
        run = self._engine.run
        self._groups()
        said = "SELECT g.group_key AS subject, s.at_us FROM user_statements s JOIN user_groups g USING (user_key)"
        linked = "SELECT g.group_key, a.at_us FROM aliases a JOIN user_groups g ON g.user_key = a.previous_key"
        self._versions("group_stretches", "SELECT DISTINCT group_key FROM user_groups", f"{said} UNION ALL {linked}")
        run(
            "CREATE TABLE user_stretches AS SELECT row_number() OVER ()::INTEGER AS version_key, g.user_key AS subject, "
            "v.from_slot, v.to_slot FROM user_groups g JOIN group_stretches v ON v.subject = g.group_key"
        )
        run(f"CREATE TABLE dated_users AS {self._dated('user_statements', 'user_key', 'user_stretches')}")
        run(
            f"CREATE TABLE dated_aliases AS SELECT a.* REPLACE (v.version_key AS previous_key, w.version_key AS user_key, "
            f"a.at_us - v.from_slot * {DAY_US} AS at_us) FROM aliases a JOIN user_stretches v ON v.subject = a.previous_key "
            "JOIN user_stretches w ON w.subject = a.user_key AND w.from_slot = v.from_slot"
        )
        derive = self._derivation({"user_statements": "dated_users", "aliases": "dated_aliases"})
        links = derive.links()
        users, states = derive.user_map(links), derive.user_states(links)
        run(f"CREATE TABLE {USERS} AS {self._true(states, 'user_key', 'user_stretches', tuple(STATES['user_states']))}")
        self._places(users)
        self._engine.forget([links, users, states])
        for name in ("user_groups", "group_stretches", "user_stretches", "dated_users", "dated_aliases"):
            run(f"DROP TABLE {name}")

    def _groups(self) -> None:
        """user_key, group_key: everybody anything was said of; who an alias ever connects is one group."""
        engine = self._engine
        engine.run(
            "CREATE TABLE user_groups AS SELECT DISTINCT user_key, user_key AS group_key FROM (SELECT user_key FROM user_statements "
            "UNION ALL SELECT user_key FROM aliases UNION ALL SELECT previous_key FROM aliases)"
        )
        edges = engine.connection.execute("SELECT DISTINCT previous_key, user_key FROM aliases").fetchnumpy()
        if not len(edges["user_key"]):
            return
        keys, ends = np.unique(np.concatenate([edges["previous_key"], edges["user_key"]]), return_inverse=True)
        half = len(ends) // 2
        graph = coo_matrix((np.ones(half), (ends[:half], ends[half:])), shape=(len(keys), len(keys)))
        labels = connected_components(graph, directed=False)[1]
        groups = pa.table({"user_key": pa.array(keys, pa.int32()), "group_key": pa.array(keys[np.unique(labels, return_index=True)[1][labels]], pa.int32())})
        engine.connection.register("grouped", groups)
        try:
            engine.run("UPDATE user_groups u SET group_key = g.group_key FROM grouped g WHERE g.user_key = u.user_key")
        finally:
            engine.connection.unregister("grouped")

    def _places(self, users: str) -> None:
        """Whoever is always in one place has one row, whatever else is said of them."""
        self._engine.run(
            f"CREATE TABLE {PLACES} AS WITH told AS (SELECT v.subject AS user_key, v.from_slot, v.to_slot, "
            "coalesce(c.subject, v.subject) AS canonical_key, u.mapped_key FROM user_stretches v "
            f"LEFT JOIN {users} u ON u.user_key = v.version_key LEFT JOIN user_stretches c ON c.version_key = u.canonical_key), "
            "movers AS (SELECT user_key FROM told GROUP BY user_key "
            "HAVING count(DISTINCT coalesce(mapped_key, -1)) > 1 OR count(DISTINCT canonical_key) > 1) "
            f"SELECT t.* FROM told t WHERE user_key IN (FROM movers) UNION ALL "
            f"SELECT t.* REPLACE ({self._end} AS to_slot) FROM told t WHERE from_slot = 0 AND user_key NOT IN (FROM movers) "
            "AND (mapped_key IS NOT NULL OR canonical_key <> user_key)"
        )

    # --- tickets and customers -------------------------------------------------------------------------------------------

    def tickets(self) -> None:
        """TICKETS: the columns of `ticket_states` and whose they are."""
        run = self._engine.run
        self._versions("stretches", "SELECT DISTINCT ticket_key FROM ticket_statements", "SELECT ticket_key, at_us FROM ticket_statements")
        run(f"CREATE TABLE dated AS {self._dated('ticket_statements', 'ticket_key', 'stretches')}")
        found = self._derivation({"ticket_statements": "dated"}).ticket_states()
        run(f"CREATE TABLE bare_tickets AS {self._true(found, 'ticket_key', 'stretches', tuple(STATES['ticket_states']))}")
        columns = [f"t.{name}" for name in STATES["ticket_states"]]
        run(f"CREATE TABLE {TICKETS} AS {placed('bare_tickets', columns, self._end)}")
        self._engine.forget([found])
        for name in ("stretches", "dated"):
            run(f"DROP TABLE {name}")

    def customers(self) -> None:
        """CUSTOMERS: the columns of `customer_states`; first events and other facts are the reader's."""
        run = self._engine.run
        told = "SELECT customer_key, at_us FROM customer_statements UNION ALL SELECT customer_key, at_us FROM movements"
        everybody = (
            "SELECT customer_key FROM customer_statements UNION SELECT customer_key FROM movements UNION SELECT customer_key FROM known_customers"
        )
        self._versions("stretches", everybody, told)
        for table in ("customer_statements", "movements"):
            run(f"CREATE TABLE dated_{table} AS {self._dated(table, 'customer_key', 'stretches')}")
        for table in ("answers", "ticket_states", "user_states"):
            run(f"CREATE TABLE no_{table} AS FROM {table} LIMIT 0")
        run("CREATE TABLE no_events AS SELECT version_key AS customer_key, NULL::BIGINT AS first_event_us FROM stretches")
        derive = self._derivation({"customer_statements": "dated_customer_statements", "movements": "dated_movements", "answers": "no_answers"})
        entries = derive.ledger()
        found = derive.customer_states(entries, "no_ticket_states", "no_user_states", None, "no_events")
        run(f"CREATE TABLE {CUSTOMERS} AS {self._true(found, 'customer_key', 'stretches', tuple(STATES['customer_states']))}")
        self._engine.forget([entries, found])
        for name in ("stretches", "dated_customer_statements", "dated_movements", "no_answers", "no_ticket_states", "no_user_states", "no_events"):
            run(f"DROP TABLE {name}")

    # --- how -------------------------------------------------------------------------------------------------------------

    def _derivation(self, copies: Mapping[str, str]) -> Derivation:
        return Derivation(self._engine, self._first_us, None, copies)

    def _versions(self, name: str, subjects: str, told: str) -> None:
        """version_key, subject, from_slot, to_slot: a new one on every day on which a statement's time has come."""
        first, last = self._first_us, self._first_us + self._days * DAY_US
        self._engine.run(
            f"CREATE TABLE {name} AS WITH told(subject, at_us) AS ({told}), moments(subject, slot) AS ("
            f"SELECT x, 0 FROM ({subjects}) s(x) UNION SELECT subject, (at_us - {first}) // {DAY_US} + 1 FROM told "
            f"WHERE at_us >= {first} AND at_us < {last}) "
            "SELECT row_number() OVER ()::INTEGER AS version_key, subject::INTEGER AS subject, slot::INTEGER AS from_slot, "
            f"coalesce(lead(slot) OVER (PARTITION BY subject ORDER BY slot), {self._end})::INTEGER AS to_slot FROM moments"
        )

    def _dated(self, table: str, subject: str, stretches: str) -> str:
        """Every fact once for each version of its subject, dated back so that the version's day is day 0."""
        return (
            f"SELECT f.* REPLACE (v.version_key AS {subject}{_moved(FACTS[table], 'f', '-')}) "
            f"FROM {table} f JOIN {stretches} v ON v.subject = f.{subject}"
        )

    def _true(self, found: str, subject: str, stretches: str, columns: Iterable[str]) -> str:
        """States of versions as those of their subjects, at the times they really were."""
        return (
            f"SELECT f.* REPLACE (v.subject AS {subject}{_moved(columns, 'f', '+')}), v.version_key, v.from_slot, v.to_slot "
            f"FROM {found} f JOIN {stretches} v ON v.version_key = f.{subject}"
        )


def _moved(columns: Iterable[str], table: str, sign: str) -> str:
    return "".join(f", {table}.{name} {sign} v.from_slot * {DAY_US} AS {name}" for name in columns if name.endswith("_us"))


def placed(facts: str, columns: Iterable[str], end: int, where: str = "TRUE") -> str:
    """A select of facts with customer_key, who_key and the days for which that holds: the twin of `identity.resolved`.

    Facts nobody's (yet) are left out. `facts` has own_key, user_key, may have from_slot and to_slot, and is `t` in columns.
    """
    has_days = facts == "bare_tickets"
    from_slot, to_slot = ("t.from_slot", "t.to_slot") if has_days else ("0", str(end))
    itself = "CASE WHEN t.anonymous THEN NULL ELSE t.user_key END" if facts in ("events", "adopting") else "t.user_key"
    return (
        f"SELECT * FROM (SELECT {', '.join(columns)}, coalesce(t.own_key, p.mapped_key, nullif(p.canonical_key, t.user_key), {itself}) AS "
        "customer_key, coalesce(p.canonical_key, t.user_key) AS who_key, "
        f"greatest({from_slot}, coalesce(p.from_slot, 0))::INTEGER AS from_slot, least({to_slot}, coalesce(p.to_slot, {end}))::INTEGER AS to_slot "
        f"FROM {facts} t LEFT JOIN {PLACES} p ON p.user_key = t.user_key WHERE {where}) WHERE customer_key IS NOT NULL AND from_slot < to_slot"
    )

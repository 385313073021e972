"""Whom each watch has judged already: rows of (watch, customer) while its condition goes on holding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa

from tenure.warehouse.engine import Engine

KEPT = "watch_standing"


class Standing:
    """The standing of all watches.

    Args:
        engine: of an open warehouse.
        name: the table; a rehearsal has a temporary one of its own.
    """

    def __init__(self, engine: Engine, name: str = KEPT, *, temporary: bool = False) -> None:
        self._engine, self._name = engine, name
        kind = "TEMP TABLE" if temporary else "TABLE"
        engine.run(f"CREATE {kind} IF NOT EXISTS {name} (watch VARCHAR, customer_key INTEGER, since_us BIGINT)")

    def crossed(self, held: Mapping[str, str]) -> dict[str, list[str]]:
        """Who holds and did not stand, in order of id; whoever no longer holds leaves.

        Args:
            held: by watch, a select of the customer_key for whom it holds now.
        """
        for watch, select in held.items():
            self._engine.run(f"DELETE FROM {self._name} WHERE watch = ? AND customer_key NOT IN ({select})", [watch])
        found: dict[str, list[str]] = {watch: [] for watch in held}
        watches = list(held)
        fresh = " UNION ALL ".join(
            f"SELECT {place} AS place, customer_key FROM ({held[watch]}) WHERE customer_key NOT IN "
            f"(SELECT customer_key FROM {self._name} WHERE watch = ?)"
            for place, watch in enumerate(watches)
        )
        if fresh:
            named = f"SELECT f.place, i.id FROM ({fresh}) f JOIN ids i ON i.id_key = f.customer_key"
            for place, customer_id in self._engine.run(named, watches):
                found[watches[place]].append(str(customer_id))
        return {watch: sorted(customers) for watch, customers in found.items()}

    def fresh(self, held: Mapping[str, str]) -> dict[str, list[str]]:
        """Who holds and does not stand, in order of id; nothing is moved."""
        found: dict[str, list[str]] = {}
        for watch, select in held.items():
            rows = self._engine.run(
                f"SELECT i.id FROM ids i WHERE i.id_key IN ({select}) AND i.id_key NOT IN "
                f"(SELECT customer_key FROM {self._name} WHERE watch = ?) ORDER BY 1",
                [watch],
            )
            found[watch] = [str(customer_id) for (customer_id,) in rows]
        return found

    def judged(self, watch: str, customer_ids: Sequence[str], now_us: int) -> None:
        """These stand from now on; those who stand already keep their time."""
        if not customer_ids:
            return
        given = pa.table({"customer_id": pa.array(list(customer_ids), pa.string())})
        self._engine.connection.register("judged_rows", given)
        try:
            self._stand(watch, "SELECT DISTINCT i.id_key FROM ids i JOIN judged_rows j ON j.customer_id = i.id", now_us)
        finally:
            self._engine.connection.unregister("judged_rows")

    def baseline(self, held: Mapping[str, str], now_us: int) -> dict[str, int]:
        """Everybody for whom a watch holds stands; returns how many."""
        for watch, select in held.items():
            self._stand(watch, select, now_us)
        return {watch: self._engine.number(f"SELECT count(*) FROM ({select})") for watch, select in held.items()}

    def _stand(self, watch: str, select: str, now_us: int) -> None:
        self._engine.run(
            f"INSERT INTO {self._name} SELECT ?, key, ? FROM ({select}) found(key) "
            f"WHERE key NOT IN (SELECT customer_key FROM {self._name} WHERE watch = ?)",
            [watch, now_us, watch],
        )

    def forget(self) -> None:
        """Drop the table (a rehearsal's)."""
        self._engine.run(f"DROP TABLE IF EXISTS {self._name}")

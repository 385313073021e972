"""A second set of what drains maintain, beside the first, that can stand at any day of the past and move on from it.

Facts are not copied: the replica reads the warehouse's own. From one day to the next it does what a drain at that time
would do for facts whose time has come, by the drain's own code; so its view equals the one from facts, at a fraction
of the cost.
"""

from __future__ import annotations

from itertools import count

import ibis.expr.types as ir

from tenure.clock import Clock, SystemClock
from tenure.model.mapping import FactMapping
from tenure.warehouse.accumulated_view import AccumulatedView
from tenure.warehouse.accumulators import add_parts
from tenure.warehouse.derivation import Derivation, EventRollups, Facts, UserMap
from tenure.warehouse.drain import Drain
from tenure.warehouse.engine import Engine
from tenure.warehouse.features import mapping_digest
from tenure.warehouse.rollups import ROLLED
from tenure.warehouse.schema import FACTS, MARK, WAITING
from tenure.warehouse.settling import user_map_or_none
from tenure.warehouse.writer import tables as writing

_COPIED = ("names", "feature_names", "sources", "mappings")

_numbers = count(1)


class Aside:
    """A database in memory beside the warehouse's: its facts are the warehouse's own, dictionaries are copies, until `close`.

    Args:
        engine: of the open warehouse.
        mapping: what event names mean.
        known_batch: only facts of this batch or an earlier one; None: all.
    """

    def __init__(self, engine: Engine, mapping: FactMapping, known_batch: int | None = None) -> None:
        self._mapping = mapping
        self._name = f"past_{next(_numbers)}"
        self._whole = engine
        self.home = f'"{engine.run("SELECT current_database()")[0][0]}".main'
        engine.run(f"ATTACH ':memory:' AS {self._name}")
        connection = engine.connection.cursor()
        connection.execute(f"USE {self._name}")
        self.engine = Engine(connection)
        self._read_from(self.home, known_batch)

    def _read_from(self, home: str, known_batch: int | None) -> None:
        run = self.engine.run
        known = "" if known_batch is None else f" WHERE batch <= {known_batch}"
        for table in (*FACTS, "ids"):
            run(f"DROP TABLE {table}")
            run(f"CREATE VIEW {table} AS SELECT * FROM {home}.{table}{known if table in FACTS else ''}")
        for table in _COPIED:
            run(f"INSERT INTO {table} SELECT * FROM {home}.{table}")
        run(f"INSERT INTO batches SELECT * FROM {home}.batches{known}")

    def close(self) -> None:
        """Nothing of it is left."""
        self.engine.connection.close()
        self._whole.run(f"DETACH {self._name}")


class Replica(Aside):
    """The facts as they stood, moving forward in time.

    Args:
        engine: of the open warehouse; the replica lives in memory beside it until `close`.
        mapping: what event names mean.
        from_us: where it starts.
        to_us: facts dated at or after it are left out.
        known_batch: only facts of this batch or an earlier one; None: all.
    """

    def __init__(
        self,
        engine: Engine,
        mapping: FactMapping,
        from_us: int,
        to_us: int,
        known_batch: int | None = None,
        clock: Clock | None = None,
    ) -> None:
        super().__init__(engine, mapping, known_batch)
        self._clock = clock or SystemClock()
        self.now_us = from_us
        self.engine.set_mark(MARK.mapping_key, self._start_mapping())
        self._fill(to_us)

    def _start_mapping(self) -> int:
        """The number of the mapping where every event was read by it; else another, so that features are read again."""
        found = self.engine.run("SELECT mapping_key, digest FROM mappings ORDER BY ALL")
        if not found:
            return 0
        same = [int(key) for key, digest in found if digest == mapping_digest(self._mapping)]
        others = [int(key) for key, digest in found if digest != mapping_digest(self._mapping)]
        return others[0] if others else same[0]

    def _fill(self, to_us: int) -> None:
        """Everything as it stood at the start, from facts."""
        engine, now_us = self.engine, self.now_us
        with engine.transaction():
            derive = Derivation(engine, now_us)
            links = derive.links()
            self._take("user_map", derive.user_map(links))
            self._take("user_states", derive.user_states(links))
            self._take("ticket_states", derive.ticket_states())
            self._take("ledger", derive.ledger())
            users = UserMap.named(engine, "user_map")
            theirs = EventRollups(Facts(engine), users, now_us)
            events = engine.keep(theirs.events().select(*ROLLED), "past_events").get_name()
            for table in ("activity", "name_totals", "user_days", "feature_totals"):
                add_parts(engine, table, events)
            firsts = engine.keep_sql(
                "SELECT customer_key, min(first_us) AS first_event_us FROM name_totals GROUP BY ALL", "first_events"
            )
            found = derive.customer_states(
                "ledger", "ticket_states", "user_states", user_map_or_none(engine), firsts
            )
            self._take("customer_states", found)
            engine.forget([links, events, firsts])
            engine.run(
                f"INSERT INTO pending_events SELECT {', '.join(WAITING)} FROM events WHERE at_us >= {now_us} AND at_us < {to_us}"
            )
            engine.set_mark(MARK.accumulated_to_us, now_us)
        self.move_to(now_us)

    def _take(self, table: str, found: str) -> None:
        self.engine.run(writing.insert_select_by_name(table, f"SELECT * FROM {found}"))
        self.engine.forget([found])

    def move_to(self, now_us: int) -> None:
        """Let in the facts whose time has come by `now_us`, not before where it stands."""
        with self.engine.transaction():
            Drain(self.engine, self._mapping, now_us, self._clock).run(iter([]), 0)
        self.now_us = now_us

    def view(self, keys: ir.Table | None = None) -> AccumulatedView:
        """The facts as they stand, of some customers or of everybody."""
        return AccumulatedView(self.engine, self.now_us, self._mapping, keys)

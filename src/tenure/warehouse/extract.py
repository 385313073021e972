"""Facts of some customers copied out once: views of them then read little, however many and at whatever time."""

from __future__ import annotations

from collections.abc import Mapping

from tenure.warehouse.engine import Engine
from tenure.warehouse.schema import FACTS
from tenure.warehouse.writer import picking, touching


class Extract:
    """Temporary tables with every fact that can concern some customers, by the fact table they stand for.

    They may hold facts of others too (a ticket that moved, a user who did): a view keeps to its customers anyway. A user
    is in when anything ever said put them, or somebody they are an alias of, with one of the customers.

    Args:
        engine: of an open warehouse.
        customers: the name of a table with distinct customer_key.
    """

    def __init__(self, engine: Engine, customers: str) -> None:
        self._engine = engine
        self.customers = customers
        self._kept: list[str] = []
        users = self._users()
        tickets = self._keep(picking.tickets_of(customers, users), "extract_keys")
        self.tables: Mapping[str, str] = {
            "events": self._keep(
                picking.events_of(customers, users, has_properties=self._has_mixed_mappings()), "extract"
            ),
            "customer_statements": self._facts("customer_statements", f"customer_key IN (FROM {customers})"),
            "user_statements": self._facts("user_statements", f"user_key IN (FROM {users})"),
            "ticket_statements": self._facts("ticket_statements", f"ticket_key IN (FROM {tickets})"),
            "movements": self._facts("movements", f"customer_key IN (FROM {customers})"),
            "answers": self._facts("answers", f"own_key IN (FROM {customers}) OR user_key IN (FROM {users})"),
            "aliases": self._facts(
                "aliases", f"previous_key IN (FROM {users}) OR user_key IN (FROM {users})"
            ),
        }
        if set(self.tables) != set(FACTS):
            raise TypeError("an extract has every table of facts: one was added that it does not know")

    def _users(self) -> str:
        """Who ever was with these customers, and everybody an alias connects with them."""
        users = self._keep(picking.users_ever_of(self.customers), "extract_users")
        if self._engine.number("SELECT count(*) FROM aliases") > 0:
            while self._engine.run(touching.spread_over_aliases(users))[0][0] > 0:
                pass
        return users

    def _has_mixed_mappings(self) -> bool:
        """Whether features may have to be read again from what events said."""
        return self._engine.number("SELECT count(*) FROM mappings") > 1

    def _facts(self, table: str, condition: str) -> str:
        return self._keep(f"SELECT * FROM {table} WHERE {condition}", "extract")

    def _keep(self, select: str, prefix: str) -> str:
        name = self._engine.keep_sql(select, prefix)
        self._kept.append(name)
        return name

    def close(self) -> None:
        """Drop the copies."""
        self._engine.forget(self._kept)
        self._kept = []

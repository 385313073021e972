"""What an import saw, counted as it goes by: the ground of the rehearsal before anything is drained."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from tenure.model.facts import FactKind
from tenure.model.mapping import FactMapping
from tenure.ports.rehearsal import FactsSummary
from tenure.services.importing.staging import SAYS


class Seen:
    """Counts facts and remembers the ids of customers and users (as long as the import runs)."""

    def __init__(self, mapping: FactMapping) -> None:
        self.mapping = mapping
        self._stating: dict[str, set[str]] = {name: set() for name in SAYS}
        self._customers: set[str] = set()
        self._customers_elsewhere: set[str] = set()
        self._customers_with_events: set[str] = set()
        self._users: set[str] = set()
        self._users_with_customer: set[str] = set()
        self._lone_event_users: set[str] = set()
        self._counts = dict.fromkeys(FactKind, 0)
        self._logins = self._features = 0
        self._first_us: int | None = None
        self._last_us: int | None = None

    def add(self, kind: FactKind, staged: pa.Table) -> None:
        """Count these facts."""
        if staged.num_rows == 0:
            return
        self._counts[kind] += staged.num_rows
        if kind is FactKind.customer:
            self._add_customers(staged)
            return
        self._customers_elsewhere |= _distinct(staged["customer_id"])
        if kind is FactKind.user:
            self._users |= _distinct(staged["user_id"])
            self._users_with_customer |= _distinct(staged.filter(pc.is_valid(staged["customer_id"]))["user_id"])
        elif kind is FactKind.event:
            self._add_events(staged)

    def _add_customers(self, staged: pa.Table) -> None:
        self._customers |= _distinct(staged["customer_id"])
        for place, name in enumerate(SAYS):
            states = pc.not_equal(pc.bit_wise_and(staged["says"], 1 << place), 0)
            self._stating[name] |= _distinct(staged.filter(states)["customer_id"])

    def _add_events(self, staged: pa.Table) -> None:
        self._customers_with_events |= _distinct(staged["customer_id"])
        self._lone_event_users |= _distinct(staged.filter(pc.is_null(staged["customer_id"]))["user_id"])
        logins = pc.is_in(staged["name"], value_set=pa.array(self.mapping.login_names, pa.string()))
        self._logins += pc.sum(logins.cast(pa.int64()), min_count=0).as_py()
        self._features += staged.num_rows - staged["feature"].null_count
        span = pc.min_max(staged["occurred_us"]).as_py()
        self._first_us = span["min"] if self._first_us is None else min(self._first_us, span["min"])
        self._last_us = span["max"] if self._last_us is None else max(self._last_us, span["max"])

    def summary(self) -> FactsSummary:
        """The counts so far."""
        unknown_users = (self._lone_event_users | self._users) - self._users_with_customer - self._customers
        return FactsSummary(
            customers=len(self._customers),
            customers_with_created=len(self._stating["created_us"]),
            customers_with_arr=len(self._stating["arr_cents"]),
            customers_with_renewal=len(self._stating["renewal_us"]),
            customers_with_owner=len(self._stating["owner"]),
            customers_with_email=len(self._stating["email"]),
            customers_churned=len(self._stating["churned_us"]),
            customers_known_only_from_other_facts=len(self._customers_elsewhere - self._customers),
            users=len(self._users),
            users_without_customer=len(unknown_users),
            events=self._counts[FactKind.event],
            logins=self._logins,
            events_with_feature=self._features,
            customers_with_events=len(self._customers_with_events),
            tickets=self._counts[FactKind.ticket],
            movements=self._counts[FactKind.movement],
            answers=self._counts[FactKind.answer],
            first_event_us=self._first_us,
            last_event_us=self._last_us,
        )


def _distinct(column: pa.ChunkedArray) -> set[str]:
    return {value for value in pc.unique(column).to_pylist() if value is not None}

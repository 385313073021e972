"""What the import rehearsal asks: how many facts there are, and how complete they are (decisions.md, Day one 15)."""

from __future__ import annotations

from typing import Protocol

import msgspec

from tenure.model.mapping import FactMapping


class FactsSummary(msgspec.Struct, frozen=True, kw_only=True):
    """Counts a warehouse (or an import, of what it saw itself) can give; a count nobody can give is None.

    "Known only from" customers are those no customer record ever described (implicit customers).
    """

    customers: int = 0
    customers_with_created: int | None = None
    customers_with_arr: int | None = None
    customers_with_renewal: int | None = None
    customers_with_owner: int | None = None
    customers_with_email: int | None = None
    customers_churned: int | None = None
    customers_known_only_from_other_facts: int | None = None
    users: int = 0
    users_without_customer: int | None = None
    events: int = 0
    logins: int | None = None
    events_with_feature: int | None = None
    customers_with_events: int | None = None
    tickets: int = 0
    movements: int = 0
    answers: int = 0
    first_event_us: int | None = None
    last_event_us: int | None = None


class FactsKnown(Protocol):
    """Called by the rehearsal: the warehouse's own count of everything drained so far."""

    def summary(self, mapping: FactMapping) -> FactsSummary: ...

"""Active users per seat of a few customers, for their pages (Day one, 12)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import ibis

from tenure.clock import day_of
from tenure.model.health import SEATS_FROM, SeatUse
from tenure.warehouse.loop.fields import WINDOW_DAYS
from tenure.warehouse.metrics.members import rows
from tenure.warehouse.view import FactsView


def seat_uses(view: FactsView, customer_ids: Sequence[str]) -> Mapping[str, SeatUse]:
    """By customer, of those that have more than 5 users: seats bought, else the users that are known and not deactivated."""
    customers = view.customers().filter(ibis._.customer_id.isin(list(customer_ids)))
    users = view.users().filter(ibis._.deactivated_us.isnull())
    known = users.group_by("customer_key").agg(users=users.user_key.nunique())
    seen = view.user_days(day_of(view.now_us) - WINDOW_DAYS + 1)
    active = seen.group_by("customer_key").agg(active=seen.user_key.nunique())
    asked = customers.select("customer_key", "customer_id", "seats")
    found = asked.left_join(known, "customer_key").left_join(active, "customer_key")
    listed = found.select("customer_id", "seats", users=found.users.fill_null(0), active=found.active.fill_null(0))
    made = {row["customer_id"]: _use(row["seats"], int(row["users"]), int(row["active"])) for row in rows(listed)}
    return {name: one for name, one in made.items() if one.seats > SEATS_FROM}


def _use(seats: int | None, users: int, active: int) -> SeatUse:
    return SeatUse(seats=seats or users, active_users=active, are_bought=bool(seats))

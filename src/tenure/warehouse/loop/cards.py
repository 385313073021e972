"""Cards of some customers: their fields as a person and a rule read them, with people and lost points."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import ibis
import ibis.expr.types as ir

from tenure.clock import DAY_US, day_of
from tenure.model.cards import Contact, CustomerCard, LostPoints
from tenure.model.facts import CustomerStatus
from tenure.model.health import HealthStatus
from tenure.model.listing import segment_names
from tenure.warehouse.loop.fields import EVERYTHING, WINDOW_DAYS, FieldSettings, field_table
from tenure.warehouse.metrics.members import rows
from tenure.warehouse.scoring.scratch import Scratch
from tenure.warehouse.view import FactsView

_PLAIN = tuple(
    sorted(EVERYTHING - {"status", "stage", "segment", "health_status", "internal", "first_paid_us", "monthly_cents"})
)
SEEN_DAYS = 90
Lost = Mapping[str, tuple[LostPoints, ...]]
"""Lost points by customer_id."""


def customer_cards(
    scratch: Scratch, view: FactsView, scores: ir.Table, settings: FieldSettings, lost: Lost
) -> dict[str, CustomerCard]:
    """Cards of every customer of the view, by id; internal ones too: what runs for them has to end.

    Args:
        view: restricted to the customers asked for.
        scores: customer_key and the columns of `fields.HEALTH`.
        settings: of the view's time.
    """

    def fields(view: FactsView, scores: ir.Table) -> ir.Table:
        return field_table(view, scores, settings, EVERYTHING, internal=True)

    found = scratch.through(("card fields", settings, view.mapping), view, fields, {"scores": scores}, "card_fields")
    people = scratch.through(("card people",), view, _people, {}, "card_people")
    adopted = scratch.through(("card features",), view, _features, {}, "card_features")
    contacts = _contacts(rows(people))
    features = _by_key(rows(adopted), "feature")
    made = (_card(row, view.now_us, contacts, features, lost) for row in rows(found))
    return {card.customer_id: card for card in made}


def _features(view: FactsView) -> ir.Table:
    return view.features().select("customer_key", "feature")


def _people(view: FactsView) -> ir.Table:
    """Everybody stated of these customers, with when they were last active."""
    users = view.users().filter(ibis._.customer_key.notnull())
    today = day_of(view.now_us)
    days = view.user_days(today - SEEN_DAYS + 1)
    is_recent = days.day > today - WINDOW_DAYS
    used = days.group_by(["customer_key", "user_key"]).agg(
        last_day=days.day.max(), active_days_30=days.day.nunique(where=is_recent)
    )
    used = used.rename(used_customer="customer_key", used_user="user_key")
    joined = users.left_join(used, [users.customer_key == used.used_customer, users.user_key == used.used_user])
    return joined.select(
        "customer_key", "user_id", "name", "email", "role", "consent", "deactivated_us", "last_day",
        active_days_30=joined.active_days_30.fill_null(0).cast("int64"),
    )  # fmt: skip


def _contacts(people: Sequence[Mapping[str, Any]]) -> dict[int, tuple[Contact, ...]]:
    found: dict[int, list[Contact]] = defaultdict(list)
    for row in people:
        found[row["customer_key"]].append(_contact(row))
    return {key: tuple(sorted(contacts, key=lambda one: one.user_id)) for key, contacts in found.items()}


def _contact(row: Mapping[str, Any]) -> Contact:
    """`last_active_us` is the start of the last UTC day, of the last SEEN_DAYS, on which they did anything."""
    return Contact(
        user_id=row["user_id"],
        name=row["name"],
        email=row["email"],
        role=row["role"],
        last_active_us=None if row["last_day"] is None else row["last_day"] * DAY_US,
        active_days_30=row["active_days_30"],
        deactivated_us=row["deactivated_us"],
        consent=None if row["consent"] is None else json.loads(row["consent"]),
    )


def _by_key(found: Sequence[Mapping[str, Any]], column: str) -> dict[int, tuple[str, ...]]:
    grouped: dict[int, list[str]] = defaultdict(list)
    for row in found:
        grouped[row["customer_key"]].append(row[column])
    return {key: tuple(sorted(values)) for key, values in grouped.items()}


def _card(
    row: Mapping[str, Any],
    now_us: int,
    contacts: Mapping[int, tuple[Contact, ...]],
    features: Mapping[int, tuple[str, ...]],
    lost: Lost,
) -> CustomerCard:
    key = row["customer_key"]
    login_us = row["last_login_us"]
    return CustomerCard(
        **{name: row[name] for name in _PLAIN},
        as_of_us=now_us,
        customer_status=CustomerStatus(row["status"]),
        stage=row["stage"],
        segment=tuple(segment_names(row["segment"])),
        monthly_cents=row["monthly_cents"],
        was_paying=row["first_paid_us"] is not None,
        internal=row["internal"],
        health_status=None if row["health_status"] is None else HealthStatus(row["health_status"]),
        days_since_login=None if login_us is None else (now_us - login_us) // DAY_US,
        features_used=features.get(key, ()),
        contacts=contacts.get(key, ()),
        lost=lost.get(row["customer_id"], ()),
    )

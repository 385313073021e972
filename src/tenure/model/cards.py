"""What the loop knows of one customer at a time: enough to decide and to write, read in one piece.

The warehouse makes cards of the customers the loop deals with (`tenure.ports.subjects`); the store keeps the latest, so
that steps are done without opening the warehouse. A card holds personal data: it goes with the customer's erasure.
"""

from __future__ import annotations

import msgspec

from tenure.model.facts import CustomerStatus
from tenure.model.health import HealthStatus


class Contact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A person at the customer's. `consent` by purpose or channel, as the source stated it; None: nothing recorded."""

    user_id: str
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    role: str | None = None
    last_active_us: int | None = None
    active_days_30: int = 0
    deactivated_us: int | None = None
    consent: dict[str, bool] | None = None


class LostPoints(msgspec.Struct, frozen=True, kw_only=True):
    """Points a measure did not earn, as a likely cause (A27); `sentence` says it to a person."""

    measure: str
    component: str
    points: float
    sentence: str


class CustomerCard(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One customer as of `as_of_us`. Times in us, money in cents of the venture's currency; None means unknown (R5).

    `segment` holds the names of saved segments. Days without login count whole days; None: never logged in. `traits` is
    JSON text. `activated_us` is the mapped activation event, else the first value (M5).
    `active_days_30` are days with any event in the last 30, `active_days_30_before` in the 30 before (A17).
    `unpaid_since_us` is the first failed payment since the last that went through; `left_involuntarily`: churned because one
    failed, unasked (Day one, 9).
    `first_value_us` is the first core feature (M5); `features` counts adopted ones, `second_feature_us` when the second came.
    """

    customer_id: str
    as_of_us: int
    name: str | None = None
    email: str | None = None
    customer_status: CustomerStatus = CustomerStatus.active
    plan: str | None = None
    owner: str | None = None
    segment: tuple[str, ...] = ()
    stage: str | None = None
    industry: str | None = None
    currency: str | None = None
    traits: str | None = None
    implicit: bool = False
    created_us: int | None = None
    spell_started_us: int | None = None
    onboarded_us: int | None = None
    arr_cents: int | None = None
    monthly_cents: int = 0
    was_paying: bool = False
    unpaid_invoice: bool = False
    unpaid_since_us: int | None = None
    left_involuntarily: bool = False
    renewal_us: int | None = None
    term_days: int | None = None
    cancel_requested_us: int | None = None
    churned_us: int | None = None
    timezone: str | None = None
    language: str | None = None
    phone: str | None = None
    parent_id: str | None = None
    internal: bool = False
    seats: int | None = None
    # health
    score: float | None = None
    previous_score: float | None = None
    health_status: HealthStatus | None = None
    is_new: bool = False
    coverage: float | None = None
    change_configuration: float = 0.0
    """Points of the last change of the score that another configuration gave or took (A3)."""
    lost: tuple[LostPoints, ...] = ()
    # use
    last_login_us: int | None = None
    days_since_login: int | None = None
    last_event_us: int | None = None
    active_days_30: int = 0
    active_days_30_before: int = 0
    active_users_30: int = 0
    features: int = 0
    features_used: tuple[str, ...] = ()
    first_value_us: int | None = None
    activated_us: int | None = None
    second_feature_us: int | None = None
    # trouble
    open_tickets: int = 0
    open_urgent_tickets: int = 0
    oldest_open_ticket_us: int | None = None
    # people
    primary_contact: str | None = None
    contacts: tuple[Contact, ...] = ()

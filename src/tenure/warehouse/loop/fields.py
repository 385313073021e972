"""Every field the loop's conditions and cards look at, for all customers at once: the twin of `card_profile`.

Asked for some columns it reads only what those need; restricted to some customers (the view is) it reads only theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import ibis
import ibis.expr.types as ir

from tenure.clock import DAY_US, day_of
from tenure.model.currency import Currencies, CurrencyRate
from tenure.model.scorecard import ScoringConfig, Segment
from tenure.rules.card_fields import URGENT_PRIORITIES
from tenure.warehouse.conditions import journey_stage, segment_text
from tenure.warehouse.metrics.members import rate_of, times_rate
from tenure.warehouse.payments import left_involuntarily, unpaid
from tenure.warehouse.scoring.inputs import FIRST_VALUE_ACTIVE_DAY, OPEN_STATES
from tenure.warehouse.view import Counted, FactsView
from tenure.warehouse.words import smallest

HEALTH = ("score", "previous_score", "health_status", "is_new", "coverage")
"""Columns of published (or rehearsed) scores, by customer_key."""
OWN = (
    "customer_id", "status", "name", "email", "plan", "currency", "industry", "owner", "timezone", "language", "phone",
    "primary_contact", "parent_id", "traits", "implicit", "internal", "created_us", "spell_started_us", "onboarded_us",
    "renewal_us", "term_days", "cancel_requested_us", "churned_us", "first_paid_us", "seats", "arr_cents", "monthly_cents",
    "stage", "segment",
)  # fmt: skip
"""Columns of the customer record; stage and segment as lists show them."""
CHEAP = frozenset((*OWN, *HEALTH))
"""What is known without looking at facts but records and scores."""
WINDOW_DAYS = 30
_MONEY = ("arr_cents", "monthly_cents")
_FLAGS = ("is_new", "unpaid_invoice", "left_involuntarily")
_UNPAID = {"unpaid_invoice": ibis.literal(False), "left_involuntarily": ibis.literal(False), "unpaid_since_us": ibis.null("int64")}
"""What is said of payments where nobody tells of any."""


@dataclass(frozen=True)
class FieldSettings:
    """What fields depend on besides facts, scores and time. `core_features` empty: every feature counts (M5)."""

    core_features: tuple[str, ...] = ()
    notice_days: int = 30
    saved: tuple[Segment, ...] = ()
    currencies: Currencies | None = None
    has_features: bool = True
    """Whether any feature was ever adopted; else the fifth active day is the first value (M5)."""
    has_payments: bool = True
    """Whether anything can be told of payments; else nothing is read of them."""

    @classmethod
    def of(cls, config: ScoringConfig, currencies: Currencies | None = None) -> FieldSettings:
        return cls(config.core_features, config.renewal_notice_days, config.saved, currencies)

    def at(self, now_us: int) -> FieldSettings:
        """With the rates in force at that time only."""
        if self.currencies is None:
            return self
        in_force = sorted(self.currencies.in_force(now_us).items())
        rates = tuple(CurrencyRate(currency=name, since_us=0, rate=str(rate)) for name, rate in in_force)
        return replace(self, currencies=Currencies(venture=self.currencies.venture, rates=rates))

    def knowing(self, has_features: bool, has_payments: bool = True) -> FieldSettings:
        return replace(self, has_features=has_features, has_payments=has_payments)


def field_table(
    view: FactsView, scores: ir.Table, settings: FieldSettings, wanted: Iterable[str], *, internal: bool = False
) -> ir.Table:
    """customer_key and the columns `wanted`, one row per customer of the view; counts and flags are never null.

    Args:
        scores: customer_key and the columns HEALTH.
        wanted: of OWN, HEALTH and GROUPS.
        internal: with internal customers; else they do not appear (P6).
    """
    asked = frozenset(wanted)
    customers = view.customers() if "customer_id" in asked else view.nameless_customers()
    here = customers if internal else customers.filter(~customers.internal)
    table = _own(here, view, settings, asked)
    health = [name for name in HEALTH if name in asked]
    sides = [scores.select("customer_key", *health)] if health else []
    read = asked - (view.fields_beside.keys() if isinstance(view, Counted) else set())
    sides += [make(view, settings, read & columns) for columns, make in _sources(view, settings) if read & columns]
    joined = table
    for place, side in enumerate(sides):  # one chain of joins: the engine takes longer to read nested selects than to run them
        beside = side.rename({f"other_key_{place}": "customer_key"})
        joined = joined.left_join(beside, table.customer_key == beside[f"other_key_{place}"])
    if not settings.has_payments:
        joined = joined.mutate(**{name: value for name, value in _UNPAID.items() if name in asked})
    zeroed = {name: joined[name].fill_null(0).cast("int64") for name in COUNTS if name in asked}
    flags = {name: joined[name].fill_null(False) for name in _FLAGS if name in asked}
    found = {name: zeroed.get(name, flags.get(name, joined[name])) for name in sorted(asked)}
    return joined.select("customer_key", **found)


def _own(customers: ir.Table, view: FactsView, settings: FieldSettings, asked: frozenset[str]) -> ir.Table:
    """The customer's record: times as they are, money in the venture's currency (R5)."""
    found: dict[str, Any] = {name: customers[name] for name in OWN if name in asked and name in customers.columns}
    if isinstance(view, Counted):
        found |= {name: customers[column] for name, column in view.fields_beside.items() if name in asked}
    if "stage" in asked:
        found["stage"] = journey_stage(customers, view.now_us, settings.notice_days)
    if "segment" in asked:
        found["segment"] = segment_text(settings.saved, customers, view.now_us, settings.notice_days)
    plain = customers.select("customer_key", **found)
    money = [name for name in _MONEY if name in asked]
    return plain if not money or settings.currencies is None else _converted(plain, customers, view, settings, money)


def _converted(
    plain: ir.Table, customers: ir.Table, view: FactsView, settings: FieldSettings, money: list[str]
) -> ir.Table:
    """Amounts at the rates of `settings.at`; unknown where there is none. A record without currency is in that of its movements."""
    currencies = settings.currencies
    assert currencies is not None
    moves = view.movements()
    moves = moves.filter(moves.currency.notnull())
    paid = moves.group_by("customer_key").agg(paid_in=moves.currency.max()).rename(paid_key="customer_key")
    stated = customers.select(stated_key=customers.customer_key, stated_in=customers.currency)
    found = plain.left_join(paid, plain.customer_key == paid.paid_key)
    found = found.left_join(stated, found.customer_key == stated.stated_key)
    currency = ibis.coalesce(found.stated_in, found.paid_in, ibis.literal(currencies.venture)).upper()
    rate = rate_of(currency, currencies, 0)
    amounts = {name: times_rate(found[name], rate) for name in money}
    if "monthly_cents" in amounts:
        amounts["monthly_cents"] = amounts["monthly_cents"].fill_null(0)
    return found.mutate(**amounts).select(*plain.columns)


# --- from events -----------------------------------------------------------------------------------------------------


def _last_login(view: FactsView, settings: FieldSettings, asked: frozenset[str]) -> ir.Table:
    seen = view.last_seen(view.mapping.login_names)
    return seen.select("customer_key", last_login_us=seen.last_us)


def _last_event(view: FactsView, settings: FieldSettings, asked: frozenset[str]) -> ir.Table:
    seen = view.last_seen(None)
    return seen.select("customer_key", last_event_us=seen.last_us)


def _active_days(view: FactsView, settings: FieldSettings, asked: frozenset[str]) -> ir.Table:
    """Days with any event, of the last 30 and of the 30 before (A17)."""
    today = day_of(view.now_us)
    middle = today - WINDOW_DAYS + 1
    first = middle - WINDOW_DAYS if "active_days_30_before" in asked else middle
    days = view.activity(None, first).select("customer_key", "day").distinct()
    found = {"active_days_30": days.count(where=days.day >= middle), "active_days_30_before": days.count(where=days.day < middle)}
    return days.group_by("customer_key").agg(**{name: value for name, value in found.items() if name in asked})


def _active_users(view: FactsView, settings: FieldSettings, asked: frozenset[str]) -> ir.Table:
    seen = view.user_days(day_of(view.now_us) - WINDOW_DAYS + 1)
    return seen.group_by("customer_key").agg(active_users_30=seen.user_key.nunique())


def _features(view: FactsView, settings: FieldSettings, asked: frozenset[str]) -> ir.Table:
    """How many are adopted, when the second came, and the first that counts (M5)."""
    adopted = view.features()
    core = adopted.feature.isin(settings.core_features) if settings.core_features else ibis.literal(True)
    found: dict[str, Any] = {"features": adopted.count()}
    if "second_feature_us" in asked:
        found["second_feature_us"] = smallest(adopted.first_us, 2)[1]
    if asked & {"first_value_us", "activated_us"}:
        first_us = adopted.first_us.min(where=core)
        found |= {"first_value_us": first_us, "activated_us": first_us}
    return adopted.group_by("customer_key").agg(**{name: value for name, value in found.items() if name in asked})


def _fifth_day(view: FactsView, settings: FieldSettings, asked: frozenset[str]) -> ir.Table:
    """Where nobody adopts any feature the fifth active day is the first value (M5)."""
    days = view.activity().select("customer_key", "day").distinct()
    ranked = days.mutate(place=ibis.row_number().over(group_by="customer_key", order_by="day"))
    fifth = ranked.filter(ranked.place == FIRST_VALUE_ACTIVE_DAY - 1)
    at_us = fifth.day.cast("int64") * DAY_US
    return fifth.select("customer_key", **{name: at_us for name in ("first_value_us", "activated_us") if name in asked})


def _activation(view: FactsView, settings: FieldSettings, asked: frozenset[str]) -> ir.Table:
    """The first event that is mapped as activation (M5)."""
    seen = view.last_seen([view.mapping.activation_event or ""])
    return seen.select("customer_key", activated_us=seen.first_us)


# --- trouble ---------------------------------------------------------------------------------------------------------


def _tickets(view: FactsView, settings: FieldSettings, asked: frozenset[str]) -> ir.Table:
    tickets = view.tickets()
    waiting = tickets.filter(tickets.state.isin(OPEN_STATES))
    is_urgent = waiting.priority.lower().isin(URGENT_PRIORITIES).fill_null(False)
    found = {
        "open_tickets": waiting.count(),
        "open_urgent_tickets": waiting.count(where=is_urgent),
        "oldest_open_ticket_us": waiting.created_us.min(),
    }
    return waiting.group_by("customer_key").agg(**{name: value for name, value in found.items() if name in asked})


def _invoices(view: FactsView, settings: FieldSettings, asked: frozenset[str]) -> ir.Table:
    """Whether the last payment anything is known of failed, and since when."""
    found = unpaid(view)
    return found.select("customer_key", "unpaid_since_us", unpaid_invoice=ibis.literal(True))


def _left(view: FactsView, settings: FieldSettings, asked: frozenset[str]) -> ir.Table:
    """Whether the customer left because a payment failed (Day one, 9)."""
    return left_involuntarily(view).mutate(left_involuntarily=ibis.literal(True))


Make = Callable[[FactsView, FieldSettings, frozenset[str]], ir.Table]
_FIRSTS = frozenset({"first_value_us", "activated_us"})
_ADOPTED = frozenset({"features", "second_feature_us"})
GROUPS: Mapping[frozenset[str], Make] = {
    frozenset({"last_login_us"}): _last_login,
    frozenset({"last_event_us"}): _last_event,
    frozenset({"active_days_30", "active_days_30_before"}): _active_days,
    frozenset({"active_users_30"}): _active_users,
    _ADOPTED | _FIRSTS: _features,
    frozenset({"open_tickets", "open_urgent_tickets", "oldest_open_ticket_us"}): _tickets,
    frozenset({"unpaid_invoice", "unpaid_since_us"}): _invoices,
    frozenset({"left_involuntarily"}): _left,
}
"""What is read of facts together, by the columns it gives."""


def _sources(view: FactsView, settings: FieldSettings) -> Iterator[tuple[frozenset[str], Make]]:
    """The groups as this venture has them: activation may be an event, and without features days count (M5)."""
    untold = {_features} if settings.has_payments else {_features, _invoices, _left}
    yield from ((columns, make) for columns, make in GROUPS.items() if make not in untold)
    is_event = view.mapping.activation_event is not None
    firsts = _FIRSTS - {"activated_us"} if is_event else _FIRSTS
    if is_event:
        yield _FIRSTS - firsts, _activation
    if settings.has_features:
        yield _ADOPTED | firsts, _features
    else:
        yield _ADOPTED, _features
        yield firsts, _fifth_day


COUNTS = (
    "active_days_30", "active_days_30_before", "active_users_30", "features", "open_tickets", "open_urgent_tickets",
)  # fmt: skip
EVERYTHING = frozenset((*OWN, *HEALTH, *(name for columns in GROUPS for name in columns)))

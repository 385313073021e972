"""Who the customers and their users are: everything that is drawn once and never changes."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Self

import numpy as np

from tenure.clock import DAY_US, MINUTE_US
from tenure.testing.company.plan import CompanyPlan
from tenure.testing.company.streams import Bools, Floats, Ints, Keys, Streams
from tenure.testing.company.vocabulary import (
    FAMILY_NAMES,
    FIRST_WORDS,
    GIVEN_NAMES,
    INDUSTRIES,
    INDUSTRY_SHARES,
    OWNERS,
    PLANS,
    REGIONS,
    SECOND_WORDS,
)

MAX_USERS = 60
NOBODY = -1


class Columns:
    """Arrays of equal length, one row per subject; grows at the end."""

    def joined(self, other: Self) -> Self:
        """These rows, then the other's."""
        pairs = {f.name: (getattr(self, f.name), getattr(other, f.name)) for f in fields(self)}  # type: ignore[arg-type]
        return type(self)(
            **{
                name: a + b if isinstance(a, list) else np.concatenate([a, b])
                for name, (a, b) in pairs.items()
            }
        )


@dataclass
class Customers(Columns):
    """Fixed traits of customers, one row each."""

    key: Keys
    ids: list[str]
    signup_day: Ints
    signup_us: Ints
    plan: Ints
    seats: Ints
    seat_price_cents: Ints
    annual: Bools
    trial: Bools
    internal: Bools
    industry: Ints
    region: Ints
    owner: Ints
    parent: Ints
    single_sign_on: Bools
    fit: Floats
    onboarding_start: Floats
    onboarding_days: Floats
    price_sensitivity: Floats
    names: list[str]

    def __len__(self) -> int:
        return len(self.ids)


@dataclass
class Users(Columns):
    """Fixed traits of users, grouped by customer; `customer` is the row in Customers."""

    key: Keys
    ids: list[str]
    customer: Ints
    slot: Ints
    join_day: Ints
    join_us: Ints
    presence: Floats
    intensity: Floats

    def __len__(self) -> int:
        return len(self.ids)


def planned_customers(plan: CompanyPlan, streams: Streams) -> Customers:
    """The customers who sign up before the planned days are over, by number."""
    numbers = np.arange(plan.customers, dtype=np.int64)
    key = streams.bits("customer", numbers)
    span = plan.planned_days + 7 * plan.past_weeks
    # the power bends the arrivals a little toward the present: the company grows
    arrival = streams.uniform("signup", key) ** 0.8 * span
    ids = [f"cust_{number:06d}" for number in numbers]
    parent = np.where(
        streams.happens(0.03, "has parent", key) & (numbers > 0),
        streams.below(1 << 30, "parent", key),
        NOBODY,
    )
    parent = np.where(parent >= 0, parent % np.maximum(numbers, 1), NOBODY)
    return _customers(plan, streams, key, ids, plan.opening_day + arrival.astype(np.int64), parent)


def later_customers(plan: CompanyPlan, streams: Streams, day: int) -> Customers:
    """Those who sign up on one day after the planned days."""
    count = int(streams.geometric(np.array([plan.sign_ups_per_day]), "arrivals", day)[0])
    order = np.arange(count, dtype=np.int64)
    key = streams.bits("later customer", day, order)
    ids = [f"cust_{day}_{number}" for number in order]
    return _customers(plan, streams, key, ids, np.full(count, day, dtype=np.int64), np.full(count, NOBODY))


def _customers(
    plan: CompanyPlan, streams: Streams, key: Keys, ids: list[str], signup_day: Ints, parent: Ints
) -> Customers:
    tier = streams.pick([p.share for p in PLANS], "plan", key)
    median, spread = np.array([p.seats_median for p in PLANS]), np.array([p.seats_spread for p in PLANS])
    seats = np.maximum(1, np.rint(median[tier] * np.exp(spread[tier] * streams.normal("seats", key)))).astype(
        np.int64
    )
    price = np.array([p.seat_price_cents for p in PLANS])[tier]
    annual = streams.happens(np.array([p.annual_share for p in PLANS])[tier], "term", key)
    haggled = 1 - 0.2 * streams.uniform("discount", key) - 0.1 * annual
    fit = streams.normal("fit", key)
    stuck = streams.happens(0.30 - 0.08 * fit, "onboarding stuck", key)
    signup_us = signup_day * DAY_US + (streams.uniform("signup time", key) * 600).astype(np.int64) * MINUTE_US
    return Customers(
        key=key,
        ids=ids,
        signup_day=signup_day,
        signup_us=signup_us,
        plan=tier,
        seats=seats,
        seat_price_cents=(price * haggled).astype(np.int64),
        annual=annual,
        trial=streams.happens(plan.trial_share, "trial", key) & (price > 0),
        internal=streams.happens(plan.internal_share, "internal", key),
        industry=streams.pick(INDUSTRY_SHARES, "industry", key),
        region=streams.pick([r.share for r in REGIONS], "region", key),
        owner=streams.below(len(OWNERS), "owner", key),
        parent=parent.astype(np.int64),
        single_sign_on=streams.happens(0.25, "single sign-on", key),
        fit=fit,
        onboarding_start=0.8 + 0.8 * streams.uniform("onboarding start", key),
        onboarding_days=np.where(stuck, 320.0, 6.0 + 6.0 * streams.exponential("onboarding speed", key)),
        price_sensitivity=0.25 * streams.exponential("price sensitivity", key),
        names=_company_names(streams, key),
    )


def users_of(customers: Customers, streams: Streams, first_row: int = 0) -> Users:
    """The users of these customers; `first_row` is the row of the first customer in the whole company."""
    share = 0.45 + 0.5 * streams.uniform("seats used", customers.key)
    counts = np.clip(np.rint(customers.seats * share), 1, MAX_USERS).astype(np.int64)
    row = np.repeat(np.arange(len(customers)), counts)
    slot = np.arange(row.size) - np.repeat(np.cumsum(counts) - counts, counts)
    key = streams.bits("user", customers.key[row], slot)
    early = np.minimum(1.0, slot / np.maximum(1, counts[row] * 0.6))
    lag = np.where(slot == 0, 0.0, streams.exponential("user joins", key) * (2 + 50 * early**2))
    join_day = customers.signup_day[row] + lag.astype(np.int64)
    start = np.where(join_day == customers.signup_day[row], customers.signup_us[row], join_day * DAY_US)
    pull = np.where(slot == 0, 1.2, 0.0) - 0.4
    return Users(
        key=key,
        ids=[
            f"user_{customers.ids[c][5:]}_{s:02d}" for c, s in zip(row.tolist(), slot.tolist(), strict=True)
        ],
        customer=row + first_row,
        slot=slot,
        join_day=join_day,
        join_us=start + MINUTE_US,
        presence=1 / (1 + np.exp(-(np.where(slot == 0, 0.6, 1.0) * streams.normal("presence", key) + pull))),
        # log-normal with a long tail: a few users make most of the noise
        intensity=2.0 * np.exp(0.9 * streams.normal("intensity", key) - 0.4),
    )


def role_of(slot: int) -> str:
    """The first user owns the account, the second administers it, every sixth only looks."""
    if slot < 2:
        return ("owner", "admin")[slot]
    return "viewer" if slot % 6 == 5 else "member"


def person_name(streams: Streams, key: int) -> str:
    """An invented name for a user."""
    given = GIVEN_NAMES[int(streams.one("given name", key) * len(GIVEN_NAMES))]
    family = FAMILY_NAMES[int(streams.one("family name", key) * len(FAMILY_NAMES))]
    return f"{given} {family}"


def person_mail(name: str, user_id: str) -> str:
    """An address in a domain that can never belong to anybody (RFC 2606)."""
    return f"{name.lower().replace(' ', '.')}.{user_id[5:].replace('_', '-')}@example.com"


def industry_name(number: int) -> str:
    """The industry's name by its number."""
    return INDUSTRIES[number]


def _company_names(streams: Streams, key: Keys) -> list[str]:
    first = streams.below(len(FIRST_WORDS), "first word", key).tolist()
    second = streams.below(len(SECOND_WORDS), "second word", key).tolist()
    return [f"{FIRST_WORDS[a]} {SECOND_WORDS[b]}" for a, b in zip(first, second, strict=True)]

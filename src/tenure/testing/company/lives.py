"""The hidden side: what customers feel, day by day, and the hazard of leaving that follows from it.

Every cause has a level (0 = absent, about 1 = it hurts). With relief r (0..1, given by touches), the daily
hazard of leaving for cause c is

    hazard_c = scale * weight_c * felt_c ** 2 * (1 - r_c)

where felt_c follows level_c with a delay of about ten days: nobody leaves on the first bad day.
So a touch that relieves a cause by half halves that cause's hazard: the true effect is known exactly.
Usage follows the same levels faster than the decision does, which is why churn can be seen coming.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tenure.testing.company.plan import CompanyPlan
from tenure.testing.company.population import NOBODY, Columns, Customers
from tenure.testing.company.streams import Bools, Floats, Ints, Streams
from tenure.testing.company.vocabulary import (
    ACTIVE,
    ALL_CAUSES,
    CANCELLING,
    CAUSES,
    CHURNED,
    FEATURES,
    PAUSED,
    TRIAL,
    UNBORN,
)

FIT, ONBOARDING, FRICTION, CHAMPION, PRICE = range(5)
NEVER = np.iinfo(np.int64).max
HAZARD_WEIGHT = np.array([2.6, 2.0, 1.2, 1.0, 0.6])
"""Relative danger of the causes at equal level."""
USAGE_DRAG = np.array([1.4, 1.5, 1.6, 1.7, 1.5])
MILD = 0.25
"""A level up to here is grumbled about but changes nothing."""
"""How strongly each cause takes the pleasure out of using the product."""
HAZARD_SCALE = 1 / 1000
"""Calibrated so that `monthly_voluntary_churn` is about what happens (checked by a test)."""
RELIEF_HALF_LIFE_DAYS = 60.0
ENGAGEMENT_DELAY_DAYS = 4.0
DECISION_DELAY_DAYS = 10.0
RENEWAL_WINDOW_DAYS = 90
"""Customers on annual terms decide in the last 90 days, with the year's hazard packed into them."""


@dataclass
class Lives(Columns):
    """The changing state of each customer; row order is that of Customers."""

    status: Ints
    spell_day: Ints
    """First day of the current spell."""
    end_day: Ints
    """When the paid time of a cancelling customer (or a trial, or a pause) ends."""
    renewal_day: Ints
    monthly_cents: Ints
    seats: Ints
    failing_since: Ints
    back_on: Ints
    """Day on which a churned customer returns."""
    champion: Ints
    """Row of the primary contact in Users, -1 when there is none."""
    cancel_us: Ints
    churned_us: Ints
    onboarded_us: Ints
    cause: Ints
    """Why it left or is leaving, index into ALL_CAUSES; -1 while it stays."""
    spells: Ints
    movements: Ints
    events: Ints
    tickets: Ints
    friction: Floats
    gap: Floats
    """Level of the missing champion."""
    budget: Floats
    """Level of budget trouble."""
    engagement: Floats
    felt: Floats
    """Levels as the decision makers feel them: delayed; one column per cause of CAUSES."""
    relief: Floats
    """One column per cause (ALL_CAUSES), 0 = no help."""
    expected: Floats
    """Sum of all daily chances of deciding to leave so far."""
    decisions: Ints
    """How often it really decided to leave."""
    adopted: Bools


def unborn(count: int) -> Lives:
    """Lives not yet begun."""

    def numbers(value: int = 0) -> Ints:
        return np.full(count, value, dtype=np.int64)

    def levels(*shape: int) -> Floats:
        return np.zeros((count, *shape))

    return Lives(
        status=numbers(UNBORN),
        spell_day=numbers(),
        end_day=numbers(NEVER),
        renewal_day=numbers(NEVER),
        monthly_cents=numbers(),
        seats=numbers(),
        failing_since=numbers(NEVER),
        back_on=numbers(NEVER),
        champion=numbers(NOBODY),
        cancel_us=numbers(),
        churned_us=numbers(),
        onboarded_us=numbers(),
        cause=numbers(NOBODY),
        spells=numbers(),
        movements=numbers(),
        events=numbers(),
        tickets=numbers(),
        friction=levels(),
        gap=levels(),
        budget=levels(),
        engagement=levels() + 0.9,
        felt=levels(len(CAUSES)),
        relief=levels(len(ALL_CAUSES)),
        expected=levels(),
        decisions=numbers(),
        adopted=np.zeros((count, len(FEATURES)), dtype=np.bool_),
    )


def living(lives: Lives) -> Ints:
    """Rows of customers who have an account today."""
    return np.flatnonzero((lives.status == TRIAL) | (lives.status == ACTIVE) | (lives.status == CANCELLING))


def levels_of(customers: Customers, lives: Lives, rows: Ints, day: int) -> Floats:
    """Cause levels without relief, one row per customer and one column per cause of CAUSES."""
    age = np.maximum(0, day - lives.spell_day[rows])
    levels = np.empty((rows.size, len(CAUSES)))
    levels[:, FIT] = np.maximum(0.0, 0.1 - 0.5 * customers.fit[rows])
    levels[:, ONBOARDING] = customers.onboarding_start[rows] * np.exp(-age / customers.onboarding_days[rows])
    levels[:, ONBOARDING] *= np.where(lives.spells[rows] > 1, 0.3, 1.0)
    levels[:, FRICTION] = lives.friction[rows]
    levels[:, CHAMPION] = lives.gap[rows]
    levels[:, PRICE] = customers.price_sensitivity[rows] + lives.budget[rows]
    levels[:, PRICE] *= np.where(customers.seat_price_cents[rows] == 0, 0.0, 1.0)
    return levels


def hazards_of(plan: CompanyPlan, customers: Customers, lives: Lives, rows: Ints, day: int) -> Floats:
    """Voluntary hazard per day and cause, relief included; 0 where nothing can be decided today."""
    relief = lives.relief[rows][:, : len(CAUSES)]
    scale = HAZARD_SCALE * plan.monthly_voluntary_churn / 0.018
    hazard: Floats = scale * HAZARD_WEIGHT * lives.felt[rows] ** 2 * (1 - relief)
    days_left = lives.renewal_day[rows] - day
    window = np.where(days_left <= RENEWAL_WINDOW_DAYS, 365 / RENEWAL_WINDOW_DAYS, 0.0)
    pace = np.where(customers.annual[rows], window, 1.0)
    pace = np.where(lives.status[rows] == ACTIVE, pace, 0.0)
    return hazard * pace[:, None]


def drag_of(levels: Floats, relief: Floats) -> Floats:
    """How much the causes, after relief, hold usage back; usage falls as exp(-drag)."""
    hurt = np.maximum(0.0, levels - MILD) * (1 - relief[:, : len(CAUSES)])
    return np.asarray(hurt @ USAGE_DRAG, dtype=np.float64)


def feel(customers: Customers, lives: Lives, streams: Streams, day: int, span: int) -> Ints:
    """Move the hidden levels `span` days on; returns the rows whose champion leaves."""
    rows = living(lives)
    key = customers.key[rows]

    def strikes(rate: float, name: str) -> Floats:
        hit = streams.happens(1 - np.exp(-rate * span), name, day, key)
        return np.where(hit, streams.exponential(f"{name} size", day, key), 0.0)

    lives.friction[rows] = lives.friction[rows] * 0.5 ** (span / 30) + 1.2 * strikes(1 / 160, "friction")
    lives.budget[rows] = lives.budget[rows] * 0.5 ** (span / 75) + 1.5 * strikes(1 / 420, "budget cut")
    leaves = streams.happens(1 - np.exp(-span / 480), "champion leaves", day, key)
    lives.gap[rows] = lives.gap[rows] * 0.5 ** (span / 60) + np.where(leaves, 1.6, 0.0)
    lives.relief *= 0.5 ** (span / RELIEF_HALF_LIFE_DAYS)
    levels = levels_of(customers, lives, rows, day)
    settled = 1 - np.exp(-span / DECISION_DELAY_DAYS)
    lives.felt[rows] += settled * (np.maximum(0.0, levels - MILD) - lives.felt[rows])
    drag = drag_of(levels, lives.relief[rows])
    target = 1.25 * np.exp(-drag)
    pull = 1 - np.exp(-span / ENGAGEMENT_DELAY_DAYS)
    lives.engagement[rows] += pull * (target - lives.engagement[rows])
    return np.asarray(rows[leaves], dtype=np.int64)


def account_open(lives: Lives, rows: Ints) -> Bools:
    """True where people can use the product today."""
    status = lives.status[rows]
    return np.asarray((status != UNBORN) & (status != CHURNED) & (status != PAUSED), dtype=np.bool_)

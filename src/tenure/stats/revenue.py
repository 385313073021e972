"""Revenue retention from sums in integer cents that tie to the ledger to the cent.

Monthly amounts. Only customers with an amount above 0 at the start of the period count; new and returning
money is in the waterfall, never in NRR (decision M20).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from tenure.stats.normal import t_for
from tenure.stats.proportions import rate, wilson_interval
from tenure.stats.result import (
    DEFAULT_LEVEL,
    Answer,
    Interval,
    NoAnswer,
    Outcome,
    Rate,
    Reason,
    nothing_to_divide,
)


@dataclass(frozen=True, slots=True)
class Waterfall:
    """Monthly amount at the start, every bar as a positive number of cents, and who is behind it."""

    start_cents: int
    new_cents: int
    expansion_cents: int
    contraction_cents: int
    churn_cents: int
    reactivation_cents: int
    start_customers: int
    churned_customers: int

    def __post_init__(self) -> None:
        bars = (
            self.start_cents,
            self.new_cents,
            self.expansion_cents,
            self.contraction_cents,
            self.churn_cents,
            self.reactivation_cents,
        )
        if min(bars) < 0:
            raise ValueError("every bar of a waterfall is a positive number of cents")
        if self.lost_cents > self.start_cents:
            raise ValueError("customers cannot lose more than they started with")
        if not 0 <= self.churned_customers <= self.start_customers:
            raise ValueError("only customers of the start can churn")

    @property
    def lost_cents(self) -> int:
        """Contraction and churn together."""
        return self.contraction_cents + self.churn_cents

    @property
    def kept_cents(self) -> int:
        """What the customers of the start pay at the end."""
        return self.start_cents + self.expansion_cents - self.lost_cents

    @property
    def end_cents(self) -> int:
        """What everybody pays at the end."""
        return self.kept_cents + self.new_cents + self.reactivation_cents

    @property
    def is_empty(self) -> bool:
        """Did nobody pay at the start and nothing happen?"""
        return self.start_cents == 0 and self.end_cents == 0


@dataclass(frozen=True, slots=True)
class MoneyMoments:
    """Sums over the customers of the start, for an interval: amounts at the start (s) and kept (k).

    In SQL the squares need HUGEINT or NUMERIC: a million customers of 100,000 a month pass 64 bits.
    """

    customers: int
    start_cents: int
    kept_cents: int
    start_squared: int
    start_times_kept: int
    kept_squared: int

    def __post_init__(self) -> None:
        # a query hands in numpy integers or decimals; squares of cents times squares overflow 64 bits
        for name in self.__slots__:
            object.__setattr__(self, name, int(getattr(self, name)))


@dataclass(frozen=True, slots=True)
class MoneyRate:
    """A share of money, with the cents behind it; may exceed 1 for NRR."""

    cents: int
    of_cents: int
    value: float
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class RevenueRetention:
    """GRR, NRR, revenue churn (lost / start = 1 - GRR) and customer retention of one period."""

    gross: MoneyRate
    net: MoneyRate
    revenue_churn: MoneyRate
    customers: Rate
    waterfall: Waterfall


def ties_to_ledger(waterfall: Waterfall, ledger_end_cents: int) -> Outcome[Waterfall]:
    """The waterfall, if its end is the ledger's to the cent; else the reason names the gap."""
    gap = waterfall.end_cents - ledger_end_cents
    if gap == 0:
        return Answer(waterfall)
    return NoAnswer(
        Reason.DOES_NOT_TIE,
        f"The waterfall ends {abs(gap)} cents {'above' if gap > 0 else 'below'} the ledger.",
        waterfall.end_cents,
        ledger_end_cents,
    )


def revenue_retention(
    waterfall: Waterfall,
    *,
    gross_moments: MoneyMoments | None = None,
    net_moments: MoneyMoments | None = None,
    level: float = DEFAULT_LEVEL,
) -> Outcome[RevenueRetention]:
    """GRR = (start - contraction - churn) / start; NRR adds expansion.

    Args:
        gross_moments: kept is min(start, end) per customer; gives GRR and revenue churn their interval.
        net_moments: kept is the end amount per customer; gives NRR its interval.
    """
    start = waterfall.start_cents
    if start == 0:
        return nothing_to_divide("the monthly amount at the start")
    customers = rate(
        waterfall.start_customers - waterfall.churned_customers,
        waterfall.start_customers,
        level,
        of="customers at the start",
    )
    if isinstance(customers, NoAnswer):
        return customers
    kept_gross = start - waterfall.lost_cents
    gross = _money_rate(kept_gross, start, _gross_interval(gross_moments, kept_gross, start, level))
    net = _money_rate(
        waterfall.kept_cents, start, _net_interval(net_moments, waterfall.kept_cents, start, level)
    )
    churn = _money_rate(waterfall.lost_cents, start, _mirrored(gross.interval))
    return Answer(RevenueRetention(gross, net, churn, customers.value, waterfall))


def _money_rate(cents: int, of_cents: int, interval: Interval | None) -> MoneyRate:
    return MoneyRate(cents, of_cents, cents / of_cents, interval)


def _mirrored(interval: Interval | None) -> Interval | None:
    if interval is None:
        return None
    return Interval(1 - interval.high, 1 - interval.low, interval.level, interval.method)


def _gross_interval(moments: MoneyMoments | None, kept: int, start: int, level: float) -> Interval | None:
    """Between 0 and 1; where nobody lost anything, Wilson on the effective number of customers.

    A zero width after a quiet month would read as certainty; one large customer makes few effective ones.
    """
    if moments is None:
        return None
    if kept in (0, start):
        _check_moments(moments, kept, start)
        effective = start * start / moments.start_squared
        return wilson_interval(effective if kept else 0, effective, level)
    found = _net_interval(moments, kept, start, level)
    if found is None:
        return None
    return Interval(max(0.0, found.low), min(1.0, found.high), level, found.method)


def _net_interval(moments: MoneyMoments | None, kept: int, start: int, level: float) -> Interval | None:
    """Linearised interval of a ratio of sums, with Student's t; none where all customers moved alike."""
    if moments is None:
        return None
    _check_moments(moments, kept, start)
    if moments.customers < 2:
        return None
    # exact in integers: sum of (k * S - K * s)^2, since cents squared would cancel badly in floats
    spread = (
        moments.kept_squared * start * start
        - 2 * kept * start * moments.start_times_kept
        + kept * kept * moments.start_squared
    )
    if spread <= 0:
        return None
    degrees = moments.customers - 1
    error = math.sqrt(spread * moments.customers / degrees) / (start * start)
    half, value = t_for(level, degrees) * error, kept / start
    return Interval(max(0.0, value - half), value + half, level, "ratio")


def _check_moments(moments: MoneyMoments, kept: int, start: int) -> None:
    if (moments.start_cents, moments.kept_cents) != (start, kept):
        raise ValueError("the moments and the waterfall count different money")

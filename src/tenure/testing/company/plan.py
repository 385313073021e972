"""What kind of company is simulated: sizes, dates, rates. One place to read every assumption."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from tenure.clock import day_of

DEFAULT_FIRST_DAY = 20_454
"""1 January 2026 in whole UTC days since the epoch."""


@dataclass(frozen=True)
class CompanyPlan:
    """The assumptions of one simulated company.

    Args:
        seed: every number follows from it; equal plans live equal lives.
        customers: customers who sign up before the end of the planned days.
        first_day: first day of full records, whole UTC days since the epoch.
        planned_days: days over which the sign-ups of `customers` are spread after `first_day`;
            sign-ups go on at the same rate beyond it.
        past_weeks: weeks of life before `first_day`, kept in coarse records (who signed up, paid, left,
            adopted what, and one login a week), as a real archive would.
        monthly_voluntary_churn: about this share of paying customers decides to leave in a month.
        payment_failure_chance: chance that a monthly charge fails.
        surveys: whether the company runs its own NPS, CSAT and exit surveys.
    """

    seed: int = 1
    customers: int = 2_000
    first_day: int = DEFAULT_FIRST_DAY
    planned_days: int = 180
    past_weeks: int = 52
    monthly_voluntary_churn: float = 0.018
    payment_failure_chance: float = 0.015
    trial_days: int = 14
    trial_share: float = 0.7
    internal_share: float = 0.007
    surveys: bool = True

    @classmethod
    def until(cls, now_us: int, days: int = 180, customers: int = 2_000, seed: int = 1) -> Self:
        """The plan whose `days` days of full records end with yesterday, seen from `now_us`."""
        return cls(seed=seed, customers=customers, first_day=day_of(now_us) - days, planned_days=days)

    @property
    def opening_day(self) -> int:
        """The day the company opened its doors."""
        return self.first_day - 7 * self.past_weeks

    @property
    def sign_ups_per_day(self) -> float:
        """Mean number of new customers a day, held beyond the planned days."""
        return self.customers / max(1, self.planned_days + 7 * self.past_weeks)

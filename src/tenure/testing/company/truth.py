"""What really goes on: causes, hazards, and what would have happened without help. Never shown to the product."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from tenure.testing.company.lives import hazards_of, levels_of, living
from tenure.testing.company.touches import TOUCH_KINDS
from tenure.testing.company.vocabulary import ALL_CAUSES, CAUSES, CHURNED, STATUSES, UNBORN

if TYPE_CHECKING:
    from tenure.testing.company.company import Company


@dataclass(frozen=True)
class Ending:
    """How a life stands: its status, why it is leaving or has left, and when."""

    status: str
    cause: str | None
    cancel_requested_us: int | None
    churned_us: int | None

    @property
    def voluntary(self) -> bool:
        """False when a payment failed."""
        return self.cause is not None and self.cause != ALL_CAUSES[-1]


@dataclass(frozen=True)
class Inner:
    """The inside of one customer today.

    `levels` and `relief` by cause, `hazard_per_day` by voluntary cause with relief, `risk_30_days` the chance
    of deciding to leave within 30 days if nothing changed.
    """

    levels: dict[str, float]
    relief: dict[str, float]
    hazard_per_day: dict[str, float]
    risk_30_days: float
    main_cause: str
    engagement: float


class Truth:
    """Reads a company's hidden state; a fresh look each time it is asked for."""

    def __init__(self, company: Company) -> None:
        self._company = company

    def inner(self, customer_id: str) -> Inner:
        """What one customer feels today; `main_cause` is the one with the highest hazard without relief."""
        world, day = self._company.world, self._company.day
        rows = np.array([self._company.row_of(customer_id)])
        levels = levels_of(world.customers, world.lives, rows, day)[0]
        hazards = hazards_of(world.plan, world.customers, world.lives, rows, day)[0]
        return Inner(
            levels=dict(zip(CAUSES, levels.tolist(), strict=True)),
            relief=dict(zip(ALL_CAUSES, world.lives.relief[rows[0]].tolist(), strict=True)),
            hazard_per_day=dict(zip(CAUSES, hazards.tolist(), strict=True)),
            risk_30_days=float(1 - np.exp(-30 * hazards.sum())),
            main_cause=CAUSES[int(np.argmax(levels))],
            engagement=float(world.lives.engagement[rows[0]]),
        )

    def hazards(self) -> dict[str, float]:
        """Today's voluntary hazard per day of every living customer."""
        world = self._company.world
        rows = living(world.lives)
        total = hazards_of(world.plan, world.customers, world.lives, rows, self._company.day).sum(axis=1)
        return {
            world.customers.ids[row]: value for row, value in zip(rows.tolist(), total.tolist(), strict=True)
        }

    def expected_decisions(self) -> float:
        """Sum of all chances lived through: how many decisions to leave were to be expected so far."""
        return float(self._company.world.lives.expected.sum())

    def decisions(self) -> int:
        """How often somebody decided to leave of their own will so far."""
        return int(self._company.world.lives.decisions.sum())

    def endings(self) -> dict[str, Ending]:
        """How every life that has begun stands now."""
        world = self._company.world
        rows = np.flatnonzero(world.lives.status != UNBORN)
        return {world.customers.ids[row]: self._ending(row) for row in rows.tolist()}

    def without_touches(self) -> dict[str, Ending]:
        """The counterfactual: how every life would stand today had nobody been touched.

        The same random numbers are drawn, so a customer nobody touched lives exactly the same life.
        """
        return self._untouched.truth.endings()

    def saved(self) -> list[str]:
        """Customers who are here today and would have left without the touches."""
        other = self.without_touches()
        churned = STATUSES[CHURNED]
        return [
            customer_id
            for customer_id, ending in self.endings().items()
            if ending.status != churned and other[customer_id].status == churned
        ]

    @staticmethod
    def effect(kind: str, cause: str) -> float:
        """Share of the cause's hazard removed on the first day by a touch of this kind that got through."""
        return TOUCH_KINDS[kind].relief.get(cause, 0.0)

    @staticmethod
    def mean_effect(kind: str, cause: str) -> float:
        """The same averaged over those who cannot be reached (first touch, no fatigue)."""
        return TOUCH_KINDS[kind].reach * Truth.effect(kind, cause)

    @cached_property
    def _untouched(self) -> Company:
        company = type(self._company)(self._company.plan, silent=True)
        company.history(self._company.day - company.day)
        return company

    def _ending(self, row: int) -> Ending:
        lives = self._company.world.lives
        cause = int(lives.cause[row])
        return Ending(
            status=STATUSES[lives.status[row]],
            cause=ALL_CAUSES[cause] if cause >= 0 else None,
            cancel_requested_us=int(lives.cancel_us[row]) or None,
            churned_us=int(lives.churned_us[row]) or None,
        )

"""The contact budget: touches per person in any rolling 7 days, over all channels, playbooks and surveys (A7)."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tenure.clock import DAY_US, HOUR_US
from tenure.model.playbooks import RESCUES
from tenure.model.touches import Purpose, Touch

BUDGET_WINDOW_US = 7 * DAY_US
_LOOK_AGAIN_US = HOUR_US


class Contacted(msgspec.Struct, frozen=True, kw_only=True):
    """What one person got: times of what left in the last 7 days, and how much waits in the outbox."""

    left_us: tuple[int, ...] = ()
    waiting: int = 0

    @property
    def count(self) -> int:
        return len(self.left_us) + self.waiting

    def and_one_waiting(self) -> Contacted:
        """After one more was let through."""
        return Contacted(left_us=self.left_us, waiting=self.waiting + 1)

    def with_those_of(self, other: Contacted) -> Contacted:
        """Both together: of a person, and of the customer without saying of whom."""
        return Contacted(left_us=tuple(sorted((*self.left_us, *other.left_us))), waiting=self.waiting + other.waiting)


NOBODY_YET = Contacted()


def counts(customer_facing: bool, purpose: Purpose) -> bool:
    """Whether a touch counts: transactional mail, internal alerts and tasks do not."""
    return customer_facing and purpose in (Purpose.service, Purpose.marketing)


def is_refusable(touch: Touch) -> bool:
    """What a person does and what the rescue of a critical or cancelling customer does (P2) counts but is never refused."""
    return counts(touch.customer_facing, touch.purpose) and not touch.by_person and touch.kind not in RESCUES


def free_again_us(contacted: Contacted, budget: int, now_us: int) -> int:
    """When one more fits: as soon as enough of what left is 7 days old; while the outbox is full, look again in an hour."""
    too_many = contacted.count - budget + 1
    leaving = sorted(contacted.left_us)[:too_many]
    if len(leaving) < too_many:
        return now_us + _LOOK_AGAIN_US
    return max(now_us + 1, leaving[-1] + BUDGET_WINDOW_US)


def within_window(left_us: Sequence[int], now_us: int) -> tuple[int, ...]:
    """Those of the last 7 days, oldest first."""
    return tuple(sorted(at for at in left_us if at > now_us - BUDGET_WINDOW_US))

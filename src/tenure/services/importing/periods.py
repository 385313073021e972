"""Movements of monthly revenue out of paid periods, or out of monthly totals: by the change of a customer's total."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from tenure.model.facts import Movement, MovementKind
from tenure.services.importing.fields import PERIODS
from tenure.services.importing.records import Period

Derived = tuple[Movement, str]
"""A movement and its id, which says where it came from, so that deriving it again gives the same fact."""


def movements_of_periods(periods: Sequence[Period], complete_until_us: int | None = None) -> Iterator[Derived]:
    """The movements a customer's overlapping paid periods amount to, one per boundary at which the total changes.

    Starts and ends on the same moment cancel out, so a renewal without a gap is no movement. An end after
    `complete_until_us` (default: the newest start in the data) is not known to have happened: still running.
    A churn carries no amount: it takes all that was left. Each currency of a customer is a ledger of its own.
    """
    if not periods:
        return
    until_us = max(p.start_us for p in periods) if complete_until_us is None else complete_until_us
    ledgers: dict[tuple[str, str], list[Period]] = defaultdict(list)
    for period in periods:
        if period.end_us is None or period.end_us > period.start_us:
            ledgers[period.customer_id, period.currency or ""].append(period)
    for (customer_id, currency), own in ledgers.items():
        for occurred_us, before, after, plan, had in _steps(own, until_us):
            movement = _movement(customer_id, currency, occurred_us, before, after, plan, had)
            yield movement, f"{PERIODS}:{customer_id}:{currency}:{occurred_us}"


def _steps(periods: Iterable[Period], until_us: int) -> Iterator[tuple[int, int, int, str | None, bool]]:
    """Each moment the total changes: time, before, after, the largest plan that starts then, whether it ever paid."""
    change: dict[int, int] = defaultdict(int)
    starting: dict[int, tuple[int, str]] = {}
    for period in periods:
        change[period.start_us] += period.monthly_cents
        if period.plan is not None:
            largest = starting.get(period.start_us)
            if largest is None or period.monthly_cents > largest[0]:
                starting[period.start_us] = (period.monthly_cents, period.plan)
        if period.end_us is not None and period.end_us <= until_us:
            change[period.end_us] -= period.monthly_cents
    total, had = 0, False
    for occurred_us in sorted(change):
        if change[occurred_us]:
            yield occurred_us, total, total + change[occurred_us], starting[occurred_us][1] if occurred_us in starting else None, had
            had = True
        total += change[occurred_us]


def _movement(
    customer_id: str, currency: str, occurred_us: int, before: int, after: int, plan: str | None, had: bool
) -> Movement:
    if after > before:
        kind = MovementKind.expansion if before > 0 else MovementKind.reactivation if had else MovementKind.new
    else:
        kind = MovementKind.contraction if after > 0 else MovementKind.churn
    return Movement(
        customer_id=customer_id,
        occurred_us=occurred_us,
        kind=kind,
        monthly_cents=None if kind is MovementKind.churn else abs(after - before),
        currency=currency or None,
        plan=plan,
    )


def movements_of_levels(levels: Sequence[Movement]) -> Iterator[Derived]:
    """Movements out of rows whose amount is the new monthly total (mapping `amount = "level"`).

    Rows of one customer and currency are taken in order of time; the kind follows from the change, a stated churn
    means a total of 0, and a row that changes nothing is no movement.
    """
    ledgers: dict[tuple[str, str], list[Movement]] = defaultdict(list)
    for level in levels:
        ledgers[level.customer_id, level.currency or ""].append(level)
    for (customer_id, currency), own in ledgers.items():
        total, had = 0, False
        for level in sorted(own, key=lambda row: row.occurred_us):
            after = 0 if level.kind is MovementKind.churn else level.monthly_cents or 0
            if after != total:
                movement = _movement(customer_id, currency, level.occurred_us, total, after, level.plan, had)
                yield movement, f"level:{customer_id}:{currency}:{level.occurred_us}:{after}"
                total, had = after, True

"""Closed months do not change silently: what was stored on the 1st stands until late data restates it, in the log (M8)."""

from __future__ import annotations

from typing import Any

import msgspec

Numbers = dict[str, Any]
"""The numbers of one closed month, JSON-able; two are the same month when they are equal."""


class Restatement(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers that stood until `restated_us`, and the batch of facts that was known when they changed."""

    before: Numbers
    restated_us: int
    batch: int


class ClosedMonth(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of one closed month; `batch` is what was known when the present numbers were computed."""

    month: str
    numbers: Numbers
    batch: int
    stored_us: int
    restatements: tuple[Restatement, ...] = ()


def close_month(
    stored: ClosedMonth | None, month: str, numbers: Numbers, *, batch: int, now_us: int
) -> ClosedMonth | None:
    """What to store now: a first time, a restatement with the old numbers kept, or None when nothing changed.

    Numbers known from fewer facts than the stored ones never replace them.
    """
    if stored is None:
        return ClosedMonth(month=month, numbers=numbers, batch=batch, stored_us=now_us)
    if stored.numbers == numbers or batch < stored.batch:
        return None
    old = Restatement(before=stored.numbers, restated_us=now_us, batch=batch)
    return ClosedMonth(
        month=month, numbers=numbers, batch=batch, stored_us=stored.stored_us, restatements=(*stored.restatements, old)
    )

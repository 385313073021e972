"""What is true of one customer at a time (P1-P4): status, spell and money, from statements and movements.

The warehouse says the same for all customers at once (`tenure.warehouse.states`, `presenting`); a test holds both equal.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any

import msgspec

from tenure.model.facts import Customer, CustomerStatus, Movement, MovementKind
from tenure.rules.lifecycle import Said, Spells, Turn, spells_of, turns_of
from tenure.rules.silence import Silence, silent_spells

_PLAINLY_ON = (CustomerStatus.active, CustomerStatus.trial)
_ADDING = (MovementKind.new, MovementKind.expansion, MovementKind.reactivation)
_STARTING = (MovementKind.new, MovementKind.reactivation)


class CustomerState(msgspec.Struct, frozen=True, kw_only=True):
    """The columns of `FactsView.customers()` that need rules."""

    created_us: int
    spell_started_us: int
    status: CustomerStatus
    churned_us: int | None
    cancel_requested_us: int | None
    first_paid_us: int | None
    monthly_cents: int
    is_scored: bool


class Entry(msgspec.Struct, frozen=True):
    """A movement as a signed change, and what was left after it."""

    movement: Movement
    delta_cents: int
    left_cents: int


def ledger(movements: Iterable[Movement]) -> list[Entry]:
    """Movements in order as signed changes; a churn without amount takes all that was left."""
    entries: list[Entry] = []
    left = 0
    for movement in movements:
        if movement.kind is MovementKind.churn and movement.monthly_cents is None:
            delta = -left
        else:
            size = movement.monthly_cents or 0
            delta = size if movement.kind in _ADDING else -size
        left += delta
        entries.append(Entry(movement, delta, left))
    return entries


def effective(statements: Sequence[Customer], now_us: int) -> list[Customer]:
    """The statements that count at now, in order: those before it, else the earliest one, used backwards."""
    ordered = sorted(statements, key=attrgetter("stated_us"))
    return [said for said in ordered if said.stated_us < now_us] or ordered[:1]


def customer_state(
    statements: Sequence[Customer],
    movements: Sequence[Movement],
    first_fact_us: int | None,
    now_us: int,
    *,
    silence: Silence | None = None,
    logins_us: Sequence[int] = (),
) -> CustomerState | None:
    """The customer at `now_us`; None where it did not exist yet.

    Args:
        statements: every statement known, also later ones, in order of arrival.
        movements: every movement known, in order of arrival.
        first_fact_us: the earliest fact before now besides statements and movements.
        now_us: only what is dated before counts.
        silence: where no subscription facts exist in the whole venture (P1), else None.
        logins_us: of this customer's users, before now; read only with `silence`.
    """
    counted = effective(statements, now_us)
    happened = sorted((one for one in movements if one.occurred_us < now_us), key=attrgetter("occurred_us"))
    entries = ledger(happened)
    known = [said.stated_us for said in statements] + [one.occurred_us for one in happened]
    created_us = _last(counted, "created_us") or min([*known, *([first_fact_us] if first_fact_us is not None else [])], default=None)
    if created_us is None or created_us >= now_us:
        return None
    if silence is not None and _last(counted, "status") is not CustomerStatus.trial:
        spells = silent_spells(created_us, logins_us, silence, now_us)
    else:
        spells = _spells_told(counted, entries)
    churned_us = spells.last_ended_us if spells.last_ended_us is not None and spells.last_ended_us < now_us else None
    asked_us = _asked_us(counted, spells.last_started_us, now_us)
    paid = [entry.movement.occurred_us for entry in entries if entry.delta_cents > 0]
    return CustomerState(
        created_us=created_us,
        spell_started_us=created_us if spells.last_started_us is None else spells.last_started_us,
        status=_status(counted, churned_us, asked_us, bool(paid)),
        churned_us=churned_us,
        cancel_requested_us=asked_us,
        first_paid_us=min(paid, default=None),
        monthly_cents=entries[-1].left_cents if entries else 0,
        is_scored=churned_us is None and not _last(counted, "internal"),
    )


def _spells_told(counted: Sequence[Customer], entries: Iterable[Entry]) -> Spells:
    return spells_of([*turns_of(_said(one) for one in counted), *_turns_of_money(entries)])


def _last(counted: Sequence[Customer], field: str) -> Any:
    """The last stated value of a field."""
    stated = [getattr(said, field) for said in counted if getattr(said, field) is not None]
    return stated[-1] if stated else None


def _said(one: Customer) -> Said:
    return Said(
        at_us=one.stated_us,
        is_ended=None if one.status is None else one.status is CustomerStatus.churned,
        is_strong=one.status in _PLAINLY_ON,
        end_us=one.churned_us,
    )


def _turns_of_money(entries: Iterable[Entry]) -> list[Turn]:
    """A churn that leaves nothing ends a spell, new or returning money starts one."""
    turns = []
    for place, entry in enumerate(entries):
        kind, at_us = entry.movement.kind, entry.movement.occurred_us
        if kind in _STARTING:
            turns.append(Turn(at_us, False, place == 0))
        elif kind is MovementKind.churn and entry.left_cents <= 0:
            turns.append(Turn(at_us, True))
    return turns


def _asked_us(counted: Sequence[Customer], spell_started_us: int | None, now_us: int) -> int | None:
    """When cancellation was asked for in this spell, unless a later statement says plainly active again."""
    since = 0
    for place, said in enumerate(counted):
        if said.status in _PLAINLY_ON and said.cancel_requested_us is None:
            since = place + 1
    dates = [said.cancel_requested_us for said in counted[since:] if said.cancel_requested_us is not None]
    words = [said.stated_us for said in counted[since:] if said.status is CustomerStatus.cancelling]
    asked_us = dates[-1] if dates else min(words, default=None)
    if asked_us is None or asked_us >= now_us or (spell_started_us is not None and asked_us < spell_started_us):
        return None
    return asked_us


def _status(counted: Sequence[Customer], churned_us: int | None, asked_us: int | None, has_paid: bool) -> CustomerStatus:
    said = _last(counted, "status")
    if churned_us is not None:
        return CustomerStatus.churned
    if said == CustomerStatus.trial and not has_paid:
        return CustomerStatus.trial
    if asked_us is not None:
        return CustomerStatus.cancelling
    return CustomerStatus.paused if said == CustomerStatus.paused else CustomerStatus.active

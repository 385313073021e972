"""When something runs and when it has ended: spells of customers (P4) and states of tickets (M4), for one subject.

`tenure.warehouse.lifecycle` says the same for all of them at once; a test holds both equal.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """One statement: what its status says (None: no status), whether that plainly means "on", and an end date."""

    at_us: int
    is_ended: bool | None = None
    is_strong: bool = False
    end_us: int | None = None


class Turn(msgspec.Struct, frozen=True, order=True):
    """A time at which something ends or starts; `is_first` is a start before which nothing could have ended."""

    at_us: int
    is_end: bool
    is_first: bool = False


class Spells(msgspec.Struct, frozen=True, kw_only=True):
    """The first end; the start of the last spell (None in the first one); its end (None while it runs)."""

    first_ended_us: int | None = None
    last_started_us: int | None = None
    last_ended_us: int | None = None


class _Run(msgspec.Struct):
    """Statements from one "on again" to the next."""

    started_us: int | None
    starts_strong: bool
    first_end_us: int | None = None
    date_us: int | None = None

    @property
    def end_us(self) -> int | None:
        """The last stated date, else when an end was first said; never before the run's own start."""
        said_us = self.date_us if self.date_us is not None else self.first_end_us
        if said_us is None or self.started_us is None:
            return said_us
        return max(said_us, self.started_us)


def turns_of(statements: Iterable[Said]) -> list[Turn]:
    """What statements, in order, say about ends and starts."""
    runs = _runs(statements)
    turns = []
    for place, run in enumerate(runs):
        later = runs[place + 1] if place + 1 < len(runs) else None
        if run.end_us is not None and not _takes_back(later, run.end_us):
            turns.append(Turn(run.end_us, True))
        if run.started_us is not None and place > 0 and runs[place - 1].end_us is not None:
            turns.append(Turn(run.started_us, False))
    return turns


def _takes_back(later: _Run | None, end_us: int) -> bool:
    """Said plainly on again before a planned end: there was none."""
    return later is not None and later.starts_strong and later.started_us is not None and later.started_us <= end_us


def _runs(statements: Iterable[Said]) -> list[_Run]:
    runs = [_Run(None, False)]
    was_ended = False
    for said in statements:
        if _is_on(said, was_ended):
            runs.append(_Run(said.at_us, said.is_strong))
        elif said.is_ended or said.end_us is not None:
            run = runs[-1]
            run.first_end_us = said.at_us if run.first_end_us is None else run.first_end_us
            run.date_us = said.end_us if said.end_us is not None else run.date_us
        was_ended = was_ended if said.is_ended is None else said.is_ended
    return runs


def _is_on(said: Said, was_ended: bool) -> bool:
    if said.is_ended is not False:
        return False
    if said.end_us is None:
        return said.is_strong or was_ended
    return was_ended and said.end_us < said.at_us


def spells_of(turns: Sequence[Turn]) -> Spells:
    """What is left of turns that change anything; an end and a start at one moment cancel out.

    A first start does not: what both began and ended then is over.
    """
    ends_at = {turn.at_us for turn in turns if turn.is_end}
    told = {turn for turn in turns if not (turn.is_first and turn.at_us in ends_at)}
    both = ends_at & {turn.at_us for turn in told if not turn.is_end}
    ends: list[int] = []
    starts: list[int] = []
    for turn in sorted(told):
        is_over = len(ends) > len(starts)
        if turn.at_us not in both and turn.is_end != is_over:
            (ends if turn.is_end else starts).append(turn.at_us)
    return Spells(
        first_ended_us=ends[0] if ends else None,
        last_started_us=starts[-1] if starts else None,
        last_ended_us=ends[-1] if len(ends) > len(starts) else None,
    )

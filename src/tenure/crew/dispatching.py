"""Intents handed to the service of their kind, until nothing is left that can be done now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tenure.ports.intents import CarriesOut, Intents

ROUNDS = 8
"""Carrying out may want more (a decision starts a playbook); deeper chains go on in the next cycle."""
AT_ONCE = 10_000


class Dispatcher:
    """Safe to be killed between doing and ticking off: handlers are idempotent by key."""

    def __init__(self, intents: Intents, venture_id: int, handlers: Sequence[CarriesOut]) -> None:
        self._intents, self._venture_id = intents, venture_id
        self._by_kind: dict[str, CarriesOut] = {}
        for handler in handlers:
            for kind in handler.kinds:
                self._by_kind.setdefault(kind, handler)

    def run(self, now_us: int) -> Counter[str]:
        """Carry out what is due; returns how many of each kind were finished with."""
        finished: Counter[str] = Counter()
        for _ in range(ROUNDS):
            done = self._round(now_us)
            if not done:
                break
            finished += done
        return finished

    def _round(self, now_us: int) -> Counter[str]:
        done: Counter[str] = Counter()
        kinds = self._intents.pending_kinds(self._venture_id, now_us=now_us)
        for kind, handler in self._by_kind.items():
            waiting = (
                self._intents.pending(self._venture_id, kind, now_us=now_us, limit=AT_ONCE)
                if kind in kinds
                else ()
            )
            if not waiting:
                continue
            notes = handler.carry_out(waiting, now_us)
            self._intents.done(self._venture_id, notes, now_us=now_us)
            done[kind] += len(notes)
            kinds = self._intents.pending_kinds(self._venture_id, now_us=now_us)  # carrying out may want more
        return +done

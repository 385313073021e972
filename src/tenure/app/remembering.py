"""Subjects that make the cards of one moment once: a tick asks for them several times, and each asking costs the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from tenure.model.cards import CustomerCard
from tenure.model.condition import Condition
from tenure.ports.subjects import Subjects

AT_ONCE = 300
"""A venture with no more customers than this has all its cards made at the first asking: above it, cards cost more than askings."""
MOST_WANTED = 5_000
"""Up to so many customers the loop deals with have theirs made then too."""


class Remembering:
    """Implements `Subjects` over others.

    Args:
        moment: names the scores there are now: after a refresh, cards are made anew.
        likely: ids of customers whose cards will be asked for; they are made with the first that are.
    """

    def __init__(self, subjects: Subjects, moment: Callable[[], object], likely: Callable[[], Sequence[str]]) -> None:
        self._subjects, self._moment, self._likely = subjects, moment, likely
        self._of: tuple[int, object] | None = None
        self._known: dict[str, CustomerCard | None] = {}

    def crossed(self, watches: Mapping[str, Condition], now_us: int) -> Mapping[str, Sequence[str]]:
        return self._subjects.crossed(watches, now_us)

    def judged(self, watch: str, customer_ids: Sequence[str], now_us: int) -> None:
        self._subjects.judged(watch, customer_ids, now_us)

    def baseline(self, watches: Mapping[str, Condition], now_us: int) -> Mapping[str, int]:
        return self._subjects.baseline(watches, now_us)

    def cards(self, customer_ids: Sequence[str], now_us: int) -> Sequence[CustomerCard]:
        if not customer_ids:
            return []
        of = (now_us, self._moment())
        if self._of != of:
            self._of, self._known = of, {}
        lacking = [one for one in dict.fromkeys(customer_ids) if one not in self._known]
        if lacking:
            self._learn(lacking, now_us)
        found = (self._known[one] for one in dict.fromkeys(customer_ids))
        return [one for one in found if one is not None]

    def _learn(self, lacking: Sequence[str], now_us: int) -> None:
        wanted = list(dict.fromkeys((*lacking, *(() if self._known else self._likely()))))
        self._known |= dict.fromkeys(wanted)
        self._known |= {one.customer_id: one for one in self._subjects.cards(wanted, now_us)}


def likely(scored: int, everybody: Callable[[], Sequence[str]], dealt_with: Callable[[], Sequence[str]]) -> Sequence[str]:
    """Whose cards a tick will ask for: everybody's where they are few, else those of customers the loop deals with."""
    if scored <= AT_ONCE:
        return everybody()
    found = dealt_with()
    return found if len(found) <= MOST_WANTED else ()

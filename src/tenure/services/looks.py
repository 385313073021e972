"""What each watch was judged by when it was last looked at, kept so that a change of configuration is told from a crossing (A3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from tenure.model.cards import CustomerCard
from tenure.ports.store import Stores
from tenure.rules.configuration_moves import Look, is_only_configuration, look_of

KEPT = "watch looks:"


class Looks:
    """One pass over some watches.

    Args:
        of: names what is watched: triggers or entries.
        texts: the conditions as written, by watch.
        numbers: the values of `parameter.NAME` now.
    """

    def __init__(
        self, stores: Stores, venture_id: int, of: str, texts: Mapping[str, str], numbers: Mapping[str, float], now_us: int
    ) -> None:
        self._stores, self._own, self._key, self._now_us = stores, venture_id, KEPT + of, now_us
        kept = stores.cursors.get(venture_id, self._key)
        self._before: dict[str, Look] = msgspec.json.decode(kept, type=dict[str, Look]) if kept else {}
        last = stores.runs.last_published(venture_id)
        run_id = 0 if last is None else last.run_id
        self._now = {watch: look_of(text, numbers, run_id) for watch, text in texts.items()}
        self._rescored: dict[int, bool] = {}

    def is_configured_anew(self, watch: str) -> bool:
        """Whether anything could have moved by configuration since the look before."""
        before, now = self._before.get(watch), self._now.get(watch)
        return before is not None and now is not None and (before.numbers != now.numbers or self._since(before.run_id))

    def moved(self, watch: str, cards: Iterable[CustomerCard]) -> frozenset[str]:
        """Of those who crossed, whom only the configuration brought there."""
        if not self.is_configured_anew(watch):
            return frozenset()
        before, now = self._before[watch], self._now[watch]
        rescored = self._since(before.run_id)
        return frozenset(
            one.customer_id for one in cards if is_only_configuration(before, now, one, self._now_us, rescored=rescored)
        )

    def _since(self, run_id: int) -> bool:
        """Whether a run after that one was by another configuration than the run before it."""
        if run_id not in self._rescored:
            self._rescored[run_id] = self._stores.runs.was_reconfigured(self._own, run_id)
        return self._rescored[run_id]

    def keep(self) -> None:
        """These are what the next look is compared with."""
        after = self._before | self._now
        if after != self._before:
            self._stores.cursors.set(self._own, self._key, msgspec.json.encode(after).decode())

"""A vendor of flows, lists and scheduled sends that behaves like a real one: ids and links of its own, limits, bad days.

Kept in a file where one is named: what one process handed over the next one stops. Time is handed in.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from tenure.clock import SECOND_US
from tenure.model.handoffs import HandedKind
from tenure.ports.senders import RefusedForGood, TryLater

WINDOW_US = 10 * SECOND_US
CALLS_PER_WINDOW = 100
SITE = "https://twin.example.com"


class Running(msgspec.Struct, kw_only=True):
    """One thing at the twin."""

    kind: HandedKind
    name: str
    key: str
    is_running: bool = True


class FlowTwin:
    """The port `tenure.ports.handoffs.Vendor`.

    Args:
        stops: what it can stop; a real vendor cannot take back everything.
        file: its memory; None: for as long as it lives.
    """

    def __init__(self, file: Path | None = None, *, stops: Iterable[HandedKind] = HandedKind, calls_per_window: int = CALLS_PER_WINDOW) -> None:
        self.stops = frozenset(stops)
        self.is_down = False
        self._file, self._calls_per_window = file, calls_per_window
        self._window_us, self._calls = 0, 0
        self.things: dict[str, Running] = {}
        if file is not None and file.exists():
            self.things = msgspec.json.decode(file.read_bytes(), type=dict[str, Running])

    def hand_over(self, kind: HandedKind, name: str, key: str, now_us: int) -> tuple[str, str]:
        """Its id and where a person finds it; the same key again is the same thing."""
        known = self.find(key, now_us)
        if known is not None:
            return known
        vendor_id = f"{kind.value}-{len(self.things) + 1}"
        self.things[vendor_id] = Running(kind=kind, name=name, key=key)
        self._keep()
        return _answer(vendor_id, kind)

    def find(self, key: str, now_us: int) -> tuple[str, str] | None:
        self._call(now_us)
        return next((_answer(vendor_id, one.kind) for vendor_id, one in self.things.items() if one.key == key), None)

    def stop(self, kind: HandedKind, vendor_id: str, now_us: int) -> None:
        """Stopping twice is once."""
        self._call(now_us)
        thing = self.things.get(vendor_id)
        if thing is None or thing.kind is not kind:
            raise RefusedForGood("The twin knows nothing by this id (404).")
        if kind not in self.stops:
            raise RefusedForGood("The twin cannot stop this (405).")
        thing.is_running = False
        self._keep()

    def _call(self, now_us: int) -> None:
        if self.is_down:
            raise TryLater("The twin is not available (503).")
        if now_us - self._window_us >= WINDOW_US:
            self._window_us, self._calls = now_us, 0
        self._calls += 1
        if self._calls > self._calls_per_window:
            raise TryLater("The twin's rate limit is reached (429).", (self._window_us + WINDOW_US - now_us) / SECOND_US)

    def _keep(self) -> None:
        """Whole or not at all."""
        if self._file is None:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        new = self._file.with_suffix(".new")
        new.write_bytes(msgspec.json.encode(self.things))
        new.replace(self._file)


def _answer(vendor_id: str, kind: HandedKind) -> tuple[str, str]:
    return vendor_id, f"{SITE}/{kind.value}s/{vendor_id}"

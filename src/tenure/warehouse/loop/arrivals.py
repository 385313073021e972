"""What events add up to at every daily refresh of a span, for all customers at once: counted along as days come and go.

Asked day by day, every window would be read anew each day. Here an event is looked at when it enters a window and when it
leaves it, in arrays with a place for every customer: days are rows, customers are columns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tenure.clock import DAY_US
from tenure.warehouse.engine import Engine

Whole = NDArray[np.int64]
NOTHING = -1
"""In place of a time: there was none."""


class Asked(NamedTuple):
    """A number per customer and day.

    Args:
        what: `last` event, `count` of events, `days` with any, `users` with any.
        names: of events; None: all.
        first_back, last_back: the window's first and last day, counted back from today; a last event needs none.
    """

    what: str
    names: tuple[str, ...] | None = None
    first_back: int = 0
    last_back: int = 0


class _Rows(NamedTuple):
    """Events in order of time. `pair` is the place of a customer's user; -1 where there is none."""

    place: NDArray[np.int32]
    name: NDArray[np.int32]
    pair: NDArray[np.int32]
    at_us: Whole
    from_slot: NDArray[np.int32]
    to_slot: NDArray[np.int32]

    def where(self, mask: Any) -> _Rows:
        return _Rows(*(column[mask] for column in self))


class Arrivals:
    """Counts along; asked for days in order, each once.

    Args:
        engine: where the table of events is: customer_key, who_key, name_key, at_us, from_slot, to_slot.
        table: its name.
        customers: all their keys, in order.
        end: the day after the last one.
    """

    def __init__(self, engine: Engine, table: str, customers: NDArray[np.int32], end: int) -> None:
        self._size = len(customers)
        self._names = {str(name): int(key) for key, name in engine.run("SELECT name_key, name FROM names")}
        columns = "customer_key, coalesce(who_key, -1) AS who_key, name_key, at_us, from_slot, to_slot"
        found = engine.connection.execute(f"SELECT {columns} FROM {table}").fetchnumpy()
        order = np.argsort(found["at_us"])
        raw = {name: np.asarray(values)[order] for name, values in found.items()}
        places = np.zeros(int(customers.max(initial=0)) + 1, np.int32)
        places[customers] = np.arange(len(customers), dtype=np.int32)
        place = places[raw["customer_key"]]
        pair = self._pairs(place, raw["who_key"])
        rows = _Rows(place, raw["name_key"], pair, raw["at_us"], raw["from_slot"], raw["to_slot"])
        is_always = (rows.from_slot == 0) & (rows.to_slot == end)
        self._stirred = np.unique(rows.place[~is_always])
        self._moving = rows.where(np.isin(rows.place, self._stirred)) if len(self._stirred) else rows.where(slice(0))
        self._rows = rows if is_always.all() else rows.where(is_always)
        self._last: dict[tuple[str, ...] | None, tuple[Whole, int]] = {}

    def _pairs(self, place: NDArray[np.int32], who: NDArray[np.int32]) -> NDArray[np.int32]:
        """The place of each event's (customer, user) among all of them."""
        together = (place.astype(np.int64) << 32) | who.astype(np.int64)
        known = who >= 0
        pairs, found = np.unique(together[known], return_inverse=True)
        self._pair_place = (pairs >> 32).astype(np.int64)
        numbers = np.full(len(place), -1, np.int32)
        numbers[known] = found
        return numbers

    def counted(self, asked: Mapping[str, Asked], first_slot: int, times: Sequence[int]) -> dict[str, NDArray[np.int64]]:
        """For each name an array of days (the first of them `first_slot`) by customers.

        Args:
            times: of the refreshes: a day apart.
        """
        found = {name: np.empty((len(times), self._size), np.int64) for name in asked}
        self._windows({name: one for name, one in asked.items() if one.what != "last"}, times, found)
        for names in {one.names for one in asked.values() if one.what == "last"}:
            self._lasts(times, names, [found[name] for name, one in asked.items() if (one.what, one.names) == ("last", names)])
        if len(self._stirred):
            for place, now_us in enumerate(times):
                self._exactly(asked, first_slot + place, now_us, {name: values[place] for name, values in found.items()})
        return found

    def _of(self, rows: _Rows, names: tuple[str, ...] | None) -> Any:
        """A mask of the events with these names."""
        return slice(None) if names is None else np.isin(rows.name, [self._names[name] for name in names if name in self._names])

    # --- last events -----------------------------------------------------------------------------------------------------

    def _lasts(self, times: Sequence[int], names: tuple[str, ...] | None, into: Sequence[NDArray[np.int64]]) -> None:
        """Goes over the new events once, however many ask for the last of these names."""
        last, seen = self._last.get(names, (np.full(self._size, NOTHING, np.int64), 0))
        ends = np.searchsorted(self._rows.at_us, times)
        for place, end in enumerate(ends):
            fresh = self._rows.where(slice(seen, end))
            mine = self._of(fresh, names)
            last[fresh.place[mine]] = fresh.at_us[mine]  # in order of time: the last one stays
            for rows in into:
                rows[place] = last
            seen = int(end)
        self._last[names] = last, seen

    # --- windows -----------------------------------------------------------------------------------------------------------

    def _windows(self, asked: Mapping[str, Asked], times: Sequence[int], found: Mapping[str, NDArray[np.int64]]) -> None:
        if not asked:
            return
        first_day = times[0] // DAY_US - max(one.first_back for one in asked.values())
        days = times[-1] // DAY_US - first_day + 1
        start, end = np.searchsorted(self._rows.at_us, [first_day * DAY_US, times[-1]])
        rows = self._rows.where(slice(start, end))
        day = (rows.at_us // DAY_US - first_day).astype(np.int64)
        is_early = rows.at_us % DAY_US < times[0] % DAY_US
        for what, names in {(one.what, one.names) for one in asked.values()}:
            mine = self._of(rows, names)
            whose = (rows.pair if what == "users" else rows.place)[mine]
            sheet = _Sheet(what, days, len(self._pair_place) if what == "users" else self._size)
            sheet.fill(day[mine], whose, is_early[mine])
            for name, one in asked.items():
                if (one.what, one.names) == (what, names):
                    self._slide(sheet, one, times, first_day, found[name])

    def _slide(self, sheet: _Sheet, one: Asked, times: Sequence[int], first_day: int, into: NDArray[np.int64]) -> None:
        """One window over all days: the day that enters is added, the one that leaves taken away."""
        has_today = one.last_back == 0
        today = times[0] // DAY_US - first_day
        low, high = today - one.first_back, today - max(one.last_back, 1)
        inside = sheet.whole[low : high + 1].sum(axis=0, dtype=np.int32)
        for place in range(len(times)):
            if place:
                inside = inside + sheet.whole[high + place] - sheet.whole[low + place - 1]
            now = inside + sheet.early[today + place] if has_today else inside
            into[place] = np.bincount(self._pair_place[now > 0], minlength=self._size) if one.what == "users" else now

    # --- whose events move -------------------------------------------------------------------------------------------------

    def _exactly(self, asked: Mapping[str, Asked], slot: int, now_us: int, into: Mapping[str, NDArray[np.int64]]) -> None:
        """The same of customers whose events are not always theirs, from all of these events."""
        rows = self._moving
        rows = rows.where((rows.from_slot <= slot) & (slot < rows.to_slot) & (rows.at_us < now_us))
        today = now_us // DAY_US
        for name, one in asked.items():
            mine = rows.where(self._of(rows, one.names))
            into[name][self._stirred] = NOTHING if one.what == "last" else 0
            if one.what == "last":
                np.maximum.at(into[name], mine.place, mine.at_us)
                continue
            day = mine.at_us // DAY_US
            is_in = (day >= today - one.first_back) & (day <= today - one.last_back)
            np.add.at(into[name], self._once(one.what, mine, day, is_in), 1)

    def _once(self, what: str, rows: _Rows, day: Whole, is_in: Any) -> NDArray[np.int64]:
        """The customers of what counts, each as often as it does."""
        place: Whole = rows.place[is_in].astype(np.int64)
        if what == "count":
            return place
        other = (day if what == "days" else rows.pair.astype(np.int64))[is_in]
        known = other >= 0
        return np.asarray(np.unique((place[known] << 32) | other[known]) >> 32, np.int64)


class _Sheet:
    """Counts by day and place: of whole days, and of their hours before the refresh."""

    def __init__(self, what: str, days: int, size: int) -> None:
        self._is_count, self._shape = what == "count", (days, size)
        kind = np.int32 if self._is_count else np.int8
        self.whole, self.early = np.zeros(self._shape, kind), np.zeros(self._shape, kind)

    def fill(self, day: Whole, whose: NDArray[np.int32], is_early: Any) -> None:
        """With events: how many, or whether there were any."""
        known = whose >= 0
        cells = day[known] * self._shape[1] + whose[known]
        for sheet, mine in ((self.whole, cells), (self.early, cells[is_early[known]])):
            if self._is_count:
                np.add.at(sheet.reshape(-1), mine, 1)
            else:
                sheet.reshape(-1)[mine] = 1

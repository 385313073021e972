"""What users do: counts per user and day first, then expanded into single events, all in arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tenure.clock import DAY_US, HOUR_US, MINUTE_US, from_us
from tenure.testing.company.facts import SCHEMAS, TEXT, DayBook
from tenure.testing.company.lives import ONBOARDING, account_open, levels_of
from tenure.testing.company.population import NOBODY, Columns
from tenure.testing.company.streams import Ints
from tenure.testing.company.vocabulary import (
    EVENT_KINDS,
    EVENT_NAMES,
    FEATURE_PULL,
    FEATURES,
    KIND_OF,
    PROPERTY_COUNTS,
    PROPERTY_STARTS,
    PROPERTY_TEXTS,
    REGIONS,
)
from tenure.testing.company.world import World

WEEKDAY_PACE = np.array([1.0, 1.05, 1.05, 1.0, 0.85, 0.14, 0.10])
"""Monday to Sunday."""
MAX_ACTIONS = 400
LOGIN, SIGNED_IN = KIND_OF["login"], KIND_OF["Signed In"]
_ZONES = tuple(ZoneInfo(region.timezone) for region in REGIONS)
_KIND_WEIGHTS = [kind.weight for kind in EVENT_KINDS]
_KIND_FEATURE = np.array([FEATURES.index(kind.feature) if kind.feature else NOBODY for kind in EVENT_KINDS])
_STARTS, _COUNTS = np.array(PROPERTY_STARTS), np.array(PROPERTY_COUNTS)


@dataclass
class Events(Columns):
    """Events as numbers: rows of customer and user (-1 none), kind, property text, time."""

    customer: Ints
    user: Ints
    kind: Ints
    text: Ints
    at_us: Ints


def pace_of(day: int) -> float:
    """Weekly rhythm and a mild season (a quiet August, a quiet end of the year)."""
    day_of_year = from_us(day * DAY_US).timetuple().tm_yday
    quiet = 0.15 * np.exp(-(((day_of_year - 225) / 20) ** 2)) + 0.45 * (
        day_of_year >= 357 or day_of_year <= 1
    )
    # 1 January 1970 was a Thursday, weekday 3
    return float(WEEKDAY_PACE[(day + 3) % 7] * (1 - quiet))


@lru_cache(maxsize=64)
def zone_offsets(day: int) -> Ints:
    """What each region's clock is ahead of UTC at noon of the day, in microseconds."""
    noon = from_us(day * DAY_US + 12 * HOUR_US)
    offsets = [noon.astimezone(zone).utcoffset() for zone in _ZONES]
    return np.array([round(offset.total_seconds()) * 1_000_000 for offset in offsets if offset is not None])


@dataclass
class Usage:
    """Usage of one step; a step longer than a day (the past) leaves one login per customer and step."""

    world: World
    day: int
    span: int

    def record(self, book: DayBook) -> Any:
        """The events of the step, with those of the book, as a table in order of time."""
        active, login_us = self._logins()
        parts = [_single_events(book), self._adoptions(active, login_us)]
        if self.span == 1:
            parts += [self._login_events(active, login_us), self._actions(active, login_us)]
        else:
            first = np.unique(self.world.users.customer[active], return_index=True)[1]
            parts.append(self._login_events(active[first], login_us[first]))
        events = parts[0]
        for part in parts[1:]:
            events = events.joined(part)
        return events_table(self.world, events)

    def _logins(self) -> tuple[Ints, Ints]:
        """Who is active, and when they come in."""
        world, users = self.world, self.world.users
        here = np.flatnonzero(world.users_here(self.day))
        row = users.customer[here]
        fresh = (world.lives.spells[row] > 1) & (world.lives.spell_day[row] >= self.day)
        here = here[account_open(world.lives, row) & ~fresh]
        row = users.customer[here]
        engagement = world.lives.engagement[row]
        chance = np.minimum(users.presence[here] * np.clip(engagement, 0.3, 1.3), 0.97)
        chance = chance * pace_of(self.day) if self.span == 1 else 1 - (1 - chance) ** 5
        # colleagues go quiet together: an account that lost interest stays away as a whole
        awake = (
            world.streams.uniform("awake", self.day, world.customers.key)[row] < 1.4 * engagement * self.span
        )
        active = here[awake & world.streams.happens(chance, "active", self.day, users.key[here])]
        return active, self._login_times(active)

    def _login_times(self, active: Ints) -> Ints:
        world, users = self.world, self.world.users
        key = users.key[active]
        hour = np.clip(9.6 + 2.3 * world.streams.normal("login hour", self.day, key), 5.5, 21.0)
        offset = zone_offsets(self.day)[world.customers.region[users.customer[active]]]
        clock = ((hour * HOUR_US).astype(np.int64) - offset) % DAY_US
        later = world.streams.below(self.span, "login day", self.day, key) * DAY_US
        at_us = self.day * DAY_US + later + clock
        return _whole_ms(self._after_joining(active, at_us))

    def _after_joining(self, active: Ints, at_us: Ints) -> Ints:
        """Squeeze the time of somebody who joined in this step between joining and the step's end."""
        joined_us = self.world.users.join_us[active]
        start, length = self.day * DAY_US, self.span * DAY_US
        share = (at_us - start) / length
        squeezed = joined_us + (share * (start + length - joined_us)).astype(np.int64)
        return np.where(joined_us >= start, squeezed, at_us)

    def _login_events(self, active: Ints, login_us: Ints) -> Events:
        customer = self.world.users.customer[active]
        kind = np.where(self.world.customers.single_sign_on[customer], SIGNED_IN, LOGIN)
        return Events(customer, active, kind, _STARTS[kind], login_us)

    def _actions(self, active: Ints, login_us: Ints) -> Events:
        """What they do in their sessions: heavy-tailed over users, geometric over days."""
        world, users, streams = self.world, self.world.users, self.world.streams
        mean = users.intensity[active] * (0.3 + world.lives.engagement[users.customer[active]])
        counts = np.minimum(streams.geometric(mean, "actions", self.day, users.key[active]), MAX_ACTIONS)
        user, order = np.repeat(active, counts), _ranks(counts)
        customer = users.customer[user]
        draw = streams.bits("action", self.day, users.key[user], order)
        kind = self._kinds(customer, draw)
        text = _STARTS[kind] + ((draw >> np.uint64(8)) % _COUNTS[kind].astype(np.uint64)).astype(np.int64)
        session = 35 * streams.exponential("session", self.day, users.key[active]) + 4
        share = (streams.bits("moment", draw) >> np.uint64(11)).astype(np.float64) * 2.0**-53
        after = (np.repeat(session, counts) * share * MINUTE_US).astype(np.int64) + 1000
        end = (self.day + 1) * DAY_US - 1000
        return Events(
            customer, user, kind, text, _whole_ms(np.minimum(np.repeat(login_us, counts) + after, end))
        )

    def _kinds(self, customer: Ints, draw: Any) -> Ints:
        """An action of a feature the customer has not adopted becomes a page view."""
        edges = np.cumsum(_KIND_WEIGHTS)
        where = (draw >> np.uint64(32)).astype(np.float64) * (edges[-1] / 2.0**32)
        kind = np.minimum(np.searchsorted(edges, where, side="right"), len(EVENT_KINDS) - 1)
        feature = _KIND_FEATURE[kind]
        known = (feature == NOBODY) | self.world.lives.adopted[customer, feature]
        return np.where(known, kind, 0).astype(np.int64)

    def _adoptions(self, active: Ints, login_us: Ints) -> Events:
        """Features taken up for the first time, by the first active user of the customer."""
        world, lives = self.world, self.world.lives
        customer, first = np.unique(world.users.customer[active], return_index=True)
        level = levels_of(world.customers, lives, customer, self.day)[:, ONBOARDING]
        stuck = level * (1 - lives.relief[customer, ONBOARDING])
        pace = lives.engagement[customer] * np.exp(-1.2 * stuck) * self.span
        chance = 1 - np.exp(-pace[:, None] * np.array(FEATURE_PULL))
        draw = world.streams.uniform(
            "adopts", self.day, world.customers.key[customer][:, None], np.arange(len(FEATURES))
        )
        at, feature = np.nonzero((draw < chance) & ~lives.adopted[customer])
        lives.adopted[customer[at], feature] = True
        kind = np.full(at.size, KIND_OF["feature_adopted"], dtype=np.int64)
        minutes = (feature + 1) * MINUTE_US
        end = (self.day + self.span) * DAY_US - 1000
        at_us = np.minimum(login_us[first[at]] + minutes, end)
        return Events(customer[at], active[first[at]], kind, _STARTS[kind] + feature, at_us)


def events_table(world: World, events: Events) -> Any:
    """Number each customer's events and write them out as text columns, in order of time."""
    by_time = np.lexsort((events.user, events.kind, events.at_us))
    events = _taken(events, by_time)
    by_customer = np.argsort(events.customer, kind="stable")
    customers, counts = np.unique(events.customer, return_counts=True)
    number = np.empty(events.customer.size, dtype=np.int64)
    number[by_customer] = _ranks(counts) + np.repeat(world.lives.events[customers], counts)
    world.lives.events[customers] += counts
    customer_ids = _texts(world.customers.ids, events.customer)
    event_ids = pc.binary_join_element_wise(
        pc.replace_substring(customer_ids, "cust_", "evt_", max_replacements=1),
        pa.array(number).cast(TEXT),
        "_",
    )
    columns = [
        event_ids,
        _texts(world.users.ids, events.user),
        customer_ids,
        _texts(EVENT_NAMES, events.kind),
        pa.array(events.at_us).cast(SCHEMAS["events"].field("timestamp").type),
        _texts(PROPERTY_TEXTS, events.text),
    ]
    return pa.Table.from_arrays(columns, schema=SCHEMAS["events"])


def _texts(words: Sequence[str], rows: Ints) -> Any:
    """The word at each row; no word at -1. Only the words in use are converted, whatever the size."""
    used, position = np.unique(rows, return_inverse=True)
    chosen = pa.array([words[row] if row >= 0 else None for row in used.tolist()], type=TEXT)
    return chosen.take(pa.array(position))


def _single_events(book: DayBook) -> Events:
    columns = np.array(book.events, dtype=np.int64).reshape(-1, 5).T
    return Events(*columns)


def _taken(events: Events, order: Ints) -> Events:
    return Events(
        events.customer[order],
        events.user[order],
        events.kind[order],
        events.text[order],
        events.at_us[order],
    )


def _ranks(counts: Ints) -> Ints:
    """0, 1, ... within each group, groups one after the other."""
    ends = np.cumsum(counts)
    total = int(ends[-1]) if ends.size else 0
    return np.arange(total) - np.repeat(ends - counts, counts)


def _whole_ms(at_us: Ints) -> Ints:
    return at_us - at_us % 1000

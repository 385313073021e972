"""Reads the inputs of every measure of a configuration through a FactsView: one row per scored customer.

`at_us` says where windows end; the view says which facts exist. They differ only when time passing is told from
behaviour (the facts of then, seen from now).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import ibis
import ibis.expr.types as ir

from tenure.clock import DAY_US, HOUR_US, day_of
from tenure.model.mapping import FactMapping
from tenure.model.scorecard import Measure, ScoringConfig
from tenure.rules.scorecard.catalogue import argument, columns, kind_of, window_days
from tenure.rules.scorecard.profile import profile_columns
from tenure.warehouse.conditions import trait_number
from tenure.warehouse.view import Counted, FactsView

FIRST_VALUE_ACTIVE_DAY = 5
OPEN_STATES = ("open", "pending")
UNPAID_STATES = ("failed", "past_due")
SPONSOR_ROLES = ("owner", "admin")
KEYS = ("customer_key", "spell_started_us")
BASE_COLUMNS = ("customer_key", "customer_id", "spell_started_us")
EVENT_ROLES = frozenset(
    {
        "last_login_us", "last_event_us", "logins", "event_count", "active_days", "active_days_before", "active_users",
        "features", "feature_uses", "core_features", "first_value_us",
    }
)  # fmt: skip
"""What is read of inputs from events alone."""
WINDOWED_ROLES = frozenset(
    {
        "logins", "event_count", "active_days", "active_days_before", "active_users", "unresolved_tickets", "slow_tickets",
        "angry_tickets", "csat_hundredths_sum", "rated_tickets", "failed_payments", "contraction_cents",
    }
)  # fmt: skip
"""Inputs cut by days, so that time alone changes them (the inputs of windowed kinds of measures)."""
CUSTOMER_INPUTS = ("created_us", "renewal_us", "seats", "monthly_cents")


class EventsView(Protocol):
    """The part of a `FactsView` that inputs from events are read through."""

    mapping: FactMapping

    def activity(self, names: Sequence[str] | None = None, from_day: int | None = None) -> ir.Table: ...

    def last_seen(self, names: Sequence[str] | None = None) -> ir.Table: ...

    def user_days(self, from_day: int) -> ir.Table: ...

    def features(self) -> ir.Table: ...


Beside = Callable[[ir.Table, int], Mapping[str, Any]]
"""Columns from a view's table of customers, at its time."""


@dataclass(frozen=True)
class InputColumn:
    """A column of the inputs table, how it is read, and whether nothing read means 0."""

    name: str
    role: str
    measure: Measure
    counts: bool
    fractional: bool


def input_columns(config: ScoringConfig) -> tuple[InputColumn, ...]:
    """The inputs all scorecards of a configuration need, each once, in order of first use."""
    found: dict[str, InputColumn] = {}
    for measure in measures_of(config):
        names = columns(measure)
        for each in kind_of(measure).inputs:
            name = names[each.role]
            found.setdefault(name, InputColumn(name, each.role, measure, each.counts, each.fractional))
    return tuple(found.values())


def scored_customers(view: FactsView) -> ir.Table:
    """Who is scored: neither churned nor internal, and not paused (they agreed to be silent)."""
    return _are_scored(view.customers())


def nameless_scored_customers(view: FactsView) -> ir.Table:
    """The same without customer_id."""
    return _are_scored(view.nameless_customers())


def _are_scored(customers: ir.Table) -> ir.Table:
    return customers.filter(customers.is_scored & (customers.status != "paused"))


def measures_of(config: ScoringConfig) -> Iterable[Measure]:
    """Every measure of every scorecard."""
    return (m for card in config.scorecards for component in card.card.components for m in component.measures)


def kept_columns(config: ScoringConfig) -> tuple[str, ...]:
    """Input and profile columns: with them a score can be computed again at any time."""
    names = [column.name for column in input_columns(config)]
    profile = [name for name in profile_columns(config) if name not in (*names, *BASE_COLUMNS)]
    return (*names, *profile)


def columns_in(config: ScoringConfig, roles: frozenset[str]) -> tuple[str, ...]:
    """The inputs of a configuration that play one of these roles."""
    return tuple(column.name for column in input_columns(config) if column.role in roles)


def first_day(config: ScoringConfig, today: int) -> int:
    """The first day any window of events reaches back to."""
    windowed = EVENT_ROLES & WINDOWED_ROLES
    twice = {"active_days_before": 2}
    reach = [
        (window_days(column.measure) or 0) * twice.get(column.role, 1)
        for column in input_columns(config)
        if column.role in windowed
    ]
    return today - max(reach, default=0)


def read_event_inputs(
    view: EventsView, config: ScoringConfig, connected: frozenset[str], customers: ir.Table, at_us: int
) -> ir.Table:
    """customer_key and the inputs that come from events alone, for every row of `customers` (a table of customer_key).

    Args:
        at_us: where windows end.
    """
    return _Reader(view, config, connected, at_us, None, customers).event_table(customers)


def read_inputs(
    view: FactsView,
    config: ScoringConfig,
    connected: frozenset[str],
    *,
    at_us: int | None = None,
    pulses: ir.Table | None = None,
    customers: ir.Table | None = None,
    beside: Beside | None = None,
) -> ir.Table:
    """customer_key, customer_id, spell_started_us and `kept_columns(config)`, for every scored customer.

    Every column rides through all joins: texts are what makes that slow, so a run over everybody takes a number or
    two from `beside` in place of customer_id.

    Args:
        connected: the sources of which there is anything; an unconnected one is not read.
        at_us: where windows end (default: the view's now).
        pulses: customer_id, value double, given_us, until_us (append-only, expired ones included).
        customers: a table with customer_key; only these are read.
        beside: columns in place of customer_id, from the customers of the view.
    """
    reader = _Reader(view, config, connected, view.now_us if at_us is None else at_us, pulses, customers)
    return reader.table(beside)


class _Reader:
    def __init__(
        self,
        view: Any,
        config: ScoringConfig,
        connected: frozenset[str],
        at_us: int,
        pulses: ir.Table | None,
        only: ir.Table | None,
    ) -> None:
        self._view = view
        self._config = config
        self._connected = connected
        self._at_us = at_us
        self._today = day_of(at_us)
        self._pulses = pulses
        self._only = only
        self._wanted = {column.name: column for column in input_columns(config)}
        self._beside = view.inputs_beside if isinstance(view, Counted) else {}

    def table(self, beside: Beside | None) -> ir.Table:
        scored = scored_customers if beside is None else nameless_scored_customers
        base = self._mine(scored(self._view))
        more = {"customer_id": base.customer_id} if beside is None else beside(base, self._view.now_us)
        joined = _beside(base.select(*KEYS, **self._own(base), **more), self._groups())
        return self._filled(joined, self._wanted).select(*KEYS, *more, *kept_columns(self._config))

    def event_table(self, customers: ir.Table) -> ir.Table:
        wanted = {name: column for name, column in self._wanted.items() if column.role in EVENT_ROLES}
        joined = _beside(customers.select("customer_key"), self._event_groups())
        return self._filled(joined, wanted).select("customer_key", *wanted)

    def _filled(self, joined: ir.Table, wanted: Mapping[str, InputColumn]) -> ir.Table:
        """Nothing read means 0 or null, as the input has it."""
        zeroed = {
            name: joined[name].fill_null(0).cast("int64")
            if name in joined.columns
            else ibis.literal(0, "int64")
            for name, column in wanted.items()
            if column.counts
        }
        absent = {
            name: ibis.null("float64" if column.fractional else "int64")
            for name, column in wanted.items()
            if not column.counts and name not in joined.columns
        }
        return joined.mutate(**zeroed, **absent)

    def _mine(self, table: ir.Table) -> ir.Table:
        return table if self._only is None else table.semi_join(self._only, "customer_key")

    def _own(self, base: ir.Table) -> dict[str, Any]:
        """What the customer record itself says."""
        names = [*(n for n in CUSTOMER_INPUTS if n in self._wanted), *profile_columns(self._config)]
        found: dict[str, Any] = {name: base[name] for name in names if name not in BASE_COLUMNS}
        for name, column in self._wanted.items():
            if column.role == "trait":
                found[name] = trait_number(base.traits, column.measure.arguments.trait or "")
        return found | {name: base[self._beside[name]] for name in self._wanted if name in self._beside}

    def _roles(self, *roles: str) -> dict[str, InputColumn]:
        return {name: column for name, column in self._wanted.items() if column.role in roles and name not in self._beside}

    def _event_groups(self) -> list[ir.Table]:
        """One table per kind of question to events, only those that are asked for and connected."""
        found: list[ir.Table | None] = [
            *self._last_seen(),
            *self._counted_events(),
            self._active_days(),
            self._active_users(),
            self._features(),
            self._first_value(),
        ]
        return [group for group in found if group is not None]

    def _groups(self) -> Iterable[ir.Table]:
        """One table per kind of fact, only those that are asked for and connected."""
        found: list[ir.Table | None] = [
            *self._event_groups(),
            self._tickets(),
            self._last_rating(),
            *self._answers(),
            self._movements(),
            self._sponsors(),
            self._last_pulses(),
        ]
        return [group for group in found if group is not None]

    def _from_day(self, column: InputColumn) -> int:
        return self._today - (window_days(column.measure) or 0) + 1

    def _last_seen(self) -> Iterable[ir.Table]:
        for name, column in self._roles("last_login_us", "last_event_us").items():
            names = (
                self._view.mapping.login_names
                if column.role == "last_login_us"
                else column.measure.arguments.events
            )
            seen = self._mine(self._view.last_seen(names))
            yield seen.select("customer_key", **{name: seen.last_us})

    def _counted_events(self) -> Iterable[ir.Table]:
        for name, column in self._roles("logins", "event_count").items():
            names = (
                self._view.mapping.login_names if column.role == "logins" else column.measure.arguments.events
            )
            seen = self._mine(self._view.activity(names, self._from_day(column)))
            yield seen.group_by("customer_key").agg(**{name: seen.n.sum()})

    def _active_days(self) -> ir.Table | None:
        wanted = self._roles("active_days", "active_days_before")
        if not wanted:
            return None
        first = min(self._window_of(column)[0] for column in wanted.values())
        days = self._mine(self._view.activity(None, first)).select("customer_key", "day").distinct()
        windows = {name: self._window_of(column) for name, column in wanted.items()}
        return days.group_by("customer_key").agg(
            **{
                name: days.count(where=(days.day >= low) & (days.day <= high))
                for name, (low, high) in windows.items()
            }
        )

    def _window_of(self, column: InputColumn) -> tuple[int, int]:
        """First and last day: of the window, or of the one before it."""
        low, high = self._from_day(column), self._today
        if column.role != "active_days_before":
            return low, high
        length = high - low + 1
        return low - length, low - 1

    def _active_users(self) -> ir.Table | None:
        wanted = self._roles("active_users")
        if not wanted:
            return None
        seen = self._mine(self._view.user_days(min(map(self._from_day, wanted.values()))))
        return seen.group_by("customer_key").agg(
            **{
                name: seen.user_key.nunique(where=seen.day >= self._from_day(column))
                for name, column in wanted.items()
            }
        )

    def _features(self) -> ir.Table | None:
        wanted = set(self._wanted) & {"features", "feature_uses", "core_features"}
        by_feature = "first_value_us" in self._wanted and "features" in self._connected
        if not wanted and not by_feature:
            return None
        adopted = self._mine(self._view.features())
        core = self._config.core_features
        is_core = adopted.feature.isin(core) if core else ibis.literal(False)
        all_of_them: dict[str, Any] = {
            "features": adopted.count(),
            "feature_uses": adopted.n.sum(),
            "core_features": adopted.count(where=is_core),
        }
        found = {name: all_of_them[name] for name in sorted(wanted)}
        if by_feature:
            found["first_value_us"] = adopted.first_us.min(where=is_core) if core else adopted.first_us.min()
        return adopted.group_by("customer_key").agg(**found)

    def _first_value(self) -> ir.Table | None:
        """Where no feature events exist: the fifth day on which any user did anything (M5)."""
        if "first_value_us" not in self._wanted or "features" in self._connected:
            return None
        days = self._mine(self._view.activity()).select("customer_key", "day").distinct()
        ranked = days.mutate(place=ibis.row_number().over(group_by="customer_key", order_by="day"))
        fifth = ranked.filter(ranked.place == FIRST_VALUE_ACTIVE_DAY - 1)
        return fifth.select("customer_key", first_value_us=fifth.day.cast("int64") * DAY_US)

    def _tickets(self) -> ir.Table | None:
        roles = {
            "open_tickets": self._open_tickets,
            "unresolved_tickets": self._unresolved,
            "slow_tickets": self._slow,
            "angry_tickets": self._angry,
        }
        counted = self._roles(*roles)
        averaged = self._roles("csat_hundredths_sum", "rated_tickets")
        if not counted and not averaged:
            return None
        tickets = self._mine(self._view.tickets())
        found: dict[str, Any] = {
            name: tickets.count(where=roles[column.role](tickets, column).fill_null(False))
            for name, column in counted.items()
        }
        for name, column in averaged.items():
            rated = tickets.satisfaction_hundredths.notnull() & self._in_window(tickets, column)
            summed = tickets.satisfaction_hundredths.sum(where=rated)
            found[name] = summed if column.role == "csat_hundredths_sum" else tickets.count(where=rated)
        return tickets.group_by("customer_key").agg(**found)

    def _open_tickets(self, tickets: ir.Table, column: InputColumn) -> Any:
        return tickets.state.isin(OPEN_STATES)

    def _unresolved(self, tickets: ir.Table, column: InputColumn) -> Any:
        limit_us = self._at_us - (column.measure.arguments.older_than_days or 0) * DAY_US
        return tickets.state.isin(OPEN_STATES) & (tickets.created_us < limit_us)

    def _slow(self, tickets: ir.Table, column: InputColumn) -> Any:
        limit_us = (column.measure.arguments.slower_than_hours or 0) * HOUR_US
        answered_late = tickets.first_reply_us - tickets.created_us > limit_us
        waiting = tickets.first_reply_us.isnull() & tickets.state.isin(OPEN_STATES)
        waits_long = waiting & (ibis.literal(self._at_us, "int64") - tickets.created_us > limit_us)
        return (answered_late.fill_null(False) | waits_long) & self._in_window(tickets, column)

    def _angry(self, tickets: ir.Table, column: InputColumn) -> Any:
        limit = float(argument(column.measure, "rated_below") or 0) * 100
        return (tickets.satisfaction_hundredths < int(limit)) & self._in_window(tickets, column)

    def _in_window(self, tickets: ir.Table, column: InputColumn) -> Any:
        return tickets.created_us >= self._from_day(column) * DAY_US

    def _last_rating(self) -> ir.Table | None:
        if "csat_us" not in self._wanted:
            return None
        tickets = self._mine(self._view.tickets())
        rated = tickets.filter(tickets.satisfaction_hundredths.notnull()).mutate(
            rated_us=ibis.coalesce(tickets.resolved_us, tickets.created_us)
        )
        return _latest(
            rated, "rated_us", "satisfaction_hundredths", {"csat_us": "at", "csat_hundredths": "value"}
        )

    def _answers(self) -> Iterable[ir.Table]:
        for name, column in self._roles("survey_us").items():
            answers = self._mine(self._view.answers())
            mine = answers.filter(answers.survey == str(argument(column.measure, "survey")))
            score = columns(column.measure)["survey_score"]
            yield _latest(mine, "answered_us", "score", {name: "at", score: "value"})

    def _movements(self) -> ir.Table | None:
        wanted = self._roles("failed_payments", "contraction_cents")
        if not wanted:
            return None
        moves = self._mine(self._view.movements())
        found: dict[str, Any] = {}
        for name, column in wanted.items():
            inside = moves.occurred_us >= self._from_day(column) * DAY_US
            if column.role == "failed_payments":
                unpaid = moves.invoice_state.isin(UNPAID_STATES).fill_null(False)
                found[name] = moves.count(where=inside & unpaid)
            else:
                found[name] = (-moves.delta_cents).sum(where=inside & (moves.kind == "contraction"))
        return moves.group_by("customer_key").agg(**found)

    def _sponsors(self) -> ir.Table | None:
        if "lost_sponsors" not in self._wanted:
            return None
        users = self._view.users()
        gone = users.filter((users.deactivated_us < self._at_us).fill_null(False))
        customers = self._view.nameless_customers().select("customer_key", "primary_contact")
        joined = self._mine(gone.inner_join(customers, "customer_key"))
        leads = joined.role.lower().isin(SPONSOR_ROLES).fill_null(False)
        sponsors = joined.filter(leads | (joined.user_id == joined.primary_contact).fill_null(False))
        return sponsors.group_by("customer_key").agg(lost_sponsors=sponsors.count())

    def _last_pulses(self) -> ir.Table | None:
        if "pulse" not in self._wanted or self._pulses is None:
            return None
        pulses = self._pulses
        given = pulses.filter((pulses.given_us < self._at_us) & (pulses.until_us > self._at_us))
        named = self._view.customers().select("customer_key", "customer_id")
        mine = self._mine(given.inner_join(named, "customer_id"))
        newest = mine.filter(mine.given_us == mine.given_us.max().over(group_by="customer_key"))
        return newest.group_by("customer_key").agg(
            pulse=newest.value.min(), pulse_us=newest.given_us.max(), pulse_until_us=newest.until_us.min()
        )


def _beside(base: ir.Table, groups: Iterable[ir.Table]) -> ir.Table:
    joined = base
    for group in groups:
        side = group.rename(other_key="customer_key")
        joined = joined.left_join(side, joined.customer_key == side.other_key).drop("other_key")
    return joined


def _latest(table: ir.Table, at: str, value: str, names: Mapping[str, str]) -> ir.Table:
    """The value of the newest row of each customer; the lowest of several at the same instant."""
    newest = table.filter(table[at] == table[at].max().over(group_by="customer_key"))
    found = {"at": newest[at].max(), "value": newest[value].min()}
    return newest.group_by("customer_key").agg(**{name: found[what] for name, what in names.items()})

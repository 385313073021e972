"""Compiles conditions to Ibis: the twin of `tenure.rules.conditions.holds`, a million customers at a time."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import ibis
import ibis.expr.types as ir

from tenure.clock import DAY_US
from tenure.model.condition import All, AnyOf, Compare, Condition, Known, Literal, Not, OneOf
from tenure.model.listing import SEPARATOR
from tenure.model.scorecard import Segment
from tenure.rules.card_fields import FALLING_LEAST_BEFORE
from tenure.rules.conditions import TRAIT_PREFIX
from tenure.rules.journey import ACTIVATION_DAYS, ENGAGEMENT_DAYS, ONBOARDING_DAYS, SHORTEST_RENEWED_TERM_DAYS

_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


DAYS_SINCE = {
    "days_since_login": "last_login_us",
    "days_since_first_value": "first_value_us",
    "days_since_second_feature": "second_feature_us",
    "days_since_cancel_request": "cancel_requested_us",
    "days_since_churn": "churned_us",
    "oldest_open_ticket_days": "oldest_open_ticket_us",
}
"""Fields of `tenure.rules.card_fields.LOOP` that count whole days, and the time they count from."""


def falling_trend(active_days_30: Any, active_days_30_before: Any) -> Any:
    """The twin of `tenure.rules.card_fields.is_falling` (A17)."""
    return (active_days_30_before >= FALLING_LEAST_BEFORE) & (active_days_30 * 10 <= active_days_30_before * 7)


def exact(number: float) -> Any:
    """A double written as text: engines read a bare 0.1 as a decimal, and would then add in decimals."""
    return ibis.literal(repr(float(number))).cast("float64")


def condition_expression(condition: Condition, customers: ir.Table, now_us: int, notice_days: int) -> Any:
    """True or false for every row, never null.

    `customers` needs the columns `tenure.rules.scorecard.profile.columns_of_fields` names: of a view's customers, and for
    the fields of the loop those of `tenure.warehouse.loop.fields`.
    """

    def compiled(part: Condition) -> Any:
        match part:
            case Not(inner):
                return ~compiled(inner)
            case All(parts):
                return reduce(operator.and_, map(compiled, parts))
            case AnyOf(parts):
                return reduce(operator.or_, map(compiled, parts))
            case OneOf(field, values):
                return reduce(operator.or_, (_compared(fields, field, "==", value) for value in values))
            case Known(field):
                return fields.known(field)
            case Compare(field, sign, value):
                return _compared(fields, field, sign, value)

    fields = _Fields(customers, now_us, notice_days)
    return compiled(condition)


def journey_stage(customers: ir.Table, now_us: int, notice_days: int) -> Any:
    """The twin of `tenure.rules.journey.journey_stage` (P8); null where the spell's start is."""
    now = ibis.literal(now_us, "int64")
    age_us = now - customers.spell_started_us
    near = (customers.renewal_us >= now) & (customers.renewal_us <= now + notice_days * DAY_US)
    long_term = customers.term_days.isnull() | (customers.term_days >= SHORTEST_RENEWED_TERM_DAYS).fill_null(
        False
    )
    near = near & customers.spell_started_us.notnull()
    return ibis.cases(
        (age_us < ONBOARDING_DAYS * DAY_US, "onboarding"),
        (long_term & near.fill_null(False), "renewal"),
        (age_us < ACTIVATION_DAYS * DAY_US, "activation"),
        (age_us < ENGAGEMENT_DAYS * DAY_US, "engagement"),
        (customers.spell_started_us.notnull(), "renewal"),
    )


def segment_text(saved: Sequence[Segment], customers: ir.Table, now_us: int, notice_days: int) -> Any:
    """The names of the segments each customer is in, the first declared first (`listing.segment_names` reads them)."""
    parts = [
        ibis.ifelse(condition_expression(one.condition, customers, now_us, notice_days), SEPARATOR + one.name, "") for one in saved
    ]
    if not parts:
        return ibis.null("string")
    return reduce(operator.add, parts).substr(len(SEPARATOR)).nullif("")


class _Fields:
    """The fields of a profile as expressions, by name and kind of literal they are compared with."""

    def __init__(self, customers: ir.Table, now_us: int, notice_days: int) -> None:
        self._customers = customers
        self._now_us = now_us
        self._notice_days = notice_days

    def known(self, name: str) -> Any:
        if name.startswith(TRAIT_PREFIX):
            found = self._trait(name)
            return found.str.notnull() | found.float.notnull() | found.bool.notnull()
        return self.plain(name).notnull()

    def like(self, name: str, value: Literal) -> Any:
        """The field, as what it is compared with."""
        if not name.startswith(TRAIT_PREFIX):
            found = self.plain(name)
            return found.cast("float64") if isinstance(value, float) else found
        found = self._trait(name)
        if isinstance(value, bool):
            return found.bool
        return found.str if isinstance(value, str) else found.float

    def plain(self, name: str) -> Any:
        customers = self._customers
        match name:
            case "arr":
                return customers.arr_cents.cast("float64") / exact(100)
            case "monthly_amount":
                return customers.monthly_cents.cast("float64") / exact(100)
            case "journey_stage":
                return journey_stage(customers, self._now_us, self._notice_days)
            case "tenure_days":
                return (ibis.literal(self._now_us, "int64") - customers.spell_started_us) // DAY_US
            case "days_to_renewal":
                left_us = customers.renewal_us - ibis.literal(self._now_us, "int64")
                return ibis.ifelse(
                    left_us >= 0, left_us.cast("float64") / exact(DAY_US), ibis.null("float64")
                )
            case "activated" | "onboarded":
                at_us = customers[f"{name}_us"]
                return (at_us <= ibis.literal(self._now_us, "int64")).fill_null(False)
            case "was_paying":
                return customers.first_paid_us.notnull()
            case "falling_trend":
                return falling_trend(customers.active_days_30, customers.active_days_30_before)
            case _:
                return self._days_since(DAYS_SINCE[name]) if name in DAYS_SINCE else customers[name]

    def _days_since(self, column: str) -> Any:
        """Whole days since a time; null where it is unknown or yet to come."""
        now, at_us = ibis.literal(self._now_us, "int64"), self._customers[column]
        return ibis.ifelse(at_us <= now, (now - at_us) // DAY_US, ibis.null("int64"))

    def _trait(self, name: str) -> Any:
        return self._customers.traits.cast("json")[name.removeprefix(TRAIT_PREFIX)]


def trait_number(traits: Any, name: str) -> Any:
    """A trait as a double where it is a number, else null."""
    return traits.cast("json")[name].float


def _compared(fields: _Fields, name: str, sign: str, value: Literal) -> Any:
    against = exact(value) if isinstance(value, float) else ibis.literal(value)
    return _COMPARE[sign](fields.like(name, value), against).fill_null(False)

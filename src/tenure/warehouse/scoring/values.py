"""The value of each kind of measure from its inputs, as Ibis: the twins of the functions in the catalogue."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import ibis

from tenure.clock import DAY_US
from tenure.rules.scorecard.catalogue import LARGEST_TRAIT
from tenure.warehouse.conditions import exact

Columns = Mapping[str, Any]
"""Column expressions by the role they play."""
Value = Callable[[Columns, int], Any]


def _real(column: Any) -> Any:
    return column.cast("float64")


def _plain(role: str) -> Value:
    return lambda columns, now_us: _real(columns[role])


def _age_days(role: str) -> Value:
    return lambda columns, now_us: _real(ibis.literal(now_us, "int64") - columns[role]) / exact(DAY_US)


def _guarded(condition: Any, value: Any) -> Any:
    return ibis.ifelse(condition, value, ibis.null("float64"))


def _ratio(over: str, under: str) -> Value:
    def value(columns: Columns, now_us: int) -> Any:
        divisor = _real(columns[under])
        return _guarded(divisor > 0, _real(columns[over]) / divisor)

    return value


def _days_to_renewal(columns: Columns, now_us: int) -> Any:
    left_us = columns["renewal_us"] - ibis.literal(now_us, "int64")
    return _guarded(left_us >= 0, _real(left_us) / exact(DAY_US))


def _time_to_first_value(columns: Columns, now_us: int) -> Any:
    days = _real(columns["first_value_us"] - columns["created_us"]) / exact(DAY_US)
    return ibis.ifelse(days < 0, exact(0.0), days)


def _contraction_share(columns: Columns, now_us: int) -> Any:
    lost, left = _real(columns["contraction_cents"]), _real(columns["monthly_cents"])
    return _guarded((lost + left > 0) & (left >= 0), lost / (lost + left))


def _hundredth(role: str) -> Value:
    return lambda columns, now_us: _real(columns[role]) / exact(100)


def _average_csat(columns: Columns, now_us: int) -> Any:
    rated = _real(columns["rated_tickets"])
    return _guarded(rated > 0, _real(columns["csat_hundredths_sum"]) / rated / exact(100))


def _pulse(columns: Columns, now_us: int) -> Any:
    return _guarded(columns["pulse_until_us"] > ibis.literal(now_us, "int64"), _real(columns["pulse"]))


def _trait(columns: Columns, now_us: int) -> Any:
    trait = columns["trait"]
    return _guarded(trait.abs() <= exact(LARGEST_TRAIT), trait)


VALUES: Mapping[str, Value] = {
    "login_recency": _age_days("last_login_us"),
    "login_count": _plain("logins"),
    "active_days": _plain("active_days"),
    "active_users": _plain("active_users"),
    "seat_use": _ratio("active_users", "seats"),
    "usage_trend": _ratio("active_days", "active_days_before"),
    "feature_count": _plain("features"),
    "feature_depth": _ratio("feature_uses", "features"),
    "core_feature_adopted": _plain("core_features"),
    "time_to_first_value": _time_to_first_value,
    "open_tickets": _plain("open_tickets"),
    "unresolved_tickets": _plain("unresolved_tickets"),
    "slow_tickets": _plain("slow_tickets"),
    "angry_tickets": _plain("angry_tickets"),
    "csat": _hundredth("csat_hundredths"),
    "csat_average": _average_csat,
    "survey_score": _plain("survey_score"),
    "failed_payments": _plain("failed_payments"),
    "days_to_renewal": _days_to_renewal,
    "contraction": _contraction_share,
    "sponsor_lost": _plain("lost_sponsors"),
    "pulse": _pulse,
    "trait_number": _trait,
    "event_count": _plain("event_count"),
    "event_recency": _age_days("last_event_us"),
}

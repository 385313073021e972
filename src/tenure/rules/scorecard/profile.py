"""What conditions look at: the fields of a customer, worked out from the columns kept beside its measure inputs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tenure.clock import DAY_US
from tenure.model.condition import Condition
from tenure.model.scorecard import ScoringConfig
from tenure.rules.conditions import TRAIT_PREFIX, Profile, fields_of, holds, trait_values
from tenure.rules.journey import journey_stage

Row = Mapping[str, str | float | int | bool | None]
"""One customer: measure inputs and profile columns, by column name."""

_COLUMNS: dict[str, tuple[str, ...]] = {
    "arr": ("arr_cents",),
    "monthly_amount": ("monthly_cents",),
    "journey_stage": ("spell_started_us", "renewal_us", "term_days"),
    "tenure_days": ("spell_started_us",),
    "days_to_renewal": ("renewal_us",),
    "days_since_login": ("last_login_us",),
    "days_since_first_value": ("first_value_us",),
    "days_since_second_feature": ("second_feature_us",),
    "days_since_cancel_request": ("cancel_requested_us",),
    "days_since_churn": ("churned_us",),
    "oldest_open_ticket_days": ("oldest_open_ticket_us",),
    "activated": ("activated_us",),
    "onboarded": ("onboarded_us",),
    "was_paying": ("first_paid_us",),
    "falling_trend": ("active_days_30", "active_days_30_before"),
}


def conditions_of(config: ScoringConfig) -> tuple[Condition, ...]:
    """Every condition a configuration asks of a customer: of scorecards and of segments."""
    cards = [card.condition for card in config.scorecards if card.condition is not None]
    return (*cards, *(segment.condition for segment in config.segments))


def profile_columns(config: ScoringConfig) -> tuple[str, ...]:
    """The columns of `FactsView.customers()` that the conditions of a configuration need, in stable order."""
    return columns_of_fields(field for each in conditions_of(config) for field in fields_of(each))


def columns_of_fields(fields: Iterable[str]) -> tuple[str, ...]:
    """The columns these fields are worked out from."""
    needed = {
        column
        for field in fields
        for column in (("traits",) if field.startswith(TRAIT_PREFIX) else _COLUMNS.get(field, (field,)))
    }
    return tuple(sorted(needed))


def profile(row: Row, now_us: int, notice_days: int) -> Profile:
    """The fields of one customer as far as its columns are there."""
    traits = row.get("traits")
    found: dict[str, str | float | bool | None] = dict(
        trait_values(traits if isinstance(traits, str) else None)
    )
    found.update({name: value for name, value in row.items() if name != "traits"})
    found["arr"] = _hundredth(row.get("arr_cents"))
    found["monthly_amount"] = _hundredth(row.get("monthly_cents"))
    started_us, renewal_us, term_days = (_whole(row.get(name)) for name in _COLUMNS["journey_stage"])
    if started_us is not None:
        found["journey_stage"] = journey_stage(now_us, started_us, renewal_us, term_days, notice_days)
        found["tenure_days"] = (now_us - started_us) // DAY_US
    if renewal_us is not None and renewal_us >= now_us:
        found["days_to_renewal"] = float(renewal_us - now_us) / DAY_US
    return found


def segments_of(config: ScoringConfig, fields: Profile) -> frozenset[str]:
    """The names of the segments a customer is in."""
    return frozenset(segment.name for segment in config.segments if holds(segment.condition, fields))


def _hundredth(value: object) -> float | None:
    return float(value) / 100 if isinstance(value, int | float) else None


def _whole(value: object) -> int | None:
    return int(value) if isinstance(value, int | float) else None

"""The parameters the gates look at, resolved once per group of customers."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from tenure.clock import DAY_US
from tenure.model.cards import CustomerCard
from tenure.model.touches import ActionClass
from tenure.parameters import ParameterSet
from tenure.parameters.values import QuietHours

_SEGMENT_FACTS = ("plan", "industry", "owner", "timezone", "language", "stage")


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for one group of customers. Times in us; `high_value_arr` in whole units; `min_coverage` a share of 1."""

    contact_budget: int
    quiet_hours: QuietHours
    expiry_us: int
    autonomy: Mapping[str, str]
    high_value_arr: int
    min_coverage: float
    cooldown_us: int

    def autonomy_of(self, action_class: ActionClass) -> str:
        """manual, assisted or auto; internal acts are never held (A9)."""
        return "auto" if action_class is ActionClass.internal else self.autonomy[action_class.value]


def limits_of(parameters: ParameterSet) -> Limits:
    """Of the venture, or of one group of customers (`parameters.for_segment(segment_facts(card))`)."""
    return Limits(
        contact_budget=parameters.integer("contact_budget_per_week"),
        quiet_hours=parameters.quiet_hours(),
        expiry_us=parameters.integer("touch_expiry_days") * DAY_US,
        autonomy={name: str(level) for name, level in parameters.entries("autonomy").items()},
        high_value_arr=parameters.integer("high_value_arr"),
        min_coverage=parameters.number("min_coverage_percent") / 100,
        cooldown_us=parameters.integer("campaign_cooldown_days") * DAY_US,
    )


def segment_facts(card: CustomerCard | None) -> dict[str, str]:
    """The fields of a customer that overrides per segment may name."""
    if card is None:
        return {}
    found = {name: getattr(card, name) for name in _SEGMENT_FACTS}
    facts = {name: value for name, value in found.items() if value is not None}
    return facts | ({"journey_stage": facts["stage"]} if "stage" in facts else {})

"""Parameters of a store nobody else writes to are read once."""

from __future__ import annotations

from typing import Any

from tenure.clock import FixedClock
from tenure.parameters import Actor
from tenure.services.settings import ParameterService


class CountedValues:
    """No value is set; says how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def values(self, venture_id: int) -> list[Any]:
        self.asked += 1
        return []

    def locks(self, venture_id: int) -> list[Any]:
        return []

    def apply(self, venture_id: int, changes: list[Any], **how: Any) -> list[Any]:
        return []


def test_held_parameters_are_read_once_until_something_is_applied() -> None:
    values: Any = CountedValues()
    service = ParameterService(values, values, 1, FixedClock(1))
    service.hold()
    assert service.current() is service.current()
    assert values.asked == 1
    plan = service.plan({"critical_alert_delay_minutes": 5}, Actor("chairman"), "test")
    service.apply(plan)
    service.current()
    assert values.asked == 2

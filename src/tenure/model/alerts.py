"""Alerts: the team is told once per event, and somebody answers."""

from __future__ import annotations

import msgspec

SINGLE = "single"
DAILY = "daily"
"""Told in the one daily list: customers with ARR 0 (R6)."""
DIGEST = "digest"
"""Told in the owner's morning message: only critical paying customers interrupt (Day one, 13)."""
JOINT = "joint:"
"""Prefix: told in one message with a list, because more than `alerts_per_hour` came (K4)."""
NOTHING_FOLLOWED = "nothing"


class Alert(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One alert. `was_real` is what its closing said (M19); `followed` what was seen afterwards where nobody said."""

    alert_id: int
    key: str
    kind: str
    title: str
    raised_us: int
    customer_id: str | None = None
    execution_id: int | None = None
    details: dict[str, object] = {}
    delivery: str = SINGLE
    answer_due_us: int | None = None
    acknowledged_us: int | None = None
    acknowledged_by: str | None = None
    snoozed_until_us: int | None = None
    escalated_us: int | None = None
    closed_us: int | None = None
    closed_by: str | None = None
    was_real: bool | None = None
    followed: str | None = None
    note: str = ""


class AlertPrecision(msgspec.Struct, frozen=True, kw_only=True):
    """M19: true / (true + false), with the share nobody can tell; None where nothing is known."""

    alerts: int
    true: int
    false: int
    unknown: int

    @property
    def precision(self) -> float | None:
        known = self.true + self.false
        return None if known == 0 else self.true / known

    @property
    def unknown_share(self) -> float | None:
        return None if self.alerts == 0 else self.unknown / self.alerts

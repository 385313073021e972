"""What people say about a customer's health: overrides and pulses, each with a reason and an end."""

from __future__ import annotations

import msgspec

from tenure.model.health import HealthStatus


class Override(msgspec.Struct, frozen=True, kw_only=True):
    """A person's judgement that stands instead of the computed score until it ends (A26).

    Exactly one of `score` (0-100) and `status` is set. In force for from_us <= now < until_us unless withdrawn.
    """

    override_id: int
    customer_id: str
    score: float | None
    status: HealthStatus | None
    reason: str
    person: str
    from_us: int
    until_us: int
    withdrawn_us: int | None = None


class Pulse(msgspec.Struct, frozen=True, kw_only=True):
    """A success manager's own impression (0-100), read by scorecards that have a pulse measure."""

    pulse_id: int
    customer_id: str
    value: float
    reason: str
    person: str
    given_us: int
    until_us: int

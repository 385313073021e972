"""Somebody a customer depends on who is no longer there (Day one, 10)."""

from __future__ import annotations

from enum import StrEnum

import msgspec

Bounce = tuple[str, str, int]
"""Customer, user ("": an address that is no user's), when."""


class Gone(StrEnum):
    """How it showed."""

    deactivated = "deactivated"
    bounced = "bounced"
    silent = "silent"


class Departure(msgspec.Struct, frozen=True, kw_only=True):
    """One person of one customer. `at_us`: the deactivation, the bounce, or the start of the last active day before silence.

    `is_main`: had the most active days of the customer's people in the 90 days before. Both may be true.
    """

    customer_id: str
    user_id: str
    how: Gone
    at_us: int
    is_primary: bool
    is_main: bool

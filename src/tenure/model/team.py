"""Who stands in for whom (Day one 7), and who looks after a customer by a person's word (A22)."""

from __future__ import annotations

import msgspec


class StandIn(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """From `from_us` until `until_us` (None: for good) the deputy does what was `person`'s, or looks after `customer_id`."""

    stand_in_id: int
    deputy: str
    from_us: int
    person: str = ""
    customer_id: str | None = None
    until_us: int | None = None
    reason: str = ""
    by: str = ""
    ended_us: int | None = None

    def holds(self, now_us: int) -> bool:
        """Is it in force?"""
        ends = [one for one in (self.until_us, self.ended_us) if one is not None]
        return self.from_us <= now_us and all(now_us < one for one in ends)


class Recipient(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody of the team who is told or asked; `role` is the rung it was found on."""

    role: str
    name: str
    email: str

"""What a person of the team did with a customer (Day one, 4): a call, a meeting, a message, or only a note."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class ContactKind(StrEnum):
    call = "call"
    meeting = "meeting"
    message = "message"
    note = "note"


class ContactOutcome(StrEnum):
    """What came of it. Which of them a kind may have: `tenure.rules.contacts`."""

    reached = "reached"
    not_reached = "not_reached"
    held = "held"
    booked = "booked"
    missed = "missed"
    sent = "sent"
    answered = "answered"
    noted = "noted"

    @property
    def is_attempt(self) -> bool:
        """Nobody was there: it counts as tried, never as being in touch."""
        return self in ATTEMPTS


ATTEMPTS = (ContactOutcome.not_reached, ContactOutcome.missed)


class LoggedContact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One of them. `key` makes it one; `found_in`: the CRM it was read from, empty where it was logged with us."""

    key: str
    customer_id: str
    kind: ContactKind
    outcome: ContactOutcome
    at_us: int
    text: str = ""
    by: str = ""
    user_id: str | None = None
    found_in: str = ""

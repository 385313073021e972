"""Calendar invitations that go with a message."""

from __future__ import annotations

from typing import Protocol

import msgspec

from tenure.ports.senders import Attachment


class Attendee(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    email: str
    name: str = ""


class Meeting(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One meeting. `key` is that of the touch that first invited; each later version has a higher `sequence`."""

    key: str
    title: str
    starts_us: int
    minutes: int
    organizer: Attendee
    attendees: tuple[Attendee, ...] = ()
    description: str = ""
    place: str = ""
    sequence: int = 0


class Invitations(Protocol):
    """Called by outreach, safety (emergency reviews) and the crew (review packs); the files go into a touch's content."""

    def request(self, meeting: Meeting, now_us: int) -> Attachment:
        """Invite, or with a higher `sequence` move or change."""
        ...

    def cancel(self, meeting: Meeting, now_us: int) -> Attachment:
        """Take it out of everybody's calendar."""
        ...

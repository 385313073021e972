"""A mailbox whose mail is read, never changed: how replies come back where no provider posts them (I5)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import msgspec


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """How far a folder was read. `era` is its UIDVALIDITY: with another one, numbers start anew."""

    era: int
    number: int


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A mail as it came over the line, and the place after it. `raw` None: too big to be read."""

    raw: bytes | None
    place: Place


class Mailbox(Protocol):
    """Called by `services.tracking.mailbox`, about once a minute."""

    @property
    def name(self) -> str:
        """For its cursor and for people."""
        ...

    def letters(self, after: Place | None, since_us: int) -> Iterator[Letter]:
        """Mail after a place, in order; without one (or in another era) what came since the day of a time.

        Raises `Unavailable` where the server cannot be reached, refuses the sign-in or has no such folder.
        """
        ...

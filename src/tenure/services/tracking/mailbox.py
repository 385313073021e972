"""Reading a mailbox: each mail is taken once, however often the reader is killed."""

from __future__ import annotations

from typing import Protocol

import msgspec

from tenure.clock import DAY_US
from tenure.errors import BadInput
from tenure.ports.cursors import Cursors
from tenure.ports.mailbox import Mailbox, Place
from tenure.services.tracking.mail import Heard

FIRST_LOOK_US = 3 * DAY_US
"""How far back the first look at a mailbox goes; mail that is not ours is passed over anyway."""


class TakesMail(Protocol):
    """The part of `InboundMail` the reader needs."""

    def take(self, raw: bytes, now_us: int) -> Heard: ...


class MailboxRead(msgspec.Struct, frozen=True, kw_only=True):
    """What a look found: mails, those that answer something of ours, those nobody could read."""

    mails: int = 0
    ours: int = 0
    unreadable: int = 0


class MailboxReader:
    """Of one venture and one mailbox."""

    def __init__(self, venture_id: int, mailbox: Mailbox, inbound: TakesMail, cursors: Cursors) -> None:
        self._venture_id, self._mailbox, self._inbound, self._cursors = venture_id, mailbox, inbound, cursors

    def read(self, now_us: int) -> MailboxRead:
        """Take what came since the last look.

        The place is kept after each mail is durable: killed in between, the same mail is taken again and counts once.
        Raises `Unavailable` when the mailbox cannot be read now; what was taken before stays taken.
        """
        mails = ours = unreadable = 0
        for letter in self._mailbox.letters(self._place(), now_us - FIRST_LOOK_US):
            mails += 1
            try:
                ours += letter.raw is not None and self._inbound.take(letter.raw, now_us).is_new
                unreadable += letter.raw is None
            except BadInput:  # no mail at all: looking at it again would not help
                unreadable += 1
            self._cursors.set(self._venture_id, self._cursor, f"{letter.place.era}:{letter.place.number}")
        return MailboxRead(mails=mails, ours=ours, unreadable=unreadable)

    @property
    def _cursor(self) -> str:
        return f"mailbox:{self._mailbox.name}"

    def _place(self) -> Place | None:
        kept = self._cursors.get(self._venture_id, self._cursor)
        if not kept:
            return None
        era, _, number = kept.partition(":")
        return Place(era=int(era), number=int(number))

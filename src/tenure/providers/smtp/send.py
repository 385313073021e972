"""The sender for mail."""

from __future__ import annotations

import ssl
import threading

from tenure.model.touches import Channel
from tenure.ports.senders import Message, Sent
from tenure.providers.caps import check
from tenure.providers.smtp.caps import CAPS
from tenure.providers.smtp.client import SmtpLine
from tenure.providers.smtp.config import SmtpSettings
from tenure.providers.smtp.mapping import Identity, letter_of


class SmtpSender:
    """Keeps one line open between messages; `close` it after a batch."""

    name = CAPS.provider
    channels: frozenset[Channel] = CAPS.channels
    caps = CAPS

    def __init__(self, settings: SmtpSettings, password: str = "", context: ssl.SSLContext | None = None) -> None:
        self._identity = Identity(
            from_address=settings.from_address,
            from_name=settings.from_name,
            bounces_to_reply_address=settings.bounces_to_reply_address,
        )
        self._line = SmtpLine(settings, password, context)
        self._mutex = threading.Lock()

    def send(self, message: Message, now_us: int) -> Sent:
        """Raises RefusedForGood, TryLater or OutcomeUnknown."""
        check(CAPS, message)
        letter = letter_of(message, self._identity, now_us)
        with self._mutex:
            self._line.deliver(letter)
        return Sent(provider=self.name, message_id=letter.message_id)

    def try_out(self) -> None:
        """Connect and sign in without sending; raises what a send would."""
        with self._mutex:
            self._line.try_out()

    def close(self) -> None:
        with self._mutex:
            self._line.close()

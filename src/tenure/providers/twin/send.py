"""The sender that stands in for every provider: ids, limits, failures and delays like the real ones, seeded."""

from __future__ import annotations

import math
from collections import deque
from hashlib import sha256
from statistics import NormalDist

import msgspec

from tenure.clock import MINUTE_US, SECOND_US
from tenure.ids import share_of
from tenure.model.touches import Channel
from tenure.ports.senders import Message, OutcomeUnknown, RefusedForGood, Sent, TryLater
from tenure.providers.caps import check
from tenure.providers.smtp.mapping import Identity, letter_of
from tenure.providers.twin.caps import caps_for
from tenure.providers.twin.client import Delivered, TwinBox
from tenure.providers.twin.config import TwinSettings

_SPREAD = 0.8


class TwinSender:
    """The same settings, messages and times give the same ids, failures and delays."""

    name = "twin"

    def __init__(self, settings: TwinSettings, box: TwinBox) -> None:
        self.caps = caps_for(settings.channels)
        self._settings, self._box = settings, box
        self._identity = Identity(from_address=settings.from_address, from_name=settings.from_name)
        self._tries: dict[str, int] = {}
        self._recent: deque[int] = deque()

    @property
    def channels(self) -> frozenset[Channel]:
        return self.caps.channels

    def send(self, message: Message, now_us: int) -> Sent:
        """Raises RefusedForGood, TryLater or OutcomeUnknown."""
        check(self.caps, message)
        self._within_limit(now_us)
        data = letter_of(_as_mail(message), self._identity, now_us).data
        digest = sha256(message.key.encode("utf-8", "surrogatepass")).hexdigest()
        draw = self._draw(message.key)
        if draw in ("refused", "bounced"):
            raise RefusedForGood(f"twin: {draw}", bounced=draw == "bounced")
        if draw == "later":
            raise TryLater("twin: busy", after_seconds=1.0)
        message_id = message.update_of or f"twin-{digest[:24]}"
        file = f"{sha256(message_id.encode()).hexdigest()[:24]}.eml"
        reached_us = now_us + self._delay_us(message.key)
        one = Delivered(
            key=message.key, message_id=message_id, channel=message.channel.value, at_us=now_us, reached_us=reached_us, file=file,
            update_of=message.update_of,
        )  # fmt: skip
        self._box.put(one, data)
        self._box.show(message.channel.value, message.recipient_name or message.to, message.subject or message.text[:80])
        if draw == "unknown":
            raise OutcomeUnknown("twin: the line broke after the message was handed over")
        return Sent(provider=self.name, message_id=message_id)

    def _within_limit(self, now_us: int) -> None:
        limit = self._settings.messages_per_minute
        if limit is None:
            return
        while self._recent and self._recent[0] <= now_us - MINUTE_US:
            self._recent.popleft()
        if len(self._recent) >= limit:
            raise TryLater("twin: too many messages a minute", (self._recent[0] + MINUTE_US - now_us) / SECOND_US)
        self._recent.append(now_us)

    def _draw(self, key: str) -> str:
        """What this try meets; a temporary failure may pass at the next try, a refusal never does."""
        one = self._settings
        self._tries[key] = self._tries.get(key, 0) + 1
        if share_of("twin", str(one.seed), key, "later", str(self._tries[key])) < one.later_share:
            return "later"
        place = share_of("twin", str(one.seed), key, "outcome")
        for name, share in (("refused", one.refused_share), ("bounced", one.bounced_share), ("unknown", one.unknown_share)):
            if place < share:
                return name
            place -= share
        return ""

    def _delay_us(self, key: str) -> int:
        """Log-normal around the median, by the key."""
        place = share_of("twin", str(self._settings.seed), key, "delay")
        deviation = NormalDist().inv_cdf(min(max(place, 1e-6), 1 - 1e-6))
        return round(self._settings.delay_seconds * math.exp(_SPREAD * deviation) * SECOND_US)


def _as_mail(message: Message) -> Message:
    """Any channel as a mail for the file: what is no address becomes one nobody can own."""
    if message.channel in (Channel.email, Channel.survey):
        return message
    place = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in message.to).strip("-") or "somebody"
    return msgspec.structs.replace(message, to=f"{place[:60]}@{message.channel.value.replace('_', '-')}.invalid")

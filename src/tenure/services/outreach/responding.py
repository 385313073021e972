"""Responses: to which touch they belong, and what follows at once: suppression, the consent log."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import msgspec

from tenure.clock import DAY_US
from tenure.model.cards import Contact, CustomerCard
from tenure.model.consents import EVERY, Consent
from tenure.model.touches import Channel, Purpose, Response, ResponseKind, Touch
from tenure.rules.eligibility.consent import address_for, people_of
from tenure.services.outreach.context import OutreachContext

SUPPRESSES = (ResponseKind.bounced, ResponseKind.unsubscribed, ResponseKind.complained)
RE_ENGAGEMENT = (ResponseKind.login, ResponseKind.key_event)
_BY = "tenure"


class FactSign(msgspec.Struct, frozen=True, kw_only=True):
    """Something in the facts that may be a response: a ticket reply, a survey answer, a login, a key event."""

    kind: ResponseKind
    sign_id: str
    customer_id: str
    occurred_us: int
    user_id: str | None = None
    details: dict[str, object] = {}


class Drawn(msgspec.Struct, frozen=True, kw_only=True):
    """What was drawn from responses: whose chains and playbooks to look at, and how many addresses were suppressed."""

    handled: int = 0
    responded: tuple[str, ...] = ()
    suppressed: int = 0


class Responding:
    """The responses of one venture."""

    def __init__(self, context: OutreachContext) -> None:
        self._context = context
        self._stores, self._venture_id = context.stores, context.venture_id

    def add_signs(self, signs: Sequence[FactSign], now_us: int) -> int:
        """Responses from facts; returns how many are new.

        Re-engagement is kept only where it follows a touch, and once per touch and kind: a login is an answer to nothing
        by itself.
        """
        bare = [_response_of(sign) for sign in signs]
        found = self._attributed(bare)
        kept = [_once_per_touch(one) for one in found if one.kind not in RE_ENGAGEMENT or one.touch_id is not None]
        return self._stores.responses.add(self._venture_id, kept, now_us=now_us)

    def draw(self, now_us: int) -> Drawn:
        """Handle what was not handled yet. Killed anywhere, the same again completes it."""
        waiting = self._stores.responses.unhandled(self._venture_id)
        if not waiting:
            return Drawn()
        found = self._attributed(waiting)
        suppressed = self._suppress([one for one in found if one.kind in SUPPRESSES], now_us)
        self._stores.responses.handled(self._venture_id, found, now_us=now_us)
        responded = sorted({one.customer_id for one in found if one.kind.is_response})
        return Drawn(handled=len(found), responded=tuple(responded), suppressed=suppressed)

    def _attributed(self, responses: Sequence[Response]) -> list[Response]:
        """Each with the latest touch before it, within `response_window_days`, that went to that person (or customer)."""
        window_us = self._context.parameters().integer("response_window_days") * DAY_US
        open_ended = [one for one in responses if one.touch_id is None]
        if not open_ended:
            return list(responses)
        since_us = min(one.occurred_us for one in open_ended) - window_us
        sent: dict[str, list[Touch]] = defaultdict(list)
        for touch in self._stores.touches.sent_to(self._venture_id, sorted({one.customer_id for one in open_ended}), since_us):
            sent[touch.customer_id or ""].append(touch)
        return [_with_touch(one, sent.get(one.customer_id, ()), window_us) for one in responses]

    def _suppress(self, negative: Sequence[Response], now_us: int) -> int:
        """Dead addresses and people who said no, at once (Day one, 6); what they said is also in the consent log."""
        ids = sorted({one.customer_id for one in negative})
        cards = self._stores.cards.get(self._venture_id, ids)
        touches = self._touches_of(negative)
        by: dict[tuple[str, str], set[str]] = defaultdict(set)
        words = []
        for one in negative:
            touch = touches.get(one.touch_id or 0)
            channel = Channel.email if touch is None else touch.channel
            for address in _addresses(one, cards.get(one.customer_id), channel):
                by[channel.value, one.kind.value].add(address)
            if one.kind is not ResponseKind.bounced:
                words += _words(one, touch)
        self._log_new(words)
        return sum(
            self._stores.suppressions.add(self._venture_id, sorted(addresses), channel, reason=reason, by=_BY, now_us=now_us)
            for (channel, reason), addresses in by.items()
        )

    def _touches_of(self, responses: Sequence[Response]) -> Mapping[int, Touch]:
        wanted = {one.touch_id for one in responses if one.touch_id is not None}
        since_us = min((one.occurred_us for one in responses), default=0) - 400 * DAY_US
        found = self._stores.touches.sent_to(self._venture_id, sorted({one.customer_id for one in responses}), since_us)
        found = [*found, *(self._stores.touches.get(self._venture_id, one) for one in wanted - {touch.touch_id for touch in found})]
        return {touch.touch_id: touch for touch in found if touch.touch_id in wanted}

    def _log_new(self, words: Sequence[Consent]) -> None:
        """A response handled twice (the first time was killed) is logged once."""
        known = self._stores.consents.of(self._venture_id, sorted({one.customer_id for one in words}))
        fresh = [one for one in dict.fromkeys(words) if one not in known.get(one.customer_id, ())]
        self._stores.consents.add(self._venture_id, fresh)


def _response_of(sign: FactSign) -> Response:
    return Response(
        key=f"fact:{sign.kind.value}:{sign.sign_id}", kind=sign.kind, occurred_us=sign.occurred_us,
        customer_id=sign.customer_id, user_id=sign.user_id, details=sign.details,
    )  # fmt: skip


def _once_per_touch(response: Response) -> Response:
    if response.kind not in RE_ENGAGEMENT:
        return response
    return msgspec.structs.replace(response, key=f"fact:{response.kind.value}:touch:{response.touch_id}")


def _with_touch(response: Response, sent: Sequence[Touch], window_us: int) -> Response:
    if response.touch_id is not None:
        return response
    before = [one for one in sent if one.sent_us is not None and one.sent_us <= response.occurred_us < one.sent_us + window_us]
    own = [one for one in before if response.user_id is not None and one.user_id == response.user_id]
    latest = max(own or before, key=lambda one: (one.sent_us or 0, one.touch_id), default=None)
    return response if latest is None else msgspec.structs.replace(response, touch_id=latest.touch_id)


def _addresses(response: Response, card: CustomerCard | None, channel: Channel) -> list[str]:
    """The address a provider named, else that of the person the touch went to."""
    named = response.details.get("address")
    if isinstance(named, str) and named:
        return [named]
    people: Sequence[Contact] = people_of(card) if card is not None else ()
    mine = [one for one in people if one.user_id == response.user_id] or ([] if response.user_id else list(people[:1]))
    return [address for one in mine if (address := address_for(channel, one)) is not None]


def _words(response: Response, touch: Touch | None) -> list[Consent]:
    """Unsubscribing and complaining are a no to that channel, and to marketing on every channel."""
    channel = Channel.email if touch is None else touch.channel
    user = response.user_id or (touch.user_id if touch is not None else None) or ""
    said = {"customer_id": response.customer_id, "user_id": user, "given": False, "source": response.kind.value, "at_us": response.occurred_us}
    no_marketing = msgspec.convert(said | {"purpose": Purpose.marketing.value, "channel": EVERY}, Consent)
    return [msgspec.convert(said | {"purpose": EVERY, "channel": channel.value}, Consent), no_marketing]

"""What happens behind the links: clicks, opens, unsubscribing. Each is recorded once and never decides anything here."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from typing import Protocol

import msgspec
import structlog

from tenure.errors import NotFound, TenureError
from tenure.model.touches import Response, ResponseKind, Touch
from tenure.ports.responses import Responses
from tenure.services.tracking.scanners import Visitor, is_scanner
from tenure.services.tracking.tokens import CLICK, OPEN, UNSUBSCRIBE, Tokens

_log = structlog.get_logger(__name__)


class FindsTouches(Protocol):
    """The part of the ledger tracking needs."""

    def get(self, venture_id: int, touch_id: int) -> Touch:
        """Raises `NotFound`."""
        ...


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """What a page about a touch may know. `is_known` False: the touch was erased with its customer."""

    is_known: bool
    channel: str = ""


class Tracking:
    """Of one venture. Every method is safe to call twice."""

    def __init__(self, venture_id: int, touches: FindsTouches, responses: Responses, made: Tokens) -> None:
        self._venture_id, self._touches, self._responses, self._tokens = venture_id, touches, responses, made

    def click(self, token: str, visitor: Visitor, now_us: int) -> str:
        """Where to send the visitor: only ever the target inside the token. Raises Refused for a forged one.

        A click that cannot be recorded still leads where it should.
        """
        touch_id, target = self._tokens.read(CLICK, token)
        if not target:
            raise TenureError("This link leads nowhere.")
        self._quietly(lambda: self._clicked(touch_id, target, visitor, now_us))
        return target

    def opened(self, token: str, now_us: int) -> None:
        """An open is shown and never counts. A wrong token is nobody's business: an image has no error page."""
        try:
            touch_id, _ = self._tokens.read(OPEN, token)
        except TenureError:
            return
        self._quietly(lambda: self._record(self._touches.get(self._venture_id, touch_id), ResponseKind.opened, now_us))

    def about(self, token: str) -> Visit:
        """For the page that asks before unsubscribing. Raises Refused for a forged token."""
        touch = self._known(self._tokens.read(UNSUBSCRIBE, token)[0])
        return Visit(is_known=False) if touch is None else Visit(is_known=True, channel=touch.channel.value)

    def unsubscribe(self, token: str, now_us: int) -> Visit:
        """Record the no; outreach draws the consequences before anything else is sent. Raises Refused, or Unavailable."""
        touch = self._known(self._tokens.read(UNSUBSCRIBE, token)[0])
        if touch is None or touch.customer_id is None:
            return Visit(is_known=False)
        self._record(touch, ResponseKind.unsubscribed, now_us)
        return Visit(is_known=True, channel=touch.channel.value)

    def _clicked(self, touch_id: int, target: str, visitor: Visitor, now_us: int) -> None:
        touch = self._touches.get(self._venture_id, touch_id)
        kind = ResponseKind.scanner_click if is_scanner(visitor, touch.sent_us, now_us) else ResponseKind.clicked
        link = blake2b(target.encode(), digest_size=8).hexdigest()
        self._record(touch, kind, now_us, link, details={"url": target})

    def _record(self, touch: Touch, kind: ResponseKind, now_us: int, part: str = "", details: dict[str, object] | None = None) -> None:
        if touch.customer_id is None:
            return
        response = Response(
            key=":".join(one for one in (kind.value, str(touch.touch_id), part) if one),
            kind=kind,
            occurred_us=now_us,
            customer_id=touch.customer_id,
            user_id=touch.user_id,
            touch_id=touch.touch_id,
            details=details or {},
        )
        self._responses.add(self._venture_id, [response], now_us=now_us)

    def _known(self, touch_id: int) -> Touch | None:
        try:
            return self._touches.get(self._venture_id, touch_id)
        except NotFound:
            return None

    def _quietly(self, record: Callable[[], None]) -> None:
        try:
            record()
        except NotFound:
            return
        except TenureError as problem:
            _log.warning("tracking_not_recorded", error=type(problem).__name__)

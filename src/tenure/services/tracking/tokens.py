"""Tokens: signed, of one purpose and one venture, holding the number of a touch and never anything of a person."""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Callable
from functools import cached_property

from itsdangerous import BadData, URLSafeSerializer

from tenure.errors import Refused

CLICK, OPEN, UNSUBSCRIBE, SURVEY, REPLY = "click", "open", "unsubscribe", "survey", "reply"
_REPLY = re.compile(r"([0-9a-z]{1,13})-([a-z2-7]{20})")
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_LONGEST = 4_000


class Tokens:
    """Of one venture.

    Args:
        key: asked for once, when first needed.
        venture_key: part of every signature, so that a token of one venture is none of another.
    """

    def __init__(self, key: Callable[[], bytes], venture_key: str) -> None:
        self._make_key, self._venture_key = key, venture_key

    def __repr__(self) -> str:
        return "Tokens()"

    @cached_property
    def _key(self) -> bytes:
        return self._make_key()

    def make(self, purpose: str, touch_id: int, target: str = "") -> str:
        """A token; `target` is where a click leads."""
        fields: list[object] = [touch_id, target] if target else [touch_id]
        made = self._signer(purpose).dumps(fields)
        return made if isinstance(made, str) else made.decode()

    def read(self, purpose: str, token: str) -> tuple[int, str]:
        """The touch and the target. Raises Refused for a token that is forged, of another purpose, or of another venture."""
        try:
            if len(token) > _LONGEST:
                raise ValueError
            fields = self._signer(purpose).loads(token)
            touch_id, target = (fields[0], fields[1] if len(fields) > 1 else "")
            if type(touch_id) is not int or not isinstance(target, str):
                raise ValueError
        except (BadData, ValueError, TypeError, IndexError, KeyError, UnicodeError):
            raise _invalid() from None
        return touch_id, target

    def reply_tag(self, touch_id: int) -> str:
        """A token for the local part of an address: lower case, since servers may fold it; 100 bits of signature."""
        return f"{_base36(touch_id)}-{self._short(touch_id)}"

    def read_reply_tag(self, tag: str) -> int:
        """The touch. Raises Refused."""
        found = _REPLY.fullmatch(tag.strip().lower())
        if found is None:
            raise _invalid()
        touch_id = int(found[1], 36)
        if not hmac.compare_digest(self._short(touch_id).encode(), found[2].encode()):
            raise _invalid()
        return touch_id

    def _signer(self, purpose: str) -> URLSafeSerializer:
        return URLSafeSerializer(self._key, salt=f"tenure.{purpose}.{self._venture_key}")

    def _short(self, touch_id: int) -> str:
        text = f"tenure.{REPLY}.{self._venture_key}.{touch_id}"
        digest = hmac.new(self._key, text.encode(), "sha256").digest()
        return base64.b32encode(digest).decode().lower()[:20]


def _invalid() -> Refused:
    return Refused("This link is not valid.", "Use the link of the message as it is.")


def _base36(number: int) -> str:
    if number < 0:
        raise ValueError("a touch has no negative number")
    digits = ""
    while number or not digits:
        number, rest = divmod(number, 36)
        digits = _DIGITS[rest] + digits
    return digits

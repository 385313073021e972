"""Signed one-use links: the token says which decision, which answer and who; the store knows whether it was used."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

import msgspec
from itsdangerous import BadSignature, URLSafeSerializer

from tenure.errors import Refused

PURPOSE = "decision"
PATH = "/d/"


class DecisionLink(msgspec.Struct, frozen=True, kw_only=True):
    """What a link carries."""

    decision_id: int
    answer: str
    role: str
    by: str
    until_us: int


class DecisionLinks:
    """Makes and reads links of one venture.

    Args:
        key: secret of this purpose; asked for when first needed.
        venture_key: part of the salt, so that a link of one venture is none of another.
        base_url: where the API is reached, such as `https://success.example.com`.
    """

    def __init__(self, key: Callable[[], bytes], venture_key: str, base_url: str) -> None:
        self._key, self._venture_key, self._base_url = key, venture_key, base_url.rstrip("/")

    def url(self, link: DecisionLink) -> str:
        return f"{self._base_url}{PATH}{self.token(link)}"

    def token(self, link: DecisionLink) -> str:
        fields = [link.decision_id, link.answer, link.role, link.by, link.until_us]
        made = self._signer().dumps(fields)
        return made if isinstance(made, str) else made.decode()

    def read(self, token: str, now_us: int) -> DecisionLink:
        """Raises Refused for a link that is forged, of another venture, or too old."""
        try:
            number, answer, role, by, until_us = self._signer().loads(token)
            link = DecisionLink(decision_id=int(number), answer=str(answer), role=str(role), by=str(by), until_us=int(until_us))
        except (BadSignature, ValueError, TypeError):
            raise Refused("This link is not valid.", "Use the link of the message as it is, or `tenure decisions`.") from None
        if now_us >= link.until_us:
            raise Refused("This link is too old.", "Answer with `tenure decisions`, if the decision is still open.")
        return link

    def _signer(self) -> URLSafeSerializer:
        return URLSafeSerializer(self._key(), salt=f"tenure.decision.{self._venture_key}")


def digest(token: str) -> str:
    """What is kept of a used link."""
    return sha256(token.encode()).hexdigest()

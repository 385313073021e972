"""Thumbs in mails: signed links that say what is judged, how, and by whom (Day one, 14)."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import msgspec
from itsdangerous import BadSignature, URLSafeSerializer

from tenure.errors import Refused
from tenure.model.useful import Subject

PURPOSE = "useful"
PATH = "/v/"


class UsefulLink(msgspec.Struct, frozen=True, kw_only=True):
    """What a link carries."""

    subject: Subject
    ref: str
    is_useful: bool
    by: str


class UsefulLinks:
    """Makes and reads links of one venture; they stay good: the last word counts.

    Args:
        key: secret of this purpose; asked for when first needed.
        venture_key: part of the salt, so that a link of one venture is none of another.
        base_url: where the API is reached.
    """

    def __init__(self, key: Callable[[], bytes], venture_key: str, base_url: str) -> None:
        self._key, self._venture_key, self._base_url = key, venture_key, base_url.rstrip("/")

    def url(self, link: UsefulLink) -> str:
        made = self._signer.dumps([link.subject.value, link.ref, link.is_useful, link.by])
        return f"{self._base_url}{PATH}{made if isinstance(made, str) else made.decode()}"

    def read(self, token: str) -> UsefulLink:
        """Raises Refused for a link that is forged or of another venture."""
        try:
            subject, ref, is_useful, by = self._signer.loads(token)
            return UsefulLink(subject=Subject(subject), ref=str(ref), is_useful=bool(is_useful), by=str(by))
        except (BadSignature, ValueError, TypeError):
            raise Refused("This link is not valid.", "Use the link of the message as it is, or `tenure useful mark`.") from None

    @cached_property
    def _signer(self) -> URLSafeSerializer:
        """Many alerts are told at once: the key is read once."""
        return URLSafeSerializer(self._key(), salt=f"tenure.useful.{self._venture_key}")

"""The links of one touch, as messages carry them."""

from __future__ import annotations

from urllib.parse import urlsplit

from tenure.model.touches import Touch
from tenure.services.tracking.tokens import CLICK, OPEN, SURVEY, UNSUBSCRIBE, Tokens

CLICK_PATH, OPEN_PATH, UNSUBSCRIBE_PATH, SURVEY_PATH = "/t/c/", "/t/o/", "/u/", "/s/"
_TRACKED = frozenset({"http", "https"})


class SignedLinks:
    """The port `tenure.ports.links.Links`.

    Args:
        base_url: where the API is reached from outside, such as `https://success.example.com`.
        reply_address: the mailbox whose mail is handed to `/inbound/mail`; None: replies are not captured.
        watches_opens: put an invisible image into messages. Opens are never responses; off unless asked for.
    """

    def __init__(self, made: Tokens, base_url: str, reply_address: str | None = None, *, watches_opens: bool = False) -> None:
        self._tokens = made
        self._base_url = base_url.rstrip("/")
        self._reply_address = reply_address
        self._watches_opens = watches_opens

    def unsubscribe_url(self, touch: Touch) -> str:
        """RFC 8058: a POST to it unsubscribes, a GET shows a page that asks."""
        return self._url(UNSUBSCRIBE_PATH, UNSUBSCRIBE, touch)

    def click_url(self, touch: Touch, target: str) -> str:
        """Counts the click of a person and leads to `target`; what is no web address (mailto:) stays as it is."""
        if urlsplit(target).scheme.lower() not in _TRACKED:
            return target
        return f"{self._base_url}{CLICK_PATH}{self._tokens.make(CLICK, touch.touch_id, target)}"

    def open_pixel_url(self, touch: Touch) -> str | None:
        """An invisible image; None: opens are not looked at."""
        return self._url(OPEN_PATH, OPEN, touch) + ".gif" if self._watches_opens else None

    def survey_url(self, touch: Touch) -> str:
        """The page of the survey this touch asks."""
        return self._url(SURVEY_PATH, SURVEY, touch)

    def reply_address(self, touch: Touch) -> str | None:
        """The mailbox with this touch's tag (I5), `replies+TAG@example.com`."""
        if not self._reply_address:
            return None
        local, _, domain = self._reply_address.rpartition("@")
        return f"{local}+{self._tokens.reply_tag(touch.touch_id)}@{domain}"

    def _url(self, path: str, purpose: str, touch: Touch) -> str:
        return f"{self._base_url}{path}{self._tokens.make(purpose, touch.touch_id)}"

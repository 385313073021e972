"""Signed links of one touch: they take the place of the markers of `tenure.model.links` when a message leaves."""

from __future__ import annotations

from typing import Protocol

from tenure.model.touches import Touch


class Links(Protocol):
    """Made by the tracking service; called while a message is composed. Addresses carry no personal data."""

    def unsubscribe_url(self, touch: Touch) -> str:
        """RFC 8058: a POST to it unsubscribes, a GET shows a page that asks."""
        ...

    def click_url(self, touch: Touch, target: str) -> str:
        """Counts the click of a person and leads to `target`."""
        ...

    def survey_url(self, touch: Touch) -> str:
        """The page of the survey named by the touch's `content["survey"]`; never to be counted as a click."""
        ...

    def open_pixel_url(self, touch: Touch) -> str | None:
        """An invisible image; None: opens are not looked at."""
        ...

    def reply_address(self, touch: Touch) -> str | None:
        """A reply-to address with a token (I5); None: replies go to the customer's owner and are not captured."""
        ...

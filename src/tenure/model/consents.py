"""Consent as a log: who said yes or no to what, where that is known from, and when (automation.md, section 5)."""

from __future__ import annotations

import msgspec

EVERY = "*"
"""Every purpose, or every channel."""


class Consent(msgspec.Struct, frozen=True, kw_only=True):
    """One word on (person, purpose, channel). `user_id` empty: of everybody at the customer.

    `source` names the form, import, link or person it is known from; a legal basis other than consent is `given` with that
    basis as its source.
    """

    customer_id: str
    user_id: str = ""
    purpose: str = EVERY
    channel: str = EVERY
    given: bool
    source: str
    at_us: int

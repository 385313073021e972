"""`[providers.calendar]`."""

from __future__ import annotations

from tenure.providers.config import ProviderSettings


class CalendarSettings(ProviderSettings):
    """`domain` makes the ids of invitations ours; that of the mail provider without it."""

    domain: str = ""

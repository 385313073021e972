"""How figures and options are said to people of the team."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from tenure.rules.working_time import local


def money(cents: int | None, currency: str) -> str:
    """`12,000 USD`; unknown stays unknown (R5)."""
    return "unknown" if cents is None else f"{cents / 100:,.0f} {currency}"


def moment(moment_us: int | None, zone: ZoneInfo) -> str:
    """`2 March 2026, 10:00`, in the team's zone."""
    if moment_us is None:
        return "never"
    there = local(moment_us, zone)
    return f"{there.day} {there:%B %Y, %H:%M}"


def day(moment_us: int | None, zone: ZoneInfo) -> str:
    """`2 March 2026`."""
    if moment_us is None:
        return "unknown"
    there = local(moment_us, zone)
    return f"{there.day} {there:%B %Y}"


def stamp(moment_us: int, zone: ZoneInfo) -> str:
    """`2026-03-02 10:00 Asia/Tokyo`: the first ten signs are the date."""
    return f"{local(moment_us, zone):%Y-%m-%d %H:%M} {zone.key}"


def plain(option: str) -> str:
    """`executive_call` as a person reads it."""
    return option.replace("_", " ")

"""The emergency review as a calendar invitation in a mail."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from icalendar import Calendar, Event, vCalAddress

from tenure.clock import from_us

MINUTES = 30


def invitation(uid: str, title: str, words: str, start_us: int, attendees: Sequence[str], now_us: int) -> dict[str, object]:
    """An attachment of a wanted touch: name, mime, text (RFC 5545, method REQUEST)."""
    event = Event()
    event.add("uid", uid)
    event.add("dtstamp", from_us(now_us))
    event.add("dtstart", from_us(start_us))
    event.add("dtend", from_us(start_us) + timedelta(minutes=MINUTES))
    event.add("summary", title)
    event.add("description", words)
    for one in attendees:
        event.add("attendee", vCalAddress(f"mailto:{one}"), encode=False)
    calendar = Calendar()
    calendar.add("prodid", "-//Tenure//Emergency review//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "REQUEST")
    calendar.add_component(event)
    return {"name": "review.ics", "mime": "text/calendar; method=REQUEST", "text": calendar.to_ical().decode()}

"""A calendar invitation as the text of an .ics file (RFC 5545, method REQUEST)."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256

from icalendar import Alarm, Calendar, Event, vCalAddress

from tenure.clock import MINUTE_US, from_us

NAME = "invitation.ics"
MIME = "text/calendar; method=REQUEST; charset=utf-8"


def invitation(
    key: str, *, title: str, starts_us: int, minutes: int, organizer: str, attendee: str, now_us: int
) -> dict[str, str]:
    """The attachment of a message that proposes a meeting; the same key is the same meeting, sent again it is an update.

    Args:
        key: of the touch; only a hash of it leaves the house.
        organizer, attendee: mail addresses; empty ones are left out.
    """
    event = Event()
    event.add("uid", f"{sha256(key.encode()).hexdigest()[:32]}@tenure")
    event.add("dtstamp", from_us(now_us))
    event.add("dtstart", from_us(starts_us))
    event.add("dtend", from_us(starts_us + minutes * MINUTE_US))
    event.add("summary", title)
    event.add("sequence", 0)
    event.add("status", "CONFIRMED")
    if organizer:
        event.add("organizer", vCalAddress(f"MAILTO:{organizer}"))
    if attendee:
        guest = vCalAddress(f"MAILTO:{attendee}")
        guest.params["RSVP"] = "TRUE"
        guest.params["PARTSTAT"] = "NEEDS-ACTION"
        event.add("attendee", guest)
    event.add_component(_reminder(title))
    calendar = Calendar()
    calendar.add("prodid", "-//Tenure//Playbooks//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "REQUEST")
    calendar.add_component(event)
    return {"name": NAME, "mime": MIME, "text": calendar.to_ical().decode()}


def _reminder(title: str) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", title)
    alarm.add("trigger", timedelta(minutes=-15))
    return alarm

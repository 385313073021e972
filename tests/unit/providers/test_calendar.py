"""Invitations as calendar programs read them."""

from __future__ import annotations

import msgspec
from icalendar import Calendar, Event

from tenure.clock import MINUTE_US, from_us
from tenure.ports.invitations import Attendee, Meeting
from tenure.ports.senders import Attachment
from tenure.providers.calendar.mapping import CalendarInvitations

NOW_US = 1_790_000_000_000_000
MEETING = Meeting(
    key="touch:1", title="Emergency review: a title, with; signs", starts_us=NOW_US + 60 * MINUTE_US, minutes=45,
    organizer=Attendee(email="otto@example.com", name="Otto; Owner"), attendees=(Attendee(email="ada@example.org", name="Ada"),),
    description="Line one\nLine two", place="https://meet.example.com/1",
)  # fmt: skip
INVITATIONS = CalendarInvitations("example.com")


def event_of(file: Attachment) -> tuple[str, Event]:
    calendar = Calendar.from_ical(file.data.decode())
    [event] = calendar.walk("VEVENT")
    assert isinstance(event, Event)
    return str(calendar["METHOD"]), event


def test_an_invitation_says_when_where_and_who() -> None:
    method, event = event_of(INVITATIONS.request(MEETING, NOW_US))
    assert method == "REQUEST"
    assert event["SUMMARY"] == MEETING.title and event["DESCRIPTION"] == MEETING.description
    assert event.start == from_us(MEETING.starts_us) and event.end == from_us(MEETING.starts_us + 45 * MINUTE_US)
    assert str(event["ORGANIZER"]) == "mailto:otto@example.com"
    assert str(event["ATTENDEE"]) == "mailto:ada@example.org" and event["ATTENDEE"].params["RSVP"] == "TRUE"
    assert int(event["SEQUENCE"]) == 0


def test_every_version_of_a_meeting_has_one_id_and_says_nothing_of_its_key() -> None:
    first = INVITATIONS.request(MEETING, NOW_US)
    later = INVITATIONS.request(msgspec.structs.replace(MEETING, sequence=1, starts_us=NOW_US), NOW_US)
    other = INVITATIONS.request(msgspec.structs.replace(MEETING, key="touch:2"), NOW_US)
    ids = [str(event_of(one)[1]["UID"]) for one in (first, later, other)]
    assert ids[0] == ids[1] != ids[2]
    assert ids[0].endswith("@example.com") and "touch" not in ids[0]
    assert int(event_of(later)[1]["SEQUENCE"]) == 1


def test_a_cancellation_takes_it_out() -> None:
    file = INVITATIONS.cancel(msgspec.structs.replace(MEETING, sequence=2), NOW_US)
    method, event = event_of(file)
    assert (method, str(event["STATUS"])) == ("CANCEL", "CANCELLED")
    assert file.mime == "text/calendar; method=CANCEL"


def test_lines_are_folded_and_end_as_the_standard_wants() -> None:
    file = INVITATIONS.request(msgspec.structs.replace(MEETING, description="ü" * 500), NOW_US)
    lines = file.data.split(b"\r\n")
    assert max(len(line) for line in lines) <= 75 and b"\n" not in b"".join(lines)


def test_it_stands_in_the_content_of_a_touch_as_text() -> None:
    file = INVITATIONS.request(MEETING, NOW_US)
    content = file.as_content()
    assert content["text"].encode() == file.data and content["name"] == "invite.ics"

"""Invitations: the id follows from the touch, so a second version changes the first and a cancellation takes it out."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256

from icalendar import Alarm, Calendar, Event, vCalAddress, vText
from icalendar.enums import STATUS

from tenure.clock import MINUTE_US, from_us
from tenure.ports.invitations import Attendee, Meeting
from tenure.ports.senders import Attachment

PRODUCT = "-//Tenure//Tenure//EN"
REQUEST, CANCEL = "REQUEST", "CANCEL"
REMINDED_BEFORE = timedelta(minutes=15)


class CalendarInvitations:
    """The port `tenure.ports.invitations.Invitations`."""

    def __init__(self, domain: str) -> None:
        self._domain = domain or "tenure.invalid"

    def uid(self, key: str) -> str:
        """The id of every version of the meeting of this touch."""
        return f"{sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()[:40]}@{self._domain}"

    def request(self, meeting: Meeting, now_us: int) -> Attachment:
        """Invite, or with a higher `sequence` move or change."""
        return self._file(meeting, REQUEST, now_us)

    def cancel(self, meeting: Meeting, now_us: int) -> Attachment:
        """Take it out of everybody's calendar; `sequence` above that of the last version."""
        return self._file(meeting, CANCEL, now_us)

    def _file(self, meeting: Meeting, method: str, now_us: int) -> Attachment:
        calendar = Calendar()
        calendar.add("prodid", PRODUCT)
        calendar.add("version", "2.0")
        calendar.add("method", method)
        calendar.add_component(self._event(meeting, method, now_us))
        return Attachment(name="invite.ics", mime=f"text/calendar; method={method}", data=calendar.to_ical())

    def _event(self, meeting: Meeting, method: str, now_us: int) -> Event:
        event = Event()
        event.add("uid", self.uid(meeting.key))
        event.add("sequence", meeting.sequence)
        event.add("dtstamp", from_us(now_us))
        event.add("dtstart", from_us(meeting.starts_us))
        event.add("dtend", from_us(meeting.starts_us + meeting.minutes * MINUTE_US))
        event.add("summary", meeting.title)
        if meeting.description:
            event.add("description", meeting.description)
        if meeting.place:
            event.add("location", meeting.place)
        event.add("status", STATUS.CANCELLED if method == CANCEL else STATUS.CONFIRMED)
        if meeting.organizer.email:
            event.add("organizer", _person(meeting.organizer), encode=False)
        for attendee in meeting.attendees:
            event.add("attendee", _invited(attendee), encode=False)
        if method == REQUEST:
            event.add_component(_reminder(meeting.title))
        return event


def _person(one: Attendee) -> vCalAddress:
    address = vCalAddress(f"mailto:{one.email}")
    if one.name:
        address.params["CN"] = vText(one.name)
    return address


def _invited(one: Attendee) -> vCalAddress:
    address = _person(one)
    address.params["ROLE"] = vText("REQ-PARTICIPANT")
    address.params["PARTSTAT"] = vText("NEEDS-ACTION")
    address.params["RSVP"] = vText("TRUE")
    return address


def _reminder(title: str) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", title)
    alarm.add("trigger", -REMINDED_BEFORE)
    return alarm

"""Review packs (C6): Monday's with the digest, the business review on the month's first Monday, each with an invitation.

An invitation is one meeting: its key is the day, so that a pack made again after a failure moves nobody's calendar.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tenure.clock import HOUR_US
from tenure.crew.reporting import recipients, to_team
from tenure.crew.rooms import ReviewPack, Rooms
from tenure.model.team import Recipient
from tenure.model.ventures import Role
from tenure.ports.invitations import Attendee, Meeting
from tenure.rules.notices import Notice
from tenure.rules.safety.review import review_us
from tenure.rules.team import FALLBACK, Team
from tenure.rules.wording import moment
from tenure.rules.working_time import at_hour_us, local_day, zone_of
from tenure.services.papers.reviews import BUSINESS, WEEKLY

WEEKLY_MINUTES, BUSINESS_MINUTES = 30, 60
BUSINESS_HOUR = 14
"""In the afternoon, so that whoever comes has read the pack."""


class Reviews:
    """Makes the packs, invites, and sends both."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    def weekly(self, digest: Notice, now_us: int) -> int:
        """The digest with Monday's pack: the meeting is an hour after it, for its recipients and the team leads."""
        rooms = self._rooms
        people = self._people(now_us, Role.lead)
        to = list(
            dict.fromkeys(
                [*recipients(rooms, "at_risk_digest_recipients", now_us), *(one.email for one in people)]
            )
        )
        starts_us = self._at(rooms.parameters().integer("weekly_digest_hour") + 1, now_us)
        pack = rooms.senses.review(WEEKLY, now_us)
        return self._send("weekly_digest", digest, pack, starts_us, WEEKLY_MINUTES, to, people, now_us)

    def business(self, uptime_percent: float | None, now_us: int) -> int:
        """The business review: chairman, team leads and the digest's recipients are invited to talk it through."""
        rooms = self._rooms
        people = self._people(now_us, Role.chairman, Role.lead)
        to = list(
            dict.fromkeys(
                [*(one.email for one in people), *recipients(rooms, "at_risk_digest_recipients", now_us)]
            )
        )
        pack = rooms.senses.review(BUSINESS, now_us, uptime_percent)
        if pack is None:
            return 0
        notice = Notice(title="Business review of the month", lines=pack.lines)
        return self._send(
            "business_review",
            notice,
            pack,
            self._at(BUSINESS_HOUR, now_us),
            BUSINESS_MINUTES,
            to,
            people,
            now_us,
        )

    def _send(
        self,
        operation: str,
        notice: Notice,
        pack: ReviewPack | None,
        starts_us: int,
        minutes: int,
        to: Sequence[str],
        people: Sequence[Recipient],
        now_us: int,
    ) -> int:
        if pack is None or not to:
            return to_team(self._rooms, operation, notice, now_us, to=to)
        zone = zone_of(self._rooms.parameters().text("venture_timezone"))
        when = moment(starts_us, zone)
        names = {one.email: one.name for one in people}
        meeting = Meeting(
            key=f"crew:{operation}:{local_day(now_us, zone)}",
            title=f"{pack.title}: {self._rooms.venture.name}",
            starts_us=starts_us,
            minutes=minutes,
            organizer=Attendee(email=to[0], name=names.get(to[0], "")),
            attendees=tuple(Attendee(email=one, name=names.get(one, "")) for one in to),
            description="\n".join(pack.lines),
        )
        invited = self._rooms.invitations.request(meeting, now_us)
        files: list[dict[str, object]] = [
            {
                "name": f"{pack.title.lower().replace(' ', '-')}.html",
                "mime": "text/html; charset=utf-8",
                "text": pack.page,
            },
            {"name": invited.name, "mime": invited.mime, "text": invited.data.decode()},
        ]
        facts = (*notice.facts, ("Review", f"{when}, {minutes} minutes"), ("Pack", pack.path))
        return to_team(
            self._rooms, operation, msgspec.structs.replace(notice, facts=facts), now_us, to=to, files=files
        )

    def _at(self, hour: int, now_us: int) -> int:
        """That hour of today; where it has passed (the machine was down), the next working hour there is."""
        parameters = self._rooms.parameters()
        at_us = at_hour_us(now_us, zone_of(parameters.text("venture_timezone")), min(hour, 23))
        return at_us if at_us > now_us + HOUR_US // 2 else review_us(now_us, parameters)

    def _people(self, now_us: int, *roles: Role) -> list[Recipient]:
        """Everybody of these roles; nobody: whoever else can be told (R4)."""
        rooms = self._rooms
        team = Team(rooms.stores.people.all(rooms.own), rooms.stores.stand_ins.all(rooms.own), now_us)
        found = [one for role in roles for one in team.of_role(role)]
        return list(dict.fromkeys(found or team.first(*FALLBACK)))

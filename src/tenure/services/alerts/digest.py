"""Day one 13: one quiet message per owner each morning (new, worse, better, due today); nothing else interrupts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from hashlib import sha256
from zoneinfo import ZoneInfo

from tenure.clock import DAY_US, HOUR_US
from tenure.model.alerts import DIGEST
from tenure.model.cause import Cause, CauseKind
from tenure.model.listing import Moved
from tenure.model.tasks import Task
from tenure.model.team import Recipient
from tenure.model.touches import ActionClass, Channel, Purpose
from tenure.model.ventures import Venture
from tenure.parameters import ParameterSet
from tenure.ports.store import Stores
from tenure.ports.touches import Touches, WantedTouch
from tenure.rules.notices import Notice, content
from tenure.rules.team import FALLBACK, Team
from tenure.rules.wording import moment
from tenure.rules.working_time import at_hour_us, local_day, zone_of

HOUR = 8
_MOST_LINES = 30
_PARTS = ("New", "Worse", "Better", "Also", "Due today")


class MorningDigest:
    """Called by the calendar each morning, or by every tick: its keys hold once a day."""

    def __init__(
        self, stores: Stores, touches: Touches, venture: Venture, parameters: Callable[[], ParameterSet]
    ) -> None:
        self._stores, self._touches, self._venture, self._parameters = stores, touches, venture, parameters

    def send(self, now_us: int) -> int:
        """Want the digests of today, once 08:00 of the venture's day has come; returns how many were new."""
        parameters, own = self._parameters(), self._venture.venture_id
        zone = zone_of(parameters.text("venture_timezone"))
        at_us = at_hour_us(now_us, zone, HOUR)
        if now_us < at_us or now_us >= at_us + 12 * HOUR_US:
            return 0
        team = Team(self._stores.people.all(own), self._stores.stand_ins.all(own), now_us)
        lines: dict[str, dict[str, list[str]]] = defaultdict(lambda: {part: [] for part in _PARTS})
        for row in self._stores.health.moved(own, at_us - DAY_US):
            for person in _responsible(team, row.customer_id, row.owner):
                lines[person.email][_part(row)].append(_line(row))
        self._add_alerts(lines, team, at_us)
        for task in self._due(at_us, zone):
            for person in team.named(task.assignee, None):
                lines[person.email]["Due today"].append(f"{task.title} (until {moment(task.due_us, zone)})")
        wanted = [self._touch(email, parts, local_day(at_us, zone), now_us) for email, parts in sorted(lines.items())]
        return self._touches.want(own, wanted, now_us=now_us) if wanted else 0

    def _add_alerts(self, lines: dict[str, dict[str, list[str]]], team: Team, at_us: int) -> None:
        """Alerts that did not interrupt: they are about a customer, but none is critical."""
        own = self._venture.venture_id
        quiet = [one for one in self._stores.alerts.of_delivery(own, DIGEST) if at_us - DAY_US <= one.raised_us < at_us]
        cards = self._stores.cards.get(own, [one.customer_id for one in quiet if one.customer_id is not None])
        for alert in quiet:
            card = cards.get(alert.customer_id or "")
            for person in team.responsible(card):
                lines[person.email]["Also"].append(f"{alert.title}: {card.name or card.customer_id if card else alert.customer_id}")

    def _due(self, at_us: int, zone: ZoneInfo) -> Sequence[Task]:
        """Open tasks due before the end of this day, overdue ones with them."""
        tonight_us = at_hour_us(at_us, zone, 0) + DAY_US
        return [one for one in self._stores.tasks.list(self._venture.venture_id) if one.due_us < tonight_us]

    def _touch(self, email: str, parts: dict[str, list[str]], day: str, now_us: int) -> WantedTouch:
        counts = ", ".join(f"{len(found)} {part.lower()}" for part, found in parts.items() if found)
        lines = [line for part, found in parts.items() if found for line in (f"{part}:", *_cut(found))]
        notice = Notice(title=f"Your customers this morning: {counts}", lines=tuple(lines))
        return WantedTouch(
            key=f"morning:{day}:{sha256(email.casefold().encode()).hexdigest()[:16]}",  # no address in a key
            channel=Channel.email,
            action_class=ActionClass.internal,
            purpose=Purpose.internal,
            customer_facing=False,
            cause=Cause(kind=CauseKind.schedule, reason="morning digest"),
            due_us=now_us,
            content=content(notice),
            to=email,
        )


def _responsible(team: Team, customer_id: str, owner: str | None) -> tuple[Recipient, ...]:
    found = team.owner(customer_id, owner)
    return (found,) if found is not None else team.first(*FALLBACK)


def _part(row: Moved) -> str:
    if row.previous_score is None:
        return "New"
    return "Worse" if row.score < row.previous_score else "Better"


def _line(row: Moved) -> str:
    before = "first score" if row.previous_score is None else f"{row.previous_score:g}"
    return f"{row.name or row.customer_id}: {before} -> {row.score:g}"


def _cut(found: Sequence[str]) -> list[str]:
    more = [f"and {len(found) - _MOST_LINES} more"] if len(found) > _MOST_LINES else []
    return [*found[:_MOST_LINES], *more]

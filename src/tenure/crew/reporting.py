"""Messages of the crew to the team: internal touches, once per operation and day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tenure.clock import day_of
from tenure.crew.rooms import Rooms
from tenure.model.cause import Cause, CauseKind
from tenure.model.touches import ActionClass, Channel, Purpose
from tenure.ports.touches import WantedTouch
from tenure.rules.notices import Notice, content
from tenure.rules.team import FALLBACK, Team


def lines_of(parts: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Headed lists as lines; an empty part says so."""
    return tuple(line for head, lines in parts.items() for line in (f"{head}:", *(lines or ["nobody"]), ""))


def to_team(
    rooms: Rooms,
    operation: str,
    notice: Notice,
    now_us: int,
    *,
    to: Sequence[str] | None = None,
    files: Sequence[dict[str, object]] = (),
) -> int:
    """By Slack to the success team's channel and by mail, with the files; returns how many were new.

    Args:
        to: the mail addresses; None: the digest's recipients (R4).
    """
    said, mailed = content(notice), content(notice, attachments=files)
    places = [(Channel.slack, rooms.parameters().text("success_slack_channel"))]
    places += [
        (Channel.email, one)
        for one in (recipients(rooms, "at_risk_digest_recipients", now_us) if to is None else to)
    ]
    cause = Cause(kind=CauseKind.schedule, reason=operation)
    wanted = [
        WantedTouch(
            key=f"crew:{operation}:{day_of(now_us)}:{place}",
            channel=channel,
            action_class=ActionClass.internal,
            purpose=Purpose.internal,
            customer_facing=False,
            cause=cause,
            due_us=now_us,
            content=mailed if channel is Channel.email else said,
            to=to,
        )
        for place, (channel, to) in enumerate(places)
        if to
    ]
    return rooms.stores.touches.want(rooms.own, wanted, now_us=now_us)


def recipients(rooms: Rooms, parameter: str, now_us: int) -> Sequence[str]:
    """The addresses of a parameter; unset: team lead, admin (R4)."""
    named = rooms.parameters().names(parameter)
    if named:
        return named
    team = Team(rooms.stores.people.all(rooms.own), rooms.stores.stand_ins.all(rooms.own), now_us)
    return [one.email for one in team.first(*FALLBACK)]

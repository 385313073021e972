"""Where an alert goes and by when it is answered (console.md, alert routing; R4, K4, A10)."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tenure.model.cards import CustomerCard
from tenure.model.team import Recipient
from tenure.model.touches import Channel
from tenure.model.ventures import Role
from tenure.parameters import ParameterSet
from tenure.rules.team import FALLBACK, Team, segment_facts
from tenure.rules.working_time import clocks_us, working_hours_after_us, zone_of

OWNER = "owner"
CRITICAL = "critical_customer"
AT_ANY_HOUR = ("nps_negative", "system_degraded")
"""Answers expected whatever the hour (K4)."""
DEFAULT_ANSWER_HOURS = 24


class Route(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`slack`: a parameter with a channel; `mail`: a parameter with addresses; `roles`: who is mailed where that is unset."""

    severity: str
    slack: str = ""
    mail: str = ""
    roles: tuple[str, ...] = ()


ROUTES = {
    CRITICAL: Route(severity="high", slack="critical_slack_channel", roles=(OWNER,)),
    "nps_negative": Route(
        severity="high", slack="chairman_escalation_slack", mail="chairman_escalation_email", roles=(Role.chairman,)
    ),
    "system_degraded": Route(severity="medium", slack="engineering_slack_channel", roles=(Role.eva,)),
    "crm_sync_failed": Route(severity="medium", mail="operations_email", roles=(Role.lead, Role.admin)),
    "retention_decline": Route(severity="medium", slack="success_slack_channel"),
}
OTHER = Route(severity="medium", slack="success_slack_channel", roles=(OWNER,))


class Address(msgspec.Struct, frozen=True):
    """One place an alert goes to."""

    channel: Channel
    to: str


def route_of(kind: str) -> Route:
    return ROUTES.get(kind, OTHER)


def addresses(kind: str, card: CustomerCard | None, also: Sequence[str], team: Team, parameters: ParameterSet) -> tuple[Address, ...]:
    """Everywhere this alert goes; `also` are further roles (the fourth failure in a row goes to the chairman, A25).

    Channels may be set per segment and time zone; an unset recipient falls back owner -> team lead -> admin (R4).
    """
    route, own = route_of(kind), parameters.for_segment(segment_facts(card))
    found = [Address(Channel.slack, own.text(route.slack))] if route.slack and own.text(route.slack) else []
    found += [Address(Channel.email, one) for one in _mails(route, card, team, own)]
    for role in also:
        found += [Address(Channel.email, one.email) for one in team.named(role, card)]
    return tuple(dict.fromkeys(found))


def _mails(route: Route, card: CustomerCard | None, team: Team, parameters: ParameterSet) -> list[str]:
    value = parameters[route.mail] if route.mail else ()
    given = list(value) if isinstance(value, tuple) else [value] if isinstance(value, str) and value else []
    if given or not route.roles:
        return [str(one) for one in given]
    return [one.email for one in _people(route.roles, card, team)]


def _people(roles: Sequence[str], card: CustomerCard | None, team: Team) -> tuple[Recipient, ...]:
    if roles == (OWNER,):
        return team.responsible(card)
    return team.first(*(Role(one) for one in roles), *(() if roles == (Role.eva,) else FALLBACK))


def escalates_to(card: CustomerCard | None, team: Team) -> tuple[Address, ...]:
    """The next rung of an alert nobody answered: the team leads, else the admins."""
    return tuple(Address(Channel.email, one.email) for one in team.first(*FALLBACK))


def answer_due_us(kind: str, raised_us: int, card: CustomerCard | None, parameters: ParameterSet) -> int:
    """By when it is answered.

    A critical customer's alert is answered by contacting it: elapsed time, moved out of the customer's quiet hours (A10).
    NPS negative and system degraded count at any hour, the others in the venture's working hours (K4).
    """
    own = parameters.for_segment(segment_facts(card))
    hours = int(own.entries("alert_answer_hours").get(kind, DEFAULT_ANSWER_HOURS))
    venture_zone = own.text("venture_timezone")
    if kind == CRITICAL:
        zone = zone_of(None if card is None else card.timezone, venture_zone)
        return clocks_us(raised_us, (hours,), zone, own.quiet_hours())[0]
    if kind in AT_ANY_HOUR:
        return raised_us + hours * 3_600_000_000
    return working_hours_after_us(raised_us, hours, zone_of(venture_zone), own.names("working_days"), own.quiet_hours())

"""Who is told, where and how soon."""

from __future__ import annotations

from collections.abc import Mapping

from tenure.parameters.compound_kinds import MAIL_ADDRESS, OnePer, addresses
from tenure.parameters.kinds import Choice, Integer, Kind, PrivateText, Text
from tenure.parameters.parameter import Follows, Owner, Parameter, in_group
from tenure.parameters.values import Entries, Frozen, Value

EVA, CHAIRMAN = Owner.EVA, Owner.CHAIRMAN

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

_CHANNEL = Text(example="#customer-success")
_ADDRESS = PrivateText(pattern=MAIL_ADDRESS, example="success@example.com")

ALERT_ANSWER_HOURS = {"nps_negative": 0, "system_degraded": 1, "crm_sync_failed": 4, "retention_decline": 168}


def _answer_hours(values: Mapping[str, Value]) -> Entries:
    """A critical customer's alert is answered by contacting it, so its time is `critical_response_hours`."""
    contact = values["critical_response_hours"]
    assert isinstance(contact, int)
    return Frozen({**ALERT_ANSWER_HOURS, "critical_customer": contact})


def _recipient(
    name: str, kind: Kind, default: Value, owner: Owner, help: str, *, segmentable: bool
) -> Parameter:
    return Parameter(name, kind, default, "", owner, help, segmentable=segmentable)


ALERTS = in_group(
    "Alerts",
    # what is about customers may go to another team per segment or time zone (R4)
    _recipient(
        "critical_slack_channel",
        _CHANNEL,
        "#customer-success-urgent",
        EVA,
        "Slack channel for critical customers.",
        segmentable=True,
    ),
    _recipient(
        "success_slack_channel",
        _CHANNEL,
        "#customer-success",
        EVA,
        "Slack channel of the success team.",
        segmentable=True,
    ),
    _recipient(
        "engineering_slack_channel",
        _CHANNEL,
        "#eng-ops",
        EVA,
        "Slack channel for a degraded system.",
        segmentable=False,
    ),
    _recipient(
        "at_risk_digest_recipients",
        addresses(),
        (),
        EVA,
        "Who gets the weekly at-risk digest; unset falls back to owner, team lead, admin.",
        segmentable=True,
    ),
    _recipient(
        "operations_email",
        addresses(),
        (),
        EVA,
        "Who is told when the CRM sync fails; unset falls back to team lead, admin.",
        segmentable=False,
    ),
    _recipient(
        "chairman_escalation_slack",
        Text(example="#chairman or a member id"),
        "",
        CHAIRMAN,
        "Where decisions reach the chairman on Slack.",
        segmentable=False,
    ),
    _recipient(
        "chairman_escalation_email",
        _ADDRESS,
        "",
        CHAIRMAN,
        "Where decisions reach the chairman by e-mail.",
        segmentable=False,
    ),
    Parameter(
        "critical_alert_delay_minutes",
        Integer(0, 60),
        5,
        "minutes",
        EVA,
        "A critical alert waits this long and is dropped when the score recovers meanwhile.",
    ),
    Parameter("weekly_digest_day", Choice(WEEKDAYS), "Monday", "", EVA, "Day of the weekly digest."),
    Parameter(
        "weekly_digest_hour",
        Integer(0, 23),
        9,
        "o'clock",
        EVA,
        "Hour of the weekly digest, in venture_timezone.",
    ),
    Parameter(
        "alert_answer_hours",
        OnePer("alert", Integer(0, 336), ("critical_customer", *ALERT_ANSWER_HOURS)),
        Frozen({**ALERT_ANSWER_HOURS, "critical_customer": 24}),
        "hours",
        EVA,
        "An alert not answered in this time is escalated; 0 means at once (K4).",
        follows=Follows("critical_customer follows critical_response_hours until set", _answer_hours),
    ),
    Parameter(
        "alerts_per_hour",
        Integer(1, 1_000),
        10,
        "alerts",
        EVA,
        "More critical alerts in an hour become one message.",
    ),
)

"""The machine itself: its checks, limits, calendar."""

from __future__ import annotations

from tenure.parameters.compound_kinds import Names
from tenure.parameters.declarations.alerts import WEEKDAYS
from tenure.parameters.kinds import Choice, Integer, Number, TimeZone
from tenure.parameters.parameter import Owner, Parameter, in_group

EVA, CHAIRMAN = Owner.EVA, Owner.CHAIRMAN

SYSTEM = in_group(
    "System",
    Parameter(
        "health_check_interval_minutes",
        Integer(5, 1440),
        60,
        "minutes",
        EVA,
        "Time between two checks of the system.",
    ),
    Parameter(
        "max_consecutive_failures",
        Integer(1, 10),
        3,
        "failures",
        CHAIRMAN,
        "Failures in a row that go to EVA; one more goes to the chairman.",
    ),
    Parameter(
        "target_uptime_percent",
        Number(95, 99.9),
        99.5,
        "%",
        CHAIRMAN,
        "Share of minutes the system should be up.",
    ),
    Parameter(
        "crm_sync_error_threshold_percent",
        Number(1, 10),
        5.0,
        "%",
        CHAIRMAN,
        "Share of failed records above which CRM writing pauses.",
    ),
    Parameter(
        "stale_input_hours",
        Integer(1, 168),
        36,
        "hours",
        CHAIRMAN,
        "No outreach rests on a source older than this (M17).",
    ),
    Parameter(
        "fleet_drop_percent",
        Number(1, 100),
        20.0,
        "%",
        CHAIRMAN,
        "Share of customers falling in 24 hours that is taken for a broken pipe (A4).",
    ),
    Parameter(
        "fleet_drop_min_customers",
        Integer(1, 10_000),
        20,
        "customers",
        CHAIRMAN,
        "Fewer falling are no broken pipe.",
    ),
    Parameter(
        "resume_cohort_percent",
        Number(1, 100),
        10.0,
        "%",
        CHAIRMAN,
        "Share of customers with whom paused automation resumes first.",
    ),
    Parameter(
        "venture_timezone", TimeZone(), "UTC", "", EVA, "Zone of digests, reports and working days (R7)."
    ),
    Parameter(
        "working_days",
        Names(Choice(WEEKDAYS), f"the days {', '.join(WEEKDAYS)}"),
        WEEKDAYS[:5],
        "",
        EVA,
        "Days that count where the text says working day.",
    ),
)

"""When playbooks take a customer, what they may spend, and who may act without asking."""

from __future__ import annotations

from tenure.parameters.compound_kinds import OnePer
from tenure.parameters.kinds import Choice, Integer, Number
from tenure.parameters.parameter import Owner, Parameter, in_group
from tenure.parameters.values import Frozen

EVA, CHAIRMAN = Owner.EVA, Owner.CHAIRMAN

AUTONOMY_LEVELS = ("manual", "assisted", "auto")

ACTION_CLASSES = ("message", "offer", "survey", "parameter_change")
"""What autonomy governs; internal alerts, tasks, incidents and CRM writes always go (A9)."""

_DAY = 24
# executive_call and survey are not in A22: a call is as urgent as the customer it saves, a survey is a message
DECISION_DEADLINE_HOURS = {
    "critical_escalation": 1 * _DAY,
    "pause_resume": 1 * _DAY,
    "executive_call": 1 * _DAY,
    "message_approval": 3 * _DAY,
    "survey": 3 * _DAY,
    "special_offer": 5 * _DAY,
    "publish": 7 * _DAY,
    "configuration": 7 * _DAY,
    "pricing": 14 * _DAY,
    "roadmap_change": 14 * _DAY,
}

# cents for one touch; what a person's time costs is person_minute_cost
CHANNEL_COST_CENTS = {
    "email": 0.1,
    "slack": 0.0,
    "sms": 8.0,
    "in_app": 0.0,
    "crm_task": 0.0,
    "call": 0.0,
    "survey": 0.1,
}


def _days(name: str, default: int, low: int, high: int, help: str) -> Parameter:
    return Parameter(name, Integer(low, high), default, "days", EVA, help)


AUTOMATION = in_group(
    "Playbooks and autonomy",
    Parameter(
        "autonomy",
        OnePer("action class", Choice(AUTONOMY_LEVELS), ACTION_CLASSES),
        Frozen(dict.fromkeys(ACTION_CLASSES, "assisted")),
        "",
        CHAIRMAN,
        "manual: listed as advice; assisted: a draft waits for approval; auto: it goes.",
    ),
    _days(
        "at_risk_confirm_days",
        2,
        1,
        10,
        "Daily refreshes on working days before at_risk takes a customer (A17).",
    ),
    _days(
        "champion_silent_days", 30, 7, 120, "Days without activity after which a main user or primary contact counts as silent."
    ),
    _days(
        "onboarding_no_activation_days", 3, 1, 14, "Days without activation after which onboarding starts."
    ),
    _days(
        "activation_second_feature_days",
        7,
        1,
        30,
        "Days without a second feature after which activation starts.",
    ),
    _days("renewal_notice_days", 30, 7, 120, "Days before the renewal date at which renewal starts."),
    _days(
        "playbook_reentry_days",
        90,
        7,
        365,
        "The same playbook takes the same customer again only after this.",
    ),
    Parameter(
        "win_back_max_check_ins",
        Integer(0, 12),
        4,
        "check-ins",
        EVA,
        "Check-ins after a win-back, then silence.",
    ),
    _days("touch_expiry_days", 3, 1, 14, "A touch or draft that waited this long is skipped (A18)."),
    _days(
        "email_warmup_days",
        0,
        0,
        90,
        "Days a new sending domain warms up after going live; 0 where receivers know the domain.",
    ),
    Parameter(
        "email_warmup_per_day",
        Integer(1, 100_000),
        50,
        "mails",
        EVA,
        "Automated mails on the first day of the warm-up; twice as many every second day.",
    ),
    Parameter(
        "decision_deadline_hours",
        OnePer("kind of decision", Integer(1, 720), tuple(DECISION_DEADLINE_HOURS)),
        Frozen(DECISION_DEADLINE_HOURS),
        "hours",
        CHAIRMAN,
        "Time the chairman has; half-way a reminder, at the deadline the delegate (A22).",
    ),
    Parameter(
        "single_escalations_per_day",
        Integer(0, 100),
        5,
        "decisions",
        CHAIRMAN,
        "Above this many in a day single escalations are joined, highest ARR first.",
    ),
    Parameter(
        "offer_max_percent",
        Number(0, 100),
        0.0,
        "%",
        CHAIRMAN,
        "Largest discount that goes out without a decision; 0 means every offer is decided.",
    ),
    Parameter(
        "offer_budget_per_month",
        Integer(0),
        0,
        "of the venture's currency",
        CHAIRMAN,
        "Discounts a month that go out without a decision; 0 means every offer is decided.",
    ),
    Parameter(
        "channel_cost",
        OnePer("channel", Number(0, 100_000), tuple(CHANNEL_COST_CENTS)),
        Frozen(CHANNEL_COST_CENTS),
        "cents a touch",
        EVA,
        "What one touch costs, for the return of a campaign (M18).",
    ),
    Parameter(
        "person_minute_cost",
        Number(0, 10_000),
        100.0,
        "cents a minute",
        EVA,
        "What a logged minute of the team costs, for the return of a campaign (M18).",
    ),
    Parameter(
        "entry_gate_customers",
        Integer(1, 10_000),
        10,
        "customers",
        CHAIRMAN,
        "Customers with completed onboarding that the entry gate asks for.",
    ),
)

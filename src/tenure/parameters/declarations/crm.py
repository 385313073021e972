"""The customer relationship system on the other side of the sync."""

from __future__ import annotations

from tenure.parameters.kinds import Choice, Integer, Text
from tenure.parameters.parameter import Owner, Parameter, in_group

EVA, CHAIRMAN = Owner.EVA, Owner.CHAIRMAN


def _field(name: str, default: str, help: str) -> Parameter:
    return Parameter(name, Text(optional=False, example=default), default, "", EVA, help)


CRM = in_group(
    "CRM",
    Parameter(
        "crm_platform",
        Choice(("none", "hubspot", "salesforce", "intercom")),
        "none",
        "",
        CHAIRMAN,
        "The CRM that scores, tasks and notes go to; none keeps them in Tenure.",
    ),
    Parameter(
        "crm_api_endpoint",
        Text(pattern=r"https?://[^\s@]+", example="https://crm.example.com"),
        "",
        "",
        CHAIRMAN,
        "Address of the CRM's API; empty means the vendor's own.",
    ),
    Parameter("crm_sync_frequency_hours", Integer(1, 168), 24, "hours", EVA, "Time between two syncs."),
    Parameter("crm_retry_attempts", Integer(1, 10), 3, "attempts", EVA, "Attempts for errors that may pass."),
    Parameter("crm_timeout_seconds", Integer(5, 120), 30, "seconds", EVA, "Time the CRM has for one answer."),
    _field("customer_id_field", "user_id", "CRM field that holds the customer's id."),
    _field("health_score_field", "health_score_custom", "CRM field that receives the health score."),
    _field("last_login_field", "last_activity_date", "CRM field that receives the last login."),
    _field(
        "support_ticket_field", "open_ticket_count", "CRM field that receives the number of open tickets."
    ),
)

"""The fields of each kind of fact: fixed column name, record attribute, how a cell is read, other names it goes by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from tenure.model.facts import (
    RECORD_OF_KIND,
    CustomerStatus,
    FactKind,
    InvoiceState,
    MovementKind,
    TicketStatus,
)
from tenure.services.importing import values
from tenure.services.importing.goals import goals
from tenure.services.importing.reading import BLANKS, ReadingRules, Refusal, is_missing, text_of
from tenure.services.importing.times import fact_time_us, plan_time_us

Reader = Callable[[Any, ReadingRules], Any]

PERIODS = "subscription_periods"
"""A mapping kind of its own: rows are paid periods, from which movements of monthly revenue are derived."""
KINDS: dict[str, FactKind] = {kind.plural: kind for kind in FactKind} | {PERIODS: FactKind.movement}
"""What `kind` may say in a mapping, and the facts that come out."""


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One field of one kind. `attribute` empty: it does not enter the record under a name of its own."""

    column: str
    attribute: str
    how: str = "text"
    is_required: bool = False
    also: tuple[str, ...] = ()


def _words(known: dict[str, str], rule: str) -> Reader:
    def read(raw: Any, rules: ReadingRules) -> str | None:
        if is_missing(raw):
            return None
        word = text_of(raw).strip(BLANKS).lower().replace(" ", "_").replace("-", "_")
        if word not in known:
            raise Refusal(rule)
        return known[word]

    return read


def _same(enum: type[Any]) -> dict[str, str]:
    return {str(member.value): str(member.value) for member in enum}


CUSTOMER_WORDS = _same(CustomerStatus) | {
    "trialing": "trial", "trialling": "trial", "cancelled": "churned", "canceled": "churned", "subscribed": "active",
}  # fmt: skip
TICKET_WORDS = _same(TicketStatus) | {
    "new": "open", "reopened": "open", "in_progress": "open", "hold": "pending", "on_hold": "pending",
    "waiting": "pending", "resolved": "solved", "done": "solved",
}  # fmt: skip
MOVEMENT_WORDS = _same(MovementKind) | {
    "upgrade": "expansion", "downgrade": "contraction", "cancellation": "churn", "churned": "churn",
    "reactivated": "reactivation", "resurrected": "reactivation",
}  # fmt: skip


def _term_days(raw: Any, rules: ReadingRules) -> int | None:
    """Days of a term: `monthly`, `annual`, `24 months`, a plain number (below 28 and 36, 48, 60: months; else days)."""
    if is_missing(raw):
        return None
    words = text_of(raw).strip(BLANKS).lower().replace("-", " ").split()
    if len(words) == 1 and words[0] in _TERMS:
        return _TERMS[words[0]]
    if len(words) == 2 and words[1].rstrip("s") in _UNIT_DAYS:
        return _months(values.count(words[0], rules) or 0, words[1].rstrip("s"))
    if len(words) > 1 and " ".join(words) in _TERMS:
        return _TERMS[" ".join(words)]
    amount = values.count(raw, rules) or 0
    return _months(amount, "month" if amount < 28 or amount in (36, 48, 60) else "day")


def _months(amount: int, unit: str) -> int:
    if unit == "month" and amount % 12 == 0:
        return amount // 12 * 365
    if amount > 36_500:
        raise Refusal("number_too_large")
    return amount * _UNIT_DAYS[unit]


_UNIT_DAYS = {"day": 1, "week": 7, "month": 30, "quarter": 91, "year": 365}
_TERMS = {
    "weekly": 7, "week": 7, "monthly": 30, "month": 30, "quarterly": 91, "quarter": 91, "semiannual": 182,
    "biannual": 182, "half yearly": 182, "semi annual": 182, "annual": 365, "annually": 365, "yearly": 365,
    "year": 365, "multi year": 730, "biennial": 730,
}  # fmt: skip


def _currency(raw: Any, rules: ReadingRules) -> str | None:
    word = values.text(raw)
    if word is None:
        return None
    if not (len(word) == 3 and word.isascii() and word.isalpha()):
        raise Refusal("not_a_currency")
    return word.upper()


def _consent(raw: Any, rules: ReadingRules) -> dict[str, bool] | None:
    given = values.json_object(raw)
    if given is not None and not all(isinstance(value, bool) for value in given.values()):
        raise Refusal("not_a_flag")
    return given


READERS: dict[str, Reader] = {
    "id": lambda raw, rules: values.text(raw, values.ID_CHARACTERS),
    "text": lambda raw, rules: values.text(raw),
    "comment": lambda raw, rules: values.text(raw, values.COMMENT_CHARACTERS),
    "fact_time": fact_time_us,
    "plan_time": plan_time_us,
    "cents": values.cents,
    "size_cents": values.size_cents,
    "count": values.count,
    "whole": values.whole,
    "satisfaction": values.satisfaction_hundredths,
    "flag": lambda raw, rules: values.flag(raw),
    "json": lambda raw, rules: values.json_object(raw),
    "consent": _consent,
    "goals": goals,
    "term": _term_days,
    "currency": _currency,
    "customer_status": _words(CUSTOMER_WORDS, "unknown_status"),
    "ticket_status": _words(TICKET_WORDS, "unknown_status"),
    "movement_kind": _words(MOVEMENT_WORDS, "unknown_kind"),
    "invoice_state": _words(_same(InvoiceState) | {"unpaid": "past_due", "overdue": "past_due"}, "unknown_invoice_state"),
}
TEXT_HOWS = frozenset({"id", "text", "comment", "currency", "customer_status", "ticket_status", "movement_kind", "invoice_state"})
OBJECT_HOWS = frozenset({"json", "consent", "goals"})


def _field(column: str, attribute: str | None = None, how: str = "text", also: str = "", required: bool = False) -> Field:
    name = column if attribute is None else attribute
    return Field(column=column, attribute=name, how=how, also=tuple(also.split()), is_required=required)


_CUSTOMER_ID = "account_id company_id organization_id organisation_id org_id tenant_id workspace_id client_id group_id customer account"
_USER_ID = "person_id member_id contact_id distinct_id userid"

FIELDS: dict[str, tuple[Field, ...]] = {
    "customers": (
        _field("customer_id", how="id", also=_CUSTOMER_ID + " id", required=True),
        _field("updated_at", "stated_us", "fact_time", "stated_at modified_at last_modified"),
        _field("created_at", "created_us", "fact_time", "created signup_date signed_up_at signup_at registered_at registered_on registration_date customer_since start_date signup_month"),
        _field("status", how="customer_status", also="state customer_status account_status subscription_status"),
        _field("name", also="customer_name account_name company_name company"),
        _field("email", also="e_mail email_address mail"),
        _field("plan", also="plan_name tier product_plan subscription_plan"),
        _field("arr", "arr_cents", "cents", "annual_revenue annual_recurring_revenue acv"),
        _field("currency", how="currency", also="currency_code"),
        _field("industry", also="sector vertical"),
        _field("owner", also="csm account_manager customer_success_manager account_owner"),
        _field("renewal_date", "renewal_us", "plan_time", "renews_at renews_on renewal_at contract_end contract_end_date"),
        _field("term", "term_days", "term", "term_days billing_period billing_cycle contract_term"),
        _field("onboarded_at", "onboarded_us", "fact_time", "onboarding_completed_at onboarding_completed onboarded"),
        _field("cancel_requested_at", "cancel_requested_us", "fact_time", "cancellation_requested_at"),
        _field("churned_at", "churned_us", "plan_time", "cancelled_at canceled_at cancelled_on churn_date churned_on ended_at"),
        _field("timezone", also="time_zone tz"),
        _field("language", also="locale lang"),
        _field("phone", also="phone_number telephone"),
        _field("primary_contact", also="primary_contact_id main_contact"),
        _field("parent_id", how="id", also="parent_account_id parent_customer_id"),
        _field("seats", how="count", also="licenses licences seat_count"),
        _field("internal", how="flag", also="is_internal is_test test_account"),
        _field("goals", how="goals", also="customer_goals objectives"),
        _field("traits", "traits", "json"),
    ),
    "users": (
        _field("user_id", how="id", also=_USER_ID + " id", required=True),
        _field("updated_at", "stated_us", "fact_time", "stated_at modified_at last_modified"),
        _field("customer_id", how="id", also=_CUSTOMER_ID),
        _field("name", also="full_name user_name display_name"),
        _field("email", also="e_mail email_address mail"),
        _field("role", also="user_role job_title"),
        _field("created_at", "created_us", "fact_time", "created signup_date signed_up_at registered_at registered_on"),
        _field("deactivated_at", "deactivated_us", "fact_time", "deleted_at disabled_at"),
        _field("consent", how="consent"),
        _field("traits", "traits", "json"),
    ),
    "events": (
        _field("event_id", "", "id", "message_id messageid uuid id insert_id"),
        _field("event", "name", "text", "event_name event_type action activity name type", required=True),
        _field("timestamp", "occurred_us", "fact_time", "time occurred_at event_time event_timestamp created_at date datetime ts at", required=True),
        _field("user_id", how="id", also=_USER_ID + " user"),
        _field("anonymous_id", "", "id", "device_id"),
        _field("customer_id", how="id", also=_CUSTOMER_ID),
        _field("feature", how="id"),
        _field("count", "", "count"),
        _field("properties", "properties", "json", "props event_properties attributes"),
    ),
    "tickets": (
        _field("ticket_id", how="id", also="case_id conversation_id id ticket number", required=True),
        _field("updated_at", "stated_us", "fact_time", "stated_at modified_at last_modified"),
        _field("customer_id", how="id", also=_CUSTOMER_ID),
        _field("user_id", how="id", also=_USER_ID + " requester_id"),
        _field("status", how="ticket_status", also="state ticket_status"),
        _field("created_at", "created_us", "fact_time", "created opened_at opened created_on submitted_at", required=True),
        _field("resolved_at", "resolved_us", "fact_time", "solved_at closed_at resolved"),
        _field("first_reply_at", "first_reply_us", "fact_time", "first_response_at first_replied_at"),
        _field("priority", also="urgency severity"),
        _field("subject", also="title"),
        _field("category", also="type topic"),
        _field("satisfaction", "satisfaction_hundredths", "satisfaction", "csat satisfaction_score rating"),
    ),
    "revenue": (
        _field("movement_id", "", "id", "id"),
        _field("customer_id", how="id", also=_CUSTOMER_ID, required=True),
        _field("occurred_at", "occurred_us", "fact_time", "date timestamp time effective_at moved_at month", required=True),
        _field("kind", how="movement_kind", also="type movement movement_type", required=True),
        _field("monthly_amount", "monthly_cents", "size_cents", "mrr amount mrr_change monthly_revenue delta_mrr"),
        _field("currency", how="currency", also="currency_code"),
        _field("plan", also="plan_name tier"),
        _field("invoice_state", how="invoice_state", also="invoice_status payment_state"),
    ),
    "answers": (
        _field("answer_id", "", "id", "id response_id"),
        _field("survey", also="survey_name survey_type survey_kind", required=True),
        _field("score", how="whole", also="rating nps_score nps value", required=True),
        _field("answered_at", "answered_us", "fact_time", "timestamp date time responded_at submitted_at created_at", required=True),
        _field("customer_id", how="id", also=_CUSTOMER_ID),
        _field("user_id", how="id", also=_USER_ID + " respondent_id"),
        _field("comment", how="comment", also="feedback text verbatim reason"),
    ),
    "aliases": (
        _field("previous_id", how="id", also="anonymous_id from_id old_id", required=True),
        _field("user_id", how="id", also="to_id new_id", required=True),
        _field("updated_at", "stated_us", "fact_time", "stated_at timestamp time"),
    ),
    PERIODS: (
        _field("customer_id", how="id", also=_CUSTOMER_ID, required=True),
        _field("start", "start_us", "fact_time", "start_date starts_on started_at period_start from valid_from", required=True),
        _field("end", "end_us", "plan_time", "end_date ends_on ended_at period_end to until valid_to"),
        _field("monthly_amount", "monthly_cents", "cents", "mrr monthly_revenue amount", required=True),
        _field("currency", how="currency", also="currency_code"),
        _field("plan", also="plan_name tier"),
    ),
}
RECORD_ORDER: dict[str, tuple[str, ...]] = {kind.plural: record.__struct_fields__ for kind, record in RECORD_OF_KIND.items()}
"""The order in which a record's JSON names its fields."""
ID_FIELDS = {"events": "event_id", "revenue": "movement_id", "answers": "answer_id"}
"""Where the id of a fact that happens once is found; without one it gets its own (P9)."""
EXTRAS_GO_TO = {"customers": "traits", "users": "traits", "events": "properties"}
"""Where a column nobody declared ends up; of the other kinds it is named in the report and left out."""
ONE_OF = {"events": ("user_id", "customer_id"), "tickets": ("customer_id", "user_id"), "answers": ("customer_id", "user_id")}
"""At least one of these must be there: whose fact is it?"""
SURVEY_SCALES = {"nps": (0, 10), "csat": (1, 5), "ces": (1, 7)}
OTHER_SCALE = (0, 100)


def scale_of(survey: str) -> tuple[int, int]:
    """Lowest and highest score of a survey by its name (`nps`, `nps_2026`, ...)."""
    return SURVEY_SCALES.get(survey.lower().partition("_")[0], OTHER_SCALE)

"""One raw row at a time into a checked record, or the problems that keep it out.

This is the meaning of every check. The columnar path only does the same faster for clean rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from tenure.clock import day_of
from tenure.model.facts import (
    Alias,
    Answer,
    Customer,
    CustomerStatus,
    Event,
    FactKind,
    InvoiceState,
    Movement,
    MovementKind,
    Record,
    Ticket,
    TicketStatus,
    User,
)
from tenure.services.importing import values
from tenure.services.importing.fields import (
    EXTRAS_GO_TO,
    FIELDS,
    ID_FIELDS,
    ONE_OF,
    PERIODS,
    READERS,
    scale_of,
)
from tenure.services.importing.mapping import SourceMapping, undeclared
from tenure.services.importing.plan import Plan, resolve
from tenure.services.importing.reading import Problem, ReadingRules, Refusal, is_missing, shown


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """A paid period of one subscription: from `start_us` until before `end_us` (None: still running)."""

    customer_id: str
    start_us: int
    monthly_cents: int
    end_us: int | None = None
    currency: str | None = None
    plan: str | None = None


class Parsed(msgspec.Struct, frozen=True, kw_only=True):
    """A checked record. `fact_id` is the id its source gave a fact that happens once, None when it gave none."""

    record: Record | Period
    fact_id: str | None = None


Problems = tuple[Problem, ...]


def parse_record(
    kind: str | FactKind,
    raw: Mapping[str, Any],
    source: SourceMapping | None,
    now_us: int,
    time_zone: str = "UTC",
) -> Record | list[Problem]:
    """One raw record (fixed or mapped column names) checked and typed, or everything that is wrong with it.

    `kind` is a FactKind or its plural name; `source` None means names are guessed. A record in which nothing is
    said comes back as a problem of rule `required`.
    """
    plural = kind.plural if isinstance(kind, FactKind) else kind
    plan = plan_for(source or undeclared(plural), tuple(raw), now_us, time_zone)
    parsed = parse_row(raw, plan)
    if parsed is None:
        return [Problem(field="", value="", rule="required")]
    if isinstance(parsed, tuple):
        return list(parsed)
    if isinstance(parsed.record, Period):
        raise ValueError(f"{PERIODS} rows mean nothing one by one: movements are derived from all of them")
    return parsed.record


def plan_for(source: SourceMapping, columns: tuple[str, ...], now_us: int, time_zone: str = "UTC") -> Plan:
    """The plan of a mapping for exactly these columns."""
    return resolve(source, columns, source.rules(now_us, time_zone), "The record")


def parse_row(row: Mapping[str, Any], plan: Plan) -> Parsed | Problems | None:
    """A checked record, or its problems, or None for a row in which nothing is said or nothing happened (count 0)."""
    if all(is_missing(raw) for raw in row.values()):
        return None
    found, problems = _read_fields(row, plan)
    extras = _extras(row, plan, problems)
    problems.extend(_missing_required(plan, found, problems))
    if problems:
        return tuple(problems)
    if found.get("count") == 0:
        return None
    try:
        record = BUILDERS[plan.kind](found, extras, plan.rules)
    except _Broken as broken:
        raw = next((part.pick(row) for part in plan.fields if part.field.column == broken.field), None)
        return (Problem(field=broken.field, value=shown(raw), rule=broken.rule),)
    return Parsed(record=record, fact_id=found.get(ID_FIELDS.get(plan.kind, "")))


class _Broken(Exception):
    """A rule between fields is broken."""

    def __init__(self, field: str, rule: str) -> None:
        self.field, self.rule = field, rule
        super().__init__(rule)


def _read_fields(row: Mapping[str, Any], plan: Plan) -> tuple[dict[str, Any], list[Problem]]:
    found: dict[str, Any] = {}
    problems: list[Problem] = []
    for part in plan.fields:
        raw = None
        try:
            raw = part.pick(row)
            found[part.field.column] = READERS[part.field.how](raw, plan.rules)
        except Refusal as refusal:
            problems.append(Problem(field=part.field.column, value=shown(raw), rule=refusal.rule))
    return found, problems


def _extras(row: Mapping[str, Any], plan: Plan, problems: list[Problem]) -> dict[str, Any]:
    extras: dict[str, Any] = {}
    for column, name in plan.extras:
        try:
            value = values.loose(row.get(column))
        except Refusal as refusal:
            problems.append(Problem(field=column, value=shown(row.get(column)), rule=refusal.rule))
            continue
        if value is not None:
            extras[name] = value
    return extras


def _missing_required(plan: Plan, found: Mapping[str, Any], problems: list[Problem]) -> list[Problem]:
    refused = {problem.field for problem in problems}
    missing = [
        field.column
        for field in FIELDS[plan.kind]
        if field.is_required and field.column not in refused and found.get(field.column) is None
    ]
    whose = (*ONE_OF.get(plan.kind, ()), *(("anonymous_id",) if plan.kind == "events" else ()))
    if whose and not refused & set(whose) and all(found.get(name) is None for name in whose):
        missing.append(whose[0])
    return [Problem(field=name, value="", rule="required") for name in missing]


def _merged(extras: dict[str, Any], given: dict[str, Any] | None, field: str) -> dict[str, Any] | None:
    """Undeclared columns and a JSON column as one object; where both name a key the JSON column wins."""
    if not extras:
        return given
    try:
        return values.checked_object({**extras, **(given or {})})
    except Refusal as refusal:
        raise _Broken(field, refusal.rule) from None


def _by_attribute(kind: str, found: Mapping[str, Any]) -> dict[str, Any]:
    return {
        field.attribute: found[field.column]
        for field in FIELDS[kind]
        if field.attribute and found.get(field.column) is not None
    }


def _stated(kind: str, found: Mapping[str, Any], extras: dict[str, Any], rules: ReadingRules) -> dict[str, Any]:
    known = _by_attribute(kind, found)
    known.setdefault("stated_us", rules.now_us)
    if kind in EXTRAS_GO_TO:
        known["traits"] = _merged(extras, found.get("traits"), "traits")
    return known


def ends_too_early(start_us: int | None, end_us: int | None) -> bool:
    """Whether an end lies on an earlier day than the start (bare dates have no clock time to compare)."""
    return start_us is not None and end_us is not None and day_of(end_us) < day_of(start_us)


def _customer(found: Mapping[str, Any], extras: dict[str, Any], rules: ReadingRules) -> Customer:
    known = _stated("customers", found, extras, rules)
    if ends_too_early(known.get("created_us"), known.get("churned_us")):
        raise _Broken("churned_at", "ends_before_it_starts")
    if "status" in known:
        known["status"] = CustomerStatus(known["status"])
    return Customer(**known)


def _user(found: Mapping[str, Any], extras: dict[str, Any], rules: ReadingRules) -> User:
    return User(**_stated("users", found, extras, rules))


def _event(found: Mapping[str, Any], extras: dict[str, Any], rules: ReadingRules) -> Event:
    user_id, device = found.get("user_id"), found.get("anonymous_id")
    properties = _merged(extras, found.get("properties"), "properties")
    if found.get("count") is not None:
        properties = {**(properties or {}), "count": found["count"]}
    if properties and len(msgspec.json.encode(properties)) > values.JSON_BYTES:
        raise _Broken("properties", "too_long")
    return Event(
        name=found["event"],
        occurred_us=found["timestamp"],
        user_id=user_id or device,
        customer_id=found.get("customer_id"),
        anonymous=user_id is None and device is not None,
        feature=found.get("feature"),
        properties=properties,
    )


def _ticket(found: Mapping[str, Any], extras: dict[str, Any], rules: ReadingRules) -> Ticket:
    known = _stated("tickets", found, extras, rules)
    if ends_too_early(known.get("created_us"), known.get("resolved_us")):
        raise _Broken("resolved_at", "ends_before_it_starts")
    if "status" in known:
        known["status"] = TicketStatus(known["status"])
    return Ticket(**known)


def _movement(found: Mapping[str, Any], extras: dict[str, Any], rules: ReadingRules) -> Movement:
    known = _by_attribute("revenue", found)
    known["kind"] = MovementKind(known["kind"])
    if known.get("monthly_cents") is None and known["kind"] is not MovementKind.churn:
        raise _Broken("monthly_amount", "required")
    if "invoice_state" in known:
        known["invoice_state"] = InvoiceState(known["invoice_state"])
    return Movement(**known)


def _answer(found: Mapping[str, Any], extras: dict[str, Any], rules: ReadingRules) -> Answer:
    known = _by_attribute("answers", found)
    lowest, highest = scale_of(known["survey"])
    if not lowest <= known["score"] <= highest:
        raise _Broken("score", "score_out_of_range")
    return Answer(**known)


def _alias(found: Mapping[str, Any], extras: dict[str, Any], rules: ReadingRules) -> Alias:
    return Alias(**_stated("aliases", found, extras, rules))


def _period(found: Mapping[str, Any], extras: dict[str, Any], rules: ReadingRules) -> Period:
    known = _by_attribute(PERIODS, found)
    if ends_too_early(known["start_us"], known.get("end_us")):
        raise _Broken("end", "ends_before_it_starts")
    return Period(**known)


BUILDERS: dict[str, Callable[[Mapping[str, Any], dict[str, Any], ReadingRules], Record | Period]] = {
    "customers": _customer,
    "users": _user,
    "events": _event,
    "tickets": _ticket,
    "revenue": _movement,
    "answers": _answer,
    "aliases": _alias,
    PERIODS: _period,
}

"""The fast path: whole columns of clean rows become staged facts; a row that is not clean goes the slow way.

Every distinct value is read by the same reader as row by row; only text and plain ISO times have a vectorized twin.
Which rows are refused, and why, is always decided row by row.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tenure.clock import DAY_US
from tenure.model.facts import ANONYMOUS, EXPLICIT_FEATURE
from tenure.model.mapping import FactMapping
from tenure.services.importing import values
from tenure.services.importing.chunk import Chunk, Column, by_distinct, first_said, is_text, trimmed, truth
from tenure.services.importing.fields import (
    FIELDS,
    ID_FIELDS,
    OBJECT_HOWS,
    ONE_OF,
    PERIODS,
    READERS,
    RECORD_ORDER,
    TEXT_HOWS,
    scale_of,
)
from tenure.services.importing.fragments import event_bodies, joined_object, json_member
from tenure.services.importing.plan import FieldPlan, Plan, fill
from tenure.services.importing.reading import ReadingRules
from tenure.services.importing.staging import SAYS, STAGED
from tenure.services.importing.times import EARLIEST_US, OPEN_END_US

_LIMITS = {"id": values.ID_CHARACTERS, "text": values.TEXT_CHARACTERS, "comment": values.COMMENT_CHARACTERS}
_LEAP_YEAR = r"(19(0[48]|[2468][048]|[13579][26])|20([02468][048]|[13579][26]))"
_DATE = (  # only days that exist: a cast of what matches never fails
    r"((19|20)\d\d-((0[13578]|1[02])-(0[1-9]|[12]\d|3[01])|(0[469]|11)-(0[1-9]|[12]\d|30)|02-(0[1-9]|1\d|2[0-8]))"
    rf"|{_LEAP_YEAR}-02-29)"
)
_CLOCK = r"[T ]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?"
_PLAIN_DATE = f"^{_DATE}$"
_WITH_OFFSET = rf"^{_DATE}{_CLOCK}(Z|[+-]\d\d:\d\d)$"
_WITHOUT_OFFSET = f"^{_DATE}{_CLOCK}$"
_TIME_PATTERNS = (_PLAIN_DATE, _WITH_OFFSET, _WITHOUT_OFFSET)
_MICROS = pa.timestamp("us")
MOST_STRANGE = 0.2
"""Where more of a column's times are written otherwise, reading every distinct one is quicker and simpler."""


class Table:
    """Typed columns of one chunk by field, and which rows are not clean."""

    def __init__(self, chunk: Chunk, plan: Plan) -> None:
        self.chunk, self.plan, self.size = chunk, plan, len(chunk)
        self.columns: dict[str, pa.Array] = {}
        self.refused = np.zeros(self.size, dtype=bool)

    def get(self, column: str) -> pa.Array:
        """The typed column of a field; all null when nothing feeds it."""
        found = self.columns.get(column)
        if found is None:
            how = next(field.how for field in FIELDS[self.plan.kind] if field.column == column)
            return pa.nulls(self.size, arrow_type(how))
        return found

    def refuse(self, mask: np.ndarray | None) -> None:
        if mask is not None:
            self.refused |= mask

    def is_null(self, column: str) -> np.ndarray:
        return np.asarray(self.get(column).is_null().to_numpy(zero_copy_only=False))


def read_chunk(chunk: Chunk, plan: Plan) -> Table:
    """Read every field of a chunk and check the rows; what is not clean is marked, never dropped here."""
    table = Table(chunk, plan)
    for part in plan.fields:
        column, refused = _read_field(chunk, part, plan.rules)
        table.columns[part.field.column] = column
        table.refuse(refused)
    for field in FIELDS[plan.kind]:
        if field.is_required:
            table.refuse(table.is_null(field.column))
    whose = ONE_OF.get(plan.kind)
    if whose:
        names = (*whose, "anonymous_id") if plan.kind == "events" else whose
        table.refuse(np.logical_and.reduce([table.is_null(name) for name in names]))
    check = _CHECKS.get(plan.kind)
    if check:
        check(table)
    return table


def _read_field(chunk: Chunk, part: FieldPlan, rules: ReadingRules) -> tuple[pa.Array, np.ndarray | None]:
    how, kind = part.field.how, arrow_type(part.field.how)
    read = _json_reader(how) if how in OBJECT_HOWS else READERS[how]
    if part.constant is not None:
        column, refused = by_distinct([part.constant], lambda raw: read(raw, rules), kind)
        return pa.repeat(column[0], len(chunk)), None if refused is None else np.ones(len(chunk), dtype=bool)
    raw = _raw_column(chunk, part)
    if part.words or part.default is not None:
        meaning = FieldPlan(field=part.field, columns=("raw",), default=part.default, words=part.words)
        return by_distinct(raw, lambda value: read(meaning.pick({"raw": value}), rules), kind)
    fast = _fast_text(raw, how) or _fast_time(raw, how, rules) or _fast_number(raw, how, rules)
    return fast or by_distinct(raw, lambda value: read(value, rules), kind)


def _raw_column(chunk: Chunk, part: FieldPlan) -> Column:
    if part.template is not None:
        return [fill(part.template, chunk.row(index)) for index in range(len(chunk))]
    present = [chunk.columns[name] for name in part.columns if name in chunk.columns]
    return first_said(present, len(chunk)) if present else pa.nulls(len(chunk), pa.string())


def arrow_type(how: str) -> pa.DataType:
    """The Arrow type of a field's values; objects travel as JSON text."""
    if how in TEXT_HOWS or how in OBJECT_HOWS:
        return pa.string()
    return pa.bool_() if how == "flag" else pa.int64()


def _json_reader(how: str) -> Callable[[Any, ReadingRules], str | None]:
    def read(raw: Any, rules: ReadingRules) -> str | None:
        value = READERS[how](raw, rules)
        return None if value is None else msgspec.json.encode(value).decode()

    return read


def _fast_text(raw: Column, how: str) -> tuple[pa.Array, np.ndarray | None] | None:
    limit = _LIMITS.get(how)
    if limit is None or isinstance(raw, list):
        return None
    if pa.types.is_integer(raw.type):
        return raw.cast(pa.string()), None
    if not is_text(raw):
        return None
    text = trimmed(raw)
    refused = truth(pc.or_(pc.greater(pc.utf8_length(text), limit), pc.match_substring(text, "\0")))
    return text, refused if refused.any() else None


def _fast_time(raw: Column, how: str, rules: ReadingRules) -> tuple[pa.Array, np.ndarray | None] | None:
    if how not in ("fact_time", "plan_time") or isinstance(raw, list):
        return None
    if is_text(raw):
        return _fast_text_time(raw, how, rules)
    moments = _typed_moments(raw, rules)
    return None if moments is None else _judged_moments(moments, how, rules)


def _judged_moments(moments: pa.Array, how: str, rules: ReadingRules) -> tuple[pa.Array, np.ndarray | None]:
    """Times in us, and which of them lie where no fact can."""
    moments = moments.cast(pa.int64())
    if how == "plan_time":
        moments = pc.if_else(pc.greater_equal(moments, OPEN_END_US), pa.scalar(None, pa.int64()), moments)
    latest = rules.latest_us if how == "fact_time" else rules.latest_plan_us
    refused = truth(pc.or_(pc.less(moments, EARLIEST_US), pc.greater(moments, latest)))
    return moments, refused if refused.any() else None


def _fast_text_time(raw: pa.Array, how: str, rules: ReadingRules) -> tuple[pa.Array, np.ndarray | None] | None:
    """Plain ISO texts at once, the few others one by one: a single bad row must not slow down all the good ones."""
    if rules.time_format is not None:
        return None
    text = trimmed(raw)
    said = text.drop_null()
    first = said[0].as_py() if len(said) else ""
    pattern = next((one for one in _TIME_PATTERNS if re.match(one, first)), _WITH_OFFSET)
    plain = pc.or_kleene(text.is_null(), pc.match_substring_regex(text, pattern))
    strange = np.flatnonzero(~truth(plain))
    if strange.size > len(text) * MOST_STRANGE:
        return None
    moments = _text_moments(pc.if_else(plain, text, pa.scalar(None, pa.string())), pattern, rules)
    if moments is None:
        return None
    found, refused = _judged_moments(moments, how, rules)
    if not strange.size:
        return found, refused
    slow, slow_refused = by_distinct(raw.take(pa.array(strange)), lambda value: READERS[how](value, rules), pa.int64())
    mask = np.zeros(len(text), dtype=bool) if refused is None else refused.copy()
    if slow_refused is not None:
        mask[strange[slow_refused]] = True
    return pc.replace_with_mask(found, pc.invert(plain), slow), mask if mask.any() else None


def _fast_number(raw: Column, how: str, rules: ReadingRules) -> tuple[pa.Array, np.ndarray | None] | None:
    """Plain whole numbers, and plain amounts with at most two decimals: nothing to round, nothing to refuse."""
    if how not in ("cents", "size_cents", "count", "whole") or not is_text(raw):
        return None
    text = trimmed(raw)
    if how in ("count", "whole"):
        return (text.cast(pa.int64()), None) if _all_match(text, r"^\d{1,15}$") else None
    if rules.decimal_comma or not _all_match(text, r"^\d{1,12}(\.\d\d?)?$"):
        return None
    return pc.multiply(text.cast(pa.decimal128(16, 2)), pa.scalar(100)).cast(pa.int64()), None


def _typed_moments(raw: pa.Array, rules: ReadingRules) -> pa.Array | None:
    if pa.types.is_date32(raw.type):
        return raw.cast(_MICROS)
    if not pa.types.is_timestamp(raw.type):
        return None
    return raw if raw.type.tz is not None else _in_zone(raw, rules)


def _text_moments(text: pa.Array, pattern: str, rules: ReadingRules) -> pa.Array | None:
    if pattern == _PLAIN_DATE:
        return text.cast(pa.date32()).cast(_MICROS)
    if pattern == _WITH_OFFSET:
        return text.cast(pa.timestamp("us", tz="UTC"))
    return _in_zone(text.cast(_MICROS), rules)


def _in_zone(naive: pa.Array, rules: ReadingRules) -> pa.Array | None:
    if rules.time_zone == "UTC":
        return naive
    try:
        return pc.assume_timezone(naive, rules.time_zone, ambiguous="earliest", nonexistent="raise")
    except pa.ArrowInvalid:
        return None


def _all_match(text: pa.Array, pattern: str) -> bool:
    return bool(pc.all(pc.match_substring_regex(text, pattern), min_count=0).as_py())


def _check_customers(table: Table) -> None:
    table.refuse(_ends_too_early(table.get("created_at"), table.get("churned_at")))


def _check_tickets(table: Table) -> None:
    table.refuse(_ends_too_early(table.get("created_at"), table.get("resolved_at")))


def _check_periods(table: Table) -> None:
    table.refuse(_ends_too_early(table.get("start"), table.get("end")))


def _check_revenue(table: Table) -> None:
    without_amount = table.is_null("monthly_amount")
    table.refuse(without_amount & ~truth(pc.equal(table.get("kind"), "churn")))


def _check_answers(table: Table) -> None:
    lowest, _ = by_distinct(table.get("survey"), lambda survey: scale_of(survey or "")[0], pa.int64())
    highest, _ = by_distinct(table.get("survey"), lambda survey: scale_of(survey or "")[1], pa.int64())
    score = table.get("score")
    table.refuse(truth(pc.or_(pc.less(score, lowest), pc.greater(score, highest))))


_CHECKS: dict[str, Callable[[Table], None]] = {
    "customers": _check_customers,
    "tickets": _check_tickets,
    "revenue": _check_revenue,
    "answers": _check_answers,
    PERIODS: _check_periods,
}


def _ends_too_early(start: pa.Array, end: pa.Array) -> np.ndarray:
    both = truth(pc.and_(start.is_valid(), end.is_valid()))
    first = pc.fill_null(start, 0).to_numpy(zero_copy_only=False) // DAY_US
    last = pc.fill_null(end, 0).to_numpy(zero_copy_only=False) // DAY_US
    return np.asarray(both & (last < first))


def staged_columns(table: Table, mapping: FactMapping) -> pa.Table:
    """The clean rows of a chunk as staged facts. Rows whose count is 0 stand for nothing and are left out."""
    columns = _event_columns(table, mapping) if table.plan.kind == "events" else _record_columns(table)
    columns["place"] = pa.array(table.chunk.places)
    clean = ~table.refused  # after the bodies: one that is too long is refused there
    if table.plan.kind == "events":
        clean &= ~truth(pc.equal(table.get("count"), 0))
    whole = pa.table([columns.get(field.name, pa.nulls(table.size, field.type)) for field in STAGED], schema=STAGED)
    return whole if clean.all() else whole.filter(pa.array(clean))


def _event_columns(table: Table, mapping: FactMapping) -> dict[str, pa.Array]:
    user_id, device = table.get("user_id"), table.get("anonymous_id")
    body, too_long = event_bodies(table.chunk, table.plan, table.get("properties"), table.get("count"))
    table.refuse(too_long)
    name = table.get("event")
    anonymous = pc.and_(user_id.is_null(), device.is_valid())
    stated = table.get("feature")
    return {
        "fact_id": table.get("event_id"),
        "occurred_us": table.get("timestamp"),
        "customer_id": table.get("customer_id"),
        "user_id": pc.coalesce(user_id, device),
        "anonymous": _event_bits(anonymous, stated),
        "name": name,
        "feature": pc.coalesce(stated, feature_column(name, body, mapping)),
        "body": body,
        "says": _zeros(table.size),
    }


def _event_bits(anonymous: pa.Array, feature: pa.Array) -> pa.Array:
    """The twin of `event_bits`."""
    bits = pc.multiply(anonymous.cast(pa.int64()), ANONYMOUS)
    return pc.add(bits, pc.multiply(feature.is_valid().cast(pa.int64()), EXPLICIT_FEATURE))


def feature_column(name: pa.Array, body: pa.Array, mapping: FactMapping) -> pa.Array:
    """The feature each event adopts: by name alone where no rule asks for a property, else by distinct properties."""
    asking = {rule.event for rule in mapping.feature_rules if rule.property is not None}
    if not asking:
        return by_distinct(name, lambda event: event and mapping.feature_of(event, None), pa.string())[0]
    asked = pa.array([True] * len(name)) if "*" in asking else pc.is_in(name, value_set=pa.array(sorted(asking)))
    told = pc.if_else(asked, body, pa.scalar(None, pa.string()))
    pair = pc.binary_join_element_wise(pc.fill_null(name, ""), pc.fill_null(told, ""), "\0")

    def feature(raw: Any) -> str | None:
        event, _, properties = str(raw).rpartition("\0")
        return mapping.feature_of(event, msgspec.json.decode(properties) if properties else None)

    return by_distinct(pair, feature, pa.string())[0]


def _zeros(size: int) -> pa.Array:
    return pa.array(np.zeros(size, dtype=np.int64))


_SUBJECTS = {"customers": "customer_id", "users": "user_id", "tickets": "ticket_id", "aliases": "user_id"}
_TIMES = {"revenue": "occurred_at", "answers": "answered_at"}


def _record_columns(table: Table) -> dict[str, pa.Array]:
    kind = table.plan.kind
    occurred = pc.fill_null(table.get(_TIMES.get(kind, "updated_at")), table.plan.rules.now_us)
    names = {field.column for field in FIELDS[kind]}
    columns = {
        "fact_id": table.get(_SUBJECTS.get(kind) or ID_FIELDS[kind]),
        "occurred_us": occurred,
        "anonymous": _zeros(table.size),
        "body": _record_bodies(table),
        "says": _zeros(table.size),
    }
    for whose in {"customer_id", "user_id"} & names:
        columns[whose] = table.get(whose)
    if kind == "customers":
        columns["says"] = _customer_says(table)
    return columns


def _customer_says(table: Table) -> pa.Array:
    columns = {field.attribute: field.column for field in FIELDS["customers"]}
    stated = [~table.is_null(columns[name]) for name in SAYS]
    stated[-1] = stated[-1] | truth(pc.equal(table.get("status"), "churned"))
    return pa.array(sum(mask.astype(np.int64) << place for place, mask in enumerate(stated)))


def _record_bodies(table: Table) -> pa.Array:
    """`body_of` of every row: the members in the order of the record struct, absent ones left out."""
    members = []
    for field in FIELDS[table.plan.kind]:
        if not field.attribute or field.attribute == "stated_us":
            continue
        column = table.get(field.column)
        if field.attribute == "traits":
            column, too_long = joined_object(table.chunk, table.plan, column)
            table.refuse(too_long)
        members.append((field.attribute, json_member(field.attribute, column, field.how)))
    return _in_struct_order(table.plan.kind, members)


def _in_struct_order(kind: str, members: list[tuple[str, pa.Array]]) -> pa.Array:
    order = RECORD_ORDER[kind]
    parts = [part for _, part in sorted(members, key=lambda member: order.index(member[0]))]
    inside = pc.binary_join_element_wise(*parts, "")
    inside = pc.utf8_slice_codeunits(inside, start=1)
    return pc.binary_join_element_wise("{", inside, "}", "")

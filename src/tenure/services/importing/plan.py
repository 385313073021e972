"""Which column feeds which field: declared in the mapping, else guessed from names; resolved once per file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from tenure.errors import BadInput
from tenure.services.importing.fields import EXTRAS_GO_TO, FIELDS, ONE_OF, PERIODS, Field
from tenure.services.importing.mapping import SourceMapping
from tenure.services.importing.reading import BLANKS, ReadingRules, Refusal, is_missing, text_of

_TEMPLATE_PART = re.compile(r"\{([^{}]+)\}")


class FieldPlan(msgspec.Struct, frozen=True, kw_only=True):
    """Where one field of this file comes from. `origin` is declared, named (fixed name), guessed or constant."""

    field: Field
    columns: tuple[str, ...] = ()
    template: str | None = None
    constant: Any = None
    default: Any = None
    words: dict[str, Any] = {}
    origin: str = "declared"

    def pick(self, row: Mapping[str, Any]) -> Any:
        """The raw value of this field in a row: column(s) or template, translated, else the default."""
        if self.constant is not None:
            return self.constant
        raw = fill(self.template, row) if self.template else self._first(row)
        if self.words and not is_missing(raw):
            raw = translated(raw, self.words)
        return self.default if self.default is not None and is_missing(raw) else raw

    def _first(self, row: Mapping[str, Any]) -> Any:
        for column in self.columns:
            raw = row.get(column)
            if not is_missing(raw):
                return raw
        return None

    @property
    def shown_source(self) -> str:
        """What the report says it comes from."""
        if self.constant is not None:
            return f"always {self.constant}"
        return self.template or " or ".join(self.columns)


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A mapping resolved against the columns a file really has."""

    source: str
    kind: str
    fields: tuple[FieldPlan, ...]
    extras: tuple[tuple[str, str], ...]
    ignored: tuple[str, ...]
    rules: ReadingRules
    mapping: SourceMapping


def fill(template: str, row: Mapping[str, Any]) -> str | None:
    """A template with its columns filled in; None when one of them says nothing."""
    parts = {name: row.get(name) for name in _TEMPLATE_PART.findall(template)}
    if any(is_missing(raw) for raw in parts.values()):
        return None
    return _TEMPLATE_PART.sub(lambda match: text_of(parts[match.group(1)]).strip(BLANKS), template)


def translated(raw: Any, words: Mapping[str, Any]) -> Any:
    """The declared meaning of a word (upper or lower case alike), else the word itself."""
    try:
        word = text_of(raw).strip(BLANKS)
    except Refusal:
        return raw
    if word in words:
        return words[word]
    return words.get(word.casefold(), raw)


def normal_name(column: str) -> str:
    """`Account ID`, `accountId` and `account-id` are all `account_id`."""
    parted = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", column.strip(BLANKS))
    return re.sub(r"[^a-z0-9]+", "_", parted.lower()).strip("_")


def resolve(source: SourceMapping, columns: Sequence[str], rules: ReadingRules, file: str = "") -> Plan:
    """The plan for a file with these columns; raises BadInput when a declared column is not there."""
    taken: set[str] = set(source.drop)
    plans = {field.column: _declared(field, source, columns, file) for field in FIELDS[source.kind]}
    for plan in plans.values():
        if plan is not None:
            taken.update(plan.columns)
            taken.update(_TEMPLATE_PART.findall(plan.template or ""))
    if source.guess:
        _guess(source, columns, plans, taken)
    rest = [column for column in columns if column not in taken]
    kept = source.keep_unknown and source.kind in EXTRAS_GO_TO
    return Plan(
        source=source.name,
        kind=source.kind,
        fields=tuple(plan for plan in plans.values() if plan is not None),
        extras=tuple((column, source.prefix + column) for column in rest) if kept else (),
        ignored=() if kept else tuple(rest),
        rules=rules,
        mapping=source,
    )


def _declared(field: Field, source: SourceMapping, columns: Sequence[str], file: str) -> FieldPlan | None:
    name = field.column
    words = _with_any_case(source.values.get(name, {}))
    default = source.defaults.get(name)
    if name in source.constants:
        return FieldPlan(field=field, constant=source.constants[name], origin="constant")
    given = source.columns.get(name, ())
    if not given:
        return FieldPlan(field=field, default=default, words=words, origin="default") if default is not None else None
    template = given[0] if len(given) == 1 and _TEMPLATE_PART.search(given[0]) else None
    named = tuple(_TEMPLATE_PART.findall(template)) if template else given
    absent = [column for column in named if column not in columns]
    if absent and (template or len(absent) == len(named)):
        have = ", ".join(columns[:20]) or "none"
        raise BadInput(
            f"{file or 'The file'} has no column {absent[0]!r}, which source {source.name!r} declares for {name}.",
            f"Correct columns.{name} in tenure.toml; its columns are: {have}.",
        )
    return FieldPlan(field=field, columns=() if template else named, template=template, default=default, words=words)


def _with_any_case(words: Mapping[str, Any]) -> dict[str, Any]:
    return {**{str(word).casefold(): meaning for word, meaning in words.items()}, **words}


def _guess(
    source: SourceMapping, columns: Sequence[str], plans: dict[str, FieldPlan | None], taken: set[str]
) -> None:
    """Fill the fields nobody declared: fixed names first, then other names in their declared order."""
    free = {normal_name(column): column for column in reversed(columns) if column not in taken}
    for field in FIELDS[source.kind]:
        if _is_open(plans[field.column]) and field.column in free:
            _give(source, field, free.pop(field.column), "named", plans, taken)
    for field in FIELDS[source.kind]:
        found = next((name for name in field.also if name in free), None)
        if _is_open(plans[field.column]) and found is not None:
            _give(source, field, free.pop(found), "guessed", plans, taken)


def _is_open(plan: FieldPlan | None) -> bool:
    return plan is None or plan.origin == "default"


def _give(
    source: SourceMapping, field: Field, column: str, origin: str, plans: dict[str, FieldPlan | None], taken: set[str]
) -> None:
    taken.add(column)
    plans[field.column] = FieldPlan(
        field=field,
        columns=(column,),
        default=source.defaults.get(field.column),
        words=_with_any_case(source.values.get(field.column, {})),
        origin=origin,
    )


_KIND_STEMS = {
    "customers": "customers", "customer": "customers", "accounts": "customers", "account": "customers", "companies": "customers",
    "users": "users", "user": "users", "people": "users", "contacts": "users", "members": "users",
    "events": "events", "event": "events", "activity": "events", "activities": "events", "usage": "events",
    "tickets": "tickets", "ticket": "tickets", "cases": "tickets",
    "revenue": "revenue", "movements": "revenue", "mrr": "revenue",
    "answers": "answers", "nps": "answers", "survey": "answers", "surveys": "answers", "responses": "answers",
    "subscriptions": PERIODS, "subscription": PERIODS, PERIODS: PERIODS, "aliases": "aliases",
}  # fmt: skip


def kind_of_file(stem: str) -> str | None:
    """The kind a file's name tells: `customers`, `events-2026-01`, `Accounts export` ... None when it tells nothing."""
    name = normal_name(stem)
    return _KIND_STEMS.get(name) or _KIND_STEMS.get(name.split("_")[0]) or _KIND_STEMS.get(name.rsplit("_", 1)[-1])


def kind_of_columns(columns: Sequence[str]) -> str | None:
    """The kind whose required fields these columns cover; None when none or several do."""
    names = {normal_name(column) for column in columns}
    fixed = [kind for kind, fields in FIELDS.items() if kind != "aliases" and all(f.column in names for f in fields if f.is_required)]
    if "events" in fixed:
        return "events"
    telling = [kind for kind in fixed if kind != "customers" or "user_id" not in names]
    specific = [kind for kind in telling if kind not in ("customers", "users")]
    candidates = specific or telling
    return candidates[0] if len(candidates) == 1 else None


def covers(kind: str, columns: Sequence[str]) -> bool:
    """Whether every required field of a kind can be guessed from these columns."""
    names = {normal_name(column) for column in columns}
    return all(names & {field.column, *field.also} for field in FIELDS[kind] if field.is_required)


def lacking(plan: Plan) -> list[str]:
    """What every row of the kind needs and no column of this file can give."""
    fed = {part.field.column for part in plan.fields}
    named = [field.column for field in FIELDS[plan.kind] if field.is_required and field.column not in fed]
    whose = ONE_OF.get(plan.kind, ())
    anybody = (*whose, "anonymous_id") if plan.kind == "events" else whose
    return named if not whose or fed & set(anybody) else [*named, " or ".join(whose)]


def field_plan(plan: Plan, column: str) -> FieldPlan | None:
    """The plan of one field, None when nothing feeds it."""
    return next((part for part in plan.fields if part.field.column == column), None)

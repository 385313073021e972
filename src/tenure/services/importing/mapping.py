"""What a workspace declares about its sources (`[[source]]`) and its words (`[facts]`), parsed into frozen structs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

import msgspec

from tenure.errors import BadInput
from tenure.model.mapping import (
    DEFAULT_FAILED_PAYMENT_NAMES,
    DEFAULT_LOGIN_NAMES,
    DEFAULT_PAID_NAMES,
    FactMapping,
    FeatureRule,
)
from tenure.services.importing.fields import FIELDS, KINDS, PERIODS
from tenure.services.importing.reading import ReadingRules

CONFIG = "tenure.toml"
DATE_ORDERS = ("ymd", "dmy", "mdy")
AMOUNTS = ("change", "level")


class SqlSource(msgspec.Struct, frozen=True, kw_only=True):
    """How to read an application database: table or query, ordered by a cursor column that only grows.

    `lag_seconds` keeps away from the newest rows of a time cursor: transactions that started earlier may still commit.
    """

    url_env: str
    cursor: str
    table: str | None = None
    query: str | None = None
    lag_seconds: int = 60
    page_size: int = 10_000


class SourceMapping(msgspec.Struct, frozen=True, kw_only=True):
    """One declared source: which files (or SQL), what kind of fact, and where each field comes from.

    `columns` gives per field one column, several (the first that says something wins) or a template such as
    `{course}-{student}`. `constants` hold for every row, `defaults` where a cell is empty, `values` translate
    words. Columns not named anywhere become traits or properties with `prefix`, unless listed in `drop`.
    """

    name: str
    kind: str
    files: tuple[str, ...] = ()
    sql: SqlSource | None = None
    columns: dict[str, tuple[str, ...]] = {}
    constants: dict[str, Any] = {}
    defaults: dict[str, Any] = {}
    values: dict[str, dict[str, Any]] = {}
    prefix: str = ""
    drop: tuple[str, ...] = ()
    keep_unknown: bool = True
    guess: bool = True
    time_zone: str | None = None
    time_format: str | None = None
    date_order: str | None = None
    decimal_comma: bool | None = None
    encoding: str | None = None
    delimiter: str | None = None
    amount: str = "change"
    complete_until: str | None = None

    def rules(self, now_us: int, time_zone: str = "UTC") -> ReadingRules:
        """How to read its values; what is not declared takes the venture's zone and plain decimals.

        What an import states was true just before it: a refresh at the same `--now` counts it.
        """
        return ReadingRules(
            now_us=now_us - 1,
            time_zone=self.time_zone or time_zone,
            time_format=self.time_format,
            date_order=self.date_order or "ymd",
            decimal_comma=bool(self.decimal_comma),
        )


class FactSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The `[facts]` section: what counts as a login, a feature, activation, and which features are core."""

    mapping: FactMapping = FactMapping()
    core_features: tuple[str, ...] = ()


DEFAULT_SOURCE_NAME = "files"


def undeclared(kind: str) -> SourceMapping:
    """The mapping of a file nobody declared: everything is guessed from names."""
    return SourceMapping(name=DEFAULT_SOURCE_NAME, kind=kind)


class _Section:
    """A dict being parsed: hands out typed values, remembers where it is, and says what is wrong in one sentence."""

    def __init__(self, raw: Any, where: str, file: str) -> None:
        self.where, self.file = where, file
        if not isinstance(raw, Mapping):
            raise BadInput(f"{file}: {where} is not a table.", f"Write it as {where} with key = value lines.")
        self.raw: dict[str, Any] = dict(raw)
        self.known: set[str] = set()

    def fail(self, key: str, wrong: str, fix: str) -> NoReturn:
        raise BadInput(f"{self.file}: {self.where} {key} {wrong}.", fix)

    def take(self, key: str, kind: type, expected: str, default: Any = None) -> Any:
        self.known.add(key)
        value = self.raw.get(key, default)
        if value is not None and (not isinstance(value, kind) or (kind is int and isinstance(value, bool))):
            self.fail(key, f"is not {expected}", f"Give {key} {expected}.")
        return value

    def text(self, key: str, default: str | None = None) -> str | None:
        value: str | None = self.take(key, str, "a text", default)
        return value

    def needed_text(self, key: str, fix: str) -> str:
        value = self.text(key)
        if not value:
            self.fail(key, "is missing", fix)
        return value

    def choice(self, key: str, allowed: Sequence[str], default: str | None) -> str | None:
        value = self.text(key, default)
        if value is not None and value not in allowed:
            self.fail(key, f"is {value!r}", f"Use one of: {', '.join(allowed)}.")
        return value

    def texts(self, key: str, default: Sequence[str] = ()) -> tuple[str, ...]:
        self.known.add(key)
        value = self.raw.get(key, default)
        value = (value,) if isinstance(value, str) else value
        if not isinstance(value, list | tuple) or not all(isinstance(part, str) for part in value):
            self.fail(key, "is not a list of texts", f'Write {key} = ["one", "two"].')
        return tuple(value)

    def table(self, key: str) -> dict[str, Any]:
        value: dict[str, Any] = self.take(key, dict, "a table", {})
        return dict(value)

    def finish(self) -> None:
        for key in self.raw:
            if key not in self.known:
                self.fail(key, "is not a known setting", f"Use one of: {', '.join(sorted(self.known))}.")


def parse_sources(raw_sources: Sequence[Mapping[str, Any]], file: str = CONFIG) -> tuple[SourceMapping, ...]:
    """The `[[source]]` tables as frozen mappings; raises BadInput naming file, source, key and fix."""
    parsed = tuple(_source(raw, f"[[source]] number {place}", file) for place, raw in enumerate(raw_sources, 1))
    seen: set[str] = set()
    for source in parsed:
        if source.name in seen:
            raise BadInput(f"{file}: two sources are named {source.name!r}.", "Give each [[source]] its own name.")
        seen.add(source.name)
    return parsed


def _source(raw: Any, where: str, file: str) -> SourceMapping:
    section = _Section(raw, where, file)
    name = section.needed_text("name", "Give each [[source]] a name of its own.")
    section.where = f"[[source]] {name!r}"
    kind = section.needed_text("kind", f"Say what its rows are: {', '.join(KINDS)}.")
    if kind not in KINDS:
        section.fail("kind", f"is {kind!r}", f"Use one of: {', '.join(KINDS)}.")
    files, sql = section.texts("files"), _sql(section, file)
    if bool(files) == bool(sql):
        section.fail("files", "or sql is needed, and only one of them", 'Write files = ["name.csv"] or a [source.sql] table.')
    source = SourceMapping(
        name=name,
        kind=kind,
        files=files,
        sql=sql,
        columns=_columns(section, kind),
        constants=_by_field(section, "constants", kind),
        defaults=_by_field(section, "defaults", kind),
        values=_value_maps(section, kind),
        prefix=section.text("prefix") or "",
        drop=section.texts("drop"),
        keep_unknown=section.take("keep_unknown", bool, "true or false", True),
        guess=section.take("guess", bool, "true or false", True),
        time_zone=_zone(section),
        time_format=section.text("time_format"),
        date_order=section.choice("date_order", DATE_ORDERS, None),
        decimal_comma=section.take("decimal_comma", bool, "true or false"),
        encoding=_encoding(section),
        delimiter=section.text("delimiter"),
        amount=section.choice("amount", AMOUNTS, "change") or "change",
        complete_until=section.text("complete_until"),
    )
    _only_where_it_means_something(section, source)
    section.finish()
    return source


def _only_where_it_means_something(section: _Section, source: SourceMapping) -> None:
    if source.amount == "level" and source.kind != "revenue":
        section.fail("amount", "= level needs kind revenue", "Remove amount, or set kind = \"revenue\".")
    if source.complete_until and source.kind != PERIODS:
        section.fail("complete_until", f"needs kind {PERIODS}", "Remove complete_until.")
    if source.delimiter is not None and len(source.delimiter) != 1:
        section.fail("delimiter", "is not one character", 'Write delimiter = ";" for example.')


def _sql(section: _Section, file: str) -> SqlSource | None:
    raw = section.take("sql", dict, "a table")
    if raw is None:
        return None
    sql = _Section(raw, section.where + " sql", file)
    table, query = sql.text("table"), sql.text("query")
    if bool(table) == bool(query):
        sql.fail("table", "or query is needed, and only one of them", "Name a table, or write a SELECT as query.")
    parsed = SqlSource(
        url_env=sql.needed_text("url_env", "Name the environment variable that holds the database URL."),
        cursor=sql.needed_text("cursor", "Name the column that only grows (an id or a changed-at time)."),
        table=table,
        query=query,
        lag_seconds=sql.take("lag_seconds", int, "a whole number of seconds", 60),
        page_size=sql.take("page_size", int, "a whole number of rows", 10_000),
    )
    if parsed.page_size < 1 or parsed.lag_seconds < 0:
        sql.fail("page_size", "or lag_seconds is too small", "Use page_size >= 1 and lag_seconds >= 0.")
    sql.finish()
    return parsed


def _fields_of(kind: str) -> list[str]:
    return [field.column for field in FIELDS[kind]]


def _check_field(section: _Section, key: str, field: str, kind: str) -> None:
    if field not in _fields_of(kind):
        section.fail(f"{key}.{field}", f"is not a field of {kind}", f"Use one of: {', '.join(_fields_of(kind))}.")


def _columns(section: _Section, kind: str) -> dict[str, tuple[str, ...]]:
    columns: dict[str, tuple[str, ...]] = {}
    for field, given in section.table("columns").items():
        _check_field(section, "columns", field, kind)
        names = [given] if isinstance(given, str) else given
        if not isinstance(names, list) or not names or not all(isinstance(name, str) and name for name in names):
            section.fail(f"columns.{field}", "is not a column name", f'Write {field} = "column", or a list of columns.')
        columns[field] = tuple(names)
    return columns


def _by_field(section: _Section, key: str, kind: str) -> dict[str, Any]:
    table = section.table(key)
    for field in table:
        _check_field(section, key, field, kind)
    return table


def _value_maps(section: _Section, kind: str) -> dict[str, dict[str, Any]]:
    maps = _by_field(section, "values", kind)
    for field, words in maps.items():
        if not isinstance(words, dict):
            section.fail(f"values.{field}", "is not a table", f'Write [source.values.{field}] with lines such as "raw" = "meaning".')
    return maps


def _zone(section: _Section) -> str | None:
    name = section.text("time_zone")
    if name is not None:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            section.fail("time_zone", f"is {name!r}", "Use a zone name such as Europe/Vienna.")
    return name


def _encoding(section: _Section) -> str | None:
    name = section.text("encoding")
    if name is not None:
        try:
            "".encode(name)
        except LookupError:
            section.fail("encoding", f"is {name!r}", "Use utf-8, utf-16, cp1252 or latin-1.")
    return name


def parse_facts(raw: Mapping[str, Any], file: str = CONFIG) -> FactSettings:
    """The `[facts]` section; raises BadInput naming file, key and fix."""
    section = _Section(raw, "[facts]", file)
    given_rules = section.take("feature_rules", list, "a list of tables")
    default = FactMapping()
    mapping = FactMapping(
        login_names=section.texts("login_names", DEFAULT_LOGIN_NAMES),
        feature_rules=default.feature_rules
        if given_rules is None
        else tuple(_feature_rule(rule, f"[facts] feature_rules number {place}", file) for place, rule in enumerate(given_rules, 1)),
        activation_event=section.text("activation_event"),
        failed_payment_names=section.texts("failed_payment_names", DEFAULT_FAILED_PAYMENT_NAMES),
        paid_names=section.texts("paid_names", DEFAULT_PAID_NAMES),
    )
    core = section.texts("core_features")
    section.finish()
    return FactSettings(mapping=mapping, core_features=core)


def _feature_rule(raw: Any, where: str, file: str) -> FeatureRule:
    section = _Section({"event": raw} if isinstance(raw, str) else raw, where, file)
    rule = FeatureRule(
        event=section.needed_text("event", "Name the event, or * for every event."),
        property=section.text("property"),
        feature=section.text("feature"),
    )
    if rule.property and rule.feature:
        section.fail("property", "and feature exclude each other", "Keep one of them.")
    section.finish()
    return rule

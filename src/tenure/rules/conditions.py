"""The small, safe language of conditions: read a text into `tenure.model.condition`, and judge one customer by it.

    plan == "enterprise" and arr >= 10000
    journey_stage in ("onboarding", "activation") or not (owner is known)
    trait.industry_code != "x"

Logic has two values: a comparison with something missing is false, so `not (plan == "pro")` holds where no plan is
known. `tenure.warehouse.conditions` compiles the same conditions to Ibis.
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from tenure.errors import BadInput
from tenure.model.condition import All, AnyOf, Compare, Condition, Known, Literal, Not, OneOf

TEXT_FIELDS = (
    "customer_id",
    "status",
    "journey_stage",
    "name",
    "email",
    "plan",
    "currency",
    "industry",
    "owner",
    "timezone",
    "language",
    "primary_contact",
    "parent_id",
)
NUMBER_FIELDS = ("arr", "monthly_amount", "seats", "term_days", "tenure_days", "days_to_renewal")
FLAG_FIELDS = ("internal", "implicit")
TRAIT_PREFIX = "trait."
PARAMETER_PREFIX = "parameter."
DEEPEST = 20


class Vocabulary(NamedTuple):
    """The fields a condition may look at, by what they are compared with."""

    texts: tuple[str, ...] = TEXT_FIELDS
    numbers: tuple[str, ...] = NUMBER_FIELDS
    flags: tuple[str, ...] = FLAG_FIELDS

    @property
    def all(self) -> tuple[str, ...]:
        return (*self.texts, *self.numbers, *self.flags)


CUSTOMER = Vocabulary()
"""What is known of a customer without scores: the fields of segments and scorecards."""

Profile = Mapping[str, str | float | bool | None]
"""A customer's fields by the names above; traits under `trait.NAME`."""

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"[^"]*"|'[^']*')|(?P<number>-?\d+(?:\.\d+)?)|(?P<sign>==|!=|<=|>=|<|>|\(|\)|,)"""
    r"""|(?P<word>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)?))"""
)
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class _Token(NamedTuple):
    kind: str
    text: str
    place: int
    """The first character, counted from 1 as people do."""


class ConditionError(BadInput):
    """A condition that cannot be read."""


def parse_condition(
    text: str, vocabulary: Vocabulary = CUSTOMER, parameters: Mapping[str, float] | None = None
) -> Condition:
    """Read a condition; raises ConditionError naming what was expected.

    Args:
        vocabulary: the fields it may look at.
        parameters: values that `parameter.NAME` stands for on the right of a comparison.
    """
    return _Parser(text, vocabulary, parameters or {}).condition()


def fields_of(condition: Condition) -> frozenset[str]:
    """The names of the fields a condition looks at."""
    if isinstance(condition, Not):
        return fields_of(condition.inner)
    if isinstance(condition, All | AnyOf):
        return frozenset().union(*map(fields_of, condition.parts))
    return frozenset({condition.field})


def holds(condition: Condition, profile: Profile) -> bool:
    """Whether the condition is true of this customer."""
    match condition:
        case Not(inner):
            return not holds(inner, profile)
        case All(parts):
            return all(holds(part, profile) for part in parts)
        case AnyOf(parts):
            return any(holds(part, profile) for part in parts)
        case Known(field):
            return profile.get(field) is not None
        case OneOf(field, values):
            return any(_compares(profile.get(field), "==", value) for value in values)
        case Compare(field, sign, value):
            return _compares(profile.get(field), sign, value)


def trait_values(traits: str | None) -> dict[str, str | float | bool | None]:
    """The traits of a customer (JSON text) as fields of a profile; nested ones are left out."""
    parsed = json.loads(traits) if traits else {}
    plain = {name: value for name, value in parsed.items() if isinstance(value, str | int | float | bool)}
    return {TRAIT_PREFIX + name: value for name, value in plain.items()}


def _compares(have: object, sign: str, value: Literal) -> bool:
    """Only like is compared with like: a trait that is a text never equals a number."""
    if isinstance(value, bool):
        return isinstance(have, bool) and _COMPARE[sign](have, value)
    if isinstance(value, str):
        return isinstance(have, str) and _COMPARE[sign](have, value)  # type: ignore[arg-type]
    return isinstance(have, int | float) and not isinstance(have, bool) and _COMPARE[sign](float(have), value)


class _Parser:
    """Recursive descent: or < and < not < comparison."""

    def __init__(self, text: str, vocabulary: Vocabulary, parameters: Mapping[str, float]) -> None:
        self._text, self._vocabulary, self._parameters = text, vocabulary, parameters
        self._tokens = list(_tokens(text))
        self._at = 0
        self._here = 0
        self._depth = 0

    def condition(self) -> Condition:
        found = self._any()
        if self._peek().kind != "end":
            raise self._error(f"`and`, `or` or the end was expected, not {self._peek().text!r}")
        return found

    def _any(self) -> Condition:
        parts = [self._all()]
        while self._take("word", "or"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def _all(self) -> Condition:
        parts = [self._one()]
        while self._take("word", "and"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _one(self) -> Condition:
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._error(f"it is nested deeper than {DEEPEST}")
        found = self._nested()
        self._depth -= 1
        return found

    def _nested(self) -> Condition:
        if self._take("word", "not"):
            return Not(self._one())
        if self._take("sign", "("):
            inner = self._any()
            self._need("sign", ")")
            return inner
        return self._comparison()

    def _comparison(self) -> Condition:
        field = self._field()
        if self._take("word", "is"):
            return self._presence(field)
        if self._take("word", "in"):
            return OneOf(field, self._list(field))
        sign = self._next()
        if sign.kind != "sign" or sign.text not in _COMPARE:
            raise self._error(f"==, !=, <, <=, >, >=, in or is was expected after {field}")
        return self._checked(Compare(field, sign.text, self._literal(field)))

    def _presence(self, field: str) -> Condition:
        negated = self._take("word", "not")
        word = self._next().text
        if word not in ("known", "missing"):
            raise self._error(f"`known` or `missing` was expected after `{field} is`")
        return Known(field) if (word == "known") != negated else Not(Known(field))

    def _list(self, field: str) -> tuple[Literal, ...]:
        self._need("sign", "(")
        values = [self._literal(field)]
        while self._take("sign", ","):
            values.append(self._literal(field))
        self._need("sign", ")")
        return tuple(values)

    def _field(self) -> str:
        token = self._next()
        known = token.text in self._vocabulary.all
        if token.kind != "word" or not (known or token.text.startswith(TRAIT_PREFIX)):
            names = ", ".join(self._vocabulary.all)
            raise self._error(f"a field was expected, not {token.text!r}: {names}, or trait.NAME")
        return token.text

    def _literal(self, field: str) -> Literal:
        token = self._next()
        value: Literal
        if token.kind == "text":
            value = token.text[1:-1]
        elif token.kind == "number":
            value = float(token.text)
        elif token.text in ("true", "false"):
            value = token.text == "true"
        elif token.text.startswith(PARAMETER_PREFIX):
            value = self._parameter(token.text.removeprefix(PARAMETER_PREFIX))
        else:
            raise self._error(f"a text in quotes, a number, true or false was expected for {field}")
        self._fits(field, value)
        return value

    def _parameter(self, name: str) -> float:
        if name not in self._parameters:
            raise self._error(f"there is no parameter {name!r} that is a number")
        return float(self._parameters[name])

    def _fits(self, field: str, value: Literal) -> None:
        wanted: type | None = None
        if field in self._vocabulary.texts:
            wanted = str
        elif field in self._vocabulary.numbers:
            wanted = float
        elif field in self._vocabulary.flags:
            wanted = bool
        if wanted is not None and type(value) is not wanted:
            kind = {str: "a text in quotes", float: "a number", bool: "true or false"}[wanted]
            raise self._error(f"{field} is compared with {kind}")

    def _checked(self, found: Compare) -> Compare:
        """Order among texts depends on the collation, among flags it means nothing."""
        if found.operator not in ("==", "!=") and not isinstance(found.value, float):
            raise self._error(f"only numbers can be compared with {found.operator}; use == or !=")
        return found

    def _peek(self) -> _Token:
        self._here = self._at
        return self._tokens[self._at]

    def _next(self) -> _Token:
        token = self._peek()
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def _take(self, kind: str, text: str) -> bool:
        if self._peek()[:2] == (kind, text):
            self._at += 1
            return True
        return False

    def _need(self, kind: str, text: str) -> None:
        if not self._take(kind, text):
            raise self._error(f"{text!r} was expected, not {self._peek().text!r}")

    def _error(self, what: str) -> ConditionError:
        """At the token under way: the one taken last, or the one that was not accepted."""
        return _unreadable(self._text, self._tokens[self._here].place, what)


def _unreadable(text: str, place: int, what: str) -> ConditionError:
    return ConditionError(
        f"The condition `{text}` cannot be read at character {place}: {what}.", "Correct the condition."
    )


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    while text[at:].strip():
        found = _TOKEN.match(text, at)
        if found is None or found.lastgroup is None:
            rest = text[at:].lstrip()
            raise _unreadable(text, len(text) - len(rest) + 1, f"`{rest[:20]}` means nothing here")
        yield _Token(found.lastgroup, found[found.lastgroup], found.start(found.lastgroup) + 1)
        at = found.end()
    yield _Token("end", "the end", len(text) + 1)

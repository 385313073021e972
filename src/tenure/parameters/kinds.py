"""Kinds of single values: each reads text or JSON, says what it allows, and describes itself as JSON Schema."""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from tenure.parameters.values import Value

LARGEST_WHOLE = 2**53 - 1  # beyond it JSON readers begin to round
LONGEST_TEXT = 200


class NotAllowed(ValueError):
    """Why a raw value is refused; never repeats the value itself."""


class Kind(ABC):
    """What a parameter may hold."""

    private = False
    """True where a refused value may be somebody's address and must not be repeated in an error."""

    @abstractmethod
    def parse(self, raw: object) -> Value:
        """Reads text or a JSON value; raises NotAllowed."""

    @abstractmethod
    def allowed(self) -> str:
        """The range in words."""

    @abstractmethod
    def schema(self) -> dict[str, object]:
        """The same as JSON Schema."""


@dataclass(frozen=True)
class Integer(Kind):
    """A whole number from `low` to `high`, both included; `high` None is open."""

    low: int
    high: int | None = None

    def parse(self, raw: object) -> int:
        number = _whole(raw)
        _within(number, self.low, LARGEST_WHOLE if self.high is None else self.high)
        return number

    def allowed(self) -> str:
        return f"{self.low} or more" if self.high is None else f"{self.low} to {self.high}"

    def schema(self) -> dict[str, object]:
        return {
            "type": "integer",
            "minimum": self.low,
            "maximum": LARGEST_WHOLE if self.high is None else self.high,
        }


@dataclass(frozen=True)
class Number(Kind):
    """Any finite number from `low` to `high`, both included."""

    low: float
    high: float

    def parse(self, raw: object) -> float:
        number = _finite(raw)
        _within(number, self.low, self.high)
        return number

    def allowed(self) -> str:
        return f"{self.low:g} to {self.high:g}"

    def schema(self) -> dict[str, object]:
        return {"type": "number", "minimum": self.low, "maximum": self.high}


@dataclass(frozen=True)
class Choice(Kind):
    """One of a few words; upper and lower case do not matter."""

    choices: tuple[str, ...]

    def parse(self, raw: object) -> str:
        wanted = _line(raw).casefold()
        for choice in self.choices:
            if choice.casefold() == wanted:
                return choice
        raise NotAllowed("it is none of the choices")

    def allowed(self) -> str:
        return ", ".join(self.choices)

    def schema(self) -> dict[str, object]:
        return {"type": "string", "enum": list(self.choices)}


@dataclass(frozen=True)
class Text(Kind):
    """One line of text; `optional` allows it to be empty."""

    optional: bool = True
    pattern: str = ""
    example: str = ""

    def parse(self, raw: object) -> str:
        text = _line(raw)
        if not text and not self.optional:
            raise NotAllowed("it is empty")
        if text and self.pattern and not re.fullmatch(self.pattern, text):
            raise NotAllowed("it does not have the expected form")
        return text

    def allowed(self) -> str:
        form = f"text such as {self.example}" if self.example else "text"
        return f"{form}, or empty" if self.optional else form

    def schema(self) -> dict[str, object]:
        found: dict[str, object] = {"type": "string", "maxLength": LONGEST_TEXT}
        if not self.optional:
            found["minLength"] = 1
        if self.pattern:
            found["pattern"] = f"^(?:{self.pattern})?$" if self.optional else f"^(?:{self.pattern})$"
        return found


@dataclass(frozen=True)
class PrivateText(Text):
    """Text that may name a person: an address. Errors do not repeat it."""

    private = True


@dataclass(frozen=True)
class TimeZone(Kind):
    """A time zone of the IANA list, such as Europe/Berlin."""

    def parse(self, raw: object) -> str:
        text = _line(raw)
        try:
            return ZoneInfo(text).key
        except (KeyError, ValueError, OSError):
            raise NotAllowed("no such time zone is known") from None

    def allowed(self) -> str:
        return "a time zone such as Europe/Berlin"

    def schema(self) -> dict[str, object]:
        return {"type": "string", "minLength": 1}


def _whole(raw: object) -> int:
    """7, 7.0 and "7" are whole; True, 7.5 and "seven" are not."""
    number = _finite(raw)
    if not number.is_integer():
        raise NotAllowed("it is not a whole number")
    return int(number)


def _finite(raw: object) -> float:
    if isinstance(raw, bool) or not isinstance(raw, int | float | str):
        raise NotAllowed("it is not a number")
    try:
        number = float(raw)
    except (ValueError, OverflowError):
        raise NotAllowed("it is not a number") from None
    if not math.isfinite(number):
        raise NotAllowed("it is not a number")
    return number


def _within(number: float, low: float, high: float) -> None:
    if not low <= number <= high:
        raise NotAllowed("it is outside the range")


def _line(raw: object) -> str:
    if not isinstance(raw, str):
        raise NotAllowed("it is not text")
    text = raw.strip()
    if len(text) > LONGEST_TEXT:
        raise NotAllowed(f"it is longer than {LONGEST_TEXT} characters")
    if not text.isprintable():
        raise NotAllowed("it contains characters that cannot be printed")
    return text

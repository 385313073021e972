"""Kinds made of several values: lists, ranges, quiet hours, and one value per playbook, channel or kind."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from tenure.errors import BadInput
from tenure.parameters.kinds import Choice, Kind, NotAllowed, PrivateText, Text
from tenure.parameters.segments import parse_segment
from tenure.parameters.values import Entries, Frozen, QuietHours, Scalar, ScoreRange

MAIL_ADDRESS = r"[^@\s,;]+@[^@\s,;]+\.[^@\s,;]+"
ENTRY_NAME = r"[a-z0-9][a-z0-9_-]*"
MOST_NAMES = 1_000
_NAME = Text(optional=False, example="report_export")

_HOURS = re.compile(r"(?:(\d{1,2})\s*-\s*(\d{1,2}))?(?:(?:^|(?<=\d)\s*,\s*|(?<=\d)\s+and\s+)(weekends))?")


@dataclass(frozen=True)
class Names(Kind):
    """A list of texts without repetition. Order is kept only where it means something (`ordered`)."""

    item: Kind = _NAME
    called: str = "names"
    ordered: bool = False

    @property
    def private(self) -> bool:  # type: ignore[override]  # a fact of the item, not of the list
        return self.item.private

    def parse(self, raw: object) -> tuple[str, ...]:
        parsed = dict.fromkeys(str(self.item.parse(item)) for item in _listed(raw))
        if len(parsed) > MOST_NAMES:
            raise NotAllowed(f"it has more than {MOST_NAMES} entries")
        return tuple(parsed) if self.ordered else tuple(sorted(parsed, key=self._rank))

    def allowed(self) -> str:
        return f"a list of {self.called}"

    def schema(self) -> dict[str, object]:
        return {"type": "array", "items": self.item.schema(), "uniqueItems": True, "maxItems": MOST_NAMES}

    def _rank(self, name: str) -> tuple[int, str]:
        """Weekdays stay in the order of the week, other names go by the alphabet."""
        known = self.item.choices.index(name) if isinstance(self.item, Choice) else 0
        return known, name


@dataclass(frozen=True)
class SegmentText(Kind):
    """A segment such as plan=enterprise."""

    def parse(self, raw: object) -> str:
        try:
            return str(parse_segment(raw if isinstance(raw, str) else ""))
        except BadInput:
            raise NotAllowed("it is not a segment") from None

    def allowed(self) -> str:
        return "segments such as plan=enterprise"

    def schema(self) -> dict[str, object]:
        return {"type": "string", "minLength": 3}


def addresses() -> Names:
    """A list of mail addresses."""
    return Names(
        PrivateText(optional=False, pattern=MAIL_ADDRESS, example="success@example.com"),
        called="mail addresses",
    )


@dataclass(frozen=True)
class ScoreRangeWithin(Kind):
    """A range of whole scores, written 40-69, that lies between `low` and `high`."""

    low: int
    high: int

    def parse(self, raw: object) -> ScoreRange:
        if isinstance(raw, ScoreRange):
            raw = str(raw)
        found = re.fullmatch(r"\s*(\d{1,3})\s*-\s*(\d{1,3})\s*", raw) if isinstance(raw, str) else None
        if found is None:
            raise NotAllowed("it is not a range of scores")
        low, high = int(found[1]), int(found[2])
        if not self.low <= low <= high <= self.high:
            raise NotAllowed("it is outside the range, or its ends are the wrong way round")
        return ScoreRange(low, high)

    def allowed(self) -> str:
        return f"a range within {self.low} to {self.high}"

    def schema(self) -> dict[str, object]:
        return {"type": "string", "pattern": r"^\s*\d{1,3}\s*-\s*\d{1,3}\s*$"}


@dataclass(frozen=True)
class QuietHoursKind(Kind):
    """Quiet hours: `20-8, weekends`, `20-8`, `weekends` or `none`."""

    def parse(self, raw: object) -> QuietHours:
        text = str(raw).strip().casefold() if isinstance(raw, str | QuietHours) else ""
        if text == "none":
            return QuietHours(0, 0, weekends=False)
        found = _HOURS.fullmatch(text)
        if not text or found is None:
            raise NotAllowed("it is not written like 20-8, weekends")
        start_hour, end_hour = _hours(found[1], found[2])
        return QuietHours(start_hour, end_hour, weekends=found[3] is not None)

    def allowed(self) -> str:
        return "hours 0 to 23 written like `20-8`, `20-8, weekends`, `weekends` or `none`"

    def schema(self) -> dict[str, object]:
        return {"type": "string"}


@dataclass(frozen=True)
class OnePer(Kind):
    """One value per entry: `email=1, sms=8`, a JSON object, or a plain value for the entries of `plain_sets`.

    Entries that are not given keep what they were. `open` allows entries beyond the named ones.
    """

    what: str
    item: Kind
    entries: tuple[str, ...]
    open: bool = False
    plain_sets: tuple[str, ...] = ()

    def parse(self, raw: object) -> Entries:
        given = _object(raw)
        if given is None:
            plain = self.parse_entry(raw)
            return Frozen(dict.fromkeys(self.plain_sets or self.entries, plain))
        return Frozen({self.entry_name(key): self._named(key, value) for key, value in given.items()})

    def parse_entry(self, raw: object) -> Scalar:
        """Reads the value of one entry."""
        value = self.item.parse(raw)
        assert isinstance(value, int | float | str)  # the declared items are all plain
        return value

    def entry_name(self, raw: object) -> str:
        """The entry's name, checked."""
        known = isinstance(raw, str) and raw in self.entries
        if known or (self.open and isinstance(raw, str) and re.fullmatch(ENTRY_NAME, raw)):
            return str(raw)
        raise NotAllowed(f"it names an unknown {self.what}")

    def allowed(self) -> str:
        return f"{self.item.allowed()} {self.per()}"

    def per(self) -> str:
        """The entries in words."""
        others = f", or any {self.what}" if self.open else ""
        return f"per {self.what} ({', '.join(self.entries)}{others})"

    def schema(self) -> dict[str, object]:
        names: dict[str, object] = (
            {"pattern": f"^{ENTRY_NAME}$"} if self.open else {"enum": list(self.entries)}
        )
        per_entry = {"type": "object", "propertyNames": names, "additionalProperties": self.item.schema()}
        return {"anyOf": [per_entry, self.item.schema()]}

    def _named(self, key: str, raw: object) -> Scalar:
        try:
            return self.parse_entry(raw)
        except NotAllowed as why:
            raise NotAllowed(f"for {key} {why}") from None


def _listed(raw: object) -> list[object]:
    if isinstance(raw, str):
        text = raw.strip()
        if text.startswith("["):
            return _listed(_json(text))
        return [part for part in (piece.strip() for piece in text.split(",")) if part]
    if isinstance(raw, list | tuple):
        return list(raw)
    raise NotAllowed("it is not a list")


def _object(raw: object) -> Mapping[str, object] | None:
    """The entries, or None where a plain value was given."""
    if isinstance(raw, Mapping):
        return raw
    if not isinstance(raw, str):
        return None
    text = raw.strip()
    if text.startswith("{"):
        return _object(_json(text))
    if "=" not in text:
        return None
    pairs = [piece.partition("=") for piece in text.split(",")]
    return {key.strip(): value.strip() for key, _, value in pairs}


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise NotAllowed("it is not valid JSON") from None


def _hours(start: str | None, end: str | None) -> tuple[int, int]:
    if start is None or end is None:
        return 0, 0
    hours = int(start), int(end) % 24 if int(end) <= 24 else int(end)
    if max(hours) > 23 or hours[0] == hours[1]:
        raise NotAllowed("its hours are outside 0 to 23, or the same")
    return hours

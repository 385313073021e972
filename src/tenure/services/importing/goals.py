"""Goals of a customer: a JSON list of names or of objects (name, reached_at), or text with `;` or line breaks between."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from tenure.model.facts import Goal
from tenure.services.importing import values
from tenure.services.importing.reading import ReadingRules, Refusal, is_missing
from tenure.services.importing.times import fact_time_us

MOST_GOALS = 100
_BETWEEN = re.compile(r"[;\r\n]")


def goals(raw: Any, rules: ReadingRules) -> tuple[Goal, ...] | None:
    """The goals of a cell, None when it names none. Raises Refusal."""
    if is_missing(raw):
        return None
    listed = _listed(raw)
    if len(listed) > MOST_GOALS:
        raise Refusal("too_long")
    found = (_goal(one, rules) for one in listed if not is_missing(one))
    return tuple(goal for goal in found if goal is not None) or None


def _listed(raw: Any) -> list[Any]:
    if isinstance(raw, bytes):
        raw = raw.decode("utf-8", "replace")
    if isinstance(raw, str):
        if not raw.strip().startswith(("[", "{")):
            return _BETWEEN.split(raw)
        try:
            raw = msgspec.json.decode(raw)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            raise Refusal("bad_json") from None
    if isinstance(raw, Mapping):
        return [raw]
    if not isinstance(raw, list | tuple):
        raise Refusal("not_goals")
    return list(raw)


def _goal(one: Any, rules: ReadingRules) -> Goal | None:
    if isinstance(one, str):
        name, reached_us = values.text(one), None
    elif isinstance(one, Mapping) and isinstance(one.get("name"), str):
        name = values.text(one["name"])
        reached = one.get("reached_at")
        reached_us = fact_time_us(one.get("reached_us") if reached is None else reached, rules)
    else:
        raise Refusal("not_goals")
    return None if name is None else Goal(name=name, reached_us=reached_us)

"""The JSON Schema of trigger files, for editors: derived from the reader's own names."""

from __future__ import annotations

from typing import Any

from tenure.model.triggers import TriggerSchedule, TriggerSubject
from tenure.parameters import DECLARED
from tenure.rules.triggers.document import DEEPEST, ID, LONGEST_HOURS, MOST_ACTIONS
from tenure.rules.triggers.vocabulary import ACTIONS, END_WORDS, VOCABULARIES, WHENS

TITLE = "Tenure trigger"


def json_schema() -> dict[str, Any]:
    """The schema; `tenure.triggers.trigger_schema()` is its published text."""
    hours = {"type": "number", "minimum": 0, "maximum": LONGEST_HOURS}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": TITLE,
        "type": "object",
        "required": ["id", "title", "subject", "condition", "iterations", "ends"],
        "additionalProperties": False,
        "properties": {
            "id": {"type": "string", "pattern": f"^{ID.pattern}$", "maxLength": 40},
            "title": {"type": "string"},
            "subject": {"enum": [one.value for one in TriggerSubject]},
            "schedule": {"enum": [one.value for one in TriggerSchedule]},
            "condition": _condition(),
            "crosses_from": {**_condition(), "description": "What held at the last judgement; without it, that the condition did not."},
            "cooldown_days": {"type": "integer", "minimum": 0, "maximum": 366},
            "max_depth": {"type": "integer", "minimum": 1, "maximum": DEEPEST},
            "max_actions": {"type": "integer", "minimum": 1, "maximum": MOST_ACTIONS, "description": "Actions one chain may ever want."},
            "iterations": {"type": "array", "minItems": 1, "maxItems": DEEPEST, "items": _iteration(hours)},
            "ends": {
                "type": "array",
                "minItems": 1,
                "items": {"anyOf": [{"enum": list(END_WORDS)}, {"type": "string", "description": "A condition."}]},
            },
            "success": _success(),
            "escalation": {"type": "string"},
        },
        "$defs": {"action": {"oneOf": [_action(name, hours) for name in ACTIONS]}},
    }


def _condition() -> dict[str, Any]:
    fields = {subject.value: list(words.all) for subject, words in VOCABULARIES.items()}
    return {"type": "string", "description": f"Fields by subject: {fields}. A number may be `parameter.NAME`."}


def _iteration(hours: dict[str, Any]) -> dict[str, Any]:
    named = [name for name, one in DECLARED.items() if one.unit == "hours" and isinstance(one.default, int)]
    return {
        "type": "object",
        "required": ["depth", "actions"],
        "additionalProperties": False,
        "properties": {
            "depth": {"type": "integer", "minimum": 1, "maximum": DEEPEST},
            "when": {"anyOf": [{"enum": list(WHENS)}, {"type": "string", "description": "A condition."}]},
            "after_hours": hours,
            "after": {
                "type": "object",
                "required": ["parameter"],
                "additionalProperties": False,
                "properties": {"parameter": {"enum": named}},
            },
            "actions": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/action"}},
        },
    }


def _action(name: str, hours: dict[str, Any]) -> dict[str, Any]:
    kind = ACTIONS[name]
    args = {
        "type": "object",
        "required": list(kind.needs),
        "additionalProperties": False,
        "properties": dict.fromkeys((*kind.needs, *kind.may), True),
    }
    return {
        "type": "object",
        "required": ["do", "args"] if kind.needs else ["do"],
        "additionalProperties": False,
        "properties": {"do": {"const": name}, "agent": {"type": "string"}, "after_hours": hours, "args": args},
    }


def _success() -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["metric", "target", "horizon_days"],
        "additionalProperties": False,
        "properties": {
            "metric": {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,39}$"},
            "target": {"type": "number"},
            "horizon_days": {"type": "integer", "minimum": 1, "maximum": 366},
        },
    }

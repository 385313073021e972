"""The JSON Schema of playbook files, for editors: derived from the reader's own names."""

from __future__ import annotations

from typing import Any

from tenure.model.decisions import DecisionKind
from tenure.model.playbooks import Act, OnResponse, PlaybookKind
from tenure.parameters import DECLARED
from tenure.rules.card_fields import LOOP
from tenure.rules.playbooks import document
from tenure.rules.playbooks.tunables import why_no_number

TITLE = "Tenure playbook"
_WORD = {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,39}$"}
_TEXT = {"type": "string", "minLength": 1}
_CONDITION = {"$ref": "#/$defs/condition"}
_DELAY = {"$ref": "#/$defs/delay"}


def json_schema() -> dict[str, Any]:
    """The schema; `tenure.playbooks.playbook_schema()` is its published text."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": TITLE,
        **_object(_playbook(), "key", "kind", "title", "purpose", "entry", "steps"),
        "$defs": {"condition": _condition(), "delay": _delay(), "step": _step(), "template": _template()},
    }


def _playbook() -> dict[str, Any]:
    kinds = [kind.value for kind in PlaybookKind]
    properties: dict[str, Any] = {
        "key": _WORD,
        "kind": {"enum": kinds, "description": "Its place in the order: an earlier kind ends a later one; payment runs beside all others."},
        "title": _TEXT,
        "purpose": _TEXT,
        "priority": {"type": "integer", "description": "Among playbooks of one rank the higher goes first."},
        "entry": _entry(),
        "stays_while_entry_holds": {"type": "boolean", "description": "Leave silently when entry no longer holds at a due step."},
        "exits": {"type": "array", "minItems": 1, "items": _CONDITION},
        "goal": {**_CONDITION, "description": "Completes it as reached."},
        "on_response": {"enum": [one.value for one in OnResponse]},
        "waits_days": {**_DELAY, "description": "After the last step, how long an answer or the goal still counts."},
        "asks_if_helped": {"type": "boolean"},
        "cooldown_days": {"type": "integer", "minimum": 0, "maximum": document.MOST_DAYS},
        "holdout": {"type": "boolean"},
        "steps": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/step"}},
        "templates": {"type": "object", "propertyNames": _WORD, "additionalProperties": {"$ref": "#/$defs/template"}},
    }
    return {name: properties[name] for name in document.PLAYBOOK_FIELDS}


def _entry() -> dict[str, Any]:
    properties: dict[str, Any] = {
        "condition": _CONDITION,
        "came_from": {"type": "array", "minItems": 1, "items": {"enum": list(document.BANDS)}},
        "confirm_days": {**_DELAY, "description": "Daily refreshes on working days in which it has to hold."},
        "by_trigger_only": {"type": "boolean"},
        "once_per": {"enum": list(document.ONCE_PER)},
    }
    return _object({name: properties[name] for name in document.ENTRY_FIELDS}, "condition")


def _step() -> dict[str, Any]:
    kinds = sorted({*document.ALERT_KINDS, *(kind.value for kind in DecisionKind)})
    properties: dict[str, Any] = {
        "step": _WORD,
        "act": {"enum": [act.value for act in Act], "default": Act.touch.value},
        "title": {**_TEXT, "description": "Of a task, an alert or a decision; may use template variables."},
        "channel": {"enum": [channel.value for channel in document.MESSAGE_CHANNELS]},
        "purpose": {
            "enum": list(document.PURPOSES),
            "default": "service",
            "description": "Transactional only in playbooks of kind payment: to the billing contact, outside the budget.",
        },
        "template": _WORD,
        "variants": {"type": "array", "minItems": 1, "items": _variant(), "description": "Shares sum to 100."},
        "day": {**_DELAY, "description": "Days after day 0."},
        "hours": {**_DELAY, "description": "Hours added to the day."},
        "due_hours": {**_DELAY, "description": "Time a person has for the task."},
        "when": {**_CONDITION, "description": "Checked when the step is due; a skipped step never blocks the next."},
        "stop_on_response": {"type": "boolean", "default": True},
        "repeats_days": _DELAY,
        "max_repeats": _DELAY,
        "offer": _object({"percent": _whole(1, 100), "months": _whole(1, 36)}, "percent", "months"),
        "invitation": _object({"minutes": _whole(5, 480), "in_days": _whole(1, 60)}, "minutes", "in_days"),
        "kind": {"type": "string", "description": f"Of a task: any word. Of alerts and decisions: {', '.join(kinds)}."},
        "assignee": {"type": "string", "description": "owner, lead, chairman, admin, eva, or a name."},
        "priority": {"enum": list(document.PRIORITIES)},
        "survey": _TEXT,
        "recommendation": _TEXT,
    }
    step = _object({name: properties[name] for name in document.STEP_FIELDS}, "step")
    return step | {"allOf": [_needs(act, needed) for act, (needed, _) in document.TAKES.items()]}


def _needs(act: Act, needed: tuple[str, ...]) -> dict[str, Any]:
    """What a step of this act must have; without `act` it is a touch."""
    chosen: dict[str, Any] = {"properties": {"act": {"const": act.value}}}
    return {"if": chosen if act is Act.touch else chosen | {"required": ["act"]}, "then": {"required": list(needed)}}


def _variant() -> dict[str, Any]:
    share = {"type": "number", "exclusiveMinimum": 0, "maximum": 100}
    return _object({"name": _WORD, "template": _WORD, "share": share}, "name", "template", "share")


def _template() -> dict[str, Any]:
    file = {"type": "string", "description": "A file of its own, relative to the folder `playbooks`."}
    return {"anyOf": [file, _object(dict.fromkeys(document.TEMPLATE_PARTS, _TEXT))]}


def _delay() -> dict[str, Any]:
    names = sorted(name for name in DECLARED if why_no_number(name) is None)
    return {"anyOf": [{"type": "number", "minimum": 0, "maximum": document.MOST_DAYS}, _object({"parameter": {"enum": names}}, "parameter")]}


def _condition() -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "description": f"Over: {', '.join(LOOP.all)}; parameter.NAME stands for a tunable."}


def _whole(low: int, high: int) -> dict[str, Any]:
    return {"type": "integer", "minimum": low, "maximum": high}


def _object(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "properties": properties, "required": list(required)}

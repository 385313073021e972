"""Reads a trigger file (YAML or JSON text) and checks everything that can be checked without a subject."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import yaml

from tenure.model.triggers import (
    EndReason,
    SuccessMetric,
    TriggerAction,
    TriggerDefinition,
    TriggerIteration,
    TriggerSchedule,
    TriggerSubject,
)
from tenure.parameters import DECLARED
from tenure.rules.conditions import ConditionError, parse_condition
from tenure.rules.scorecard.places import BadDocument, Place, read_yaml
from tenure.rules.triggers.vocabulary import (
    ACTIONS,
    END_WORDS,
    VOCABULARIES,
    WHENS,
    numeric_parameters,
)

FIELDS = (
    "id", "title", "subject", "schedule", "condition", "crosses_from", "cooldown_days", "max_depth", "max_actions",
    "iterations", "ends", "success", "escalation",
)  # fmt: skip
ITERATION_FIELDS = ("depth", "when", "after_hours", "after", "actions")
ACTION_FIELDS = ("do", "agent", "after_hours", "args")
SUCCESS_FIELDS = ("metric", "target", "horizon_days")
ID = re.compile(r"[A-Z][A-Z0-9]*(-[A-Z0-9]+)*")
LONGEST_HOURS = 24 * 366
MOST_ACTIONS = 10_000
DEEPEST = 24
_FIX = "Correct it and run `tenure triggers check` again."
_SCHEDULES = {
    TriggerSubject.customer: (TriggerSchedule.touched, TriggerSchedule.daily),
    TriggerSubject.venture: (TriggerSchedule.daily, TriggerSchedule.weekly, TriggerSchedule.monthly),
    TriggerSubject.component: (TriggerSchedule.hourly,),
}


def parse_trigger(text: str, file: str) -> TriggerDefinition:
    """Read and check one file; raises BadDocument naming file, line, what was expected and the fix."""
    if not text.strip():
        raise BadDocument(f"{file}: the file is empty.", "Write a trigger, or remove the file.")
    root = read_yaml(text, file)
    given = root.fields(FIELDS)
    _need(root, given, "id", "title", "subject", "condition", "iterations", "ends")
    subject = TriggerSubject(given["subject"].choice([one.value for one in TriggerSubject]))
    depth = given["max_depth"].whole(1, DEEPEST) if "max_depth" in given else None
    return TriggerDefinition(
        trigger_id=_id(given["id"]),
        title=given["title"].text(),
        subject=subject,
        schedule=_schedule(given, subject),
        condition=_condition(given["condition"], subject),
        crosses_from=_condition(given["crosses_from"], subject) if "crosses_from" in given else "",
        cooldown_days=given["cooldown_days"].whole(0, 366) if "cooldown_days" in given else None,
        max_depth=depth,
        iterations=_iterations(given["iterations"], subject, depth),
        ends=tuple(_end(one, subject) for one in given["ends"].items()),
        success=_success(given["success"]) if "success" in given else None,
        escalation=given["escalation"].text() if "escalation" in given else "",
        max_actions=given["max_actions"].whole(1, MOST_ACTIONS) if "max_actions" in given else 50,
    )


def document_of(definition: TriggerDefinition) -> dict[str, Any]:
    """A definition as the store keeps it."""
    found = msgspec.to_builtins(definition)
    assert isinstance(found, dict)
    return found


def definition_from(document: Mapping[str, Any]) -> TriggerDefinition:
    """The definition of a stored document."""
    return msgspec.convert(dict(document), TriggerDefinition)


def _id(place: Place) -> str:
    found = place.text()
    if not ID.fullmatch(found) or len(found) > 40:
        raise place.refuse("an id of capital letters, digits and - was expected, such as RETENTION-005", _FIX)
    return found


def _schedule(given: Mapping[str, Place], subject: TriggerSubject) -> TriggerSchedule:
    allowed = _SCHEDULES[subject]
    if "schedule" not in given:
        return allowed[0]
    return TriggerSchedule(given["schedule"].choice([one.value for one in allowed]))


def _condition(place: Place, subject: TriggerSubject) -> str:
    text = place.text()
    try:
        parse_condition(text, VOCABULARIES[subject], numeric_parameters())
    except ConditionError as problem:
        raise place.refuse(problem.message.rstrip("."), problem.fix) from None
    return text


def _iterations(place: Place, subject: TriggerSubject, max_depth: int | None) -> tuple[TriggerIteration, ...]:
    found = []
    for expected, item in enumerate(place.items(), start=1):
        one = _iteration(item, subject, expected)
        if max_depth is not None and expected > max_depth:
            raise item.refuse(f"it is deeper than max_depth {max_depth}", _FIX)
        found.append(one)
    return tuple(found)


def _iteration(place: Place, subject: TriggerSubject, expected: int) -> TriggerIteration:
    given = place.fields(ITERATION_FIELDS)
    _need(place, given, "depth", "actions")
    if given["depth"].whole(1, DEEPEST) != expected:
        raise given["depth"].refuse(f"depths count from 1 without gaps: {expected} was expected", _FIX)
    if "after" in given and "after_hours" in given:
        raise given["after"].refuse("both `after` and `after_hours` are given", "Keep one of them.")
    return TriggerIteration(
        depth=expected,
        when=_when(given["when"], subject) if "when" in given else "",
        after_hours=_hours(given["after_hours"]) if "after_hours" in given else 0.0,
        after_parameter=_after(given["after"]) if "after" in given else "",
        actions=tuple(_action(one, subject) for one in given["actions"].items()),
    )


def _when(place: Place, subject: TriggerSubject) -> str:
    return place.text() if place.text() in WHENS else _condition(place, subject)


def _after(place: Place) -> str:
    given = place.fields(("parameter",))
    _need(place, given, "parameter")
    name = given["parameter"].text()
    if name not in DECLARED or DECLARED[name].unit != "hours" or not isinstance(DECLARED[name].default, int):
        raise given["parameter"].refuse(f"there is no parameter {name} in hours", _FIX)
    return name


def _hours(place: Place) -> float:
    hours = place.plain_number()
    if not 0 <= hours <= LONGEST_HOURS:
        raise place.refuse(f"hours from 0 to {LONGEST_HOURS} were expected", _FIX)
    return hours


def _action(place: Place, subject: TriggerSubject) -> TriggerAction:
    given = place.fields(ACTION_FIELDS)
    _need(place, given, "do")
    do = given["do"].choice(tuple(ACTIONS))
    kind = ACTIONS[do]
    if subject not in kind.subjects:
        fits = ", ".join(name for name, one in ACTIONS.items() if subject in one.subjects)
        raise given["do"].refuse(f"{do} is not for a {subject}", f"For a {subject} there are: {fits}.")
    args = _args(place, given, do)
    return TriggerAction(
        do=do,
        agent=given["agent"].text() if "agent" in given else "",
        after_hours=_hours(given["after_hours"]) if "after_hours" in given else 0.0,
        args=args,
    )


def _args(place: Place, given: Mapping[str, Place], do: str) -> dict[str, object]:
    kind = ACTIONS[do]
    names = (*kind.needs, *kind.may)
    inner = given["args"].fields(names) if "args" in given else {}
    _need(given.get("args", place), inner, *kind.needs)
    found = {name: _plain(one) for name, one in inner.items()}
    for name, check in _CHECKS.items():
        problem = check(found[name]) if name in found else None
        if problem is not None:
            raise inner[name].refuse(problem, _FIX)
    return found


def _plain(place: Place) -> Any:
    """A scalar, a list of scalars or a mapping of scalars, as Python."""
    node = place.node
    if isinstance(node, yaml.SequenceNode):
        return [_plain(Place(one, place.file, place.path)) for one in node.value]
    if isinstance(node, yaml.MappingNode):
        return {str(key.value): _plain(Place(value, place.file, f"{place.path}.{key.value}")) for key, value in node.value}
    if node.tag.endswith((":int", ":float")):
        value = place.plain_number()
        return int(value) if value.is_integer() else value
    if node.tag.endswith(":bool"):
        return str(node.value).lower() == "true"
    return str(node.value)


def _is_text(value: object) -> str | None:
    return None if isinstance(value, str) and value.strip() else "a text was expected"


def _is_number(value: object) -> str | None:
    ok = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= LONGEST_HOURS
    return None if ok else "a number from 0 was expected"


def _is_fields(value: object) -> str | None:
    if isinstance(value, dict):
        return None if value else "at least one field was expected"
    return None if isinstance(value, list) and value and all(isinstance(one, str) for one in value) else "a list of field names, or fields with their values, was expected"


def _is_texts(value: object) -> str | None:
    return None if isinstance(value, list) and all(isinstance(one, str) for one in value) else "a list of texts was expected"


_CHECKS: dict[str, Callable[[object], str | None]] = {
    **dict.fromkeys(("kind", "playbook", "title", "survey", "rule", "scope", "job", "section", "assignee"), _is_text),
    **dict.fromkeys(("due_hours", "causes_days", "plan_days"), _is_number),
    "fields": _is_fields,
    "options": _is_texts,
}


def _end(place: Place, subject: TriggerSubject) -> str:
    text = place.text()
    if re.fullmatch(r"[a-z_]+", text):
        if text not in END_WORDS:
            raise place.refuse(f"{text!r} ends nothing", f"Use one of {', '.join(END_WORDS)}, or a condition.")
        return EndReason(text).value
    return _condition(place, subject)


def _success(place: Place) -> SuccessMetric:
    given = place.fields(SUCCESS_FIELDS)
    _need(place, given, *SUCCESS_FIELDS)
    return SuccessMetric(
        metric=given["metric"].word(),
        target=given["target"].plain_number(),
        horizon_days=given["horizon_days"].whole(1, 366),
    )


def _need(place: Place, given: Mapping[str, Place], *names: str) -> None:
    for name in names:
        if name not in given:
            raise place.refuse(f"`{name}` is missing", f"Add `{name}:`.")


def text_of(definition: TriggerDefinition) -> str:
    """A definition as JSON, for people and diffs."""
    return json.dumps(document_of(definition), indent=2, ensure_ascii=False)

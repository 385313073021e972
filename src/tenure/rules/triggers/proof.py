"""No definition may fire itself again, directly or through others: proved before it is saved.

An action may change fields (`vocabulary.ACTIONS`); writing to the CRM changes the customer's fields it names, because the CRM
is a source of facts. A definition follows another when one of its actions may make the other's condition true: judged with the
written values where they are known, everything else unknown. What customers themselves do is no edge: chains, cooldowns and
crossings bound that. A cycle is refused and shown.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence

from tenure.errors import Refused
from tenure.model.condition import All, AnyOf, Condition, Known, Not
from tenure.model.playbooks import Act, PlaybookDefinition
from tenure.model.triggers import TriggerAction, TriggerDefinition
from tenure.rules.conditions import TRAIT_PREFIX, Profile, fields_of, holds, parse_condition
from tenure.rules.triggers.vocabulary import ACTIONS, VOCABULARIES

ANY = None
"""A field is changed to something nobody knows yet."""
Changes = Mapping[str, str | float | bool | None]
Playbooks = Mapping[str, Sequence[TriggerAction]]

_JOBS: dict[str, Changes] = {
    "refresh": {"component_status": "healthy"},
    "restart_campaigns": {"component_status": "healthy", "active_campaigns": ANY},
    "sync_crm": {"component_status": "healthy"},
    "deploy_surveys": {"component_status": "healthy"},
}
"""What a job leaves behind; another one may change whatever `run_job` may."""


def refuse_loops(
    definitions: Sequence[TriggerDefinition], numbers: Mapping[str, float], playbooks: Playbooks | None = None
) -> None:
    """Raise Refused, showing the cycle, when any of these (all that would be live) could re-fire itself.

    `numbers`: the values of `parameter.NAME`. `playbooks`: by key, what their steps do as actions.
    """
    cycle = find_cycle(definitions, numbers, playbooks or {})
    if cycle is not None:
        raise Refused(
            f"Trigger {cycle[0].split(' ')[0]} could fire itself again: {' -> '.join(cycle)}.",
            "Change a condition or an action so that the circle is open.",
        )


def find_cycle(
    definitions: Sequence[TriggerDefinition], numbers: Mapping[str, float], playbooks: Playbooks
) -> list[str] | None:
    """The shortest cycle of definitions with the actions between them, beginning and ending at the same one; else None."""
    edges = {one.trigger_id: dict(_edges(one, definitions, numbers, playbooks)) for one in definitions}
    found = [path for start in edges if (path := _back_to(start, edges)) is not None]
    if not found:
        return None
    path = min(found, key=len)
    steps = [f"{name} ({edges[name][after]})" for name, after in itertools.pairwise(path)]
    return [*steps, path[-1]]


def _edges(
    one: TriggerDefinition, definitions: Sequence[TriggerDefinition], numbers: Mapping[str, float], playbooks: Playbooks
) -> Iterator[tuple[str, str]]:
    for other in definitions:
        condition = parse_condition(other.condition, VOCABULARIES[other.subject], numbers)
        for words, changes in _acts(one, playbooks):
            if may_become_true(condition, changes):
                yield other.trigger_id, words
                break


def _acts(definition: TriggerDefinition, playbooks: Playbooks) -> Iterator[tuple[str, Changes]]:
    for action in (action for step in definition.iterations for action in step.actions):
        yield action.do, changes_of(action)
        if action.do == "start_playbook":
            key = str(action.args.get("playbook"))
            for inner in playbooks.get(key, ()):
                yield f"start_playbook {key}: {inner.do}", changes_of(inner)


def actions_of(playbook: PlaybookDefinition) -> tuple[TriggerAction, ...]:
    """What the steps of a playbook do, as actions; a message changes nothing by itself."""
    acts = (one for one in playbook.steps if one.act is not Act.touch)
    return tuple(TriggerAction(do=one.act.value, args=dict(one.args)) for one in acts)


def changes_of(action: TriggerAction) -> Changes:
    """The fields an action may change, with the values it is known to write."""
    if action.do == "write_crm":
        fields = action.args.get("fields")
        return {_field(name): _value(value) for name, value in fields.items()} if isinstance(fields, Mapping) else {}
    if action.do == "run_job" and str(action.args.get("job")) in _JOBS:
        return _JOBS[str(action.args["job"])]
    if action.do == "send_survey" and action.args.get("survey") != "nps":
        return {}
    if action.do == "open_incident":
        return {"active_campaigns": 0.0, "component_status": "degraded"}
    if action.do == "heal_component":
        return {"component_status": "healthy", "active_campaigns": ANY}
    return dict.fromkeys(ACTIONS[action.do].changes, ANY)


def _field(name: object) -> str:
    text = str(name)
    return text if text in VOCABULARIES_FIELDS else f"{TRAIT_PREFIX}{text.removeprefix(TRAIT_PREFIX)}"


VOCABULARIES_FIELDS = frozenset(name for words in VOCABULARIES.values() for name in words.all)


def _value(value: object) -> str | float | bool | None:
    if isinstance(value, bool | str):
        return value
    return float(value) if isinstance(value, int | float) else ANY


def may_become_true(condition: Condition, changes: Changes) -> bool:
    """Whether these changes touch the condition and leave it possibly true."""
    return bool(fields_of(condition) & changes.keys()) and _possible(condition, changes, wanted=True)


def _possible(condition: Condition, changes: Changes, *, wanted: bool) -> bool:
    """Whether the condition can come out as `wanted`, where only the changed fields with a value are known."""
    match condition:
        case Not(inner):
            return _possible(inner, changes, wanted=not wanted)
        case All(parts):
            every = [_possible(part, changes, wanted=wanted) for part in parts]
            return all(every) if wanted else any(every)
        case AnyOf(parts):
            every = [_possible(part, changes, wanted=wanted) for part in parts]
            return any(every) if wanted else all(every)
        case _:
            name = condition.field
            if name not in changes or changes[name] is ANY:
                return True
            profile: Profile = {name: changes[name]}
            known = isinstance(condition, Known) or holds(condition, profile)
            return known is wanted


def _back_to(start: str, edges: Mapping[str, Mapping[str, str]]) -> list[str] | None:
    """The shortest way from a definition to itself, breadth first."""
    ways: list[list[str]] = [[start]]
    seen: set[str] = set()
    while ways:
        way = ways.pop(0)
        for after in edges.get(way[-1], {}):
            if after == start:
                return [*way, start]
            if after not in seen:
                seen.add(after)
                ways.append([*way, after])
    return None

"""A change of parameters as a plan: before, after, what it changes, who may do it, and everything wrong with it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from tenure.errors import NotFound, Refused
from tenure.parameters.kinds import NotAllowed
from tenure.parameters.permissions import Actor, Outcome, Verdict, may_change, may_lock, strictest
from tenure.parameters.problems import Problem
from tenure.parameters.reading import declared, entries_of, parse_all
from tenure.parameters.resolving import Raw, inconsistencies, read_segment, resolve
from tenure.parameters.segments import parse_segment
from tenure.parameters.sets import Layer, ParameterSet, resolved_values
from tenure.parameters.values import Frozen, Json, Value, laid_over, to_json

VENTURE = ""
"""The place of values that hold for the whole venture; every other place is a segment's text."""


@dataclass(frozen=True)
class Changed:
    """One parameter that holds something else afterwards; `segment` is empty for the venture.

    `follows` is true where nobody set it and it moved with another parameter.
    """

    name: str
    segment: str
    before: Value
    after: Value
    follows: bool = False

    def as_json(self) -> dict[str, Json]:
        return {
            "name": self.name,
            "segment": self.segment,
            "before": to_json(self.before),
            "after": to_json(self.after),
            "follows": self.follows,
        }


@dataclass(frozen=True)
class ChangePlan:
    """What a change would do. With problems `after` is `before`: nothing is changed."""

    before: ParameterSet
    after: ParameterSet
    problems: tuple[Problem, ...]
    changes: tuple[Changed, ...]
    verdict: Verdict
    actor: Actor
    reason: str

    @property
    def may_apply(self) -> bool:
        """Can it be applied at once, without a decision?"""
        return not self.problems and self.verdict.outcome is Outcome.ALLOWED

    @property
    def must_propose(self) -> bool:
        """Is it sound, but somebody else has to say yes?"""
        return not self.problems and self.verdict.outcome is Outcome.MUST_PROPOSE


def change(
    current: ParameterSet, changes: Raw, actor: Actor, reason: str, *, segment: str = VENTURE
) -> ChangePlan:
    """Plans a change in one place.

    Args: `changes` by name (text or JSON; None takes back what was set; `autonomy.message` is one entry),
    `reason` for the audit log, `segment` such as `plan=enterprise`, else the whole venture.
    """
    return change_everywhere(current, {segment: changes}, actor, reason)


def change_everywhere(
    current: ParameterSet, changes: Mapping[str, Raw], actor: Actor, reason: str
) -> ChangePlan:
    """Plans changes by place (VENTURE or a segment) and name; all of them hold, or none."""
    edits, problems = _read_edits(changes)
    names = {name for edit in edits.values() for name in edit.names}
    verdict = _verdict(current, actor, names)
    problems += _refusals(verdict, names, reason)
    after = current if problems else _edited(current, edits)
    problems += inconsistencies(after)
    if problems:
        after = current
    changed = tuple(_differences(current, after))
    return ChangePlan(current, after, tuple(problems), changed, verdict, actor, reason)


def changes_towards(
    current: ParameterSet, values: Raw, overrides: Mapping[str, Raw] | None = None
) -> dict[str, dict[str, object]]:
    """The changes by place after which exactly these values are set; what they leave out is taken back."""
    wanted = resolve(values, overrides)
    places = {VENTURE: (current.own, wanted.own)}
    for text in {*current.overrides, *wanted.overrides}:
        places[text] = (current.overrides.get(text, Frozen()), wanted.overrides.get(text, Frozen()))
    found = {place: dict(_steps(before, after)) for place, (before, after) in sorted(places.items())}
    return {place: steps for place, steps in found.items() if steps}


def lock(current: ParameterSet, names: Collection[str], actor: Actor) -> ParameterSet:
    """The set with these parameters locked; raises Refused for anybody but the chairman, NotFound."""
    return _with_locks(current, current.locked | _names(names), actor)


def unlock(current: ParameterSet, names: Collection[str], actor: Actor) -> ParameterSet:
    """The set with these parameters free again; raises Refused for anybody but the chairman, NotFound."""
    return _with_locks(current, current.locked - _names(names), actor)


@dataclass(frozen=True)
class _Edit:
    """What happens in one place: whole parameters or single entries taken back, then values laid over."""

    taken_back: tuple[str, ...]
    values: Layer

    @property
    def names(self) -> set[str]:
        return {name.partition(".")[0] for name in self.taken_back} | set(self.values)


def _read_edits(changes: Mapping[str, Raw]) -> tuple[dict[str, _Edit], list[Problem]]:
    edits: dict[str, _Edit] = {}
    problems: list[Problem] = []
    for place, raw in changes.items():
        segment, bad_segment = read_segment(place) if place else (VENTURE, [])
        edit, bad_values = _read_edit(raw, segment)
        problems += [*bad_segment, *bad_values]
        if not bad_segment:
            edits[segment] = edit
    return edits, problems


def _read_edit(raw: Raw, segment: str) -> tuple[_Edit, list[Problem]]:
    flat = dict(_flat(raw))
    taken_back = tuple(name for name, value in flat.items() if value is None)
    given = {name: value for name, value in flat.items() if value is not None}
    layer, problems = parse_all(given, segment)
    problems += [problem for name in taken_back for problem in _unknown(name, segment)]
    return _Edit(() if problems else taken_back, layer), problems


def _flat(raw: Raw) -> Iterator[tuple[str, object]]:
    """Entries given inside a JSON object one by one, so that each can be set or taken back."""
    for name, value in raw.items():
        if isinstance(value, Mapping) and None in value.values():
            yield from ((f"{name}.{entry}", item) for entry, item in value.items())
        else:
            yield name, value


def _unknown(name: str, segment: str) -> list[Problem]:
    try:
        parameter = declared(name)
    except NotFound as unknown:
        return [Problem(name, "", "", unknown.message.rstrip("."), segment)]
    entry = name.partition(".")[2]
    try:
        if entry:
            entries_of(parameter.kind).entry_name(entry)
    except NotAllowed as why:
        return [Problem(name, "", parameter.allowed(), str(why), segment)]
    return []


def _verdict(current: ParameterSet, actor: Actor, names: Collection[str]) -> Verdict:
    autonomy = str(current.entries("autonomy")["parameter_change"])
    found = [
        may_change(actor.role, declared(name), name in current.locked, autonomy) for name in sorted(names)
    ]
    return strictest(found)


def _refusals(verdict: Verdict, names: Collection[str], reason: str) -> list[Problem]:
    problems = []
    if verdict.outcome is Outcome.REFUSED:
        problems.append(Problem(", ".join(sorted(names)), "", "", verdict.reason))
    if not reason.strip():
        problems.append(Problem("reason", "", "", "a change needs a reason for the audit log"))
    return problems


def _edited(current: ParameterSet, edits: Mapping[str, _Edit]) -> ParameterSet:
    layers = {VENTURE: current.own, **current.overrides}
    for place, edit in edits.items():
        layers[place] = laid_over([_without(layers.get(place, Frozen()), edit.taken_back), edit.values])
    own = layers.pop(VENTURE)
    return ParameterSet(own, {text: layer for text, layer in layers.items() if layer}, current.locked)


def _without(layer: Layer, taken_back: Collection[str]) -> Layer:
    kept = dict(layer)
    for dotted in taken_back:
        name, _, entry = dotted.partition(".")
        value = kept.pop(name, None)
        if entry and isinstance(value, Frozen):
            rest = {key: item for key, item in value.items() if key != entry}
            kept |= {name: Frozen(rest)} if rest else {}
    return Frozen(kept)


def _differences(before: ParameterSet, after: ParameterSet) -> Iterator[Changed]:
    for place in sorted({VENTURE, *before.overrides, *after.overrides}):
        was, becomes = _holds(before, place), _holds(after, place)
        mine_before, mine_after = _mine(before, place), _mine(after, place)
        for name in was:
            set_here = mine_before.get(name) != mine_after.get(name)
            moved = place == VENTURE and was[name] != becomes[name]
            if set_here or moved:
                yield Changed(name, place, was[name], becomes[name], follows=not set_here)


def _mine(found: ParameterSet, place: str) -> Layer:
    return found.own if place == VENTURE else found.overrides.get(place, Frozen())


def _holds(found: ParameterSet, place: str) -> Mapping[str, Value]:
    """What holds in the place by itself, other segments aside."""
    if place not in found.overrides:
        return found
    return resolved_values(found.layer_of([parse_segment(place)]))


def _steps(before: Layer, after: Layer) -> Iterator[tuple[str, object]]:
    """From one layer to the other. Mappings are replaced whole, so entries left out are named as taken back."""
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        if new is None:
            yield name, None
        elif isinstance(old, Frozen) and isinstance(new, Frozen):
            yield name, {**dict.fromkeys(old), **new}
        else:
            yield name, to_json(new)


def _names(names: Collection[str]) -> frozenset[str]:
    return frozenset(declared(name).name for name in names)


def _with_locks(current: ParameterSet, locked: frozenset[str], actor: Actor) -> ParameterSet:
    if not may_lock(actor.role):
        raise Refused("Only the chairman locks and unlocks parameters.", "Propose it to the chairman.")
    return ParameterSet(current.own, current.overrides, locked)

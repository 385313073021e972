"""Reads a scorecard document (YAML or JSON text) and checks everything that can be checked without a customer."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import yaml

from tenure.model.scorecard import (
    Band,
    Bands,
    Boolean,
    Component,
    Inverse,
    Knot,
    Linear,
    Measure,
    MeasureArguments,
    NoData,
    NoDataPolicy,
    Number,
    Piecewise,
    Scorecard,
    Shape,
)
from tenure.parameters import DECLARED
from tenure.rules.conditions import ConditionError, parse_condition
from tenure.rules.scorecard.catalogue import KINDS, MeasureKind
from tenure.rules.scorecard.full_marks import is_bounded
from tenure.rules.scorecard.places import Place, read_yaml

CARD_FIELDS = ("name", "title", "description", "when", "precedence", "components")
COMPONENT_FIELDS = ("id", "title", "weight", "full", "floor", "measures")
ARGUMENT_FIELDS = (
    "window_days",
    "events",
    "trait",
    "survey",
    "older_than_days",
    "slower_than_hours",
    "rated_below",
)
SHAPES = ("bands", "linear", "inverse", "piecewise", "boolean")
MEASURE_FIELDS = (
    "id",
    "reads",
    *ARGUMENT_FIELDS,
    *SHAPES,
    "no_data",
    "last_known_days",
    "half_life_days",
    "floor",
    "cap",
    "sentence",
)
LONGEST_WINDOW_DAYS = 3650


def parse_scorecard(text: str, file: str) -> Scorecard:
    """Read and check one document; raises BadDocument naming file, line, what was expected and the fix."""
    root = read_yaml(text, file)
    given = root.fields(CARD_FIELDS)
    _need(root, given, "name", "components")
    card = Scorecard(
        name=given["name"].word(),
        title=given["title"].text() if "title" in given else given["name"].text(),
        description=given["description"].text() if "description" in given else "",
        when=_condition(given["when"]) if "when" in given else None,
        precedence=given["precedence"].whole(-1000, 1000) if "precedence" in given else 0,
        components=tuple(_component(each) for each in given["components"].items()),
    )
    _unique(given["components"], [component.id for component in card.components], "component")
    _unique(given["components"], [m.id for c in card.components for m in c.measures], "measure")
    if all(m.no_data.policy is NoDataPolicy.drop for c in card.components for m in c.measures):
        raise given["components"].refuse(
            "every measure would be dropped without data, which leaves no score",
            "Give one measure another no_data policy.",
        )
    return card


def scorecard_from(document: Mapping[str, Any], name: str) -> Scorecard:
    """The same from a stored document."""
    return parse_scorecard(json.dumps(document), name)


def document_of(text: str, file: str) -> dict[str, Any]:
    """The text as plain data, for storing a version; numbers as numbers, all keys as text."""
    found = _plain(read_yaml(text, file))
    assert isinstance(found, dict)
    return found


def _plain(place: Place) -> Any:
    node = place.node
    if isinstance(node, yaml.MappingNode):
        return {str(key.value): _plain(Place(value, place.file, "")) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_plain(Place(value, place.file, "")) for value in node.value]
    if node.tag in ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float"):
        value = place.plain_number()
        return int(value) if value.is_integer() else value
    return str(node.value)


def _component(place: Place) -> Component:
    given = place.fields(COMPONENT_FIELDS)
    _need(place, given, "id", "weight", "measures")
    component = Component(
        id=given["id"].word(),
        title=given["title"].text()
        if "title" in given
        else given["id"].text().replace("_", " ").capitalize(),
        weight=given["weight"].number(_known_parameter),
        measures=tuple(_measure(each) for each in given["measures"].items()),
        full=_optional(given, "full"),
        floor=_optional(given, "floor") or 0.0,
    )
    unbounded = [measure.id for measure in component.measures if not is_bounded(measure)]
    dropping = [m.id for m in component.measures if m.no_data.policy is NoDataPolicy.drop]
    if unbounded and (component.full is None or dropping):
        raise place.refuse(
            f"the measure {unbounded[0]} can give points without end, so the full marks are unknown",
            "Give the measure a cap, or the component `full`." if not dropping else "Give the measure a cap.",
        )
    return component


def _measure(place: Place) -> Measure:
    given = place.fields(MEASURE_FIELDS)
    _need(place, given, "id", "reads")
    kind = KINDS[given["reads"].choice(tuple(KINDS))]
    arguments = _arguments(place, given, kind)
    measure = Measure(
        id=given["id"].word(),
        reads=kind.id,
        shape=_shape(place, given),
        arguments=arguments,
        no_data=_no_data(given, kind),
        half_life_days=_days(given, "half_life_days"),
        floor=_optional(given, "floor"),
        cap=_optional(given, "cap"),
        sentence=given["sentence"].text() if "sentence" in given else None,
    )
    if measure.half_life_days is not None:
        _may_fade(given["half_life_days"], measure, kind)
    return measure


def _may_fade(place: Place, measure: Measure, kind: MeasureKind) -> None:
    if kind.aged_by is None:
        raise place.refuse(f"{kind.id} has no age of its own, so it cannot fade", _aged_kinds())
    if measure.no_data.policy is NoDataPolicy.drop:
        raise place.refuse(
            "a reading cannot fade into nothing", "Use no_data zero or neutral with half_life_days."
        )


def _aged_kinds() -> str:
    return f"Kinds with an age: {', '.join(name for name, kind in KINDS.items() if kind.aged_by)}."


def _arguments(place: Place, given: Mapping[str, Place], kind: MeasureKind) -> MeasureArguments:
    allowed = (*kind.needs, *kind.may)
    for name in ARGUMENT_FIELDS:
        if name in given and name not in allowed:
            takes = f"It takes {', '.join(allowed)}." if allowed else "It takes nothing."
            raise given[name].refuse(f"{kind.id} does not take {name}", takes)
    for name in kind.needs:
        if name not in given:
            raise place.refuse(f"{kind.id} needs {name}", f"Add `{name}:` to the measure.")
    return MeasureArguments(
        window_days=_days(given, "window_days"),
        events=tuple(each.text() for each in given["events"].items()) if "events" in given else (),
        trait=_trait(given["trait"]) if "trait" in given else None,
        survey=given["survey"].text() if "survey" in given else None,
        older_than_days=_days(given, "older_than_days"),
        slower_than_hours=given["slower_than_hours"].whole(1, 24 * 365)
        if "slower_than_hours" in given
        else None,
        rated_below=given["rated_below"].plain_number() if "rated_below" in given else None,
    )


def _trait(place: Place) -> str:
    found = place.text()
    if not found.replace("_", "a").isalnum() or not found.isascii():
        raise place.refuse("a trait's name of letters, digits and _ was expected")
    return found


def _shape(place: Place, given: Mapping[str, Place]) -> Shape:
    found = [name for name in SHAPES if name in given]
    if len(found) != 1:
        raise place.refuse(
            f"exactly one shape was expected, not {len(found)}", f"Shapes: {', '.join(SHAPES)}."
        )
    return _READ_SHAPE[found[0]](given[found[0]])


def _bands(place: Place) -> Bands:
    bands: list[Band] = []
    otherwise: Number = 0.0
    items = list(place.items())
    for position, item in enumerate(items, start=1):
        given = item.fields(("below", "points", "otherwise"))
        if "otherwise" in given and len(given) == 1 and position == len(items):
            otherwise = given["otherwise"].number(_known_parameter)
        elif set(given) == {"below", "points"}:
            bands.append(
                Band(given["below"].number(_known_parameter), given["points"].number(_known_parameter))
            )
        else:
            raise item.refuse("{below, points} was expected, or {otherwise} as the last entry")
    if not bands:
        raise place.refuse("at least one band was expected")
    _ascending(place, [band.below for band in bands])
    return Bands(tuple(bands), otherwise)


def _linear(place: Place) -> Linear:
    given = place.fields(("base", "per_unit"))
    _need(place, given, "per_unit")
    return Linear(given["per_unit"].number(_known_parameter), _optional(given, "base") or 0.0)


def _inverse(place: Place) -> Inverse:
    given = place.fields(("base", "minus_per_unit"))
    _need(place, given, "base", "minus_per_unit")
    return Inverse(given["base"].number(_known_parameter), given["minus_per_unit"].number(_known_parameter))


def _piecewise(place: Place) -> Piecewise:
    knots = []
    for item in place.items():
        given = item.fields(("at", "points"))
        _need(item, given, "at", "points")
        knots.append(Knot(given["at"].plain_number(), given["points"].number(_known_parameter)))
    if len(knots) < 2:
        raise place.refuse("at least two knots were expected")
    _ascending(place, [knot.at for knot in knots])
    return Piecewise(tuple(knots))


def _boolean(place: Place) -> Boolean:
    given = place.fields(("yes", "no"))
    _need(place, given, "yes")
    return Boolean(given["yes"].number(_known_parameter), _optional(given, "no") or 0.0)


_READ_SHAPE: dict[str, Callable[[Place], Shape]] = {
    "bands": _bands,
    "linear": _linear,
    "inverse": _inverse,
    "piecewise": _piecewise,
    "boolean": _boolean,
}


def _ascending(place: Place, limits: Sequence[Number]) -> None:
    plain = [limit for limit in limits if isinstance(limit, float)]
    if any(later <= earlier for earlier, later in itertools.pairwise(plain)):
        raise place.refuse("the limits must rise from entry to entry", "Order them from low to high.")


def _no_data(given: Mapping[str, Place], kind: MeasureKind) -> NoData:
    last_known = _days(given, "last_known_days")
    if last_known is not None and kind.aged_by is None:
        raise given["last_known_days"].refuse(f"{kind.id} has no last known value", _aged_kinds())
    if "no_data" not in given:
        return NoData(last_known_days=last_known)
    place = given["no_data"]
    words = [policy.value for policy in NoDataPolicy if policy is not NoDataPolicy.neutral]
    if hasattr(place.node, "value") and isinstance(place.node.value, str):
        return NoData(NoDataPolicy(place.choice(words)), 0.0, last_known)
    neutral = place.fields(("neutral",))
    _need(place, neutral, "neutral")
    return NoData(NoDataPolicy.neutral, neutral["neutral"].number(_known_parameter), last_known)


def _known_parameter(name: str) -> str | None:
    """Why this parameter cannot stand for a number, or None."""
    parameter = DECLARED.get(name)
    if parameter is None:
        return f"there is no parameter {name}"
    if isinstance(parameter.default, bool) or not isinstance(parameter.default, int | float):
        return f"the parameter {name} is not a number"
    return None


def _optional(given: Mapping[str, Place], name: str) -> Number | None:
    return given[name].number(_known_parameter) if name in given else None


def _days(given: Mapping[str, Place], name: str) -> int | None:
    return given[name].whole(1, LONGEST_WINDOW_DAYS) if name in given else None


def _condition(place: Place) -> str:
    text = place.text()
    try:
        parse_condition(text)
    except ConditionError as problem:
        raise place.refuse(problem.message.rstrip("."), problem.fix) from None
    return text


def _need(place: Place, given: Mapping[str, Place], *names: str) -> None:
    for name in names:
        if name not in given:
            raise place.refuse(f"`{name}` is missing", f"Add `{name}:`.")


def _unique(place: Place, names: Sequence[str], what: str) -> None:
    for name in names:
        if names.count(name) > 1:
            raise place.refuse(f"the {what} {name} is there twice", f"Give every {what} its own id.")

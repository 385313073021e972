"""Making a parameter set of what is stored, after checking every value and the set as a whole."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import combinations

from tenure.errors import BadInput
from tenure.parameters.checks import CROSS_CHECKS, CrossCheck
from tenure.parameters.problems import BadParameters, Problem, shown
from tenure.parameters.reading import declared, parse_all
from tenure.parameters.segments import Segment, parse_segment
from tenure.parameters.sets import Layer, ParameterSet, resolved_values
from tenure.parameters.values import Frozen, Value, as_text, laid_over

Raw = Mapping[str, object]


def resolve(
    values: Raw | None = None,
    overrides: Mapping[str, Raw] | None = None,
    locked: Collection[str] = (),
) -> ParameterSet:
    """The set of a venture from what it stores; without arguments the defaults.

    Args: `values` by parameter, `overrides` by segment text and parameter (text or JSON values), `locked` names.
    Raises BadParameters with every problem found, NotFound for a lock on an unknown parameter.
    """
    found, problems = read(values or {}, overrides or {}, frozenset(declared(name).name for name in locked))
    if problems:
        raise BadParameters(problems)
    return found


def check(values: Raw, overrides: Mapping[str, Raw] | None = None) -> list[Problem]:
    """Everything that is wrong with these values, each by itself and as a whole set; empty means they can be used."""
    return read(values, overrides or {}, frozenset())[1]


def read(
    values: Raw, overrides: Mapping[str, Raw], locked: frozenset[str]
) -> tuple[ParameterSet, list[Problem]]:
    """The set of what can be read, with all problems."""
    own, problems = parse_all(values)
    layers: dict[str, Layer] = {}
    for text, raw in overrides.items():
        segment, bad_segment = read_segment(text)
        layer, bad_values = parse_all(raw, segment)
        problems += [*bad_segment, *bad_values]
        if segment and layer:
            layers[segment] = laid_over([layers.get(segment, Frozen()), layer])
    found = ParameterSet(own, layers, locked)
    return found, problems or inconsistencies(found)


def read_segment(text: str) -> tuple[str, list[Problem]]:
    """The segment in its one way of writing, or "" and the problem."""
    try:
        return str(parse_segment(text)), []
    except BadInput as bad:
        return "", [
            Problem("segment", shown(text), "field=value, several with commas", bad.message.rstrip("."))
        ]


def inconsistencies(found: ParameterSet) -> list[Problem]:
    """Every cross check that fails, for the venture and for each group of customers the overrides can form."""
    return [problem for one in CROSS_CHECKS for problem in _failures(one, found)]


def _failures(one: CrossCheck, found: ParameterSet) -> Iterator[Problem]:
    """Fails once for the venture, else for the smallest groups of segments that break it.

    The names of a check take their values from at most as many segments, so larger groups add nothing.
    """
    broken: list[frozenset[Segment]] = []
    concerned = [segment for segment in found.segments if _touches(found.overrides[str(segment)], one)]
    for size in range(len(one.names) + 1):
        for group in combinations(concerned, size):
            if not _meet(group) or any(smaller <= frozenset(group) for smaller in broken):
                continue
            values = resolved_values(found.layer_of(group))
            if not one.holds(values):
                broken.append(frozenset(group))
                yield _problem(one, values, group)


def _touches(layer: Layer, one: CrossCheck) -> bool:
    return any(name in layer for name in one.names)


def _meet(group: tuple[Segment, ...]) -> bool:
    return all(first.meets(second) for first, second in combinations(group, 2))


def _problem(one: CrossCheck, values: Mapping[str, Value], group: tuple[Segment, ...]) -> Problem:
    given = ", ".join(as_text(values[name]) for name in one.names)
    return Problem(", ".join(one.names), given, "", one.rule, " with ".join(map(str, group)))

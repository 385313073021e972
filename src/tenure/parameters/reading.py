"""From what somebody typed or stored to checked values."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from tenure.errors import NotFound
from tenure.parameters.compound_kinds import OnePer
from tenure.parameters.declarations import DECLARED
from tenure.parameters.kinds import Kind, NotAllowed
from tenure.parameters.parameter import Parameter
from tenure.parameters.problems import BadParameters, Problem, shown
from tenure.parameters.values import Frozen, Value, laid_over


def declared(name: str) -> Parameter:
    """The parameter of that name; `autonomy.message` finds autonomy. Raises NotFound with the nearest names."""
    found = DECLARED.get(name.partition(".")[0])
    if found is None:
        near = difflib.get_close_matches(name, DECLARED, n=3)
        hint = f"Did you mean {' or '.join(near)}?" if near else "`tenure params list` shows all of them."
        raise NotFound(f"There is no parameter {shown(name)}.", hint)
    return found


def parse(name: str, raw: object) -> Value:
    """Reads text from a command line or a JSON value; raises BadParameters or NotFound.

    A dotted name sets one entry: `parse("autonomy.message", "auto")` gives autonomy with that entry alone.
    """
    parameter = declared(name)
    entry = name.partition(".")[2]
    try:
        if entry:
            return _one_entry(parameter.kind, entry, raw)
        return parameter.kind.parse(raw)
    except NotAllowed as why:
        raise BadParameters([_problem(name, parameter, raw, str(why))]) from None


def parse_all(values: Mapping[str, object], segment: str = "") -> tuple[Frozen[Value], list[Problem]]:
    """Every value that can be read, and a problem for every one that cannot."""
    layers: list[Frozen[Value]] = []
    problems: list[Problem] = []
    for name, raw in values.items():
        try:
            layers.append(Frozen({declared(name).name: parse(name, raw)}))
        except NotFound as unknown:
            problems.append(
                Problem(str(name), "", "", f"{unknown.message} {unknown.fix}".rstrip(".?"), segment)
            )
        except BadParameters as bad:
            problems += [_in_segment(problem, segment) for problem in bad.problems]
        else:
            problems += _not_segmentable(declared(name), segment)
    return laid_over(layers), problems


def entries_of(kind: Kind) -> OnePer:
    """The kind with its entries; raises NotAllowed where there is one value only."""
    if not isinstance(kind, OnePer):
        raise NotAllowed("it has one value, not several entries")
    return kind


def _one_entry(kind: Kind, entry: str, raw: object) -> Value:
    several = entries_of(kind)
    return Frozen({several.entry_name(entry): several.parse_entry(raw)})


def _problem(name: str, parameter: Parameter, raw: object, why: str) -> Problem:
    given = "(not repeated here)" if parameter.kind.private else shown(raw)
    return Problem(name, given, parameter.allowed(), why)


def _in_segment(problem: Problem, segment: str) -> Problem:
    return Problem(problem.parameter, problem.given, problem.allowed, problem.why, segment)


def _not_segmentable(parameter: Parameter, segment: str) -> list[Problem]:
    if not segment or parameter.segmentable:
        return []
    return [Problem(parameter.name, "", "", "it holds for the whole venture, not per segment", segment)]

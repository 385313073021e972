"""A YAML text as nodes that know their line, so that every refusal names file, line, what was expected and the fix."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

import yaml

from tenure.errors import BadInput
from tenure.model.scorecard import Number, ParameterRef

LARGEST_NUMBER = 1e9
DECIMALS = 6
_NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?")


class BadDocument(BadInput):
    """A file of the workspace that cannot be used, at one line."""


@dataclass(frozen=True)
class Place:
    """One value of a document, with its file and path."""

    node: yaml.Node
    file: str
    path: str

    def refuse(self, what: str, fix: str = "Correct it and run `tenure plan` again.") -> BadDocument:
        """The error to raise: `what` says what is wrong or was expected here."""
        line = self.node.start_mark.line + 1
        return BadDocument(f"{self.file}, line {line}: {self.path or 'the document'}: {what}.", fix)

    def fields(self, allowed: Collection[str]) -> dict[str, Place]:
        """The entries of a mapping; unknown and repeated names are refused."""
        if not isinstance(self.node, yaml.MappingNode):
            raise self.refuse(f"entries were expected ({', '.join(allowed)})")
        found: dict[str, Place] = {}
        for key, value in self.node.value:
            name = str(key.value)
            at_key = Place(key, self.file, self._within(name))
            if name not in allowed:
                near = difflib.get_close_matches(name, allowed, n=1)
                hint = f"Did you mean {near[0]}?" if near else f"Known here: {', '.join(allowed)}."
                raise at_key.refuse("this name is not known here", hint)
            if name in found:
                raise at_key.refuse("it is given twice", "Keep one of them.")
            found[name] = Place(value, self.file, self._within(name))
        return found

    def items(self) -> Iterator[Place]:
        """The entries of a list."""
        if not isinstance(self.node, yaml.SequenceNode) or not self.node.value:
            raise self.refuse("a list with at least one entry was expected")
        for position, node in enumerate(self.node.value, start=1):
            yield Place(node, self.file, f"{self.path}[{position}]")

    def text(self) -> str:
        if not isinstance(self.node, yaml.ScalarNode) or not self.node.value.strip():
            raise self.refuse("a text was expected")
        return str(self.node.value).strip()

    def word(self) -> str:
        """A name of lower-case letters, digits and _."""
        found = self.text()
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", found):
            raise self.refuse(
                "a name of lower-case letters, digits and _ was expected, starting with a letter"
            )
        return found

    def plain_number(self) -> float:
        found = self.text() if isinstance(self.node, yaml.ScalarNode) else ""
        if not _NUMBER.fullmatch(found):
            raise self.refuse("a number was expected")
        value = float(found)
        if not math.isfinite(value) or abs(value) > LARGEST_NUMBER or round(value, DECIMALS) != value:
            raise self.refuse(
                f"a number of at most {DECIMALS} decimals, up to {LARGEST_NUMBER:.0f}, was expected"
            )
        return value

    def whole(self, low: int, high: int) -> int:
        value = self.plain_number()
        if not value.is_integer() or not low <= value <= high:
            raise self.refuse(f"a whole number from {low} to {high} was expected")
        return int(value)

    def number(self, known: Callable[[str], str | None]) -> Number:
        """A number, or `{parameter: NAME}`; `known` says why a parameter cannot stand here, else None."""
        if isinstance(self.node, yaml.ScalarNode):
            return self.plain_number()
        named = self.fields(("parameter",))
        if "parameter" not in named:
            raise self.refuse("a number or {parameter: NAME} was expected")
        name = named["parameter"].text()
        problem = known(name)
        if problem is not None:
            raise named["parameter"].refuse(problem)
        return ParameterRef(name)

    def choice(self, allowed: Collection[str]) -> str:
        found = self.text()
        if found not in allowed:
            near = difflib.get_close_matches(found, allowed, n=3)
            hint = f"Did you mean {' or '.join(near)}?" if near else f"Known: {', '.join(allowed)}."
            raise self.refuse(f"{found!r} is not known", hint)
        return found

    def _within(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name


def read_yaml(text: str, file: str) -> Place:
    """The root of a YAML (or JSON) text; raises BadDocument with the line of a syntax error."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark
        line = mark.line + 1 if mark is not None else 1
        raise BadDocument(
            f"{file}, line {line}: this is not valid YAML ({problem.problem}).",
            "Check indentation and quotes there.",
        ) from None
    except (yaml.YAMLError, RecursionError):
        raise BadDocument(f"{file}: this is not valid YAML.", "Check that it is a text file.") from None
    if node is None:
        raise BadDocument(f"{file}: the file is empty.", "Write a scorecard, or remove the file.")
    return Place(node, file, "")

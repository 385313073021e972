"""SQL of expressions that come again with other times and other temporary tables: compiled twice, then filled in.

Ibis takes longer to write some queries than the engine takes to run them. Two expressions of the same shape differ only
in numbers (times, days) and in names of tables; what these become in the text is learned from the first two texts and
used only where the second proved it: a text that comes from here is one that Ibis wrote, with proven places changed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from typing import Any

import ibis.expr.operations as ops
import ibis.expr.types as ir
from ibis.common.graph import Node

SMALLEST = 3
"""Whole numbers from here on may change (times, days, batches); smaller ones are part of the shape."""
MOST = 1024
STRIKES = 4
"""So often a text may turn out to hold a value somewhere by chance, before its shape is left alone."""

_TOKEN = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|(?<![\w.])\d+(?![\w.])""")
_DATA = (ops.InMemoryTable, ops.SQLQueryResult, ops.ScalarUDF, ops.AggUDF)

Values = tuple[int | str, ...]
Compile = Callable[[ir.Table], str]


class _NotAlike(Exception):
    """Holds something that has no shape to remember: data, functions of Python."""


class _Text:
    """A text with its places: plain pieces, and between them numbers of values."""

    def __init__(self, text: str, values: Values) -> None:
        self._values = values
        self._proven = [False] * len(values)
        self._pieces: list[str | int] = []
        written = {str(value) if isinstance(value, int) else f'"{value}"': place for place, value in enumerate(values)}
        last = 0
        for token in _TOKEN.finditer(text):
            place = written.get(token.group())
            if place is not None:
                self._pieces += [text[last : token.start()], place]
                last = token.end()
        self._pieces.append(text[last:])

    def knows(self, values: Values) -> bool:
        """Whether every value that differs is one whose places were proven."""
        pairs = zip(values, self._values, self._proven, strict=True)
        return all(is_proven or value == first for value, first, is_proven in pairs)

    def filled(self, values: Values) -> str:
        parts = (piece if isinstance(piece, str) else _written(values[piece]) for piece in self._pieces)
        return "".join(parts)

    def learn(self, values: Values, text: str) -> bool:
        """Compare with what was compiled for other values; False when the places are not the values' alone."""
        if self.filled(values) != text:
            return False
        pairs = zip(values, self._values, self._proven, strict=True)
        self._proven = [is_proven or value != first for value, first, is_proven in pairs]
        return True


class CompiledTexts:
    """Remembers texts by the shape of their expression."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._texts: dict[Hashable, _Text | None] = {}
        self._strikes: dict[Hashable, int] = {}

    def sql(self, expression: ir.Table, compile_: Compile) -> str:
        """What `compile_` says of the expression."""
        try:
            shape, values = shape_of(expression.op())
        except _NotAlike:
            return compile_(expression)
        known = self._texts.get(shape)
        if known is not None and known.knows(values):
            self._texts[shape] = self._texts.pop(shape)  # used last, forgotten last
            return known.filled(values)
        text = compile_(expression)
        if known is None or not known.learn(values, text):
            self._begin(shape, text, values)
        return text

    def _begin(self, shape: Hashable, text: str, values: Values) -> None:
        strikes = self._strikes.get(shape, 0) + (shape in self._texts)
        if len(self._texts) >= self._most and shape not in self._texts:
            oldest = next(iter(self._texts))
            del self._texts[oldest], self._strikes[oldest]
        if strikes < STRIKES:
            self._strikes[shape], self._texts[shape] = strikes, _Text(text, values)
        else:
            self._strikes[shape], self._texts[shape] = strikes, None


def _written(value: int | str) -> str:
    return str(value) if isinstance(value, int) else f'"{value}"'


def shape_of(root: Node) -> tuple[Hashable, Values]:
    """What is equal for expressions that differ only in whole numbers and names of tables; and those, in order."""
    shape = _Shape()
    shape.visit(root)
    return tuple(shape.parts), tuple(shape.values)


class _Shape:
    def __init__(self) -> None:
        self.parts: list[Hashable] = []
        self.values: list[int | str] = []
        self._nodes: dict[int, int] = {}
        self._places: dict[Hashable, int] = {}

    def visit(self, node: Node) -> int:
        """The number of a node, after its children."""
        known = self._nodes.get(id(node))
        if known is not None:
            return known
        if isinstance(node, _DATA):
            raise _NotAlike
        part = self._special(node)
        if part is None:
            part = (type(node), *(self._argument(argument) for argument in node.__args__))
        self.parts.append(part)
        self._nodes[id(node)] = len(self.parts)
        return len(self.parts)

    def _special(self, node: Node) -> Hashable:
        if isinstance(node, ops.DatabaseTable):
            return ("table", self._place("table", node.name), tuple(node.schema.items()), node.namespace)
        if isinstance(node, ops.Literal) and _is_whole(node.value):
            return ("number", self._place("number", int(node.value)), node.dtype)
        return None

    def _place(self, kind: Hashable, value: int | str) -> int:
        """Equal values have one place: what is equal in one expression is equal in every one of its shape."""
        place = self._places.setdefault((kind, value), len(self.values))
        if place == len(self.values):
            self.values.append(value)
        return place

    def _argument(self, argument: Any) -> Hashable:
        if isinstance(argument, Node):
            return ("#", self.visit(argument))
        if isinstance(argument, tuple):
            return tuple(self._argument(one) for one in argument)
        if isinstance(argument, dict):
            return tuple((name, self._argument(one)) for name, one in argument.items())
        try:
            hash(argument)
        except TypeError:
            raise _NotAlike from None
        return (type(argument), argument)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= SMALLEST


_SHARED = CompiledTexts()


def sql_of(expression: ir.Table, compile_: Compile) -> str:
    """The same through the texts of this process."""
    return _SHARED.sql(expression, compile_)

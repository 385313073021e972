"""The JSON Schema of scorecard files, for editors: derived from the catalogue and the reader's own names."""

from __future__ import annotations

from typing import Any

from tenure.parameters import DECLARED
from tenure.rules.scorecard.catalogue import KINDS
from tenure.rules.scorecard.document import LONGEST_WINDOW_DAYS

TITLE = "Tenure scorecard"


def json_schema() -> dict[str, Any]:
    """The schema; `tenure.scorecards.scorecard_schema()` is its published text."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": TITLE,
        "type": "object",
        "required": ["name", "components"],
        "additionalProperties": False,
        "properties": {
            "name": _WORD,
            "title": {"type": "string"},
            "description": {"type": "string"},
            "when": {
                "type": "string",
                "description": "Whom this scorecard scores; without it, everybody else.",
            },
            "precedence": {
                "type": "integer",
                "description": "The highest of those whose condition holds scores.",
            },
            "components": {"type": "array", "minItems": 1, "items": _component()},
        },
        "$defs": {"number": _number(), "measure": _measure()},
    }


_WORD = {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,39}$"}
_NUMBER = {"$ref": "#/$defs/number"}


def _number() -> dict[str, Any]:
    names = [name for name, each in DECLARED.items() if isinstance(each.default, int | float)]
    reference = {
        "type": "object",
        "required": ["parameter"],
        "additionalProperties": False,
        "properties": {"parameter": {"enum": names}},
    }
    return {"anyOf": [{"type": "number"}, reference]}


def _component() -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["id", "weight", "measures"],
        "additionalProperties": False,
        "properties": {
            "id": _WORD,
            "title": {"type": "string"},
            "weight": {
                **_NUMBER,
                "description": "Points of the score; the weights of a scorecard sum to 100.",
            },
            "full": {
                **_NUMBER,
                "description": "Full marks of the rule; default: what its measures can give.",
            },
            "floor": _NUMBER,
            "measures": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/measure"}},
        },
    }


def _measure() -> dict[str, Any]:
    days = {"type": "integer", "minimum": 1, "maximum": LONGEST_WINDOW_DAYS}
    shapes = _shapes()
    return {
        "type": "object",
        "required": ["id", "reads"],
        "additionalProperties": False,
        "oneOf": [{"required": [name]} for name in shapes],
        "properties": {
            "id": _WORD,
            "reads": {"oneOf": [{"const": kind.id, "description": kind.help} for kind in KINDS.values()]},
            "window_days": days,
            "events": {"type": "array", "minItems": 1, "items": {"type": "string"}},
            "trait": {"type": "string", "pattern": "^[A-Za-z0-9_]+$"},
            "survey": {"type": "string"},
            "older_than_days": days,
            "slower_than_hours": {"type": "integer", "minimum": 1},
            "rated_below": {"type": "number"},
            **shapes,
            "no_data": {
                "anyOf": [{"enum": ["rule", "zero", "drop"]}, _object({"neutral": _NUMBER}, "neutral")]
            },
            "last_known_days": days,
            "half_life_days": days,
            "floor": _NUMBER,
            "cap": _NUMBER,
            "sentence": {
                "type": "string",
                "description": "What was read, in words; {value} stands for the value.",
            },
        },
    }


def _shapes() -> dict[str, Any]:
    band = _object({"below": _NUMBER, "points": _NUMBER}, "below", "points")
    otherwise = _object({"otherwise": _NUMBER}, "otherwise")
    knot = _object({"at": {"type": "number"}, "points": _NUMBER}, "at", "points")
    return {
        "bands": {"type": "array", "minItems": 1, "items": {"anyOf": [band, otherwise]}},
        "linear": _object({"base": _NUMBER, "per_unit": _NUMBER}, "per_unit"),
        "inverse": _object({"base": _NUMBER, "minus_per_unit": _NUMBER}, "base", "minus_per_unit"),
        "piecewise": {"type": "array", "minItems": 2, "items": knot},
        "boolean": _object({"yes": _NUMBER, "no": _NUMBER}, "yes"),
    }


def _object(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {
        "type": "object",
        "required": list(required),
        "additionalProperties": False,
        "properties": properties,
    }

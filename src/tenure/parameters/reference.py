"""The reference page and the JSON Schema, both derived from the declarations."""

from __future__ import annotations

from collections.abc import Iterator

from tenure.parameters.checks import CROSS_CHECKS
from tenure.parameters.declarations import DECLARED, PAGES
from tenure.parameters.parameter import Parameter
from tenure.parameters.presets import PRESETS
from tenure.parameters.values import as_text, to_json

_INTRODUCTION = """\
# Parameters

This page is made by `python -m tenure.parameters`; change the declarations, not the page.

Values hold per venture. What is marked *per segment* may be overridden for a segment such as `plan=enterprise` or
`plan=enterprise,industry=media`. Defaults give way to the venture's values, these to the segment's; where several
segments fit, those listed in `segment_precedence` win in that order, then the one with more conditions, then the
first by the alphabet.

A value that is not allowed, or a set that breaks a rule below, is refused and nothing is changed. Every change
needs a reason and is kept with who, when, before and after. Owner *eva*: EVA changes it by itself when
`autonomy.parameter_change` is auto, else it proposes. Owner *chairman*: EVA only proposes. The chairman can lock any
parameter; then everybody else only proposes.

One entry of a parameter with several is named with a dot: `holdout_percent.at_risk`.
"""


def reference_markdown() -> str:
    """The whole of docs/reference/parameters.md."""
    pages = "\n".join("\n".join(_page(page)) for page in PAGES)
    return f"{_INTRODUCTION}\n{pages}\n{_rules()}\n{_presets()}"


def json_schema() -> dict[str, object]:
    """JSON Schema of a change set: any of the parameters, null to take a value back."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Tenure parameters",
        "type": "object",
        "properties": {name: _property(parameter) for name, parameter in DECLARED.items()},
        "additionalProperties": False,
    }


def _property(parameter: Parameter) -> dict[str, object]:
    return {
        "anyOf": [parameter.kind.schema(), {"type": "null"}],
        "default": to_json(parameter.default),
        "description": f"{parameter.help} Allowed: {parameter.allowed()}.",
        "x-group": parameter.group,
        "x-owner": parameter.owner.value,
        "x-segmentable": parameter.segmentable,
        "x-unit": parameter.unit,
    }


def _page(page: tuple[Parameter, ...]) -> Iterator[str]:
    yield f"## {page[0].group}\n"
    yield "| name | default | allowed | owner | per segment | what it does |"
    yield "|---|---|---|---|---|---|"
    yield from (_row(parameter) for parameter in page)
    yield ""


def _row(parameter: Parameter) -> str:
    segment = "yes" if parameter.segmentable else ""
    cells = (parameter.default_text(), parameter.allowed(), parameter.owner.value, segment, parameter.help)
    return f"| `{parameter.name}` | {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _rules() -> str:
    lines = [f"- {', '.join(f'`{name}`' for name in one.names)}: {one.rule}." for one in CROSS_CHECKS]
    return "\n".join(["## Rules over several parameters\n", *lines, ""])


def _presets() -> str:
    lines = ["## Presets\n"]
    for preset in PRESETS.values():
        values = ", ".join(f"`{name}` {as_text(value)}" for name, value in preset.values.items())
        lines.append(f"- **{preset.label}** (`{preset.name}`): {preset.help} Sets {values}.")
    return "\n".join([*lines, ""])

"""What is derived for people and machines: the page and the schema."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tenure.parameters import CROSS_CHECKS, DECLARED, PRESETS, json_schema, reference_markdown

PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "parameters.md"


def test_the_page_in_the_documents_is_the_one_the_declarations_make() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference_markdown()


def test_the_module_prints_the_page() -> None:
    printed = subprocess.run(
        [sys.executable, "-X", "utf8", "-m", "tenure.parameters"],
        capture_output=True,
        check=True,
        encoding="utf-8",
    )
    assert printed.stdout == reference_markdown()


def test_the_page_names_every_parameter_rule_and_preset() -> None:
    page = reference_markdown()
    assert all(page.count(f"| `{name}` |") == 1 for name in DECLARED)
    assert all(one.rule in page for one in CROSS_CHECKS)
    assert all(preset.label in page for preset in PRESETS.values())


def test_the_page_says_which_may_differ_per_segment() -> None:
    rows = {line.split("`")[1]: line for line in reference_markdown().splitlines() if line.startswith("| `")}
    assert {name for name, row in rows.items() if "| yes |" in row} == {
        name for name, parameter in DECLARED.items() if parameter.segmentable
    }


def test_the_schema_has_every_parameter_with_its_default_and_owner() -> None:
    schema = json_schema()
    properties = schema["properties"]
    assert isinstance(properties, dict)
    assert set(properties) == set(DECLARED)
    assert schema["additionalProperties"] is False
    assert properties["ticket_penalty"] == {
        "anyOf": [{"type": "integer", "minimum": 5, "maximum": 20}, {"type": "null"}],
        "default": 10,
        "description": "Support points lost for each open ticket. Allowed: 5 to 20 points.",
        "x-group": "Health score",
        "x-owner": "eva",
        "x-segmentable": True,
        "x-unit": "points",
    }

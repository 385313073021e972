"""docs/how-to/import.md says what the code does: fields, rules, settings, and its examples parse."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tenure.services.importing.fields import FIELDS, PERIODS
from tenure.services.importing.mapping import SourceMapping, parse_facts, parse_sources
from tenure.services.importing.reading import RULES

GUIDE = (Path(__file__).parents[4] / "docs" / "how-to" / "import.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", [kind for kind in FIELDS if kind != PERIODS])
def test_every_field_is_in_the_guide(kind: str) -> None:
    [line] = [line for line in GUIDE.splitlines() if line.startswith(f"| `{kind}` |")]
    assert set(re.findall(r"[a-z_]+", line)) >= {field.column for field in FIELDS[kind]}


def test_every_rule_is_in_the_guide() -> None:
    assert set(RULES) == {word for line in GUIDE.splitlines() if line.startswith("| `") for word in re.findall(r"`(\w+)`", line)} & set(RULES)


def test_every_setting_is_in_the_guide() -> None:
    assert [name for name in SourceMapping.__struct_fields__ if not re.search(rf"\b{name}\b", GUIDE)] == []


def test_the_examples_of_the_guide_are_understood() -> None:
    blocks = [tomllib.loads(block) for block in re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)]
    assert len(blocks) == 3
    assert [source.kind for block in blocks if "source" in block for source in parse_sources(block["source"])] == ["customers", "events"]
    assert [parse_facts(block["facts"]).core_features for block in blocks if "facts" in block] == [("reports",)]

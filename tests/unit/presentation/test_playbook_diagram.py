"""The picture of a playbook: well-formed, complete, and nothing outside of its paper."""

from __future__ import annotations

import xml.etree.ElementTree as Tree

import pytest
from tests.playbook_house import definition, parameters, shipped

from tenure.parameters import DEFAULTS
from tenure.presentation.playbook_diagram import WIDTH, playbook_svg

KEYS = [one.definition.key for one in shipped().playbooks]


@pytest.mark.parametrize("key", KEYS)
def test_every_step_has_its_day_and_stands_below_the_one_before(key: str) -> None:
    root = Tree.fromstring(playbook_svg(definition(key), DEFAULTS, 3))
    days = [one for one in root.iter("{http://www.w3.org/2000/svg}text") if one.get("class") == "day"]
    assert len(days) == len(definition(key).steps)
    heights = [float(one.get("y", "0")) for one in days]
    assert heights == sorted(heights) and heights[-1] < float(root.get("height", "0"))


@pytest.mark.parametrize("key", KEYS)
def test_lines_are_short_enough_for_the_paper(key: str) -> None:
    root = Tree.fromstring(playbook_svg(definition(key), DEFAULTS))
    for one in root.iter("{http://www.w3.org/2000/svg}text"):
        width = len(one.text or "") * {"mono": 7.0, "title": 12.0, "head": 8.2}.get(one.get("class", ""), 6.7)
        if one.get("text-anchor") != "end" and one.get("class") not in ("day", "hour"):
            assert float(one.get("x", "0")) + width <= WIDTH, one.text


def test_it_shows_conditions_variants_and_the_values_of_parameters() -> None:
    svg = playbook_svg(definition("at_risk"), parameters(at_risk_guide_delay_days=5))
    for words in ("day 5", "50 %", "score &gt;= 40", "2 daily refreshes", "Coming from healthy"):
        assert words in svg
    assert "prefers-color-scheme:dark" in svg


def test_names_are_escaped() -> None:
    from msgspec.structs import replace

    svg = playbook_svg(replace(definition("at_risk"), title="A & B <script>"), DEFAULTS)
    Tree.fromstring(svg)
    assert "<script>" not in svg

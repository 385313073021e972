"""What the specification says about each parameter is what is declared."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tenure.parameters import DECLARED, DEFAULTS, as_text, parse, resolve, to_json
from tenure.parameters.declarations import PAGES


def _beside(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


spec = _beside("spec_tables")


def _said_range(name: str) -> Any:
    """What the declaration allows, in the words of the specification's table."""
    schema = DECLARED[name].kind.schema()
    schema = schema["anyOf"][1] if "anyOf" in schema else schema
    if "minimum" in schema:
        return schema["minimum"], schema["maximum"]
    return tuple(schema["enum"]) if "enum" in schema else DECLARED[name].allowed()


@pytest.mark.parametrize("name", spec.TABLES)
def test_every_parameter_of_the_specification_is_declared_as_it_says(name: str) -> None:
    row, declared = spec.TABLES[name], DECLARED[name]
    assert as_text(declared.default) == row.default
    assert declared.owner.value == row.owner
    assert declared.segmentable is row.per_segment


@pytest.mark.parametrize("name", spec.TABLES)
def test_every_range_is_the_specifications(name: str) -> None:
    said, wanted = _said_range(name), spec.TABLES[name].allowed
    if isinstance(wanted, str):
        assert wanted in said
    else:
        assert said == tuple(2**53 - 1 if bound is None else bound for bound in wanted)


@pytest.mark.parametrize("name", [n for n, row in spec.TABLES.items() if isinstance(row.allowed, tuple)])
def test_the_ends_of_every_range_are_allowed(name: str) -> None:
    bounds = [bound for bound in spec.TABLES[name].allowed if bound is not None]
    for bound in bounds:
        read = parse(name, str(bound))
        values = set(read.values()) if hasattr(read, "values") else {read}
        assert values == {bound}


@pytest.mark.parametrize("name", spec.FURTHER)
def test_every_further_parameter_of_decision_r3_has_its_default(name: str) -> None:
    assert as_text(DECLARED[name].default) == spec.FURTHER[name]


def test_offers_need_a_decision_until_the_chairman_sets_a_budget() -> None:
    assert DEFAULTS.number("offer_max_percent") == DEFAULTS.integer("offer_budget_per_month") == 0


def test_alerts_are_answered_in_the_times_of_the_routing_table() -> None:
    assert dict(DEFAULTS.entries("alert_answer_hours")) == spec.ANSWER_HOURS


def test_decisions_have_the_deadlines_of_a22() -> None:
    deadlines = DEFAULTS.entries("decision_deadline_hours")
    assert {kind: deadlines[kind] for kind in spec.DEADLINE_HOURS} == spec.DEADLINE_HOURS


def test_every_channel_has_a_cost() -> None:
    assert set(DEFAULTS.entries("channel_cost")) == {
        "email",
        "slack",
        "sms",
        "in_app",
        "crm_task",
        "call",
        "survey",
    }


def test_autonomy_governs_the_four_classes_of_a9() -> None:
    assert set(DEFAULTS.entries("autonomy")) == {"message", "offer", "survey", "parameter_change"}


def test_no_name_is_declared_twice() -> None:
    assert len(DECLARED) == sum(len(page) for page in PAGES)


@pytest.mark.parametrize("name", DECLARED)
def test_every_default_is_allowed_and_reads_back_from_json(name: str) -> None:
    default = DECLARED[name].default
    assert parse(name, to_json(default)) == default


@pytest.mark.parametrize("name", DECLARED)
def test_every_default_reads_back_from_what_a_person_sees(name: str) -> None:
    seen = as_text(DECLARED[name].default)
    assert parse(name, "" if seen == "(none)" else seen) == DECLARED[name].default


@pytest.mark.parametrize("name", DECLARED)
def test_every_parameter_has_one_line_of_help_and_a_page(name: str) -> None:
    declared = DECLARED[name]
    assert declared.help.endswith(".") and "\n" not in declared.help and len(declared.help) <= 100
    assert declared.group


def test_the_defaults_pass_every_check() -> None:
    assert resolve() == DEFAULTS

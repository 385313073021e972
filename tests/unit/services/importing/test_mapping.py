"""Declared sources and words, and the sentences about what is wrong with them."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from tenure.errors import BadInput
from tenure.model.facts import Customer, Event
from tenure.model.mapping import FactMapping
from tenure.services.importing.mapping import SourceMapping, parse_facts, parse_sources
from tenure.services.importing.plan import kind_of_columns, kind_of_file, resolve
from tenure.services.importing.records import parse_record

NOW_US = 1_790_000_000_000_000
ROOT = Path(__file__).parents[4]


def source(**more: Any) -> SourceMapping:
    return parse_sources([{"name": "crm", "kind": "customers", "files": ["crm.csv"], **more}])[0]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({"kind": "customers", "files": ["a"]}, "number 1 name is missing"),
        ({"name": "crm", "kind": "clients", "files": ["a"]}, "'crm' kind is 'clients'"),
        ({"name": "crm", "kind": "customers"}, "'crm' files or sql is needed"),
        ({"name": "crm", "kind": "customers", "files": ["a"], "columns": {"colour": "x"}}, "columns.colour is not a field of customers"),
        ({"name": "crm", "kind": "customers", "files": ["a"], "columns": {"plan": 3}}, "columns.plan is not a column name"),
        ({"name": "crm", "kind": "customers", "files": ["a"], "time_zone": "Mars/Olympus"}, "time_zone is 'Mars/Olympus'"),
        ({"name": "crm", "kind": "customers", "files": ["a"], "colums": {}}, "colums is not a known setting"),
        ({"name": "crm", "kind": "customers", "files": ["a"], "decimal_comma": "yes"}, "decimal_comma is not true or false"),
        ({"name": "crm", "kind": "customers", "files": ["a"], "amount": "level"}, "amount = level needs kind revenue"),
        ({"name": "crm", "kind": "customers", "files": ["a"], "encoding": "klingon"}, "encoding is 'klingon'"),
        ({"name": "crm", "kind": "customers", "sql": {"url_env": "APP", "cursor": "id"}}, "table or query is needed"),
        ({"name": "crm", "kind": "customers", "sql": {"url": "x", "url_env": "APP", "cursor": "id", "table": "t"}}, "url is not a known setting"),
        ("crm", "is not a table"),
    ],
)  # fmt: skip
def test_a_wrong_declaration_is_named_with_file_key_and_fix(raw: Any, said: str) -> None:
    with pytest.raises(BadInput) as problem:
        parse_sources([raw], "shop/tenure.toml")
    assert problem.value.message.startswith("shop/tenure.toml: ")
    assert said in problem.value.message
    assert problem.value.fix


def test_two_sources_of_one_name_are_refused() -> None:
    one = {"name": "crm", "kind": "customers", "files": ["a"]}
    with pytest.raises(BadInput, match="two sources are named 'crm'"):
        parse_sources([one, one])


def test_facts_say_what_counts_as_login_and_feature() -> None:
    facts = parse_facts({"login_names": ["signin"], "feature_rules": ["export", {"event": "use", "property": "what"}], "core_features": ["export"], "activation_event": "export"})
    assert facts.mapping.login_names == ("signin",)
    assert facts.mapping.feature_of("use", {"what": "map"}) == "map"
    assert facts.mapping.feature_of("export", None) == "export"
    assert facts.core_features == ("export",)
    assert parse_facts({}).mapping == FactMapping()


@pytest.mark.parametrize(("raw", "said"), [({"login_name": []}, "login_name is not a known setting"), ({"feature_rules": [{"event": "a", "property": "b", "feature": "c"}]}, "exclude each other"), ({"login_names": 3}, "not a list of texts")])
def test_wrong_facts_are_named(raw: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        parse_facts(raw)


def test_declared_columns_words_constants_and_defaults_make_the_record() -> None:
    mapped = source(
        columns={"customer_id": "{land}-{no}", "created_at": ["signed", "first_seen"], "status": "stat", "arr": "umsatz"},
        values={"status": {"gekündigt": "cancelling"}},
        constants={"currency": "EUR"},
        defaults={"plan": "basic"},
        decimal_comma=True,
        prefix="crm_",
        drop=["secret"],
    )
    raw = {"land": "at", "no": "7", "signed": "", "first_seen": "1.2.2026", "stat": "Gekündigt", "umsatz": "1.200,50", "size": "4", "secret": "x"}
    record = parse_record("customers", raw, mapped, NOW_US)
    assert isinstance(record, Customer)
    assert (record.customer_id, record.status, record.arr_cents, record.currency, record.plan) == ("at-7", "cancelling", 120050, "EUR", "basic")
    assert record.created_us == 1_769_904_000_000_000
    assert record.traits == {"crm_size": 4}
    assert record.stated_us == NOW_US - 1


def test_names_are_guessed_by_their_synonyms_and_shown_as_guesses() -> None:
    plan = resolve(SourceMapping(name="files", kind="customers"), ["Account ID", "signupDate", "MRR total", "csm"], source().rules(NOW_US))
    assert {(part.field.column, part.columns[0], part.origin) for part in plan.fields} == {
        ("customer_id", "Account ID", "guessed"), ("created_at", "signupDate", "guessed"), ("owner", "csm", "guessed"),
    }  # fmt: skip
    assert plan.extras == (("MRR total", "MRR total"),)


def test_a_declared_column_that_is_missing_is_named_with_what_there_is() -> None:
    with pytest.raises(BadInput, match=r"no column 'kunde', which source 'crm' declares for customer_id") as problem:
        resolve(source(columns={"customer_id": "kunde"}), ["id", "name"], source().rules(NOW_US), "crm.csv")
    assert "id, name" in problem.value.fix


def test_problems_name_field_value_and_rule() -> None:
    problems = parse_record("answers", {"survey": "nps", "score": "11", "answered_at": "soon"}, None, NOW_US)
    assert isinstance(problems, list)
    assert {(p.field, p.value, p.rule) for p in problems} == {("answered_at", "soon", "not_a_time"), ("customer_id", "", "required")}
    scored = parse_record("answers", {"survey": "nps", "score": "11", "answered_at": "2026-01-01", "user_id": "u"}, None, NOW_US)
    assert [(p.field, p.value, p.rule) for p in scored] == [("score", "11", "score_out_of_range")]  # type: ignore[union-attr]


def test_a_row_that_stands_for_many_is_one_event_with_its_count() -> None:
    record = parse_record("events", {"customer_id": "c", "event": "search", "date": "2026-01-01", "count": "8", "value": "1.5"}, None, NOW_US)
    assert isinstance(record, Event)
    assert record.properties == {"value": 1.5, "count": 8}


def test_a_device_is_an_anonymous_user() -> None:
    record = parse_record("events", {"anonymous_id": "d1", "event": "search", "timestamp": "2026-01-01"}, None, NOW_US)
    assert isinstance(record, Event)
    assert (record.user_id, record.anonymous) == ("d1", True)


@pytest.mark.parametrize(("stem", "kind"), [("customers", "customers"), ("events-2026-01", "events"), ("Accounts export", "customers"), ("export_tickets", "tickets"), ("notes", None)])
def test_a_file_name_tells_its_kind(stem: str, kind: str | None) -> None:
    assert kind_of_file(stem) == kind


def test_columns_tell_the_kind_where_only_one_fits() -> None:
    assert kind_of_columns(["user_id", "event", "timestamp"]) == "events"
    assert kind_of_columns(["customer_id", "name"]) == "customers"
    assert kind_of_columns(["user_id", "customer_id", "name"]) == "users"
    assert kind_of_columns(["a", "b"]) is None


@pytest.mark.parametrize("name", ["oulad", "saas"])
def test_the_example_workspaces_are_understood(name: str) -> None:
    raw = tomllib.loads((ROOT / "examples" / name / "tenure.toml").read_text())
    assert parse_sources(raw["source"])
    assert parse_facts(raw["facts"]).core_features

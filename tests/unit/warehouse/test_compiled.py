"""Texts that come again: exactly what Ibis would write, whatever the times, days, batches and table names are."""

from __future__ import annotations

from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir
import pytest

from tenure.warehouse.backend import RememberingBackend
from tenure.warehouse.compiled import STRIKES, CompiledTexts

DAY_US = 86_400_000_000


class Compiler:
    """Ibis, counting how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, expression: ir.Table) -> str:
        self.asked += 1
        return str(ibis.to_sql(expression, dialect="duckdb"))


@pytest.fixture
def duck() -> Any:
    found = ibis.duckdb.connect()
    for name in ("one_1", "one_2", "one_3", "one_4"):
        found.create_table(name, schema=ibis.schema({"who": "int32", "at_us": "int64", "name": "string"}))
    return found


def question(duck: Any, table: str, now_us: int, batch: int) -> ir.Table:
    facts = duck.table(table)
    recent = facts.filter((facts.at_us < now_us) & (facts.at_us >= now_us - 30 * DAY_US) & (facts.name != "4 of 20454"))
    grouped = recent.group_by("who").agg(last=recent.at_us.max(), day=(recent.at_us // DAY_US).max())
    return grouped.filter(grouped.day < now_us // DAY_US).mutate(batch=ibis.literal(batch), four=ibis.literal("4"))


def test_the_third_text_is_filled_in_and_equals_what_ibis_writes(duck: Any) -> None:
    texts, compiler = CompiledTexts(), Compiler()
    for number in range(1, 5):
        asked = question(duck, f"one_{number}", 1_783_000_000_000_000 + number * 11 * DAY_US, 40 + number)
        assert texts.sql(asked, compiler) == str(ibis.to_sql(asked, dialect="duckdb"))
    assert compiler.asked == 2


def test_a_value_that_never_changed_is_not_guessed(duck: Any) -> None:
    texts, compiler = CompiledTexts(), Compiler()
    for now_us in (16 * 10**14, 17 * 10**14, 18 * 10**14):
        texts.sql(question(duck, "one_1", now_us, 40), compiler)
    assert compiler.asked == 2
    other = question(duck, "one_2", 19 * 10**14, 41)
    assert texts.sql(other, compiler) == str(ibis.to_sql(other, dialect="duckdb"))
    assert compiler.asked == 3


def test_other_columns_names_or_words_are_another_shape(duck: Any) -> None:
    texts, compiler = CompiledTexts(), Compiler()
    facts = duck.table("one_1")
    asked = [
        facts.filter(facts.name == "login"),
        facts.filter(facts.name == "logout"),
        facts.select("who"),
        facts.select("at_us"),
        facts.limit(5),
        facts.limit(6),
    ]
    for _ in range(2):
        for one in asked:
            assert texts.sql(one, compiler) == str(ibis.to_sql(one, dialect="duckdb"))
    assert compiler.asked == len(asked)


def test_numbers_that_stand_elsewhere_by_chance_never_come_out_wrong(duck: Any) -> None:
    texts, compiler = CompiledTexts(), Compiler()
    facts = duck.table("one_1")
    for number in (7, 38, 9, 12, 38, 7, 100):
        asked = facts.limit(7).mutate(x=facts.limit(7).at_us + number, money=ibis.literal(1).cast("decimal(38, 9)"))
        assert texts.sql(asked, compiler) == str(ibis.to_sql(asked, dialect="duckdb"))


def test_a_shape_that_cannot_be_learned_is_left_alone(duck: Any) -> None:
    texts = CompiledTexts()
    facts = duck.table("one_1")
    said = iter(range(1000))

    def contrary(expression: ir.Table) -> str:
        return f"SELECT {next(said)}"

    for number in range(STRIKES + 6):
        assert texts.sql(facts.filter(facts.at_us < 10**15 + number), contrary) == f"SELECT {number}"


def test_data_inside_an_expression_is_compiled_each_time() -> None:
    texts, compiler = CompiledTexts(), Compiler()
    for _ in range(3):
        texts.sql(ibis.memtable({"x": [1, 2]}), compiler)
    assert compiler.asked == 3


def test_the_text_not_used_for_longest_is_forgotten_first(duck: Any) -> None:
    texts, compiler = CompiledTexts(most=2), Compiler()
    facts = duck.table("one_1")
    for limit in (5, 6, 5, 7, 5):  # the seven takes the place of the six
        texts.sql(facts.filter(facts.name == f"{limit}"), compiler)
    assert compiler.asked == 3
    texts.sql(facts.filter(facts.name == "6"), compiler)
    assert compiler.asked == 4


def test_rows_asked_for_again_are_those_of_the_new_time_and_their_question_is_not_compiled_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(RememberingBackend, "_log", lambda self, text: asked.append(text))
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE readings AS SELECT i AS at_us, i % 3 AS who FROM range(1000) t(i)")
        backend = RememberingBackend.from_connection(connection)
        readings = backend.table("readings")
        found = []
        for now_us in (910, 920, 930):
            kept = backend.keep(readings.filter(readings.at_us < now_us), "before")
            found.append(kept.agg(n=kept.count(), sum=kept.at_us.sum()).to_pyarrow().to_pylist()[0])
    assert found == [{"n": now_us, "sum": sum(range(now_us))} for now_us in (910, 920, 930)]
    assert len(asked) == 4, "each of the two questions twice"

"""Merging customers rewrites whose facts are, and nothing else: every view agrees on it, and undoing leaves no trace."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.often import often
from tests.property.warehouse.histories import COMPANIES, many_records
from tests.property.warehouse.test_incremental_equals_full import END_US, checked, everything, nows
from tests.warehouse_builder import BuiltWarehouse

from tenure.clock import DAY_US
from tenure.model.facts import Alias, Answer, Customer, Event
from tenure.testing.warehouse import inbox_rows

PAIRS = (("acme", "bolt"), ("acme", "ada"), ("ada", "acme"))
"""Kept and duplicate; `ada` is also a user, and may be her own customer."""


def merged(house: BuiltWarehouse, pairs: list[tuple[int, str, str]]) -> None:
    for number, kept, duplicate in pairs:
        house.warehouse.merge_customers(number, kept, duplicate, house.mapping)


def known(house: BuiltWarehouse, pair: tuple[str, str]) -> list[tuple[int, str, str]]:
    """The pair in every company in which both are known."""
    both = [(f"{company}{pair[0]}", f"{company}{pair[1]}") for company in COMPANIES[:2]]
    ids = {row[0] for row in house.warehouse.engine.run("SELECT id FROM ids")}
    return [(number, kept, double) for number, (kept, double) in enumerate(both, 1) if {kept, double} <= ids]


@pytest.mark.thorough
@settings(checked, max_examples=often(2, 15))
@given(st.lists(many_records, min_size=60, max_size=100), nows, nows, st.sampled_from(PAIRS), st.booleans())
def test_day_one_8_a_merge_is_seen_by_every_view_also_of_facts_that_arrive_later_and_is_undone_without_a_trace(
    history: list[Any], first_us: int, second_us: int, pair: tuple[str, str], is_late: bool
) -> None:
    rows, half = inbox_rows(history), len(history) // 2
    merging, plain = BuiltWarehouse(), BuiltWarehouse()
    try:
        for house in (merging, plain):
            house.add_rows(rows[:half], first_us)
        pairs = known(merging, pair)
        if not is_late:
            merged(merging, pairs)
        for house in (merging, plain):
            house.add_rows(rows[half:], second_us)
        if is_late:
            merged(merging, pairs)
        names = {row["customer_id"] for row in merging.full(END_US).customers().to_pyarrow().to_pylist()}
        assert not names & {duplicate for _, _, duplicate in pairs}
        assert everything(merging.now(END_US)) == everything(merging.full(END_US))
        for number, _, _ in pairs:
            merging.warehouse.unmerge_customers(number, merging.mapping)
        assert everything(merging.now(END_US)) == everything(plain.now(END_US))
    finally:
        merging.close()
        plain.close()


def test_day_one_8_the_kept_record_wins_and_the_duplicates_fills_what_it_never_said() -> None:
    house = BuiltWarehouse()
    said = [
        Customer(customer_id="acme", stated_us=1, name="Acme", plan="pro"),
        Customer(customer_id="acme-2", stated_us=2, name="ACME Inc.", industry="retail"),
    ]
    house.add(said, END_US)
    house.warehouse.merge_customers(1, "acme", "acme-2", house.mapping)
    house.add([Customer(customer_id="acme-2", stated_us=3, name="ACME", timezone="Europe/Paris")], END_US)
    (row,) = house.now(END_US).customers().to_pyarrow().to_pylist()
    assert (row["customer_id"], row["name"], row["plan"], row["industry"], row["timezone"]) == ("acme", "Acme", "pro", "retail", "Europe/Paris")
    touched = house.warehouse.touched(1, house.warehouse.last_batch()).to_pyarrow().to_pylist()
    assert min(row["earliest_us"] for row in touched) == 0  # its whole past was rewritten
    assert house.warehouse.unmerge_customers(1, house.mapping) == 2
    assert house.warehouse.unmerge_customers(1, house.mapping) == 0
    found = {row["customer_id"]: row["name"] for row in house.now(END_US).customers().to_pyarrow().to_pylist()}
    assert found == {"acme": "Acme", "acme-2": "ACME"}
    house.close()


def test_day_one_8_what_a_merged_person_did_before_an_alias_made_it_theirs_follows_and_goes_back() -> None:
    """The duplicate is a user who is her own customer; who else she was is learnt after the merge, bit by bit."""
    house = BuiltWarehouse()
    before = [
        Event(name="login", occurred_us=DAY_US, user_id="ada"),
        Event(name="login", occurred_us=2 * DAY_US, user_id="visitor", anonymous=True),
        Event(name="login", occurred_us=3 * DAY_US, user_id="phone"),
        Answer(survey="nps", score=9, answered_us=3 * DAY_US, user_id="phone"),
        Customer(customer_id="acme", stated_us=1, name="Acme"),
        Customer(customer_id="group", stated_us=1, name="Group"),
    ]
    house.add(before, 5 * DAY_US)
    house.warehouse.merge_customers(1, "acme", "ada", house.mapping)
    house.warehouse.merge_customers(2, "group", "acme", house.mapping)
    aliases = [
        Alias(previous_id="visitor", user_id="ada", stated_us=6 * DAY_US),
        Event(name="login", occurred_us=6 * DAY_US, user_id="visitor", anonymous=True),
    ]
    house.add(aliases, 7 * DAY_US)

    def logins(now_us: int) -> dict[str, int]:
        found = house.now(now_us).activity()
        ids = dict(house.warehouse.engine.run("SELECT id_key, id FROM ids"))
        counted = found.group_by("customer_key").agg(n=found.n.sum()).to_pyarrow().to_pylist()
        return {ids[row["customer_key"]]: row["n"] for row in counted}

    assert logins(7 * DAY_US) == {"group": 3, "phone": 1}
    house.add([Alias(previous_id="phone", user_id="ada", stated_us=9 * DAY_US)], 10 * DAY_US)
    assert logins(END_US) == {"group": 4}
    assert everything(house.now(END_US)) == everything(house.full(END_US))
    house.warehouse.unmerge_customers(2, house.mapping)
    assert logins(END_US) == {"acme": 4}
    house.warehouse.unmerge_customers(1, house.mapping)
    assert logins(END_US) == {"ada": 4}
    house.close()

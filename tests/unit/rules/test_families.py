"""Accounts under a parent belong together, whatever a source states (Day one, 8)."""

from __future__ import annotations

from tenure.rules.families import Member, family_of, root_of


def test_day_one_8_arr_rolls_up_over_every_level_and_says_what_is_unknown() -> None:
    accounts = [
        Member(customer_id="top", arr_cents=100),
        Member(customer_id="a", parent_id="top", arr_cents=20),
        Member(customer_id="b", parent_id="a"),
        Member(customer_id="alone", arr_cents=5),
        Member(customer_id="orphan", parent_id="never heard of", arr_cents=7),
    ]
    found = family_of("b", accounts)
    assert found is not None and (found.root, found.arr_cents, found.unknown) == ("top", 120, 1)
    assert [one.customer_id for one in found.members] == ["a", "b", "top"]
    assert family_of("alone", accounts) is None and family_of("orphan", accounts) is None


def test_day_one_8_circles_of_parents_end_and_everybody_in_them_agrees() -> None:
    parents = {"a": "b", "b": "c", "c": "b", "self": "self"}
    assert {root_of(one, parents) for one in ("a", "b", "c")} == {"b"}
    assert root_of("self", parents) == "self"

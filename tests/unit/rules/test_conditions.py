"""The language of conditions: what it reads, what it says of one customer, and where it says a text is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.model.condition import All, AnyOf, Compare, Condition, Known, Not, OneOf
from tenure.rules.conditions import (
    DEEPEST,
    FLAG_FIELDS,
    NUMBER_FIELDS,
    TEXT_FIELDS,
    ConditionError,
    fields_of,
    holds,
    parse_condition,
    trait_values,
)

PRO = Compare("plan", "==", "pro")
RICH = Compare("arr", ">=", 1000.0)
OWNED = Known("owner")


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ('plan == "pro"', PRO),
        ("plan == 'pro'", PRO),
        ('  plan=="pro"  ', PRO),
        ("arr >= 1000", RICH),
        ("arr >= 1000.0", RICH),
        ("arr > -2.5", Compare("arr", ">", -2.5)),
        ("internal == true", Compare("internal", "==", True)),
        ("internal != false", Compare("internal", "!=", False)),
        ('trait.industry_code != "x"', Compare("trait.industry_code", "!=", "x")),
        ('plan in ("pro", "basic")', OneOf("plan", ("pro", "basic"))),
        ("seats in (1)", OneOf("seats", (1.0,))),
        ("owner is known", OWNED),
        ("owner is missing", Not(OWNED)),
        ("owner is not known", Not(OWNED)),
        ("owner is not missing", OWNED),
        ("not owner is known", Not(OWNED)),
        ('plan == ""', Compare("plan", "==", "")),
        ('plan == "it\'s (and) not or"', Compare("plan", "==", "it's (and) not or")),
    ],
)
def test_a_text_becomes_the_condition_it_says(text: str, condition: Condition) -> None:
    assert parse_condition(text) == condition


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ('plan == "pro" and arr >= 1000 and owner is known', All((PRO, RICH, OWNED))),
        ('plan == "pro" or arr >= 1000 or owner is known', AnyOf((PRO, RICH, OWNED))),
        ('plan == "pro" or arr >= 1000 and owner is known', AnyOf((PRO, All((RICH, OWNED))))),
        ('plan == "pro" and arr >= 1000 or owner is known', AnyOf((All((PRO, RICH)), OWNED))),
        ('(plan == "pro" or arr >= 1000) and owner is known', All((AnyOf((PRO, RICH)), OWNED))),
        ('not plan == "pro" and owner is known', All((Not(PRO), OWNED))),
        ('not (plan == "pro" and owner is known)', Not(All((PRO, OWNED)))),
        ('not not plan == "pro"', Not(Not(PRO))),
        ('((plan == "pro"))', PRO),
    ],
)
def test_not_binds_closest_then_and_then_or(text: str, condition: Condition) -> None:
    assert parse_condition(text) == condition


@pytest.mark.parametrize(
    ("sign", "below", "equal", "above"),
    [
        ("==", False, True, False),
        ("!=", True, False, True),
        ("<", True, False, False),
        ("<=", True, True, False),
        (">", False, False, True),
        (">=", False, True, True),
    ],
)
def test_numbers_are_compared_at_below_and_above_the_border(
    sign: str, below: bool, equal: bool, above: bool
) -> None:
    condition = parse_condition(f"arr {sign} 10.5")
    assert [holds(condition, {"arr": arr}) for arr in (10.25, 10.5, 10.75)] == [below, equal, above]


def test_a_whole_number_equals_its_float() -> None:
    assert holds(parse_condition("seats == 5"), {"seats": 5})
    assert holds(parse_condition("seats in (4, 5)"), {"seats": 5.0})


@pytest.mark.parametrize(
    ("text", "plan", "answer"),
    [
        ('plan == "pro"', "pro", True),
        ('plan == "pro"', "Pro", False),
        ('plan != "pro"', "basic", True),
        ('plan != "pro"', "pro", False),
        ('plan in ("pro", "basic")', "basic", True),
        ('plan in ("pro", "basic")', "free", False),
        ("plan is known", "", True),
        ("plan is missing", "pro", False),
    ],
)
def test_texts_are_compared_letter_by_letter(text: str, plan: str, answer: bool) -> None:
    assert holds(parse_condition(text), {"plan": plan}) is answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ('plan == "pro"', False),
        ('plan != "pro"', False),
        ('plan in ("pro", "basic")', False),
        ('not (plan == "pro")', True),
        ("plan is known", False),
        ("plan is missing", True),
        ("arr < 10", False),
        ("arr >= 10", False),
        ("internal == false", False),
        ('plan == "pro" or plan is missing', True),
        ('plan != "pro" and plan is missing', False),
    ],
)
@pytest.mark.parametrize("profile", [{}, {"plan": None, "arr": None, "internal": None}])
def test_a_comparison_with_something_missing_is_false(text: str, answer: bool, profile: Any) -> None:
    assert holds(parse_condition(text), profile) is answer


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("trait.size == 12", "12"),
        ('trait.size == "12"', 12),
        ("trait.size == 1", True),
        ("trait.size == true", 1),
        ("trait.size < 5", "1"),
        ('trait.size != "12"', 12),
    ],
)
def test_a_trait_is_compared_only_with_its_like(text: str, value: str | float | bool) -> None:
    assert not holds(parse_condition(text), {"trait.size": value})


@pytest.mark.parametrize(
    ("plan", "arr", "owner", "answer"),
    [
        ("pro", 5, None, True),
        ("basic", 2000, "Ada", True),
        ("basic", 2000, None, False),
        ("basic", 5, "Ada", False),
        (None, None, None, False),
    ],
)
def test_and_or_not_judge_a_customer_together(
    plan: str | None, arr: float | None, owner: str | None, answer: bool
) -> None:
    condition = parse_condition('plan == "pro" or arr >= 1000 and not (owner is missing)')
    assert holds(condition, {"plan": plan, "arr": arr, "owner": owner}) is answer


def test_every_field_can_be_asked_for() -> None:
    texts = [f'{name} == "x"' for name in TEXT_FIELDS]
    texts += [f"{name} == 1" for name in NUMBER_FIELDS] + [f"{name} == true" for name in FLAG_FIELDS]
    found = fields_of(parse_condition(" and ".join(texts)))
    assert found == {*TEXT_FIELDS, *NUMBER_FIELDS, *FLAG_FIELDS}


def test_the_fields_of_a_condition_are_found_at_any_depth() -> None:
    condition = parse_condition('not (plan in ("a") or (arr > 1 and trait.tier is known)) and seats < 3')
    assert fields_of(condition) == {"plan", "arr", "trait.tier", "seats"}


def test_only_plain_traits_are_fields() -> None:
    found = trait_values('{"size": 3, "tier": "gold", "flag": true, "none": null, "list": [1], "deep": {"a": 1}}')
    assert found == {"trait.size": 3, "trait.tier": "gold", "trait.flag": True}
    assert trait_values(None) == trait_values("") == trait_values("{}") == {}


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ("", 1, "a field was expected, not 'the end'"),
        ("   ", 4, "a field was expected, not 'the end'"),
        ("colour == 1", 1, "a field was expected, not 'colour'"),
        ("and", 1, "a field was expected, not 'and'"),
        ('plan == "pro" and', 18, "a field was expected, not 'the end'"),
        ('plan == "pro" or colour == "x"', 18, "a field was expected, not 'colour'"),
        ('plan == "pro" arr > 1', 15, "`and`, `or` or the end was expected, not 'arr'"),
        ("plan", 5, "==, !=, <, <=, >, >=, in or is was expected after plan"),
        ('plan "pro"', 6, "==, !=, <, <=, >, >=, in or is was expected after plan"),
        ("plan (", 6, "==, !=, <, <=, >, >=, in or is was expected after plan"),
        ("plan ==", 8, "a text in quotes, a number, true or false was expected for plan"),
        ("plan == pro", 9, "a text in quotes, a number, true or false was expected for plan"),
        ("plan == 5", 9, "plan is compared with a text in quotes"),
        ('arr == "5"', 8, "arr is compared with a number"),
        ("arr == true", 8, "arr is compared with a number"),
        ("internal == 1", 13, "internal is compared with true or false"),
        ('plan in ("pro", 5)', 17, "plan is compared with a text in quotes"),
        ('plan in "pro"', 9, "'(' was expected, not '\"pro\"'"),
        ('plan in ("pro" "basic")', 16, "')' was expected, not '\"basic\"'"),
        ("plan in ()", 10, "a text in quotes, a number, true or false was expected for plan"),
        ("plan is blue", 9, "`known` or `missing` was expected after `plan is`"),
        ("plan is not", 12, "`known` or `missing` was expected after `plan is`"),
        ('(plan == "pro"', 15, "')' was expected, not 'the end'"),
        ('plan == "pro")', 14, "`and`, `or` or the end was expected, not ')'"),
        ('plan > "pro"', 8, "only numbers can be compared with >"),
        ("trait.flag <= true", 15, "only numbers can be compared with <="),
        ('plan = "pro"', 6, '`= "pro"` means nothing here'),
        ("  arr > 1 & seats < 2", 11, "`& seats < 2` means nothing here"),
        ('plan == "pro', 9, '`"pro` means nothing here'),
    ],
)
def test_an_unreadable_condition_says_where_and_what_was_expected(text: str, place: int, says: str) -> None:
    with pytest.raises(ConditionError) as caught:
        parse_condition(text)
    assert f"The condition `{text}` cannot be read at character {place}: {says}" in caught.value.message
    assert caught.value.fix == "Correct the condition."
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("opening", ["not ", "("])
def test_nesting_has_an_end(opening: str) -> None:
    closing = ")" if opening == "(" else ""
    as_deep = DEEPEST - 1
    assert parse_condition(opening * as_deep + "arr > 1" + closing * as_deep)
    with pytest.raises(ConditionError, match=f"nested deeper than {DEEPEST}"):
        parse_condition(opening * DEEPEST + "arr > 1" + closing * DEEPEST)


words = st.sampled_from(
    ["plan", "arr", "trait.x", "internal", "and", "or", "not", "in", "is", "known", "missing", "(", ")", ",", "==", "<", "!=", '"x"', "5", "-1.5", "true", "'", ".", "§"]
)


@given(st.lists(words, max_size=12).map(" ".join))
def test_any_text_is_read_or_refused_in_one_sentence(text: str) -> None:
    try:
        condition = parse_condition(text)
    except ConditionError as error:
        assert " cannot be read at character " in error.message
    else:
        assert isinstance(holds(condition, {}), bool)

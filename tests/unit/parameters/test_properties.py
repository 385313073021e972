"""Whatever is typed, the room answers with a value or a sentence; whatever is planned, holds for every customer."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tenure.errors import TenureError
from tenure.parameters import CROSS_CHECKS, DECLARED, DEFAULTS, Actor, change, check, parse, resolve, to_json

RAW = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
SMALL = {
    "active_login_days": st.integers(1, 7),
    "moderate_login_days": st.integers(2, 14),
    "low_login_days": st.integers(8, 60),
    "critical_response_hours": st.integers(4, 48),
    "chairman_escalation_hours": st.integers(24, 96),
}
LAYER = st.fixed_dictionaries({}, optional=SMALL)
SEGMENTS = ("a=1", "a=2", "b=1", "a=1,b=1", "c=1")
FACTS = st.fixed_dictionaries({field: st.sampled_from(["1", "2", "3"]) for field in "abc"})


@settings(max_examples=300, deadline=None, derandomize=True)
@given(name=st.sampled_from(sorted(DECLARED)) | st.text(max_size=30), raw=RAW)
def test_any_input_is_read_or_refused_with_a_sentence(name: str, raw: object) -> None:
    try:
        value = parse(name, raw)
    except TenureError as refused:
        assert refused.message
    else:
        assert parse(name.partition(".")[0], to_json(value)) == value


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    changes=st.dictionaries(st.sampled_from(sorted(DECLARED)), RAW, max_size=3),
    segment=st.sampled_from(["", *SEGMENTS]),
)
def test_any_change_either_holds_every_rule_or_changes_nothing(
    changes: dict[str, object], segment: str
) -> None:
    plan = change(DEFAULTS, changes, Actor("chairman"), "a try", segment=segment)
    if plan.problems:
        assert plan.after is DEFAULTS
    else:
        assert all(one.holds(plan.after) for one in CROSS_CHECKS)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    own=LAYER,
    overrides=st.dictionaries(st.sampled_from(SEGMENTS), LAYER),
    facts=st.lists(FACTS, min_size=5, max_size=5),
)
def test_no_customer_can_be_in_segments_that_contradict_each_other_after_the_checks(
    own: dict[str, int], overrides: dict[str, dict[str, int]], facts: list[dict[str, str]]
) -> None:
    if check(own, overrides):
        return
    found = resolve(own, overrides)
    for customer in facts:
        assert all(one.holds(found.for_segment(customer)) for one in CROSS_CHECKS)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(own=LAYER, overrides=st.dictionaries(st.sampled_from(SEGMENTS), LAYER), facts=FACTS)
def test_the_first_variant_that_holds_is_the_value_of_a_customer(
    own: dict[str, int], overrides: dict[str, dict[str, int]], facts: dict[str, str]
) -> None:
    if check(own, overrides):
        return
    found = resolve(own, overrides)
    for name in SMALL:
        fitting = [value for segment, value in found.variants(name) if segment.holds(facts)]
        assert found.for_segment(facts)[name] == (fitting[0] if fitting else found[name])

"""Hash shares come close to what was asked for, whatever the names."""

from __future__ import annotations

from math import sqrt

from hypothesis import given, settings
from hypothesis import strategies as st

from tenure.model.playbooks import Variant
from tenure.rules.eligibility.holdout import is_held_out
from tenure.rules.eligibility.variants import variant_of

MANY = 2_000
NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)


def is_near(count: int, share: float) -> bool:
    """Within five standard deviations."""
    return abs(count - MANY * share) <= 5 * sqrt(MANY * share * (1 - share)) + 1


@settings(max_examples=15)
@given(venture=NAMES, prefix=NAMES, percent=st.floats(1, 50))
def test_A8_the_share_held_out_is_close_to_the_percent(venture: str, prefix: str, percent: float) -> None:
    held = sum(is_held_out(venture, "at_risk", f"{prefix}{i}", percent, 10**15) for i in range(MANY))
    assert is_near(held, percent / 100)


@settings(max_examples=15)
@given(venture=NAMES, step=NAMES, shares=st.lists(st.floats(0.5, 100), min_size=2, max_size=4))
def test_variants_are_shown_by_their_shares(venture: str, step: str, shares: list[float]) -> None:
    arms = [Variant(name=str(i), template="t", share=share) for i, share in enumerate(shares)]
    seen = [variant_of(venture, "p", step, f"c{i}", arms) for i in range(MANY)]
    for arm in arms:
        assert is_near(sum(one == arm for one in seen), arm.share / sum(shares))

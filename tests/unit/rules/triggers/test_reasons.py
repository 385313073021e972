from __future__ import annotations

import pytest

from tenure.model.readings import Voice
from tenure.rules.triggers.reasons import churn_reasons, detractor_pains, pain_of, reason_of, top


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("It is simply too expensive, and the prices went up again", "pricing"),
        ("I waited nine days for a reply from support", "support"),
        ("Getting started was confusing; no tutorial", "onboarding friction"),
        ("No integration with our CRM, we switched to another tool", "feature gap"),
        ("Crashes all the time, broken exports, slow", "product quality"),
        ("We closed the department", "other"),
        ("", "other"),
    ],
)
def test_a_text_goes_to_the_group_its_words_name(text: str, reason: str) -> None:
    assert reason_of(text) == reason


def test_detractors_are_sorted_into_product_support_pricing_and_onboarding() -> None:
    texts = ("bug", "missing feature", "support", "price", "onboarding", "blue")
    assert [pain_of(one) for one in texts] == ["product", "product", "support", "pricing", "onboarding", "other"]


def test_groups_have_counts_quotes_and_the_revenue_of_each_customer_once() -> None:
    said = [("a", "too expensive", 100), ("a", "price!", 100), ("b", "a bug", None), ("c", "no idea", 900)]
    voices = [Voice(customer_id=name, text=text, occurred_us=1, source="ticket", arr_cents=arr) for name, text, arr in said]
    groups = churn_reasons(voices)
    assert [(one.reason, one.count, one.customers, one.arr_cents, one.share) for one in groups] == [
        ("other", 1, 1, 900, 0.25), ("pricing", 2, 1, 100, 0.5), ("product quality", 1, 1, 0, 0.25),
    ]  # fmt: skip
    assert [one.reason for one in top(groups)] == ["pricing", "product quality"]
    assert detractor_pains([]) == ()


def test_quotes_are_short_and_of_whoever_pays_most() -> None:
    voices = [Voice(customer_id=str(n), text="price " * 100, occurred_us=n, source="ticket", arr_cents=n) for n in range(5)]
    [group] = churn_reasons(voices)
    assert (len(group.quotes), {len(one) for one in group.quotes}) == (3, {200})

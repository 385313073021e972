"""What customers ask for, out of their own words."""

from __future__ import annotations

import pytest

from tenure.model.readings import Voice
from tenure.rules.quotes import LONGEST, quoted
from tenure.rules.requests import requests_of, wish_of


@pytest.mark.parametrize(
    ("text", "category", "wish"),
    [
        ("Could you add a calendar view?", "", "calendar view"),
        ("Great tool, but we need an approval step because of audits.", "", "approval step"),
        ("Please support more formats", "feature_request", "formats"),
        ("It would be fine, only the export to Excel is missing filters.", "", "filters"),
        ("Dark mode", "Feature Request", "Dark mode"),
        ("Dark mode", "bug", None),
        ("We miss features that matter in our field.", "", None),
        ("Does what we need, every day.", "", None),
        ("", "feature_request", None),
    ],
)
def test_a_wish_is_what_follows_the_asking(text: str, category: str, wish: str | None) -> None:
    assert wish_of(text, category) == wish


def voice(customer_id: str, text: str, arr_cents: int | None, at_us: int = 1) -> Voice:
    return Voice(customer_id=customer_id, text=text, occurred_us=at_us, source="ticket", arr_cents=arr_cents)


def test_equal_wishes_are_counted_together_with_each_customers_revenue_once() -> None:
    said = [
        (voice("c1", "Could you add a calendar view?", 500_00), ""),
        (voice("c1", "We need calendar views.", 500_00, 2), ""),
        (voice("c2", "Calendar view", None), "feature_request"),
        (voice("c3", "We need an audit log", 900_00), ""),
    ]
    first, second = requests_of(said)
    assert (first.wish, first.arr_cents) == ("audit log", 900_00)
    assert (second.count, second.customer_ids, second.arr_cents, second.arr_unknown) == (3, ("c1", "c2"), 500_00, 1)
    assert second.quotes[0] == "We need calendar views."


def test_quotes_carry_no_address_link_or_number() -> None:
    said = quoted("Call me: +49 170 123 45 67 or\nann.b@example.com, see https://example.com/x?y=1 please")
    assert said == "Call me: [number] or [address], see [link] please"
    assert quoted("We pay 1200 a year since 2024.") == "We pay 1200 a year since 2024."
    assert len(quoted("x" * 500)) == LONGEST


def test_a_wish_becomes_a_title_and_a_key_so_it_carries_no_address() -> None:
    (one,) = requests_of([(voice("c1", "Could you add pat.smith@example.com as an approver?", None), "")])
    assert one.wish == "[address] as an approver" and "pat" not in one.key
    assert one.arr_cents is None, "of nobody it is known, which is not 0"

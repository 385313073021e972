"""A model's draft may say nothing that nobody said before it."""

from __future__ import annotations

import pytest

from tenure.model.links import UNSUBSCRIBE, cta
from tenure.rules.drafting import Mask, problems_of

BEFORE = ("Is something in your way?", f"Hi Sam,\n\nyou have not exported for 14 days. The guide:\n{cta('help')}\n\nRobin\nAcme\n{UNSUBSCRIBE}\n")
FACTS = ("The last login was 12 days ago.", "Features in use: Export, Report Builder.")


def draft(text: str, subject: str = "Can we help?") -> tuple[str, ...]:
    return problems_of(BEFORE, (subject, f"Hi Sam,\n\n{text}\n{cta('help')}\n\nRobin\nAcme\n{UNSUBSCRIBE}\n"), FACTS)


@pytest.mark.parametrize(
    "text",
    [
        "We miss your exports. Here is the guide:",
        "It was 12 days since your last login, and 14 since an export.",
        "The Report Builder may help. I'm glad to show it:",
        "Would an example help? Reply with a line.",
    ],
)
def test_what_only_uses_what_is_known_may_be_taken(text: str) -> None:
    assert draft(text) == ()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("You lost 20 exports.", "the number 20"),
        ("You have three options.", "the number three"),
        ("Our engineer Marta will look at it.", "the name Marta"),
        ("We guarantee it works.", "the promise “guarantee”"),
        ("We'll fix it, with a discount.", "the promise “discount”"),
        ("See https://evil.example.com/x for more.", "the address https://evil.example.com/x"),
        ("Write to help@example.org.", "the address help@example.org"),
        ("Hello [[9]], how are you?", "a stand-in that stands for nothing"),
        ("word " * 200, "a text that is much longer"),
    ],
)
def test_what_nobody_said_is_named(text: str, problem: str) -> None:
    assert problem in draft(text)


def test_every_link_stays() -> None:
    lost = problems_of(BEFORE, ("Can we help?", "Hi Sam, reply with a line."), FACTS)
    twice = problems_of(BEFORE, ("Can we help?", BEFORE[1] + cta("help")), FACTS)
    assert lost == twice == ("links that were lost or added",)


def test_a_subject_is_one_line_and_nothing_is_empty() -> None:
    assert draft("Fine.", subject="Hello\nthere") == ("a subject that is no single short line",)
    assert problems_of(BEFORE, ("", BEFORE[1])) == ("an empty subject or text",)


def test_names_leave_as_stand_ins_and_come_back() -> None:
    mask = Mask(["Sam Rivers", "Sam", "sam@example.com", None, "", "X"])
    hidden = mask.hide("Sam Rivers, SAM and sam@example.com; not Samuel.")
    assert "sam" not in hidden.lower().replace("samuel", "")
    assert mask.show(hidden) == "Sam Rivers, Sam and sam@example.com; not Samuel."
    assert mask.show("[[77]]") == "[[77]]"

"""A line typed in a hurry is read; outcomes fit what was done (Day one, 4)."""

from __future__ import annotations

import pytest

from tenure.errors import BadInput
from tenure.model.contacts import ContactKind, ContactOutcome
from tenure.rules.contacts import OUTCOMES, crm_contact, outcome_of, read_line


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("c42 call reached wants a discount", ("c42", "call", "reached", "wants a discount")),
        ('"Acme Inc" call not-reached', ("Acme Inc", "call", "not_reached", "")),
        ("“Acme Inc” Meeting went through the plan", ("Acme Inc", "meeting", "held", "went through the plan")),
        ("c42 meeting booked", ("c42", "meeting", "booked", "")),
        ("c42 note prefers mornings", ("c42", "note", "noted", "prefers mornings")),
        ("c42 message answered: yes", ("c42", "message", "sent", "answered: yes")),
    ],
)
def test_day_one_4_a_line_is_read_in_any_of_its_forms(typed: str, read: tuple[str, str, str, str]) -> None:
    line = read_line(typed)
    assert (line.customer, line.kind.value, line.outcome.value, line.text) == read


@pytest.mark.parametrize("typed", ["", "c42", "c42 lunch with them", '"" note x'])
def test_day_one_4_what_cannot_be_read_says_how_it_is_said(typed: str) -> None:
    with pytest.raises(BadInput, match="could not be read"):
        read_line(typed)


def test_day_one_4_a_call_says_whether_somebody_was_reached_because_chains_end_by_it() -> None:
    with pytest.raises(BadInput, match="reached or not_reached"):
        read_line("c42 call spoke about prices")
    with pytest.raises(BadInput, match="sent or answered"):
        outcome_of(ContactKind.message, ContactOutcome.held)
    assert [outcome_of(kind, None) for kind in (ContactKind.meeting, ContactKind.message, ContactKind.note)] == [
        OUTCOMES[kind][0] for kind in (ContactKind.meeting, ContactKind.message, ContactKind.note)
    ]


def test_day_one_11_what_a_crm_says_becomes_our_words_and_a_call_without_a_word_is_an_attempt() -> None:
    assert crm_contact("mail", "") == (ContactKind.message, ContactOutcome.sent)
    assert crm_contact("call", "reached") == (ContactKind.call, ContactOutcome.reached)
    assert crm_contact("call", "") == (ContactKind.call, ContactOutcome.not_reached)
    assert crm_contact("meeting", "") == (ContactKind.meeting, ContactOutcome.held)
    assert crm_contact("whatever", "") == (ContactKind.note, ContactOutcome.noted)

"""Moving up is justified by what became of drafts (crew.md, progression; A9)."""

from __future__ import annotations

import pytest

from tenure.rules.decisions.autonomy import ClassRecord, may_move_up


@pytest.mark.parametrize(
    ("unchanged", "edited", "rejected", "negative", "yes"),
    [(20, 0, 0, 0, True), (19, 0, 0, 0, False), (18, 2, 0, 0, True), (17, 2, 1, 0, False), (50, 0, 0, 1, True), (49, 0, 0, 1, False)],
)
def test_auto_needs_twenty_drafts_nine_in_ten_unchanged_and_hardly_any_anger(
    unchanged: int, edited: int, rejected: int, negative: int, yes: bool
) -> None:
    record = ClassRecord(action_class="message", unchanged=unchanged, edited=edited, rejected=rejected, negative=negative)
    found = may_move_up(record, "assisted")
    assert (found.yes, found.to) == (yes, "auto") and found.why


def test_one_level_at_a_time() -> None:
    record = ClassRecord(action_class="message", unchanged=100)
    assert (may_move_up(record, "manual").to, may_move_up(record, "auto").yes) == ("assisted", False)

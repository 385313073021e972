"""Closed months stand until late data changes them, and then keep what they said (M8)."""

from __future__ import annotations

from tenure.rules.restatements import close_month


def test_the_first_time_is_stored() -> None:
    closed = close_month(None, "2026-02", {"percent": 80.0}, batch=3, now_us=10)
    assert closed is not None
    assert (closed.numbers, closed.batch, closed.stored_us, closed.restatements) == (
        {"percent": 80.0},
        3,
        10,
        (),
    )


def test_the_same_numbers_change_nothing() -> None:
    closed = close_month(None, "2026-02", {"percent": 80.0}, batch=3, now_us=10)
    assert close_month(closed, "2026-02", {"percent": 80.0}, batch=9, now_us=20) is None


def test_a_restatement_keeps_every_earlier_number_with_its_batch() -> None:
    first = close_month(None, "2026-02", {"percent": 80.0}, batch=3, now_us=10)
    second = close_month(first, "2026-02", {"percent": 82.0}, batch=5, now_us=20)
    third = close_month(second, "2026-02", {"percent": 81.0}, batch=7, now_us=30)
    assert third is not None
    assert (third.numbers, third.stored_us) == ({"percent": 81.0}, 10)
    assert [(one.before["percent"], one.batch, one.restated_us) for one in third.restatements] == [
        (80.0, 5, 20),
        (82.0, 7, 30),
    ]


def test_numbers_from_fewer_facts_never_replace_newer_ones() -> None:
    closed = close_month(None, "2026-02", {"percent": 80.0}, batch=3, now_us=10)
    assert close_month(closed, "2026-02", {"percent": 70.0}, batch=2, now_us=20) is None

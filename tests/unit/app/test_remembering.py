"""The cards of one moment are made once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tenure.app.remembering import AT_ONCE, MOST_WANTED, Remembering, likely
from tenure.model.cards import CustomerCard
from tenure.model.facts import CustomerStatus


class Subjects:
    """Makes cards of everybody but `nobody`, and notes what was asked."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    def cards(self, customer_ids: Sequence[str], now_us: int) -> Sequence[CustomerCard]:
        self.asked.append(sorted(customer_ids))
        made = (CustomerCard(customer_id=one, as_of_us=now_us, customer_status=CustomerStatus.active) for one in customer_ids)
        return [one for one in made if one.customer_id != "nobody"]

    def crossed(self, watches: Mapping[str, Any], now_us: int) -> Mapping[str, Sequence[str]]:
        return {}

    def judged(self, watch: str, customer_ids: Sequence[str], now_us: int) -> None: ...

    def baseline(self, watches: Mapping[str, Any], now_us: int) -> Mapping[str, int]:
        return {}


def _ids(cards: Sequence[CustomerCard]) -> list[str]:
    return [one.customer_id for one in cards]


def test_a_small_venture_is_seen_once_in_a_tick() -> None:
    inner = Subjects()
    subjects = Remembering(inner, lambda: 1, lambda: ["a", "b"])
    assert _ids(subjects.cards(["c", "nobody"], 5)) == ["c"]
    assert _ids(subjects.cards(["b", "nobody", "a"], 5)) == ["b", "a"]
    assert inner.asked == [["a", "b", "c", "nobody"]]


def test_a_later_time_and_new_scores_are_seen_anew() -> None:
    inner, run = Subjects(), [1]
    subjects = Remembering(inner, lambda: run[0], list)
    subjects.cards(["a"], 5)
    assert subjects.cards(["a"], 6)[0].as_of_us == 6
    run[0] = 2
    subjects.cards(["a"], 6)
    assert len(inner.asked) == 3


def test_a_small_venture_is_asked_for_everybody_and_a_large_one_for_those_the_loop_deals_with() -> None:
    def of(scored: int, dealt_with: int) -> Sequence[str]:
        return likely(scored, lambda: ["everybody"], lambda: ["c1"] * dealt_with)

    assert of(AT_ONCE, 1) == ["everybody"]
    assert of(AT_ONCE + 1, 1) == ["c1"]
    assert of(AT_ONCE + 1, MOST_WANTED + 1) == ()


def test_those_the_loop_deals_with_are_made_with_the_first_who_are_asked_for() -> None:
    inner = Subjects()
    subjects = Remembering(inner, lambda: 1, lambda: ["c2"])
    assert [one.customer_id for one in subjects.cards(["c1"], 5)] == ["c1"]
    subjects.cards(["c2"], 5)
    assert inner.asked == [["c1", "c2"]]


def test_nobody_asked_for_costs_nothing() -> None:
    inner = Subjects()
    assert Remembering(inner, lambda: 1, lambda: ["a"]).cards([], 5) == [] and inner.asked == []

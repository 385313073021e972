"""Who is left alone on purpose (A8), and which arm a customer sees."""

from __future__ import annotations

import pytest

from tenure.clock import DAY_US
from tenure.model.playbooks import PlaybookKind, Variant
from tenure.rules.eligibility.holdout import REDRAWN_AFTER_DAYS, holdout_percent, is_held_out
from tenure.rules.eligibility.variants import variant_of

TEN = {"at_risk": 10.0, "win_back": 10.0, "activation": 10.0, "engagement": 10.0, "critical": 0.0}
NOW = 20_500 * DAY_US


def percent(kind: str, **fields: object) -> float:
    usual: dict[str, object] = {"arr_cents": 100, "high_value_arr": 10_000}
    return holdout_percent(kind, TEN, **(usual | fields))  # type: ignore[arg-type]


def held(kind: str = "at_risk", at_us: int = NOW, share: float = 10) -> set[int]:
    return {i for i in range(3_000) if is_held_out("acme", kind, f"c{i}", share, at_us)}


def test_A8_the_share_is_drawn_and_stays_drawn() -> None:
    assert 240 < len(held()) < 360
    assert held() == held()
    assert held() <= held(share=20)
    assert held(share=0) == set()


def test_A8_kinds_are_drawn_apart() -> None:
    assert len(held() & held("win_back")) < 60


def test_A8_it_is_redrawn_after_180_days_and_not_all_on_one_day() -> None:
    later = held(at_us=NOW + REDRAWN_AFTER_DAYS * DAY_US)
    assert len(held() & later) < 60
    changed = [len(held() ^ held(at_us=NOW + day * DAY_US)) for day in (1, 60, 120)]
    assert changed[0] < 15 < changed[1] < changed[2]


@pytest.mark.parametrize("kind", ["critical", "cancelling", "onboarding", "renewal"])
def test_A8_some_kinds_are_never_held_out(kind: str) -> None:
    assert percent(kind) == 0


def test_A8_a_person_and_high_value_are_exempt_and_unknown_arr_is_not() -> None:
    assert percent("at_risk") == percent("at_risk", arr_cents=None) == 10
    assert percent("at_risk", by_person=True) == percent("at_risk", arr_cents=1_000_000) == 0


def test_A8_the_chairman_may_switch_on_a_critical_holdout_below_high_value() -> None:
    switched = TEN | {"critical": 5.0}
    assert holdout_percent("critical", switched, arr_cents=0, high_value_arr=10_000) == 5
    assert holdout_percent("critical", switched, arr_cents=1_000_000, high_value_arr=10_000) == 0


def test_a_playbook_of_ones_own_is_held_out_only_where_it_is_set() -> None:
    assert percent("other", playbook="summer") == 0
    assert holdout_percent("other", TEN | {"summer": 20.0}, arr_cents=0, high_value_arr=1, playbook="summer") == 0 + 20


def test_a_variant_is_stable_and_shares_may_be_any_numbers() -> None:
    arms = [Variant(name="a", template="a", share=3), Variant(name="b", template="b", share=1)]

    def seen(i: int) -> str:
        chosen = variant_of("acme", "at_risk", "letter", f"c{i}", arms)
        assert chosen is not None
        return chosen.name

    first = [seen(i) for i in range(2_000)]
    assert first == [seen(i) for i in range(2_000)]
    assert 1_400 < first.count("a") < 1_600
    assert variant_of("acme", "at_risk", "letter", "c1", []) is None


def test_every_kind_has_an_answer() -> None:
    assert {kind: percent(kind.value) for kind in PlaybookKind if percent(kind.value)} == dict.fromkeys(
        (PlaybookKind.at_risk, PlaybookKind.win_back, PlaybookKind.activation, PlaybookKind.engagement), 10.0
    )

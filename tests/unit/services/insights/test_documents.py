"""Results as JSON: one shape for rates, money, missing answers, times."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest

from tenure.ports.metric_results import NpsVerdict, Period
from tenure.rules.system_health import SystemFacts, judge_system
from tenure.services.insights.documents import to_json
from tenure.services.insights.wording import money, percent, signed
from tenure.stats.proportions import rate
from tenure.stats.result import Answer, Interval, not_enough_customers, not_measured
from tenure.stats.revenue import MoneyRate


def test_a_rate_has_its_percent_its_counts_and_its_interval() -> None:
    found = to_json(rate(40, 320))
    assert found == {"percent": 12.5, "count": 40, "of": 320, "low_percent": 9.32, "high_percent": 16.57}


def test_no_answer_is_a_code_and_a_sentence() -> None:
    assert to_json(not_enough_customers(12, 30)) == {
        "no_answer": "not_enough_customers",
        "sentence": "Not enough customers: 12 of 30 needed.",
        "have": 12,
        "need": 30,
    }
    assert to_json(not_measured("Not yet.")) == {"no_answer": "not_measured", "sentence": "Not yet."}


def test_a_share_of_money_has_its_cents() -> None:
    found = to_json(MoneyRate(83_648, 100_000, 0.83648, Interval(0.8, 0.9, 0.95, "ratio")))
    assert found == {"percent": 83.65, "cents": 83_648, "of_cents": 100_000, "low_percent": 80.0, "high_percent": 90.0}
    assert to_json(MoneyRate(1, 2, 0.5, None))["low_percent"] is None


def test_times_are_iso_and_lose_the_unit_in_their_name() -> None:
    found = to_json(Period("2026-03", 0, 86_400_000_000))
    assert found == {"name": "2026-03", "from": "1970-01-01T00:00:00Z", "to": "1970-01-02T00:00:00Z"}


@dataclass(frozen=True)
class Anything:
    shares: tuple[float, ...]
    verdict: NpsVerdict
    per_score: dict[int, int]
    nothing: None = None


def test_whatever_is_inside_becomes_json_and_fractions_are_cut_where_engines_differ() -> None:
    found = to_json(Answer(Anything((0.1 + 0.2, 1.0), NpsVerdict.PASSES, {9: 1})))
    assert found == {"shares": [0.3, 1.0], "verdict": "passes", "per_score": {"9": 1}, "nothing": None}
    assert json.loads(json.dumps(found)) == found


def test_a_struct_is_a_document_too() -> None:
    found = to_json(judge_system(SystemFacts(now_us=0, last_full_score_us=None)))
    assert found["status"] == "warning"
    assert found["components"][0]["component"] == "full_score"


@pytest.mark.parametrize(
    ("cents", "text"),
    [(4_800_000, "USD 48,000"), (123_456, "USD 1,235"), (4_999, "USD 49.99"), (5_000, "USD 50"), (0, "USD 0"), (-250_000, "−USD 2,500")],
)  # fmt: skip
def test_money_is_written_as_people_write_it(cents: int, text: str) -> None:
    assert money(cents, "USD") == text


def test_signs_and_percents_round_half_up() -> None:
    assert (signed(30.25), signed(-4.5), signed(0.01), percent(0.97895)) == ("+30.3", "−4.5", "0", "97.9 %")

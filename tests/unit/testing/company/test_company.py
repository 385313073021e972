"""How a company lives: the same life in every order, one customer apart from the others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tenure.clock import DAY_US, HOUR_US
from tenure.testing.company import Company, CompanyPlan, Facts, Touch, joined
from tenure.testing.company.facts import IDS, KINDS

PLAN = CompanyPlan(seed=7, customers=60, planned_days=30)


def customers_of(company: Company) -> list[str]:
    """Everybody who has signed up."""
    return sorted(company.truth.endings())


def touches(company: Company) -> list[tuple[str, Touch]]:
    """Two touches for each of twenty customers, on different days."""
    chosen = customers_of(company)[:20]
    noon = company.now_us + 12 * HOUR_US
    first = [(one, Touch("training", noon + 3 * DAY_US)) for one in chosen]
    return first + [(one, Touch("offer", noon + 9 * DAY_US)) for one in chosen]


def same(left: Facts, right: Facts) -> bool:
    return all(left[kind].equals(right[kind]) for kind in KINDS)


def only(facts: Facts, chosen: Callable[[str], bool]) -> list[list[dict[str, object]]]:
    """The records of chosen customers, without the parent, who may be a stranger."""
    records = [[row for row in facts.records(kind) if chosen(row["customer_id"])] for kind in KINDS]
    return [[{**row, "parent_id": None} for row in rows] for rows in records]


def test_day_by_day_and_in_bulk_give_identical_facts_also_with_touches() -> None:
    bulk, daily = Company(PLAN), Company(PLAN)
    expected = bulk.history(30, touches(bulk))
    plan = touches(daily)
    parts = [daily.past]
    for day in range(PLAN.first_day, PLAN.first_day + 30):
        parts.append(daily.advance(day))
        for customer_id, touch in plan:
            if touch.at_us // DAY_US == day:
                daily.respond(customer_id, touch)
    assert same(expected, joined(parts))
    assert bulk.truth.endings() == daily.truth.endings()


def test_touches_change_the_facts_at_all() -> None:
    quiet, touched = Company(PLAN), Company(PLAN)
    assert not same(quiet.history(30), touched.history(30, touches(touched)))


def test_bulk_in_two_halves_is_bulk_in_one() -> None:
    whole, halves = Company(PLAN), Company(PLAN)
    assert same(whole.history(30), joined([halves.history(11), halves.history(19)]))


def test_another_seed_is_another_company() -> None:
    other = CompanyPlan(seed=8, customers=60, planned_days=30)
    assert not same(Company(PLAN).history(5), Company(other).history(5))


def test_a_life_does_not_depend_on_how_many_others_there_are() -> None:
    more = CompanyPlan(seed=7, customers=90, planned_days=30)
    first_sixty = only(Company(more).history(30), lambda customer_id: customer_id < "cust_000060")
    assert first_sixty == only(Company(PLAN).history(30), lambda customer_id: True)


def test_a_customer_nobody_touched_lives_the_same_life() -> None:
    quiet, touched = Company(PLAN), Company(PLAN)
    plan = touches(touched)
    left_alone = set(customers_of(quiet)) - {one for one, _ in plan}
    before = only(quiet.history(30), left_alone.__contains__)
    assert before == only(touched.history(30, plan), left_alone.__contains__)


def test_days_are_lived_in_order() -> None:
    company = Company(PLAN)
    with pytest.raises(ValueError, match="The next day is"):
        company.advance(company.day + 1)


def test_touches_on_other_days_are_refused() -> None:
    company = Company(PLAN)
    with pytest.raises(ValueError, match="1 touches are on none of the 5 days"):
        company.history(5, [("cust_000001", Touch("email", company.now_us + 5 * DAY_US))])


def test_a_plan_can_end_with_yesterday() -> None:
    plan = CompanyPlan.until(20_700 * DAY_US + HOUR_US, days=20, customers=30)
    company = Company(plan)
    company.history(20)
    assert company.now_us == 20_700 * DAY_US


def test_every_fact_of_a_day_carries_that_day() -> None:
    company = Company(PLAN)
    for day in range(company.day, company.day + 10):
        facts = company.advance(day)
        for kind, column in [
            ("events", "timestamp"),
            ("revenue", "occurred_at"),
            ("tickets", "changed_at"),
            ("answers", "answered_at"),
        ]:
            times = facts[kind][column].cast(pa.int64()).to_pylist()
            assert {at_us // DAY_US for at_us in times} <= {day}, kind


def test_sign_ups_go_on_beyond_the_planned_days() -> None:
    company = Company(PLAN)
    company.history(30)
    later = company.history(60)
    newcomers = {
        row["customer_id"] for row in later.records("customers") if row["created_at"] >= "2026-02-01"
    }
    events = set(later["events"]["customer_id"].to_pylist())
    assert 3 <= len(newcomers) <= 20  # 60 customers in 394 days: about 9 expected
    assert newcomers & events


def test_exactly_the_planned_customers_sign_up_in_the_planned_days(lived: Any) -> None:
    facts = lived.facts
    assert facts.latest().counts()["customers"] == 1_200


@pytest.mark.parametrize("kind", ["events", "revenue", "answers"])
def test_ids_are_unique(lived: Any, kind: str) -> None:
    table = lived.facts[kind]
    assert pc.count_distinct(table[IDS[kind]]).as_py() == table.num_rows > 0


def test_a_company_without_a_past_starts_empty() -> None:
    company = Company(CompanyPlan(seed=1, customers=40, past_weeks=0, planned_days=20))
    assert sum(company.past.counts().values()) == 0
    assert company.history(20).latest().counts()["customers"] == 40

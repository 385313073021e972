"""The company answers to being touched, with effects that are known."""

from __future__ import annotations

import numpy as np
import pytest

from tenure.clock import DAY_US, HOUR_US
from tenure.testing.company import TOUCH_KINDS, Company, CompanyPlan, Touch, Truth
from tenure.testing.company.lives import RELIEF_HALF_LIFE_DAYS
from tenure.testing.company.vocabulary import ALL_CAUSES

REACHED = {"clicked", "call_reached", "survey_answered"}


def today(company: Company, kind: str) -> Touch:
    return Touch(kind, company.now_us - 12 * HOUR_US)


def touch_all(company: Company, kind: str) -> set[str]:
    """Touch every living customer today; returns whom it reached."""
    reached = set()
    for customer_id in company.truth.hazards():
        if {reaction.kind for reaction in company.respond(customer_id, today(company, kind))} & REACHED:
            reached.add(customer_id)
    return reached


def lived(
    seed: int, customers: int = 300, days: int = 30, churn: float = 0.018, past_weeks: int = 52
) -> Company:
    plan = CompanyPlan(
        seed=seed,
        customers=customers,
        planned_days=days,
        past_weeks=past_weeks,
        monthly_voluntary_churn=churn,
    )
    company = Company(plan, silent=True)
    company.history(days)
    return company


def troubled(seed: int) -> Company:
    """A young company that many want to leave."""
    return lived(seed, customers=1_500, days=20, churn=0.25, past_weeks=4)


def give_what_helps(company: Company, customer_ids: list[str]) -> None:
    """Touch each with what relieves its cause most."""
    endings = company.truth.endings()
    for customer_id in customer_ids:
        cause = endings[customer_id].cause or ""
        kind = max(TOUCH_KINDS, key=lambda kind: Truth.effect(kind, cause))
        company.respond(customer_id, today(company, kind))


def decisions(company: Company, among: set[str], cause: str, since_us: int) -> int:
    """How many of these decided to leave for this cause since then."""
    known = company.truth.endings()
    endings = [known[customer_id] for customer_id in among]
    return sum(e.cause == cause and (e.cancel_requested_us or 0) >= since_us for e in endings)


@pytest.mark.parametrize("kind", ["training", "offer", "priority_support", "executive_call"])
def test_a_touch_that_gets_through_removes_its_known_share_of_the_hazard(kind: str) -> None:
    treated, untouched = lived(1), lived(1)
    reached = touch_all(treated, kind)
    treated.history(1)
    untouched.history(1)
    fade = 0.5 ** (1 / RELIEF_HALF_LIFE_DAYS)
    compared = 0
    for customer_id in reached & set(untouched.truth.hazards()) & set(treated.truth.hazards()):
        with_touch = treated.truth.inner(customer_id).hazard_per_day
        without = untouched.truth.inner(customer_id).hazard_per_day
        for cause, hazard in without.items():
            assert with_touch[cause] == pytest.approx(hazard * (1 - fade * treated.truth.effect(kind, cause)))
            compared += hazard > 0
    assert compared > 50


def test_a_touch_works_from_the_day_after_and_fades() -> None:
    company = lived(1)
    reached = touch_all(company, "priority_support")
    one = min(reached)
    share = company.truth.effect("priority_support", "product_friction")
    assert company.truth.inner(one).relief["product_friction"] == 0
    company.history(61)
    assert company.truth.inner(one).relief["product_friction"] == pytest.approx(share * 0.5 ** (61 / 60))


def test_as_many_are_reached_as_the_kind_of_touch_says() -> None:
    for kind in ("training", "offer", "check_in_call", "nps_survey"):
        company = lived(2, customers=900)
        here = [c for c in company.truth.hazards() if company.world.lives.champion[company.row_of(c)] >= 0]
        share = len(touch_all(company, kind)) / len(here)
        expected = TOUCH_KINDS[kind].reach
        assert share == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected) / len(here)))


def test_over_many_companies_fewer_leave_by_the_known_amount() -> None:
    """Decisions to leave over a poor start in 30 days, among those reached, with and without training."""
    days, helped, alone = 30, 0, 0
    for seed in range(8):
        treated, untouched = troubled(seed), troubled(seed)
        reached, start = touch_all(treated, "training"), treated.now_us
        treated.history(days)
        untouched.history(days)
        helped += decisions(treated, reached, "poor_onboarding", start)
        alone += decisions(untouched, reached, "poor_onboarding", start)
    ages = np.arange(1, days + 1)
    known = 1 - Truth.effect("training", "poor_onboarding") * np.mean(0.5 ** (ages / RELIEF_HALF_LIFE_DAYS))
    observed = helped / alone
    # both worlds draw the same random numbers, so Poisson errors are an upper bound
    error = observed * np.sqrt(1 / helped + 1 / alone)
    assert alone > 150
    assert abs(observed - known) < 2.5 * error
    assert observed + 2.5 * error < 1


def test_help_against_another_cause_does_not_help() -> None:
    treated, untouched = lived(3), lived(3)
    touch_all(treated, "payment_reminder")
    treated.history(30)
    untouched.history(30)
    voluntary = [
        {one for one, ending in company.truth.endings().items() if ending.voluntary}
        for company in (treated, untouched)
    ]
    assert voluntary[0] == voluntary[1]


def test_payment_reminders_save_customers_whose_charge_failed() -> None:
    lost = {True: 0, False: 0}
    for remind in (True, False):
        plan = CompanyPlan(seed=5, customers=800, payment_failure_chance=0.15, past_weeks=8, planned_days=10)
        company = Company(plan, silent=True)
        for _ in range(10):
            company.history(6)
            if remind:
                touch_all(company, "payment_reminder")
        first = plan.first_day * DAY_US
        endings = company.truth.endings().values()
        lost[remind] = sum(e.cause == "payment_failed" and (e.churned_us or 0) > first for e in endings)
    assert lost[False] > 20
    assert lost[True] < 0.6 * lost[False]


def test_who_was_saved_is_known() -> None:
    company = lived(6, customers=600, churn=0.08)
    for _ in range(4):
        touch_all(company, "check_in_call")
        touch_all(company, "executive_call")
        company.history(20)
    saved = company.truth.saved()
    other = company.truth.without_touches()
    assert len(saved) > 5
    assert all(other[customer_id].status == "churned" for customer_id in saved)


def test_some_who_are_cancelling_stay_when_their_cause_is_relieved() -> None:
    company = troubled(7)
    leaving = [one for one, e in company.truth.endings().items() if e.status == "cancelling"]
    give_what_helps(company, leaving)
    company.history(1)
    endings, other = company.truth.endings(), company.truth.without_touches()
    kept = [one for one in leaving if endings[one].status == "active"]
    assert len(leaving) > 40
    # chance to get through (about a half) x 0.6 x relief (about 0.5)
    assert 0.05 * len(leaving) < len(kept) < 0.35 * len(leaving)
    assert all(endings[one].cancel_requested_us is None for one in kept)
    assert not any(other[one].status == "active" for one in kept)


def test_some_who_left_come_back_when_their_cause_is_relieved() -> None:
    company = troubled(8)
    company.history(30)
    gone = [one for one, e in company.truth.endings().items() if e.status == "churned" and e.voluntary]
    give_what_helps(company, gone)
    company.history(45)
    endings, other = company.truth.endings(), company.truth.without_touches()
    back = {one for one in gone if endings[one].churned_us is None}
    anyway = {one for one in gone if other[one].churned_us is None}
    assert len(gone) > 60
    assert len(back - anyway) >= 4


def test_touching_too_often_gets_through_less() -> None:
    company = lived(9, customers=900)
    first = len(touch_all(company, "email"))
    for _ in range(3):
        company.history(1)
        touch_all(company, "email")
    company.history(1)
    last = len(touch_all(company, "email"))
    assert last < 0.6 * first


def test_reactions_fit_the_kind_of_touch() -> None:
    company = lived(10)
    seen: dict[str, set[str]] = {}
    for kind in TOUCH_KINDS:
        told = [
            r for one in list(company.truth.hazards()) for r in company.respond(one, today(company, kind))
        ]
        seen[kind] = {reaction.kind for reaction in told}
        assert all(reaction.at_us > today(company, kind).at_us for reaction in told)
        company.history(15)
    assert seen["executive_call"] == {"call_reached", "not_reached", "meeting_booked"}
    assert {"delivered", "opened", "clicked", "replied", "bounced"} <= seen["training"]
    assert "survey_answered" in seen["nps_survey"]
    assert "clicked" not in seen["nps_survey"]


def test_survey_answers_follow_how_the_customer_feels() -> None:
    company = lived(11, customers=900)
    told = {one: company.respond(one, today(company, "nps_survey")) for one in company.truth.hazards()}
    scores = {one: r.score for one, rs in told.items() for r in rs if r.score is not None}
    engagement = [company.truth.inner(one).engagement for one in scores]
    assert set(scores.values()) <= set(range(11))
    assert len(scores) > 100
    assert np.corrcoef(engagement, list(scores.values()))[0, 1] > 0.4


def test_the_same_touch_brings_the_same_reactions_whoever_else_is_touched() -> None:
    alone, crowd = lived(12), lived(12)
    touch_all(crowd, "training")
    one = min(alone.truth.hazards())
    crowd_again = lived(12)
    assert alone.respond(one, today(alone, "offer")) == crowd_again.respond(one, today(crowd_again, "offer"))
    other = max(alone.truth.hazards())
    touch = today(alone, "offer")
    fresh = lived(12)
    fresh.respond(one, touch)
    assert alone.respond(other, touch) == fresh.respond(other, touch)


def test_unknown_touches_customers_and_past_times_are_refused() -> None:
    company = lived(13, customers=20)
    one = min(company.truth.endings())
    with pytest.raises(ValueError, match="Unknown touch 'hug'"):
        Touch("hug", company.now_us)
    with pytest.raises(KeyError, match="No customer nobody"):
        company.respond("nobody", today(company, "email"))
    with pytest.raises(ValueError, match="lies in the past"):
        company.respond(one, Touch("email", company.now_us - 2 * DAY_US))


def test_every_relief_names_a_known_cause() -> None:
    for kind in TOUCH_KINDS.values():
        assert set(kind.relief) <= set(ALL_CAUSES)
        assert all(0 < share < 1 for share in kind.relief.values())
        assert 0 < kind.reach <= 1

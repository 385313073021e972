"""The reported interval covers the true effect: simulated companies whose counterfactual is known, over many seeds.

Each company is lived twice with the same random numbers, once with touches and once without; the difference between the two
lives of the treated is the truth. What the product reports knows only who was treated and who was held out.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from functools import cache

import pytest
from tests.often import often

from tenure.clock import DAY_US
from tenure.model.playbooks import PlaybookKind
from tenure.rules.effect import Case, campaign_effect, case_outcomes
from tenure.rules.eligibility.holdout import is_held_out, share_of
from tenure.stats.result import Answer
from tenure.stats.sequential import AlwaysValidDifference
from tenure.testing.company import Company, CompanyPlan, Touch

pytestmark = pytest.mark.thorough

SEEDS = range(1, often(14, 40) + 1)
HOLDOUT_PERCENT = 30
ENTRY_DAYS, HORIZON_DAYS = 15, 60
LOOKS = (66, 71, 76)
"""Days after the first entry on which somebody looks; the interval has to hold on all of them."""
HELP = ("executive_call", "priority_support", "training", "offer", "payment_reminder")
HELP_DAYS = (0, 1, 2, 3, 4, 20, 21, 22, 23, 24)


@dataclass(frozen=True)
class Look:
    """What was reported on a day, and what was true."""

    reported: AlwaysValidDifference
    truth: float

    @property
    def covers(self) -> bool:
        return self.reported.interval.contains(self.truth)


def opened(seed: int) -> Company:
    """A few hundred customers, many of whom are about to leave."""
    plan = CompanyPlan(seed=seed, customers=420, past_weeks=12, planned_days=30, monthly_voluntary_churn=0.25, surveys=False)
    return Company(plan, silent=True)


def churned(company: Company) -> dict[str, int]:
    return {name: ending.churned_us for name, ending in company.truth.endings().items() if ending.churned_us is not None}


@cache
def lived(seed: int) -> tuple[Look, ...]:
    """Both lives of one company, and what is reported at each look."""
    alone = opened(seed)
    helped = deepcopy(alone)  # opening takes longer than living; a copy lives the same life
    first_day, left_before = alone.day, churned(alone)
    here = [name for name in alone.truth.endings() if name not in left_before]
    alone.history(max(LOOKS))
    without = churned(alone)
    entry_us = {name: (first_day + int(ENTRY_DAYS * share_of("entry", str(seed), name))) * DAY_US for name in here}
    entered = [name for name in here if without.get(name, entry_us[name] + 1) > entry_us[name]]
    held = {name for name in entered if is_held_out(f"v{seed}", PlaybookKind.at_risk, name, HOLDOUT_PERCENT, entry_us[name])}
    touches = [
        (name, Touch(kind, entry_us[name] + day * DAY_US))
        for name in entered
        if name not in held
        for day, kind in zip(HELP_DAYS, HELP * 2, strict=True)
    ]
    helped.history(max(LOOKS), touches)
    with_help = churned(helped)
    return tuple(
        _look(entered, held, entry_us, with_help, without, (first_day + day) * DAY_US) for day in LOOKS
    )


def _look(
    entered: list[str], held: set[str], entry_us: dict[str, int], with_help: dict[str, int], without: dict[str, int], now_us: int
) -> Look:
    cases = [_case(number, name, name in held, entry_us[name], with_help.get(name), now_us) for number, name in enumerate(entered)]
    found = campaign_effect(cases, HOLDOUT_PERCENT).retention_effect
    assert isinstance(found, Answer), found
    known = [one for one in cases if not one.held_out and one.retained is not None]
    alone = [case_outcomes(None, one.start_us, (), without.get(one.customer_id), HORIZON_DAYS, now_us).retained for one in known]
    gained = sum(bool(one.retained) - bool(other) for one, other in zip(known, alone, strict=True))
    return Look(found.value, gained / len(known))


def _case(number: int, name: str, is_held: bool, entered_us: int, churned_us: int | None, now_us: int) -> Case:
    outcomes = case_outcomes(None, entered_us, (), churned_us, HORIZON_DAYS, now_us)
    return Case(
        enrollment_id=number, playbook="at_risk", kind=PlaybookKind.at_risk, version=1, customer_id=name, held_out=is_held,
        entered_us=entered_us, start_us=entered_us, retained=outcomes.retained,
    )  # fmt: skip


def test_the_always_valid_interval_covers_the_true_effect_at_every_look_in_95_percent_of_companies() -> None:
    covered = [all(look.covers for look in lived(seed)) for seed in SEEDS]
    assert sum(covered) >= 0.95 * len(covered), f"{sum(covered)} of {len(covered)}"


def test_the_reported_effect_is_true_on_average_and_its_interval_is_no_empty_word() -> None:
    last = [lived(seed)[-1] for seed in SEEDS]
    truth = sum(look.truth for look in last) / len(last)
    reported = sum(look.reported.value for look in last) / len(last)
    width = sum(look.reported.interval.width for look in last) / len(last)
    assert truth > 0.03
    assert abs(reported - truth) < 0.04
    assert width < 0.5

"""Invented customers and shipped playbooks for tests of playbooks; times are days after a Monday."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from tenure.clock import DAY_US, HOUR_US
from tenure.model.cards import Contact, CustomerCard
from tenure.model.cause import Cause, CauseKind
from tenure.model.condition import Condition
from tenure.model.health import HealthStatus
from tenure.model.playbooks import Enrollment, EnrollmentState, PlaybookDefinition
from tenure.parameters import DEFAULTS, ParameterSet, resolve
from tenure.playbooks import shipped_playbooks
from tenure.rules.card_fields import card_profile
from tenure.rules.conditions import holds
from tenure.services.playbooks import Checked, check_files

MONDAY_US = 20_458 * DAY_US
"""Monday 5 January 2026, 00:00 UTC."""
NOON_US = 12 * HOUR_US


def day(number: float) -> int:
    """Noon so many days after the Monday."""
    return MONDAY_US + NOON_US + round(number * DAY_US)


def parameters(**values: Any) -> ParameterSet:
    return resolve(values, {}, ()) if values else DEFAULTS


@cache
def shipped() -> Checked:
    return check_files(shipped_playbooks(), {})


def definition(key: str) -> PlaybookDefinition:
    found = shipped().playbook(key)
    assert found is not None
    return found.definition


def person(user_id: str = "u1", **fields: Any) -> Contact:
    return Contact(user_id=user_id, **({"name": "Sam Doe", "email": f"{user_id}@example.com", "active_days_30": 5} | fields))


def card(customer_id: str = "acme", *, now_us: int = day(0), score: float | None = 55.0, **fields: Any) -> CustomerCard:
    """A paying customer of 200 days, at risk, who was healthy before."""
    known: dict[str, Any] = {
        "name": "Acme Ltd", "plan": "professional", "spell_started_us": now_us - 200 * DAY_US, "arr_cents": 500_000,
        "monthly_cents": 41_600, "was_paying": True, "previous_score": 75.0, "coverage": 1.0, "active_days_30": 10,
        "last_login_us": now_us - 2 * DAY_US, "days_since_login": 2, "contacts": (person(),), "stage": "renewal",
        "first_value_us": now_us - 190 * DAY_US, "features": 3, "second_feature_us": now_us - 180 * DAY_US,
    }  # fmt: skip
    return CustomerCard(customer_id=customer_id, as_of_us=now_us, score=score, health_status=band(score), **(known | fields))


def band(score: float | None) -> HealthStatus | None:
    if score is None:
        return None
    return HealthStatus.healthy if score >= 70 else HealthStatus.at_risk if score >= 40 else HealthStatus.critical


def enrollment(key: str, *, entered_us: int = day(0), **fields: Any) -> Enrollment:
    """A running enrollment of the invented customer."""
    plain: dict[str, Any] = {
        "enrollment_id": 7, "playbook": key, "version": 1, "kind": definition(key).kind, "customer_id": "acme",
        "entry_key": f"day:{entered_us // DAY_US}", "state": EnrollmentState.running, "entered_us": entered_us,
        "cause": Cause(kind=CauseKind.playbook), "due_us": entered_us,
    }  # fmt: skip
    return Enrollment(**(plain | fields))


class FakeSubjects:
    """Subjects over cards in memory, with crossing and standing as the port says."""

    def __init__(self, *cards: CustomerCard) -> None:
        self.known = {one.customer_id: one for one in cards}
        self.standing: dict[str, set[str]] = {}

    def put(self, *cards: CustomerCard) -> None:
        self.known |= {one.customer_id: one for one in cards}

    def crossed(self, watches: Mapping[str, Condition], now_us: int) -> Mapping[str, Sequence[str]]:
        found: dict[str, list[str]] = {}
        for watch, condition in watches.items():
            now = {each for each, one in self.known.items() if not one.internal and holds(condition, card_profile(one, now_us))}
            standing = self.standing.get(watch, set()) & now
            self.standing[watch] = standing
            found[watch] = sorted(now - standing)
        return found

    def judged(self, watch: str, customer_ids: Sequence[str], now_us: int) -> None:
        self.standing.setdefault(watch, set()).update(customer_ids)

    def baseline(self, watches: Mapping[str, Condition], now_us: int) -> Mapping[str, int]:
        crossed = self.crossed(watches, now_us)
        for watch, ids in crossed.items():
            self.judged(watch, ids, now_us)
        return {watch: len(ids) for watch, ids in crossed.items()}

    def cards(self, customer_ids: Sequence[str], now_us: int) -> Sequence[CustomerCard]:
        return [self.known[each] for each in customer_ids if each in self.known]

"""How customers answer to being helped: the true effect of every kind of touch, by cause."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from tenure.clock import DAY_US, HOUR_US, MINUTE_US
from tenure.testing.company.lives import NEVER
from tenure.testing.company.population import NOBODY
from tenure.testing.company.vocabulary import ACTIVE, ALL_CAUSES, CANCELLING, CHURNED, UNBORN
from tenure.testing.company.voices import Surveys
from tenure.testing.company.world import World


@dataclass(frozen=True)
class TouchKind:
    """A kind of touch: how often it gets through, and what it relieves when it does.

    Args:
        reach: chance that the customer takes it up.
        relief: by cause, the share of that cause's hazard removed the day after; it fades with a half-life
            of 60 days.
        personal: a person calls or meets, instead of a message.
        survey: the survey it asks, if any.
    """

    reach: float
    relief: dict[str, float] = field(default_factory=dict)
    personal: bool = False
    survey: str | None = None


TOUCH_KINDS: dict[str, TouchKind] = {
    "email": TouchKind(0.35, {"poor_onboarding": 0.15, "product_friction": 0.10, "champion_left": 0.10}),
    "feature_guide": TouchKind(0.35, {"poor_onboarding": 0.30, "poor_fit": 0.15}),
    "training": TouchKind(0.40, {"poor_onboarding": 0.60, "product_friction": 0.30, "poor_fit": 0.15}),
    "check_in_call": TouchKind(
        0.55, {"poor_onboarding": 0.30, "product_friction": 0.30, "champion_left": 0.45}, personal=True
    ),
    "priority_support": TouchKind(0.80, {"product_friction": 0.60}, personal=True),
    "executive_call": TouchKind(
        0.60, {"champion_left": 0.60, "product_friction": 0.30, "price_pressure": 0.20}, personal=True
    ),
    "offer": TouchKind(0.50, {"price_pressure": 0.65}),
    "payment_reminder": TouchKind(0.75, {"payment_failed": 0.70}),
    "nps_survey": TouchKind(0.30, survey="nps"),
    "csat_survey": TouchKind(0.30, survey="csat"),
    "exit_survey": TouchKind(0.35, survey="exit"),
}
WITHDRAWAL_SHARE = 0.6
"""A touch that relieves the cause by r makes a cancelling customer stay with chance 0.6 r."""
RETURN_SHARE = 0.3
"""... and a churned one come back with chance 0.3 r."""
FATIGUE_DAYS = 14
FATIGUE = 0.75
"""Each further touch within 14 days gets through this much less often."""


@dataclass(frozen=True)
class Touch:
    """One thing done toward a customer; `kind` is a key of TOUCH_KINDS."""

    kind: str
    at_us: int

    def __post_init__(self) -> None:
        if self.kind not in TOUCH_KINDS:
            raise ValueError(f"Unknown touch '{self.kind}'; known are {', '.join(TOUCH_KINDS)}.")


@dataclass(frozen=True)
class Reaction:
    """What comes back: delivered, bounced, opened, clicked, replied, call_reached, not_reached,
    meeting_booked, survey_answered (with score and comment), unsubscribed, complained."""

    kind: str
    at_us: int
    customer_id: str
    user_id: str | None = None
    score: int | None = None
    comment: str | None = None


@dataclass(order=True)
class _Pending:
    """A touch that got through and works from a day on."""

    day: int
    row: int
    kind: str = field(compare=False)
    at_us: int = field(compare=True)


@dataclass
class Outreach:
    """Takes touches, answers at once with reactions, and brings relief from the next day on."""

    world: World
    log: dict[int, list[int]] = field(default_factory=dict)
    """Times of past touches by customer row."""
    pending: list[_Pending] = field(default_factory=list)

    def respond(self, row: int, touch: Touch) -> list[Reaction]:
        """What the customer does about the touch, in order of time."""
        kind = TOUCH_KINDS[touch.kind]
        recent = [
            at for at in self.log.get(row, ()) if touch.at_us - FATIGUE_DAYS * DAY_US < at <= touch.at_us
        ]
        self.log.setdefault(row, []).append(touch.at_us)
        here = self.world.lives.champion[row] != NOBODY and self.world.lives.status[row] != UNBORN
        reached = here and self._draw(row, touch, "reached") < kind.reach * FATIGUE ** len(recent)
        if reached:
            self.pending.append(_Pending(touch.at_us // DAY_US + 1, row, touch.kind, touch.at_us))
        told = (
            self._call(row, touch, reached)
            if kind.personal
            else self._message(row, touch, reached, len(recent))
        )
        return sorted(told, key=lambda reaction: reaction.at_us)

    def work(self, day: int) -> list[int]:
        """Bring the relief that is due; returns rows whose record changed."""
        due = sorted(item for item in self.pending if item.day <= day)
        self.pending = [item for item in self.pending if item.day > day]
        return [item.row for item in due if self._relieve(item, day)]

    def _relieve(self, item: _Pending, day: int) -> bool:
        """Returns True when the customer withdrew a cancellation."""
        lives = self.world.lives
        for cause, share in TOUCH_KINDS[item.kind].relief.items():
            column = ALL_CAUSES.index(cause)
            lives.relief[item.row, column] = 1 - (1 - lives.relief[item.row, column]) * (1 - share)
        cause_row = int(lives.cause[item.row])
        share = TOUCH_KINDS[item.kind].relief.get(ALL_CAUSES[cause_row], 0.0) if cause_row != NOBODY else 0.0
        chance = self.world.streams.one("moved", item.at_us, int(self.world.customers.key[item.row]))
        if lives.status[item.row] == CANCELLING and chance < WITHDRAWAL_SHARE * share:
            lives.status[item.row], lives.end_day[item.row] = ACTIVE, NEVER
            lives.cancel_us[item.row], lives.cause[item.row] = 0, NOBODY
            return True
        if lives.status[item.row] == CHURNED and chance < RETURN_SHARE * share:
            lives.back_on[item.row] = min(int(lives.back_on[item.row]), day + 1 + int(chance * 40))
        return False

    def _call(self, row: int, touch: Touch, reached: bool) -> list[Reaction]:
        if not reached:
            return [self._reaction(row, "not_reached", touch.at_us + MINUTE_US)]
        told = [self._reaction(row, "call_reached", touch.at_us + MINUTE_US)]
        if self._draw(row, touch, "meeting") < 0.3:
            told.append(self._reaction(row, "meeting_booked", touch.at_us + 20 * MINUTE_US))
        return told

    def _message(self, row: int, touch: Touch, reached: bool, recent: int) -> list[Reaction]:
        if not reached and self._draw(row, touch, "bounce") < 0.015:
            return [self._reaction(row, "bounced", touch.at_us + MINUTE_US)]
        told = [self._reaction(row, "delivered", touch.at_us + 5 * 1_000_000)]
        opened_us = touch.at_us + self._delay(row, touch, "open", 5.0)
        if reached or self._draw(row, touch, "open") < 0.3:
            told.append(self._reaction(row, "opened", opened_us))
        if reached:
            told += self._taken_up(row, touch, opened_us)
        annoyed = self._draw(row, touch, "annoyed")
        if annoyed < 0.004 * (1 + recent) ** 2:
            kind = "complained" if annoyed < 0.0005 * (1 + recent) ** 2 else "unsubscribed"
            told.append(self._reaction(row, kind, opened_us + HOUR_US))
        return told

    def _taken_up(self, row: int, touch: Touch, opened_us: int) -> list[Reaction]:
        survey = TOUCH_KINDS[touch.kind].survey
        if survey:
            surveys, day = Surveys(self.world), touch.at_us // DAY_US
            score = surveys.score(row, survey, day)
            comment = surveys.comment(row, survey, day, score)
            return [self._reaction(row, "survey_answered", opened_us + 3 * MINUTE_US, score, comment)]
        told = [self._reaction(row, "clicked", opened_us + 2 * MINUTE_US)]
        if self._draw(row, touch, "reply") < 0.35:
            told.append(self._reaction(row, "replied", opened_us + self._delay(row, touch, "reply", 6.0)))
        return told

    def _reaction(
        self, row: int, kind: str, at_us: int, score: int | None = None, comment: str | None = None
    ) -> Reaction:
        contact = int(self.world.lives.champion[row])
        user_id = self.world.users.ids[contact] if contact != NOBODY else None
        return Reaction(kind, at_us, self.world.customers.ids[row], user_id, score, comment)

    def _draw(self, row: int, touch: Touch, name: str) -> float:
        return self.world.streams.one(f"{touch.kind} {name}", touch.at_us, int(self.world.customers.key[row]))

    def _delay(self, row: int, touch: Touch, name: str, mean_hours: float) -> int:
        wait = -np.log(self._draw(row, touch, f"{name} delay")) * mean_hours
        return int(wait * 3600) * 1_000_000 + MINUTE_US

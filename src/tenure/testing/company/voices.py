"""What customers say: tickets with their states over time, survey answers with comments."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

import numpy as np

from tenure.clock import DAY_US, HOUR_US, MINUTE_US
from tenure.testing.company.facts import CHANGED_AT, DayBook, Record
from tenure.testing.company.lives import FRICTION, ONBOARDING, PRICE, drag_of, levels_of, living
from tenure.testing.company.population import NOBODY
from tenure.testing.company.streams import Floats
from tenure.testing.company.usage import pace_of
from tenure.testing.company.vocabulary import (
    ACTIVE,
    ALL_CAUSES,
    CANCELLING,
    CAUSES,
    COMMENTS,
    PRIORITIES,
    TICKET_CATEGORIES,
    TICKET_SUBJECTS,
)
from tenure.testing.company.world import World

NPS_EVERY_DAYS = 90
URGENCY = {"low": 2.0, "normal": 1.0, "high": 0.7, "urgent": 0.4}
"""How long an answer takes, relative to a normal ticket."""


@dataclass
class Support:
    """Tickets and the states they will still go through."""

    world: World
    queue: list[tuple[int, str, int, Record]] = field(default_factory=list)

    def record(self, book: DayBook, day: int, span: int) -> None:
        """Open new tickets and write every state that falls into the step."""
        world = self.world
        rows = living(world.lives)
        levels = levels_of(world.customers, world.lives, rows, day)
        levels = levels * (1 - world.lives.relief[rows][:, : len(CAUSES)])
        seats = np.sqrt(np.minimum(world.lives.seats[rows], 60))
        rate = 0.0065 * seats * (0.3 + world.lives.engagement[rows])
        rate += 0.05 * np.minimum(levels[:, FRICTION], 3) + 0.012 * levels[:, ONBOARDING]
        rate *= span * (pace_of(day) + 0.1 if span == 1 else 0.75)
        opens = world.streams.happens(1 - np.exp(-rate), "ticket", day, world.customers.key[rows])
        for row, level in zip(rows[opens].tolist(), levels[opens], strict=True):
            self._open(row, level, day, span)
        while self.queue and self.queue[0][0] < (day + span) * DAY_US:
            book.rows["tickets"].append(heapq.heappop(self.queue)[3])

    def _open(self, row: int, level: Floats, day: int, span: int) -> None:
        world, streams = self.world, self.world.streams
        key = int(world.customers.key[row])

        def draw(name: str) -> float:
            return streams.one(f"ticket {name}", day, key)

        friction = float(level[FRICTION])
        weights = [
            0.3 + 2 * level[ONBOARDING],
            0.35 + friction,
            0.1 + 0.5 * friction,
            0.2 + 0.4 * level[PRICE],
            0.4,
            0.3,
        ]
        category = TICKET_CATEGORIES[streams.one_of(weights, "ticket category", day, key)]
        urgency = [1, 4, 1 + friction, 0.2 + 0.6 * friction]
        priority = PRIORITIES[streams.one_of(urgency, "ticket priority", day, key)]
        subjects = TICKET_SUBJECTS[category]
        world.lives.tickets[row] += 1
        opened = (
            day * DAY_US + int((draw("day") * span) // 1) * DAY_US + int((7 + 11 * draw("hour")) * HOUR_US)
        )
        opened = max(opened - opened % 1000, int(world.customers.signup_us[row]) + MINUTE_US)
        spread = streams.one_normal("ticket effort", day, key)
        hours = 60 * URGENCY[priority] * (1 + friction) * float(np.exp(1.1 * spread))
        ticket: Record = {
            "ticket_id": f"tick_{world.customers.ids[row][5:]}_{world.lives.tickets[row]}",
            "customer_id": world.customers.ids[row],
            "created_at": opened,
            "priority": priority,
            "subject": subjects[int(draw("subject") * len(subjects))],
            "category": category,
        }
        rating = None
        if draw("rated") < 0.35:
            rating = int(np.clip(round(4.9 - 0.9 * friction - hours / 350 + 0.7 * spread), 1, 5))
        self._plan_states(ticket, opened, hours, draw("course"), rating)

    def _plan_states(
        self, ticket: Record, opened: int, hours: float, course: float, rating: int | None
    ) -> None:
        """open, perhaps pending, solved; one in twelve is opened again and solved later."""
        solved = opened + int(hours * HOUR_US / 1000) * 1000 + MINUTE_US
        self._state(ticket, opened, "open")
        if course < 0.5:
            self._state(ticket, opened + (solved - opened) // 3000 * 1000, "pending")
        if course < 1 / 12:
            self._state(ticket, solved, "solved", resolved_at=solved)
            again = solved + DAY_US
            self._state(ticket, again, "open")
            solved = again + int(hours * HOUR_US / 1000) * 1000 + MINUTE_US
        self._state(ticket, solved, "solved", resolved_at=solved, satisfaction=rating)

    def _state(self, ticket: Record, at_us: int, status: str, **more: int | None) -> None:
        state = {**ticket, "status": status, CHANGED_AT: at_us, **more}
        heapq.heappush(self.queue, (at_us, str(ticket["ticket_id"]), len(self.queue), state))


@dataclass
class Surveys:
    """The company's own surveys: NPS every quarter, CSAT now and then, a question when somebody cancels."""

    world: World

    def record(self, book: DayBook, day: int) -> None:
        """Answers given on this day."""
        lives = self.world.lives
        age = day - lives.spell_day
        asked = (lives.status == ACTIVE) & (age % NPS_EVERY_DAYS == 30) & (lives.champion != NOBODY)
        for row in np.flatnonzero(asked).tolist():
            if self._answers(row, "nps", day, 0.22 + 0.2 * float(lives.engagement[row])):
                self._write(book, row, "nps", day, self.score(row, "nps", day))
        rows = np.flatnonzero((lives.status == ACTIVE) & (lives.champion != NOBODY))
        chance = 0.006 * lives.engagement[rows]
        for row in rows[
            self.world.streams.happens(chance, "csat asked", day, self.world.customers.key[rows])
        ].tolist():
            self._write(book, row, "csat", day, self.score(row, "csat", day))
        leaving = (
            (lives.status == CANCELLING) & (lives.cancel_us // DAY_US == day) & (lives.champion != NOBODY)
        )
        for row in np.flatnonzero(leaving).tolist():
            if self._answers(row, "exit", day, 0.45):
                self._write(book, row, "exit", day, self.score(row, "exit", day), int(lives.cancel_us[row]))

    def score(self, row: int, survey: str, day: int) -> int:
        """NPS and exit 0-10, CSAT 1-5; follows from how the customer feels."""
        noise = self.world.streams.one_normal(f"{survey} score", day, int(self.world.customers.key[row]))
        mood = self.mood(row, day)
        if survey == "csat":
            return int(np.clip(round(4.9 - 1.1 * mood + 0.7 * noise), 1, 5))
        start = 9.6 if survey == "nps" else 6.0
        return int(np.clip(round(start - 2.1 * mood + 1.3 * noise), 0, 10))

    def mood(self, row: int, day: int) -> float:
        """How much the causes weigh on the customer now."""
        rows = np.array([row])
        levels = levels_of(self.world.customers, self.world.lives, rows, day)
        return float(drag_of(levels, self.world.lives.relief[rows])[0])

    def comment(self, row: int, survey: str, day: int, score: int) -> str | None:
        """A happy word, or the cause that weighs most (on the way out, a quarter say it was the price)."""
        key = int(self.world.customers.key[row])
        if self.world.streams.one(f"{survey} comment", day, key) > 0.6:
            return None
        happy = score >= (5 if survey == "csat" else 9)
        topic = "happy" if happy else self._complaint(row, survey, day, key)
        choices = COMMENTS[topic]
        return choices[int(self.world.streams.one(f"{survey} words", day, key) * len(choices))]

    def _complaint(self, row: int, survey: str, day: int, key: int) -> str:
        if survey == "exit" and self.world.streams.one("blames the price", day, key) < 0.25:
            return CAUSES[PRICE]
        leaving_for = int(self.world.lives.cause[row])
        if leaving_for != NOBODY:
            return ALL_CAUSES[leaving_for]
        levels = levels_of(self.world.customers, self.world.lives, np.array([row]), day)[0]
        return CAUSES[int(np.argmax(levels))]

    def _answers(self, row: int, survey: str, day: int, chance: float) -> bool:
        return self.world.streams.one(f"{survey} answered", day, int(self.world.customers.key[row])) < chance

    def _write(self, book: DayBook, row: int, survey: str, day: int, score: int, after_us: int = 0) -> None:
        world = self.world
        at_us = day * DAY_US + int(
            (8 + 11 * world.streams.one(f"{survey} at", day, int(world.customers.key[row]))) * HOUR_US
        )
        at_us = max(at_us - at_us % 1000, after_us + MINUTE_US)
        book.rows["answers"].append(
            {
                "answer_id": f"ans_{world.customers.ids[row][5:]}_{survey}_{day}",
                "survey": survey,
                "customer_id": world.customers.ids[row],
                "user_id": world.users.ids[world.lives.champion[row]],
                "score": score,
                "answered_at": min(at_us, (day + 1) * DAY_US - 1000),
                "comment": self.comment(row, survey, day, score),
            }
        )

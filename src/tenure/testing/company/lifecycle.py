"""What becomes visible of a life: sign-up, trial, payment, renewal, cancellation, churn, return."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tenure.clock import DAY_US, HOUR_US
from tenure.testing.company.facts import CHANGED_AT, DayBook
from tenure.testing.company.lives import (
    NEVER,
    ONBOARDING,
    account_open,
    drag_of,
    feel,
    hazards_of,
    levels_of,
    living,
)
from tenure.testing.company.population import (
    NOBODY,
    person_mail,
    person_name,
    role_of,
)
from tenure.testing.company.streams import Ints
from tenure.testing.company.vocabulary import (
    ACTIVE,
    ALL_CAUSES,
    CANCELLING,
    CAUSES,
    CHURNED,
    KIND_OF,
    PAUSED,
    PAYMENT_FAILED,
    PROPERTY_STARTS,
    TRIAL,
)
from tenure.testing.company.world import World

BILLING_DAYS = 30
YEAR_DAYS = 365
RETRY_CHANCES = {3: 0.45, 7: 0.40, 14: 0.30}
"""Days after a failed charge on which it is tried again, and the chance that it succeeds."""
INVOLUNTARY = ALL_CAUSES.index(PAYMENT_FAILED)


@dataclass
class Lifecycle:
    """Carries out one step of `span` days beginning on `day` and writes what can be seen into the book."""

    world: World
    book: DayBook
    day: int
    span: int

    def live(self) -> None:
        """The whole step, in order."""
        self._begin()
        self._join()
        leavers = feel(self.world.customers, self.world.lives, self.world.streams, self.day, self.span)
        for row in leavers.tolist():
            self._lose_champion(row)
        self._onboard()
        self._end_trials()
        self._charge()
        self._retry_charges()
        self._renew()
        self._resize()
        self._decide()
        self._pause()
        self._end_paid_time()
        self._return()

    def _at(self, row: int, name: str) -> int:
        """A time within the step, during office hours in UTC."""
        return self._on(self.day + int(self._draw(f"{name} day", row) * self.span), row, name)

    def _on(self, day: int, row: int, name: str) -> int:
        """A time on a day, during office hours in UTC, not before the customer signed up."""
        moment = day * DAY_US + 8 * HOUR_US + int(self._draw(name, row) * 9 * HOUR_US)
        return max(moment - moment % 1000, int(self.world.customers.signup_us[row]))

    def _draw(self, name: str, row: int) -> float:
        """One uniform number for this customer and step."""
        return self.world.streams.one(name, self.day, int(self.world.customers.key[row]))

    def _event(self, row: int, name: str, at_us: int, variant: int = 0, user: int = NOBODY) -> None:
        kind = KIND_OF[name]
        self.book.events.append((row, user, kind, PROPERTY_STARTS[kind] + variant, at_us))

    def _movement(self, row: int, kind: str, cents: int, at_us: int) -> None:
        """A revenue movement; the amount is the size of the change, always positive."""
        lives, customer_id = self.world.lives, self.world.customers.ids[row]
        if cents <= 0:
            return
        lives.movements[row] += 1
        self.book.rows["revenue"].append(
            {
                "movement_id": f"mov_{customer_id[5:]}_{lives.movements[row]}",
                "customer_id": customer_id,
                "occurred_at": at_us,
                "kind": kind,
                "monthly_amount": cents / 100,
            }
        )

    def _begin(self) -> None:
        customers, lives = self.world.customers, self.world.lives
        born = (customers.signup_day >= self.day) & (customers.signup_day < self.day + self.span)
        for row in np.flatnonzero(born).tolist():
            at_us = int(customers.signup_us[row])
            lives.status[row] = TRIAL
            lives.spell_day[row] = customers.signup_day[row]
            lives.seats[row] = customers.seats[row]
            lives.spells[row] = 1
            if customers.trial[row]:
                lives.end_day[row] = customers.signup_day[row] + self.world.plan.trial_days
                self._event(row, "Trial Started", at_us)
            else:
                self._subscribe(row, "new", at_us)
            self.book.change(row, at_us)

    def _join(self) -> None:
        """Users whose day has come, where their company is still there."""
        world, users = self.world, self.world.users
        due = np.flatnonzero((users.join_day >= self.day) & (users.join_day < self.day + self.span))
        for user in due[account_open(world.lives, users.customer[due])].tolist():
            row, at_us = int(users.customer[user]), int(users.join_us[user])
            world.joined[user] = True
            if world.lives.champion[row] == NOBODY:
                world.lives.champion[row] = user
                self.book.change(row, at_us)
            name = person_name(world.streams, int(users.key[user]))
            self.book.rows["users"].append(
                {
                    "user_id": users.ids[user],
                    "customer_id": world.customers.ids[row],
                    "name": name,
                    "email": person_mail(name, users.ids[user]),
                    "role": role_of(int(users.slot[user])),
                    "created_at": at_us,
                    CHANGED_AT: at_us,
                }
            )

    def _subscribe(self, row: int, kind: str, at_us: int) -> None:
        customers, lives = self.world.customers, self.world.lives
        day = at_us // DAY_US
        lives.status[row] = ACTIVE
        lives.end_day[row] = NEVER
        lives.monthly_cents[row] = customers.seat_price_cents[row] * lives.seats[row]
        lives.renewal_day[row] = day + YEAR_DAYS if customers.annual[row] else NEVER
        self._movement(row, kind, int(lives.monthly_cents[row]), at_us)

    def _lose_champion(self, row: int) -> None:
        world = self.world
        leaver = int(world.lives.champion[row])
        if leaver == NOBODY:
            return
        at_us = max(self._at(row, "champion leaves at"), int(world.users.join_us[leaver]) + HOUR_US)
        world.left_day[leaver] = at_us // DAY_US
        world.lives.champion[row] = world.next_contact(row, at_us // DAY_US)
        if world.streams.one("leaver is removed", int(world.users.key[leaver])) < 0.6:
            self._event(row, "Account Removed User", at_us, user=leaver)
        self.book.change(row, at_us)

    def _onboard(self) -> None:
        lives = self.world.lives
        rows = living(lives)
        rows = rows[lives.onboarded_us[rows] == 0]
        level = levels_of(self.world.customers, lives, rows, self.day)[:, ONBOARDING]
        done = level * (1 - lives.relief[rows, ONBOARDING]) < 0.35
        for row in rows[done].tolist():
            lives.onboarded_us[row] = self._at(row, "onboarded at")
            self.book.change(row, int(lives.onboarded_us[row]))

    def _end_trials(self) -> None:
        world, lives = self.world, self.world.lives
        rows = np.flatnonzero((lives.status == TRIAL) & (lives.end_day < self.day + self.span))
        if not rows.size:
            return
        drag = drag_of(levels_of(world.customers, lives, rows, self.day), lives.relief[rows])
        chance = 1 / (1 + np.exp(-(2.2 - 1.4 * drag)))
        converts = world.streams.happens(chance, "trial converts", world.customers.key[rows])
        for row, pays in zip(rows.tolist(), converts.tolist(), strict=True):
            at_us = self._at(row, "trial ends at")
            self._event(row, "Trial Ended", at_us, 0 if pays else 1)
            if pays:
                self._subscribe(row, "new", at_us)
            else:
                lives.status[row], lives.churned_us[row] = CHURNED, at_us
            self.book.change(row, at_us)

    def _monthly_payers(self) -> Ints:
        """Active monthly payers whose billing day falls into this step."""
        customers, lives = self.world.customers, self.world.lives
        age = self.day - lives.spell_day
        due = (age > 0) & ((age + self.span - 1) // BILLING_DAYS > (age - 1) // BILLING_DAYS)
        return np.flatnonzero(due & (lives.status == ACTIVE) & ~customers.annual & (lives.monthly_cents > 0))

    def _charge(self) -> None:
        world, lives = self.world, self.world.lives
        rows = self._monthly_payers()
        fails = world.streams.happens(
            world.plan.payment_failure_chance, "charge fails", self.day, world.customers.key[rows]
        )
        for row in rows[fails & (lives.failing_since[rows] == NEVER)].tolist():
            lives.failing_since[row] = self.day
            self._event(row, "payment_failed", self._on(self.day, row, "charged at"))

    def _retry_charges(self) -> None:
        lives = self.world.lives
        for row in np.flatnonzero(lives.failing_since <= self.day).tolist():
            if lives.status[row] == CHURNED:
                lives.failing_since[row] = NEVER
                continue
            for attempt, (after, chance) in enumerate(RETRY_CHANCES.items(), start=2):
                if self.day <= lives.failing_since[row] + after < self.day + self.span:
                    self._retry(row, attempt, after, chance)
                    break

    def _retry(self, row: int, attempt: int, after: int, chance: float) -> None:
        lives = self.world.lives
        helped = 1 - (1 - chance) * (1 - lives.relief[row, INVOLUNTARY])
        at_us = self._on(int(lives.failing_since[row]) + after, row, f"retry {after}")
        if self._draw(f"retry {after} works", row) < helped:
            lives.failing_since[row] = NEVER
            self._event(row, "payment_recovered", at_us)
            return
        self._event(row, "payment_failed", at_us, attempt - 1)
        if after == max(RETRY_CHANCES):
            lives.failing_since[row] = NEVER
            lives.cause[row] = INVOLUNTARY
            self._leave(row, at_us)

    def _renew(self) -> None:
        lives = self.world.lives
        for row in np.flatnonzero(
            (lives.status == ACTIVE) & (lives.renewal_day < self.day + self.span)
        ).tolist():
            at_us = self._at(row, "renewed at")
            lives.renewal_day[row] += YEAR_DAYS
            if self._draw("price rises", row) < 0.5:
                self._set_monthly(row, int(lives.monthly_cents[row] * 105 // 100), at_us)
            self.book.change(row, at_us)

    def _set_monthly(self, row: int, cents: int, at_us: int) -> None:
        change = cents - int(self.world.lives.monthly_cents[row])
        self.world.lives.monthly_cents[row] = cents
        self._movement(row, "expansion" if change > 0 else "contraction", abs(change), at_us)

    def _resize(self) -> None:
        """Well-served customers buy seats, troubled ones give some back."""
        world, lives = self.world, self.world.lives
        rows = living(lives)
        rows = rows[(lives.status[rows] == ACTIVE) & (lives.monthly_cents[rows] > 0)]
        key, engagement = world.customers.key[rows], np.minimum(1.0, lives.engagement[rows])
        grow = 1 - np.exp(-self.span * 0.0011 * engagement)
        shrink = 1 - np.exp(-self.span * 0.0007 * (1 - engagement))
        draw = world.streams.uniform("resize", self.day, key)
        sizes = 0.1 + 0.25 * world.streams.uniform("resize share", self.day, key)
        for row, size, up in [
            *(
                (r, s, True)
                for r, s in zip(rows[draw < grow].tolist(), sizes[draw < grow].tolist(), strict=True)
            ),
            *(
                (r, s, False)
                for r, s in zip(
                    rows[draw > 1 - shrink].tolist(), sizes[draw > 1 - shrink].tolist(), strict=True
                )
            ),
        ]:
            self._change_seats(row, size, up)

    def _change_seats(self, row: int, share: float, up: bool) -> None:
        lives = self.world.lives
        before = int(lives.seats[row])
        step = max(1, round(before * share))
        after = before + step if up else max(1, before - step)
        if after == before:
            return
        lives.seats[row] = after
        at_us = self._at(row, "resized at")
        self._set_monthly(row, int(lives.monthly_cents[row]) * after // before, at_us)
        self.book.change(row, at_us)

    def _decide(self) -> None:
        """Who decides to leave of their own will, and why: competing risks."""
        world, lives = self.world, self.world.lives
        rows = np.flatnonzero(lives.status == ACTIVE)
        hazards = hazards_of(world.plan, world.customers, lives, rows, self.day) * self.span
        total = hazards.sum(axis=1)
        chance = 1 - np.exp(-total)
        lives.expected[rows] += chance
        key = world.customers.key[rows]
        leaving = world.streams.happens(chance, "decides to leave", self.day, key)
        lives.decisions[rows[leaving]] += 1
        which = world.streams.uniform("why", self.day, key[leaving])
        shares = np.cumsum(hazards[leaving], axis=1) / total[leaving, None]
        causes = np.minimum((shares < which[:, None]).sum(axis=1), len(CAUSES) - 1)
        for row, cause in zip(rows[leaving].tolist(), causes.tolist(), strict=True):
            self._request_cancellation(row, cause)

    def _request_cancellation(self, row: int, cause: int) -> None:
        customers, lives = self.world.customers, self.world.lives
        at_us = self._at(row, "cancels at")
        lives.cause[row], lives.cancel_us[row], lives.status[row] = cause, at_us, CANCELLING
        if customers.annual[row]:
            lives.end_day[row] = max(int(lives.renewal_day[row]), self.day + self.span)
        else:
            periods = (self.day + self.span - int(lives.spell_day[row])) // BILLING_DAYS + 1
            lives.end_day[row] = lives.spell_day[row] + periods * BILLING_DAYS
        self.book.change(row, at_us)

    def _pause(self) -> None:
        """A few monthly customers pause for one or two months instead of leaving."""
        world, lives = self.world, self.world.lives
        rows = np.flatnonzero((lives.status == ACTIVE) & ~world.customers.annual)
        starts = world.streams.happens(self.span / 4000, "pauses", self.day, world.customers.key[rows])
        for row in rows[starts].tolist():
            months = 1 + int(2 * self._draw("pause length", row))
            lives.status[row], lives.end_day[row] = PAUSED, self.day + self.span + months * BILLING_DAYS
            self.book.change(row, self._at(row, "pauses at"))
        for row in np.flatnonzero((lives.status == PAUSED) & (lives.end_day < self.day + self.span)).tolist():
            lives.status[row], lives.end_day[row] = ACTIVE, NEVER
            self.book.change(row, self._at(row, "resumes at"))

    def _end_paid_time(self) -> None:
        lives = self.world.lives
        for row in np.flatnonzero(
            (lives.status == CANCELLING) & (lives.end_day < self.day + self.span)
        ).tolist():
            self._leave(row, max(self._at(row, "ends at"), int(lives.cancel_us[row])))

    def _leave(self, row: int, at_us: int) -> None:
        lives = self.world.lives
        lives.status[row], lives.churned_us[row], lives.end_day[row] = CHURNED, at_us, NEVER
        self._movement(row, "churn", int(lives.monthly_cents[row]), at_us)
        self._event(row, "subscription_ended", at_us, 1 if lives.cause[row] == INVOLUNTARY else 0)
        if self._draw("comes back", row) < 0.06:
            lives.back_on[row] = self.day + 20 + int(70 * self._draw("back after", row))
        self.book.change(row, at_us)

    def _return(self) -> None:
        """A churned customer comes back: same id, new spell."""
        lives = self.world.lives
        for row in np.flatnonzero(
            (lives.status == CHURNED) & (lives.back_on < self.day + self.span)
        ).tolist():
            at_us = max(self._at(row, "back at"), int(lives.churned_us[row]) + HOUR_US)
            lives.back_on[row] = NEVER
            lives.spells[row] += 1
            lives.spell_day[row] = at_us // DAY_US
            lives.cause[row], lives.cancel_us[row], lives.churned_us[row] = NOBODY, 0, 0
            for level in (lives.friction, lives.gap, lives.budget):
                level[row] *= 0.3
            lives.engagement[row] = 0.8
            self._subscribe(row, "reactivation", at_us)
            self.book.change(row, at_us)

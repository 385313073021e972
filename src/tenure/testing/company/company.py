"""The simulated company: lives day by day or many days at once, and answers to being touched."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tenure.clock import DAY_US
from tenure.testing.company.facts import CHANGED_AT, DayBook, Facts, Record, facts_of, joined
from tenure.testing.company.lifecycle import Lifecycle
from tenure.testing.company.lives import NEVER
from tenure.testing.company.plan import CompanyPlan
from tenure.testing.company.population import NOBODY, industry_name, later_customers, person_mail, person_name
from tenure.testing.company.touches import Outreach, Reaction, Touch
from tenure.testing.company.truth import Truth
from tenure.testing.company.usage import Usage
from tenure.testing.company.vocabulary import CHURNED, OWNERS, PLANS, REGIONS, STATUSES, UNBORN
from tenure.testing.company.voices import Support, Surveys
from tenure.testing.company.world import World, new_world

WEEK = 7


class Company:
    """A company whose true causes are known.

    Equal plans and equal touches give equal facts, whether the days are lived one by one (`advance`) or
    in bulk (`history`). The product sees only facts and reactions; `truth` is for judging it.
    """

    def __init__(self, plan: CompanyPlan | None = None, *, silent: bool = False) -> None:
        """Opens the company and lives its past, up to the first day.

        Args:
            plan: the assumptions; the default is 2,000 customers.
            silent: live without writing usage, tickets and answers (for counterfactuals: much faster).
        """
        self.plan = plan or CompanyPlan()
        self.silent = silent
        self.day = self.plan.opening_day
        """The next day to be lived."""
        self.world: World = new_world(self.plan)
        self.outreach = Outreach(self.world)
        self._support = Support(self.world)
        self._surveys = Surveys(self.world)
        self._rows = {customer_id: row for row, customer_id in enumerate(self.world.customers.ids)}
        self.past: Facts = facts_of([self._step(WEEK) for _ in range(self.plan.past_weeks)])
        """What the archive holds from before the first day: coarse in usage, complete in everything else."""

    @property
    def truth(self) -> Truth:
        """The hidden causes and hazards, as they are now."""
        return Truth(self)

    @property
    def now_us(self) -> int:
        """The virtual clock: the beginning of the next day to be lived."""
        return self.day * DAY_US

    def advance(self, day: int) -> Facts:
        """Live one day and return its facts.

        Raises:
            ValueError: when `day` is not the next day.
        """
        if day != self.day:
            raise ValueError(f"The next day is {self.day}, not {day}; days are lived one after the other.")
        return facts_of([self._step(1)])

    def history(self, days: int, touches: Iterable[tuple[str, Touch]] = ()) -> Facts:
        """Live the next `days` days; a company that has just been opened adds its past.

        Args:
            touches: customer id and touch; each is given at the end of its day, as if `respond` had been
                called right after `advance` of that day.

        Raises:
            ValueError: a touch on none of these days.
        """
        past = [self.past] if self.day == self.plan.first_day else []
        by_day: dict[int, list[tuple[str, Touch]]] = {}
        for customer_id, touch in touches:
            by_day.setdefault(touch.at_us // DAY_US, []).append((customer_id, touch))
        outside = [
            touch for day in by_day if not self.day <= day < self.day + days for _, touch in by_day[day]
        ]
        if outside:
            raise ValueError(f"{len(outside)} touches are on none of the {days} days to be lived.")
        books = []
        for day in range(self.day, self.day + days):
            books.append(self._step(1))
            for customer_id, touch in by_day.get(day, ()):
                self.respond(customer_id, touch)
        return joined([*past, facts_of(books)])

    def respond(self, customer_id: str, touch: Touch) -> list[Reaction]:
        """The customer's reactions to a touch; what it changes is felt from the day after the touch.

        Raises:
            KeyError: no such customer.
            ValueError: the touch lies before the last day lived.
        """
        if touch.at_us < (self.day - 1) * DAY_US:
            raise ValueError("This touch lies in the past; touch a customer on the last day lived or later.")
        if customer_id not in self._rows:
            raise KeyError(f"No customer {customer_id}.")
        return self.outreach.respond(self._rows[customer_id], touch)

    def row_of(self, customer_id: str) -> int:
        """Row of a customer in the world's arrays."""
        return self._rows[customer_id]

    def _step(self, span: int) -> DayBook:
        day, book, world = self.day, DayBook(), self.world
        self._welcome(day)
        for row in self.outreach.work(day):
            book.change(row, day * DAY_US)
        Lifecycle(world, book, day, span).live()
        self.day = day + span
        if self.silent:
            return DayBook()
        book.usage = Usage(world, day, span).record(book)
        self._support.record(book, day, span)
        if self.plan.surveys and span == 1:
            self._surveys.record(book, day)
        book.rows["customers"] = [self._customer(row, at_us) for row, at_us in sorted(book.changed.items())]
        return book

    def _welcome(self, day: int) -> None:
        """Sign-ups beyond the planned days."""
        if day < self.plan.first_day + self.plan.planned_days:
            return
        newcomers = later_customers(self.plan, self.world.streams, day)
        first = len(self.world.customers)
        self.world.add(newcomers)
        self._rows.update({customer_id: first + row for row, customer_id in enumerate(newcomers.ids)})

    def _customer(self, row: int, changed_us: int) -> Record:
        """The customer's record as it stands now."""
        customers, lives = self.world.customers, self.world.lives
        region, tier = REGIONS[customers.region[row]], PLANS[customers.plan[row]]
        parent = int(customers.parent[row])
        renewal = int(lives.renewal_day[row])
        return {
            "customer_id": customers.ids[row],
            "created_at": int(customers.signup_us[row]),
            "status": STATUSES[lives.status[row]],
            "name": customers.names[row],
            "plan": tier.name,
            "arr": int(lives.monthly_cents[row]) * 12 / 100,
            "currency": region.currency,
            "industry": industry_name(int(customers.industry[row])),
            "owner": OWNERS[customers.owner[row]],
            "renewal_date": None if renewal == NEVER else renewal,
            "term": "annual" if customers.annual[row] else "monthly",
            "onboarded_at": _or_none(lives.onboarded_us[row]),
            "cancel_requested_at": _or_none(lives.cancel_us[row]),
            "churned_at": _or_none(lives.churned_us[row]),
            "timezone": region.timezone,
            "language": region.language,
            "phone": f"+1-555-01{int(customers.key[row]) % 100:02d}",
            "parent_id": customers.ids[parent] if parent != NOBODY else None,
            "internal": bool(customers.internal[row]),
            "seats": int(lives.seats[row]),
            CHANGED_AT: changed_us,
            **self._contact(row),
        }

    def _contact(self, row: int) -> Record:
        contact = int(self.world.lives.champion[row])
        if contact == NOBODY:
            return {"primary_contact": None, "email": None}
        user_id = self.world.users.ids[contact]
        mail = person_mail(person_name(self.world.streams, int(self.world.users.key[contact])), user_id)
        return {"primary_contact": user_id, "email": mail}

    def alive(self) -> int:
        """Customers who have signed up and not churned."""
        status = self.world.lives.status
        return int(((status != UNBORN) & (status != CHURNED)).sum())


def _or_none(at_us: Any) -> int | None:
    return int(at_us) or None

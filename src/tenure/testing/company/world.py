"""Everything one company is at a moment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tenure.testing.company.lives import NEVER, Lives, unborn
from tenure.testing.company.plan import CompanyPlan
from tenure.testing.company.population import NOBODY, Customers, Users, planned_customers, users_of
from tenure.testing.company.streams import Bools, Ints, Streams


@dataclass
class World:
    """Everything one company is at a moment: who there is and how they are."""

    plan: CompanyPlan
    streams: Streams
    customers: Customers
    users: Users
    lives: Lives
    left_day: Ints
    """Day each user left, NEVER while they stay; row order is that of Users."""
    joined: Bools
    """Users who have joined; those due while their company was away never do."""

    def add(self, customers: Customers) -> None:
        """More customers, with lives not yet begun."""
        users = users_of(customers, self.streams, first_row=len(self.customers))
        self.customers = self.customers.joined(customers)
        self.users = self.users.joined(users)
        self.lives = self.lives.joined(unborn(len(customers)))
        self.left_day = np.concatenate([self.left_day, np.full(len(users), NEVER)])
        self.joined = np.concatenate([self.joined, np.zeros(len(users), dtype=np.bool_)])

    def users_here(self, day: int) -> Bools:
        """Who has joined and not left, by row of Users."""
        return np.asarray(self.joined & (self.left_day > day), dtype=np.bool_)

    def next_contact(self, customer: int, day: int) -> int:
        """The user who speaks for the customer: the lowest slot that is here, else -1."""
        first, last = np.searchsorted(self.users.customer, [customer, customer + 1])
        here = np.flatnonzero(self.joined[first:last] & (self.left_day[first:last] > day))
        return int(first + here[0]) if here.size else NOBODY


def new_world(plan: CompanyPlan) -> World:
    """The company on its opening day: everybody is still to come."""
    streams = Streams(plan.seed)
    customers = planned_customers(plan, streams)
    users = users_of(customers, streams)
    return World(
        plan=plan,
        streams=streams,
        customers=customers,
        users=users,
        lives=unborn(len(customers)),
        left_day=np.full(len(users), NEVER),
        joined=np.zeros(len(users), dtype=np.bool_),
    )

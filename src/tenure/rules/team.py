"""Who is told: owner -> team lead -> admin (R4), deputies in place of the absent, people assigned by a person's word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tenure.model.cards import CustomerCard
from tenure.model.decisions import Rung
from tenure.model.team import Recipient, StandIn
from tenure.model.ventures import Person, Role
from tenure.parameters import ParameterSet

FALLBACK = (Role.lead, Role.admin)
"""After the owner (R4)."""
_MOST_STAND_INS = 10


class Team:
    """The people of a venture as of a time. Made once per pass; every look-up is a dictionary's."""

    def __init__(self, people: Sequence[Person], stand_ins: Sequence[StandIn], now_us: int) -> None:
        here = [one for one in people if one.left_us is None or one.left_us > now_us]
        self._people = {key: one for one in reversed(here) for key in (one.name.casefold(), one.email.casefold())}
        self._by_role = {role: [one for one in here if one.role is role] for role in Role}
        in_force = sorted((one for one in stand_ins if one.holds(now_us)), key=lambda one: one.stand_in_id)
        self._deputy = {one.person.casefold(): one.deputy for one in in_force if one.customer_id is None}
        self._assigned = {one.customer_id: one.deputy for one in in_force if one.customer_id is not None}

    def person(self, name: str) -> Recipient | None:
        """Whoever does what is this person's now: themselves, or their deputy; None when nobody is known."""
        for _ in range(_MOST_STAND_INS):
            known = self._people.get(name.casefold())
            keys = [name.casefold()] if known is None else [known.email.casefold(), known.name.casefold()]
            deputy = next((self._deputy[key] for key in keys if key in self._deputy), None)
            if deputy is None:
                return _recipient(known) if known is not None else _address(name)
            name = deputy
        return None

    def owner(self, customer_id: str | None, owner: str | None) -> Recipient | None:
        """Who looks after a customer: assigned by a person, else its owner; None when there is none."""
        name = self._assigned.get(customer_id, owner) if customer_id is not None else owner
        return None if not name else self.person(name)

    def of_role(self, role: Role) -> tuple[Recipient, ...]:
        """Everybody of a role, deputies in place of the absent."""
        found = [self.person(one.email) for one in self._by_role[role]]
        return tuple(dict.fromkeys(one for one in found if one is not None))

    def first(self, *roles: Role) -> tuple[Recipient, ...]:
        """Of the first of these roles that has anybody."""
        return next((found for role in roles if (found := self.of_role(role))), ())

    def responsible(self, card: CustomerCard | None, owner: str | None = None) -> tuple[Recipient, ...]:
        """R4: the owner, else the team leads, else the admins; empty when the venture has nobody at all."""
        named = self.owner(card.customer_id, card.owner) if card is not None else self.owner(None, owner)
        return (named,) if named is not None else self.first(*FALLBACK)

    def rung(self, rung: Rung, card: CustomerCard | None = None) -> tuple[Recipient, ...]:
        """Who stands on a rung of the ladder; an empty one passes on to those who can still be reached."""
        if rung is Rung.csm:
            return self.responsible(card)
        if rung is Rung.lead:
            return self.first(*FALLBACK)
        return self.first(Role.chairman, *FALLBACK)

    def named(self, assignee: str, card: CustomerCard | None) -> tuple[Recipient, ...]:
        """Of a task's assignee: `owner`, a role, or a person's name or address."""
        if assignee in ("", "owner", Rung.csm.value):
            return self.responsible(card)
        if assignee in set(Role):
            role = Role(assignee)
            return self.first(role, *FALLBACK)
        found = self.person(assignee)
        return (found,) if found is not None else self.responsible(card)


def _recipient(person: Person) -> Recipient:
    return Recipient(role=person.role.value, name=person.name, email=person.email)


def _address(name: str) -> Recipient | None:
    """An owner nobody entered as a person, but whose name is an address."""
    return Recipient(role=Role.csm.value, name=name, email=name) if "@" in name else None


def segment_facts(card: CustomerCard | None) -> Mapping[str, str]:
    """What segments of parameters may look at: channels may be set per segment and time zone (R4)."""
    if card is None:
        return {}
    found = {
        "customer_id": card.customer_id,
        "plan": card.plan,
        "industry": card.industry,
        "owner": card.owner,
        "timezone": card.timezone,
        "language": card.language,
        "journey_stage": card.stage,
        "status": card.customer_status.value,
    }
    return {name: value for name, value in found.items() if value is not None}


def is_high_value(card: CustomerCard | None, parameters: ParameterSet) -> bool:
    """At or above `high_value_arr`; unknown ARR is below it (R5)."""
    return card is not None and card.arr_cents is not None and card.arr_cents >= 100 * parameters.integer("high_value_arr")


def has_no_arr(card: CustomerCard | None) -> bool:
    """Known ARR 0 (R6); unknown is never 0 (R5)."""
    return card is not None and card.arr_cents == 0

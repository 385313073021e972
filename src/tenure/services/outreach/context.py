"""What outreach stands on, and the cases it hands to the gates: everything read in bulk, once per pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tenure.model.cards import CustomerCard
from tenure.model.incidents import LoopState
from tenure.model.touches import Touch
from tenure.parameters import ParameterSet
from tenure.ports.cards import Cards
from tenure.ports.consents import Consents
from tenure.ports.controls import Controls
from tenure.ports.gating import ContactedBy, Gating
from tenure.ports.intents import Intents
from tenure.ports.outbox import Outbox
from tenure.ports.responses import Responses
from tenure.ports.stand_ins import StandIns
from tenure.ports.suppressions import Suppressions
from tenure.ports.touches import Touches
from tenure.ports.ventures import People
from tenure.rules.eligibility.consent import NOTHING_KNOWN, Permissions, addresses_of, permissions_of
from tenure.rules.eligibility.gates import IN_TOUCH_US, Case, Surroundings
from tenure.rules.eligibility.limits import Limits, limits_of, segment_facts


@dataclass(frozen=True)
class OutreachStores:
    """The ports outreach reads and writes."""

    touches: Touches
    gating: Gating
    outbox: Outbox
    responses: Responses
    consents: Consents
    suppressions: Suppressions
    cards: Cards
    controls: Controls
    people: People
    stand_ins: StandIns
    intents: Intents


@dataclass(frozen=True)
class TeamIdentity:
    """Who writes when a customer has no owner (P5), and the address bounces and replies of the team go to."""

    name: str
    email: str


@dataclass(frozen=True)
class OutreachContext:
    """One venture's outreach: its ports, and what is asked for its present parameters."""

    stores: OutreachStores
    venture_id: int
    venture_key: str
    parameters: Callable[[], ParameterSet]

    def surroundings(
        self, parameters: ParameterSet, stale_sources: Sequence[str], now_us: int, next_facts_us: int | None = None
    ) -> Surroundings:
        return Surroundings(
            venture_key=self.venture_key,
            venture_zone=parameters.text("venture_timezone"),
            state=self.stores.controls.state(self.venture_id, now_us),
            stale_sources=tuple(stale_sources),
            next_facts_us=next_facts_us,
        )


class CaseFiles:
    """Everything the gates look at for these touches, read together."""

    def __init__(
        self, context: OutreachContext, touches: Sequence[Touch], now_us: int, *, stale_sources: Sequence[str] = (),
        next_facts_us: int | None = None,
    ) -> None:
        stores, venture_id = context.stores, context.venture_id
        facing = [one for one in touches if one.customer_facing and one.customer_id is not None]
        ids = sorted({one.customer_id for one in facing if one.customer_id is not None})
        named = sorted({one.customer_id for one in touches if one.customer_id is not None})
        self.now_us = now_us
        self.parameters = context.parameters()
        self.around = context.surroundings(self.parameters, stale_sources, now_us, next_facts_us)
        self.cards: Mapping[str, CustomerCard] = stores.cards.get(venture_id, named)
        self.permissions = self._permissions(stores, venture_id, ids)
        self.hands_off = stores.controls.hands_off(venture_id, ids, now_us)
        self.contacted: ContactedBy = stores.gating.contacted(venture_id, ids, now_us=now_us)
        self.in_touch = stores.gating.in_touch(venture_id, ids, now_us - IN_TOUCH_US)
        self.held_out = stores.gating.held_out(venture_id, [one.enrollment_id for one in facing if one.enrollment_id is not None])
        self._limits: dict[ParameterSet, Limits] = {}
        longest_us = limits_of(self.parameters).cooldown_us
        outside = sorted({one.customer_id for one in facing if one.customer_id and one.enrollment_id is None})
        self.campaign_ends = stores.gating.campaign_ends(venture_id, outside, now_us - 5 * longest_us)

    def _permissions(self, stores: OutreachStores, venture_id: int, ids: Sequence[str]) -> Mapping[str, Permissions]:
        addresses = sorted({address for card in self.cards.values() for address in addresses_of(card)})
        return permissions_of(self.cards, stores.consents.of(venture_id, ids), stores.suppressions.of(venture_id, addresses))

    def state(self) -> LoopState:
        return self.around.state

    def limits(self, card: CustomerCard | None) -> Limits:
        """Of the customer's group, worked out once per group."""
        group = self.parameters.for_segment(segment_facts(card))
        if group not in self._limits:
            self._limits[group] = limits_of(group)
        return self._limits[group]

    def case(self, touch: Touch) -> Case:
        """One touch as the gates see it."""
        customer_id = touch.customer_id or ""
        card = self.cards.get(customer_id)
        return Case(
            touch=touch,
            card=card,
            limits=self.limits(card),
            around=self.around,
            now_us=self.now_us,
            permissions=self.permissions.get(customer_id, NOTHING_KNOWN),
            contacted=self.contacted.get(customer_id, {}),
            hands_off=self.hands_off.get(customer_id),
            held_out=touch.enrollment_id in self.held_out,
            in_touch_us=self.in_touch.get(customer_id),
            campaign_ended_us=self.campaign_ends.get(customer_id),
        )

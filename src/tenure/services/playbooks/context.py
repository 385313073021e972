"""What playbooks of one venture stand on, and what a pass reads of its customers, all at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from tenure.model.cards import CustomerCard
from tenure.model.incidents import EVERYTHING, OUTREACH, OUTREACH_BY_SCORE, SCORING, LoopState, playbook_scope
from tenure.model.playbooks import PlaybookDefinition, PlaybookKind, PlaybookVersion
from tenure.model.ventures import Venture
from tenure.parameters import ParameterSet
from tenure.ports.invitations import Invitations
from tenure.ports.store import Stores
from tenure.ports.subjects import Subjects
from tenure.rules.eligibility.consent import Permissions, addresses_of, permissions_of
from tenure.rules.eligibility.holdout import is_in_cohort
from tenure.rules.team import Team
from tenure.services.content import Product, Renderer

OpenChains = Callable[[Sequence[str]], Collection[str]]
"""Which of these customers have an open chain."""


def no_chain_is_open(customer_ids: Sequence[str]) -> Collection[str]:
    return ()


@dataclass(frozen=True)
class PlaybookContext:
    """One venture's playbooks.

    Args:
        subjects: who crossed; None where only steps are done.
        renderer: makes messages; None (a rehearsal of many months): touches carry the name of their template only.
        invitations: makes the file of a meeting that is proposed; None: the meeting is in the words only.
        open_chains: for win_back of dormant customers (A6).
        payments_are_known: the venture has subscription facts, so that a trial that ended unpaid can be told (P3).
    """

    stores: Stores
    venture: Venture
    parameters: Callable[[], ParameterSet]
    product: Product
    subjects: Subjects | None = None
    renderer: Renderer | None = None
    invitations: Invitations | None = None
    open_chains: OpenChains = no_chain_is_open
    payments_are_known: Callable[[], bool] = lambda: True
    _versions: dict[tuple[str, int], PlaybookVersion] = field(default_factory=dict, repr=False)

    @property
    def own(self) -> int:
        """The venture's number."""
        return self.venture.venture_id

    def live(self) -> list[PlaybookVersion]:
        """Live playbooks, whose turn is earlier first."""
        found = self.stores.playbooks.live(self.own)
        return sorted(found, key=lambda one: (one.definition.kind.rank, -one.definition.priority, one.key))

    def version(self, key: str, version: int) -> PlaybookVersion:
        """A version, kept: it never changes."""
        if (key, version) not in self._versions:
            self._versions[key, version] = self.stores.playbooks.get(self.own, key, version)
        return self._versions[key, version]

    def cards(self, customer_ids: Sequence[str], now_us: int) -> Mapping[str, CustomerCard]:
        """Cards from the store; those not there yet from the subjects, and then they are."""
        found = dict(self.stores.cards.get(self.own, customer_ids))
        lacking = [one for one in customer_ids if one not in found]
        if lacking and self.subjects is not None:
            made = self.subjects.cards(lacking, now_us)
            self.stores.cards.put(self.own, made)
            found |= {one.customer_id: one for one in made}
        return found

    def fresh_cards(self, customer_ids: Sequence[str], now_us: int) -> Mapping[str, CustomerCard]:
        """Cards as of now from the subjects, kept for the steps to come."""
        if self.subjects is None:
            return self.cards(customer_ids, now_us)
        made = self.subjects.cards(customer_ids, now_us)
        self.stores.cards.put(self.own, made)
        return {one.customer_id: one for one in made}

    def team(self, now_us: int) -> Team:
        """Who signs."""
        return Team(self.stores.people.all(self.own), self.stores.stand_ins.all(self.own), now_us)

    def permissions(self, cards: Mapping[str, CustomerCard]) -> Mapping[str, Permissions]:
        """Who may be written to."""
        addresses = sorted({address for card in cards.values() for address in addresses_of(card)})
        consents = self.stores.consents.of(self.own, sorted(cards))
        return permissions_of(cards, consents, self.stores.suppressions.of(self.own, addresses))

    def paused(self, definition: PlaybookDefinition, state: LoopState, customer_id: str) -> str | None:
        """Why nobody enters now, unless the customer is in the small cohort that may."""
        scopes = [EVERYTHING, OUTREACH, playbook_scope(definition.key)]
        if definition.kind in (PlaybookKind.at_risk, PlaybookKind.critical):
            scopes += [OUTREACH_BY_SCORE, SCORING]
        for pause in state.pauses:
            percent = pause.cohort_percent
            if pause.scope in scopes and not (
                percent is not None and is_in_cohort(self.venture.key, pause.scope, customer_id, percent)
            ):
                return pause.why or pause.scope
        return None

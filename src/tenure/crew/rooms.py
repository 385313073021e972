"""Everything the crew works with: the services of one venture, and its senses for what lies outside the store."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec

from tenure.model.cards import CustomerCard
from tenure.model.champions import Departure
from tenure.model.readings import VentureReadings
from tenure.model.ventures import Venture
from tenure.parameters import ParameterSet
from tenure.ports.intents import CarriesOut
from tenure.ports.invitations import Invitations
from tenure.ports.store import Stores
from tenure.ports.subjects import Subjects
from tenure.rules.gates import GateFacts
from tenure.rules.loop_health import LoopFacts
from tenure.rules.triggers.obstacles import InputFacts
from tenure.services.alerts.digest import MorningDigest
from tenure.services.alerts.service import AlertService
from tenure.services.contacts.service import ContactLog
from tenure.services.crm import CrmService
from tenure.services.decisions.service import DecisionService
from tenure.services.outreach import FactSign, Outreach
from tenure.services.playbooks import PlaybookService
from tenure.services.safety.service import SafetyService
from tenure.services.safety.watching import SafetyWatch
from tenure.services.surveys import SurveyService
from tenure.services.tasks.service import TaskService
from tenure.services.triggers import TriggerService


class Refreshed(msgspec.Struct, frozen=True, kw_only=True):
    """What the refresh before a cycle did. `failed` says why scoring published nothing; the last good scores stay."""

    scored: int = 0
    changed: int = 0
    failed: str = ""


class ReviewPack(msgspec.Struct, frozen=True, kw_only=True):
    """A review pack as it goes to its attendees: `lines` in short, `page` the HTML, `path` where it was written."""

    title: str
    lines: tuple[str, ...]
    page: str
    path: str


class Senses(Protocol):
    """What the crew sees and does beyond the store; the app implements it over warehouse, metrics and workspace."""

    @property
    def subjects(self) -> Subjects | None:
        """None in a process that does not hold the warehouse: entries and new cards wait for the one that does."""
        ...

    def refresh(self, now_us: int, *, daily_due_us: int | None) -> Refreshed:
        """Take in facts; score everybody (a daily refresh is due and was not done since) or whoever was touched.

        Never raises for a run that was refused.
        """
        ...

    def signs(self, customer_ids: Sequence[str], since_us: int, now_us: int) -> Sequence[FactSign]:
        """Ticket replies, answers, logins and key events of these customers since a time; survey answers of everybody."""
        ...

    def signs_seen(self) -> None:
        """What `signs` told last was written down."""
        ...

    def inputs(self, now_us: int) -> InputFacts: ...

    def next_facts_us(self, now_us: int) -> int | None:
        """Until when customers certainly look as they do now; None: nobody knows."""
        ...

    def readings(self, now_us: int, *, retention: bool = False, nps: bool = False) -> VentureReadings:
        """The components as triggers look at them; with the venture's retention and NPS where they are asked for."""
        ...

    def loop_facts(self, now_us: int) -> LoopFacts: ...

    def gate_facts(self, now_us: int, *, metrics: bool = True) -> GateFacts:
        """What gates rest on; without `metrics` those two that cost a look at the whole history stay not yet known."""
        ...

    def changed_cards(self, since_us: int, now_us: int) -> Iterator[CustomerCard]:
        """Cards of customers whose published health changed since then (for the CRM)."""
        ...

    def nps_candidates(self, now_us: int) -> tuple[Sequence[CustomerCard], frozenset[str]]:
        """Customers who reached the survey milestone since the last look or whose turn has come; and which of them had
        reached it before the venture went live."""
        ...

    def departures(self, since_us: int, now_us: int) -> Sequence[Departure]:
        """Primary contacts and main users who were deactivated, bounced or fell silent since a time (Day one, 10)."""
        ...

    def effect_lines(self, now_us: int) -> Sequence[str]:
        """What the campaigns achieved, in words; it is kept, and winners of A/B tests are proposed. Nothing without the
        warehouse."""
        ...

    def insights(self, now_us: int) -> dict[str, Any]:
        """Write the report page and the customer insights report; says `files` (by format) and `lines` in short, or
        `skipped` and why."""
        ...

    def review(self, name: str, now_us: int, uptime_percent: float | None = None) -> ReviewPack | None:
        """Make a review pack (C6: `weekly_review`, `business_review`) and write it; None: nobody can here."""
        ...


@dataclass(frozen=True)
class Rooms:
    """The services of one venture. `acts` are carried out besides those of the services."""

    venture: Venture
    stores: Stores
    parameters: Callable[[], ParameterSet]
    senses: Senses
    triggers: TriggerService
    playbooks: PlaybookService
    outreach: Outreach
    decisions: DecisionService
    alerts: AlertService
    digest: MorningDigest
    tasks: TaskService
    safety: SafetyService
    safety_watch: SafetyWatch
    surveys: SurveyService
    crm: CrmService
    contacts: ContactLog
    invitations: Invitations
    acts: tuple[CarriesOut, ...] = ()

    @property
    def own(self) -> int:
        """The venture's number."""
        return self.venture.venture_id

    @property
    def handlers(self) -> tuple[CarriesOut, ...]:
        """Who carries out what; of two that know a kind the first does it."""
        own = (self.alerts, self.tasks, self.decisions, self.safety, self.playbooks, self.surveys, self.crm)
        return (*self.acts, *own)

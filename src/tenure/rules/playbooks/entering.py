"""Who may enter a playbook, decided one customer at a time: precedence, cooldown, re-entry, and what has to wait."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from tenure.clock import DAY_US, day_of
from tenure.model.cards import CustomerCard
from tenure.model.cause import CauseKind
from tenure.model.facts import CustomerStatus
from tenure.model.playbooks import RESCUES, Enrollment, PlaybookDefinition, PlaybookKind
from tenure.parameters import ParameterSet
from tenure.rules.card_fields import card_profile
from tenure.rules.conditions import holds
from tenure.rules.playbooks.trouble import trouble_of
from tenure.rules.playbooks.tunables import amount, condition_of

JOURNEYS = (PlaybookKind.onboarding, PlaybookKind.activation, PlaybookKind.engagement, PlaybookKind.renewal)
FOR_THE_NEW = (PlaybookKind.onboarding, PlaybookKind.payment, *RESCUES)
"""Kinds that may take a customer in its first days (M7); all others wait."""


class Outcome(StrEnum):
    """`waits`: looked at again at the next refresh, never judged. `refused`: for good, until the condition holds anew."""

    enters = "enters"
    confirms = "confirms"
    waits = "waits"
    refused = "refused"


class History(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one customer beside its card. `enrollments`: all it ever had, confirming ones included."""

    enrollments: tuple[Enrollment, ...] = ()
    chain_is_open: bool = False
    hands_off: str | None = None
    paused: str | None = None
    payments_are_known: bool = True

    @property
    def running(self) -> Enrollment | None:
        """The one that has the customer now; held-out ones have it too, what runs apart has not."""
        return next((one for one in self.enrollments if has_customer(one) and not one.kind.runs_apart), None)

    def is_in(self, playbook: str) -> bool:
        """Whether it runs in this playbook already."""
        return any(one.playbook == playbook and has_customer(one) for one in self.enrollments)


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """Whether, and why not. `supersedes`: ends as the customer enters."""

    outcome: Outcome
    reason: str = ""
    entry_key: str = ""
    supersedes: Enrollment | None = None


def may_enter(
    card: CustomerCard,
    definition: PlaybookDefinition,
    history: History,
    parameters: ParameterSet,
    now_us: int,
    *,
    by: CauseKind = CauseKind.playbook,
    entry_key: str = "",
    is_confirmed: bool = False,
) -> Verdict:
    """Decide for one customer whose entry condition was crossed, or whom a trigger or a person sends.

    Args:
        card: of the customer, as of now.
        history: its enrollments and obstacles.
        parameters: as they hold for this customer (segments laid over).
        by: `playbook` for a crossing; a trigger has checked its own condition and cooldown, a person knows better than both.
        entry_key: what makes an entry by trigger or person one; twice the same is once.
        is_confirmed: the days of A17 are over.
    """
    key = entry_key or entry_key_of(definition, card, now_us)
    if card.internal:
        return _refused("internal customers are in no playbook", key)
    if history.hands_off is not None:
        return _waits("hands off", key) if by is CauseKind.playbook else _refused("hands off", key)
    if any(one.playbook == definition.key and one.entry_key == key and one.state.value != "confirming" for one in history.enrollments):
        return _refused("this entry was made before", key)
    if by is not CauseKind.person:
        for verdict in _obstacles(card, definition, history, parameters, now_us, by=by, key=key, is_confirmed=is_confirmed):
            if verdict is not None:
                return verdict
    if history.is_in(definition.key):
        return _refused("it is in this playbook already", key)
    return Verdict(outcome=Outcome.enters, entry_key=key, supersedes=None if definition.kind.runs_apart else history.running)


def _obstacles(
    card: CustomerCard,
    definition: PlaybookDefinition,
    history: History,
    parameters: ParameterSet,
    now_us: int,
    *,
    by: CauseKind,
    key: str,
    is_confirmed: bool,
) -> list[Verdict | None]:
    crossed = by is CauseKind.playbook
    checks = [
        _of_its_kind(card, definition, history, key),
        _came_from(card, definition, parameters, key) if crossed and not is_confirmed else None,
        _not_twice(card, definition, history, parameters, now_us, key),
        _to_confirm(definition, key) if crossed and not is_confirmed else None,
        _condition(card, definition, parameters, now_us, key) if crossed else None,
        _precedence(definition, history, key),
        _cooldown(definition, history, parameters, now_us, key),
        _trouble(card, definition, now_us, key),
    ]
    if history.paused is not None and definition.kind not in RESCUES:
        checks.append(_waits(f"paused: {history.paused}", key))
    return checks


def _of_its_kind(card: CustomerCard, definition: PlaybookDefinition, history: History, key: str) -> Verdict | None:
    kind, churned = definition.kind, card.customer_status is CustomerStatus.churned
    if card.is_new and kind not in FOR_THE_NEW and not churned:
        return _waits("new customers belong to onboarding (M7)", key)
    if kind is PlaybookKind.payment:
        return None if not churned or card.left_involuntarily else _refused("the customer has left of its own will", key)
    if kind is not PlaybookKind.win_back:
        return _refused("the customer has left", key) if churned else None
    if churned and card.left_involuntarily:
        return _refused("it left because a payment failed, which is no win-back (Day one, 9)", key)
    if not churned and card.unpaid_invoice:
        return _waits("an invoice is unpaid, which has a path of its own (Day one, 9)", key)
    if churned and not card.was_paying and history.payments_are_known:
        return _refused("the trial ended unpaid: not converted, not churned (P3)", key)
    if not churned and history.chain_is_open:
        return _waits("dormant, and a chain is open (A6)", key)
    return None


def _came_from(card: CustomerCard, definition: PlaybookDefinition, parameters: ParameterSet, key: str) -> Verdict | None:
    """A17: only from the bands named; who never had another score came from nowhere (M7)."""
    if not definition.entry.came_from:
        return None
    before = band_of(card.previous_score, parameters)
    if before in definition.entry.came_from:
        return None
    return _refused(f"came from {before or 'no score'}, not from {' or '.join(definition.entry.came_from)}", key)


def band_of(score: float | None, parameters: ParameterSet) -> str | None:
    """The band of a score under the venture's thresholds (M2)."""
    if score is None:
        return None
    if score >= parameters.number("healthy_threshold"):
        return "healthy"
    return "at_risk" if score >= parameters.number("at_risk_threshold") else "critical"


def _not_twice(
    card: CustomerCard, definition: PlaybookDefinition, history: History, parameters: ParameterSet, now_us: int, key: str
) -> Verdict | None:
    """A16; the renewal, the cancellation and the spell are in the entry's key, which is unique."""
    before = [one for one in history.enrollments if one.playbook == definition.key and was_taken(one)]
    once = definition.entry.once_per
    if once == "spell" and any(one.entered_us >= (card.spell_started_us or 0) for one in before):
        return _refused("it was in this playbook in this spell", key)
    if once:
        return None
    days = parameters.integer("playbook_reentry_days")
    if any(now_us - one.entered_us < days * DAY_US for one in before):
        return _refused(f"it was in this playbook within {days} days", key)
    return None


def _to_confirm(definition: PlaybookDefinition, key: str) -> Verdict | None:
    if definition.entry.confirm_days is None:
        return None
    return Verdict(outcome=Outcome.confirms, entry_key=key)


def _condition(
    card: CustomerCard, definition: PlaybookDefinition, parameters: ParameterSet, now_us: int, key: str
) -> Verdict | None:
    """The crossing was found with the venture's parameters; the customer's segment may have its own."""
    if holds(condition_of(definition.entry.condition, parameters), card_profile(card, now_us)):
        return None
    return _waits("the condition does not hold with the parameters of its segment", key)


def _precedence(definition: PlaybookDefinition, history: History, key: str) -> Verdict | None:
    running = None if definition.kind.runs_apart else history.running
    if running is None or running.playbook == definition.key or goes_before(definition.kind, running.kind):
        return None
    if definition.kind is PlaybookKind.critical and running.kind is PlaybookKind.cancelling:
        return _refused("cancelling has it, which is the same rescue", key)
    return _waits(f"{running.playbook} has it (A6)", key)


def goes_before(kind: PlaybookKind, other: PlaybookKind) -> bool:
    """Whether a playbook of this kind ends a running one of the other.

    Critical and cancelling share the first place; of the two a request to cancel says more, so it takes over, not back.
    """
    return kind.rank < other.rank or (kind is PlaybookKind.cancelling and other is PlaybookKind.critical)


def _cooldown(
    definition: PlaybookDefinition, history: History, parameters: ParameterSet, now_us: int, key: str
) -> Verdict | None:
    """A5: at entry only, from the end of the last campaign; a rescue never waits (RETENTION-001 counts for itself)."""
    if definition.kind in RESCUES or not (definition.kind.is_campaign or definition.cooldown_days is not None):
        return None
    days = definition.cooldown_days
    days = parameters.integer("campaign_cooldown_days") if days is None else days
    ends = [one.ended_us for one in history.enrollments if one.kind.is_campaign and was_taken(one) and one.ended_us is not None]
    if ends and now_us - max(ends) < days * DAY_US:
        return _waits(f"the last campaign ended less than {days} days ago (A5)", key)
    return None


def _trouble(card: CustomerCard, definition: PlaybookDefinition, now_us: int, key: str) -> Verdict | None:
    found = trouble_of(card, now_us) if definition.kind in JOURNEYS else None
    return None if found is None else _waits(f"no journey during trouble: {found}", key)


def entry_key_of(definition: PlaybookDefinition, card: CustomerCard, now_us: int) -> str:
    """What makes an entry one: the spell, the renewal, the cancellation, the failed payment, else the day."""
    marks = {
        "spell": card.spell_started_us,
        "renewal": card.renewal_us,
        "cancellation": card.cancel_requested_us,
        "payment": card.unpaid_since_us,
    }
    once = definition.entry.once_per
    at_us = marks.get(once)
    return f"day:{day_of(now_us)}" if at_us is None else f"{once}:{day_of(at_us)}"


def confirmations_needed(definition: PlaybookDefinition, parameters: ParameterSet) -> int:
    """Daily refreshes on working days before entry; 1 gives the immediate behaviour (A17)."""
    confirm = definition.entry.confirm_days
    return 0 if confirm is None else max(1, round(amount(confirm, parameters)))


def has_customer(one: Enrollment) -> bool:
    """Running or held out: no other playbook has the customer meanwhile."""
    return one.state.value in ("running", "held_out")


def was_taken(one: Enrollment) -> bool:
    """It really entered: what only waited for confirmation left no trace."""
    return not (one.reason or "").startswith(NEVER_ENTERED) and one.state.value != "confirming"


NEVER_ENTERED = "never entered: the condition ended before it was confirmed"


def _refused(reason: str, key: str) -> Verdict:
    return Verdict(outcome=Outcome.refused, reason=reason, entry_key=key)


def _waits(reason: str, key: str) -> Verdict:
    return Verdict(outcome=Outcome.waits, reason=reason, entry_key=key)

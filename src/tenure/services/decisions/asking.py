"""From a wish to a decision: what is not worth a question is refused with its reason, the rest gets its context."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from tenure.clock import HOUR_US
from tenure.model.cards import CustomerCard
from tenure.model.decisions import BlastRadius, Decision, DecisionKind, DecisionState, Rung
from tenure.model.intents import AskDecision, Intent
from tenure.model.tasks import LastContact
from tenure.parameters import ParameterSet
from tenure.rules.decisions import kinds
from tenure.rules.decisions.context import contact_words, customer_context
from tenure.rules.decisions.offers import not_eligible_because, within_budget
from tenure.rules.team import has_no_arr

STANDING_BUDGET = "standing budget"
_ESCALATED = (DecisionKind.critical_escalation,)


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What was looked up for all intents of a pass at once."""

    cards: Mapping[str, CustomerCard]
    tried: Mapping[str, Sequence[Mapping[str, Any]]]
    contacted: Mapping[str, LastContact]
    parameters: ParameterSet
    offered_us: Mapping[str, int] = {}
    """When each customer was last offered something."""
    opted_out: frozenset[str] = frozenset()
    spent_cents: int = 0
    """Offers that went by the standing budget this month."""


class NotAsked(msgspec.Struct, frozen=True):
    """Why there is no decision."""

    why: str


def decision_of(intent: Intent, known: Known, now_us: int) -> Decision | NotAsked:
    """The decision an intent wants, or why it is none."""
    wish = intent.wish
    assert isinstance(wish, AskDecision)
    try:
        kind, rung = DecisionKind(wish.kind), Rung(wish.rung)
    except ValueError:
        return NotAsked(f"there is no kind of decision {wish.kind!r} or rung {wish.rung!r}")
    card = known.cards.get(wish.customer_id) if wish.customer_id is not None else None
    if kind in _ESCALATED and has_no_arr(card):
        return NotAsked("ARR 0: no escalation, it is in the daily list (R6)")
    if kind is DecisionKind.special_offer and wish.customer_id is not None:
        why = not_eligible_because(card, known.offered_us.get(wish.customer_id), wish.customer_id in known.opted_out, now_us)
        if why is not None:
            return NotAsked(f"not eligible for an offer: {why}")
    return _within_budget(_plain(intent, wish, kind, rung, card, known, now_us), known, now_us)


def _plain(
    intent: Intent, wish: AskDecision, kind: DecisionKind, rung: Rung, card: CustomerCard | None, known: Known, now_us: int
) -> Decision:
    options = kinds.options_of(kind, wish.options)
    revenue = wish.revenue_cents or (card.arr_cents if card is not None and card.arr_cents else 0)
    blast = BlastRadius(
        people=wish.people or int(wish.customer_id is not None),
        revenue_cents=revenue,
        cost_cents=wish.cost_cents,
        undoable=wish.undoable,
    )
    return Decision(
        decision_id=0,
        key=intent.key,
        kind=kind,
        title=wish.title,
        state=DecisionState.joined if wish.joins_daily else DecisionState.open,
        rung=rung,
        customer_id=wish.customer_id,
        context={**wish.context, **_context(wish, card, known)},
        blast=blast,
        recommendation=kinds.recommended(kind, wish.recommendation, options),
        options=options,
        cause=intent.cause,
        asked_us=now_us,
        deadline_us=kinds.deadline_us(kind, now_us, known.parameters),
    )


def _context(wish: AskDecision, card: CustomerCard | None, known: Known) -> dict[str, object]:
    if wish.customer_id is None:
        return {}
    found = customer_context(card, known.tried.get(wish.customer_id, ()))
    if wish.kind == DecisionKind.critical_escalation.value:
        contact = known.contacted.get(wish.customer_id)
        found["contact"] = contact_words(None if contact is None else contact.at_us)
    return found


def _within_budget(decision: Decision, known: Known, now_us: int) -> Decision:
    """A23: inside the chairman's standing budget an offer goes without being asked about; beyond it, once a week."""
    if decision.kind is not DecisionKind.special_offer or decision.customer_id is None:
        return decision
    percent = decision.context.get("percent")
    share = float(percent) if isinstance(percent, int | float) else 0.0
    if not within_budget(share, decision.blast.cost_cents, known.spent_cents, known.parameters):
        return msgspec.structs.replace(decision, state=DecisionState.joined)
    return msgspec.structs.replace(
        decision,
        state=DecisionState.answered,
        answer=kinds.APPROVE,
        answered_by=STANDING_BUDGET,
        answered_via="budget",
        answered_us=now_us,
    )


def joint(key: str, members: Sequence[Decision], parameters: ParameterSet, now_us: int) -> Decision:
    """One decision for several of a kind, answerable together or one by one (A12, A23)."""
    first = members[0]
    blast = BlastRadius(
        people=sum(one.blast.people for one in members),
        revenue_cents=sum(one.blast.revenue_cents for one in members),
        cost_cents=sum(one.blast.cost_cents for one in members),
        undoable=all(one.blast.undoable for one in members),
    )
    many = len(members) > 1
    critical = "critical customers unanswered" if many else "critical customer unanswered"
    what = ("offers" if many else "offer") + " beyond the budget" if first.kind is DecisionKind.special_offer else critical
    return Decision(
        decision_id=0,
        key=key,
        kind=first.kind,
        title=f"{len(members)} {what if first.kind in _NAMED else first.kind.value.replace('_', ' ')}{': answer together or one by one' if many else ''}",
        state=DecisionState.open,
        rung=first.rung,
        customer_id=None,
        context={"joint": True},
        blast=blast,
        recommendation=first.recommendation,
        options=first.options,
        cause=first.cause,
        asked_us=now_us,
        deadline_us=kinds.deadline_us(first.kind, now_us, parameters),
    )


_NAMED = (DecisionKind.special_offer, DecisionKind.critical_escalation)
CONTACT_SINCE_US = 96 * HOUR_US
"""How far back a contact counts as trying on this escalation: the longest `chairman_escalation_hours`."""

"""Decisions: asked, joined, reminded, answered once, executed once, shown with their result.

Every method may be killed anywhere and called again: rows have keys, moves are conditional UPDATEs, and notices are wanted
before a move is made (wanting one twice is once).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from zoneinfo import ZoneInfo

import msgspec

from tenure.clock import DAY_US
from tenure.model.cards import CustomerCard
from tenure.model.decisions import Decision, DecisionKind, DecisionState
from tenure.model.intents import AskDecision, Intent
from tenure.model.ventures import Venture
from tenure.parameters import ParameterSet
from tenure.ports.store import Stores
from tenure.ports.touches import Touches, WantedTouch
from tenure.rules.decisions import kinds
from tenure.rules.decisions.effects import effects, when_nobody_answered
from tenure.rules.decisions.joining import due_to_join, is_limited, split_singles
from tenure.rules.decisions.offers import BETWEEN_OFFERS_DAYS
from tenure.rules.team import Team
from tenure.rules.working_time import at_hour_us, local, local_day, zone_of
from tenure.services.decisions import notices
from tenure.services.decisions.asking import (
    CONTACT_SINCE_US,
    STANDING_BUDGET,
    Known,
    NotAsked,
    decision_of,
    joint,
)
from tenure.services.decisions.links import DecisionLinks
from tenure.services.decisions.notices import Setting

OPEN = (DecisionState.open,)
_NO_LONGER_ASKED = ("recovered", "responded")
"""Ends of a chain after which its escalation is no question any more."""
_TRIED_DAYS = 90


class DecisionService:
    """Carries out `ask_decision`; the crew calls the rest in each tick.

    Args:
        stores: of the venture's deployment (or of a rehearsal).
        touches: the ledger notices are wanted in.
        parameters: what holds now.
        links: makes signed links; None: mails name the command instead.
    """

    kinds = ("ask_decision",)

    def __init__(
        self,
        stores: Stores,
        touches: Touches,
        venture: Venture,
        parameters: Callable[[], ParameterSet],
        links: DecisionLinks | None = None,
    ) -> None:
        self._stores, self._touches, self._venture, self._parameters, self._links = stores, touches, venture, parameters, links
        self._decisions, self._own = stores.decisions, venture.venture_id

    # --- asking ------------------------------------------------------------------------------------------------------

    def carry_out(self, intents: Sequence[Intent], now_us: int) -> Mapping[str, str]:
        """Ask; a wish that is no question is done with its reason."""
        known = self._known([one for one in intents if isinstance(one.wish, AskDecision)], now_us)
        notes: dict[str, str] = {}
        wanted: list[Decision] = []
        for intent in intents:
            made = decision_of(intent, known, now_us)
            if isinstance(made, NotAsked):
                notes[intent.key] = made.why
            else:
                wanted.append(made)
                if made.answered_by == STANDING_BUDGET:
                    known = msgspec.structs.replace(known, spent_cents=known.spent_cents + made.blast.cost_cents)
        stored = self._ask(wanted, known, now_us)
        return notes | {one.key: f"decision {one.decision_id}" for one in stored}

    def _ask(self, wanted: Sequence[Decision], known: Known, now_us: int) -> Sequence[Decision]:
        """Write them; those above `single_escalations_per_day` are joined into one of the day (A12)."""
        zone = self._zone(known.parameters)
        singles, joined = split_singles(
            [one for one in wanted if one.state is DecisionState.open],
            self._singles_today([one.key for one in wanted], now_us, zone),
            known.parameters.integer("single_escalations_per_day"),
        )
        overflow = [msgspec.structs.replace(one, state=DecisionState.joined) for one in joined]
        others = [one for one in wanted if one.state is not DecisionState.open]
        stored = list(self._decisions.ask(self._own, [*singles, *overflow, *others]))
        keys = {one.key for one in overflow}
        self._join(f"singles:{local_day(now_us, zone)}", [one for one in stored if one.key in keys], now_us)
        setting = self._setting(now_us, known.parameters)
        self._notify([notice for one in stored if one.state is DecisionState.open
                      for notice in notices.asked(one, (), known.cards.get(one.customer_id or ""), setting, now_us)], now_us)  # fmt: skip
        return stored

    def _singles_today(self, but: Sequence[str], now_us: int, zone: ZoneInfo) -> int:
        since_us, keys = at_hour_us(now_us, zone, 0), set(but)
        asked = self._decisions.asked_since(self._own, DecisionKind.critical_escalation, since_us)
        return sum(is_limited(one) and one.parent_id is None and one.customer_id is not None and one.state is not DecisionState.joined
                   and one.key not in keys for one in asked)  # fmt: skip

    def join_due(self, now_us: int) -> int:
        """At 08:00 of the venture's day those waiting become one decision (A12), offers once a week; returns how many were joined."""
        zone = self._zone(self._parameters())
        groups = due_to_join(self._decisions.unjoined(self._own), now_us, zone)
        for key, members in groups.items():
            self._join(key, members, now_us)
        return sum(len(members) for members in groups.values())

    def _join(self, key: str, waiting: Sequence[Decision], now_us: int) -> None:
        members = [one for one in waiting if one.state is DecisionState.joined and one.parent_id is None]
        if not members:
            return
        parent = joint(key, members, self._parameters(), now_us)
        made = self._decisions.join(self._own, parent, [one.decision_id for one in members])
        for again in range(2, len(members) + 100):
            if made.state is DecisionState.open:
                break
            # the day's joint decision is answered already: these get one of their own
            made = self._decisions.join(self._own, msgspec.structs.replace(parent, key=f"{key}:{again}"), [one.decision_id for one in members])
        joined = self._decisions.members(self._own, [made.decision_id])
        self._ask_jointly(made, joined, now_us)

    def _ask_jointly(self, parent: Decision, members: Sequence[Decision], now_us: int) -> None:
        """One message for all; when more are joined it says so, in its place."""
        asked = notices.asked(parent, members, None, self._setting(now_us), now_us)
        if self._touches.want(self._own, asked, now_us=now_us) < len(asked):
            slack = asked[0]  # a mail cannot be taken back, and twenty of them help nobody
            self._touches.revise(self._own, slack.key, slack.content, now_us=now_us)

    # --- answering ---------------------------------------------------------------------------------------------------

    def answer(
        self,
        decision_id: int,
        answer: str,
        *,
        role: str,
        by: str,
        via: str,
        now_us: int,
        details: Mapping[str, object] | None = None,
        link_sha256: str | None = None,
    ) -> tuple[Decision, bool]:
        """The first answer wins; gives the decision as it is then, and whether this answer was the first.

        Raises `NotFound`, `BadInput` for an answer it does not know, `Refused` for somebody who may not answer.
        """
        decision = self._decisions.get(self._own, decision_id)
        said = dict(details or {})
        if decision.state.is_over:
            return decision, False
        kinds.check_may_answer(decision, role)
        chosen = kinds.read_answer(decision, answer, said)
        who = by if by == role else f"{role}:{by}" if by else role
        won = self._decisions.answer(
            self._own, decision_id, answer=chosen, details=said, by=who, via=via, now_us=now_us, link_sha256=link_sha256
        )
        return self._decisions.get(self._own, decision_id), won

    # --- what a tick does --------------------------------------------------------------------------------------------

    def execute(self, now_us: int) -> int:
        """Carry out what was answered, each exactly once; returns how many."""
        answered = self._decisions.list(self._own, (DecisionState.answered,))
        if not answered:
            return 0
        setting = self._setting(now_us)
        for decision in answered:
            key, said = notices.answered(decision, setting)
            self._touches.revise(self._own, key, said, now_us=now_us)
        done = 0
        for decision in answered:
            intents = () if decision.context.get("joint") else effects(decision, now_us)
            outcome = {"done": [one.kind for one in intents] or "nothing", "answer": decision.answer}
            done += self._decisions.executed(self._own, decision.decision_id, intents, outcome, now_us=now_us)
        self._close_parents(answered, now_us)
        return done

    def _close_parents(self, answered: Sequence[Decision], now_us: int) -> None:
        """A joint decision all of whose members were answered one by one is over."""
        parents = sorted({one.parent_id for one in answered if one.parent_id is not None})
        waiting = {one.parent_id for one in self._decisions.members(self._own, parents) if not one.state.is_over} if parents else set()
        for parent_id in parents:
            if parent_id not in waiting:
                self._decisions.close_parent(self._own, parent_id, now_us=now_us)

    def deadlines(self, now_us: int) -> int:
        """Half-way a reminder, at the deadline the next rung or the delegate, then nothing is done (A22)."""
        waiting = self._decisions.list(self._own, OPEN)
        due = [one for one in waiting if now_us >= one.deadline_us or kinds.wants_reminder(one, now_us)]
        if not due:
            return 0
        setting = self._setting(now_us)
        cards = self._cards(due)
        for decision in due:
            card = cards.get(decision.customer_id or "")
            if now_us < decision.deadline_us:
                self._remind(decision, card, setting, now_us)
            elif not self._climb(decision, card, setting, now_us):
                self._decisions.expire(self._own, decision.decision_id, self._left_undone(decision, now_us), now_us=now_us)
        return len(due)

    def _remind(self, decision: Decision, card: CustomerCard | None, setting: Setting, now_us: int) -> None:
        members = self._decisions.members(self._own, [decision.decision_id])
        self._notify(notices.asked(decision, members, card, setting, now_us, "reminder"), now_us)
        self._decisions.remind(self._own, decision.decision_id, now_us=now_us)

    def _climb(self, decision: Decision, card: CustomerCard | None, setting: Setting, now_us: int) -> bool:
        """To the next rung, at its end to the delegate; False when nobody is left."""
        rung = kinds.next_rung(decision)
        delegated = rung is None and decision.kind not in kinds.STAYS_ON_RUNG
        if decision.delegated_us is not None or kinds.only_tells(decision) or (rung is None and not delegated):
            return False
        above = msgspec.structs.replace(
            decision,
            rung=rung or decision.rung,
            delegated_us=now_us if delegated else None,
            deadline_us=kinds.deadline_us(decision.kind, now_us, setting.parameters),
        )
        told = notices.asked(above, self._decisions.members(self._own, [decision.decision_id]), card, setting, now_us,
                             "delegate" if delegated else above.rung.value)  # fmt: skip
        if len(told) < 2:  # nobody but a channel: no delegate
            return False
        self._notify(told, now_us)
        return self._decisions.climb(
            self._own, decision.decision_id, rung=above.rung, deadline_us=above.deadline_us, delegated=delegated, now_us=now_us
        )

    def _left_undone(self, decision: Decision, now_us: int) -> list[Intent]:
        """What stays with others when nobody answered, of a joint decision for each of its members."""
        members = self._decisions.members(self._own, [decision.decision_id]) if decision.context.get("joint") else [decision]
        return [one for member in members if not member.state.is_over for one in when_nobody_answered(member, now_us)]

    def settle(self, now_us: int) -> int:
        """Show beside what was decided what came of it, once its chain or enrollment has ended."""
        ended = self._decisions.endings(self._own)
        over = [(one, how) for one, how in ended if one.state.is_over]
        self._decisions.settle(
            self._own, {one.decision_id: {**one.outcome, "result": dict(how)} for one, how in over}, now_us=now_us
        )
        moot = [one.decision_id for one, how in ended if not one.state.is_over and how.get("chain") in _NO_LONGER_ASKED]
        if moot:
            self._decisions.withdraw(self._own, moot, why="the customer answered or recovered", now_us=now_us)
        return len(over)

    def tick(self, now_us: int) -> dict[str, int]:
        """Everything of decisions that is due."""
        return {
            "joined": self.join_due(now_us),
            "executed": self.execute(now_us),
            "reminded_or_climbed": self.deadlines(now_us),
            "settled": self.settle(now_us),
        }

    # --- looking up --------------------------------------------------------------------------------------------------

    def _known(self, intents: Sequence[Intent], now_us: int) -> Known:
        wishes = [one.wish for one in intents if isinstance(one.wish, AskDecision)]
        customers = sorted({one.customer_id for one in wishes if one.customer_id is not None})
        offers = any(one.kind == DecisionKind.special_offer.value for one in wishes)
        cards = self._stores.cards.get(self._own, customers)
        offered = self._decisions.asked_since(self._own, DecisionKind.special_offer, now_us - BETWEEN_OFFERS_DAYS * DAY_US) if offers else ()
        mine = {one.key for one in intents}
        given = [one for one in offered if not kinds.is_no(one.answer) and one.key not in mine]
        parameters = self._parameters()
        month = local(now_us, self._zone(parameters)).strftime("%Y-%m")
        spent = [one for one in offered if one.answered_by == STANDING_BUDGET and one.key not in mine
                 and local(one.asked_us, self._zone(parameters)).strftime("%Y-%m") == month]  # fmt: skip
        return Known(
            cards=cards,
            tried=self._stores.contacts.tried(self._own, customers, now_us - _TRIED_DAYS * DAY_US),
            contacted=self._stores.contacts.first_by_person(self._own, customers, now_us - CONTACT_SINCE_US),
            parameters=parameters,
            offered_us={one.customer_id: one.asked_us for one in given if one.customer_id is not None},
            opted_out=frozenset(one for one, card in cards.items() if _opted_out(card)),
            spent_cents=sum(one.blast.cost_cents for one in spent),
        )

    def _cards(self, decisions: Sequence[Decision]) -> Mapping[str, CustomerCard]:
        return self._stores.cards.get(self._own, sorted({one.customer_id for one in decisions if one.customer_id is not None}))

    def _setting(self, now_us: int, parameters: ParameterSet | None = None) -> Setting:
        parameters = parameters or self._parameters()
        team = Team(self._stores.people.all(self._own), self._stores.stand_ins.all(self._own), now_us)
        return Setting(
            team=team, parameters=parameters, currency=self._venture.currency, zone=self._zone(parameters), links=self._links
        )

    def _zone(self, parameters: ParameterSet) -> ZoneInfo:
        return zone_of(parameters.text("venture_timezone"))

    def _notify(self, wanted: Sequence[WantedTouch], now_us: int) -> None:
        if wanted:
            self._touches.want(self._own, wanted, now_us=now_us)


def _opted_out(card: CustomerCard) -> bool:
    """The primary contact said no to marketing."""
    primary = next((one for one in card.contacts if one.user_id == card.primary_contact), None)
    return primary is not None and (primary.consent or {}).get("marketing") is False



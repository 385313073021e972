"""One cycle of the loop, from fresh scores to what left the house. The order is the order of automation.md.

Every step is safe to be killed in and to be done twice; two workers settle their races in the store.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from tenure.clock import DAY_US
from tenure.crew.dispatching import Dispatcher
from tenure.crew.rooms import Rooms
from tenure.model.touches import ResponseKind
from tenure.ports.intents import CarriesOut
from tenure.ports.pending import Work
from tenure.rules.triggers.obstacles import InputFacts, stale_inputs
from tenure.services.outreach.service import DELIVERED_AT_ONCE

CARDS_AT_ONCE = 5_000
SIGNS_OVERLAP_US = 2 * DAY_US
"""Facts come late: signs of the last two days are looked at again, their keys hold them apart."""

CRM_OVERLAP_US = 3 * DAY_US
"""People log late too; what was taken in before is known by its key. Day one 11 looks as far back."""


class CycleReport(msgspec.Struct, frozen=True, kw_only=True):
    """What one cycle did, by step, in counts."""

    counts: dict[str, dict[str, int]]


class Cycle:
    """The rooms of one venture, worked through once per `run`."""

    def __init__(self, rooms: Rooms, worker: str, more: Sequence[CarriesOut] = ()) -> None:
        self._rooms, self._worker = rooms, worker
        self._dispatcher = Dispatcher(rooms.stores.intents, rooms.own, (*more, *rooms.handlers))

    def run(self, now_us: int, *, daily: bool = False, scoring_failed: str = "") -> CycleReport:
        """Do everything that is due.

        Args:
            daily: the scores are those of a daily refresh: entries are confirmed, everything running is reviewed.
            scoring_failed: why the last refresh published nothing: the safety rules see it.
        """
        rooms, counts = self._rooms, dict[str, dict[str, int]]()
        counts["cards"] = {"renewed": self._renew_cards(now_us, daily)}
        counts["responses"] = self._hear(now_us)
        counts["safety"] = dict(rooms.safety_watch.tick(now_us))
        inputs = rooms.senses.inputs(now_us)
        judged = rooms.triggers.evaluate(now_us, inputs)
        counts["triggers"] = {name: value for name, value in msgspec.to_builtins(judged).items() if isinstance(value, int)}
        rooms.triggers.evaluate_added(now_us, inputs, daily=daily)
        rooms.triggers.advance(now_us)
        self._card_the_wanted(now_us)
        counts["intents"] = dict(self._dispatcher.run(now_us))
        counts["playbooks"] = self._playbooks(now_us, daily)
        counts["gates"] = self._gate(now_us)
        counts["decisions"] = dict(rooms.decisions.tick(now_us))
        counts["alerts"] = dict(rooms.alerts.tick(now_us))
        counts["tasks"] = dict(rooms.tasks.tick(now_us))
        self._dispatcher.run(now_us)
        self._gate(now_us)
        counts["delivery"] = self.deliver(now_us)
        return CycleReport(counts=counts)

    def between(self, now_us: int) -> None:
        """What is due between two refreshes: chains, steps, gates, decisions, delivery. Scores and entries stay as they are.

        Nothing new is known of anybody: only the steps for which something is due are taken.
        """
        rooms, carry_out, judge = self._rooms, (Work.intents, self._dispatcher.run), (Work.gates, self._gate)
        rooms.triggers.evaluate(now_us, rooms.senses.inputs(now_us), is_settled=True)
        rooms.decisions.join_due(now_us)
        steps: Sequence[tuple[Work, Callable[[int], object]]] = (
            (Work.chains, rooms.triggers.advance),
            carry_out,
            (Work.steps, rooms.playbooks.advance),
            carry_out,
            judge,
            (Work.decisions, rooms.decisions.tick),
            (Work.tasks, rooms.tasks.tick),
            carry_out,
            judge,
            (Work.outbox, self.deliver),
        )
        due = rooms.stores.pending.due(rooms.own, now_us)
        for work, take in steps:
            if work in due:
                take(now_us)
                due = rooms.stores.pending.due(rooms.own, now_us)

    def deliver(self, now_us: int) -> dict[str, int]:
        """Send what may leave; batch after batch, while something leaves."""
        total: dict[str, int] = {}
        while found := self._rooms.outreach.deliver(now_us, self._worker):
            for state, count in found.items():
                total[state] = total.get(state, 0) + count
            if found.get("sent", 0) < DELIVERED_AT_ONCE:
                break
        return total

    # --- the steps ---------------------------------------------------------------------------------------------------

    def _renew_cards(self, now_us: int, daily: bool) -> int:
        """Whoever the loop deals with is seen as of now; whose alert is only followed for 60 days still (M19) once a day."""
        return self._put_cards(self._rooms.stores.cards.wanted(self._rooms.own, followed=daily), now_us)

    def _put_cards(self, customer_ids: Sequence[str], now_us: int) -> int:
        subjects, cards = self._rooms.senses.subjects, self._rooms.stores.cards
        if subjects is None:
            return 0
        for start in range(0, len(customer_ids), CARDS_AT_ONCE):
            cards.put(self._rooms.own, subjects.cards(customer_ids[start : start + CARDS_AT_ONCE], now_us))
        return len(customer_ids)

    def _card_the_wanted(self, now_us: int) -> None:
        """Alerts and decisions speak of customers nobody looked at before: their cards first."""
        intents = self._rooms.stores.intents
        kinds = ("raise_alert", "ask_decision", "create_task", "send_survey")
        waiting = [one for kind in kinds for one in intents.pending(self._rooms.own, kind, now_us=now_us)]
        ids = sorted({one.customer_id for one in waiting if one.customer_id is not None})
        known = self._rooms.stores.cards.get(self._rooms.own, ids)
        self._put_cards([one for one in ids if one not in known or known[one].as_of_us < now_us], now_us)

    def _hear(self, now_us: int) -> dict[str, int]:
        """What customers did: from facts here, from links, replies and webhooks already in the store."""
        rooms = self._rooms
        found = rooms.contacts.take_in(rooms.crm.contacts_since(now_us - CRM_OVERLAP_US, now_us), now_us)
        ids = rooms.stores.cards.wanted(rooms.own)
        since_us = now_us - SIGNS_OVERLAP_US
        drawn = rooms.outreach.record_signs(now_us, rooms.senses.signs(ids, since_us, now_us))
        rooms.senses.signs_seen()
        # of everybody: who answers a survey is often dealt with in nothing else
        heard = rooms.stores.responses.of_kind(rooms.own, ResponseKind.survey_answered, since_us)
        return {"handled": drawn.handled, "responded": len(drawn.responded), "answers": rooms.surveys.hear(heard, now_us), "found_in_crm": found}

    def _playbooks(self, now_us: int, daily: bool) -> dict[str, int]:
        playbooks, counts = self._rooms.playbooks, dict[str, int]()
        if self._rooms.senses.subjects is not None:
            counts |= _numbers(playbooks.enter(now_us, daily=daily))
        counts |= _numbers(playbooks.advance(now_us, reviews=daily))
        self._card_the_wanted(now_us)
        self._dispatcher.run(now_us)
        return counts

    def _gate(self, now_us: int) -> dict[str, int]:
        inputs = self._rooms.senses.inputs(now_us)
        hours = self._rooms.parameters().integer("stale_input_hours")
        next_facts_us = self._rooms.senses.next_facts_us(now_us)
        return dict(self._rooms.outreach.gate(now_us, stale_sources=_stale(inputs, hours, now_us), next_facts_us=next_facts_us))


def _stale(inputs: InputFacts, hours: int, now_us: int) -> tuple[str, ...]:
    return tuple(stale_inputs(inputs, hours, now_us))


def _numbers(report: msgspec.Struct) -> dict[str, int]:
    """The counts of a report, and the sizes of its lists."""
    plain = msgspec.to_builtins(report)
    sized = {name: len(value) if isinstance(value, list | dict) else value for name, value in plain.items()}
    return {name: value for name, value in sized.items() if isinstance(value, int)}

"""Advance: what is due of running enrollments, read in pages, decided one by one, written in one transaction a page."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence, Set

import msgspec

from tenure.clock import HOUR_US
from tenure.model.cards import CustomerCard
from tenure.model.playbooks import Enrollment, EnrollmentState, PlaybookVersion, StepDone
from tenure.model.touches import Channel, Purpose, Response
from tenure.ports.enrollments import Move
from tenure.rules.playbooks.advancing import EVERY_STEP_DONE, Advance, Situation, next_acts
from tenure.rules.playbooks.tunables import of_customer
from tenure.services.playbooks.context import PlaybookContext
from tenure.services.playbooks.writing import Writer

PAGE = 10_000
_GOING = (EnrollmentState.running, EnrollmentState.held_out)


class AdvanceReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a pass came to: enrollments looked at, touches and intents wanted, steps skipped, and why enrollments ended."""

    looked_at: int = 0
    touches: int = 0
    intents: int = 0
    skipped: int = 0
    ended: dict[str, int] = {}
    without_card: int = 0


class AdvancePass:
    """One look at what is due.

    Args:
        reviews: look at every running enrollment, not only at those with a step due: goals and exits are found on the day
            (after a daily refresh).
    """

    def __init__(self, context: PlaybookContext, now_us: int, *, reviews: bool = False) -> None:
        self._context, self._now_us, self._reviews = context, now_us, reviews
        self._parameters = context.parameters()
        self._team = context.team(now_us)
        self._counted: Counter[str] = Counter()
        self._ended: Counter[str] = Counter()

    def run(self) -> AdvanceReport:
        seen: set[int] = set()
        while page := [one for one in self._page(max(seen, default=0)) if one.enrollment_id not in seen]:
            seen.update(one.enrollment_id for one in page)
            self._advance(page)
        if not self._reviews:
            seen |= self._look_before_leaving(seen)
        return AdvanceReport(looked_at=len(seen), ended=dict(self._ended), **self._counted)

    def _page(self, after_id: int) -> Sequence[Enrollment]:
        rows = self._context.stores.enrollments
        if self._reviews:
            return rows.in_state(self._context.own, _GOING, after_id=after_id, limit=PAGE)
        return rows.due(self._context.own, now_us=self._now_us, limit=PAGE)

    def _look_before_leaving(self, seen: Set[int]) -> set[int]:
        """What had to wait for the morning, or for the budget, is due now: who needs it no more does not get it (A10, A17)."""
        looked: set[int] = set()
        rows, own, last = self._context.stores.enrollments, self._context.own, 0
        while page := rows.about_to_leave(own, now_us=self._now_us, after_id=last, limit=PAGE):
            last = page[-1].enrollment_id
            new = [one for one in page if one.enrollment_id not in seen]
            looked.update(one.enrollment_id for one in new)
            self._advance(new)
        return looked

    def _advance(self, page: Sequence[Enrollment]) -> None:
        about = _Surroundings(self._context, page, self._now_us)
        writer = Writer(self._context, self._team, self._context.permissions(about.cards), self._now_us)
        moves = [move for one in page if (move := self._moved(one, about, writer)) is not None]
        self._context.stores.enrollments.move(self._context.own, moves, now_us=self._now_us)

    def _moved(self, one: Enrollment, about: _Surroundings, writer: Writer) -> Move | None:
        card = about.cards.get(one.customer_id)
        if card is None:  # nothing can be decided without knowing the customer; its card may come with the next refresh
            self._counted["without_card"] += 1
            return Move(before=one, after=msgspec.structs.replace(one, due_us=self._now_us + HOUR_US))
        version = self._context.version(one.playbook, one.version)
        own = of_customer(self._parameters, card)
        situation = Situation(
            card=card,
            parameters=own,
            responses=about.responses.get(one.customer_id, ()),
            log=about.log.get(one.enrollment_id, ()),
            hands_off=about.hands_off.get(one.customer_id),
            nobody=self._nobody(version, card, writer),
        )
        advance = next_acts(one, version.definition, situation, self._now_us)
        if advance.after == one and not advance.log:
            return None
        return self._written(one, version, card, advance, writer)

    def _nobody(self, version: PlaybookVersion, card: CustomerCard, writer: Writer) -> str | None:
        makes_offers = any(step.offer is not None for step in version.definition.steps)
        return writer.nobody(card, Channel.email, Purpose.marketing) if makes_offers else None

    def _written(
        self, one: Enrollment, version: PlaybookVersion, card: CustomerCard, advance: Advance, writer: Writer
    ) -> Move:
        written = writer.write(one, version, card, of_customer(self._parameters, card), advance.deeds)
        log = tuple(msgspec.structs.replace(line, variant=written.variants.get(line.step)) for line in advance.log)
        intents = (*written.intents, *((writer.asks_if_helped(one),) if advance.asks_if_helped else ()))
        ends = advance.after.state.is_over
        self._counted["touches"] += len(written.touches)
        self._counted["intents"] += len(intents)
        self._counted["skipped"] += sum(line.outcome.value == "skipped" for line in log)
        if ends:
            self._ended[advance.after.reason or ""] += 1
        stopped = ends and advance.after.reason != EVERY_STEP_DONE
        return Move(before=one, after=advance.after, log=log, touches=written.touches, intents=intents, withdraws=stopped)


class _Surroundings:
    """Everything around a page of enrollments, read in bulk."""

    def __init__(self, context: PlaybookContext, page: Sequence[Enrollment], now_us: int) -> None:
        ids = sorted({one.customer_id for one in page})
        stores, own = context.stores, context.own
        self.cards: Mapping[str, CustomerCard] = context.cards(ids, now_us)
        self.hands_off = stores.controls.hands_off(own, ids, now_us)
        self.log: dict[int, list[StepDone]] = defaultdict(list)
        for line in stores.enrollments.steps(own, [one.enrollment_id for one in page]):
            self.log[line.enrollment_id].append(line)
        self.responses: dict[str, list[Response]] = defaultdict(list)
        since_us = min((one.entered_us for one in page), default=now_us)
        for found in stores.responses.of_customers(own, ids, since_us):
            if found.occurred_us <= now_us:
                self.responses[found.customer_id].append(found)

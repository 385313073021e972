"""What others order: triggers and decisions start and end playbooks, people start them by name, approved offers go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from tenure.clock import HOUR_US, day_of
from tenure.errors import BadInput, NotFound, Refused
from tenure.model.cards import CustomerCard
from tenure.model.cause import Cause, CauseKind
from tenure.model.intents import CreateTask, EndPlaybooks, Intent, StartPlaybook
from tenure.model.playbooks import (
    Enrollment,
    EnrollmentState,
    PlaybookKind,
    PlaybookVersion,
    StepDone,
    StepOutcome,
)
from tenure.ports.enrollments import Move, NewEnrollment
from tenure.rules.playbooks.clocks import day_start_us
from tenure.rules.playbooks.entering import Outcome, Verdict, has_customer, may_enter
from tenure.rules.playbooks.tunables import of_customer
from tenure.services.playbooks.context import PlaybookContext
from tenure.services.playbooks.entries import histories, new_enrollment, superseded
from tenure.services.playbooks.writing import Writer, letter_of_offer

STARTED_A_DAY = 20
"""Customers one owner may have enrolled in the critical playbook by hand on a day (A1)."""
_ENDS = {"recovered": EnrollmentState.converted, "responded": EnrollmentState.completed}
STANDING_BUDGET = "standing budget"


class Started(msgspec.Struct, frozen=True, kw_only=True):
    """Who entered by a person's word, and why the others did not."""

    entered: tuple[str, ...] = ()
    refused: dict[str, str] = {}


def start_ordered(context: PlaybookContext, intents: Sequence[Intent], now_us: int) -> Mapping[str, str]:
    """Carry out `start_playbook`; what has to wait (a cooldown, a higher playbook) is left out and tried again."""
    notes: dict[str, str] = {}
    live = {one.key: one for one in context.live()}
    offers = [one for one in intents if is_approved_offer(one)]
    entries: list[tuple[Intent, NewEnrollment]] = []
    wishes = [(one, one.wish) for one in intents if isinstance(one.wish, StartPlaybook) and one not in offers]
    ids = sorted({wish.customer_id for _, wish in wishes})
    cards, known = context.cards(ids, now_us), histories(context, ids, now_us)
    taken: set[str] = set()
    for intent, wish in wishes:
        version, card = live.get(wish.playbook), cards.get(wish.customer_id)
        if version is None:
            notes[intent.key] = f"no live playbook {wish.playbook}{_called_instead(context, intent, wish, card, now_us)}"
        elif card is not None and wish.customer_id not in taken:
            verdict = may_enter(
                card, version.definition, known[wish.customer_id], of_customer(context.parameters(), card), now_us,
                by=_by(intent), entry_key=_entry_key(intent, wish, now_us),
            )  # fmt: skip
            if verdict.outcome is Outcome.refused:
                notes[intent.key] = f"refused: {verdict.reason}"
            elif verdict.outcome is Outcome.enters:
                taken.add(wish.customer_id)
                entries.append((intent, _entry(context, version, card, verdict, intent.cause, now_us)))
    context.stores.enrollments.enter(context.own, [one for _, one in entries], now_us=now_us)
    return notes | {intent.key: "entered" for intent, _ in entries} | _send_offers(context, offers, now_us)


def _called_instead(context: PlaybookContext, intent: Intent, wish: StartPlaybook, card: CustomerCard | None, now_us: int) -> str:
    """Nobody published the critical playbook: the owner is asked to call all the same, as the trigger says (A11; not of ARR 0, R6)."""
    if wish.playbook != PlaybookKind.critical or card is None or card.arr_cents == 0:
        return ""
    due_us = now_us + of_customer(context.parameters(), card).integer("critical_response_hours") * HOUR_US
    title = f"Call {card.name or card.customer_id}"
    call = CreateTask(kind="call", title=title, due_us=due_us, customer_id=card.customer_id, assignee="owner", priority="high")
    context.stores.intents.add(context.own, [Intent(key=f"{intent.key}:call", wish=call, cause=intent.cause)], now_us=now_us)
    return ": a call in its place"


def end_ordered(context: PlaybookContext, intents: Sequence[Intent], now_us: int) -> Mapping[str, str]:
    """Carry out `end_playbooks`: running ones end, what waits of them is withdrawn."""
    wishes = [(one.key, one.wish) for one in intents if isinstance(one.wish, EndPlaybooks)]
    running: dict[str, list[Enrollment]] = {}
    for one in context.stores.enrollments.of_customers(context.own, sorted({wish.customer_id for _, wish in wishes})):
        if not one.state.is_over:
            running.setdefault(one.customer_id, []).append(one)
    notes: dict[str, str] = {}
    moves: dict[int, Move] = {}
    for key, wish in wishes:
        mine = [one for one in running.get(wish.customer_id, ()) if wish.playbook in (None, one.playbook)]
        moves |= {one.enrollment_id: Move(before=one, after=_ended(one, wish.reason, now_us), withdraws=True) for one in mine}
        notes[key] = f"{len(mine)} ended"
    context.stores.enrollments.move(context.own, list(moves.values()), now_us=now_us)
    return notes


def start_by_person(
    context: PlaybookContext, playbook: str, customer_ids: Sequence[str], *, by: str, why: str, now_us: int
) -> Started:
    """A person enrolls customers by name, such as those who were critical on the first day (A1).

    Raises:
        NotFound: no such live playbook.
        BadInput: nobody is named, or no reason is given.
        Refused: the owner has had `STARTED_A_DAY` critical ones today.
    """
    if not why.strip() or not customer_ids:
        raise BadInput("Starting a playbook needs customers and a reason.", "Name customers, and say why with --why.")
    version = next((one for one in context.live() if one.key == playbook), None)
    if version is None:
        raise NotFound(f"There is no live playbook {playbook}.", "See `tenure playbooks list`; publish it first.")
    cards = context.cards(customer_ids, now_us)
    if version.definition.kind is PlaybookKind.critical:
        _check_daily(context, cards, now_us)
    known = histories(context, customer_ids, now_us)
    entries: dict[str, NewEnrollment] = {}
    refused = {each: "nothing is known of it" for each in customer_ids if each not in cards}
    cause = Cause(kind=CauseKind.person, person=by, reason=why)
    for each, card in cards.items():
        own = of_customer(context.parameters(), card)
        key = f"person:{day_of(now_us)}"
        verdict = may_enter(card, version.definition, known[each], own, now_us, by=CauseKind.person, entry_key=key)
        if verdict.outcome is Outcome.enters:
            entries[each] = _entry(context, version, card, verdict, cause, now_us)
        else:
            refused[each] = verdict.reason
    entered = context.stores.enrollments.enter(context.own, list(entries.values()), now_us=now_us)
    return Started(entered=tuple(one.customer_id for one in entered), refused=refused)


def lift_holdout(context: PlaybookContext, customer_id: str, *, by: str, why: str, now_us: int) -> Enrollment:
    """The held-out enrollment of this customer goes on as a running one; the effect compares it with nobody from then on (A8).

    Raises:
        BadInput: no reason is given.
        NotFound: the customer is not held out.
    """
    if not why.strip():
        raise BadInput("Lifting a holdout needs a reason.", "Say why with --why.")
    enrollments = context.stores.enrollments
    found = [one for one in enrollments.of_customers(context.own, [customer_id]) if one.state is EnrollmentState.held_out]
    if not found:
        raise NotFound(f"The customer {customer_id} is not held out.", "See `tenure playbooks list`, or start a playbook by name.")
    before = found[0]
    after = msgspec.structs.replace(before, state=EnrollmentState.running, lifted_us=now_us)
    with context.stores.together():
        if not enrollments.move(context.own, [Move(before=before, after=after, withdraws=True)], now_us=now_us):
            raise Refused(f"The customer {customer_id} has just left {before.playbook}.", "Look again with `tenure playbooks list`.")
        # the line names the enrollment, not the customer: what is erased must not live on in the log
        context.stores.audit.write(
            context.own, who=by, subject="holdout", name=str(before.enrollment_id), before=f"held out of {before.playbook}",
            after="lifted", why=why, now_us=now_us,
        )  # fmt: skip
    return after


def _check_daily(context: PlaybookContext, cards: Mapping[str, CustomerCard], now_us: int) -> None:
    today_us = day_start_us(now_us, context.parameters())
    entered = context.stores.enrollments.entered_since(context.own, today_us)
    mine = [one.customer_id for one in entered if one.kind is PlaybookKind.critical and one.cause.kind is CauseKind.person]
    owners = Counter(card.owner for card in context.cards(mine, now_us).values())
    owners.update(card.owner for each, card in cards.items() if each not in mine)
    if max(owners.values(), default=0) > STARTED_A_DAY:
        raise Refused(
            f"One owner would get more than {STARTED_A_DAY} customers to call today.", "Start the highest ARR first, the rest tomorrow."
        )


def _entry(
    context: PlaybookContext, version: PlaybookVersion, card: CustomerCard, verdict: Verdict, cause: Cause, now_us: int
) -> NewEnrollment:
    own = of_customer(context.parameters(), card)
    one = new_enrollment(context, version, card, own, verdict, cause, now_us)
    return NewEnrollment(enrollment=one, ends=superseded(verdict.supersedes, version.key, now_us))


def _by(intent: Intent) -> CauseKind:
    return CauseKind.person if intent.cause.kind is CauseKind.person else CauseKind.trigger


def _entry_key(intent: Intent, wish: StartPlaybook, now_us: int) -> str:
    if wish.entry_key:
        return wish.entry_key
    execution = intent.cause.execution_id
    return f"day:{day_of(now_us)}" if execution is None else f"execution:{execution}"


def _ended(one: Enrollment, reason: str, now_us: int) -> Enrollment:
    state = _ENDS.get(reason, EnrollmentState.withdrawn)
    return msgspec.structs.replace(one, state=state, reason=reason, ended_us=now_us, due_us=None)


def is_approved_offer(intent: Intent) -> bool:
    """A decision's yes to an offer names the enrollment it was asked for: the offer goes, nobody enters anew (A23)."""
    return isinstance(intent.wish, StartPlaybook) and intent.wish.entry_key.startswith("decision:") and intent.cause.enrollment_id is not None


def _send_offers(context: PlaybookContext, intents: Sequence[Intent], now_us: int) -> dict[str, str]:
    """Write the letters of approved offers into the ledger; a customer who is back or taken elsewhere gets none."""
    notes: dict[str, str] = {}
    if not intents:
        return notes
    rows = context.stores.enrollments
    asked = _asked(rows.steps(context.own, [one.cause.enrollment_id or 0 for one in intents]))
    customers = sorted({one.wish.customer_id for one in intents if isinstance(one.wish, StartPlaybook)})
    running = {one.enrollment_id: one for one in rows.of_customers(context.own, customers) if has_customer(one)}
    cards = context.cards(customers, now_us)
    writer = Writer(context, context.team(now_us), context.permissions(cards), now_us)
    moves: list[Move] = []
    for intent in intents:
        one, line = running.get(intent.cause.enrollment_id or 0), asked.get(intent.cause.enrollment_id or 0)
        if one is None or line is None or one.customer_id not in cards:
            notes[intent.key] = "the offer is no longer wanted: its playbook has ended"
            continue
        moves.append(_offer_move(context, writer, one, line, cards[one.customer_id], intent))
        notes[intent.key] = "the offer goes"
    rows.move(context.own, moves, now_us=now_us)
    return notes


def _asked(lines: Sequence[StepDone]) -> dict[int, StepDone]:
    return {line.enrollment_id: line for line in lines if line.outcome is StepOutcome.asked}


def _offer_move(
    context: PlaybookContext, writer: Writer, one: Enrollment, line: StepDone, card: CustomerCard, intent: Intent
) -> Move:
    version = context.version(one.playbook, one.version)
    index = version.definition.step_index(line.step)
    assert index is not None  # a version never changes
    by_person = intent.cause.person not in (None, "", STANDING_BUDGET)
    own = of_customer(context.parameters(), card)
    touch = letter_of_offer(writer, one, version, card, own, version.definition.steps[index], line.repeat, by_person=by_person)
    return Move(before=one, after=one, touches=(touch,))

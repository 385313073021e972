"""Entry: who crossed is decided one by one, written at once, and only then counted as judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from tenure.model.cards import CustomerCard
from tenure.model.cause import Cause, CauseKind
from tenure.model.condition import Condition
from tenure.model.incidents import LoopState, Mode, playbook_scope
from tenure.model.playbooks import Enrollment, EnrollmentState, PlaybookKind, PlaybookVersion
from tenure.parameters import ParameterSet
from tenure.ports.enrollments import Move, NewEnrollment
from tenure.rules.card_fields import card_profile
from tenure.rules.conditions import holds
from tenure.rules.eligibility.holdout import holdout_percent, is_held_out
from tenure.rules.playbooks.advancing import first_due_us
from tenure.rules.playbooks.clocks import is_working_day, next_day_us
from tenure.rules.playbooks.entering import (
    NEVER_ENTERED,
    History,
    Outcome,
    Verdict,
    confirmations_needed,
    has_customer,
    may_enter,
)
from tenure.rules.playbooks.tunables import condition_of, numbers_of, of_customer
from tenure.rules.triggers.budgets import CAUSED_WITHIN_US, DEEPEST_CAUSE, depth_after
from tenure.services.looks import Looks
from tenure.services.playbooks.context import PlaybookContext

PAGE = 20_000
EVALUATED = "playbook evaluated:"
"""Of a campaign: the cursor that says when its entry was last looked at."""


DEPTH_BUDGET = "too many chains in a row lie before it"
ONLY_CONFIGURATION = "only the configuration changed (A3)"


class EntryReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a pass came to, by playbook; `reasons` why nobody entered, counted."""

    entered: dict[str, int] = {}
    held_out: dict[str, int] = {}
    confirming: dict[str, int] = {}
    reasons: dict[str, dict[str, int]] = {}
    watching: bool = False
    """A1: the venture only watches, nobody is taken."""


def watch_of(key: str) -> str:
    """The name under which the entry of a playbook is watched."""
    return f"playbook:{key}"


def watches(context: PlaybookContext, versions: Sequence[PlaybookVersion] | None = None) -> dict[str, Condition]:
    """The entry conditions of these (else all live) playbooks, for `Subjects.crossed` and `Subjects.baseline` (A1, A3)."""
    parameters = context.parameters()
    return {
        watch_of(one.key): condition_of(one.definition.entry.condition, parameters)
        for one in (context.live() if versions is None else versions)
        if not one.definition.entry.by_trigger_only
    }


def campaigns_evaluated(context: PlaybookContext, now_us: int) -> dict[str, int]:
    """By published, unpaused campaign, when its entry was last evaluated; none runs in watch mode (M16, RETENTION-004).

    One that was published, or whose venture went live, since then has its first day from that time: entries are looked at
    with each daily refresh.
    """
    state = context.stores.controls.state(context.own, now_us)
    if state.mode is Mode.watch:
        return {}
    campaigns = [one for one in context.live() if one.definition.kind.is_campaign]
    going = [one for one in campaigns if state.paused(playbook_scope(one.key)) is None]
    began = {one.key: max(one.live_from_us or one.created_us, state.live_since_us or 0) for one in going}
    return {key: max(began_us, int(context.stores.cursors.get(context.own, f"{EVALUATED}{key}") or 0)) for key, began_us in began.items()}


class EntryPass:
    """One look at who may enter.

    Args:
        daily: this is a daily refresh, at which waiting entries are confirmed (A17).
    """

    def __init__(self, context: PlaybookContext, now_us: int, *, daily: bool) -> None:
        self._context, self._now_us, self._daily = context, now_us, daily
        self._parameters = context.parameters()
        self._state: LoopState = context.stores.controls.state(context.own, now_us)
        self._taken: dict[str, Enrollment] = {}
        self._counts: dict[str, Counter[str]] = {name: Counter() for name in ("entered", "held_out", "confirming")}
        self._reasons: dict[str, Counter[str]] = {}
        self._histories: dict[str, History] = {}
        self._cards: Mapping[str, CustomerCard] = {}
        self._depths: dict[str, int] = {}
        """Causes before an entry now, of customers a chain is or was lately about."""

    def run(self) -> EntryReport:
        if self._state.mode is Mode.watch or self._context.subjects is None:
            return EntryReport(watching=True)
        live = self._looked_at()
        looks = self._looks(live)
        crossed = self._context.subjects.crossed(watches(self._context, live), self._now_us)
        waiting = self._confirming() if self._daily else []
        asked = sorted({each for found in crossed.values() for each in found} | {one.customer_id for one in waiting})
        self._look_up(asked)
        for version in live:
            self._confirm(version, [one for one in waiting if one.playbook == version.key])
            ids = crossed.get(watch_of(version.key), ())
            moved = looks.moved(watch_of(version.key), [self._cards[one] for one in ids if one in self._cards])
            self._enter(version, ids, moved)
            self._evaluated(version)
        looks.keep()
        self._give_up([one for one in waiting if one.playbook not in {version.key for version in live}])
        return EntryReport(
            entered=dict(self._counts["entered"]),
            held_out=dict(self._counts["held_out"]),
            confirming=dict(self._counts["confirming"]),
            reasons={key: dict(counted) for key, counted in self._reasons.items()},
        )

    def _looked_at(self) -> list[PlaybookVersion]:
        """Entries are looked at with each daily refresh; who cancels is met at once (P2)."""
        live = self._context.live()
        return live if self._daily else [one for one in live if one.definition.kind is PlaybookKind.cancelling]

    def _evaluated(self, version: PlaybookVersion) -> None:
        """M16: an active campaign is one whose entry was evaluated, with or without anybody in it."""
        is_paused = self._state.paused(playbook_scope(version.key)) is not None
        if version.definition.kind.is_campaign and not is_paused:
            self._context.stores.cursors.set(self._context.own, f"{EVALUATED}{version.key}", str(self._now_us))

    def _confirming(self) -> list[Enrollment]:
        found: list[Enrollment] = []
        while page := self._context.stores.enrollments.in_state(
            self._context.own, [EnrollmentState.confirming], after_id=found[-1].enrollment_id if found else 0, limit=PAGE
        ):
            found += page
        return [one for one in found if one.due_us is None or one.due_us <= self._now_us]

    def _look_up(self, ids: Sequence[str]) -> None:
        self._cards = self._context.fresh_cards(ids, self._now_us)
        self._histories = histories(self._context, ids, self._now_us)
        lately = self._context.stores.executions.lately(self._context.own, ids, self._now_us - CAUSED_WITHIN_US)
        for one in lately:
            self._depths[one.subject] = max(self._depths.get(one.subject, 0), depth_after([one]))

    def _looks(self, live: Sequence[PlaybookVersion]) -> Looks:
        texts = {watch_of(one.key): one.definition.entry.condition for one in live if not one.definition.entry.by_trigger_only}
        return Looks(self._context.stores, self._context.own, "entries", texts, numbers_of(self._parameters), self._now_us)

    def _enter(self, version: PlaybookVersion, ids: Iterable[str], moved: frozenset[str]) -> None:
        """Whom only the configuration brought to the condition is judged and left alone: `moved` (A3)."""
        entries: list[NewEnrollment] = []
        decided: list[str] = []
        for customer_id in ids:
            card = self._cards.get(customer_id)
            if card is None:
                continue
            if customer_id in moved:
                decided.append(customer_id)
                self._reasons.setdefault(version.key, Counter())[ONLY_CONFIGURATION] += 1
                continue
            verdict = self._verdict(version, card)
            if self._depths.get(customer_id, 0) >= DEEPEST_CAUSE:
                verdict = msgspec.structs.replace(verdict, outcome=Outcome.waits, reason=DEPTH_BUDGET)
            if verdict.outcome is Outcome.waits:
                self._note(version, verdict)
                continue
            decided.append(customer_id)
            if verdict.outcome is Outcome.refused:
                self._note(version, verdict)
            else:
                entries.append(self._entry(version, card, verdict))
        self._write(version, entries)
        assert self._context.subjects is not None
        self._context.subjects.judged(watch_of(version.key), decided, self._now_us)

    def _verdict(self, version: PlaybookVersion, card: CustomerCard, *, is_confirmed: bool = False) -> Verdict:
        history = self._histories[card.customer_id]
        taken = self._taken.get(card.customer_id)
        if taken is not None:  # by an earlier playbook of this pass
            others = tuple(one for one in history.enrollments if not has_customer(one) or one.kind.runs_apart)
            history = msgspec.structs.replace(history, enrollments=(*others, taken))
        paused = self._context.paused(version.definition, self._state, card.customer_id)
        history = msgspec.structs.replace(history, paused=paused)
        own = of_customer(self._parameters, card)
        return may_enter(card, version.definition, history, own, self._now_us, is_confirmed=is_confirmed)

    def _entry(self, version: PlaybookVersion, card: CustomerCard, verdict: Verdict) -> NewEnrollment:
        own = of_customer(self._parameters, card)
        depth = self._depths.get(card.customer_id, 0)
        cause = Cause(kind=CauseKind.playbook, playbook=version.key, playbook_version=version.version, reason="entry condition", depth=depth)
        if verdict.outcome is Outcome.confirms:
            one = new_enrollment(self._context, version, card, own, verdict, cause, self._now_us, is_confirming=True)
            return NewEnrollment(enrollment=self._first_confirmation(one))
        one = new_enrollment(self._context, version, card, own, verdict, cause, self._now_us)
        return NewEnrollment(enrollment=one, ends=superseded(verdict.supersedes, version.key, self._now_us))

    def _first_confirmation(self, one: Enrollment) -> Enrollment:
        """The daily refresh that found it counts, on a working day; it is looked at again from the next day on."""
        counts = self._daily and is_working_day(self._now_us, self._parameters)
        again_us = next_day_us(self._now_us, self._parameters) if self._daily else None
        return msgspec.structs.replace(one, confirmations=int(counts), due_us=again_us)

    def _write(self, version: PlaybookVersion, entries: Sequence[NewEnrollment]) -> None:
        written = self._context.stores.enrollments.enter(self._context.own, entries, now_us=self._now_us) if entries else ()
        for one in written:
            self._count(version, one)
        # "1 gives the immediate behaviour" (A17): what needs no further day enters at once
        self._confirm(version, [one for one in written if one.state is EnrollmentState.confirming and one.confirmations], counted=True)

    def _confirm(self, version: PlaybookVersion, waiting: Sequence[Enrollment], *, counted: bool = False) -> None:
        moves = [move for one in waiting if (move := self._confirmed(version, one, counted=counted)) is not None]
        self._context.stores.enrollments.move(self._context.own, moves, now_us=self._now_us) if moves else None
        for move in moves:
            self._count(version, move.after)

    def _confirmed(self, version: PlaybookVersion, one: Enrollment, *, counted: bool) -> Move | None:
        card = self._cards.get(one.customer_id)
        if card is None:
            return None
        own = of_customer(self._parameters, card)
        if not holds(condition_of(version.definition.entry.condition, own), card_profile(card, self._now_us)):
            return Move(before=one, after=_over(one, NEVER_ENTERED, self._now_us))
        works = is_working_day(self._now_us, self._parameters)
        confirmations = one.confirmations if counted else one.confirmations + int(works)
        if confirmations < confirmations_needed(version.definition, own):
            if counted:
                return None
            again_us = next_day_us(self._now_us, self._parameters)
            return Move(before=one, after=msgspec.structs.replace(one, confirmations=confirmations, due_us=again_us))
        verdict = self._verdict(version, card, is_confirmed=True)
        if verdict.outcome is Outcome.enters:
            return self._begins(version, one, card, own, verdict, confirmations)
        self._note(version, verdict)
        if verdict.outcome is Outcome.refused:
            return Move(before=one, after=_over(one, f"{NEVER_ENTERED}; {verdict.reason}", self._now_us))
        return None

    def _begins(
        self, version: PlaybookVersion, one: Enrollment, card: CustomerCard, own: ParameterSet, verdict: Verdict, confirmations: int
    ) -> Move:
        """That is day 0 (A17)."""
        if verdict.supersedes is not None:
            ended = superseded(verdict.supersedes, version.key, self._now_us)
            assert ended is not None
            self._context.stores.enrollments.move(
                self._context.own, [Move(before=verdict.supersedes, after=ended, withdraws=True)], now_us=self._now_us
            )
        fresh = new_enrollment(self._context, version, card, own, verdict, one.cause, self._now_us)
        after = msgspec.structs.replace(
            one, state=fresh.state, entered_us=self._now_us, due_us=fresh.due_us, version=version.version, confirmations=confirmations,
            entry_score=fresh.entry_score, entry_status=fresh.entry_status, entry_arr_cents=fresh.entry_arr_cents,
            held_out=fresh.held_out, holdout_percent=fresh.holdout_percent,
        )  # fmt: skip
        return Move(before=one, after=after)

    def _give_up(self, waiting: Sequence[Enrollment]) -> None:
        """Their playbook was retired meanwhile."""
        moves = [Move(before=one, after=_over(one, f"{NEVER_ENTERED}; the playbook was retired", self._now_us)) for one in waiting]
        if moves:
            self._context.stores.enrollments.move(self._context.own, moves, now_us=self._now_us)

    def _count(self, version: PlaybookVersion, one: Enrollment) -> None:
        if has_customer(one):
            if not one.kind.runs_apart:
                self._taken[one.customer_id] = one
            self._counts["held_out" if one.state is EnrollmentState.held_out else "entered"][version.key] += 1
        elif one.state is EnrollmentState.confirming:
            self._counts["confirming"][version.key] += 1

    def _note(self, version: PlaybookVersion, verdict: Verdict) -> None:
        self._reasons.setdefault(version.key, Counter())[verdict.reason] += 1


def histories(context: PlaybookContext, ids: Sequence[str], now_us: int) -> dict[str, History]:
    """What is known of these customers beside their cards, read together."""
    enrollments: dict[str, list[Enrollment]] = {}
    for one in context.stores.enrollments.of_customers(context.own, ids):
        enrollments.setdefault(one.customer_id, []).append(one)
    hands_off = context.stores.controls.hands_off(context.own, ids, now_us)
    chained = frozenset(context.open_chains(ids))
    pays = context.payments_are_known()
    return {
        each: History(
            enrollments=tuple(enrollments.get(each, ())),
            chain_is_open=each in chained,
            hands_off=hands_off.get(each),
            payments_are_known=pays,
        )
        for each in ids
    }


def new_enrollment(
    context: PlaybookContext,
    version: PlaybookVersion,
    card: CustomerCard,
    parameters: ParameterSet,
    verdict: Verdict,
    cause: Cause,
    now_us: int,
    *,
    is_confirming: bool = False,
) -> Enrollment:
    """An entry as it begins; whether it is held out is drawn here, once (A8)."""
    definition = version.definition
    percent = 0.0 if is_confirming else _holdout_percent(version, card, parameters, cause)
    held_out = is_held_out(context.venture.key, definition.kind, card.customer_id, percent, now_us)
    running = EnrollmentState.held_out if held_out else EnrollmentState.running
    state = EnrollmentState.confirming if is_confirming else running
    return Enrollment(
        enrollment_id=0,
        playbook=version.key,
        version=version.version,
        kind=definition.kind,
        customer_id=card.customer_id,
        entry_key=verdict.entry_key,
        state=state,
        entered_us=now_us,
        cause=cause,
        due_us=None if is_confirming else first_due_us(definition, now_us, card, parameters),
        entry_score=card.score,
        entry_status=None if card.health_status is None else card.health_status.value,
        entry_arr_cents=card.arr_cents,
        held_out=held_out,
        holdout_percent=percent,
        execution_id=cause.execution_id,
    )


def _holdout_percent(version: PlaybookVersion, card: CustomerCard, parameters: ParameterSet, cause: Cause) -> float:
    """The share it is drawn with; 0 for whoever is exempt."""
    definition = version.definition
    if not definition.holdout:
        return 0.0
    return holdout_percent(
        definition.kind,
        parameters.entries("holdout_percent"),
        arr_cents=card.arr_cents,
        high_value_arr=parameters.integer("high_value_arr"),
        by_person=cause.kind is CauseKind.person,
        playbook=version.key,
    )


def superseded(one: Enrollment | None, by: str, now_us: int) -> Enrollment | None:
    """The lower playbook as it ends; never resumed in the middle (A6)."""
    if one is None:
        return None
    return msgspec.structs.replace(
        one, state=EnrollmentState.superseded, reason=f"superseded by {by}", ended_us=now_us, due_us=None
    )


def _over(one: Enrollment, reason: str, now_us: int) -> Enrollment:
    return msgspec.structs.replace(one, state=EnrollmentState.exited, reason=reason, ended_us=now_us, due_us=None)

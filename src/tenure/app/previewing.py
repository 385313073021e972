"""What planned triggers and playbooks would do from today on: the loop over the coming days on the facts of now, nothing sent.

The same walk as a rehearsal, from the present instead of the past: who is in what is copied, the planned files are live in a
store of their own, and nobody does anything new in the days to come.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from tenure.app.deployment import Deployment
from tenure.app.jobdesk import worker_name
from tenure.app.loop import rooms_of
from tenure.app.rehearsed_senses import RehearsedSenses
from tenure.app.rehearsing import NoLinks, NothingSent
from tenure.app.senses import DeploymentSenses
from tenure.clock import DAY_US, HOUR_US, FixedClock
from tenure.crew.cycle import Cycle
from tenure.crew.rooms import Rooms
from tenure.model.cards import CustomerCard
from tenure.model.condition import Condition
from tenure.model.incidents import Mode
from tenure.model.playbooks import Enrollment, EnrollmentState
from tenure.model.touches import Channel, Touch, TouchState
from tenure.model.triggers import TriggerDefinition, TriggerSubject
from tenure.parameters import ChangePlan
from tenure.ports.subjects import Subjects
from tenure.ports.touches import TouchFilter
from tenure.rules.triggers.obstacles import InputFacts
from tenure.services.outreach import FactSign, TeamIdentity, Ways
from tenure.services.playbooks import Checked
from tenure.services.playbooks.entries import watch_of
from tenure.services.triggers.added import WATCH
from tenure.store import Store
from tenure.store.copying import copy_present, copy_rules

if TYPE_CHECKING:
    from tenure.app.handlers import Handlers

AHEAD_DAYS = 7
MOST = 5_000
"""More customers than this are counted, and the first of them rehearsed."""
PASS_US = 6 * HOUR_US
"""What is due is looked at four times a day."""
REMEMBERED_DAYS = 30
SHOWN = 20
BY = "plan"


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """What would be live: playbooks of checked files by key, triggers, parameters."""

    checked: Checked
    playbooks: tuple[str, ...]
    triggers: tuple[TriggerDefinition, ...]
    parameters: ChangePlan | None = None


class Effect(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one playbook or trigger would do: whom it takes today, and what goes to customers within `ahead_days`.

    `crossing`: for how many its condition newly holds. `today`: by what becomes of them. `messages`: by step. `not_sent`: by
    reason. `rehearsed`: how many of those crossing were looked at.
    """

    name: str
    crossing: int
    rehearsed: int
    today: dict[str, int] = {}
    why_not: dict[str, int] = {}
    customers: tuple[str, ...] = ()
    messages: dict[str, int] = {}
    approvals_needed: int = 0
    not_sent: dict[str, int] = {}
    ahead_days: int = AHEAD_DAYS


class PresentSubjects:
    """Implements `Subjects`: who crosses is given, cards stay as they are now."""

    def __init__(self, subjects: Subjects, crossing: Mapping[str, Sequence[str]], now_us: int) -> None:
        self._subjects, self._now_us = subjects, now_us
        self._crossing = {watch: list(ids[:MOST]) for watch, ids in crossing.items()}
        self._judged: dict[str, set[str]] = {}
        self._known: dict[str, CustomerCard | None] = {}

    def crossed(self, watches: Mapping[str, Condition], now_us: int) -> Mapping[str, Sequence[str]]:
        return {
            watch: [one for one in self._crossing.get(watch, ()) if one not in self._judged.get(watch, ())] for watch in watches
        }

    def judged(self, watch: str, customer_ids: Sequence[str], now_us: int) -> None:
        self._judged.setdefault(watch, set()).update(customer_ids)

    def baseline(self, watches: Mapping[str, Condition], now_us: int) -> Mapping[str, int]:
        return dict.fromkeys(watches, 0)

    def cards(self, customer_ids: Sequence[str], now_us: int) -> Sequence[CustomerCard]:
        lacking = [one for one in dict.fromkeys(customer_ids) if one not in self._known]
        self._known |= dict.fromkeys(lacking)
        self._known |= {one.customer_id: one for one in self._subjects.cards(lacking, self._now_us)}
        return [found for one in dict.fromkeys(customer_ids) if (found := self._known[one]) is not None]


class PresentSenses(RehearsedSenses):
    """Nothing new is heard in the days to come."""

    def __init__(self, house: Deployment, handlers: Handlers, subjects: PresentSubjects) -> None:
        DeploymentSenses.__init__(self, house, handlers, subjects)

    @property
    def subjects(self) -> Subjects | None:
        return self._subjects

    def signs(self, customer_ids: Sequence[str], since_us: int, now_us: int) -> Sequence[FactSign]:
        return ()

    def inputs(self, now_us: int) -> InputFacts:
        return InputFacts(last_run_us=now_us)

    def next_facts_us(self, now_us: int) -> int | None:
        return None


def preview(
    deployment: Deployment, handlers: Handlers, subjects: Subjects, planned: Planned, crossing: Mapping[str, Sequence[str]], now_us: int
) -> tuple[Effect, ...]:
    """What each planned playbook and trigger about customers would do.

    Args:
        crossing: by watch, for whom its condition newly holds.
    """
    with _house(deployment, handlers, PresentSubjects(subjects, crossing, now_us), planned, now_us) as (rooms, clock):
        entered = rooms.playbooks.enter(now_us, daily=True)
        fired = rooms.triggers.evaluate_added(now_us, InputFacts(last_run_us=now_us), daily=True)
        cycle = Cycle(rooms, worker_name())
        for at_us in range(now_us, now_us + AHEAD_DAYS * DAY_US, PASS_US):
            clock.advance_us(at_us - clock.now_us())
            if (at_us - now_us) % DAY_US == 0:
                cycle.run(at_us, daily=True)
            else:
                cycle.between(at_us)
        touches = [one for one in rooms.stores.touches.list(rooms.own, TouchFilter(customer_facing=True)) if one.decided_us >= now_us]
        found = []
        for key in planned.playbooks:
            ids = crossing.get(watch_of(key), ())
            taken = [one for one in rooms.stores.enrollments.of_customers(rooms.own, ids[:MOST]) if _is_new(one, key, now_us)]
            mine = [one for one in touches if one.playbook == key and one.enrollment_id in {each.enrollment_id for each in taken}]
            today = {name: counts[key] for name, counts in msgspec.to_builtins(entered).items() if name in _TODAY and key in counts}
            customers = tuple(one.customer_id for one in taken if one.state is not EnrollmentState.held_out)
            found.append(_effect(key, ids, today, entered.reasons.get(key, {}), customers, mine))
        for one in planned.triggers:
            if one.subject is not TriggerSubject.customer:
                continue
            ids = crossing.get(WATCH + one.trigger_id, ())
            judged = fired.get(one.trigger_id)
            fires = () if judged is None else judged.fired
            mine = [touch for touch in touches if touch.cause.trigger == one.trigger_id]
            why_not = {} if judged is None else judged.held
            found.append(_effect(one.trigger_id, ids, {"fired": len(fires)} if fires else {}, why_not, fires, mine))
        return tuple(found)


_TODAY = ("entered", "held_out", "confirming")


def _is_new(one: Enrollment, key: str, now_us: int) -> bool:
    return one.playbook == key and one.entered_us >= now_us


def _effect(
    name: str, ids: Sequence[str], today: dict[str, int], why_not: Mapping[str, int], customers: tuple[str, ...], touches: Sequence[Touch]
) -> Effect:
    left = [one for one in touches if one.state is TouchState.sent]
    kept = [one for one in touches if one.state not in (TouchState.sent, TouchState.drafted)]
    return Effect(
        name=name,
        crossing=len(ids),
        rehearsed=min(len(ids), MOST),
        today=today,
        why_not=dict(why_not),
        customers=customers[:SHOWN],
        messages=dict(Counter(f"{one.playbook or one.channel.value}/{one.step}" for one in left).most_common()),
        approvals_needed=sum(one.state is TouchState.drafted for one in touches),
        not_sent=dict(Counter(one.reason or one.state.value for one in kept).most_common(SHOWN)),
    )


@contextmanager
def _house(
    deployment: Deployment, handlers: Handlers, subjects: PresentSubjects, planned: Planned, now_us: int
) -> Iterator[tuple[Rooms, FixedClock]]:
    """A store of its own in which the planned files are live."""
    with tempfile.TemporaryDirectory(prefix="tenure-plan-") as folder:
        clock, store = FixedClock(now_us), Store.open(Path(folder), is_kept=False)
        try:
            house = Deployment(deployment.workspace, store, clock)
            source, own, theirs = deployment.store, deployment.venture.venture_id, house.venture.venture_id
            copy_rules(source, own, store, theirs, now_us=now_us)
            copy_present(source, own, store, theirs, since_us=now_us - REMEMBERED_DAYS * DAY_US)
            if planned.parameters is not None and planned.parameters.changes:
                house.parameters.apply(planned.parameters)
            store.controls.switch(theirs, Mode.live, by=BY, why=BY, now_us=now_us)
            ways = Ways(dict.fromkeys(Channel, NothingSent()), NoLinks(), TeamIdentity("", ""), rehearsed_as=NothingSent.name)
            rooms = rooms_of(house, PresentSenses(house, handlers, subjects), ways, None)
            rooms.playbooks.publish(planned.checked, planned.playbooks, by=BY, why=BY, now_us=now_us) if planned.playbooks else None
            rooms.triggers.publish(planned.triggers, by=BY, why=BY, now_us=now_us) if planned.triggers else None
            yield rooms, clock
        finally:
            store.close()

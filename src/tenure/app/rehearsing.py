"""Rehearsal: the loop over past days with nothing sent, by exactly the production rules.

The same services run over a store of their own (a throw-away SQLite) with the venture's rules copied in, over the past as the
warehouse knows it, with a clock that walks from due time to due time. What would have happened is then read from that store.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tenure.app.acting import REHEARSAL_SHOWN
from tenure.app.deployment import Deployment
from tenure.app.jobdesk import worker_name
from tenure.app.loop import rooms_of
from tenure.app.playbooks import checked_files
from tenure.app.questions import currencies
from tenure.app.rehearsed_senses import RehearsedSenses
from tenure.app.senses import REHEARSED
from tenure.clock import DAY_US, HOUR_US, FixedClock, iso
from tenure.crew.cycle import Cycle
from tenure.crew.rooms import Rooms
from tenure.errors import BadInput
from tenure.model.incidents import Mode
from tenure.model.playbooks import PlaybookDefinition
from tenure.model.results import MetricResult
from tenure.model.touches import Channel, Touch, TouchState
from tenure.ports.senders import Message, Sent
from tenure.ports.touches import TouchFilter
from tenure.rules.decisions.joining import JOINED_HOUR
from tenure.rules.working_time import at_hour_us, zone_of
from tenure.services.outreach import TeamIdentity, Ways
from tenure.services.playbooks import PlaybookService
from tenure.store import Store
from tenure.store.copying import copy_rules
from tenure.warehouse.loop.past import PastDay, PastSubjects

if TYPE_CHECKING:
    from tenure.app.handlers import Handlers

DEFAULT_DAYS = 30
PASS_US = HOUR_US
BY = "rehearsal"
Progress = Callable[[float, str], None]


class NothingSent:
    """A sender that takes everything and sends nothing."""

    name = "rehearsal"
    channels = frozenset(Channel)

    def send(self, message: Message, now_us: int) -> Sent:
        """Taken at once."""
        return Sent(provider=self.name, message_id=message.key)


class NoLinks:
    """Links that lead nowhere: nobody will follow them."""

    def unsubscribe_url(self, touch: Touch) -> str:
        return "https://rehearsal.invalid/u"

    def click_url(self, touch: Touch, target: str) -> str:
        return target

    def open_pixel_url(self, touch: Touch) -> str | None:
        return None

    def survey_url(self, touch: Touch) -> str:
        return "https://rehearsal.invalid/s"

    def reply_address(self, touch: Touch) -> str | None:
        return None


@dataclass
class Rehearsal:
    """What is asked: the span, one customer or all, one trigger or playbook or all."""

    from_us: int
    to_us: int
    subject: str | None = None
    customer_id: str | None = None
    hours: tuple[int, ...] | None = None
    """UTC hours of passes after the daily refresh; None: whenever something is due, in whole hours."""
    as_it_was: bool = False
    """By the rules that were live at the beginning; else those of today, drafts of the files included."""
    known_batch: int | None = None
    counts: Counter[str] = field(default_factory=Counter)


@contextmanager
def rehearsed(deployment: Deployment, handlers: Handlers, asked: Rehearsal, progress: Progress) -> Iterator[Rooms]:
    """Walk through the past; yields the rooms, whose store then says what would have happened."""
    with tempfile.TemporaryDirectory(prefix="tenure-rehearsal-") as folder:
        clock = FixedClock(asked.from_us)
        store = Store.open(Path(folder), is_kept=False)
        past = _past(deployment, handlers, asked)
        try:
            house = Deployment(deployment.workspace, store, clock)
            _furnish(deployment, house, asked)
            senses = RehearsedSenses(deployment, house, handlers, past)
            ways = Ways(dict.fromkeys(Channel, NothingSent()), NoLinks(), TeamIdentity("", ""), rehearsed_as=NothingSent.name)
            rooms = rooms_of(house, senses, ways, None)
            _walk(rooms, senses, past, clock, asked, progress)
            yield rooms
        finally:
            past.close()
            store.close()


def _past(deployment: Deployment, handlers: Handlers, asked: Rehearsal) -> PastSubjects:
    scoring = handlers.scoring()
    config = scoring.config()
    return PastSubjects(
        handlers.warehouse.engine,
        scoring.config_at if asked.as_it_was else (lambda now_us: config),
        known_batch=asked.known_batch,
        currencies=currencies(deployment.workspace),
        use_history=asked.as_it_was,
    )


def _furnish(deployment: Deployment, house: Deployment, asked: Rehearsal) -> None:
    """The rules of the venture, live since the first day; drafts of the files where they are newer or asked for."""
    copy_rules(deployment.store, deployment.venture.venture_id, house.store, house.venture.venture_id, now_us=asked.from_us)
    own = house.venture.venture_id
    if not asked.as_it_was:
        service = PlaybookService(_bare_context(house))
        checked = checked_files(deployment)
        for one in checked.playbooks:
            if not _is_live(house, one.definition) or one.definition.key == asked.subject:
                service.publish(checked, [one.definition.key], by=BY, why="rehearsal of a draft", now_us=asked.from_us)
    house.store.controls.switch(own, Mode.live, by=BY, why="rehearsal", now_us=asked.from_us)
    house.parameters.hold()


def _bare_context(house: Deployment) -> Any:
    from tenure.app.playbooks import playbook_context

    return playbook_context(house)


def _is_live(house: Deployment, definition: PlaybookDefinition) -> bool:
    return any(one.key == definition.key for one in house.store.playbooks.live(house.venture.venture_id))


def _walk(
    rooms: Rooms, senses: RehearsedSenses, past: PastSubjects, clock: FixedClock, asked: Rehearsal, progress: Progress
) -> None:
    """A daily cycle per day, and passes between where something is due."""
    cycle = Cycle(rooms, worker_name())
    days = max(1, (asked.to_us - asked.from_us) // DAY_US)
    for place, day in enumerate(past.days(asked.from_us, asked.to_us, watches={**rooms.playbooks.watches(), **rooms.triggers.watches()})):
        progress(place / days, f"day {place + 1} of {days}")
        clock.advance_us(day.now_us - clock.now_us())
        senses.stand(day)
        if place == 0:
            rooms.triggers.ensure_shipped(day.now_us)
        _one_day(rooms, cycle, senses, clock, asked, day)


def _one_day(
    rooms: Rooms, cycle: Cycle, senses: RehearsedSenses, clock: FixedClock, asked: Rehearsal, day: PastDay
) -> None:
    store = senses.house.store
    with store.together():
        cycle.run(day.now_us, daily=True)
    for now_us in _passes(rooms, asked, day.now_us):
        clock.advance_us(now_us - clock.now_us())
        with store.together():
            cycle.between(now_us)


def _passes(rooms: Rooms, asked: Rehearsal, day_us: int) -> Iterator[int]:
    """Times after the daily refresh and before the next at which something is due, in whole hours, or the hours asked for."""
    end_us = day_us + DAY_US
    if asked.hours is not None:
        midnight_us = day_us // DAY_US * DAY_US
        yield from (midnight_us + hour * HOUR_US for hour in asked.hours if day_us < midnight_us + hour * HOUR_US < end_us)
        return
    now_us = day_us
    while True:
        due_us = min(_joining_us(rooms, now_us), rooms.stores.pending.next_due_us(rooms.own, now_us) or end_us)
        now_us = max(now_us + PASS_US, -(-due_us // PASS_US) * PASS_US)
        if now_us >= end_us:
            return
        yield now_us


def _joining_us(rooms: Rooms, after_us: int) -> int:
    """When decisions that wait are joined next (A12)."""
    zone = zone_of(rooms.parameters().text("venture_timezone"))
    at_us = at_hour_us(after_us, zone, JOINED_HOUR)
    return at_us if at_us > after_us else at_us + DAY_US


# --- what would have happened ------------------------------------------------------------------------------------------


def rehearse(deployment: Deployment, handlers: Handlers, args: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """The job: walks and tells. Raises BadInput for a subject nobody knows or a span that is none."""
    now_us = int(args["now_us"])
    to_us = int(args.get("to_us") or now_us)
    from_us = int(args.get("from_us") or to_us - DEFAULT_DAYS * DAY_US)
    if from_us >= to_us or to_us > now_us + DAY_US:
        raise BadInput("A rehearsal goes over past days.", "Give --from before --to, and --to not after now.")
    asked = Rehearsal(from_us, to_us, args.get("subject"), args.get("customer_id"))
    _check_subject(deployment, asked.subject)
    with rehearsed(deployment, handlers, asked, progress) as rooms:
        return told(rooms, asked)


def note_shown(deployment: Deployment, args: Mapping[str, Any]) -> None:
    """A rehearsal of everything up to now was shown: the venture may go live today (A1)."""
    now_us = int(args["now_us"])
    whole = args.get("subject") is None and args.get("customer_id") is None
    if whole and int(args.get("to_us") or now_us) >= now_us - HOUR_US:
        shown = MetricResult(metric=REHEARSAL_SHOWN, segment="", as_of_us=now_us, document={}, computed_us=now_us)
        deployment.store.results.put(deployment.venture.venture_id, [shown])
        deployment.store.crew.confirm(deployment.venture.venture_id, REHEARSED, BY, now_us=now_us)


def _check_subject(deployment: Deployment, subject: str | None) -> None:
    from tenure.triggers import shipped_triggers

    if subject is None:
        return
    own = deployment.venture.venture_id
    playbooks = {one.definition.key for one in checked_files(deployment).playbooks} | {one.key for one in deployment.store.playbooks.live(own)}
    triggers = {name.removesuffix(".yaml").upper() for name in shipped_triggers()} | {
        one.trigger_id for one in deployment.store.triggers.live(own)
    }
    if subject not in playbooks | triggers:
        raise BadInput(f"There is no trigger or playbook {subject!r}.", f"There are {', '.join(sorted(playbooks | triggers))}.")


def told(rooms: Rooms, asked: Rehearsal, limit: int = 100) -> dict[str, Any]:
    """What would have happened, in counts and lists."""
    touches = [one for one in rooms.stores.touches.list(rooms.own, TouchFilter(customer_facing=True)) if _is_asked(one, asked)]
    chains = [one for one in rooms.stores.executions.list(rooms.own) if asked.subject in (None, one.trigger_id)]
    entries = rooms.stores.enrollments.counts(rooms.own)
    left = [one for one in touches if one.state is TouchState.sent]
    customers = {one.customer_id for one in left if one.customer_id}
    cards = rooms.stores.cards.get(rooms.own, sorted(customers))
    decisions = Counter(one.kind.value for one in rooms.stores.decisions.list(rooms.own))
    return {
        "from": iso(asked.from_us),
        "to": iso(asked.to_us),
        "subject": asked.subject,
        "chains": len([one for one in chains if asked.customer_id in (None, one.subject)]),
        "entered": {key: dict(counts) for key, counts in entries.items() if asked.subject in (None, key) or asked.subject.startswith("RETENTION")},
        "messages": len(left),
        "customers": len(customers),
        "revenue_touched_cents": sum(card.arr_cents or 0 for card in cards.values()),
        "by_step": dict(Counter(f"{one.playbook or one.channel.value}/{one.step}" for one in left).most_common()),
        "not_sent": dict(Counter(one.reason or one.state.value for one in touches if one.state is not TouchState.sent).most_common(20)),
        "approvals_needed": sum(one.state is TouchState.drafted for one in touches),
        "decisions": dict(decisions),
        "incidents": [one.title for one in rooms.stores.incidents.list(rooms.own, open_only=False)],
        "touches": [_line(one) for one in sorted(touches, key=lambda one: (one.sent_us or one.due_us, one.touch_id))[:limit]],
    }


def _is_asked(touch: Touch, asked: Rehearsal) -> bool:
    if asked.customer_id is not None and touch.customer_id != asked.customer_id:
        return False
    return asked.subject in (None, touch.playbook, touch.cause.trigger)


def _line(touch: Touch) -> dict[str, Any]:
    when_us = touch.sent_us or touch.due_us
    return {
        "customer_id": touch.customer_id,
        "at": iso(when_us),
        "playbook": touch.playbook,
        "step": touch.step,
        "variant": touch.variant,
        "channel": touch.channel.value,
        "state": touch.state.value,
        "reason": touch.reason,
    }



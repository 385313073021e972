"""Builds what outreach tests stand on: cards, touches, cases, and a whole outreach over a store in a folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tenure.clock import DAY_US, HOUR_US
from tenure.model.cards import Contact, CustomerCard
from tenure.model.cause import Cause, CauseKind
from tenure.model.incidents import LoopState, Mode
from tenure.model.playbooks import PlaybookKind
from tenure.model.touches import ActionClass, Channel, Purpose, Touch, TouchState
from tenure.model.ventures import Role
from tenure.parameters import ParameterSet, resolve
from tenure.parameters.values import QuietHours
from tenure.ports.senders import Message, Sent
from tenure.ports.touches import WantedTouch
from tenure.rules.eligibility.gates import Case, Surroundings
from tenure.rules.eligibility.limits import Limits
from tenure.services.outreach import Outreach, OutreachStores, TeamIdentity, Ways
from tenure.store import Store

WEDNESDAY_NOON_US = 20_530 * DAY_US + 12 * HOUR_US  # 2026-03-18
CAUSE = Cause(kind=CauseKind.playbook, playbook="at_risk", playbook_version=1)
SAM = Contact(user_id="u1", name="Sam", email="sam@example.com", phone="+1 202 555 0101", role="owner", active_days_30=9)
KIM = Contact(user_id="u2", name="Kim", email="kim@example.com", role="member", active_days_30=20)


def card(customer_id: str = "c1", **fields: Any) -> CustomerCard:
    usual: dict[str, Any] = {"contacts": (SAM, KIM), "score": 50.0, "coverage": 1.0, "owner": "Robin", "arr_cents": 500_000}
    return CustomerCard(customer_id=customer_id, as_of_us=0, **(usual | fields))


def touch(touch_id: int = 1, **fields: Any) -> Touch:
    usual: dict[str, Any] = {
        "key": f"k{touch_id}", "customer_id": "c1", "user_id": None, "channel": Channel.email, "action_class": ActionClass.message,
        "purpose": Purpose.service, "customer_facing": True, "state": TouchState.deferred, "reason": "", "cause": CAUSE,
        "kind": PlaybookKind.at_risk.value, "playbook": "at_risk", "version": 1, "enrollment_id": 7, "due_us": WEDNESDAY_NOON_US,
    }  # fmt: skip
    return Touch(touch_id=touch_id, **(usual | fields))


def limits(**fields: Any) -> Limits:
    usual: dict[str, Any] = {
        "contact_budget": 2, "quiet_hours": QuietHours(20, 8, weekends=True), "expiry_us": 3 * DAY_US,
        "autonomy": {"message": "auto", "offer": "auto", "survey": "auto"}, "high_value_arr": 10_000, "min_coverage": 0.5,
        "cooldown_us": 7 * DAY_US,
    }  # fmt: skip
    return Limits(**(usual | fields))


def around(**fields: Any) -> Surroundings:
    usual: dict[str, Any] = {"venture_key": "acme", "venture_zone": "UTC", "state": LoopState(mode=Mode.live)}
    return Surroundings(**(usual | fields))


def case(a_touch: Touch | None = None, a_card: CustomerCard | None = None, now_us: int = WEDNESDAY_NOON_US, **fields: Any) -> Case:
    usual: dict[str, Any] = {"limits": limits(), "around": around()}
    return Case(touch=a_touch or touch(), card=a_card or card(), now_us=now_us, **(usual | fields))


def wanted(key: str = "k1", **fields: Any) -> WantedTouch:
    usual: dict[str, Any] = {
        "channel": Channel.email, "action_class": ActionClass.message, "purpose": Purpose.service, "customer_facing": True,
        "cause": CAUSE, "due_us": WEDNESDAY_NOON_US, "content": {"subject": "Hello", "text": "A letter.\n", "html": "<p>A letter.</p>"},
        "customer_id": "c1", "kind": PlaybookKind.at_risk, "playbook": "at_risk", "version": 1, "step": "letter", "enrollment_id": 7,
    }  # fmt: skip
    return WantedTouch(key=key, **(usual | fields))


def notice(key: str = "n1", **fields: Any) -> WantedTouch:
    """An internal message to Slack."""
    usual: dict[str, Any] = {
        "customer_facing": False, "purpose": Purpose.internal, "action_class": ActionClass.internal, "channel": Channel.slack,
        "to": "#success", "kind": None, "playbook": None, "version": None, "enrollment_id": None,
    }  # fmt: skip
    return wanted(key, **(usual | fields))


class PlainLinks:
    """Links anybody can read."""

    def unsubscribe_url(self, touch: Touch) -> str:
        return f"https://t.example.com/u/{touch.touch_id}"

    def click_url(self, touch: Touch, target: str) -> str:
        return f"https://t.example.com/c/{touch.touch_id}?to={target}&x=1"

    def open_pixel_url(self, touch: Touch) -> str | None:
        return f"https://t.example.com/o/{touch.touch_id}.gif"

    def survey_url(self, touch: Touch) -> str:
        return f"https://t.example.com/s/{touch.touch_id}"

    def reply_address(self, touch: Touch) -> str | None:
        return None


@dataclass
class Recorder:
    """A sender that remembers, and does what it is told to do first: a list of errors (or None for success)."""

    name: str = "recorder"
    channels: frozenset[Channel] = frozenset({Channel.email, Channel.slack, Channel.survey})
    answers: list[Exception | None] = field(default_factory=list)
    always: Exception | None = None
    tried: list[str] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)

    def send(self, message: Message, now_us: int) -> Sent:
        self.tried.append(message.key)
        problem = self.answers.pop(0) if self.answers else self.always
        if problem is not None:
            raise problem
        self.messages.append(message)
        return Sent(provider=self.name, message_id=f"m{len(self.messages)}")


def parameters(**values: Any) -> ParameterSet:
    """The defaults, every class of action on auto, and these."""
    plain = {"autonomy": "message=auto,offer=auto,survey=auto"} | values
    return resolve(plain)


@dataclass
class Office:
    """A live venture with its outreach."""

    store: Store
    venture_id: int
    outreach: Outreach
    sender: Recorder
    set: dict[str, Any]

    def put(self, *cards: CustomerCard) -> None:
        self.store.cards.put(self.venture_id, cards)

    def want(self, *touches: WantedTouch, now_us: int = WEDNESDAY_NOON_US) -> int:
        return self.store.touches.want(self.venture_id, touches, now_us=now_us)

    def pass_on(self, now_us: int = WEDNESDAY_NOON_US, worker: str = "w1", **gate: Any) -> None:
        """Gates, then delivery."""
        self.outreach.gate(now_us, **gate)
        self.outreach.deliver(now_us, worker)

    def touch(self, key: str = "k1") -> Touch:
        return self.store.touches.by_keys(self.venture_id, [key])[0]

    def said(self, key: str = "k1") -> list[tuple[str, str]]:
        lines = self.store.touches.history(self.venture_id, [self.touch(key).touch_id])
        return [(line.gate, line.verdict) for line in lines]


def stores_of(store: Store) -> OutreachStores:
    return OutreachStores(
        touches=store.touches, gating=store.gating, outbox=store.outbox, responses=store.responses, consents=store.consents,
        suppressions=store.suppressions, cards=store.cards, controls=store.controls, people=store.people, stand_ins=store.stand_ins, intents=store.intents,
    )  # fmt: skip


def office(store: Store, key: str = "acme", *, live: bool = True, sender: Recorder | None = None, **values: Any) -> Office:
    """A venture with an owner, a lead and one customer; `values` are parameters."""
    venture = store.ventures.ensure(key, name="Acme", currency="USD", timezone="UTC", now_us=1)
    own = venture.venture_id
    store.people.add(own, name="Robin", email="robin@acme.example", role=Role.csm, now_us=1)
    store.people.add(own, name="Lee", email="lee@acme.example", role=Role.lead, now_us=1)
    if live:
        store.controls.switch(own, Mode.live, by="kim", why="seen", now_us=1)
    sender = sender or Recorder()
    current = dict(values)
    ways = Ways(dict.fromkeys(sender.channels, sender), PlainLinks(), TeamIdentity("Acme team", "team@acme.example"))
    asked: Callable[[], ParameterSet] = lambda: parameters(**current)  # noqa: E731
    made = Office(store, own, Outreach(stores_of(store), own, key, asked, ways), sender, current)
    made.put(card())
    return made


def states(an_office: Office, keys: Sequence[str]) -> list[str]:
    return [an_office.touch(key).state.value for key in keys]

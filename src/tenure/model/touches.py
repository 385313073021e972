"""Touches: one thing done toward a customer (or told to the team), from being decided to what came of it."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from tenure.model.cause import Cause


class Channel(StrEnum):
    """How a touch reaches somebody; the keys of `channel_cost`, and `webhook`."""

    email = "email"
    slack = "slack"
    sms = "sms"
    in_app = "in_app"
    crm_task = "crm_task"
    call = "call"
    survey = "survey"
    webhook = "webhook"


class ActionClass(StrEnum):
    """What autonomy governs (A9); `internal` always goes."""

    message = "message"
    offer = "offer"
    survey = "survey"
    internal = "internal"


class Purpose(StrEnum):
    """Service goes unless suppressed, marketing only with consent (A19); `transactional` and `internal` are not budgeted."""

    service = "service"
    marketing = "marketing"
    transactional = "transactional"
    internal = "internal"


class TouchState(StrEnum):
    """decided -> (advised | drafted | deferred | queued | refused) -> sending -> sent | failed | unknown.

    `advised`: autonomy manual. `drafted`: waits for approval. `deferred`: a gate says later. `queued`: in the outbox.
    `sending`: written before the provider is called; a customer-facing row found in it after a crash becomes `unknown`
    and is never repeated. `skipped`: expired or no longer wanted. `withdrawn`: pulled back by a pause or a person.
    """

    advised = "advised"
    drafted = "drafted"
    deferred = "deferred"
    queued = "queued"
    sending = "sending"
    sent = "sent"
    failed = "failed"
    unknown = "unknown"
    refused = "refused"
    skipped = "skipped"
    withdrawn = "withdrawn"

    @property
    def is_over(self) -> bool:
        return self in _OVER

    @property
    def left(self) -> bool:
        """It reached, or may have reached, the outside: counts against the contact budget."""
        return self in (TouchState.sending, TouchState.sent, TouchState.unknown)


_OVER = frozenset(
    {TouchState.sent, TouchState.failed, TouchState.unknown, TouchState.refused, TouchState.skipped, TouchState.withdrawn}
)


class Gate(StrEnum):
    """What may stop a touch, in the order it is asked. `consent` to `autonomy` are the gates in the stated order
    (automation.md, section 2); before them come the switches of the venture and the customer's situation."""

    expiry = "expiry"
    mode = "mode"
    pause = "pause"
    hands_off = "hands_off"
    trouble = "trouble"
    in_touch = "in_touch"
    consent = "consent"
    holdout = "holdout"
    budget = "budget"
    cooldown = "cooldown"
    quiet_hours = "quiet_hours"
    freshness = "freshness"
    autonomy = "autonomy"
    # not gates of the order: the daily cap of a new domain, what a person said of a draft, what a provider said
    warm_up = "warm_up"
    person = "person"
    provider = "provider"


EXPIRED = "expired, waited for "
"""How the reason of a touch begins that was put off for too long."""


class Outcome(StrEnum):
    """What a gate says (A18)."""

    allow = "allow"
    refuse = "refuse"
    defer = "defer"
    draft = "draft"
    advise = "advise"
    skip = "skip"
    withdraw = "withdraw"

    @property
    def state(self) -> TouchState:
        """Of a touch of which this was said."""
        return _STATE_OF[self]


_STATE_OF = {
    Outcome.allow: TouchState.queued,
    Outcome.refuse: TouchState.refused,
    Outcome.defer: TouchState.deferred,
    Outcome.draft: TouchState.drafted,
    Outcome.advise: TouchState.advised,
    Outcome.skip: TouchState.skipped,
    Outcome.withdraw: TouchState.withdrawn,
}


class Verdict(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the gates said of one touch: `gate` decided, `reason` says why to a person, without personal data.

    `until_us`: when to ask again (defer), or when a draft expires. `user_id`: the one person it goes to (P5).
    `warnings`: what would have stopped it, had not a person wanted it (A18).
    """

    outcome: Outcome
    gate: Gate | None = None
    reason: str = ""
    until_us: int | None = None
    user_id: str | None = None
    warnings: tuple[str, ...] = ()


class VerdictLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a touch's history: which gate said what, when."""

    touch_id: int
    at_us: int
    gate: str
    verdict: str
    reason: str


class Touch(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One row of the ledger. `key` makes it one: deciding it twice is once. `content` holds subject, text and html, and is
    erased with the customer; addresses are looked up when it is sent, never kept here.

    `due_us` is when it was meant to go, `next_attempt_us` when it is looked at next, where that is later."""

    touch_id: int
    key: str
    customer_id: str | None
    user_id: str | None
    channel: Channel
    action_class: ActionClass
    purpose: Purpose
    customer_facing: bool
    state: TouchState
    reason: str
    cause: Cause
    playbook: str | None = None
    version: int | None = None
    step: str | None = None
    variant: str | None = None
    enrollment_id: int | None = None
    execution_id: int | None = None
    kind: str | None = None
    """The `PlaybookKind` of its playbook."""
    to: str = ""
    """Only of internal ones: a Slack channel, a role or an address of the team."""
    by_person: bool = False
    approved_by: str | None = None
    content: dict[str, object] = {}
    decided_us: int = 0
    due_us: int = 0
    expires_us: int | None = None
    sent_us: int | None = None
    provider: str | None = None
    provider_message_id: str | None = None
    attempts: int = 0
    next_attempt_us: int | None = None
    cost_cents: float = 0.0


class ResponseKind(StrEnum):
    """What a customer did toward us (A14), and signs that are none."""

    replied = "replied"
    clicked = "clicked"
    meeting_booked = "meeting_booked"
    call_reached = "call_reached"
    survey_answered = "survey_answered"
    ticket_reply = "ticket_reply"
    # re-engagement: shown, never ends or stops anything
    login = "login"
    key_event = "key_event"
    # neither
    delivered = "delivered"
    opened = "opened"
    scanner_click = "scanner_click"
    auto_reply = "auto_reply"
    not_reached = "not_reached"
    bounced = "bounced"
    unsubscribed = "unsubscribed"
    complained = "complained"
    angry_reply = "angry_reply"

    @property
    def is_response(self) -> bool:
        return self in _RESPONSES

    @property
    def is_negative(self) -> bool:
        """Counts as negative feedback on the campaign (safety)."""
        return self in (ResponseKind.unsubscribed, ResponseKind.complained, ResponseKind.angry_reply)


_RESPONSES = frozenset(
    {
        ResponseKind.replied,
        ResponseKind.angry_reply,
        ResponseKind.clicked,
        ResponseKind.meeting_booked,
        ResponseKind.call_reached,
        ResponseKind.survey_answered,
        ResponseKind.ticket_reply,
    }
)


class Response(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that came back. `key` makes it one; `touch_id` None when nobody can say to which touch."""

    key: str
    kind: ResponseKind
    occurred_us: int
    customer_id: str
    user_id: str | None = None
    touch_id: int | None = None
    details: dict[str, object] = {}

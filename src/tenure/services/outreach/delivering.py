"""Delivery: the ledger row says `sending` before the provider is called, and what became of it afterwards.

Customer-facing messages leave at most once: one found `sending` after its worker died is shown as unknown and never
repeated. Internal ones leave at least once: they are repeated under the same key, in the place of the earlier (I2).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tenure.clock import MINUTE_US
from tenure.model.incidents import LoopState, provider_scope
from tenure.model.touches import Channel, Gate, Outcome, Response, ResponseKind, Touch, Verdict
from tenure.ports.links import Links
from tenure.ports.senders import Message, OutcomeUnknown, RefusedForGood, Sender, TryLater
from tenure.rules.delivery.breaker import Breaker
from tenure.rules.delivery.retry import next_attempt_us
from tenure.rules.eligibility.consent import Recipient
from tenure.rules.eligibility.gates import may_still_leave
from tenure.rules.team import Team
from tenure.services.outreach.composing import CannotCompose, Writers, message_to_customer, message_to_team
from tenure.services.outreach.context import CaseFiles, OutreachContext, TeamIdentity

DEAD_AFTER_US = 15 * MINUTE_US
"""A worker silent for this long is taken for dead; longer than any provider is waited for."""
_BATCH = 100
BREAKER = "tenure"


@dataclass(frozen=True)
class Ways:
    """How things leave: a sender per channel, the signed links, who writes.

    `rehearsed_as`: nothing leaves; whatever would is written down as sent by a provider of this name.
    """

    senders: Mapping[Channel, Sender]
    links: Links
    identity: TeamIdentity
    rehearsed_as: str = ""


class Delivery:
    """One pass of one worker."""

    def __init__(self, context: OutreachContext, ways: Ways, worker: str, now_us: int) -> None:
        self._stores, self._venture_id = context.stores, context.venture_id
        self._context, self._ways, self._worker, self._now_us = context, ways, worker, now_us
        self._outbox = context.stores.outbox
        self._breakers: dict[str, Breaker] = {}
        self.counted: Counter[str] = Counter()
        self.bounced: list[Response] = []

    def run(self, limit: int) -> Counter[str]:
        """Send what may leave now, at most `limit`; returns how many went which way, empty when nothing happened."""
        settled = self._outbox.settle(
            self._venture_id, self._worker, dead_before_us=self._now_us - DEAD_AFTER_US, now_us=self._now_us
        )
        self.counted.update(unknown=len(settled.unknown), repeated=len(settled.repeated))
        left = limit
        while left > 0:
            asked = min(left, _BATCH)
            claimed = self._claim(asked)
            left -= len(claimed)
            if claimed:
                self._send_all(claimed)
            if len(claimed) < asked:
                break
        return +self.counted

    def _claim(self, limit: int) -> Sequence[Touch]:
        state = self._stores.controls.state(self._venture_id, self._now_us)
        open_channels = [channel for channel, sender in self._ways.senders.items() if self._is_open(sender, state)]
        if not open_channels:
            return ()
        return self._outbox.claim(
            self._venture_id, self._worker, open_channels,
            now_us=self._now_us, stale_before_us=self._now_us - DEAD_AFTER_US, limit=limit,
        )  # fmt: skip

    def _is_open(self, sender: Sender, state: LoopState) -> bool:
        paused = any(one.scope == provider_scope(sender.name) for one in state.pauses)
        return not paused and self._breaker(sender).may_try(self._now_us)

    def _send_all(self, claimed: Sequence[Touch]) -> None:
        files = CaseFiles(self._context, claimed, self._now_us)
        people, stand_ins = self._stores.people.all(self._venture_id), self._stores.stand_ins.all(self._venture_id)
        writers = Writers(Team(people, stand_ins, self._now_us), self._ways.identity)
        prices = files.parameters.entries("channel_cost")
        rehearsed: dict[int, float] = {}
        for touch in claimed:
            sender = self._ways.senders[touch.channel]
            if not self._breaker(sender).may_try(self._now_us):
                self._outbox.release(self._venture_id, self._worker, [touch.touch_id])
                continue
            message = self._prepared(files, touch, writers)
            price = float(prices.get(touch.channel.value, 0.0))
            if message is not None and self._ways.rehearsed_as:
                rehearsed[touch.touch_id] = price
            elif message is not None:
                self._send(touch, message, sender, price)
        if rehearsed:
            name = self._ways.rehearsed_as
            self._outbox.pretended(self._venture_id, self._worker, rehearsed, provider=name, now_us=self._now_us)
            self.counted["sent"] += len(rehearsed)

    def _prepared(self, files: CaseFiles, touch: Touch, writers: Writers) -> Message | None:
        """What to hand over; None: it may not leave (any more), and the ledger says why."""
        case = files.case(touch)
        objection = may_still_leave(case)
        if objection is None:
            try:
                if not touch.customer_facing:
                    return message_to_team(touch, case.card, writers, self._ways.links, update_of=self._updated(touch))
                assert isinstance(case.recipient, Recipient) and case.card is not None  # the consent gate saw to it
                return message_to_customer(touch, case.recipient, case.card, writers, self._ways.links)
            except CannotCompose as problem:
                objection = Verdict(outcome=Outcome.skip, gate=Gate.provider, reason=f"provider: {problem}")
        self._outbox.hold_back(self._venture_id, self._worker, {touch.touch_id: objection}, now_us=self._now_us)
        self.counted["held back"] += 1
        return None

    def _updated(self, touch: Touch) -> str | None:
        """The message whose place this one takes: its own earlier one, or that of the touch its content names (I2)."""
        key = touch.content.get("updates")
        if not isinstance(key, str):
            return touch.provider_message_id
        earlier = self._stores.touches.by_keys(self._venture_id, [key])
        return earlier[0].provider_message_id if earlier else None

    def _send(self, touch: Touch, message: Message, sender: Sender, price: float) -> None:
        if not self._outbox.begin(self._venture_id, touch.touch_id, self._worker, provider=sender.name, now_us=self._now_us):
            self.counted["overtaken"] += 1
            return
        ledger = (self._venture_id, touch.touch_id, self._worker)
        try:
            done = sender.send(message, self._now_us)
        except RefusedForGood as problem:
            self._outbox.failed(*ledger, reason=str(problem), now_us=self._now_us)
            self._refused(touch, sender, bounced=problem.bounced)
        except TryLater as problem:
            self._try_later(touch, sender, str(problem), problem.after_seconds)
        except OutcomeUnknown as problem:
            self._unsure(touch, sender, str(problem))
        else:
            self._outbox.sent(*ledger, message_id=done.message_id, cost_cents=price, now_us=self._now_us)
            self._worked(sender)
            self.counted["sent"] += 1

    def _refused(self, touch: Touch, sender: Sender, *, bounced: bool) -> None:
        """A dead address says nothing about the provider; any other refusal for good may be its credentials."""
        self.counted["failed"] += 1
        if not bounced:
            self._broke(sender)
            return
        self._worked(sender)
        if touch.customer_id is not None and touch.customer_facing:
            bounce = Response(
                key=f"bounced:{touch.key}",
                kind=ResponseKind.bounced,
                occurred_us=self._now_us,
                customer_id=touch.customer_id,
                user_id=touch.user_id,
                touch_id=touch.touch_id,
            )
            self.bounced.append(bounce)

    def _try_later(self, touch: Touch, sender: Sender, reason: str, after_seconds: float | None) -> None:
        ledger = (self._venture_id, touch.touch_id, self._worker)
        at_us = next_attempt_us(
            touch.key, touch.attempts + 1, self._now_us, after_seconds=after_seconds, customer_facing=touch.customer_facing
        )
        if at_us is None:
            self._outbox.failed(*ledger, reason=reason, now_us=self._now_us)
            self.counted["failed"] += 1
        else:
            self._outbox.later(*ledger, at_us=at_us, reason=reason, now_us=self._now_us)
            self.counted["later"] += 1
        self._broke(sender)

    def _unsure(self, touch: Touch, sender: Sender, reason: str) -> None:
        """Shown and never repeated for a customer; repeated under its key inside the house."""
        if not touch.customer_facing:
            self._try_later(touch, sender, reason, None)
            return
        self._outbox.unknown(self._venture_id, touch.touch_id, self._worker, reason=reason, now_us=self._now_us)
        self.counted["unknown"] += 1
        self._broke(sender)

    def _breaker(self, sender: Sender) -> Breaker:
        if sender.name not in self._breakers:
            self._breakers[sender.name] = self._outbox.breaker(self._venture_id, sender.name)
        return self._breakers[sender.name]

    def _worked(self, sender: Sender) -> None:
        breaker = self._breaker(sender)
        if breaker.failures or breaker.openings:
            self._keep(breaker.succeeded())

    def _broke(self, sender: Sender) -> None:
        """Leave it alone for a while; where waiting does not help, pause it until a person has looked."""
        breaker = self._breaker(sender).failed(self._now_us)
        self._keep(breaker)
        if breaker.wants_pause:
            why = f"it failed {breaker.failures} times in a row"
            self._stores.controls.pause(
                self._venture_id, provider_scope(sender.name), by=BREAKER, why=why, now_us=self._now_us
            )
            self._keep(Breaker(provider=sender.name, failures=breaker.failures, open_until_us=self._now_us))

    def _keep(self, breaker: Breaker) -> None:
        self._breakers[breaker.provider] = breaker
        self._outbox.keep_breaker(self._venture_id, breaker, now_us=self._now_us)

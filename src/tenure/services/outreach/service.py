"""Outreach of one venture: what doors and the crew call. Safe to be killed in, run twice, and run by two workers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from tenure.clock import DAY_US
from tenure.errors import BadInput
from tenure.model.cause import Cause, CauseKind
from tenure.model.consents import EVERY, Consent
from tenure.model.intents import EndPlaybooks, Intent
from tenure.model.touches import Response, Touch, TouchState
from tenure.parameters import ParameterSet
from tenure.ports.touches import TouchFilter
from tenure.rules.eligibility.consent import addresses_of
from tenure.services.outreach.context import OutreachContext, OutreachStores
from tenure.services.outreach.delivering import Delivery, Ways
from tenure.services.outreach.gate_pass import gate_pass
from tenure.services.outreach.responding import Drawn, FactSign, Responding

DELIVERED_AT_ONCE = 500


class Outreach:
    """Gates, drafts, delivery, responses. `parameters` gives the present set, so that a change holds at the next pass."""

    def __init__(
        self, stores: OutreachStores, venture_id: int, venture_key: str, parameters: Callable[[], ParameterSet], ways: Ways | None = None
    ) -> None:
        self._context = OutreachContext(stores, venture_id, venture_key, parameters)
        self._stores, self._venture_id, self._ways = stores, venture_id, ways
        self._responding = Responding(self._context)

    def gate(self, now_us: int, *, stale_sources: Sequence[str] = (), next_facts_us: int | None = None) -> Counter[str]:
        """Ask the gates of every touch that is due; returns how many went which way.

        `stale_sources`: those the score rests on that are stale (M17); while there are any, automated outreach waits.
        `next_facts_us`: when customers look different next, where that is known.
        """
        return gate_pass(self._context, now_us, stale_sources, next_facts_us)

    def deliver(self, now_us: int, worker: str, *, limit: int = DELIVERED_AT_ONCE) -> Counter[str]:
        """Send what may leave. `worker` names this process: what it left `sending` in an earlier life is settled first."""
        if self._ways is None:
            return Counter()
        delivery = Delivery(self._context, self._ways, worker, now_us)
        counted = delivery.run(limit)
        if delivery.bounced:
            self.record(now_us, delivery.bounced)
        return counted

    def record(self, now_us: int, responses: Sequence[Response]) -> Drawn:
        """Keep responses and draw what follows: attribution, suppression, the consent log."""
        self._stores.responses.add(self._venture_id, responses, now_us=now_us)
        return self._responding.draw(now_us)

    def record_signs(self, now_us: int, signs: Sequence[FactSign]) -> Drawn:
        """The same from facts: ticket replies, survey answers, logins and key events."""
        self._responding.add_signs(signs, now_us)
        return self._responding.draw(now_us)

    def drafts(self, *, owner: str | None = None, limit: int | None = None) -> Sequence[tuple[Touch, str | None]]:
        """What waits for approval (or is advice) with the customer's owner, who approves it (A9); latest first."""
        where = TouchFilter(states=(TouchState.drafted, TouchState.advised))
        found = self._stores.touches.list(self._venture_id, where)
        cards = self._stores.cards.get(self._venture_id, sorted({one.customer_id for one in found if one.customer_id}))
        owners = {customer_id: card.owner for customer_id, card in cards.items()}
        listed = [(one, owners.get(one.customer_id or "")) for one in found]
        return [(one, its) for one, its in listed if owner is None or its == owner][:limit]

    def approve(self, touch_ids: Sequence[int], *, by: str, now_us: int) -> int:
        """Singly or in bulk; approved drafts pass the gates again, and may still wait for quiet hours or the budget."""
        expires_us = now_us + self._context.parameters().integer("touch_expiry_days") * DAY_US
        return self._stores.touches.approve(self._venture_id, touch_ids, by=by, now_us=now_us, expires_us=expires_us)

    def reject(self, touch_ids: Sequence[int], *, by: str, why: str, now_us: int) -> int:
        return self._stores.touches.reject(self._venture_id, touch_ids, by=by, why=why, now_us=now_us)

    def edit(self, touch_id: int, parts: Mapping[str, str], *, by: str, now_us: int) -> None:
        """New subject, text or html of a draft. Raises BadInput for any other part, NotFound when it is no draft."""
        unknown = set(parts) - {"subject", "text", "html"}
        if unknown:
            raise BadInput(f"A draft has no {', '.join(sorted(unknown))}.", "Change subject, text or html.")
        done = False
        while not done:  # whatever else was changed this moment stays: of each part the last word holds
            was = self._stores.touches.get(self._venture_id, touch_id).content
            done = self._stores.touches.edit(self._venture_id, touch_id, was | dict(parts), was=was, by=by, now_us=now_us)

    def take_out(self, customer_id: str, *, until_us: int, reason: str, by: str, now_us: int) -> int:
        """Hands off (Day one, 1): out of all automation until then; everything pending is withdrawn, and counted."""
        if not reason.strip():
            raise BadInput("Hands off needs a reason.", "Say why with --reason.")
        if until_us <= now_us:
            raise BadInput("Hands off ends in the past.", "Give a later --until.")
        self._stores.controls.keep_hands_off(self._venture_id, customer_id, until_us=until_us, reason=reason, by=by, now_us=now_us)
        self._stores.intents.withdraw(self._venture_id, customer_id, now_us=now_us)
        self._end_playbooks(customer_id, reason=reason, by=by, now_us=now_us)
        return self._stores.touches.withdraw(self._venture_id, reason=f"hands off, by {by}", now_us=now_us, customer_id=customer_id)

    def _end_playbooks(self, customer_id: str, *, reason: str, by: str, now_us: int) -> None:
        cause = Cause(kind=CauseKind.person, person=by, reason=reason)
        wish = EndPlaybooks(customer_id=customer_id, reason="hands off")
        self._stores.intents.add(self._venture_id, [Intent(key=f"hands_off:{customer_id}:{now_us}", wish=wish, cause=cause)], now_us=now_us)

    def suppress(self, addresses: Sequence[str], channel: str = EVERY, *, reason: str, by: str, now_us: int) -> int:
        """Never contact these addresses on a channel (`*`: at all); returns how many are new."""
        return self._stores.suppressions.add(self._venture_id, addresses, channel, reason=reason, by=by, now_us=now_us)

    def consent(self, words: Sequence[Consent]) -> None:
        """Write consent down, with source and time."""
        self._stores.consents.add(self._venture_id, words)

    def forget(self, customer_ids: Sequence[str], *, now_us: int, addresses: Sequence[str] = ()) -> dict[str, int]:
        """Erasure (A29): every address goes onto the suppression list as a salted hash, everything else goes away.

        `addresses`: those the facts know beside the cards.
        """
        cards = self._stores.cards.get(self._venture_id, customer_ids)
        known = sorted({*addresses, *(address for card in cards.values() for address in addresses_of(card))})
        suppressed = self.suppress(known, reason="erased", by="tenure", now_us=now_us) if known else 0
        return {
            "suppressed": suppressed,
            "responses": self._stores.responses.forget(self._venture_id, customer_ids),
            "consents": self._stores.consents.forget(self._venture_id, customer_ids),
            "touches": self._stores.touches.forget(self._venture_id, customer_ids),
        }

"""No call of outreach's repositories sees or changes a row of another venture; see test_walls.py."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest
from tests.contract.store.rows import rows_of_tables
from tests.outreach_builder import card, notice, wanted

from tenure.errors import NotFound
from tenure.model.consents import Consent
from tenure.model.touches import Channel, Outcome, Response, ResponseKind, Verdict
from tenure.model.ventures import Venture
from tenure.ports.gating import Judged
from tenure.ports.touches import TouchFilter
from tenure.rules.delivery.breaker import Breaker
from tenure.store import Store

NOTHING = "nothing is seen"
MISSING = "NotFound is raised"
OWN = "only the stranger's own rows are made"
LATER = 10**16
REPOSITORIES = ["touches", "gating", "outbox", "responses", "consents", "suppressions"]
Numbers = dict[str, Any]
Call = Callable[[Store, int, Numbers], Any]
REPLY = Response(key="r1", kind=ResponseKind.replied, occurred_us=5, customer_id="c1")
NO = Consent(customer_id="c1", given=False, source="x", at_us=1)
ALLOW = Verdict(outcome=Outcome.allow)


def fill(store: Store, venture: Venture) -> Numbers:
    """Touches in every state that a call could move, and what belongs to them."""
    own = venture.venture_id
    store.cards.put(own, [card()])
    keys = ["deferred", "drafted", "queued", "sending", "sent"]
    store.touches.want(own, [*(wanted(key, due_us=1) for key in keys), notice(due_us=1)], now_us=1)
    store.responses.add(own, [REPLY], now_us=5)
    store.consents.add(own, [NO])
    store.suppressions.add(own, ["x@example.com"], "*", reason="r", by="kim", now_us=1)
    store.outbox.keep_breaker(own, Breaker(provider="smtp", failures=3), now_us=1)
    found = {one.key: one for one in store.touches.by_keys(own, [*keys, "n1"])}
    said = {"drafted": Outcome.draft, "queued": Outcome.allow, "sending": Outcome.allow, "sent": Outcome.allow}
    judged = [Judged(touch=found[key], verdict=Verdict(outcome=outcome, until_us=9)) for key, outcome in said.items()]
    store.gating.judge(own, judged, {}, now_us=2)
    store.outbox.claim(own, "w", [Channel.email], now_us=LATER, stale_before_us=0, limit=9)
    for key in ("sending", "sent"):
        store.outbox.begin(own, found[key].touch_id, "w", provider="smtp", now_us=3)
    store.outbox.sent(own, found["sent"].touch_id, "w", message_id="m", cost_cents=1, now_us=3)
    return {key: one.touch_id for key, one in found.items()} | {"touch": found["deferred"]}


CALLS: dict[str, tuple[str, Call]] = {
    "touches.want": (OWN, lambda s, v, n: s.touches.want(v, [wanted("queued")], now_us=1)),
    "touches.log": (OWN, lambda s, v, n: s.touches.log(v, [wanted("queued")], sent_us=1, now_us=1)),
    "touches.revise": (NOTHING, lambda s, v, n: s.touches.revise(v, "n1", {"text": "x"}, now_us=1)),
    "touches.by_keys": (NOTHING, lambda s, v, n: s.touches.by_keys(v, ["drafted"])),
    "touches.get": (MISSING, lambda s, v, n: s.touches.get(v, n["sent"])),
    "touches.list": (NOTHING, lambda s, v, n: s.touches.list(v, TouchFilter())),
    "touches.of_enrollments": (NOTHING, lambda s, v, n: s.touches.of_enrollments(v, [7])),
    "touches.sent_to": (NOTHING, lambda s, v, n: s.touches.sent_to(v, ["c1"], 0)),
    "touches.history": (NOTHING, lambda s, v, n: s.touches.history(v, [n["drafted"]])),
    "touches.withdraw": (NOTHING, lambda s, v, n: s.touches.withdraw(v, reason="x", now_us=1, customer_id="c1")),
    "touches.approve": (NOTHING, lambda s, v, n: s.touches.approve(v, [n["drafted"]], by="eve", now_us=1, expires_us=9)),
    "touches.reject": (NOTHING, lambda s, v, n: s.touches.reject(v, [n["drafted"]], by="eve", why="", now_us=1)),
    "touches.edit": (MISSING, lambda s, v, n: s.touches.edit(v, n["drafted"], {}, was={}, by="eve", now_us=1)),
    "touches.expire": (NOTHING, lambda s, v, n: s.touches.expire(v, now_us=LATER)),
    "touches.forget": (NOTHING, lambda s, v, n: s.touches.forget(v, ["c1"])),
    "gating.due": (NOTHING, lambda s, v, n: s.gating.due(v, now_us=LATER, limit=9)),
    "gating.contacted": (NOTHING, lambda s, v, n: s.gating.contacted(v, ["c1"], now_us=4)),
    "gating.in_touch": (NOTHING, lambda s, v, n: s.gating.in_touch(v, ["c1"], 0)),
    "gating.held_out": (NOTHING, lambda s, v, n: s.gating.held_out(v, [7])),
    "gating.campaign_ends": (NOTHING, lambda s, v, n: s.gating.campaign_ends(v, ["c1"], 0)),
    "gating.judge": (NOTHING, lambda s, v, n: s.gating.judge(v, [Judged(touch=n["touch"], verdict=ALLOW)], {}, now_us=LATER)),
    "gating.last_sent_us": (NOTHING, lambda s, v, n: s.gating.last_sent_us(v)),
    "outbox.settle": (
        NOTHING,
        lambda s, v, n: (done := s.outbox.settle(v, "w", dead_before_us=LATER, now_us=LATER)).unknown + done.repeated,
    ),
    "outbox.claim": (NOTHING, lambda s, v, n: s.outbox.claim(v, "w", list(Channel), now_us=LATER, stale_before_us=LATER, limit=9)),
    "outbox.waiting": (NOTHING, lambda s, v, n: s.outbox.waiting(v, LATER)[0]),
    "outbox.pretended": (NOTHING, lambda s, v, n: s.outbox.pretended(v, "w", {n["queued"]: 1.0}, provider="rehearsal", now_us=LATER)),
    "outbox.release": (NOTHING, lambda s, v, n: s.outbox.release(v, "w", [n["queued"]])),
    "outbox.begin": (NOTHING, lambda s, v, n: s.outbox.begin(v, n["queued"], "w", provider="p", now_us=1)),
    "outbox.sent": (NOTHING, lambda s, v, n: s.outbox.sent(v, n["sending"], "w", message_id="x", cost_cents=1, now_us=1)),
    "outbox.later": (NOTHING, lambda s, v, n: s.outbox.later(v, n["sending"], "w", at_us=1, reason="x", now_us=1)),
    "outbox.failed": (NOTHING, lambda s, v, n: s.outbox.failed(v, n["sending"], "w", reason="x", now_us=1)),
    "outbox.unknown": (NOTHING, lambda s, v, n: s.outbox.unknown(v, n["sending"], "w", reason="x", now_us=1)),
    "outbox.hold_back": (NOTHING, lambda s, v, n: s.outbox.hold_back(v, "w", {n["queued"]: ALLOW}, now_us=1)),
    "outbox.left_since": (NOTHING, lambda s, v, n: s.outbox.left_since(v, Channel.email, 0)),
    "outbox.breaker": (NOTHING, lambda s, v, n: s.outbox.breaker(v, "smtp").failures),
    "outbox.keep_breaker": (OWN, lambda s, v, n: s.outbox.keep_breaker(v, Breaker(provider="smtp"), now_us=1)),
    "responses.add": (OWN, lambda s, v, n: s.responses.add(v, [REPLY], now_us=1)),
    "responses.count": (NOTHING, lambda s, v, n: s.responses.count(v)),
    "responses.of_customers": (NOTHING, lambda s, v, n: s.responses.of_customers(v, ["c1"], 0)),
    "responses.of_kind": (NOTHING, lambda s, v, n: s.responses.of_kind(v, ResponseKind.replied, 0)),
    "responses.unhandled": (NOTHING, lambda s, v, n: s.responses.unhandled(v)),
    "responses.handled": (NOTHING, lambda s, v, n: s.responses.handled(v, [REPLY], now_us=9)),
    "responses.feedback": (NOTHING, lambda s, v, n: s.responses.feedback(v, since_us=0)),
    "responses.forget": (NOTHING, lambda s, v, n: s.responses.forget(v, ["c1"])),
    "consents.add": (OWN, lambda s, v, n: s.consents.add(v, [NO])),
    "consents.of": (NOTHING, lambda s, v, n: s.consents.of(v, ["c1"])),
    "consents.forget": (NOTHING, lambda s, v, n: s.consents.forget(v, ["c1"])),
    "suppressions.add": (OWN, lambda s, v, n: s.suppressions.add(v, ["y@example.com"], "*", reason="r", by="eve", now_us=1)),
    "suppressions.lift": (MISSING, lambda s, v, n: s.suppressions.lift(v, "x@example.com", "*", why="", by="eve", now_us=1)),
    "suppressions.of": (NOTHING, lambda s, v, n: s.suppressions.of(v, ["x@example.com"])),
    "suppressions.count": (NOTHING, lambda s, v, n: s.suppressions.count(v)),
}


@pytest.fixture(scope="module")
def house(store: Store) -> tuple[Venture, Numbers, dict[str, list[Any]]]:
    venture = store.ventures.ensure("outreach-house", name="Acme", currency="USD", timezone="UTC", now_us=1)
    numbers = fill(store, venture)
    return venture, numbers, rows_of_tables(store, venture)


@pytest.mark.parametrize("name", sorted(CALLS, key=lambda name: (CALLS[name][0] == OWN, name)))
def test_a_stranger_sees_and_changes_nothing(
    store: Store, house: tuple[Venture, Numbers, dict[str, list[Any]]], stranger: Venture, name: str
) -> None:
    venture, numbers, before = house
    answer, call = CALLS[name]
    if answer is MISSING:
        with pytest.raises(NotFound):
            call(store, stranger.venture_id, numbers)
    else:
        seen = call(store, stranger.venture_id, numbers)
        assert answer is OWN or not seen
    assert rows_of_tables(store, venture) == before


def test_every_method_is_tried_by_a_stranger(store: Store) -> None:
    methods = {
        f"{repository}.{name}"
        for repository in REPOSITORIES
        for name, _ in inspect.getmembers(getattr(store, repository), inspect.ismethod)
        if not name.startswith("_")
    }
    assert methods == CALLS.keys()

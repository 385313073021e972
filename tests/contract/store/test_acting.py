"""Races and transactions of decisions, alerts, incidents and drafts, on both engines."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tenure.model.alerts import Alert
from tenure.model.cause import Cause, CauseKind
from tenure.model.decisions import BlastRadius, Decision, DecisionKind, DecisionState, Rung
from tenure.model.incidents import Incident, IncidentState
from tenure.model.intents import EndPlaybooks, Intent
from tenure.model.touches import ActionClass, Channel, Purpose, Response, ResponseKind
from tenure.model.ventures import Venture
from tenure.ports.touches import WantedTouch
from tenure.store import Store
from tenure.store.loop_tables import touch_verdicts
from tenure.store.statements import new_id

CAUSE = Cause(kind=CauseKind.trigger, trigger="RETENTION-001")
INTENT = Intent(key="effect", wish=EndPlaybooks(customer_id="c1", reason="r"), cause=CAUSE)


def decision(key: str, **fields: object) -> Decision:
    known = {
        "decision_id": 0, "key": key, "kind": DecisionKind.critical_escalation, "title": "t", "state": DecisionState.open, "rung": Rung.chairman,
        "customer_id": "c1", "context": {"a": [1]}, "blast": BlastRadius(people=1), "recommendation": "nothing", "options": ("nothing",),
        "cause": CAUSE, "asked_us": 1, "deadline_us": 9, "default": "nothing",
    }  # fmt: skip
    return Decision(**{**known, **fields})  # type: ignore[arg-type]


def test_a_decision_comes_back_as_it_was_asked(store: Store, venture: Venture) -> None:
    asked = decision("d", default="refuse", cause=CAUSE)
    (stored,) = store.decisions.ask(venture.venture_id, [asked])
    assert stored == decision("d", default="refuse", decision_id=stored.decision_id)


def test_of_eight_answers_at_once_one_wins(store: Store, venture: Venture) -> None:
    (asked,) = store.decisions.ask(venture.venture_id, [decision("race")])

    def answer(place: int) -> bool:
        return store.decisions.answer(
            venture.venture_id, asked.decision_id, answer=f"a{place}", details={}, by=f"p{place}", via="cli", now_us=5
        )

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(answer, range(8)))
    assert sum(won) == 1
    assert store.decisions.get(venture.venture_id, asked.decision_id).answer == f"a{won.index(True)}"
    assert len(store.audit.history(venture.venture_id, subject="decision")) == 1


def test_an_effect_is_written_once_with_the_mark_that_it_was_executed(store: Store, venture: Venture) -> None:
    own = venture.venture_id
    (asked,) = store.decisions.ask(own, [decision("effect")])
    store.decisions.answer(own, asked.decision_id, answer="x", details={}, by="kim", via="cli", now_us=5)
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: store.decisions.executed(own, asked.decision_id, [INTENT], {}, now_us=6), range(4)))
    assert sum(done) == 1 and len(store.intents.pending(own, "end_playbooks", now_us=9)) == 1


def test_answering_and_expiring_at_once_does_one_of_both(store: Store, venture: Venture) -> None:
    own = venture.venture_id
    for number in range(10):
        (asked,) = store.decisions.ask(own, [decision(f"late{number}")])
        with ThreadPoolExecutor(2) as pool:
            answered = pool.submit(store.decisions.answer, own, asked.decision_id, answer="x", details={}, by="k", via="cli", now_us=9)
            expired = pool.submit(store.decisions.expire, own, asked.decision_id, [], now_us=9)
        assert answered.result() != expired.result()


def test_a_used_link_answers_nothing_a_second_time(store: Store, venture: Venture) -> None:
    own = venture.venture_id
    first, second = store.decisions.ask(own, [decision("l1"), decision("l2")])
    answer = {"answer": "x", "details": {}, "by": "kim", "via": "email", "now_us": 5, "link_sha256": "same"}
    assert store.decisions.answer(own, first.decision_id, **answer)  # type: ignore[arg-type]
    assert not store.decisions.answer(own, second.decision_id, **answer)  # type: ignore[arg-type]
    assert store.decisions.get(own, second.decision_id).state is DecisionState.open


def test_an_answer_that_lost_does_not_burn_its_link(store: Store, venture: Venture) -> None:
    own = venture.venture_id
    (asked,) = store.decisions.ask(own, [decision("burn")])
    answer = {"answer": "x", "details": {}, "by": "kim", "via": "cli", "now_us": 5}
    store.decisions.answer(own, asked.decision_id, **answer)  # type: ignore[arg-type]
    assert not store.decisions.answer(own, asked.decision_id, **answer, link_sha256="mine")  # type: ignore[arg-type]
    assert not store.decisions.is_link_used(own, "mine")


def test_alerts_added_by_many_at_once_are_one_each(store: Store, venture: Venture) -> None:
    alerts = [Alert(alert_id=0, key=f"k{number}", kind="critical_customer", title="t", raised_us=1) for number in range(50)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: store.alerts.add(venture.venture_id, alerts), range(4)))
    assert len({one.alert_id for stored in found for one in stored}) == 50


def test_an_incident_opened_by_many_at_once_is_one_with_one_pause(store: Store, venture: Venture) -> None:
    own = venture.venture_id

    def open_one(number: int) -> bool:
        wanted = Incident(incident_id=0, key=f"k{number}", rule="fleet_drop", scope="crm", title="t", state=IncidentState.paused, opened_us=1)
        return store.incidents.open(own, wanted, pauses=["crm"], intents=[], by="rule", now_us=1) is not None

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(open_one, range(6))) == 1
    assert len(store.controls.state(own, 2).pauses) == 1


@pytest.mark.parametrize("edited", [False, True])
def test_the_record_of_drafts_tells_unchanged_from_edited_and_how_they_ended(store: Store, venture: Venture, edited: bool) -> None:
    own = venture.venture_id
    wish = WantedTouch(
        key="m", channel=Channel.email, action_class=ActionClass.offer, purpose=Purpose.service, customer_facing=True,
        cause=Cause(kind=CauseKind.playbook), due_us=1, content={"text": "x"}, customer_id="c1",
    )  # fmt: skip
    store.touches.want(own, [wish], now_us=1)
    (touch,) = store.touches.by_keys(own, ["m"])
    with store._database.writing() as connection:
        for gate, verdict in [("autonomy", "draft"), *([("person", "edited")] if edited else []), ("person", "defer")]:
            new_id(connection, touch_verdicts, venture_id=own, touch_id=touch.touch_id, at_us=2, gate=gate, verdict=verdict, reason="")
    reply = Response(key="r", kind=ResponseKind.replied, occurred_us=3, customer_id="c1", touch_id=touch.touch_id)
    store.responses.add(own, [reply], now_us=3)
    (record,) = store.autonomy.records(own, 0)
    assert (record.action_class, record.drafts, record.answered, record.negative) == ("offer", 1, 1, 0)
    assert (record.unchanged, record.edited) == ((0, 1) if edited else (1, 0))


def test_erasing_a_customer_takes_what_was_done_about_it_and_leaves_the_money(store: Store, venture: Venture) -> None:
    from tenure.model.cards import CustomerCard

    own = venture.venture_id
    store.cards.put(own, [CustomerCard(customer_id="acme-7", as_of_us=1, name="Acme Rockets")])
    asked = decision("x:acme-7", customer_id="acme-7", context={"profile": {"name": "Acme Rockets"}}, blast=BlastRadius(revenue_cents=700))
    (stored,) = store.decisions.ask(own, [asked])
    store.alerts.add(own, [Alert(alert_id=0, key="a:acme-7", kind="k", title="t", raised_us=1, customer_id="acme-7")])
    notice = WantedTouch(
        key="list", channel=Channel.slack, action_class=ActionClass.internal, purpose=Purpose.internal, customer_facing=False,
        cause=CAUSE, due_us=1, content={"text": "Acme Rockets and others"}, to="#x",
    )  # fmt: skip
    store.touches.want(own, [notice], now_us=1)
    assert store.erasure.acts(own, ["acme-7"]) == 3
    left = store.decisions.get(own, stored.decision_id)
    assert (left.customer_id, left.context, left.blast.revenue_cents, "acme" in left.key) == (None, {}, 700, False)
    assert store.alerts.list(own) == [] and store.touches.by_keys(own, ["list"])[0].content == {}
    assert store.erasure.acts(own, ["acme-7"]) == 0

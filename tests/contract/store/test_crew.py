"""What the crew keeps, on both engines: since when a gate says what it says, and failures from detection to repair."""

from __future__ import annotations

from tenure.model.cause import Cause, CauseKind
from tenure.model.intents import EndPlaybooks, Intent
from tenure.model.ventures import Venture
from tenure.ports.crew import Finding
from tenure.ports.surveys import Deployment
from tenure.rules.gates import GateGroup, GateResult, Verdict
from tenure.store import Store


def gate(verdict: Verdict, evidence: str = "x") -> GateResult:
    return GateResult(gate="data flowing", group=GateGroup.entry, verdict=verdict, evidence=evidence)


def test_a_gate_remembers_since_when_it_says_what_it_says(store: Store, venture: Venture) -> None:
    own = venture.venture_id
    for now_us, verdict in ((10, Verdict.not_yet), (20, Verdict.not_yet), (30, Verdict.passed), (40, Verdict.passed)):
        store.crew.put_gates(own, [gate(verdict, f"at {now_us}")], now_us=now_us)
    kept = store.crew.gates(own)["data flowing"]
    assert (kept.verdict, kept.since_us, kept.checked_us) == ("pass", 30, 40)
    assert kept.evidence == {"group": "entry", "sentence": "at 40"}


def test_a_failure_is_one_row_from_detection_to_repair(store: Store, venture: Venture) -> None:
    own = venture.venture_id
    for now_us, status in ((10, "degraded"), (20, "degraded"), (30, "healthy"), (40, "healthy"), (50, "warning"), (60, "degraded")):
        store.system_log.record(own, "crm", status, {"at": now_us}, now_us=now_us)
    rows = [(one.status, one.checked_us, one.resolved_us) for one in store.system_log.since(own, 0)]
    assert rows == [("degraded", 10, 30), ("warning", 50, 60), ("degraded", 60, None)]
    assert [one.checked_us for one in store.system_log.open(own)] == [60]
    assert len(store.system_log.since(own, 35)) == 2


def test_a_confirmation_keeps_its_first_time(store: Store, venture: Venture) -> None:
    own = venture.venture_id
    store.crew.confirm(own, "run_book", "kim", now_us=5)
    store.crew.confirm(own, "run_book", "kim", now_us=9)
    assert [(one.person, one.at_us) for one in store.crew.confirmations(own, "run_book")] == [("kim", 5)]


def test_of_two_workers_one_takes_a_due_operation_and_a_killed_ones_is_taken_over(store: Store, venture: Venture) -> None:
    own, claim = venture.venture_id, store.calendar.claim
    assert claim(own, "daily", 100, now_us=110, stale_before_us=50)
    assert not claim(own, "daily", 100, now_us=120, stale_before_us=50)
    assert claim(own, "daily", 100, now_us=500, stale_before_us=400)
    store.calendar.done(own, "daily", 100, now_us=510)
    assert not claim(own, "daily", 100, now_us=900, stale_before_us=800)
    assert store.calendar.last_due_us(own) == {"daily": 100}
    assert claim(own, "daily", 200, now_us=901, stale_before_us=800)
    store.calendar.failed(own, "daily", 200, now_us=902, note="x")
    assert store.calendar.last_due_us(own) == {"daily": 100}
    assert claim(own, "daily", 200, now_us=903, stale_before_us=0)


def test_heartbeats_are_minutes(store: Store, venture: Venture) -> None:
    own, minute = venture.venture_id, 60_000_000
    for now_us in (minute + 1, minute + 2, 3 * minute, 9 * minute):
        store.calendar.beat(own, now_us)
    assert store.calendar.beats(own, 0, 9 * minute) == 2
    assert store.calendar.forget_beats(own, 4 * minute) == 2
    assert store.calendar.beats(own, 0, 99 * minute) == 1


def test_what_is_new_is_counted_on_both_engines(store: Store, venture: Venture) -> None:
    own = venture.venture_id
    cause = Cause(kind=CauseKind.person, person="kim")
    intents = [Intent(key=f"k{n}", wish=EndPlaybooks(customer_id=f"c{n}", reason="r"), cause=cause) for n in range(5)]
    assert store.intents.add(own, intents[:3], now_us=1) == 3
    assert store.intents.add(own, intents, now_us=2) == 2
    store.intents.done(own, {"k0": "said"}, now_us=3)
    assert [one.key for one in store.intents.pending(own, "end_playbooks", now_us=9)] == ["k1", "k2", "k3", "k4"]
    assert store.intents.withdraw(own, "c1", now_us=4) == 1
    asked = [Deployment(key=f"k{n}", survey="nps", customer_id="c", deployed_us=n) for n in range(3)]
    assert store.surveys.add(own, asked[:1]) == 1
    assert store.surveys.add(own, asked) == 2
    found = [Finding(key=f"k{n}", section="s", title="t", written_us=n) for n in range(3)]
    assert (store.crew.find(own, found[:2]), store.crew.find(own, found)) == (2, 1)

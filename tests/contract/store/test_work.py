"""Runs, jobs, the quarantine, results and cursors."""

from __future__ import annotations

import pytest

from tenure.errors import NotFound, Refused
from tenure.model.jobs import JobState
from tenure.model.quarantine import QuarantineState, Refusal
from tenure.model.results import MetricResult
from tenure.model.runs import RunEnd, RunKind, RunState
from tenure.model.ventures import Venture
from tenure.store import Store


def refusal(position: str, **values: object) -> Refusal:
    known = {"kind": "events", "source": "files", "field": "timestamp", "rule": "time", "value": "never"}
    return Refusal(position=position, record={"event": "login"}, first_seen_us=7, **{**known, **values})  # type: ignore[arg-type]


def test_a_refused_run_says_why_and_is_over(store: Store, venture: Venture) -> None:
    run = store.runs.start(venture.venture_id, RunKind.full, as_of_us=5, known_batch=2, now_us=6)
    end = RunEnd(ended_us=9, checks={"sum": False}, message="The parts do not sum to the change.")
    ended = store.runs.finish(venture.venture_id, run.run_id, RunState.refused, end)
    assert (ended.state, ended.message, ended.known_batch, ended.ended_us) == (
        RunState.refused,
        end.message,
        2,
        9,
    )
    with pytest.raises(Refused, match="already over"):
        store.runs.finish(venture.venture_id, run.run_id, RunState.failed, end)
    assert store.runs.last_published(venture.venture_id) is None
    assert store.runs.last(venture.venture_id) == ended


def test_only_scores_publish_a_run_but_a_past_one_may_be_shown(store: Store, venture: Venture) -> None:
    full = store.runs.start(venture.venture_id, RunKind.full, as_of_us=5, known_batch=2, now_us=6)
    with pytest.raises(Refused, match="together with its scores"):
        store.runs.finish(venture.venture_id, full.run_id, RunState.published, RunEnd(ended_us=9))
    past = store.runs.start(venture.venture_id, RunKind.past, as_of_us=5, known_batch=2, now_us=6)
    store.runs.finish(venture.venture_id, past.run_id, RunState.published, RunEnd(ended_us=9))
    assert store.runs.last_published(venture.venture_id) is None
    assert [run.run_id for run in store.runs.list(venture.venture_id)] == [past.run_id, full.run_id]


def test_runs_whose_process_died_are_failed(store: Store, venture: Venture) -> None:
    run = store.runs.start(venture.venture_id, RunKind.full, as_of_us=5, known_batch=None, now_us=6)
    assert store.runs.fail_abandoned(venture.venture_id, message="The process died.", now_us=10) == 1
    assert store.runs.get(venture.venture_id, run.run_id).state is RunState.failed
    assert store.runs.fail_abandoned(venture.venture_id, message="The process died.", now_us=11) == 0


def test_a_job_goes_from_queued_to_done(store: Store, venture: Venture) -> None:
    job = store.jobs.enqueue(venture.venture_id, "refresh", {"full": True}, now_us=1)
    assert (job.state, job.args) == (JobState.queued, {"full": True})
    claimed = store.jobs.claim(venture.venture_id, "w1", now_us=2)
    assert claimed is not None and claimed.job_id == job.job_id
    assert (claimed.state, claimed.claimed_by, claimed.attempts) == (JobState.running, "w1", 1)
    assert store.jobs.beat(venture.venture_id, job.job_id, "w1", progress=0.5, text="scoring", now_us=3)
    assert store.jobs.done(venture.venture_id, job.job_id, "w1", {"rows": 3}, now_us=4)
    ended = store.jobs.get(venture.venture_id, job.job_id)
    assert (ended.state, ended.result, ended.ended_us, ended.state.is_over) == (
        JobState.done,
        {"rows": 3},
        4,
        True,
    )


def test_only_the_owner_ends_a_job_and_only_once(store: Store, venture: Venture) -> None:
    job = store.jobs.enqueue(venture.venture_id, "refresh", {}, now_us=1)
    store.jobs.claim(venture.venture_id, "w1", now_us=2)
    assert not store.jobs.done(venture.venture_id, job.job_id, "w2", None, now_us=3)
    assert store.jobs.fail(venture.venture_id, job.job_id, "w1", "The disk is full.", now_us=3)
    assert not store.jobs.beat(venture.venture_id, job.job_id, "w1", progress=1, text="", now_us=4)
    assert store.jobs.get(venture.venture_id, job.job_id).error == "The disk is full."


def test_jobs_are_claimed_oldest_first_and_by_kind(store: Store, venture: Venture) -> None:
    first, second, third = (
        store.jobs.enqueue(venture.venture_id, kind, {}, now_us=1) for kind in ("a", "b", "a")
    )
    claims = [
        store.jobs.claim(venture.venture_id, "w", kinds=kinds, now_us=2)
        for kinds in (["b"], None, None, None)
    ]
    assert [claim and claim.job_id for claim in claims] == [second.job_id, first.job_id, third.job_id, None]


def test_a_job_already_waiting_is_not_queued_twice_when_asked(store: Store, venture: Venture) -> None:
    job = store.jobs.enqueue(venture.venture_id, "drain", {"x": 1}, now_us=1, unless_queued=True)
    assert store.jobs.enqueue(venture.venture_id, "drain", {"x": 1}, now_us=2, unless_queued=True) == job
    assert store.jobs.enqueue(venture.venture_id, "drain", {"x": 2}, now_us=2, unless_queued=True) != job


def test_a_silent_job_is_given_back_and_after_three_attempts_failed(store: Store, venture: Venture) -> None:
    job = store.jobs.enqueue(venture.venture_id, "refresh", {}, now_us=1)
    for attempt in (1, 2, 3):
        store.jobs.claim(venture.venture_id, f"w{attempt}", now_us=attempt * 10)
        assert store.jobs.give_back(venture.venture_id, silent_since_us=attempt * 10, now_us=99) == 0
        assert store.jobs.give_back(venture.venture_id, silent_since_us=attempt * 10 + 1, now_us=99) == 1
    assert store.jobs.get(venture.venture_id, job.job_id).state is JobState.failed
    assert store.jobs.list(venture.venture_id, state=JobState.queued) == []


def test_refused_records_are_listed_grouped_and_shown(store: Store, venture: Venture) -> None:
    rows = [refusal(f"events.csv line {line}") for line in (1, 2, 3)] + [
        refusal("x", field="event", rule="missing")
    ]
    assert store.quarantine.add(venture.venture_id, rows) == 4
    groups = store.quarantine.groups(venture.venture_id)
    assert [(group.field, group.rule, group.count) for group in groups] == [
        ("timestamp", "time", 3),
        ("event", "missing", 1),
    ]
    assert store.quarantine.get(venture.venture_id, groups[0].example_id).refusal == rows[0]
    assert store.quarantine.waiting(venture.venture_id) == 4
    listed = store.quarantine.list(venture.venture_id, field="timestamp", limit=2, offset=1)
    assert [item.refusal.position for item in listed] == ["events.csv line 2", "events.csv line 3"]


def test_the_same_refusal_is_kept_once(store: Store, venture: Venture, stranger: Venture) -> None:
    assert store.quarantine.add(venture.venture_id, [refusal("1"), refusal("1"), refusal("2")]) == 2
    assert store.quarantine.add(venture.venture_id, [refusal("1"), refusal("3")]) == 1
    assert store.quarantine.add(stranger.venture_id, [refusal("1")]) == 1
    assert store.quarantine.add(venture.venture_id, []) == 0


def test_records_no_database_can_hold_are_kept_all_the_same(store: Store, venture: Venture) -> None:
    broken = refusal("line\0 1", value="half \ud800 a pair")
    odd = Refusal(
        **{
            **{n: getattr(broken, n) for n in broken.__struct_fields__},
            "record": {"a": "\0\ud800", "b": b"x"},
        }
    )
    assert store.quarantine.add(venture.venture_id, [odd]) == 1
    [item] = store.quarantine.list(venture.venture_id)
    assert item.refusal.record["a"] == "\0\ud800"
    assert (item.refusal.position, item.refusal.value) == ("line\\u0000 1", "half \\ud800 a pair")


def test_a_record_is_replayed_or_dropped_once(store: Store, venture: Venture) -> None:
    store.quarantine.add(venture.venture_id, [refusal(str(line)) for line in range(3)])
    first, second, third = (item.item_id for item in store.quarantine.list(venture.venture_id))
    done = store.quarantine.decide(
        venture.venture_id, [second, first], QuarantineState.replayed, note="mapping fixed", now_us=9
    )
    assert done == [first, second]
    again = store.quarantine.decide(
        venture.venture_id, [first, third], QuarantineState.dropped, note="", now_us=10
    )
    assert again == [third]
    item = store.quarantine.get(venture.venture_id, first)
    assert (item.state, item.note, item.decided_us) == (QuarantineState.replayed, "mapping fixed", 9)
    assert store.quarantine.waiting(venture.venture_id) == 0


def test_many_refusals_go_in_at_once(store: Store, venture: Venture) -> None:
    assert store.quarantine.add(venture.venture_id, [refusal(str(line)) for line in range(5_000)]) == 5_000
    everything = [item.item_id for item in store.quarantine.list(venture.venture_id, limit=10_000)]
    assert (
        len(
            store.quarantine.decide(
                venture.venture_id, everything, QuarantineState.dropped, note="", now_us=1
            )
        )
        == 5_000
    )


def result(metric: str, as_of_us: int, document: object, segment: str = "") -> MetricResult:
    return MetricResult(
        metric=metric, segment=segment, as_of_us=as_of_us, document=document, computed_us=as_of_us
    )


def test_results_are_replaced_by_time_and_the_newest_is_found(store: Store, venture: Venture) -> None:
    rows = [
        result("grr", 1, {"x": 1}),
        result("grr", 2, {"x": 2}),
        result("nps", 1, [1]),
        result("grr", 2, 9, "plan=pro"),
    ]
    store.results.put(venture.venture_id, rows)
    store.results.put(venture.venture_id, [result("grr", 2, {"x": 3})])
    assert store.results.latest(venture.venture_id, "grr") == result("grr", 2, {"x": 3})
    assert store.results.latest(venture.venture_id, "csat") is None
    assert [found.document for found in store.results.latest_of_all(venture.venture_id)] == [{"x": 3}, 9, [1]]
    assert [found.as_of_us for found in store.results.history(venture.venture_id, "grr")] == [1, 2]
    assert [found.as_of_us for found in store.results.history(venture.venture_id, "grr", limit=1)] == [2]
    assert [found.as_of_us for found in store.results.history(venture.venture_id, "grr", from_us=2)] == [2]


def test_a_cursor_is_where_it_was_last_set(store: Store, venture: Venture) -> None:
    assert store.cursors.get(venture.venture_id, "crm") is None
    store.cursors.set(venture.venture_id, "crm", "2026-01-01")
    store.cursors.set(venture.venture_id, "crm", "2026-01-02")
    assert store.cursors.get(venture.venture_id, "crm") == "2026-01-02"


def test_a_job_that_never_was_is_not_found(store: Store, venture: Venture) -> None:
    with pytest.raises(NotFound):
        store.jobs.get(venture.venture_id, 10**9)

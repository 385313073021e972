"""Published scores: a reader sees the old run or the new one, and every number has its run, age and reasons."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from tenure.errors import BadInput, NotFound, Refused
from tenure.model.health import HealthStatus, ScoreChange
from tenure.model.listing import HealthFilter, HealthSort
from tenure.model.runs import Run, RunEnd, RunKind, RunState
from tenure.model.ventures import Venture
from tenure.store import Store

DAY_US = 86_400_000_000
END = RunEnd(ended_us=1, known_batch=3, newest_input_us=5, rows=2, checks={"rows": True})


def score(customer_id: str, tenths: int, **values: Any) -> dict[str, Any]:
    status = "healthy" if tenths >= 700 else "at_risk" if tenths >= 400 else "critical"
    return {
        "customer_id": customer_id,
        "score_tenths": tenths,
        "previous_score_tenths": None,
        "total": tenths / 10 + 0.01,
        "health_status": status,
        "engagement": 10.0,
        "support": 30.0,
        "value": tenths / 10 - 40,
        "other_components": None,
        "coverage": 0.75,
        "scorecard": "default",
        "scorecard_version": "1",
        "is_new": False,
        **values,
    }


def table(*rows: dict[str, Any]) -> pa.Table:
    return pa.Table.from_pylist(list(rows))


NOBODY = table(score("nobody", 0)).slice(0, 0)


def start(store: Store, venture: Venture, as_of_us: int, kind: RunKind = RunKind.full) -> Run:
    return store.runs.start(venture.venture_id, kind, as_of_us=as_of_us, known_batch=None, now_us=as_of_us)


def publish(
    store: Store,
    venture: Venture,
    as_of_us: int,
    *rows: dict[str, Any],
    kind: RunKind = RunKind.full,
    **more: Any,
) -> Run:
    run = start(store, venture, as_of_us, kind)
    store.health.publish(venture.venture_id, run.run_id, END, table(*rows) if rows else NOBODY, **more)
    return run


def ids(store: Store, venture: Venture, where: HealthFilter | None = None, **more: Any) -> list[str]:
    return [row.customer_id for row in store.health.list(venture.venture_id, where, **more)]


def test_a_published_score_reads_back_with_its_run(store: Store, venture: Venture) -> None:
    profile = table(
        {"customer_id": "c1", "name": "Initech", "plan": "pro", "owner": "kim", "arr_cents": 120_000_00}
    )
    row = score("c1", 396, previous_score_tenths=412, other_components='{"adoption": 12.5}', change_late=-1.0)
    run = publish(store, venture, 10 * DAY_US, row, customers=profile)
    found = store.health.get(venture.venture_id, "c1")
    assert (found.score, found.previous_score, found.total) == (39.6, 41.2, 39.61)
    assert found.status is HealthStatus.critical
    assert found.components == {"engagement": 10.0, "support": 30.0, "value": 396 / 10 - 40, "adoption": 12.5}
    assert (found.as_of_us, found.changed_us, found.run_id) == (10 * DAY_US, 10 * DAY_US, run.run_id)
    assert found.input_age_us == 10 * DAY_US - 5
    assert found.change == ScoreChange(total=-1.0, late=-1.0)
    assert (found.profile.name, found.profile.arr_cents, found.profile.segment) == (
        "Initech",
        12_000_000,
        None,
    )


def test_publishing_ends_the_run(store: Store, venture: Venture) -> None:
    run = publish(store, venture, DAY_US, score("c1", 500))
    ended = store.runs.get(venture.venture_id, run.run_id)
    assert ended.state is RunState.published
    assert (ended.known_batch, ended.newest_input_us, ended.rows, ended.checks) == (3, 5, 2, {"rows": True})
    assert store.runs.last_published(venture.venture_id) == ended


def test_unchanged_customers_are_confirmed_by_a_full_run_and_not_by_a_touched_one(
    store: Store, venture: Venture
) -> None:
    publish(store, venture, DAY_US, score("quiet", 800), score("busy", 800))
    publish(store, venture, 2 * DAY_US, score("busy", 700), kind=RunKind.touched)
    assert store.health.get(venture.venture_id, "quiet").as_of_us == DAY_US
    assert store.health.get(venture.venture_id, "busy").as_of_us == 2 * DAY_US
    publish(store, venture, 3 * DAY_US, kind=RunKind.incremental)
    quiet = store.health.get(venture.venture_id, "quiet")
    assert (quiet.as_of_us, quiet.changed_us) == (3 * DAY_US, DAY_US)


def test_the_same_score_published_again_did_not_change(store: Store, venture: Venture) -> None:
    publish(store, venture, DAY_US, score("c1", 800), score("c2", 300))
    publish(store, venture, 2 * DAY_US, score("c1", 800), score("c2", 310), replace_all=True)
    assert store.health.get(venture.venture_id, "c1").changed_us == DAY_US
    assert ids(store, venture, HealthFilter(changed_since_us=2 * DAY_US)) == ["c2"]


def test_customers_no_longer_scored_are_taken_out(store: Store, venture: Venture) -> None:
    publish(
        store,
        venture,
        DAY_US,
        *(score(f"c{i}", 500) for i in range(4)),
        customers=table({"customer_id": "c3"}),
    )
    publish(store, venture, 2 * DAY_US, score("c0", 510), removed=["c1"])
    assert ids(store, venture) == ["c2", "c3", "c0"]
    publish(store, venture, 3 * DAY_US, score("c0", 510), replace_all=True)
    assert ids(store, venture) == ["c0"]


def test_a_run_that_fails_on_the_way_changes_nothing(store: Store, venture: Venture) -> None:
    publish(store, venture, DAY_US, score("c1", 500))
    for broken in (
        table(score("c1", 600), score("c1", 600)),
        table(score("c1", 600, health_status="excellent")),
        table({**score("c1", 600), "coverage": None}),
        table({**score("c1", 600), "mood": 1}),
        table({**score("c1", 600), "total": "many"}),
    ):
        run = start(store, venture, 2 * DAY_US)
        with pytest.raises(BadInput):
            store.health.publish(venture.venture_id, run.run_id, END, broken)
        assert store.runs.get(venture.venture_id, run.run_id).state is RunState.running
    assert [row.score for row in store.health.list(venture.venture_id)] == [50.0]


def test_an_older_run_never_overwrites_a_newer_one(store: Store, venture: Venture) -> None:
    old = start(store, venture, DAY_US)
    publish(store, venture, 2 * DAY_US, score("c1", 500))
    with pytest.raises(Refused, match="older"):
        store.health.publish(venture.venture_id, old.run_id, END, table(score("c1", 900)))
    assert store.health.get(venture.venture_id, "c1").score == 50.0


def test_a_run_is_published_once_and_a_past_one_never(store: Store, venture: Venture) -> None:
    run = publish(store, venture, DAY_US, score("c1", 500))
    with pytest.raises(Refused, match="already over"):
        store.health.publish(venture.venture_id, run.run_id, END, table(score("c1", 900)))
    past = start(store, venture, DAY_US, RunKind.past)
    with pytest.raises(Refused, match="past"):
        store.health.publish(venture.venture_id, past.run_id, END, table(score("c1", 900)))
    assert store.health.get(venture.venture_id, "c1").score == 50.0


def test_lists_filter_sort_and_page(store: Store, venture: Venture) -> None:
    profiles = table(
        {
            "customer_id": "a",
            "name": "Zed",
            "owner": "kim",
            "arr_cents": 5,
            "renewal_us": 9,
            "segment": "smb",
        },
        {
            "customer_id": "b",
            "name": "Ann",
            "owner": "lee",
            "arr_cents": 7,
            "renewal_us": None,
            "segment": "smb",
        },
        {
            "customer_id": "c",
            "name": None,
            "owner": "kim",
            "arr_cents": None,
            "renewal_us": 3,
            "segment": "ent",
        },
    )
    rows = [score("a", 300), score("b", 800), score("c", 500), score("d", 500, is_new=True)]
    publish(store, venture, DAY_US, *rows, customers=profiles)
    assert ids(store, venture) == ["a", "c", "d", "b"]
    assert ids(store, venture, sort=HealthSort.score_descending) == ["b", "c", "d", "a"]
    assert ids(store, venture, sort=HealthSort.arr) == ["b", "a", "c", "d"]
    assert ids(store, venture, sort=HealthSort.renewal) == ["c", "a", "b", "d"]
    assert ids(store, venture, sort=HealthSort.name) == ["b", "a", "c", "d"]
    assert ids(store, venture, limit=2, offset=1) == ["c", "d"]
    assert ids(store, venture, limit=None) == ["a", "c", "d", "b"]
    assert ids(store, venture, HealthFilter(owner="kim")) == ["a", "c"]
    assert ids(store, venture, HealthFilter(owner="kim", segment="ent")) == ["c"]
    assert ids(store, venture, HealthFilter(status=HealthStatus.at_risk)) == ["c", "d"]
    assert ids(store, venture, HealthFilter(is_new=True)) == ["d"]
    assert store.health.count(venture.venture_id, HealthFilter(owner="kim")) == 2
    assert store.health.count(venture.venture_id) == 4
    assert [row.customer_id for row in store.health.each(venture.venture_id)] == ["a", "b", "c", "d"]


def test_day_one_13_what_moved_is_read_with_name_and_owner_and_no_more(store: Store, venture: Venture) -> None:
    publish(store, venture, DAY_US, score("still", 500), score("fell", 700))
    again = [score("still", 500, previous_score_tenths=500), score("fell", 300, previous_score_tenths=700), score("new", 600)]
    publish(store, venture, 2 * DAY_US, *again)
    found = {one.customer_id: (one.previous_score, one.score) for one in store.health.moved(venture.venture_id, 2 * DAY_US)}
    assert found == {"fell": (70.0, 30.0), "new": (None, 60.0)}
    assert not list(store.health.moved(venture.venture_id, 3 * DAY_US))


def test_every_status_has_a_count(store: Store, venture: Venture) -> None:
    assert store.health.counts_by_status(venture.venture_id) == dict.fromkeys(HealthStatus, 0)
    publish(store, venture, DAY_US, score("a", 100), score("b", 200), score("c", 900))
    assert store.health.counts_by_status(venture.venture_id) == {
        HealthStatus.healthy: 1,
        HealthStatus.at_risk: 0,
        HealthStatus.critical: 2,
    }


def test_an_erased_customer_leaves_score_profile_and_judgements(store: Store, venture: Venture) -> None:
    publish(
        store,
        venture,
        DAY_US,
        score("a", 100),
        score("b", 200),
        customers=table({"customer_id": "a", "name": "A"}),
    )
    store.overrides.add(
        venture.venture_id,
        "a",
        score=90.0,
        status=None,
        reason="we spoke",
        person="kim",
        from_us=1,
        until_us=9,
        now_us=1,
    )
    assert store.health.delete(venture.venture_id, ["a", "unknown"]) == 1
    assert ids(store, venture) == ["b"]
    assert store.overrides.of_customer(venture.venture_id, "a") == []
    with pytest.raises(NotFound):
        store.health.get(venture.venture_id, "a")


def test_odd_customer_ids_and_texts_survive(store: Store, venture: Venture) -> None:
    odd = ["", "a,b", 'a"b', "a'b", "\\N", "a\nb", "é\U0001f600", "NULL", " a "]
    publish(
        store,
        venture,
        DAY_US,
        *(score(text, 500) for text in odd),
        customers=table(*({"customer_id": text, "name": text} for text in odd)),
    )
    found = {row.customer_id: row.profile.name for row in store.health.each(venture.venture_id)}
    assert found == {text: text for text in odd}


def test_doubles_come_back_to_the_last_bit(store: Store, venture: Venture) -> None:
    totals = [0.1 + 0.2, 1e-17, 2 / 3 * 100, 100.0]
    publish(store, venture, DAY_US, *(score(f"c{i}", 500, total=total) for i, total in enumerate(totals)))
    assert [row.total for row in store.health.each(venture.venture_id)] == totals

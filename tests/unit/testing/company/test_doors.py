"""Folders, Segment calls, and the mess in which facts arrive."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from tenure.clock import DAY_US
from tenure.testing.company import (
    Company,
    CompanyPlan,
    Courier,
    Facts,
    Mess,
    deliver,
    segment_calls,
    write_folder,
)
from tenure.testing.company.facts import IDS, KINDS, as_text_times

MESS = Mess(seed=3, duplicates=0.02, late=0.03, out_of_order=0.05, broken=0.01)


def read(path: Path, format: str) -> pd.DataFrame:
    if format == "csv":
        return pd.read_csv(path, dtype=str, keep_default_na=False)
    if format == "jsonl":
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        return pd.DataFrame(rows, dtype=object)
    frame: pd.DataFrame = parquet.read_table(path).to_pandas()
    return frame


@pytest.mark.parametrize("format", ["csv", "parquet", "jsonl"])
def test_a_folder_holds_every_fact_once(small: Facts, tmp_path: Path, format: Any) -> None:
    write_folder(small, tmp_path, format)
    expected = small.for_files()
    assert {file.name for file in tmp_path.iterdir()} == {f"{kind}.{format}" for kind in KINDS}
    for kind in KINDS:
        frame = read(tmp_path / f"{kind}.{format}", format)
        assert frame.columns.tolist() == expected[kind].column_names
        assert frame[IDS[kind]].tolist() == expected[kind][IDS[kind]].to_pylist()


def test_csv_carries_the_values_unchanged(small: Facts, tmp_path: Path) -> None:
    write_folder(small, tmp_path)
    for kind, column in [("events", "timestamp"), ("events", "properties"), ("customers", "churned_at")]:
        expected = [value or "" for value in as_text_times(small.for_files()[kind])[column].to_pylist()]
        assert read(tmp_path / f"{kind}.csv", "csv")[column].tolist() == expected
    amounts = read(tmp_path / "revenue.csv", "csv").monthly_amount.astype(float)
    assert amounts.tolist() == small["revenue"]["monthly_amount"].to_pylist()


def test_properties_are_objects_in_json_lines(small: Facts, tmp_path: Path) -> None:
    write_folder(small, tmp_path, "jsonl")
    frame = read(tmp_path / "events.jsonl", "jsonl")
    assert frame.properties.map(type).eq(dict).all()


def test_parquet_keeps_times_as_times(small: Facts, tmp_path: Path) -> None:
    write_folder(small, tmp_path, "parquet")
    schema = parquet.read_schema(tmp_path / "events.parquet")
    assert schema.field("timestamp").type == pa.timestamp("us", tz="UTC")


def test_a_days_folder_holds_only_what_changed(tmp_path: Path) -> None:
    company = Company(CompanyPlan(seed=2, customers=80, planned_days=40))
    company.history(20)
    facts = company.advance(company.day)
    write_folder(facts, tmp_path)
    assert len(read(tmp_path / "customers.csv", "csv")) < 15
    assert len(read(tmp_path / "events.csv", "csv")) > 20


def test_without_a_mess_everything_is_delivered_in_order(small: Facts) -> None:
    delivery = deliver(small.for_files())
    assert all(delivery.tables[kind].equals(small.for_files()[kind]) for kind in KINDS)
    assert delivery.broken_count == 0


def test_in_a_mess_the_good_rows_and_the_late_ones_are_all_the_facts(small: Facts) -> None:
    facts = small.for_files()
    delivery = deliver(facts, MESS)
    for kind in KINDS:
        bad = Counter(map(_frozen, delivery.broken[kind]))
        got = Counter(map(_frozen, delivery.tables[kind].to_pylist())) - bad
        late = map(_frozen, delivery.late.records(kind))
        assert set(got) | set(late) == set(map(_frozen, facts.records(kind)))
        assert sum(got.values()) - len(got) == delivery.duplicates[kind]


def test_the_mess_has_the_shares_asked_for(lived: Any) -> None:
    delivery = deliver(lived.facts.for_files(), MESS)
    total = lived.facts["events"].num_rows
    assert len(delivery.broken["events"]) / total == pytest.approx(0.01, rel=0.1)
    assert delivery.duplicates["events"] / total == pytest.approx(0.02, rel=0.1)
    assert delivery.late.counts()["events"] / total == pytest.approx(0.03, rel=0.1)
    times = pd.Series(delivery.tables["events"]["timestamp"].to_pylist())
    assert 0.05 < (times < times.shift()).mean() < 0.2


def test_every_broken_row_is_broken_in_a_way_a_reader_must_refuse(lived: Any) -> None:
    delivery = deliver(lived.facts.for_files(), MESS)
    assert all(delivery.broken[kind] for kind in KINDS)
    for row in delivery.broken["events"]:
        no_time = pd.isna(pd.to_datetime(row["timestamp"], errors="coerce", format="ISO8601"))
        assert no_time or row["event"] is None or row["user_id"] is row["customer_id"] is None


def test_a_messy_folder_says_what_must_be_quarantined(small: Facts, tmp_path: Path) -> None:
    delivery = write_folder(small, tmp_path, "csv", MESS)
    events = read(tmp_path / "events.csv", "csv")
    assert events.event_id.str.startswith("broken_").sum() == len(delivery.broken["events"]) > 0
    assert len(events) == delivery.tables["events"].num_rows


def test_a_courier_brings_late_events_another_day_and_loses_none() -> None:
    company, courier = Company(CompanyPlan(seed=2, customers=80, planned_days=40)), Courier(MESS)
    late = 0
    got, sent, bad = set(), set(), 0
    for day in range(company.day, company.day + 30):
        facts = company.advance(day)
        delivery = courier.carry(day, facts)
        sent |= set(facts["events"]["event_id"].to_pylist())
        ids = delivery.tables["events"]["event_id"].to_pylist()
        got |= {one for one in ids if not one.startswith("broken_")}
        bad += len(delivery.broken["events"])
        late += delivery.late.counts()["events"]
    on_the_way = set(courier.on_the_way["events"]["event_id"].to_pylist())
    assert bad > 0
    assert 0 < len(on_the_way) < late
    assert not got & on_the_way
    assert got | on_the_way == sent


def test_calls_carry_every_customer_user_and_event(small: Facts) -> None:
    calls = list(segment_calls(small))
    kinds = Counter(call["type"] for call in calls)
    counts = small.counts()
    assert kinds == {"group": counts["customers"], "identify": counts["users"], "track": counts["events"]}
    assert len({call["messageId"] for call in calls}) == len(calls)
    assert all(call.get("userId") or call.get("anonymousId") for call in calls)
    assert all(call["context"]["groupId"] for call in calls)
    assert all(len(json.dumps(call)) < 32_000 for call in calls)


def test_a_call_says_what_the_fact_says(small: Facts) -> None:
    events = {row["event_id"]: row for row in small.records("events")}
    for call in segment_calls(small):
        if call["type"] == "track":
            row = events.pop(call["messageId"])
            assert (call["event"], call["timestamp"]) == (row["event"], row["timestamp"])
            assert call["userId"] == row["user_id"]
            assert call["context"]["groupId"] == row["customer_id"]
            assert call["properties"] == json.loads(row["properties"])
    assert not events


def test_calls_arrive_in_order_of_sending(small: Facts) -> None:
    sent = [pd.Timestamp(call["sentAt"]) for call in segment_calls(small)]
    assert sent == sorted(sent)


def test_a_messy_stream_repeats_delays_and_breaks(lived: Any) -> None:
    company = Company(CompanyPlan(seed=2, customers=200, planned_days=40))
    facts = company.history(40)
    calls = list(segment_calls(facts, MESS))
    good = [call for call in calls if not call["messageId"].startswith("broken_")]
    assert {call["messageId"] for call in good} == {call["messageId"] for call in segment_calls(facts)}
    assert len(good) > facts.counts()["events"] * 1.01
    assert 0 < len(calls) - len(good) < 0.02 * len(calls)
    assert all("event" not in call for call in calls if call["messageId"].startswith("broken_"))
    delays = [pd.Timestamp(call["sentAt"]) - pd.Timestamp(call["timestamp"]) for call in good]
    assert pd.Timedelta(days=9) < max(delays) < pd.Timedelta(days=11.1)


def test_old_facts_can_be_sent_now(small: Facts) -> None:
    now_us = 20_700 * DAY_US
    assert {call["sentAt"] for call in segment_calls(small, sent_us=now_us)} == {"2026-09-04T00:00:00Z"}


def _frozen(row: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name, str(value)) for name, value in row.items()))

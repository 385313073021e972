"""A corpus of broken files: one sentence or some refused rows, never a traceback, and the good rows are in."""

from __future__ import annotations

import gzip
import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tenure.errors import BadInput

from .conftest import Desk

HEADER = "user_id,event,timestamp,properties\n"
GOOD = "u1,login,2026-01-05T10:00:00Z,\n"


def parquet(rows: int) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table({"user_id": ["u"] * rows, "event": ["login"] * rows, "timestamp": ["2026-01-01"] * rows}), out)
    return out.getvalue()


REFUSED_WHOLE = {
    "an empty file": ("events.csv", b""),
    "only blank lines": ("events.csv", b"\n\n\n"),
    "a ZIP called CSV": ("events.csv", b"PK\x03\x04" + bytes(200)),
    "an image called CSV": ("events.csv", b"\x89PNG\r\n\x1a\n" + bytes(range(32)) * 40),
    "an SQLite file called CSV": ("events.csv", b"SQLite format 3\0" + bytes(100)),
    "a cut-off Parquet file": ("events.parquet", parquet(10)[:-20]),
    "text called Parquet": ("events.parquet", HEADER.encode()),
    "an empty JSON file": ("events.jsonl", b" \n"),
    "broken JSON array": ("events.json", b'[{"a":1},\n{"b"'),
    "a gzip of nothing readable": ("events.csv", b"\x1f\x8b\x08\x00 not gzip at all"),
}


@pytest.mark.parametrize("case", list(REFUSED_WHOLE))
def test_what_cannot_be_read_at_all_is_said_in_one_sentence(desk: Desk, case: str) -> None:
    with pytest.raises(BadInput) as problem:
        desk.load(*REFUSED_WHOLE[case])
    assert problem.value.message.strip()
    assert "\n" not in str(problem.value)
    assert desk.inbox.rows == []


GOOD_ROWS_IN = {
    "a row too short": (GOOD + "u1,login\n" + GOOD, 2, ["ragged_row"]),
    "a row too long": (GOOD + "u1,login,2026-01-01,,x\n" + GOOD, 2, ["ragged_row"]),
    "a NUL in a name": (GOOD + "u1,log\0in,2026-01-01,\n", 1, ["control_character"]),
    "bytes of another encoding": ((HEADER + "üäößÄÖ,login,2026-01-01,\n").encode() + b"u\xff,login,2026-01-01,\n" + GOOD.encode(), 2, ["wrong_encoding"]),
    "an absurd number as time": (GOOD + "u1,login,1e400,\n", 1, ["not_a_time"]),
    "the first and the last year": (GOOD + "u1,login,0001-01-01,\nu1,login,9999-12-31T23:59:59Z,\n", 1, ["before_1900", "in_the_far_future"]),
    "JSON that is none": (GOOD + "u1,login,2026-01-01,{oops\n", 1, ["bad_json"]),
    "a huge cell": (GOOD + "u1," + "x" * 300_000 + ",2026-01-01,\n" + GOOD, 2, ["too_long"]),
    "a quote that never closes": (GOOD + 'u1,"login,2026-01-01,\n' + GOOD * 3, 4, ["unclosed_quote"]),
    "two quotes that never close": (GOOD + 'u1,"login,2026-01-01,\n' + GOOD * 100 + 'u2,"login,2026-01-01,\n' + GOOD, 102, ["unclosed_quote", "unclosed_quote"]),
    "a quote inside a cell": (GOOD + 'u1,5" pipe,2026-01-01,\n' + GOOD, 3, []),
    "no line end at the end": (GOOD + GOOD.strip(), 2, []),
    "spaces for cells": (GOOD + " , , , \n", 1, []),
}  # fmt: skip


@pytest.mark.parametrize("case", list(GOOD_ROWS_IN))
def test_the_good_rows_of_a_bad_file_are_in(desk: Desk, case: str) -> None:
    content, good, rules = GOOD_ROWS_IN[case]
    report = desk.load("events.csv", content if isinstance(content, bytes) else HEADER + content).report
    assert len(desk.inbox.rows) == good == report.accepted
    assert sorted(rule for _, _, rule in desk.refusals()) == sorted(rules)


def test_a_truncated_gzip_gives_its_whole_rows_and_says_so(desk: Desk) -> None:
    rows = "".join(f"u{n},login,2026-01-01T10:00:{n % 60:02d}Z,\n" for n in range(5_000))
    packed = gzip.compress((HEADER + rows).encode())
    report = desk.load("events.csv.gz", packed[: len(packed) // 2]).report
    assert 0 < report.accepted < 5_000
    assert "incomplete" in report.files[0].notes[0]
    assert {row.name for row in desk.inbox.rows} == {"login"}
    assert all((row.user_id or "").removeprefix("u").isdigit() for row in desk.inbox.rows)


def test_a_parquet_damaged_inside_gives_the_rows_before_and_says_so(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenure.services.importing.other_files.ROWS_PER_PIECE", 10)
    out = io.BytesIO()
    users = [f"u{n}-{n * 7919}" for n in range(1_000)]
    pq.write_table(pa.table({"user_id": users, "event": ["login"] * 1_000, "timestamp": ["2026-01-01"] * 1_000}), out, row_group_size=100, compression="gzip")
    raw = bytearray(out.getvalue())
    middle = len(raw) // 2
    raw[middle : middle + 400] = b"\xff" * 400
    report = desk.load("events.parquet", bytes(raw)).report
    assert 0 < report.accepted < 1_000
    assert "damaged" in report.files[0].notes[0]


def test_a_header_alone_is_no_row(desk: Desk) -> None:
    report = desk.load("events.csv", HEADER).report
    assert (report.rows_read, report.accepted, report.quarantined) == (0, 0, 0)


def test_a_column_named_twice_keeps_both_and_says_so(desk: Desk) -> None:
    report = desk.load("customers.csv", "customer_id,size,size,\n1,4,5,x\n").report
    assert desk.bodies() == [{"customer_id": "1", "traits": {"size": 4, "size_2": 5, "column_4": "x"}}]
    assert len(report.files[0].notes) == 2


def test_json_lines_that_are_no_objects_are_refused_line_by_line(desk: Desk) -> None:
    desk.load("events.jsonl", '{"user_id":"u","event":"login","timestamp":1767600000}\n[1,2]\n{oops\n"text"\nnull\n{"user_id":{"a":1},"event":"x","timestamp":1767600000}\n')
    assert len(desk.inbox.rows) == 1
    assert desk.refusals() == [
        ("events.jsonl line 2", "", "not_an_object"), ("events.jsonl line 3", "", "bad_json"), ("events.jsonl line 4", "", "not_an_object"),
        ("events.jsonl line 5", "", "bad_json"), ("events.jsonl line 6", "user_id", "not_text"),
    ]  # fmt: skip


def test_a_parquet_of_impossible_times_is_refused_row_by_row(desk: Desk) -> None:
    out = io.BytesIO()
    times = pa.array([1_767_600_000_000, 9_000_000_000_000_000], pa.timestamp("ms"))
    pq.write_table(pa.table({"user_id": ["u", "u"], "event": ["login", "login"], "timestamp": times}), out)
    desk.load("events.parquet", out.getvalue())
    assert len(desk.inbox.rows) == 1
    assert [rule for _, _, rule in desk.refusals()] == ["in_the_far_future"]

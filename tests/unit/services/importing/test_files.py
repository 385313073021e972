"""Files as they come: dialects, encodings, formats, a folder; twice, extended, interrupted; replayed after a fix."""

from __future__ import annotations

import gzip
import io
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tenure.errors import BadInput, Unavailable
from tenure.ids import fact_key
from tenure.model.facts import EXPLICIT_FEATURE, FactKind
from tenure.model.mapping import FactMapping, FeatureRule
from tenure.model.quarantine import QuarantineState
from tenure.services.importing.mapping import SourceMapping

from .conftest import NOW_US, Desk

EVENTS = "event_id,user_id,event,timestamp,properties\n1,u1,login,2026-01-05T10:00:00Z,\n2,u1,feature_adopted,2026-01-06T10:00:00Z,\"{\"\"feature\"\":\"\"export\"\"}\"\n"


def test_an_event_row_becomes_an_inbox_row(desk: Desk) -> None:
    report = desk.load("events.csv", EVENTS).report
    first, second = desk.inbox.rows
    assert (first.venture_id, first.kind, first.source, first.received_us) == (1, FactKind.event, "files", NOW_US)
    assert (first.key_hi, first.key_lo) == fact_key("event", "files", "1")
    assert (first.user_id, first.customer_id, first.name, first.feature, first.body) == ("u1", None, "login", None, None)
    assert (second.feature, second.body) == ("export", '{"feature":"export"}')
    assert report.files[0].sentence == "events.csv: 2 of 2 rows as events, 2026-01-05 to 2026-01-06."


@pytest.mark.parametrize(
    ("name", "header", "missing"),
    [
        ("answers.csv", "foo,bar", "survey, score, answered_at, customer_id or user_id"),
        ("answers.csv", "survey,score,account", "answered_at"),
        ("events.csv", "event,timestamp", "user_id or customer_id"),
        ("customers.csv", "name", "customer_id"),
    ],
)
def test_a_header_that_lets_no_row_in_says_what_is_missing(desk: Desk, name: str, header: str, missing: str) -> None:
    with pytest.raises(BadInput, match=f"{name} has no column for {missing}, without .*its columns are: {header.replace(',', ', ')}"):
        desk.load(name, header + "\n")
    cells = ",".join("1" for _ in header.split(","))
    report = desk.load(name, f"{header}\n{cells}\n").report
    assert report.quarantined == 1 and f"has no column for {missing}" in report.files[0].notes[0]


@pytest.mark.parametrize("header", ["event,timestamp,anonymous_id", "Event Name,Time,Account ID"])
def test_a_header_alone_is_no_mistake(desk: Desk, header: str) -> None:
    assert desk.load("events.csv", header + "\n").report.files[0].failure == ""


def test_a_column_feature_is_the_feature_and_no_property(desk: Desk) -> None:
    rows = [f"exported,2026-01-05,u1,{feature}" for feature in ("reports", "charts", "")]
    desk.load("events.csv", "\n".join(["event,timestamp,user_id,feature", *rows]))
    said = [(row.feature, row.anonymous, row.body) for row in desk.inbox.rows]
    assert said == [("reports", EXPLICIT_FEATURE, None), ("charts", EXPLICIT_FEATURE, None), (None, 0, None)]
    desk.load("events.csv", "\n".join(["event,timestamp,user_id,feature", *reversed(rows)]))
    assert len({(row.key_hi, row.key_lo) for row in desk.inbox.rows}) == 3, "the same rows in another order"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "latin-1"])
def test_every_usual_encoding_is_detected(desk: Desk, encoding: str) -> None:
    desk.load("customers.csv", "customer_id;name\n1;Jürgen Größe\n2;Ålesund A/S\n".encode(encoding))
    assert [body["name"] for body in desk.bodies()] == ["Jürgen Größe", "Ålesund A/S"]


def test_an_encoding_that_shows_only_late_is_still_found(desk: Desk) -> None:
    rows = "".join(f"{n},plain name\n" for n in range(40_000))
    desk.load("customers.csv", ("customer_id,name\n" + rows).encode() + "x,Größe\n".encode("cp1252"))
    assert desk.bodies()[-1]["name"] == "Größe"


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_every_usual_delimiter_is_detected(desk: Desk, mark: str) -> None:
    desk.load("customers.csv", mark.join(["customer_id", "name", "plan"]) + "\n" + mark.join(["1", '"A, B; C"', "pro"]) + "\n")
    assert desk.bodies() == [{"customer_id": "1", "name": "A, B; C", "plan": "pro"}]


def test_quoted_newlines_old_mac_lines_and_a_sep_line_are_read(desk: Desk) -> None:
    desk.load("customers.csv", 'sep=;\r\ncustomer_id;name\r\n1;"two\r\nlines"\r\n2;one\r\n')
    desk.load("more/customers.csv", "customer_id,name\r3,three\r")
    assert [body["name"] for body in desk.bodies()] == ["two\r\nlines", "one", "three"]


def test_places_are_the_line_numbers_of_the_file(desk: Desk) -> None:
    desk.load("events.csv", 'user_id,event,timestamp\nu1,login,2026-01-01\nu1,"lo\ngin",2026-01-01\nu1,login,never\nu1,login\n')
    assert desk.refusals() == [("events.csv line 6", "", "ragged_row"), ("events.csv line 5", "timestamp", "not_a_time")]


def test_blank_lines_count_as_lines_but_not_as_rows(desk: Desk) -> None:
    report = desk.load("events.csv", "\nuser_id,event,timestamp\n\nu1,login,2026-01-01\r\n\r\n\nu1,login,never\nu1,login\n").report
    assert desk.refusals() == [("events.csv line 8", "", "ragged_row"), ("events.csv line 7", "timestamp", "not_a_time")]
    assert report.rows_read == 3


def test_european_numbers_and_day_first_dates_are_noticed_and_said(desk: Desk) -> None:
    report = desk.load("customers.csv", "customer_id;created_at;arr\n1;31/01/2026;1.200,50\n2;03/02/2026;80,00\n").report
    assert [body["arr_cents"] for body in desk.bodies()] == [120050, 8000]
    assert [body["created_us"] for body in desk.bodies()] == [1_769_817_600_000_000, 1_770_076_800_000_000]
    assert len(report.files[0].notes) == 2


def test_unknown_columns_become_traits_and_are_named(desk: Desk) -> None:
    report = desk.load("customers.csv", "customer_id,team size,region\n1,12,EU\n").report
    assert desk.bodies() == [{"customer_id": "1", "traits": {"team size": 12, "region": "EU"}}]
    assert report.files[0].kept_columns == ("team size", "region")


def test_parquet_and_json_lines_give_what_csv_gives(desk: Desk) -> None:
    desk.load("events.csv", EVENTS)
    table = pa.table(
        {
            "event_id": [1, 2], "user_id": ["u1", "u1"], "event": pa.array(["login", "feature_adopted"]).dictionary_encode(),
            "timestamp": pa.array([1_767_607_200_000_000_000, 1_767_693_600_000_000_000], pa.timestamp("ns")),
            "properties": pa.array([None, {"feature": "export"}], pa.struct({"feature": pa.string()})),
        }
    )  # fmt: skip
    out = io.BytesIO()
    pq.write_table(table, out)
    desk.load("events.parquet", out.getvalue())
    lines = '{"event_id":1,"user_id":"u1","event":"login","timestamp":1767607200}\n\n{"event_id":2,"user_id":"u1","event":"feature_adopted","timestamp":"2026-01-06T11:00:00+01:00","properties":{"feature":"export"}}\n'
    desk.load("events.jsonl", lines)
    desk.load("events.json", "[" + lines.strip().replace("\n\n", ",") + "]")
    assert len(desk.inbox.rows) == 8
    assert set(desk.inbox.rows) == set(desk.inbox.rows[:2])


def test_a_gzipped_file_is_unpacked_whatever_its_name(desk: Desk) -> None:
    desk.load("events.csv.gz", gzip.compress(EVENTS.encode()))
    desk.load("events.csv", gzip.compress(EVENTS.encode()))
    assert len(desk.inbox.distinct()) == 2


def test_features_follow_the_rules_of_the_venture(desk: Desk) -> None:
    mapping = FactMapping(feature_rules=(FeatureRule(event="login", feature="door"), FeatureRule(event="*", property="area")))
    desk.load("events.csv", "user_id,event,timestamp,area\nu,login,2026-01-01,x\nu,open,2026-01-01,map\nu,open,2026-01-01,\n", mapping=mapping)
    assert [row.feature for row in desk.inbox.rows] == ["door", "map", None]


NAMELESS = "customer_id,event,timestamp\nc,login,2026-01-01\nc,login,2026-01-01\nc,quote,2026-01-01\n"


def test_P9_rows_without_id_count_each_and_the_same_file_again_adds_nothing(desk: Desk) -> None:
    desk.load("events.csv", NAMELESS)
    assert len(desk.inbox.distinct()) == 3
    desk.load("events.csv", NAMELESS)
    assert len(desk.inbox.distinct()) == 3


def test_P9_an_extended_file_adds_only_what_is_new(desk: Desk) -> None:
    desk.load("events.csv", NAMELESS)
    desk.load("events.csv", NAMELESS + "c,login,2026-01-01\nc,login,2026-01-02\n")
    assert len(desk.inbox.distinct()) == 5


def test_an_import_killed_between_chunks_is_completed_by_repeating_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenure.services.importing.csv_file.BLOCK_BYTES", 2_000)
    monkeypatch.setattr("tenure.services.importing.bytestream.SAMPLE_BYTES", 2_000)
    content = "customer_id,event,timestamp\n" + "".join(f"c{n % 7},login,2026-01-0{n % 9 + 1}\n" for n in range(2_000))
    calls: list[int] = []

    def crash(rows: int) -> None:
        calls.append(rows)
        if len(calls) == 5:
            raise Unavailable("The inbox is full.", "Free some space.")

    desk.inbox.before_append = crash
    with pytest.raises(Unavailable):
        desk.load("events.csv", content)
    assert 0 < len(desk.inbox.rows) < 2_000
    desk.load("events.csv", content)
    assert len(calls) > 10
    assert len(desk.inbox.distinct()) == 2_000


def test_a_statement_has_its_subject_time_and_content_as_identity(desk: Desk) -> None:
    desk.load("customers.csv", "customer_id,plan,updated_at\n1,basic,2026-01-01\n1,pro,2026-02-01\n")
    assert [row.occurred_us for row in desk.inbox.rows] == [1_767_225_600_000_000, 1_769_904_000_000_000]
    assert desk.bodies() == [{"customer_id": "1", "plan": "basic"}, {"customer_id": "1", "plan": "pro"}]
    assert len(desk.inbox.distinct()) == 2


def test_good_rows_go_in_and_bad_ones_wait_with_field_value_and_rule(desk: Desk) -> None:
    report = desk.load("tickets.csv", "ticket_id,customer_id,status,created_at\n1,c,open,2026-01-01\n2,c,strange,2026-01-01\n3,,open,2026-01-01\n").report
    assert desk.refusals() == [("tickets.csv line 3", "status", "unknown_status"), ("tickets.csv line 4", "customer_id", "required")]
    assert (report.accepted, report.quarantined, report.files[0].quarantined_by_rule) == (1, 2, {"required": 1, "unknown_status": 1})
    assert desk.quarantine.get(1, 1).refusal.value == "strange"
    desk.load("tickets.csv", "ticket_id,customer_id,status,created_at\n1,c,open,2026-01-01\n2,c,strange,2026-01-01\n3,,open,2026-01-01\n")
    assert len(desk.refusals()) == 2


def test_a_fixed_record_is_replayed_with_the_key_of_the_corrected_file(desk: Desk) -> None:
    desk.load("answers.csv", "survey,score,answered_at,user_id\nnps,99,2026-01-01,u1\nnps,98,2026-01-01,u2\n")
    items = desk.quarantine.list(1)
    fixed: dict[int, dict[str, Any]] = {items[0].item_id: {**items[0].refusal.record, "score": "9"}}
    done = desk.service.replay(1, items, now_us=NOW_US, fixed=fixed)
    assert done.accepted == (items[0].item_id,)
    assert [problem.rule for problem in done.refused[0].problems] == ["score_out_of_range"]
    assert desk.quarantine.get(1, items[0].item_id).state is QuarantineState.replayed
    desk.load("answers.csv", "survey,score,answered_at,user_id\nnps,9,2026-01-01,u1\n")
    assert len(desk.inbox.distinct()) == 1


def test_a_ragged_row_can_be_repaired_and_replayed(desk: Desk) -> None:
    desk.load("events.csv", "user_id,event,timestamp\nu1,login,2026-01-01,oops\n")
    [item] = desk.quarantine.list(1)
    assert item.refusal.record == {"user_id": "u1", "event": "login", "timestamp": "2026-01-01", "more cells": ["oops"]}
    repaired = {name: cell for name, cell in item.refusal.record.items() if name != "more cells"}
    assert desk.service.replay(1, [item], now_us=NOW_US, fixed={item.item_id: repaired}).accepted == (item.item_id,)


def test_a_row_whose_cells_are_cut_wrong_is_never_replayed_as_it_is(desk: Desk) -> None:
    desk.load("customers.csv", 'customer_id,created_at,status\nc1,2026-01-01\n"c2,2026-01-01,active\n')
    items = desk.quarantine.list(1)
    done = desk.service.replay(1, items, now_us=NOW_US)
    assert {problem.rule for still in done.refused for problem in still.problems} == {"ragged_row", "unclosed_quote"}
    assert not done.accepted and not desk.inbox.distinct()


def test_blank_rows_and_counts_of_zero_stand_for_nothing(desk: Desk) -> None:
    report = desk.load("events.csv", "customer_id,event,timestamp,count\nc,search,2026-01-01,3\nc,search,2026-01-02,0\n,,,\n").report
    assert (report.accepted, report.quarantined, report.files[0].skipped) == (1, 0, 2)


def test_a_folder_is_read_customers_first_and_strangers_are_named(desk: Desk) -> None:
    desk.write("in/events.csv", EVENTS)
    desk.write("in/customers.jsonl", '{"customer_id":"c1"}\n')
    desk.write("in/notes.csv", "a,b\n1,2\n")
    desk.write("in/readme.md", "hello")
    report = desk.service.import_paths(1, [desk.folder / "in"], now_us=NOW_US).report
    assert [file.file for file in report.files] == ["customers.jsonl", "events.csv"]
    assert [unread.file for unread in report.unread] == ["notes.csv"]


def test_a_broken_file_in_a_folder_does_not_stop_the_others(desk: Desk) -> None:
    desk.write("in/events.csv", EVENTS)
    desk.write("in/users.parquet", b"PAR1 but not really")
    report = desk.service.import_paths(1, [desk.folder / "in"], now_us=NOW_US).report
    assert [bool(file.failure) for file in report.files] == [True, False]
    assert report.accepted == 2


def test_progress_ends_at_the_size_of_the_files(desk: Desk) -> None:
    seen: list[Any] = []
    desk.load("events.csv", EVENTS, progress=seen.append)
    assert (seen[-1].rows_done, seen[-1].bytes_done, seen[-1].bytes_total) == (2, len(EVENTS), len(EVENTS))


def test_a_file_may_feed_several_declared_sources(desk: Desk) -> None:
    people = SourceMapping(name="people", kind="users", files=("*.csv",), columns={"user_id": ("who",)}, keep_unknown=False)
    visits = SourceMapping(name="visits", kind="events", files=("log*",), columns={"user_id": ("who",), "timestamp": ("day",)}, constants={"event": "visit"})
    desk.load("log.csv", "who,day\nu1,2026-01-01\n", people, visits)
    assert [(row.kind, row.source) for row in desk.inbox.rows] == [(FactKind.user, "people"), (FactKind.event, "visits")]


def test_inbox_bodies_leave_out_when_it_was_said(desk: Desk) -> None:
    desk.load("users.csv", "user_id,customer_id,email\nu1,c1,ada@example.com\n")
    [row] = desk.inbox.rows
    assert msgspec.json.decode(row.body or "") == {"user_id": "u1", "customer_id": "c1", "email": "ada@example.com"}
    assert (row.user_id, row.customer_id, row.occurred_us) == ("u1", "c1", NOW_US - 1)


def test_a_file_that_tells_nothing_is_refused_with_a_way_out(desk: Desk) -> None:
    with pytest.raises(BadInput, match=r"does not tell what its rows are.*declare a \[\[source\]\]"):
        desk.load("stuff.csv", "a,b\n1,2\n")


def test_json_lines_may_show_a_declared_field_late_or_never(desk: Desk) -> None:
    source = SourceMapping(name="app", kind="customers", files=("*.jsonl",), columns={"customer_id": ("id",), "plan": ("tier",), "owner": ("csm",)})
    desk.load("c.jsonl", '{"id":1}\n{"id":2,"tier":"pro","size":3}\n', source)
    assert desk.bodies() == [{"customer_id": "1"}, {"customer_id": "2", "plan": "pro", "traits": {"size": 3}}]

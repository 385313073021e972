"""The columnar path is only faster: for any rows it gives the facts and refusals that row by row gives."""

from __future__ import annotations

import csv
import io
import itertools
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tenure.errors import BadInput
from tenure.model.mapping import FactMapping, FeatureRule
from tenure.services.importing.convert import convert
from tenure.services.importing.csv_file import CsvFile
from tenure.services.importing.fields import FIELDS, PERIODS
from tenure.services.importing.keys import Occurrences
from tenure.services.importing.mapping import SourceMapping
from tenure.services.importing.other_files import JsonLinesFile, open_file
from tenure.services.importing.plan import resolve
from tenure.services.importing.records import Parsed, parse_row
from tenure.services.importing.service import ImportService
from tenure.services.importing.staging import stage
from tenure.testing.memory_store import MemoryCursors, MemoryInbox, MemoryQuarantine

NOW_US = 1_790_000_000_000_000
MAPPING = FactMapping(
    login_names=("login",),
    feature_rules=(FeatureRule(event="feature_adopted", property="feature"), FeatureRule(event="quote"), FeatureRule(event="*", property="area")),
)
CELLS = st.one_of(
    st.sampled_from(
        [
            "", " ", "NULL", "c1", "c2", "u1", " c1 ", "login", "feature_adopted", "quote", "active", "Churned", "new", "churn",
            "2026-01-05", "2026-01-05T10:00:00Z", "2026-03-29 02:30:00", "2026-10-25 02:30:00", "2026-02-30", "9999-12-31",
            "0001-01-01", "2026-01-05T10:00:00+02:00", "1767600000", "1767600000123", "1e400", "12.345", "-3", "0", "7", "1,234.50",
            "yes", "no", "nps", "csat", '{"feature":"export"}', '{"a":1,"count":9,"extra":"mine"}', "{bad", "[1]", "x" * 300,
            'say "hi"', "line\nbreak", "tab\there", "ümlaut €", "\u2028", "EUR", "007", "1.10", "true", "monthly", "a\\b",
        ]
    ),
    st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\r"), max_size=12),
)  # fmt: skip
OBJECTS = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), CELLS,
    st.dictionaries(st.text(max_size=5), st.one_of(st.integers(0, 9), st.text(max_size=5)), max_size=3), st.lists(st.integers(0, 3), max_size=2),
)  # fmt: skip


def by_row(reader: Any, source: SourceMapping) -> tuple[list[Any], list[Any], int]:
    accepted, refused, skipped = [], [], 0
    for piece in reader.pieces():
        for index in range(len(piece.chunk)):
            plan = resolve(source, list(piece.chunk.columns), source.rules(NOW_US))
            parsed = parse_row(piece.chunk.row(index), plan)
            place = int(piece.chunk.places[index])
            if parsed is None:
                skipped += 1
            elif isinstance(parsed, Parsed):
                accepted.append(stage(place, parsed.record, parsed.fact_id, MAPPING))  # type: ignore[arg-type]
            else:
                refused.append((place, parsed))
    reader.close()
    return accepted, refused, skipped


def by_column(reader: Any, source: SourceMapping) -> tuple[list[Any], list[Any], int]:
    accepted, refused, skipped = [], [], 0
    for piece in reader.pieces():
        done = convert(piece.chunk, resolve(source, list(piece.chunk.columns), source.rules(NOW_US)), MAPPING)
        accepted.extend(zip(*[column.to_pylist() for column in done.staged.columns], strict=True))
        refused.extend((item.place, item.problems) for item in done.refused)
        skipped += done.skipped
    reader.close()
    return accepted, refused, skipped


@st.composite
def files(draw: st.DrawFn) -> tuple[SourceMapping, list[str], list[list[str]]]:
    kind = draw(st.sampled_from([kind for kind in FIELDS if kind != PERIODS]))
    names = [field.column for field in FIELDS[kind]]
    required = [field.column for field in FIELDS[kind] if field.is_required]
    chosen = draw(st.lists(st.sampled_from(names), unique=True, max_size=6))
    columns = list(dict.fromkeys([*required, *chosen, *draw(st.sampled_from([[], ["extra"], ["extra", "Other one"]]))]))
    rows = draw(st.lists(st.tuples(*[CELLS] * len(columns)).map(list), max_size=8))
    zone = draw(st.sampled_from([None, "Europe/Vienna"]))
    source = SourceMapping(name="s", kind=kind, files=("f.csv",), time_zone=zone, prefix=draw(st.sampled_from(["", "x_"])))
    return source, columns, rows


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(given_file=files())
def test_csv_rows_become_the_same_facts_by_column_and_by_row(given_file: Any, tmp_path: Path) -> None:
    source, columns, rows = given_file
    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows([columns, *rows])
    path = tmp_path / "f.csv"
    path.write_bytes(out.getvalue().encode())
    assert by_column(CsvFile(path, "utf-8", ","), source) == by_row(CsvFile(path, "utf-8", ","), source)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_json_objects_become_the_same_facts_by_column_and_by_row(data: st.DataObject, tmp_path: Path) -> None:
    import json

    kind = data.draw(st.sampled_from([kind for kind in FIELDS if kind != PERIODS]))
    names = [field.column for field in FIELDS[kind]] + ["extra"]
    rows = data.draw(st.lists(st.dictionaries(st.sampled_from(names), OBJECTS, max_size=6), min_size=1, max_size=6))
    path = tmp_path / "f.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows))
    source = SourceMapping(name="s", kind=kind, files=("f.jsonl",))
    assert by_column(JsonLinesFile(path), source) == by_row(JsonLinesFile(path), source)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.one_of(st.binary(max_size=400), st.text(alphabet='a,;"\n\r\t\0é{}[]1', max_size=200).map(str.encode)), suffix=st.sampled_from([".csv", ".jsonl", ".parquet", ".tsv"]))
def test_no_bytes_whatever_end_in_a_traceback(content: bytes, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"events{suffix}"
    path.write_bytes(content)
    inbox, quarantine = MemoryInbox(), MemoryQuarantine()
    service = ImportService(inbox, quarantine, MemoryCursors())
    try:
        report = service.import_paths(1, [path], now_us=NOW_US).report
    except BadInput as problem:
        assert problem.message.endswith(".")
        assert inbox.rows == []
    else:
        file = report.files[0]
        assert file.rows_read == file.accepted + file.quarantined + file.skipped


@settings(max_examples=60, deadline=None)
@given(contents=st.lists(st.sampled_from([b"a", b"b", b"c"]), max_size=60), cuts=st.lists(st.integers(0, 60), max_size=4))
def test_occurrence_numbers_do_not_depend_on_how_a_file_is_cut(contents: list[bytes], cuts: list[int]) -> None:
    whole = Occurrences().number(contents).tolist()
    edges = [0, *sorted(min(cut, len(contents)) for cut in cuts), len(contents)]
    piecewise = Occurrences()
    numbers = [n for start, end in itertools.pairwise(edges) if end > start for n in piecewise.number(contents[start:end]).tolist()]
    assert numbers == whole == [contents[:index].count(part) for index, part in enumerate(contents)]


def test_opening_something_that_is_not_there_is_said_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="There is no file"):
        open_file(tmp_path / "gone.csv")

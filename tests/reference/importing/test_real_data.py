"""The real data sets through the example workspaces: every row is understood, and revenue equals published figures."""

from __future__ import annotations

import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tenure.clock import to_us
from tenure.services.importing.mapping import parse_facts, parse_sources
from tenure.services.importing.service import Imported, ImportService
from tenure.testing.memory_store import MemoryCursors, MemoryInbox, MemoryQuarantine

ROOT = Path(__file__).parents[3]
NOW_US = 1_790_000_000_000_000


class TablesOnly(MemoryInbox):
    """Keeps the tables as they come: two million rows are too many for a list."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[Any] = []

    def append_arrow(self, table: Any) -> None:
        self.tables.append(table)


def load(shared: Path, name: str, *files: str) -> tuple[Imported, Any]:
    raw = tomllib.loads((ROOT / "examples" / name / "tenure.toml").read_text())
    inbox = TablesOnly()
    service = ImportService(inbox, MemoryQuarantine(), MemoryCursors())
    folder = shared / "data" / name
    paths = [folder / file for file in files] if files else [folder]
    done = service.import_paths(1, paths, parse_sources(raw["source"]), parse_facts(raw["facts"]).mapping, now_us=NOW_US)
    return done, pa.concat_tables(inbox.tables)


def test_oulad_is_understood_to_the_last_row(shared: Path) -> None:
    """Counts of the data's README: 2,150 registrations, 565 cancelled, 584,248 activity rows, 12,889 submissions."""
    done, rows = load(shared, "oulad")
    assert {file.file: (file.kind, file.accepted, file.quarantined) for file in done.report.files} == {
        "customers.csv": ("customers", 2_150, 0),
        "events.parquet": ("events", 584_248, 0),
        "submissions.csv": ("events", 12_889, 0),
    }
    assert (done.seen.customers, done.seen.customers_with_created, done.seen.customers_churned) == (2_150, 2_150, 565)
    assert (done.seen.logins, done.seen.customers_known_only_from_other_facts) == (584_248, 0)
    keys = rows.group_by(["key_hi", "key_lo"]).aggregate([])
    assert keys.num_rows == rows.num_rows == 2_150 + 584_248 + 12_889


def test_oulad_clicks_are_kept_as_counts(shared: Path) -> None:
    """The sum of the column `clicks`, computed by DuckDB from the same Parquet file."""
    import duckdb

    _, rows = load(shared, "oulad", "events.parquet")
    counts = pc.struct_field(pc.extract_regex(rows["body"], r'"count":(?P<n>\d+)'), "n").cast(pa.int64())
    expected = duckdb.sql(f"SELECT sum(clicks)::BIGINT FROM '{shared}/data/oulad/events.parquet'").fetchall()
    assert [(pc.sum(counts).as_py(),)] == expected


def paying(rows: Any, day: str) -> dict[str, int]:
    """Monthly cents by customer just after midnight of a day, from the movements alone."""
    until_us = to_us(datetime.fromisoformat(day + "T00:00:00+00:00"))
    totals: dict[str, int] = {}
    moves = [msgspec.json.decode(body) for body in rows.filter(pc.equal(rows["kind"], 5)).sort_by("occurred_us")["body"].to_pylist()]
    for move in moves:
        if move["occurred_us"] <= until_us:
            who, cents = move["customer_id"], move.get("monthly_cents", 0)
            signed = -cents if move["kind"] == "contraction" else cents
            totals[who] = 0 if move["kind"] == "churn" else totals.get(who, 0) + signed
    return {who: cents for who, cents in totals.items() if cents}


@pytest.mark.parametrize("period", ["2022-06-01..2022-07-01", "2022-12-01..2023-01-01", "2022-03-01..2023-03-01"])
def test_saas_periods_become_the_revenue_of_the_published_definitions(shared: Path, period: str) -> None:
    """golden/saas_retention.json: published SQL definitions of net retention and MRR churn, run in DuckDB."""
    golden = msgspec.json.decode((shared / "data/golden/saas_retention.json").read_bytes())["crm5_reset"][period]
    _, rows = load(shared, "saas", "subscriptions.csv.gz")
    start, end = (paying(rows, day) for day in period.split(".."))
    kept = {who: end.get(who, 0) for who in start}
    assert sum(start.values()) == golden["waterfall"]["start_mrr"] * 100
    assert len(start) == golden["waterfall"]["start_accounts"]
    assert sum(kept.values()) / sum(start.values()) == pytest.approx(golden["waterfall"]["NRR"], abs=1e-9)
    gross = sum(min(kept[who], start[who]) for who in start) / sum(start.values())
    assert gross == pytest.approx(golden["waterfall"]["GRR"], abs=1e-9)


def test_saas_is_understood_to_the_last_row(shared: Path) -> None:
    """Counts of the data's README: 1,637 accounts, 32.8 million events as daily counts."""
    done, rows = load(shared, "saas")
    assert {file.file: (file.accepted, file.quarantined) for file in done.report.files} == {
        "accounts.csv": (1_637, 0),
        "active_users_daily.csv.gz": (479_781, 0),
        "events_daily.csv.gz": (1_439_797, 0),
        "subscriptions.csv.gz": (42_006, 0),
    }
    usage = rows.filter(pc.equal(rows["source"], "usage"))
    counts = pc.struct_field(pc.extract_regex(usage["body"], r'"count":(?P<n>\d+)'), "n").cast(pa.int64())
    assert pc.sum(counts).as_py() == 32_767_366
    assert usage["feature"].null_count == 0
    assert done.seen.customers_known_only_from_other_facts == 0

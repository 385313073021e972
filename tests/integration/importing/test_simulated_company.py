"""A whole simulated company through the file door: every good row in, every broken one named, in any format."""

from __future__ import annotations

from pathlib import Path

import pytest

from tenure.model.mapping import FactMapping
from tenure.services.importing.rehearsal import rehearse
from tenure.services.importing.service import ImportService
from tenure.testing.company import Company, CompanyPlan, Mess, write_folder
from tenure.testing.memory_store import MemoryCursors, MemoryInbox, MemoryQuarantine

NOW_US = 1_790_000_000_000_000


@pytest.mark.parametrize("form", ["csv", "parquet", "jsonl"])
def test_a_company_of_files_imports_without_mapping(form: str, tmp_path: Path) -> None:
    facts = Company(CompanyPlan(customers=60, planned_days=40, past_weeks=4)).history(40)
    delivery = write_folder(facts, tmp_path / form, form)  # type: ignore[arg-type]
    inbox, quarantine = MemoryInbox(), MemoryQuarantine()
    done = ImportService(inbox, quarantine, MemoryCursors()).import_paths(1, [tmp_path / form], now_us=NOW_US)
    expected = {kind: table.num_rows for kind, table in delivery.tables.items()}
    assert {file.kind: file.accepted for file in done.report.files} == expected
    assert [item.refusal.rule for item in quarantine.list(1)] == []
    assert all(not file.kept_columns and not file.ignored_columns for file in done.report.files)
    assert all(use.origin == "named" for file in done.report.files for use in file.columns)
    assert len(inbox.distinct()) == sum(expected.values())
    assert done.seen.customers_known_only_from_other_facts == 0
    assert {gap.name for gap in rehearse(done.seen, FactMapping()).gaps} <= {"no_owner", "no_arr", "no_renewal_dates", "no_email", "customers_without_events"}


def test_three_formats_of_one_company_are_the_same_events(tmp_path: Path) -> None:
    facts = Company(CompanyPlan(customers=30, planned_days=20, past_weeks=2)).history(20)
    found = []
    for form in ("csv", "parquet", "jsonl"):
        write_folder(facts, tmp_path / form, form)  # type: ignore[arg-type]
        inbox = MemoryInbox()
        ImportService(inbox, MemoryQuarantine(), MemoryCursors()).import_paths(1, [tmp_path / form], now_us=NOW_US)
        found.append({(row.kind, row.key_hi, row.key_lo, row.occurred_us // 1000, row.user_id, row.name, row.feature) for row in inbox.rows if row.kind == 3})
    assert found[0] == found[1] == found[2]
    assert found[0]


def test_broken_rows_are_refused_and_twice_is_once(tmp_path: Path) -> None:
    facts = Company(CompanyPlan(customers=60, planned_days=40, past_weeks=4)).history(40)
    delivery = write_folder(facts, tmp_path / "in", "csv", Mess(seed=3, duplicates=0.02, out_of_order=0.05, broken=0.03))
    inbox, quarantine = MemoryInbox(), MemoryQuarantine()
    service = ImportService(inbox, quarantine, MemoryCursors())
    first = service.import_paths(1, [tmp_path / "in"], now_us=NOW_US)
    once = set(inbox.distinct())
    refused = quarantine.waiting(1)
    assert refused == first.report.quarantined == delivery.broken_count > 0
    assert first.report.rows_read == sum(table.num_rows for table in delivery.tables.values())
    service.import_paths(1, [tmp_path / "in"], now_us=NOW_US)
    assert set(inbox.distinct()) == once
    assert quarantine.waiting(1) == refused

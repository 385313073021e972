"""Duplicates and families, from the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

COMMAND = Callable[..., Any]
NOW = "2026-03-02T10:00:00Z"
CUSTOMERS = """customer_id,name,created_at,arr,owner,parent_id
acme,Acme,2025-01-01,12000,ola@example.com,
acme-2,ACME Inc.,2025-06-01,,,
north,Acme North,2025-01-01,3000,nora@example.com,acme
far,Acme Far North,2025-01-01,1000,,north
alone,Alone,2025-01-01,500,,
"""
EVENTS = """customer_id,user_id,event,timestamp
acme,u1,login,2026-02-01T10:00:00Z
acme-2,u2,login,2026-03-01T10:00:00Z
north,u3,login,2026-02-20T10:00:00Z
alone,u4,login,2026-02-20T10:00:00Z
"""
LATER_EVENTS = """customer_id,user_id,event,timestamp
acme-2,u2,login,2026-03-02T08:00:00Z
"""


@pytest.fixture
def company(tenure: COMMAND, tmp_path: Path) -> COMMAND:
    """A small company with a duplicate and a family, scored."""
    folder = tmp_path / "facts"
    folder.mkdir()
    (folder / "customers.csv").write_text(CUSTOMERS)
    (folder / "events.csv").write_text(EVENTS)
    tenure("import", str(folder), "--now", NOW)
    tenure("refresh", "--now", NOW)
    return tenure


def test_day_one_8_a_duplicate_is_merged_scored_as_one_and_undone(company: COMMAND, tmp_path: Path) -> None:
    alone = {row["customer_id"]: row["score"] for row in company("health")}
    assert "--yes" in company("customers", "merge", "acme", "acme-2", exit_code=2)["error"]["fix"]
    merged = company("customers", "merge", "acme", "acme-2", "--yes", "--by", "Ada", "--now", NOW)
    assert (merged["kept"], merged["duplicate"], merged["facts_moved"], merged["scored"]) == ("acme", "acme-2", 2, 1)
    together = {row["customer_id"]: row for row in company("health")}
    assert together.keys() == alone.keys() - {"acme-2"}
    assert together["acme"]["score"] > alone["acme"] and together["acme"]["name"] == "Acme"  # the login of yesterday is theirs
    again = company("customers", "merge", "acme", "acme-2", "--yes", "--now", NOW)
    assert (again["merge"], again["facts_moved"]) == (merged["merge"], 0)
    more = tmp_path / "events.csv"
    more.write_text(LATER_EVENTS)
    company("import", str(more), "--now", NOW)
    company("refresh", "--now", NOW)
    assert "acme-2" not in {row["customer_id"] for row in company("health")}  # its source still calls it so
    assert "unmerge acme-2" in company("erase", "acme-2", "--yes", "--now", NOW, exit_code=1)["error"]["fix"]
    assert [row["duplicate"] for row in company("customers", "merges")] == ["acme-2"]
    undone = company("customers", "unmerge", "acme-2", "--now", NOW)
    assert (undone["stands"], undone["facts_moved"]) == (False, 3)
    back = {row["customer_id"]: row["score"] for row in company("health")}
    assert back.keys() == alone.keys() and back["acme"] == alone["acme"]
    assert company("customers", "unmerge", "acme-2", "--now", NOW, exit_code=2)["error"]["fix"]
    assert company("customers", "merge", "acme", "nobody", "--yes", "--now", NOW, exit_code=2)["error"]["message"]


def test_day_one_8_health_show_rolls_up_the_family(company: COMMAND) -> None:
    shown = company("health", "show", "north")["family"]
    assert (shown["parent"], shown["arr_cents"], shown["accounts_without_arr"]) == ("acme", 1_600_000, 0)
    assert [(one["customer_id"], one["owner"]) for one in shown["accounts"]] == [
        ("acme", "ola@example.com"), ("far", None), ("north", "nora@example.com"),
    ]  # fmt: skip
    assert company("health", "show", "alone")["family"] is None


def test_day_one_7_a_mistyped_customer_is_said_and_nobody_is_reassigned(company: COMMAND) -> None:
    company("people", "add", "Lee", "lee@example.com", "--now", NOW)
    assert company("customers", "reassign", "Lee", "acme", "acmee", "--now", NOW, exit_code=2)["error"]["fix"]
    assert company("tasks", "absences", "--all", "--now", NOW) == []
    assert company("customers", "reassign", "Lee", "acme", "--now", NOW)["customers"] == 1

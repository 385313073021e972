"""What is exported imports into a new workspace as the same facts: equal people, equal features, equal scores."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tenure.app.deployment import opened
from tenure.cli.main import main
from tenure.clock import FixedClock
from tenure.warehouse.view import FactsView

NOW, PAST = "2026-11-01T00:00:00Z", "2026-10-01T00:00:00Z"
NOW_US = 1_793_491_200_000_000
MOMENTS = ((), ("--now", PAST))
COMMAND = Callable[..., Any]

STATEMENTS = {
    "customers.csv": [
        "customer_id,updated_at,created_at,status,name,arr,term,goals,seats,region",
        'x1,2026-03-01,2026-01-01,active,"Acme, ""Two""\nLtd",1200,7 days,save time;grow,5,north',
        "x1,2026-05-01T10:00:00.123456Z,,churned,,,,,,south",
        "x1,2026-08-01,,active,,,,,,",
        "x2,2026-10-25,2026-10-20,trial,,,24 months,,,",
    ],
    "users.csv": [
        "user_id,customer_id,name,email,role,created_at,deactivated_at,consent,updated_at,floor",
        'u1,x1,Ada Example,ada@example.com,owner,2026-01-02,,"{""email"": true}",2026-03-01,3',
        "u2,x1,Bo Example,bo@example.com,,2026-01-03,2026-09-01,,2026-03-01,",
        "u2,x2,,,admin,,,,2026-10-01,4",
    ],
    "events.csv": [
        "event,timestamp,user_id,anonymous_id,customer_id,feature,depth",
        "exported,2026-10-20,u1,,,reports,2",
        "feature_adopted,2026-10-21,u1,,,,",
        "login,2026-10-22,,device-1,,,",
        "login,2026-10-23,u2,,x1,,",
    ],
    "aliases.csv": ["previous_id,user_id,updated_at", "device-1,u1,2026-10-24"],
    "tickets.csv": [
        "ticket_id,user_id,created_at,status,first_reply_at,resolved_at,satisfaction,updated_at",
        "t1,u1,2026-10-02,solved,2026-10-03,2026-10-04,4.5,2026-10-04",
        "t1,u1,2026-10-02,open,,,,2026-10-06",
    ],
    "revenue.csv": [
        "customer_id,occurred_at,kind,monthly_amount,currency,plan,invoice_state",
        "x1,2026-02-01,new,100,EUR,basic,paid",
        "x1,2026-02-01,churn,,EUR,,",
        "x1,2026-02-01,reactivation,50,EUR,,past_due",
    ],
    "answers.csv": ["survey,score,answered_at,customer_id,comment", "nps,3,2026-09-09,x1,too slow"],
}  # fmt: skip


def test_an_export_makes_the_same_company_in_a_new_workspace(
    tenure: COMMAND, run_in: Callable[[Path], COMMAND], workspace: Path, exports: Path, tmp_path: Path
) -> None:
    tenure("import", str(exports), "--now", NOW)
    for name, lines in STATEMENTS.items():
        (tmp_path / "said").mkdir(exist_ok=True)
        (tmp_path / "said" / name).write_text("\n".join(lines) + "\n")
    assert tenure("import", str(tmp_path / "said"), "--now", NOW)["quarantined"] == 0
    tenure("refresh", "--now", NOW)
    told = tenure("status", "--now", NOW)["facts"], *(_scores(tenure("health", *moment)) for moment in MOMENTS)
    facts = _facts(workspace)
    assert all(told)
    for form in ("csv", "parquet", "jsonl"):
        tenure("export", str(tmp_path / form), "--format", form, "--now", NOW)
        assert main(["init", str(tmp_path / f"again-{form}")]) == 0
        again = run_in(tmp_path / f"again-{form}")
        assert again("import", str(tmp_path / form / "facts"), "--now", NOW)["quarantined"] == 0
        assert _facts(tmp_path / f"again-{form}") == facts
    again("refresh", "--now", NOW)  # of equal facts one answer is enough
    assert told == (again("status", "--now", NOW)["facts"], *(_scores(again("health", *moment)) for moment in MOMENTS))


def _scores(listed: list[dict[str, Any]]) -> dict[str, Any]:
    later = ("previous_score", "input_age_hours")  # the new workspace scored them once
    return {row["customer_id"]: {name: value for name, value in row.items() if name not in later} for row in listed}


def _facts(workspace: Path) -> dict[str, list[str]]:
    """Everything a view says, ids for keys."""
    with opened(workspace, clock=FixedClock(NOW_US)) as deployment, deployment.session.held():
        view = deployment.session.warehouse.full_view(NOW_US, deployment.mapping)
        ids = {row["id_key"]: row["id"] for row in deployment.session.warehouse.engine.table("ids").to_pyarrow().to_pylist()}
        return {name: _rows(view, name, ids) for name in ("customers", "users", "features", "tickets", "movements", "answers", "activity")}


def _rows(view: FactsView, name: str, ids: dict[int, str]) -> list[str]:
    table = getattr(view, name)()
    names = {row["name_key"]: row["name"] for row in view.names().to_pyarrow().to_pylist()}
    rows = table.to_pyarrow().to_pylist()
    for row in rows:
        row["customer"] = ids.get(row.pop("customer_key", None))
        row["event"] = names.get(row.pop("name_key", None))
        row["ticket"] = ids.get(row.pop("ticket_key", None))
        for key in ("user_key", "seq"):
            row.pop(key, None)
    return sorted(json.dumps(row, sort_keys=True, default=str) for row in rows)


def test_an_export_says_what_sources_said_of_people(tenure: COMMAND, tmp_path: Path) -> None:
    for name, lines in STATEMENTS.items():
        (tmp_path / name).write_text("\n".join(lines) + "\n")
    tenure("import", str(tmp_path), "--now", NOW)
    tenure("export", str(tmp_path / "out"), "--format", "jsonl", "--now", NOW)
    facts = {
        name: [json.loads(line) for line in (tmp_path / "out" / "facts" / f"{name}.jsonl").read_text().splitlines()]
        for name in ("customers", "users", "events")
    }
    assert [json.loads(row["traits"]) for row in facts["customers"] if "traits" in row] == [{"region": "north"}, {"region": "south"}]
    assert facts["users"][0]["email"] == "ada@example.com" and json.loads(facts["users"][0]["traits"]) == {"floor": 3}
    assert [row.get("feature") for row in facts["events"] if row["event"] == "exported"] == ["reports"]

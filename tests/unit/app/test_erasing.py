"""Erasure: out of facts, scores, history, refused records, inbox and jobs; killed half-way, the same call completes it."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import adbc_driver_sqlite.dbapi as adbc
import duckdb
import pytest
from tests.outreach_builder import notice

from tenure.app.deployment import Deployment, opened
from tenure.app.erasing import erase
from tenure.app.workspaces import create_workspace
from tenure.clock import DAY_US, FixedClock
from tenure.errors import NotFound
from tenure.model.cause import Cause, CauseKind
from tenure.model.intents import AskDecision, Intent
from tenure.model.touches import ActionClass, Channel, Purpose
from tenure.ports.crew import Finding
from tenure.ports.touches import WantedTouch
from tenure.store.erasure import mentions
from tenure.warehouse.warehouse import DuckWarehouse

NOW_US = 20_758 * DAY_US

CUSTOMERS = "customer_id,created_at,status,name,owner\nacme-77,2026-01-01,active,Acme Rockets,ada\nbolt,2026-01-01,active,Bolt,ada\nacme-77,never,active,Acme Rockets,ada\n"
USERS = "user_id,customer_id,email\nwilma-77,acme-77,wilma@example.com\nbob,bolt,bob@example.com\n"
EVENTS = (
    "user_id,event,timestamp\nwilma-77,login,2026-10-20\nbob,login,2026-10-20\nwilma-77,login,not a time\nbob,login,never either\n"
)
REVENUE = "movement_id,customer_id,occurred_at,kind,monthly_amount\nm1,acme-77,2026-02-01,new,500\n"
TRACES = ("acme-77", "Acme Rockets", "wilma-77", "wilma@example.com")


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace of two customers, scored, one of them by a person; nobody writes into this one."""
    folder = tmp_path_factory.mktemp("scored")
    create_workspace(folder / "work")
    exports = folder / "exports"
    exports.mkdir()
    for name, content in (("customers", CUSTOMERS), ("users", USERS), ("events", EVENTS), ("revenue", REVENUE)):
        (exports / f"{name}.csv").write_text(content)
    with opened(folder / "work", clock=FixedClock(NOW_US)) as one:
        one.facts_in.import_now([exports], NOW_US)
        one.jobs.run("refresh", {"now_us": NOW_US})
        one.store.overrides.add(
            one.venture.venture_id, "acme-77", score=10.0, status=None, reason="x", person="ada", from_us=NOW_US,
            until_us=NOW_US + DAY_US, now_us=NOW_US,
        )  # fmt: skip
    return folder / "work"


@pytest.fixture
def deployment(scored: Path, tmp_path: Path) -> Iterator[Deployment]:
    """A copy to erase from."""
    with opened(shutil.copytree(scored, tmp_path / "work"), clock=FixedClock(NOW_US)) as one:
        yield one


def traces(deployment: Deployment) -> set[str]:
    """What names of the erased customer can still be read anywhere."""
    text = everything(deployment)
    return {trace for trace in TRACES if trace in text}


def everything(deployment: Deployment) -> str:
    """Every row of the store and of the warehouse."""
    state = deployment.workspace.state
    with sqlite3.connect(state / "store.sqlite") as connection:
        said = list(connection.iterdump())
    # never through sqlite3: the file is open in this process through another copy of the library
    with adbc.connect(str(state / "inbox.sqlite"), autocommit=True) as box, box.cursor() as cursor:
        cursor.execute("SELECT payload FROM inbox")
        said += [payload.decode(errors="replace") for (payload,) in cursor.fetchall()]
    with duckdb.connect(str(deployment.workspace.warehouse_file())) as connection:
        for (table,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall():
            said += [str(row) for row in connection.execute(f'SELECT * FROM "{table}"').fetchall()]
    return "\n".join(said)


def test_a29_a_list_that_tells_the_team_only_the_name_loses_it_too(deployment: Deployment) -> None:
    own = deployment.venture.venture_id
    digest = WantedTouch(
        key="crew:weekly_digest:1", channel=Channel.email, action_class=ActionClass.internal, purpose=Purpose.internal, customer_facing=False,
        cause=Cause(kind=CauseKind.schedule), due_us=NOW_US, content={"text": "Look at these first: Acme Rockets, 41"}, to="team@example.com",
    )  # fmt: skip
    deployment.store.touches.want(own, [digest], now_us=NOW_US)
    erase(deployment, ["acme-77"], NOW_US)
    assert "Acme Rockets" not in everything(deployment)


def test_nothing_of_an_erased_customer_is_left(deployment: Deployment) -> None:
    assert traces(deployment) == set(TRACES)
    receipt = erase(deployment, ["acme-77"], NOW_US)
    assert {name: receipt[name] for name in ("asked", "known", "users", "scores", "quarantine")} == {
        "asked": 1, "known": 1, "users": 1, "scores": 1, "quarantine": 2,
    }  # fmt: skip
    assert traces(deployment) == set()
    with pytest.raises(NotFound):
        deployment.store.health.get(deployment.venture.venture_id, "acme-77")
    assert [row.customer_id for row in deployment.store.health.list(deployment.venture.venture_id)] == ["bolt"]
    assert deployment.store.quarantine.waiting(deployment.venture.venture_id) == 1
    assert deployment.status(NOW_US)["facts"]["revenue"] == 1, "money stays, without a name"
    deployment.jobs.run("refresh", {"now_us": NOW_US + DAY_US, "full": True})
    assert [row.customer_id for row in deployment.store.health.list(deployment.venture.venture_id)] == ["bolt"]
    assert traces(deployment) == set()


def test_facts_still_in_the_inbox_are_erased_too(deployment: Deployment, tmp_path: Path) -> None:
    file = tmp_path / "users.csv"
    file.write_text("user_id,customer_id,email\nwilma-77,acme-77,new@example.com\nben-5,bolt,ben@example.com\n")
    deployment.facts_in.import_files([file], NOW_US)
    assert deployment.store.inbox.waiting(deployment.venture.venture_id, 0)[0] == 2
    assert "new@example.com" in everything(deployment), "the inbox keeps both in one payload"
    assert erase(deployment, ["acme-77"], NOW_US)["inbox_moved_first"] == 2
    assert deployment.store.inbox.waiting(deployment.venture.venture_id, 0)[0] == 0
    assert traces(deployment) == set()
    assert "new@example.com" not in everything(deployment)
    assert "ben@example.com" in everything(deployment), "who came in with them stays"


def test_A29_a_later_import_does_not_contact_the_erased_again(deployment: Deployment) -> None:
    assert erase(deployment, ["acme-77"], NOW_US)["suppressed"] == 1
    found = deployment.store.suppressions.of(deployment.venture.venture_id, ["Wilma@Example.com", "bob@example.com"])
    assert found == {"Wilma@Example.com": frozenset({"*"})}
    assert traces(deployment) == set()


SAID = "The export of our invoices fails every Monday, says Jo."


def quoted_everywhere(deployment: Deployment) -> None:
    """One answer of each, and what the loop and people wrote of it."""
    store, own, folder = deployment.store, deployment.venture.venture_id, deployment.workspace.reports
    answers = folder.parent / "answers.csv"
    answers.write_text(f'answer_id,user_id,survey,score,answered_at,comment\na1,wilma-77,nps,2,2026-10-21,"{SAID}"\na2,bob,nps,3,2026-10-21,Too many clicks for a refund.\n')
    users = folder.parent / "users.csv"
    users.write_text("user_id,customer_id,email,name\nwilma-77,acme-77,wilma@example.com,Wilma Ames\n")
    deployment.facts_in.import_now([answers, users], NOW_US)
    groups = [{"reason": "product", "count": 2, "quotes": [SAID, "Too many clicks for a refund."]}]
    store.crew.find(own, [Finding(key="f", section="detractors", title="The three main pains", written_us=1, details={"groups": groups, "note": "Call Wilma Ames first"})])
    ask = AskDecision(kind="pricing", title="Pricing", context={"groups": groups})
    tell = Intent(key="w", wish=ask, cause=Cause(kind=CauseKind.trigger))
    store.intents.add(own, [tell], now_us=1)
    store.touches.want(own, [notice(content={"text": f"Detractors say: {SAID}"}, customer_id=None)], now_us=NOW_US)
    store.controls.pause(own, "playbook:at_risk", by="ada", why="Wilma asked us to stop", now_us=NOW_US)
    store.controls.pause(own, "playbook:renewal", by="ada", why="wait for Acme rockets!", now_us=NOW_US)
    store.controls.pause(own, "playbook:win_back", by="ada", why="wording", now_us=NOW_US)
    pages = {
        "insights-2026-10.html": f"<p>&#8220;{SAID[:40]}</p><td>Acme&nbsp;Rockets</td>", "insights-2026-10.pdf": "%PDF", "insights-2026-10.json": "{}",
        "quotes.json": f'{{"quotes": ["{SAID}"]}}', "2026-10-02.html": "<p>Bolt</p>", "2026-10-02.pdf": "%PDF", "alone.pdf": "%PDF", "notes.txt": "Acme Rockets",
    }  # fmt: skip
    folder.mkdir(exist_ok=True)
    for name, content in pages.items():
        (folder / name).write_text(content)


def test_a29_quotes_reasons_and_reports_that_name_or_cite_the_erased_go_also_when_it_was_killed_half_way(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    quoted_everywhere(deployment)
    store, own, before = deployment.store, deployment.venture.venture_id, everything(deployment)
    assert all(word in before for word in (SAID, "Wilma Ames", "Wilma asked", "Acme rockets"))

    def killed(*_: object) -> int:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(DuckWarehouse, "erase_customers", killed)
        patched.setattr("tenure.app.erasing.delete_reports", killed)
        with pytest.raises(Killed):
            erase(deployment, ["acme-77"], NOW_US)
    receipt = erase(deployment, ["acme-77"], NOW_US)
    after = everything(deployment)
    assert not any(word in after for word in ("invoices fails", "Wilma", "wilma", "Acme"))
    (finding,) = store.crew.findings(own)
    assert finding.details == {"groups": [{"reason": "product", "count": 2, "quotes": ["Too many clicks for a refund."]}], "note": "erased"}
    (wish,) = store.intents.pending(own, "ask_decision", now_us=NOW_US)
    assert "Too many clicks" in str(wish) and wish.key == "w", "it can still be carried out"
    assert {one.scope: one.why for one in store.controls.state(own, NOW_US).pauses} == {
        "playbook:at_risk": "erased", "playbook:renewal": "erased", "playbook:win_back": "wording",
    }  # fmt: skip
    assert {one.why for one in store.audit.history(own, subject="pause")} == {"erased", "wording"}
    assert sorted(one.name for one in deployment.workspace.reports.iterdir()) == ["2026-10-02.html", "2026-10-02.pdf", "insights-2026-10.json", "notes.txt"]
    assert receipt["reports"] == ["alone.pdf", "insights-2026-10.html", "insights-2026-10.pdf", "quotes.json"]


class Killed(BaseException):
    """Stands for a kill: nothing catches it."""


def test_an_erasure_killed_half_way_is_completed_by_the_same_call(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> int:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(DuckWarehouse, "erase_customers", killed)
        with pytest.raises(Killed):
            erase(deployment, ["acme-77"], NOW_US)
    assert "wilma-77" in traces(deployment)
    assert erase(deployment, ["acme-77"], NOW_US)["known"] == 1
    assert traces(deployment) == set()
    again = erase(deployment, ["acme-77", "nobody"], NOW_US)
    assert (again["known"], again["scores"], again["quarantine"]) == (0, 0, 0)


def test_notices_that_call_the_customer_by_name_lose_their_text_and_the_log_names_nobody(deployment: Deployment) -> None:
    store, own = deployment.store, deployment.venture.venture_id
    deployment.jobs.run("look_at", {"customer_id": "acme-77", "now_us": NOW_US})
    store.touches.want(own, [notice(content={"text": "Acme Rockets has not answered."}, customer_id=None)], now_us=NOW_US)
    store.controls.keep_hands_off(own, "acme-77", until_us=NOW_US + DAY_US, reason="they asked", by="ada", now_us=NOW_US)
    store.controls.end_hands_off(own, "acme-77", by="ada", now_us=NOW_US)
    assert len(store.audit.history(own, subject="hands_off")) == 2
    erase(deployment, ["acme-77"], NOW_US)
    assert traces(deployment) == set()


def test_a_killed_erasure_of_a_merged_customer_completes_with_its_duplicate(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> int:
        raise Killed

    jobs, venture_id = deployment.store.jobs, deployment.venture.venture_id
    job = jobs.enqueue(venture_id, "explain", {"customer_id": "acme-77"}, now_us=NOW_US)
    jobs.claim(venture_id, "tests", now_us=NOW_US)
    jobs.done(venture_id, job.job_id, "tests", {}, now_us=NOW_US)
    deployment.jobs.run("merge", {"kept": "bolt", "duplicate": "acme-77", "why": "same", "by": "ada", "now_us": NOW_US})
    with monkeypatch.context() as patched:
        patched.setattr(DuckWarehouse, "erase_customers", killed)
        with pytest.raises(Killed):
            erase(deployment, ["bolt"], NOW_US)
    erase(deployment, ["bolt"], NOW_US)
    assert traces(deployment) == set()


def test_a_job_that_named_the_customer_goes_with_it(deployment: Deployment) -> None:
    jobs, venture_id = deployment.store.jobs, deployment.venture.venture_id
    job = jobs.enqueue(venture_id, "explain", {"customer_id": "acme-77"}, now_us=NOW_US)
    jobs.claim(venture_id, "tests", now_us=NOW_US)
    jobs.done(venture_id, job.job_id, "tests", {"name": "Acme Rockets"}, now_us=NOW_US)
    assert erase(deployment, ["acme-77"], NOW_US)["jobs"] == 1
    assert traces(deployment) == set()


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"customer_id": "c1"}, True),
        ({"row": ["x", " c1 "]}, True),
        ('a,"c1",b', True),
        ({"c1": 1}, True),
        ({"customer_id": "c11"}, False),
        ({"comment": "c1-b and xc1"}, False),
        ({"number": 1}, False),
    ],
)
def test_an_id_is_named_by_a_value_a_key_or_a_word(document: object, expected: bool) -> None:
    assert mentions(document, frozenset({"c1"})) is expected

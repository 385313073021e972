"""`tenure demo`, whole and small: one document on standard output, progress on standard error, a workspace to look around in."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tenure.app.deployment import Deployment, opened
from tenure.cli.demo.workspace import make_workspace
from tenure.cli.main import main
from tenure.clock import DAY_US, FixedClock, from_us
from tenure.model.decisions import DecisionState
from tenure.model.incidents import OUTREACH_BY_SCORE
from tenure.model.touches import Touch, TouchState
from tenure.ports.touches import TouchFilter
from tenure.rules.eligibility.budget import is_refusable
from tenure.testing.company.vocabulary import RATES, REGIONS

NOW = "2026-10-21T00:00:00Z"
SIZE = ["--customers", "120", "--days", "60", "--operate", "7", "--now", NOW]


@dataclass
class Done:
    """One demo that ran, and what it left behind."""

    folder: Path
    summary: dict[str, Any]
    progress: list[str]
    deployment: Deployment

    @property
    def own(self) -> int:
        return self.deployment.venture.venture_id

    @property
    def left(self) -> list[Touch]:
        """Customer-facing touches that left, or may have."""
        found = self.deployment.store.touches.list(self.own, TouchFilter(customer_facing=True))
        return [one for one in found if one.state.left]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Done]:
    from contextlib import redirect_stderr, redirect_stdout
    from io import StringIO

    folder, out, err = tmp_path_factory.mktemp("demo") / "demo", StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main(["demo", *SIZE, "--into", str(folder), "--json"])
    assert code == 0, err.getvalue()
    summary = json.loads(out.getvalue())
    with opened(folder, clock=FixedClock(0)) as deployment:
        yield Done(folder, summary, err.getvalue().splitlines(), deployment)


def test_the_demo_does_the_whole_job(demo: Done, run_in: Callable[[Path], Callable[..., Any]]) -> None:
    summary = demo.summary
    assert summary["as_of"][:10] == NOW[:10] and all(summary["facts"][kind] for kind in ("customers", "users", "events", "revenue"))
    assert summary["attention"] and sum(summary["distribution"].values()) > 0
    assert "<svg" in Path(summary["report"]).read_text()
    steps = [line for line in demo.progress if line.startswith("A company of 120 customers comes in: ")]
    assert len(steps) > 3 and steps[-1].endswith(f"{len(steps) - 1} of {len(steps) - 1}")

    revenue = run_in(demo.folder)("metrics", "revenue", "--now", summary["as_of"])["result"]
    assert revenue["arr_unknown"] == 0 and all(month["unconverted"] == [] for month in revenue["months"])


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").touch()
    assert main(["demo", *SIZE, "--into", str(tmp_path)]) == 2


def test_mails_really_arrived_and_were_answered(demo: Done) -> None:
    mail, helped = demo.summary["mail"], demo.summary["loop"]["helped"]
    sent = [one for one in demo.left if one.state is TouchState.sent]
    assert sent and all(one.provider == "smtp" and one.provider_message_id for one in sent)
    assert mail["arrived"] == len(sent) == helped["messages"], "what the ledger says left is what the mail server took"
    assert mail["to_team"] > 0 and not mail["not_taken"], "no door refused anybody"


def test_nobody_got_more_messages_than_the_budget_allows(demo: Done) -> None:
    most = demo.deployment.parameters.current().integer("contact_budget_per_week")
    by_person: dict[tuple[str | None, str | None], list[int]] = {}
    for one in demo.left:
        if is_refusable(one) and one.sent_us is not None:
            by_person.setdefault((one.customer_id, one.user_id), []).append(one.sent_us)
    assert by_person
    for times in by_person.values():
        assert all(sum(end_us - 7 * DAY_US < at <= end_us for at in times) <= most for end_us in times)


def test_held_out_customers_got_nothing_of_their_playbook(demo: Done) -> None:
    store = demo.deployment.store
    held_out = {one.enrollment_id for one in store.enrollments.entered_since(demo.own, 0) if one.state.value == "held_out"}
    assert held_out and not [one for one in demo.left if one.enrollment_id in held_out]


def test_nothing_left_in_a_customers_quiet_hours(demo: Done) -> None:
    cards = demo.deployment.store.cards.get(demo.own, sorted({one.customer_id or "" for one in demo.left}))
    for one in demo.left:
        zone = ZoneInfo(cards[one.customer_id or ""].timezone or "UTC")
        assert one.sent_us is not None
        there = from_us(one.sent_us).astimezone(zone)
        assert 8 <= there.hour < 20 and there.weekday() < 5, (one.step, there)


def test_the_bad_day_stopped_outreach_and_people_brought_it_back(demo: Done) -> None:
    incidents = [one for one in demo.summary["loop"]["incidents"] if one["rule"] == "fleet_drop"]
    assert len(incidents) == 1 and incidents[0]["scope"] == OUTREACH_BY_SCORE
    states = [step["state"] for step in incidents[0]["steps"]]
    assert states == ["paused", "told", "review_booked", "cause_written", "fix_written", "small_cohort", "resumed"]


def test_decisions_were_asked_and_those_that_wait_show_their_options(demo: Done) -> None:
    asked = demo.deployment.store.decisions.list(demo.own)
    waiting = demo.summary["loop"]["decisions"]
    assert {one["id"] for one in waiting} == {one.decision_id for one in asked if one.state is DecisionState.open}
    assert demo.summary["loop"]["decisions_answered"] == len(asked) - len(waiting)
    assert asked and all(one.options and one.deadline_us > one.asked_us for one in asked)


def test_the_summary_says_whom_it_helped_and_what_it_cost(demo: Done) -> None:
    loop = demo.summary["loop"]
    assert loop["mode"] == "live" and loop["helped"]["customers"] > 0 and loop["helped"]["calls"] > 0
    assert loop["cost"]["total_cents"] == loop["cost"]["people_cents"] + loop["cost"]["messages_cents"] > 0
    assert {one["playbook"] for one in loop["effect"]} == {one["playbook"] for one in loop["helped"]["playbooks"]}


def test_every_currency_of_the_company_has_its_rate(tmp_path: Path) -> None:
    make_workspace(tmp_path / "demo", "http://127.0.0.1:1", 1)
    declared = tomllib.loads((tmp_path / "demo" / "tenure.toml").read_text())
    assert {row["currency"] for row in declared["rate"]} == {region.currency for region in REGIONS} - {declared["venture"]["currency"]}
    assert len(declared["rate"]) == len(RATES)

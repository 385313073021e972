"""Touches, drafts and who must be left alone, from the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.outreach_builder import WEDNESDAY_NOON_US, card, wanted

from tenure.app.deployment import opened
from tenure.app.outreach import outreach_of
from tenure.clock import iso
from tenure.model.incidents import Mode

NOW = iso(WEDNESDAY_NOON_US)
COMMAND = Callable[..., Any]


@pytest.fixture
def drafted(workspace: Path) -> list[int]:
    """A live venture (autonomy: assisted, the default) with three drafts; their numbers."""
    with opened(workspace) as deployment:
        store, own = deployment.store, deployment.venture.venture_id
        store.controls.switch(own, Mode.live, by="kim", why="seen", now_us=1)
        store.cards.put(own, [card("c1"), card("c2"), card("c3", owner="Ash")])
        store.touches.want(own, [wanted(f"k{i}", customer_id=f"c{i}") for i in (1, 2, 3)], now_us=WEDNESDAY_NOON_US)
        outreach_of(deployment).gate(WEDNESDAY_NOON_US)
        return [one.touch_id for one in store.touches.by_keys(own, ["k1", "k2", "k3"])]


def test_touches_are_listed_with_the_fixed_names(tenure: COMMAND, drafted: list[int]) -> None:
    rows = tenure("touches")
    names = {"customer_id", "channel", "playbook", "version", "step", "variant", "state", "reason", "decided_at", "sent_at", "cause"}
    assert len(rows) == 3 and names <= set(rows[0])
    assert (rows[0]["decided_at"], rows[0]["sent_at"], rows[0]["cause"]["playbook"]) == (NOW, None, "at_risk")
    assert [row["customer_id"] for row in tenure("touches", "--customer", "c2")] == ["c2"]
    assert len(tenure("touches", "--state", "drafted", "--playbook", "at_risk", "--limit", "2")) == 2
    assert tenure("touches", "--state", "sent") == tenure("touches", "--left") == []
    assert len(tenure("touches", "--to-customers", "--channel", "email", "--since", NOW, "--until", NOW)) == 3
    assert tenure("touches", "--playbook", "") == tenure("touches", "--since", "2099-01-01") == []
    assert "--since 'soon' is not a time" in tenure("touches", "--since", "soon", exit_code=2)["error"]["message"]


def test_A9_owners_see_approve_change_and_reject_their_drafts(tenure: COMMAND, drafted: list[int]) -> None:
    first, second, third = (str(number) for number in drafted)
    assert [row["customer_id"] for row in tenure("drafts", "list", "--owner", "Robin")] == ["c2", "c1"]
    shown = tenure("drafts", "show", first)
    assert (shown["text"], shown["owner"], shown["history"][0]["verdict"]) == ("A letter.\n", "Robin", "draft")
    tenure("drafts", "edit", first, "--text", "Mine.")
    assert tenure("drafts", "approve", first, second, "--by", "Robin", "--now", NOW) == {"approved": 2, "waited_no_more": 0}
    assert tenure("drafts", "approve", first, "--now", NOW) == {"approved": 0, "waited_no_more": 1}
    assert tenure("drafts", "reject", third, "--why", "they are on holiday", "--now", NOW)["rejected"] == 1
    assert [row["state"] for row in tenure("touches")] == ["refused", "deferred", "deferred"]
    assert "no draft 999" in tenure("drafts", "approve", "999", exit_code=2)["error"]["message"]


def test_DayOne_1_handsoff_withdraws_and_needs_a_reason_and_an_end(tenure: COMMAND, drafted: list[int]) -> None:
    assert tenure("handsoff", "c1", "--until", "2026-04-01", "--reason", "merger", "--now", NOW)["withdrawn"] == 1
    assert tenure("touches", "--customer", "c1")[0]["state"] == "withdrawn"
    assert tenure("handsoff", "c1", "--end", "--now", NOW) == {"ended": True}
    for wrong in (["--until", "2026-04-01"], ["--reason", "x"], ["--until", "2020-01-01", "--reason", "x"], ["--until", "soon", "--reason", "x"]):
        assert tenure("handsoff", "c2", *wrong, "--now", NOW, exit_code=2)["error"]["fix"]


def test_suppression_and_consent_are_written_down(tenure: COMMAND, workspace: Path) -> None:
    assert tenure("suppress", "a@example.com", "A@Example.com", "b@example.com") == {"asked": 3, "new": 2}
    assert tenure("suppress", "a@example.com", "--lift", "--reason", "mistake")["new"] == -1
    assert tenure("suppress", "a@example.com", "--lift", exit_code=2)["error"]["message"]
    assert tenure("consent", "c1", "--yes", "--purpose", "marketing", "--source", "web form") == {"recorded": True, "given": True}
    assert "source" in tenure("consent", "c1", "--no", exit_code=2)["error"]["message"]
    with opened(workspace) as deployment:
        (word,) = deployment.store.consents.of(deployment.venture.venture_id, ["c1"])["c1"]
    assert (word.given, word.purpose, word.channel, word.source) == (True, "marketing", "*", "web form")

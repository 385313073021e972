"""`tenure effect` over a real workspace: facts in, an enrollment that recovered, words and figures out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tenure.app.appliers import AppActs
from tenure.app.deployment import opened
from tenure.app.playbooks import checked_files, playbook_service
from tenure.clock import DAY_US, iso
from tenure.model.cause import Cause, CauseKind
from tenure.model.intents import Intent, PublishVersion
from tenure.model.playbooks import Enrollment, EnrollmentState, PlaybookKind
from tenure.ports.enrollments import NewEnrollment

COMMAND = Callable[..., Any]
START = 20_500 * DAY_US
NOW = iso(START + 35 * DAY_US)


@pytest.fixture
def recovered(tenure: COMMAND, workspace: Path) -> None:
    """One critical customer who came back on the third day, treated; playbooks published."""
    with opened(workspace) as deployment:
        store, own = deployment.store, deployment.venture.venture_id
        playbook_service(deployment).publish(checked_files(deployment), [], by="kim", why="start", now_us=START)
        one = Enrollment(
            enrollment_id=0, playbook="at_risk", version=1, kind=PlaybookKind.at_risk, customer_id="c1", entry_key="k", entered_us=START,
            state=EnrollmentState.running, cause=Cause(kind=CauseKind.playbook), entry_status="at_risk", entry_arr_cents=500_000,
        )  # fmt: skip
        store.enrollments.enter(own, [NewEnrollment(enrollment=one)], now_us=START)
    facts = workspace / "facts"
    facts.mkdir()
    (facts / "customers.csv").write_text(f"customer_id,created_at,status\nc1,{iso(START - 300 * DAY_US)},active\n")
    days = [START - 5 * DAY_US, START + 3 * DAY_US]
    rows = [f"c1,u1,login,{iso(at_us)}" for at_us in days]
    rows += [f"c1,u1,feature_adopted,{iso(START + 3 * DAY_US)}"]
    (facts / "events.csv").write_text("customer_id,user_id,event,timestamp\n" + "\n".join(rows) + "\n")
    tenure("import", str(facts), "--now", iso(START))
    for day in (0, 4, 34):
        tenure("refresh", "--full", "--now", iso(START + day * DAY_US - (day == 0)))


@pytest.mark.usefixtures("recovered")
def test_effect_says_who_recovered_and_that_nothing_is_proven_without_a_holdout(tenure: COMMAND) -> None:
    found = tenure("effect", "--now", NOW)
    (campaign,) = found["campaigns"]
    effect = campaign["effect"]
    assert (effect["playbook"], effect["version"], effect["treated"]) == ("at_risk", 1, 1)
    assert effect["retention_effect"]["no_answer"] == "not_measured"
    words = dict(found["words"]["campaigns"][0]["lines"])
    assert "recovered ARR, not proven" in words["money"]
    assert effect["recovery"]["of"] == 1
    assert tenure("effect", "win_back", "--now", NOW)["campaigns"] == []
    assert tenure("effect", "nothing", "--now", NOW, exit_code=2)["error"]["message"] == "The playbook nothing was never published."


def test_a_decided_test_becomes_a_version_of_what_is_live(workspace: Path) -> None:
    with opened(workspace) as deployment:
        service = playbook_service(deployment)
        service.publish(checked_files(deployment), [], by="kim", why="start", now_us=START)
        live = deployment.store.playbooks.live(deployment.venture.venture_id)
        tested = [(one, step) for one in live for step in one.definition.steps if len(step.variants) > 1]
        version, step = tested[0]
        won = step.variants[-1]

        def decided(seen: int) -> str:
            wish = PublishVersion(what="variant", name=f"{version.key}/{step.step}/{won.name}", version=seen, by="kim", why="proven")
            intent = Intent(key=f"d{seen}", wish=wish, cause=Cause(kind=CauseKind.person, person="kim"))
            return AppActs(deployment).carry_out([intent], START + DAY_US)[intent.key]

        assert decided(version.version).startswith(f"published as version {version.version + 1}")
        assert "was changed since" in decided(version.version)
        now = {one.key: one for one in deployment.store.playbooks.live(deployment.venture.venture_id)}[version.key]
        index = now.definition.step_index(step.step)
        assert index is not None
        assert (now.definition.steps[index].template, now.definition.steps[index].variants) == (won.template, ())


@pytest.mark.usefixtures("recovered")
def test_effect_of_a_past_day_knows_only_what_had_happened_then(tenure: COMMAND) -> None:
    found = tenure("effect", "--now", iso(START + 31 * DAY_US))
    (campaign,) = found["campaigns"]
    assert found["as_of"] == iso(START + 31 * DAY_US)
    assert campaign["effect"]["recovery"]["of"] == 1

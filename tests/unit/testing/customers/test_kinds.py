"""What each thing done toward a customer is to the simulated customer."""

from __future__ import annotations

import pytest

from tenure.playbooks import shipped_playbooks
from tenure.services.playbooks import check_files
from tenure.testing.company import TOUCH_KINDS
from tenure.testing.customers import kind_of_task, kind_of_touch
from tenure.testing.customers.kinds import CALLS, STEPS, SURVEYS


def _no_file(path: str) -> str:
    raise FileNotFoundError(path)


def test_every_mapped_step_is_a_step_of_a_shipped_playbook() -> None:
    shipped = check_files(shipped_playbooks(), {}, _no_file)
    steps = {(one.definition.key, step.step) for one in shipped.playbooks for step in one.definition.steps}
    assert set(STEPS) <= steps


def test_every_kind_is_one_the_company_answers_to() -> None:
    assert {*STEPS.values(), *SURVEYS.values(), *CALLS.values()} <= set(TOUCH_KINDS)
    assert {kind_of_touch(None, None), kind_of_touch(None, None, survey="csat")} <= set(TOUCH_KINDS)


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ({"playbook": "at_risk", "step": "personal_email"}, "email"),
        ({"playbook": "at_risk", "step": "feature_guide"}, "feature_guide"),
        ({"playbook": "win_back", "step": "offer"}, "offer"),
        ({"playbook": "own", "step": "own", "action_class": "offer"}, "offer"),
        ({"playbook": "cancelling", "step": "exit_survey", "survey": "exit"}, "exit_survey"),
        ({"playbook": None, "step": "nps", "survey": "nps"}, "nps_survey"),
        ({"playbook": None, "step": None, "survey": "did_this_help"}, "csat_survey"),
    ],
)
def test_a_message_is_what_its_step_does(said: dict[str, str], kind: str) -> None:
    assert kind_of_touch(**{"playbook": None, "step": None, **said}) == kind


@pytest.mark.parametrize(
    ("kind", "playbook", "found"),
    [
        ("call", "critical", "check_in_call"),
        ("call", "onboarding", "training"),
        ("executive_call", None, "executive_call"),
        ("review", "renewal", None),
        ("detractor_follow_up", None, None),
    ],
)
def test_a_task_reaches_the_customer_only_as_a_call(kind: str, playbook: str | None, found: str | None) -> None:
    assert kind_of_task(kind, playbook) == found

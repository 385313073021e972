"""A definition that could fire itself again is refused, and the circle is shown."""

from __future__ import annotations

import pytest

from tenure.errors import Refused
from tenure.model.triggers import TriggerAction, TriggerDefinition
from tenure.playbooks import shipped_playbooks
from tenure.rules.triggers.document import parse_trigger
from tenure.rules.triggers.proof import actions_of, refuse_loops
from tenure.rules.triggers.vocabulary import numeric_parameters
from tenure.services.playbooks import check_files
from tenure.triggers import shipped_triggers

NUMBERS = numeric_parameters()


def trigger(name: str, condition: str, action: str, subject: str = "customer") -> TriggerDefinition:
    text = f"""
id: {name}
title: t
subject: {subject}
condition: {condition}
iterations:
  - depth: 1
    actions:
      - {action}
ends: [depth_reached]
"""
    return parse_trigger(text, "t.yaml")


SHIPPED = [parse_trigger(text, name) for name, text in shipped_triggers().items()]


def test_the_shipped_triggers_cannot_fire_themselves() -> None:
    refuse_loops(SHIPPED, NUMBERS)


def test_a_trigger_whose_action_makes_its_condition_true_again_is_refused() -> None:
    again = trigger("T-1", "owner is known", "{do: write_crm, args: {fields: {owner: Kim}}}")
    with pytest.raises(Refused, match=r"Trigger T-1 could fire itself again: T-1 \(write_crm\) -> T-1"):
        refuse_loops([again], NUMBERS)


def test_a_trigger_whose_action_makes_its_condition_false_is_fine() -> None:
    refuse_loops([trigger("T-1", "owner is missing", "{do: write_crm, args: {fields: {owner: Kim}}}")], NUMBERS)
    refuse_loops([trigger("T-1", 'plan == "pro"', "{do: write_crm, args: {fields: {plan: free}}}")], NUMBERS)
    refuse_loops([trigger("T-1", "seats > 5", "{do: write_crm, args: {fields: {seats: 5}}}")], NUMBERS)


def test_two_triggers_that_undo_each_other_are_refused() -> None:
    up = trigger("UP-1", 'plan == "free"', "{do: write_crm, args: {fields: {plan: pro}}}")
    down = trigger("DOWN-1", 'plan == "pro"', "{do: write_crm, args: {fields: {plan: free}}}")
    refuse_loops([up], NUMBERS)
    with pytest.raises(Refused, match=r"UP-1 \(write_crm\) -> DOWN-1 \(write_crm\) -> UP-1"):
        refuse_loops([up, down], NUMBERS)


def test_a_circle_through_a_shipped_trigger_is_refused() -> None:
    stop = trigger("STOP-1", "active_campaigns >= 1", "{do: open_incident, args: {rule: r, scope: outreach}}", "venture")
    with pytest.raises(Refused, match=r"RETENTION-004 \(heal_component\) -> STOP-1 \(open_incident\) -> RETENTION-004"):
        refuse_loops([*SHIPPED, stop], NUMBERS)


def test_a_circle_through_a_playbook_is_refused() -> None:
    one = trigger("T-1", "owner is known", "{do: start_playbook, args: {playbook: hand_over}}")
    steps = {"hand_over": [TriggerAction(do="write_crm", args={"fields": {"owner": "Kim"}})]}
    refuse_loops([one], NUMBERS, {"other": steps["hand_over"]})
    with pytest.raises(Refused, match="start_playbook hand_over: write_crm"):
        refuse_loops([one], NUMBERS, steps)


def test_a_trait_written_to_the_crm_comes_back_as_a_fact() -> None:
    with pytest.raises(Refused):
        refuse_loops([trigger("T-1", 'trait.risk == "high"', "{do: write_crm, args: {fields: {risk: high}}}")], NUMBERS)
    refuse_loops([trigger("T-1", 'trait.risk == "high"', "{do: write_crm, args: {fields: {risk: low}}}")], NUMBERS)


def test_an_nps_survey_may_change_the_nps() -> None:
    asks = trigger("T-1", "score < 50", "{do: send_survey, args: {survey: nps}}")
    refuse_loops([*SHIPPED, asks], NUMBERS)


def test_the_steps_of_a_playbook_are_actions_to_the_proof() -> None:
    checked = check_files(shipped_playbooks(), {})
    win_back, at_risk = (found.definition for key in ("win_back", "at_risk") if (found := checked.playbook(key)) is not None)
    first = actions_of(win_back)[0]
    assert (first.do, first.args["survey"]) == ("send_survey", "exit")
    assert "touch" not in {one.do for one in actions_of(at_risk)}, "a message changes nothing by itself"

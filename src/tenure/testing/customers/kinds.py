"""What a step of a playbook, a survey or a task is to the customer: a key of `TOUCH_KINDS`."""

from __future__ import annotations

from collections.abc import Mapping

STEPS: Mapping[tuple[str, str], str] = {
    ("at_risk", "feature_guide"): "feature_guide",
    ("onboarding", "product_tour"): "feature_guide",
    ("activation", "next_feature"): "feature_guide",
    ("engagement", "best_practice"): "feature_guide",
    ("win_back", "offer"): "offer",
    ("failed_payment", "notice"): "payment_reminder",
    ("failed_payment", "reminder"): "payment_reminder",
}
"""Steps of the shipped playbooks that are more than a letter."""
SURVEYS: Mapping[str, str] = {"nps": "nps_survey", "exit": "exit_survey"}
"""Every other survey asks how satisfied somebody is."""
CALLS: Mapping[str, str] = {"executive_call": "executive_call", "critical_call": "check_in_call", "check_in_call": "check_in_call"}
TRAINING_BY_CALL = ("onboarding", "activation")
"""In a call of these somebody is shown how it is done."""


def kind_of_touch(playbook: str | None, step: str | None, action_class: str = "message", survey: str | None = None) -> str:
    """What a message is: a survey by its name, an offer by its class, a step of a shipped playbook; all else is a letter."""
    if survey is not None:
        return SURVEYS.get(survey, "csat_survey")
    if action_class == "offer":
        return "offer"
    return STEPS.get((playbook or "", step or ""), "email")


def kind_of_task(kind: str, playbook: str | None = None) -> str | None:
    """What a task is to the customer; None: nothing of it reaches them (a preparation)."""
    if kind in CALLS:
        return CALLS[kind]
    if kind != "call" and not kind.endswith("_call"):
        return None
    return "training" if playbook in TRAINING_BY_CALL else "check_in_call"

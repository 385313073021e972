"""The small pages behind links of messages: no script, nothing loaded from anywhere, light and dark."""

from tenure.presentation.pages.pages import (
    CONTENT_POLICY,
    asked_to_unsubscribe,
    decision_form,
    notice,
    survey_form,
    unsubscribed,
)

__all__ = ["CONTENT_POLICY", "asked_to_unsubscribe", "decision_form", "notice", "survey_form", "unsubscribed"]

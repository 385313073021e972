"""What a survey says: question, scale and mail, as files beside the code (`tenure/surveys/*.yaml`)."""

from __future__ import annotations

from functools import cache
from importlib import resources

import msgspec
import yaml


class SurveyText(msgspec.Struct, frozen=True, kw_only=True):
    """One survey. `low`..`high` is its scale with the words at both ends; the mail's parts are Jinja templates."""

    survey: str
    question: str
    low: int
    high: int
    low_label: str
    high_label: str
    comment_question: str
    subject: str
    text: str
    html: str
    reminder_subject: str


@cache
def survey_texts() -> dict[str, SurveyText]:
    """The shipped surveys by name."""
    folder = resources.files("tenure.surveys")
    files = sorted((one for one in folder.iterdir() if one.name.endswith(".yaml")), key=lambda one: one.name)
    found = [msgspec.convert(yaml.safe_load(one.read_text(encoding="utf-8")), SurveyText) for one in files]
    return {one.survey: one for one in found}

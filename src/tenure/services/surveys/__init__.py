"""Surveys: who is asked when, one reminder, answers told to whoever waits for them."""

from tenure.services.surveys.service import SurveyService
from tenure.services.surveys.texts import SurveyText, survey_texts

__all__ = ["SurveyService", "SurveyText", "survey_texts"]

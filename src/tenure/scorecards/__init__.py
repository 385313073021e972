"""Scorecards shipped with Tenure: `default.yaml`, `seats.yaml` for accounts scored by seats, and the JSON Schema editors check scorecards by."""

from __future__ import annotations

from importlib.resources import files

DEFAULT_NAME = "default.yaml"
SEATS_NAME = "seats.yaml"
SCHEMA_NAME = "scorecard.schema.json"


def default_scorecard() -> str:
    """The text of the default scorecard."""
    return files(__name__).joinpath(DEFAULT_NAME).read_text(encoding="utf-8")


def seats_scorecard() -> str:
    """The text of the scorecard for accounts with more than 5 seats, while `engagement_by` is seats."""
    return files(__name__).joinpath(SEATS_NAME).read_text(encoding="utf-8")


def scorecard_schema() -> str:
    """The text of the JSON Schema."""
    return files(__name__).joinpath(SCHEMA_NAME).read_text(encoding="utf-8")

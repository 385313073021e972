"""Scorecards shipped with Tenure: `default.yaml`, and the JSON Schema editors check scorecards by."""

from __future__ import annotations

from importlib.resources import files

DEFAULT_NAME = "default.yaml"
SCHEMA_NAME = "scorecard.schema.json"


def default_scorecard() -> str:
    """The text of the default scorecard."""
    return files(__name__).joinpath(DEFAULT_NAME).read_text(encoding="utf-8")


def scorecard_schema() -> str:
    """The text of the JSON Schema."""
    return files(__name__).joinpath(SCHEMA_NAME).read_text(encoding="utf-8")

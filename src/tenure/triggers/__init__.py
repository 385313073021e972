"""Triggers shipped with Tenure (`retention-001.yaml` ...), and the JSON Schema editors check trigger files by."""

from __future__ import annotations

from importlib.resources import files

SCHEMA_NAME = "schema.json"


def shipped_triggers() -> dict[str, str]:
    """The text of each shipped definition by its file name, in order."""
    folder = files(__name__)
    names = sorted(one.name for one in folder.iterdir() if one.name.endswith(".yaml"))
    return {name: folder.joinpath(name).read_text(encoding="utf-8") for name in names}


def trigger_schema() -> str:
    """The text of the JSON Schema."""
    return files(__name__).joinpath(SCHEMA_NAME).read_text(encoding="utf-8")

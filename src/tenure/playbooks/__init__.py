"""Playbooks shipped with Tenure: four journeys, four campaigns, the path of failed payments, the layout of their mails, and their JSON Schema."""

from __future__ import annotations

from importlib.resources import files

SCHEMA_NAME = "playbook.schema.json"


def shipped_playbooks() -> dict[str, str]:
    """The text of every shipped playbook by its file name."""
    found = {one.name: one for one in files(__name__).iterdir() if one.name.endswith(".yaml")}
    return {name: found[name].read_text(encoding="utf-8") for name in sorted(found)}


def mail_layout() -> str:
    """The HTML around the HTML part of every mail, with its styles."""
    return files(__name__).joinpath("layout.html").read_text(encoding="utf-8")


def playbook_schema() -> str:
    """The text of the JSON Schema."""
    return files(__name__).joinpath(SCHEMA_NAME).read_text(encoding="utf-8")

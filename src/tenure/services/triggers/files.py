"""Trigger files of a workspace, read as a whole before anything is published."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from tenure.model.triggers import TriggerDefinition
from tenure.rules.scorecard.places import BadDocument
from tenure.rules.triggers.document import parse_trigger


class CheckedTriggers(msgspec.Struct, frozen=True, kw_only=True):
    """Sound definitions by file, and by file what is wrong with the others: each names file, line, and the fix."""

    sound: dict[str, TriggerDefinition]
    broken: dict[str, tuple[str, ...]] = {}


def check_triggers(files: Mapping[str, str]) -> CheckedTriggers:
    """Read every file; a bad one is a problem, never an error."""
    sound: dict[str, TriggerDefinition] = {}
    broken: dict[str, tuple[str, ...]] = {}
    by_id: dict[str, str] = {}
    for file, text in sorted(files.items()):
        try:
            found = parse_trigger(text, file)
        except BadDocument as problem:
            broken[file] = (f"{problem.message} {problem.fix}",)
            continue
        other = by_id.setdefault(found.trigger_id, file)
        if other != file:
            broken[file] = (f"{file}, line 1: {other} has the id {found.trigger_id} too. Give each trigger its own id.",)
            continue
        sound[file] = found
    return CheckedTriggers(sound=sound, broken=broken)

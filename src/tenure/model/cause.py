"""Why something was done: every intent, touch, decision and chain carries one, back to the score that began it."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class CauseKind(StrEnum):
    """Who or what began it."""

    trigger = "trigger"
    playbook = "playbook"
    person = "person"
    schedule = "schedule"
    safety = "safety"


class Cause(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The trigger (with version, chain and iteration), the step of a playbook, or the person behind an act.

    `score_run` is the refresh whose scores decided. `depth` counts the causes before this one: its budget ends loops.
    """

    kind: CauseKind
    trigger: str | None = None
    trigger_version: int | None = None
    execution_id: int | None = None
    iteration: int | None = None
    playbook: str | None = None
    playbook_version: int | None = None
    enrollment_id: int | None = None
    step: str | None = None
    score_run: int | None = None
    person: str | None = None
    reason: str = ""
    depth: int = 0

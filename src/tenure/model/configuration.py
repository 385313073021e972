"""What a venture set: parameter values, locks, presets, and the log of every change."""

from __future__ import annotations

from typing import Any

import msgspec

EVERYONE = ""
"""The segment selector of a value that counts for the whole venture."""


class SetValue(msgspec.Struct, frozen=True, kw_only=True):
    """One value somebody set; `segment` is the selector's text, empty for the whole venture."""

    name: str
    segment: str
    value: Any
    set_us: int
    set_by: str
    why: str


class ValueChange(msgspec.Struct, frozen=True, kw_only=True):
    """One change to make: `value` None takes the setting back to its default."""

    name: str
    value: Any
    segment: str = EVERYONE


class ParameterLock(msgspec.Struct, frozen=True, kw_only=True):
    """A parameter nobody may change until the chairman unlocks it."""

    name: str
    locked_us: int
    locked_by: str
    why: str


class AppliedPreset(msgspec.Struct, frozen=True, kw_only=True):
    """A named preset applied as one reviewed change."""

    preset: str
    applied_us: int
    applied_by: str
    why: str


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of `configuration_audit_log`: who changed what, when, from what to what, and why.

    `subject` is the kind of thing (parameter, lock, preset, scorecard, override, key, ...); `before` and `after` are
    JSON values, None where there was or is nothing.
    """

    entry_id: int
    happened_us: int
    who: str
    subject: str
    name: str
    segment: str
    before: Any
    after: Any
    why: str

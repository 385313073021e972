"""Every tunable, declared once; validation, resolution, locks, presets, reference and digest derive from it."""

from tenure.parameters.changes import (
    VENTURE,
    Changed,
    ChangePlan,
    change,
    change_everywhere,
    changes_towards,
    lock,
    unlock,
)
from tenure.parameters.checks import CROSS_CHECKS, CrossCheck
from tenure.parameters.declarations import DECLARED
from tenure.parameters.declarations.health import SCORE_PARAMETERS
from tenure.parameters.parameter import Owner, Parameter
from tenure.parameters.permissions import Actor, Outcome, Verdict, may_change, may_lock
from tenure.parameters.presets import PRESETS, Preset, preset
from tenure.parameters.problems import BadParameters, Problem
from tenure.parameters.reading import declared, parse
from tenure.parameters.reference import json_schema, reference_markdown
from tenure.parameters.resolving import check, resolve
from tenure.parameters.segments import Segment, parse_segment
from tenure.parameters.sets import ParameterSet
from tenure.parameters.values import Entries, QuietHours, ScoreRange, Value, as_text, to_json

DEFAULTS = resolve()
"""The set of a new venture."""

__all__ = [
    "CROSS_CHECKS",
    "DECLARED",
    "DEFAULTS",
    "PRESETS",
    "SCORE_PARAMETERS",
    "VENTURE",
    "Actor",
    "BadParameters",
    "ChangePlan",
    "Changed",
    "CrossCheck",
    "Entries",
    "Outcome",
    "Owner",
    "Parameter",
    "ParameterSet",
    "Preset",
    "Problem",
    "QuietHours",
    "ScoreRange",
    "Segment",
    "Value",
    "Verdict",
    "as_text",
    "change",
    "change_everywhere",
    "changes_towards",
    "check",
    "declared",
    "json_schema",
    "lock",
    "may_change",
    "may_lock",
    "parse",
    "parse_segment",
    "preset",
    "reference_markdown",
    "resolve",
    "to_json",
    "unlock",
]

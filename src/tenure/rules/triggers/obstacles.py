"""What stops every crossing of a venture at once: watch mode, a pause, an incident, stale input (A1, M6, M17)."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tenure.clock import HOUR_US
from tenure.model.incidents import OUTREACH_BY_SCORE, SCORING, LoopState, Mode, Pause
from tenure.rules.system_health import SourceFacts, is_stale


def trigger_scope(trigger_id: str) -> str:
    """Scope of one trigger, `trigger:RETENTION-001`."""
    return f"trigger:{trigger_id}"


class InputFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What scores rest on: their sources, and the last published run's time."""

    sources: tuple[SourceFacts, ...] = ()
    last_run_us: int | None = None


class Obstacle(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why nothing fires now. `pause`: in force with a cohort, for which it does not stand."""

    reason: str
    pause: Pause | None = None


def venture_obstacle(
    trigger_id: str, state: LoopState, inputs: InputFacts | None, stale_input_hours: int, now_us: int
) -> Obstacle | None:
    """The first thing that stops a score trigger, or None.

    The kill switch is none: internal alerts go on under it, customer-facing touches are stopped where they leave (A21).
    """
    if state.mode is Mode.watch:
        return Obstacle(reason="watch mode")
    pause = score_pause(state.pauses, trigger_id)
    if pause is not None:
        return Obstacle(reason="incident" if pause.incident_id is not None else "paused", pause=pause)
    if inputs is not None and stale_inputs(inputs, stale_input_hours, now_us):
        return Obstacle(reason="stale input")
    return None


def score_pause(pauses: Sequence[Pause], trigger_id: str) -> Pause | None:
    """The pause over what fires by score."""
    scopes = (OUTREACH_BY_SCORE, SCORING, trigger_scope(trigger_id))
    return next((one for one in pauses if one.scope in scopes), None)


def stale_inputs(inputs: InputFacts, stale_input_hours: int, now_us: int) -> tuple[str, ...]:
    """Names of the sources that are stale (M17); `scores` where the scores themselves are."""
    names = [one.name for one in inputs.sources if is_stale(one, now_us, stale_input_hours)]
    if inputs.last_run_us is not None and now_us - inputs.last_run_us > stale_input_hours * HOUR_US:
        names.append("scores")
    return tuple(names)

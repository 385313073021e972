"""RETENTION-001's crossing, one customer at a time (M6, M7, A3, A5, A26). `tenure.store.crossings` moves everybody for
whom nothing fires set-wise by the same rules; a property test holds both equal.
"""

from __future__ import annotations

from tenure.model.crossings import UNARMED_TENTHS, Judgement, Limits, Standing, Verdict
from tenure.model.health import HealthStatus

ROUNDING_TENTHS = 0.5 + 1e-6
"""A shown score further than this from the computed one is an override's."""


def judge_crossing(standing: Standing, limits: Limits, now_us: int) -> Verdict:
    """Whether the trigger fires for this score, and where its last judged score goes.

    An obstacle (override above, cooldown, open chain, coverage) leaves it where it is, so that the crossing is looked at
    again. A first score never fires; what configuration alone did moves without firing.
    """
    below = is_below(standing)
    if standing.override_by is not None or is_overridden(standing, limits):
        return _judge_override(standing, below, limits, now_us)
    judged = standing.last_judged_tenths
    if judged is None or judged == UNARMED_TENTHS:
        return _judge_unarmed(standing, below, limits, now_us)
    if not below:
        return _moved(standing, "not below")
    if judged < limits.at_risk_tenths:
        return _moved(standing, "was below already")
    if is_by_configuration(standing, limits.at_risk_tenths):
        return _moved(standing, "configuration only")
    return _fire_unless(standing, limits, now_us, reason_of(standing))


def is_below(standing: Standing) -> bool:
    """In the critical band, which follows the venture's threshold (M2)."""
    return standing.health_status == HealthStatus.critical


def is_overridden(standing: Standing, limits: Limits) -> bool:
    """What is shown is not what was computed: an override, or a threshold the last refresh did not know yet."""
    shown_below = standing.score_tenths < limits.at_risk_tenths
    far = abs(standing.total * 10 - standing.score_tenths) > ROUNDING_TENTHS
    return far or shown_below != is_below(standing)


def is_by_configuration(standing: Standing, threshold_tenths: int) -> bool:
    """Without what configuration took in the last change the score would not be below (A3)."""
    part = standing.change_configuration or 0.0
    return part < 0 and (standing.total - part) * 10 + 0.5 >= threshold_tenths


def reason_of(standing: Standing) -> str:
    """What took most of the points: behaviour, time or late facts."""
    parts = {
        "behaviour": standing.change_behaviour or 0.0,
        "time": standing.change_time or 0.0,
        "late facts": standing.change_late or 0.0,
    }
    return min(parts, key=lambda name: parts[name])


def effective_tenths(standing: Standing, limits: Limits) -> int:
    """The shown score; a status set by a person counts as just on its side of the threshold."""
    if is_below(standing):
        return min(standing.score_tenths, limits.at_risk_tenths - 1)
    return max(standing.score_tenths, limits.at_risk_tenths)


def _judge_override(standing: Standing, below: bool, limits: Limits, now_us: int) -> Verdict:
    """A person's word: below it fires, above it holds firing back; not in force any more, the next refresh knows (A26)."""
    if standing.override_by is None:
        return Verdict(judgement=Judgement.hold, reason="the score is not refreshed yet")
    if not below:
        return Verdict(judgement=Judgement.hold, reason="override")
    judged = standing.last_judged_tenths
    armed = judged is None or judged == UNARMED_TENTHS or judged >= limits.at_risk_tenths
    if not armed:
        return Verdict(judgement=Judgement.hold, reason="was below already")
    return _fire_unless(standing, limits, now_us, "person")


def _judge_unarmed(standing: Standing, below: bool, limits: Limits, now_us: int) -> Verdict:
    """M7: a first score never fires; a new customer is armed at its first score that is not below, or when it is no
    longer new, and then fires if it is below."""
    if not below:
        return _moved(standing, "armed")
    if standing.is_new:
        return Verdict(judgement=Judgement.wait, reason="new customer", last_judged_tenths=UNARMED_TENTHS)
    if standing.last_judged_tenths is None:
        return _moved(standing, "first score")
    return _fire_unless(standing, limits, now_us, "no longer new")


def _fire_unless(standing: Standing, limits: Limits, now_us: int, reason: str) -> Verdict:
    obstacle = obstacle_of(standing, limits, now_us)
    if obstacle is not None:
        return Verdict(judgement=Judgement.hold, reason=obstacle)
    return Verdict(judgement=Judgement.fire, reason=reason, last_judged_tenths=effective_tenths(standing, limits))


def obstacle_of(standing: Standing, limits: Limits, now_us: int) -> str | None:
    """What stands in the way of this customer's chain, in a few words; the venture's own obstacles are asked before."""
    if standing.has_open_chain:
        return "a chain is open"
    opened_us = standing.last_opened_us
    if opened_us is not None and now_us - opened_us <= limits.cooldown_us:
        return "cooldown"
    if standing.coverage < limits.min_coverage and standing.override_by is None:
        return "coverage"
    return None


def _moved(standing: Standing, reason: str) -> Verdict:
    return Verdict(judgement=Judgement.move, reason=reason, last_judged_tenths=standing.score_tenths)

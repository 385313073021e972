"""Is the success system active? RETENTION-004's four components, and the uptime they add up to (M16)."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from tenure.clock import DAY_US, HOUR_US, MINUTE_US
from tenure.rules.system_health import (
    FULL_SCORE_DEGRADED_HOURS,
    FULL_SCORE_HEALTHY_HOURS,
    ComponentHealth,
    SystemStatus,
    hours,
    hours_text,
)

SCORES, CRM, CAMPAIGNS, SURVEYS = "scores", "crm", "campaigns", "surveys"
CRM_GRACE_HOURS = 2
CRM_LEAST_HOURS = 24
CAMPAIGN_EVALUATED_HOURS = 24
SURVEY_DAYS = 7
WEEK_US = 7 * DAY_US


class LoopFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the store tells of the loop at a time.

    `crm_configured` False (crm_platform none, C1): there are three components. `campaigns_evaluated_us`: when the entry of
    each published, unpaused campaign was last evaluated. `surveys_due_7d` counts people who were due for a survey.
    """

    now_us: int
    last_full_score_us: int | None = None
    crm_configured: bool = False
    crm_sync_hours: int = 24
    last_crm_sync_us: int | None = None
    campaigns_evaluated_us: tuple[int, ...] = ()
    surveys_due_7d: int = 0
    surveys_deployed_7d: int = 0
    surveys_switched_on: bool = True


def judge_loop(facts: LoopFacts) -> tuple[ComponentHealth, ...]:
    """The components that exist, each with its status and a sentence."""
    found = [_scores(facts), _campaigns(facts), _surveys(facts)]
    return tuple([found[0], _crm(facts), *found[1:]] if facts.crm_configured else found)


def is_active(components: Iterable[ComponentHealth]) -> bool:
    """All of them are up: nothing degraded. A warning is no failure, but is shown."""
    return all(one.status is not SystemStatus.degraded for one in components)


def _scores(facts: LoopFacts) -> ComponentHealth:
    if facts.last_full_score_us is None:
        return _component(SCORES, SystemStatus.degraded, None, "No full score has been published yet.")
    age_us = facts.now_us - facts.last_full_score_us
    status = SystemStatus.healthy
    if age_us > FULL_SCORE_HEALTHY_HOURS * HOUR_US:
        status = SystemStatus.warning if age_us <= FULL_SCORE_DEGRADED_HOURS * HOUR_US else SystemStatus.degraded
    return _component(SCORES, status, hours(age_us), f"The last full score is {hours_text(age_us)} old.")


def _crm(facts: LoopFacts) -> ComponentHealth:
    window = max(CRM_LEAST_HOURS, facts.crm_sync_hours) + CRM_GRACE_HOURS
    if facts.last_crm_sync_us is None:
        return _component(CRM, SystemStatus.degraded, None, "The CRM was never synchronised.")
    age_us = facts.now_us - facts.last_crm_sync_us
    status = SystemStatus.healthy if age_us <= window * HOUR_US else SystemStatus.degraded
    return _component(CRM, status, hours(age_us), f"The last successful CRM sync was {hours_text(age_us)} ago.")


def _campaigns(facts: LoopFacts) -> ComponentHealth:
    """No campaign at all is a warning; one that nobody evaluates any more is a failure."""
    if not facts.campaigns_evaluated_us:
        return _component(CAMPAIGNS, SystemStatus.warning, 0.0, "No campaign is published and running.")
    since_us = facts.now_us - CAMPAIGN_EVALUATED_HOURS * HOUR_US
    active = sum(evaluated_us >= since_us for evaluated_us in facts.campaigns_evaluated_us)
    status = SystemStatus.healthy if active else SystemStatus.degraded
    total = len(facts.campaigns_evaluated_us)
    return _component(CAMPAIGNS, status, float(active), f"{active} of {total} campaigns were evaluated in the last 24 hours.")


def _surveys(facts: LoopFacts) -> ComponentHealth:
    if not facts.surveys_switched_on:
        return _component(SURVEYS, SystemStatus.warning, None, "No survey is set up.")
    failed = facts.surveys_due_7d > 0 and facts.surveys_deployed_7d == 0
    sentence = f"{facts.surveys_deployed_7d} surveys went out in the last 7 days; {facts.surveys_due_7d} people were due."
    status = SystemStatus.degraded if failed else SystemStatus.healthy
    return _component(SURVEYS, status, float(facts.surveys_deployed_7d), sentence)


def _component(name: str, status: SystemStatus, value: float | None, sentence: str) -> ComponentHealth:
    return ComponentHealth(component=name, status=status, value=value, sentence=sentence)


class Uptime(msgspec.Struct, frozen=True, kw_only=True):
    """Minutes of an ISO week (so far): `up` had a heartbeat and no degraded component."""

    from_us: int
    to_us: int
    minutes: int
    up: int

    @property
    def percent(self) -> float | None:
        """None before the first minute is over."""
        return 100 * self.up / self.minutes if self.minutes else None


def uptime(beats: Iterable[int], degraded: Iterable[tuple[int, int | None]], from_us: int, to_us: int) -> Uptime:
    """The share of minutes with a heartbeat and nothing degraded, from detection to `resolved_at`.

    Args:
        beats: the minutes (us, whole) with a heartbeat.
        degraded: (detected, resolved or None) of every failure.
    """
    down = [(start // MINUTE_US, to_us // MINUTE_US if end is None else -(-end // MINUTE_US)) for start, end in degraded]
    first, last = from_us // MINUTE_US, to_us // MINUTE_US
    inside = {beat // MINUTE_US for beat in beats if from_us <= beat < to_us}
    up = sum(not any(start <= minute < end for start, end in down) for minute in inside)
    return Uptime(from_us=from_us, to_us=to_us, minutes=max(0, last - first), up=up)


def iso_week_start_us(now_us: int) -> int:
    """Monday 00:00 UTC of the week of a time. Day 4 of the epoch (1970-01-05) was a Monday."""
    return (now_us - 4 * DAY_US) // WEEK_US * WEEK_US + 4 * DAY_US

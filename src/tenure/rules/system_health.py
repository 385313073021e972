"""Is the machine itself well? Judged from facts handed in; the worst component decides (M16, M17)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum

import msgspec

from tenure.clock import DAY_US, HOUR_US

FULL_SCORE_HEALTHY_HOURS = 25
FULL_SCORE_DEGRADED_HOURS = 48
INBOX_WARNING_HOURS = 1
INBOX_DEGRADED_HOURS = 25
FAILURES_IN_A_ROW = 3
WEEK_HOURS = 168
WEEKS_OF_SILENCE = 4
OUTBOX_WARNING_HOURS = 1
OUTBOX_DEGRADED_HOURS = 25
MAY_BE_ABSENT = ("crm", "campaigns", "surveys", "outbox", "uptime")
"""Named where they are absent, so that their absence is not read as health."""


class SystemStatus(StrEnum):
    """How a component, and the whole, is doing."""

    healthy = "healthy"
    warning = "warning"
    degraded = "degraded"


_ORDER = tuple(SystemStatus)


class SourceFacts(msgspec.Struct, frozen=True, kw_only=True):
    """One source of facts. `last_success_us`: the last delivery (push) or poll that worked, None when none ever did.

    `first_seen_us` and `hours_with_events` (whole hours since the epoch, of the last five weeks) let a push source be
    silent when it always is; a poll needs neither.
    """

    name: str
    is_push: bool
    last_success_us: int | None
    first_seen_us: int | None = None
    hours_with_events: frozenset[int] = frozenset()


class SystemFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the app counted. None for `last_full_score_us`: there never was one; for `outbox_waiting` and `uptime_percent`
    (of the last whole ISO week): nobody looked. `loop`: the components of RETENTION-004."""

    now_us: int
    last_full_score_us: int | None
    inbox_waiting: int = 0
    inbox_oldest_us: int | None = None
    quarantine_waiting: int = 0
    failed_jobs_24h: int = 0
    failed_jobs_in_a_row: int = 0
    sources: tuple[SourceFacts, ...] = ()
    loop: tuple[ComponentHealth, ...] = ()
    outbox_waiting: int | None = None
    outbox_oldest_us: int | None = None
    crm_records_24h: int = 0
    crm_errors_24h: int = 0
    uptime_percent: float | None = None


class ComponentHealth(msgspec.Struct, frozen=True, kw_only=True):
    """One component: its status, the number it was judged by (hours or a count), and a sentence."""

    component: str
    status: SystemStatus
    value: float | None
    sentence: str


class SystemHealth(msgspec.Struct, frozen=True, kw_only=True):
    """The overall status is the worst of the components."""

    status: SystemStatus
    components: tuple[ComponentHealth, ...]
    not_measured: tuple[str, ...] = MAY_BE_ABSENT


def judge_system(
    facts: SystemFacts,
    *,
    stale_input_hours: int = 36,
    max_consecutive_failures: int = FAILURES_IN_A_ROW,
    target_uptime_percent: float = 99.5,
    crm_error_percent: float = 5,
) -> SystemHealth:
    """Every component, and the worst of them."""
    components = (
        _full_score(facts),
        _inbox(facts),
        _quarantine(facts),
        _jobs(facts, max_consecutive_failures),
        *(_source(one, facts.now_us, stale_input_hours) for one in facts.sources),
        *(_with_errors(one, facts, crm_error_percent) for one in facts.loop),
        *_outbox(facts),
        *_uptime(facts, target_uptime_percent),
    )
    there = {one.component for one in components}
    absent = tuple(name for name in MAY_BE_ABSENT if name not in there)
    return SystemHealth(status=worst(one.status for one in components), components=components, not_measured=absent)


def worst(statuses: Iterable[SystemStatus]) -> SystemStatus:
    """The worst wins; nothing at all is healthy."""
    return max(statuses, key=_ORDER.index, default=SystemStatus.healthy)


def _full_score(facts: SystemFacts) -> ComponentHealth:
    """At most 25 h healthy, more than 48 h degraded: a run at 02:00 may take its time (M16)."""
    if facts.last_full_score_us is None:
        sentence = "No full score has been published yet."
        return ComponentHealth(component="full_score", status=SystemStatus.warning, value=None, sentence=sentence)
    age_us = facts.now_us - facts.last_full_score_us
    status = _by_age(age_us, FULL_SCORE_HEALTHY_HOURS, FULL_SCORE_DEGRADED_HOURS)
    sentence = f"The last full score is {hours_text(age_us)} old."
    return ComponentHealth(component="full_score", status=status, value=hours(age_us), sentence=sentence)


def _inbox(facts: SystemFacts) -> ComponentHealth:
    if not facts.inbox_waiting or facts.inbox_oldest_us is None:
        return ComponentHealth(
            component="inbox", status=SystemStatus.healthy, value=0.0, sentence="No facts wait in the inbox."
        )
    age_us = facts.now_us - facts.inbox_oldest_us
    sentence = f"{facts.inbox_waiting:,} facts wait in the inbox, the oldest for {hours_text(age_us)}."
    status = _by_age(age_us, INBOX_WARNING_HOURS, INBOX_DEGRADED_HOURS)
    return ComponentHealth(component="inbox", status=status, value=hours(age_us), sentence=sentence)


def _with_errors(one: ComponentHealth, facts: SystemFacts, error_percent: float) -> ComponentHealth:
    """Of the CRM also the share of records written in the last 24 hours, degraded below 95 %."""
    if one.component != "crm" or not facts.crm_records_24h:
        return one
    written = 100 * (facts.crm_records_24h - facts.crm_errors_24h) / facts.crm_records_24h
    failed = 100 - written > error_percent
    return ComponentHealth(
        component=one.component,
        status=SystemStatus.degraded if failed else one.status,
        value=written,
        sentence=f"{one.sentence} {written:.1f} % of {facts.crm_records_24h:,} records were written in 24 hours.",
    )


def _outbox(facts: SystemFacts) -> Iterator[ComponentHealth]:
    if facts.outbox_waiting is None:
        return
    if not facts.outbox_waiting or facts.outbox_oldest_us is None:
        yield ComponentHealth(component="outbox", status=SystemStatus.healthy, value=0.0, sentence="Nothing that is due waits in the outbox.")
        return
    age_us = facts.now_us - facts.outbox_oldest_us
    sentence = f"{facts.outbox_waiting:,} touches wait in the outbox, the oldest for {hours_text(age_us)}."
    status = _by_age(age_us, OUTBOX_WARNING_HOURS, OUTBOX_DEGRADED_HOURS)
    yield ComponentHealth(component="outbox", status=status, value=hours(age_us), sentence=sentence)


def _uptime(facts: SystemFacts, target_percent: float) -> Iterator[ComponentHealth]:
    """Of the last whole ISO week; below its target a warning, what is down now says so itself (M16)."""
    found = facts.uptime_percent
    if found is not None:
        status = SystemStatus.healthy if found >= target_percent else SystemStatus.warning
        sentence = f"Up in {found:.2f} % of the minutes of the last week; the target is {target_percent:g} %."
        yield ComponentHealth(component="uptime", status=status, value=found, sentence=sentence)


def _quarantine(facts: SystemFacts) -> ComponentHealth:
    """Refused records wait for a person: never degraded, never unsaid."""
    waiting = facts.quarantine_waiting
    status = SystemStatus.warning if waiting else SystemStatus.healthy
    sentence = f"{waiting:,} refused records wait for a person." if waiting else "The quarantine is empty."
    return ComponentHealth(component="quarantine", status=status, value=waiting, sentence=sentence)


def _jobs(facts: SystemFacts, max_consecutive_failures: int) -> ComponentHealth:
    if facts.failed_jobs_in_a_row >= max_consecutive_failures:
        sentence = f"The last {facts.failed_jobs_in_a_row} jobs failed."
        status = SystemStatus.degraded
    elif facts.failed_jobs_24h:
        sentence, status = f"{facts.failed_jobs_24h} jobs failed in the last 24 hours.", SystemStatus.warning
    else:
        sentence, status = "No job failed in the last 24 hours.", SystemStatus.healthy
    return ComponentHealth(component="jobs", status=status, value=facts.failed_jobs_24h, sentence=sentence)


def _source(source: SourceFacts, now_us: int, stale_input_hours: int) -> ComponentHealth:
    """Freshness is the age of the source, never of a customer's last event (M17)."""
    name = f"source {source.name}"
    if source.last_success_us is None:
        sentence = f"The source {source.name} never delivered anything."
        return ComponentHealth(component=name, status=SystemStatus.warning, value=None, sentence=sentence)
    age_us = now_us - source.last_success_us
    counted = counted_age_hours(source, now_us)
    status = SystemStatus.degraded if is_stale(source, now_us, stale_input_hours) else SystemStatus.healthy
    sentence = f"The source {source.name} delivered {hours_text(age_us)} ago."
    if status is SystemStatus.degraded:
        sentence += f" It is stale: more than {stale_input_hours} hours."
    return ComponentHealth(component=name, status=status, value=round(counted, 1), sentence=sentence)


def is_stale(source: SourceFacts, now_us: int, stale_input_hours: int) -> bool:
    """Silent for longer than allowed, its own usual silence not counted; a source that never delivered is not stale."""
    return source.last_success_us is not None and counted_age_hours(source, now_us) > stale_input_hours


def counted_age_hours(source: SourceFacts, now_us: int) -> float:
    """The age in hours, without the hours in which a push source was silent in each of the last four weeks (M17)."""
    if source.last_success_us is None:
        raise ValueError("a source that never delivered has no age")
    age = hours(now_us - source.last_success_us)
    if not source.is_push:
        return age
    first, last = source.last_success_us // HOUR_US + 1, now_us // HOUR_US
    return max(0.0, age - sum(_is_always_silent(source, hour) for hour in range(first, last)))


def _is_always_silent(source: SourceFacts, hour: int) -> bool:
    """Silent at this hour of the week in each of the four weeks before, all of which the source has lived through."""
    oldest = hour - WEEKS_OF_SILENCE * WEEK_HOURS
    if source.first_seen_us is None or source.first_seen_us // HOUR_US > oldest:
        return False
    return not any(hour - week * WEEK_HOURS in source.hours_with_events for week in range(1, WEEKS_OF_SILENCE + 1))


def _by_age(age_us: int, healthy_hours: int, degraded_hours: int) -> SystemStatus:
    if age_us <= healthy_hours * HOUR_US:
        return SystemStatus.healthy
    return SystemStatus.warning if age_us <= degraded_hours * HOUR_US else SystemStatus.degraded


def hours(age_us: int) -> float:
    """An age in hours, to one decimal, never negative."""
    return max(0, age_us * 10 // HOUR_US) / 10


def hours_text(age_us: int) -> str:
    """`3.5 hours`, or `4 days` from two days up."""
    if age_us >= 2 * DAY_US:
        return f"{age_us // DAY_US} days"
    return f"{hours(age_us):g} hours"

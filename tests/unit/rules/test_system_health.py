"""System health: borders of every component, and the worst wins (M16, M17)."""

from __future__ import annotations

from typing import Any

import pytest

from tenure.clock import HOUR_US
from tenure.rules.system_health import (
    ComponentHealth,
    SourceFacts,
    SystemFacts,
    SystemStatus,
    counted_age_hours,
    judge_system,
    worst,
)

NOW_US = 500_000 * HOUR_US
HEALTHY, WARNING, DEGRADED = SystemStatus.healthy, SystemStatus.warning, SystemStatus.degraded


def component(name: str, **facts: Any) -> ComponentHealth:
    given = {"now_us": NOW_US, "last_full_score_us": NOW_US, **facts}
    return next(one for one in judge_system(SystemFacts(**given)).components if one.component == name)


@pytest.mark.parametrize(
    ("age_us", "status"),
    [
        (25 * HOUR_US, HEALTHY),
        (25 * HOUR_US + 1, WARNING),
        (48 * HOUR_US, WARNING),
        (48 * HOUR_US + 1, DEGRADED),
    ],
)
def test_a_full_score_ages_from_healthy_over_warning_to_degraded(age_us: int, status: SystemStatus) -> None:
    assert component("full_score", last_full_score_us=NOW_US - age_us).status is status


def test_before_the_first_score_there_is_a_warning_and_no_number() -> None:
    found = component("full_score", last_full_score_us=None)
    assert (found.status, found.value) == (WARNING, None)


@pytest.mark.parametrize(("hours", "status"), [(0, HEALTHY), (1, HEALTHY), (2, WARNING), (26, DEGRADED)])
def test_the_inbox_is_judged_by_its_oldest_fact(hours: int, status: SystemStatus) -> None:
    found = component("inbox", inbox_waiting=3, inbox_oldest_us=NOW_US - hours * HOUR_US)
    assert (found.status, found.value) == (status, float(hours))


def test_refused_records_are_a_warning_and_never_more() -> None:
    assert component("quarantine", quarantine_waiting=1_000_000).status is WARNING
    assert component("quarantine").status is HEALTHY


def test_failed_jobs_warn_and_three_in_a_row_degrade() -> None:
    assert component("jobs", failed_jobs_24h=5).status is WARNING
    assert component("jobs", failed_jobs_24h=3, failed_jobs_in_a_row=3).status is DEGRADED


def test_the_worst_component_is_the_whole() -> None:
    assert worst([]) is HEALTHY
    assert worst([HEALTHY, DEGRADED, WARNING]) is DEGRADED
    facts = SystemFacts(now_us=NOW_US, last_full_score_us=NOW_US, quarantine_waiting=1)
    assert judge_system(facts).status is WARNING


def test_what_is_not_measured_is_named() -> None:
    assert judge_system(SystemFacts(now_us=NOW_US, last_full_score_us=NOW_US)).not_measured == ("crm", "campaigns", "surveys", "outbox", "uptime")


def test_M16_the_loop_outbox_and_uptime_are_components_and_the_worst_wins() -> None:
    campaigns = ComponentHealth(component="campaigns", status=WARNING, value=0.0, sentence="No campaign is published and running.")
    facts = SystemFacts(now_us=NOW_US, last_full_score_us=NOW_US, loop=(campaigns,), outbox_waiting=0, uptime_percent=99.5)
    found = judge_system(facts)
    assert (found.status, found.not_measured) == (WARNING, ("crm", "surveys"))
    assert component("uptime", uptime_percent=99.49).status is WARNING
    assert component("uptime", uptime_percent=99.5).status is HEALTHY


@pytest.mark.parametrize(("hours", "status"), [(1, HEALTHY), (2, WARNING), (26, DEGRADED)])
def test_the_outbox_is_judged_by_its_oldest_touch(hours: int, status: SystemStatus) -> None:
    assert component("outbox", outbox_waiting=2, outbox_oldest_us=NOW_US - hours * HOUR_US).status is status


@pytest.mark.parametrize(("errors", "status"), [(5, HEALTHY), (6, DEGRADED)])
def test_the_crm_is_degraded_when_less_than_95_percent_of_records_were_written_in_24_hours(errors: int, status: SystemStatus) -> None:
    crm = ComponentHealth(component="crm", status=HEALTHY, value=1.0, sentence="The last successful CRM sync was 1 hour ago.")
    found = component("crm", loop=(crm,), crm_records_24h=100, crm_errors_24h=errors)
    assert (found.status, found.value) == (status, 100.0 - errors)


def a_source(age_hours: int, is_push: bool = True, **said: Any) -> SourceFacts:
    return SourceFacts(name="app", is_push=is_push, last_success_us=NOW_US - age_hours * HOUR_US, **said)


@pytest.mark.parametrize(("hours", "status"), [(36, HEALTHY), (37, DEGRADED)])
def test_a_source_is_stale_after_its_hours(hours: int, status: SystemStatus) -> None:
    for is_push in (True, False):
        assert component("source app", sources=(a_source(hours, is_push),)).status is status


def test_a_source_that_never_delivered_is_a_warning() -> None:
    silent = SourceFacts(name="app", is_push=True, last_success_us=None)
    assert component("source app", sources=(silent,)).status is WARNING


def weekday_hours(weeks: int, silent: range) -> frozenset[int]:
    """Events in every hour of the weeks before NOW_US, except in these hours of the week (168 hours back from now = 0)."""
    now_hour = NOW_US // HOUR_US
    first = now_hour - weeks * 168
    return frozenset(hour for hour in range(first, now_hour) if (hour - first) % 168 not in silent)


def test_hours_that_are_always_silent_do_not_age_a_push_source() -> None:
    usual = weekday_hours(6, silent=range(108, 168))
    source = a_source(60, first_seen_us=0, hours_with_events=usual)
    assert counted_age_hours(source, NOW_US) <= 1
    assert component("source app", sources=(source,)).status is HEALTHY


def test_one_loud_weekend_in_four_makes_silence_suspicious() -> None:
    now_hour = NOW_US // HOUR_US
    usual = weekday_hours(6, silent=range(108, 168)) | frozenset(range(now_hour - 228, now_hour - 168))
    source = a_source(60, first_seen_us=0, hours_with_events=usual)
    assert component("source app", sources=(source,)).status is DEGRADED


def test_a_source_younger_than_four_weeks_has_no_usual_silence() -> None:
    source = a_source(60, first_seen_us=NOW_US - 300 * HOUR_US)
    assert counted_age_hours(source, NOW_US) == 60


def test_a_poll_has_no_usual_silence() -> None:
    assert counted_age_hours(a_source(60, is_push=False, first_seen_us=0), NOW_US) == 60

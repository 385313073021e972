"""RETENTION-004's components and uptime (M16)."""

from __future__ import annotations

from tenure.clock import DAY_US, HOUR_US, MINUTE_US
from tenure.rules.loop_health import LoopFacts, is_active, iso_week_start_us, judge_loop, uptime
from tenure.rules.system_health import SystemStatus

NOW = 20_000 * DAY_US
WELL = LoopFacts(
    now_us=NOW, last_full_score_us=NOW - 8 * HOUR_US, campaigns_evaluated_us=(NOW - 8 * HOUR_US,), surveys_due_7d=3, surveys_deployed_7d=3
)


def with_(**changes: object) -> LoopFacts:
    fields = {name: getattr(WELL, name) for name in WELL.__struct_fields__}
    return LoopFacts(**(fields | changes))  # type: ignore[arg-type]


def statuses(facts: LoopFacts) -> dict[str, SystemStatus]:
    return {one.component: one.status for one in judge_loop(facts)}


def test_C1_without_a_crm_there_are_three_components() -> None:
    assert list(statuses(WELL)) == ["scores", "campaigns", "surveys"]
    assert is_active(judge_loop(WELL))
    assert list(statuses(with_(crm_configured=True))) == ["scores", "crm", "campaigns", "surveys"]


def test_M16_scores_are_well_for_25_hours_and_degraded_after_48() -> None:
    for age, expected in ((25, "healthy"), (26, "warning"), (48, "warning"), (49, "degraded")):
        found = statuses(with_(last_full_score_us=NOW - age * HOUR_US))["scores"]
        assert found.value == expected, age


def test_M16_the_crm_window_follows_its_frequency_and_two_hours() -> None:
    late = with_(crm_configured=True, last_crm_sync_us=NOW - 27 * HOUR_US)
    assert statuses(late)["crm"] is SystemStatus.degraded
    assert statuses(with_(crm_configured=True, last_crm_sync_us=NOW - 27 * HOUR_US, crm_sync_hours=48))["crm"] is SystemStatus.healthy


def test_M16_surveys_fail_only_when_somebody_was_due_and_nothing_went_out() -> None:
    assert statuses(with_(surveys_due_7d=0, surveys_deployed_7d=0))["surveys"] is SystemStatus.healthy
    assert statuses(with_(surveys_due_7d=1, surveys_deployed_7d=0))["surveys"] is SystemStatus.degraded
    assert statuses(with_(surveys_switched_on=False))["surveys"] is SystemStatus.warning


def test_M16_no_campaign_is_a_warning_and_one_nobody_evaluates_a_failure() -> None:
    assert statuses(with_(campaigns_evaluated_us=()))["campaigns"] is SystemStatus.warning
    assert statuses(with_(campaigns_evaluated_us=(NOW - 25 * HOUR_US,)))["campaigns"] is SystemStatus.degraded


def test_M16_uptime_counts_minutes_with_a_heartbeat_and_nothing_degraded() -> None:
    week = iso_week_start_us(NOW)
    beats = [week + minute * MINUTE_US for minute in range(100) if minute not in (3, 4)]
    found = uptime(beats, [(week + 10 * MINUTE_US + 1, week + 12 * MINUTE_US)], week, week + 100 * MINUTE_US)
    assert (found.minutes, found.up) == (100, 96)
    still_down = uptime(beats, [(week + 50 * MINUTE_US, None)], week, week + 100 * MINUTE_US)
    assert still_down.up == 48
    assert uptime([], [], week, week).percent is None


def test_a_week_begins_on_monday() -> None:
    from datetime import UTC, datetime

    assert datetime.fromtimestamp(iso_week_start_us(NOW) / 1e6, UTC).strftime("%A %H:%M") == "Monday 00:00"

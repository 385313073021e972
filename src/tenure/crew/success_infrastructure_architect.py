"""SuccessInfrastructureArchitect: the CRM, the data flow, and the hourly system check that heals what it can.

Watches: the four components of RETENTION-004. May: ask for a refresh, a sync, a redeployment. Reports: the system's log, uptime.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from tenure.clock import DAY_US
from tenure.crew.rooms import Rooms
from tenure.model.triggers import TriggerSchedule
from tenure.rules.loop_health import Uptime, iso_week_start_us, judge_loop, uptime
from tenure.rules.system_health import ComponentHealth, SystemStatus
from tenure.services.crm import SyncResult

KEPT_BEATS_US = 60 * DAY_US
NEVER_SYNCED_US = 0


class SuccessInfrastructureArchitect:
    """One of the four agents; see the module."""

    name = "SuccessInfrastructureArchitect"

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    def system_check(self, now_us: int) -> tuple[ComponentHealth, ...]:
        """Look at every component, write what is not well into the system's log, and let RETENTION-004 act on it."""
        rooms = self._rooms
        components = judge_loop(rooms.senses.loop_facts(now_us))
        for one in components:
            details: dict[str, object] = {"sentence": one.sentence}
            rooms.stores.system_log.record(rooms.own, one.component, one.status.value, details, now_us=now_us)
        rooms.triggers.evaluate_venture(rooms.senses.readings(now_us), (TriggerSchedule.hourly,), now_us)
        rooms.stores.calendar.forget_beats(rooms.own, now_us - KEPT_BEATS_US)
        return components

    def sync_crm(self, now_us: int) -> SyncResult:
        """Write what changed since the last successful sync."""
        rooms = self._rooms
        if not rooms.crm.is_configured:
            return SyncResult(skipped="no CRM is configured")
        since_us = rooms.stores.crm_log.last_success_us(rooms.own) or NEVER_SYNCED_US
        return rooms.crm.sync(rooms.senses.changed_cards(since_us, now_us), self._interventions(), now_us)

    def uptime(self, from_us: int, to_us: int) -> Uptime:
        """The share of minutes with a heartbeat and no degraded component (M16)."""
        rooms = self._rooms
        degraded = [
            (one.checked_us, one.resolved_us)
            for one in rooms.stores.system_log.since(rooms.own, from_us)
            if one.status == SystemStatus.degraded.value
        ]
        return uptime(rooms.stores.calendar.beaten(rooms.own, from_us, to_us), degraded, from_us, to_us)

    def last_week(self, now_us: int) -> Uptime:
        """Uptime of the last whole ISO week."""
        monday_us = iso_week_start_us(now_us)
        return self.uptime(monday_us - 7 * DAY_US, monday_us)

    def uptime_report(self, now_us: int) -> dict[str, object]:
        """Last week's uptime against its target."""
        found = self.last_week(now_us)
        target = self._rooms.parameters().number("target_uptime_percent")
        percent = found.percent
        return {**msgspec.structs.asdict(found), "percent": percent, "target": target, "met": percent is not None and percent >= target}

    def _interventions(self) -> Mapping[str, int]:
        """When each customer's last RETENTION-001 chain opened (A5)."""
        return self._rooms.stores.executions.last_opened(self._rooms.own, "RETENTION-001")

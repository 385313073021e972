"""CustomerSuccessCrew: runs the four agents, the set-up in order and resumable, then everything on its calendar.

Killed at any point it goes on at the next tick and repeats nothing: operations are claimed, steps are rows, acts have keys.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from tenure.clock import HOUR_US
from tenure.crew.cycle import Cycle, CycleReport
from tenure.crew.healing import Healing
from tenure.crew.health_monitoring_specialist import HealthMonitoringSpecialist
from tenure.crew.nps_tracker import NPSTracker
from tenure.crew.retention_program_designer import RetentionProgramDesigner
from tenure.crew.reviews import Reviews
from tenure.crew.rooms import Refreshed, Rooms
from tenure.crew.setting_up import SetUp
from tenure.crew.success_infrastructure_architect import SuccessInfrastructureArchitect
from tenure.errors import TenureError
from tenure.model.incidents import Mode
from tenure.parameters import ParameterSet
from tenure.parameters.declarations.alerts import WEEKDAYS
from tenure.ports.crew import CrewStep
from tenure.ports.store import Stores
from tenure.rules.calendar import Due, crew_calendar, due_now
from tenure.rules.gates import GateResult, judge_gates

BORN = "born"
"""The crew's first tick: what was due before is nobody's."""
ABANDONED_US = HOUR_US
DAILY = "daily_scores"
FACTS = "facts"
"""The kept result that says how many facts there are."""
OF_THE_CYCLE = (DAILY, "daily_triggers", "daily_decision")
"""Done within the cycle itself, or by a service that knows its own hour."""


class Tick(msgspec.Struct, frozen=True, kw_only=True):
    """What one tick did: operations of the calendar with a note each, and the counts of the cycle."""

    now_us: int
    mode: str
    refreshed: Refreshed
    operations: dict[str, str]
    cycle: CycleReport


class CustomerSuccessCrew:
    """The four agents of one venture.

    Args:
        worker: names this process, for claims.
    """

    def __init__(self, rooms: Rooms, worker: str) -> None:
        self._rooms, self._worker = rooms, worker
        self.architect = SuccessInfrastructureArchitect(rooms)
        self.specialist = HealthMonitoringSpecialist(rooms)
        self.designer = RetentionProgramDesigner(rooms)
        self.tracker = NPSTracker(rooms)
        self.reviews = Reviews(rooms)
        self.set_up = SetUp(rooms)
        self._cycle = Cycle(rooms, worker, [self._healing()])

    def _healing(self) -> Healing:
        rooms = self._rooms
        return Healing(
            {
                "refresh": lambda now_us: rooms.senses.refresh(now_us, daily_due_us=now_us),
                "sync_crm": self.architect.sync_crm,
                "restart_campaigns": rooms.playbooks.enter,
                "deploy_surveys": self.tracker.deploy,
            }
        )

    def tick(self, now_us: int) -> Tick:
        """Everything that is due at this time, once."""
        rooms = self._rooms
        rooms.stores.calendar.beat(rooms.own, now_us)
        due = [one for one in self._due(now_us) if self._claim(one, now_us)]
        daily_due_us = next((one.due_us for one in due if one.operation == DAILY), None)
        daily = daily_due_us is not None
        refreshed = rooms.senses.refresh(now_us, daily_due_us=daily_due_us)
        self.set_up.go_on(now_us)
        notes = self._before_the_cycle(due, now_us)
        report = self._cycle.run(now_us, daily=daily, scoring_failed=refreshed.failed)
        for one in due:
            if one.operation in OF_THE_CYCLE:
                rooms.stores.calendar.done(rooms.own, one.operation, one.due_us, now_us=now_us, note=refreshed.failed)
                notes[one.operation] = refreshed.failed or "done"
        mode = rooms.stores.controls.state(rooms.own, now_us).mode
        return Tick(now_us=now_us, mode=Mode(mode).value, refreshed=refreshed, operations=notes, cycle=report)

    def deliver(self, now_us: int) -> Mapping[str, int]:
        """Only what waits in the outbox: for a process that does not hold the warehouse."""
        return self._cycle.deliver(now_us)

    def gates(self, now_us: int) -> tuple[GateResult, ...]:
        """Every gate with its evidence; the verdicts are kept, with since when."""
        rooms = self._rooms
        results = judge_gates(rooms.senses.gate_facts(now_us))
        rooms.stores.crew.put_gates(rooms.own, results, now_us=now_us)
        return results

    # --- the calendar --------------------------------------------------------------------------------------------------

    def _due(self, now_us: int) -> tuple[Due, ...]:
        rooms = self._rooms
        ensure_born(rooms.stores, rooms.own, now_us)
        return operations_due(rooms.stores, rooms.own, rooms.parameters(), now_us)

    def _claim(self, due: Due, now_us: int) -> bool:
        return self._rooms.stores.calendar.claim(
            self._rooms.own, due.operation, due.due_us, now_us=now_us, stale_before_us=now_us - ABANDONED_US
        )

    def _before_the_cycle(self, due: list[Due], now_us: int) -> dict[str, str]:
        """Operations that want something of the cycle; one that fails may be claimed again and stops no other."""
        notes: dict[str, str] = {}
        for one in due:
            if one.operation in OF_THE_CYCLE:
                continue
            try:
                notes[one.operation] = _said(self._doing(one.operation)(now_us))
            except TenureError as problem:
                notes[one.operation] = problem.message
                self._rooms.stores.calendar.failed(self._rooms.own, one.operation, one.due_us, now_us=now_us, note=problem.message)
            else:
                note = notes[one.operation]
                self._rooms.stores.calendar.done(self._rooms.own, one.operation, one.due_us, now_us=now_us, note=note)
        return notes

    def _doing(self, operation: str) -> Callable[[int], object]:
        doing: dict[str, Callable[[int], object]] = {
            "crm_sync": self.architect.sync_crm,
            "system_check": self.architect.system_check,
            "owner_digest": self._rooms.digest.send,
            "survey_deployment": self.tracker.deploy,
            "champions": self.specialist.champions,
            "nps_check": self.tracker.check,
            "weekly_digest": self.specialist.weekly_digest,
            "uptime_report": self.architect.uptime_report,
            "trend_report": self.designer.trend_report,
            "weekly_offers": self._rooms.decisions.join_due,
            "retention_check": self.designer.retention_check,
            "insights_report": self.designer.insights_report,
            "business_review": lambda now: self.reviews.business(self.architect.last_week(now).percent, now),
        }
        return doing[operation]


def born_us(stores: Stores, venture_id: int) -> int | None:
    """When the crew ticked first."""
    born = stores.crew.steps(venture_id).get(BORN)
    return None if born is None else born.done_us


def ensure_born(stores: Stores, venture_id: int, now_us: int) -> None:
    """From its first sign of life on the crew owes what is due."""
    if born_us(stores, venture_id) is None:
        stores.crew.put_step(venture_id, CrewStep(step=BORN, state="done", started_us=now_us, done_us=now_us))


def operations_due(stores: Stores, venture_id: int, parameters: ParameterSet, now_us: int) -> tuple[Due, ...]:
    """Operations of the calendar that are due now; where nobody was ever scored, scoring is."""
    operations = crew_calendar(
        WEEKDAYS.index(parameters.text("weekly_digest_day")),
        parameters.integer("weekly_digest_hour"),
        parameters.integer("health_check_interval_minutes"),
    )
    since_us = born_us(stores, venture_id)
    zone = parameters.text("venture_timezone")
    last = stores.calendar.last_due_us(venture_id)
    found = due_now(operations, last, now_us if since_us is None else since_us, now_us, zone)
    never_scored = stores.runs.last_published(venture_id) is None and _has_facts(stores, venture_id)
    missing = never_scored and all(one.operation != DAILY for one in found)
    return (Due(DAILY, now_us), *found) if missing else found


def _has_facts(stores: Stores, venture_id: int) -> bool:
    return stores.inbox.waiting(venture_id, 0)[0] > 0 or stores.results.latest(venture_id, FACTS) is not None


def _said(found: object) -> str:
    """What an operation answered, in a few words: why it did nothing, else what it counted."""
    plain = msgspec.to_builtins(found)
    if isinstance(plain, dict):
        told = {name.replace("_", " "): value for name, value in plain.items() if isinstance(value, str | int | float)}
        if told.get("skipped"):
            return str(told["skipped"])
        counts = [f"{value:,} {name}" for name, value in told.items() if isinstance(value, int | float) and value]
        words = [f"{name} {value}" for name, value in told.items() if isinstance(value, str) and value and value != "done"]
        return ", ".join(counts + words)[:200] or "done"
    return f"{plain:,}" if isinstance(plain, int) else plain if isinstance(plain, str) else "done"

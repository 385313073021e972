"""The worker of `tenure up`: does the jobs that schedules and commands leave, and lets the warehouse go when idle."""

from __future__ import annotations

import threading

from tenure.app.deployment import Deployment
from tenure.app.mailbox import look_at_mailbox
from tenure.app.pulse import beat, has_work
from tenure.clock import SECOND_US
from tenure.errors import Locked, TenureError
from tenure.log import get_logger

IDLE_SECONDS = 0.5
LET_GO_AFTER_US = 60 * SECOND_US
FACTS_WAIT_US = 20 * SECOND_US
"""Facts ask for a tick themselves: one accepted right after a minute's tick is answered within the minute too (I1)."""

logger = get_logger(__name__)


class Worker:
    """One thread per process; every job is claimed by exactly one worker."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tenure-worker", daemon=True)
        self._last_worked_us = 0
        self._last_looked_us = 0

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout_seconds: float = 30) -> None:
        """Finish the job at hand and end."""
        self._stop.set()
        self._wake.set()
        self._thread.join(timeout_seconds)

    def ask(self, schedule: str, due_us: int) -> None:
        """What a schedule calls: note that the house is alive, and leave a tick where there is anything to do."""
        deployment = self._deployment
        now_us = deployment.clock.now_us()
        beat(deployment, now_us)
        if look_at_mailbox(deployment, now_us).ours or has_work(deployment, now_us):
            deployment.jobs.ask("tick", {})
            self._wake.set()

    def catch_up(self, now_us: int) -> None:
        """Ask for what was missed while nobody was there: the tick does the newest time of each operation, once."""
        self.ask("minute", now_us)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._cycle()
            except Locked:
                pass  # a command has the warehouse open for a moment
            except TenureError as problem:
                logger.warning("worker", problem=problem.message)
            except Exception as surprise:
                logger.error("worker", surprise=type(surprise).__name__)
            self._wake.wait(IDLE_SECONDS)
            self._wake.clear()
        self._deployment.session.let_go()

    def _cycle(self) -> None:
        deployment = self._deployment
        now_us = deployment.clock.now_us()
        if deployment.jobs.waiting():
            with deployment.session.held():
                deployment.jobs.work()
            self._last_worked_us = deployment.clock.now_us()
        elif now_us - max(self._last_looked_us, self._last_worked_us) >= FACTS_WAIT_US:
            self.look_for_facts(now_us)
        if now_us - self._last_worked_us > LET_GO_AFTER_US:
            deployment.session.let_go()

    def look_for_facts(self, now_us: int) -> None:
        """Leave a tick where facts wait; an idle house costs one look at the inbox."""
        deployment, self._last_looked_us = self._deployment, now_us
        if deployment.store.inbox.waiting(deployment.venture.venture_id, 0)[0]:
            deployment.jobs.ask("tick", {})
            self._wake.set()

"""A venture with scores but no warehouse: what trigger tests publish, switch, answer and look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

import pyarrow as pa

from tenure.clock import DAY_US, HOUR_US, MINUTE_US
from tenure.model.cards import CustomerCard
from tenure.model.facts import CustomerStatus
from tenure.model.health import HealthStatus
from tenure.model.incidents import LoopState, Mode, Pause
from tenure.model.intents import Intent
from tenure.model.runs import RunEnd, RunKind
from tenure.model.touches import Response, ResponseKind
from tenure.model.triggers import Execution
from tenure.parameters import ParameterSet, resolve
from tenure.rules.triggers.obstacles import InputFacts
from tenure.services.triggers import Evaluation, TriggerService
from tenure.store import Store
from tenure.triggers import shipped_triggers

MONDAY = 20_514 * DAY_US + 9 * HOUR_US
"""2026-03-02, a Monday, 09:00 UTC."""
OUTREACH_BY_SCORE = "outreach_by_score"
_numbers = count(1)


class FakeControls:
    """Watch or live, pauses and hands-off as a test sets them."""

    def __init__(self) -> None:
        self.loop = LoopState(mode=Mode.live, live_since_us=1)
        self.off: dict[str, str] = {}

    def state(self, venture_id: int, now_us: int) -> LoopState:
        return self.loop

    def hands_off(self, venture_id: int, customer_ids: Sequence[str], now_us: int) -> Mapping[str, str]:
        return {name: self.off[name] for name in customer_ids if name in self.off}

    def pause_scope(self, scope: str, *, cohort_percent: float | None = None, incident_id: int | None = None) -> None:
        one = Pause(
            pause_id=1, scope=scope, since_us=1, by="kim", why="test", cohort_percent=cohort_percent, incident_id=incident_id
        )
        self.loop = LoopState(mode=Mode.live, live_since_us=1, pauses=(one,))

    def go_on(self) -> None:
        self.loop = LoopState(mode=Mode.live, live_since_us=1)


class FakeResponses:
    """What customers did, as a test says."""

    def __init__(self) -> None:
        self.all: list[Response] = []

    def of_customers(self, venture_id: int, customer_ids: Sequence[str], since_us: int) -> Sequence[Response]:
        wanted = set(customer_ids)
        return [one for one in self.all if one.customer_id in wanted and one.occurred_us >= since_us]

    def say(self, customer_id: str, kind: ResponseKind, at_us: int) -> None:
        self.all.append(Response(key=f"{customer_id}/{kind}/{at_us}", kind=kind, occurred_us=at_us, customer_id=customer_id))


class World:
    """One venture in a store; time stands where the test put it."""

    def __init__(self, store: Store, **parameters: Any) -> None:
        self.store = store
        self.venture = store.ventures.ensure(f"v{next(_numbers)}", name="Acme", currency="USD", timezone="UTC", now_us=1)
        self.own = self.venture.venture_id
        self.now_us = MONDAY
        self.controls, self.responses = FakeControls(), FakeResponses()
        self.parameters: ParameterSet = resolve({"critical_alert_delay_minutes": 0} | parameters)
        self.inputs: InputFacts | None = None
        self.scores: dict[str, float] = {}
        self.subjects: Any = None

    def service(self) -> TriggerService:
        return TriggerService(
            self.store,
            venture_id=self.own,
            venture_key=self.venture.key,
            parameters=lambda: self.parameters,
            controls=self.controls,  # type: ignore[arg-type]
            responses=self.responses,  # type: ignore[arg-type]
            shipped=shipped_triggers(),
            subjects=self.subjects,
        )

    def later(self, *, days: float = 0, hours: float = 0, minutes: float = 0) -> None:
        self.now_us += round(days * DAY_US + hours * HOUR_US + minutes * MINUTE_US)

    def score(
        self, scores: Mapping[str, float], *, arr: Mapping[str, int] | None = None, fallen: int | None = None,
        checks: Mapping[str, object] | None = None, **columns: Any,
    ) -> int:
        """Publish these scores as of now; `columns` go to every row. Returns the run's number."""
        kind = RunKind.touched if self.scores else RunKind.full
        run = self.store.runs.start(self.own, kind, as_of_us=self.now_us, known_batch=1, now_us=self.now_us)
        rows = [self._row(name, score, columns) for name, score in scores.items()]
        found = dict(checks or {"fallen": fallen or 0, "same_configuration": True})
        profiles = None
        if arr is not None or not self.scores:
            arr = arr or {}
            profiles = pa.Table.from_pylist(
                [{"customer_id": name, "arr_cents": arr.get(name), "customer_status": "active"} for name in scores],
                schema=pa.schema([("customer_id", pa.string()), ("arr_cents", pa.int64()), ("customer_status", pa.string())]),
            )
        end = RunEnd(ended_us=self.now_us, checks=found)
        self.store.health.publish(self.own, run.run_id, end, pa.Table.from_pylist(rows), customers=profiles)
        self.scores |= scores
        return run.run_id

    def _row(self, name: str, score: float, columns: Mapping[str, Any]) -> dict[str, Any]:
        before = self.scores.get(name)
        behaviour = 0.0 if before is None else score - before
        threshold, healthy = self.parameters.integer("at_risk_threshold"), self.parameters.integer("healthy_threshold")
        status = "critical" if score < threshold else "at_risk" if score < healthy else "healthy"
        return {
            "customer_id": name,
            "score_tenths": round(score * 10),
            "previous_score_tenths": None if before is None else round(before * 10),
            "total": float(score),
            "health_status": status,
            "coverage": 1.0,
            "scorecard": "default",
            "scorecard_version": "1",
            "is_new": 0,
            "change_late": 0.0,
            "change_time": 0.0,
            "change_behaviour": behaviour,
            "change_configuration": 0.0,
        } | dict(columns)

    def churn(self, *names: str) -> None:
        """Take customers out of the scored ones, as a run does whose subscription ended."""
        run = self.store.runs.start(self.own, RunKind.touched, as_of_us=self.now_us, known_batch=1, now_us=self.now_us)
        empty = pa.Table.from_pylist([self._row("x", 1, {})]).slice(0, 0)
        self.store.health.publish(self.own, run.run_id, RunEnd(ended_us=self.now_us), empty, removed=names)
        for name in names:
            self.scores.pop(name, None)
            self.card(name, customer_status=CustomerStatus.churned, churned_us=self.now_us)

    def card(self, name: str, **fields: Any) -> None:
        self.store.cards.put(self.own, [CustomerCard(customer_id=name, as_of_us=self.now_us, **fields)])

    def override(self, name: str, *, score: float | None = None, status: HealthStatus | None = None, days: float = 7) -> None:
        self.store.overrides.add(
            self.own, name, score=score, status=status, reason="r", person="kim", from_us=self.now_us,
            until_us=self.now_us + round(days * DAY_US), now_us=self.now_us,
        )

    def evaluate(self) -> Evaluation:
        return self.service().evaluate(self.now_us, self.inputs)

    def advance(self) -> None:
        self.service().advance(self.now_us)

    def tick(self) -> Evaluation:
        found = self.evaluate()
        self.advance()
        return found

    def chains(self, trigger_id: str = "RETENTION-001") -> list[Execution]:
        found = self.store.executions.list(self.own)
        return [one for one in reversed(found) if one.trigger_id == trigger_id]

    def intents(self, kind: str) -> list[Intent]:
        return list(self.store.intents.pending(self.own, kind, now_us=self.now_us + 10_000 * DAY_US))

    def judged(self, name: str) -> int | None:
        found = self.store.crossings.standings(self.own, "RETENTION-001", [name], self.now_us)
        return found[name].last_judged_tenths

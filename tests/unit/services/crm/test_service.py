"""Health into the CRM: only what the twin accepts counts, every run is logged, a pause stops writing and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tenure.clock import DAY_US, HOUR_US, iso
from tenure.model.cards import CustomerCard, LostPoints
from tenure.model.cause import Cause, CauseKind
from tenure.model.health import HealthStatus
from tenure.model.incidents import CRM, LoopState, Pause
from tenure.model.intents import Intent, WriteCrm
from tenure.parameters import DEFAULTS, ParameterSet
from tenure.ports.senders import RefusedForGood, TryLater
from tenure.services.crm import CrmService
from tenure.store import Store
from tenure.testing.crm_twin import CrmTwin

NOW = 20_000 * DAY_US
WHY = Cause(kind=CauseKind.trigger, trigger="RETENTION-001")


class Switch:
    """Controls of which only the CRM's pause is asked."""

    def __init__(self) -> None:
        self.pauses: tuple[Pause, ...] = ()

    def state(self, venture_id: int, now_us: int) -> LoopState:
        return LoopState(pauses=self.pauses)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path, environment={}) as opened:
        yield opened


def card(number: int, **others: Any) -> CustomerCard:
    fields: dict[str, Any] = {"customer_id": f"c{number}", "as_of_us": NOW, "score": 41.5, "health_status": HealthStatus.at_risk}
    return CustomerCard(**(fields | {"last_login_us": NOW - DAY_US, "features": 3, "open_tickets": 2} | others))


def service_of(store: Store, crm: CrmTwin | None, switch: Switch | None = None) -> CrmService:
    venture = store.ventures.ensure("main", name="Acme", currency="USD", timezone="UTC", now_us=1)
    return CrmService(venture.venture_id, crm, store.crm_log, switch or Switch(), lambda: DEFAULTS)  # type: ignore[arg-type]


def test_R8_a_sync_writes_health_use_and_the_main_reason(store: Store) -> None:
    twin = CrmTwin()
    lost = (LostPoints(measure="login", component="engagement", points=20, sentence="No login for 12 days."),)
    result = service_of(store, twin).sync(iter([card(1, lost=lost)]), {"c1": NOW - HOUR_US}, NOW)
    assert (result.records, result.errors) == (1, 0)
    assert twin.records["c1"]["health_score_custom"] == 41.5
    assert twin.records["c1"]["main_reason"] == "No login for 12 days."
    assert twin.records["c1"]["last_intervention"] == iso(NOW - HOUR_US)
    assert store.crm_log.last_success_us(1) == NOW


def test_records_that_are_refused_are_counted_and_the_others_written(store: Store) -> None:
    twin = CrmTwin(seed=3, error_share=0.2)
    result = service_of(store, twin).sync((card(number) for number in range(250)), {}, NOW)
    assert result.records == 250
    assert 20 < result.errors < 80
    assert len(twin.records) == 250 - result.errors
    logged = store.crm_log.last(1)[0]
    assert (logged.records, logged.errors, logged.state) == (250, result.errors, "done")
    assert logged.details == {"errors": ["The record is locked by another process."]}


def test_A20_while_writing_is_paused_nothing_is_written_and_wishes_wait(store: Store) -> None:
    twin, switch = CrmTwin(), Switch()
    switch.pauses = (Pause(pause_id=1, scope=CRM, since_us=1, by="safety", why="errors"),)
    service = service_of(store, twin, switch)
    wish = Intent(key="k", wish=WriteCrm(customer_id="c1", fields={"health_status": "critical"}), cause=WHY)
    assert service.sync(iter([card(1)]), {}, NOW).skipped
    assert service.carry_out([wish], NOW) == {}
    switch.pauses = ()
    assert service.carry_out([wish], NOW) == {"k": ""}
    assert twin.records == {"c1": {"health_status": "critical"}}


def test_a_busy_crm_fails_the_run_and_wishes_are_tried_again(store: Store) -> None:
    service = service_of(store, CrmTwin(down_share=1.0))
    assert service.sync(iter([card(1)]), {}, NOW).state == "failed"
    wish = Intent(key="k", wish=WriteCrm(customer_id="c1", fields={"plan": "x"}), cause=WHY)
    assert service.carry_out([wish], NOW) == {}
    assert store.crm_log.last_success_us(1) is None
    assert [run.state for run in store.crm_log.last(1)] == ["failed", "failed"]


def test_C1_without_a_crm_wishes_are_finished_with_a_note(store: Store) -> None:
    wish = Intent(key="k", wish=WriteCrm(customer_id="c1", fields={}), cause=WHY)
    assert service_of(store, None).carry_out([wish], NOW) == {"k": "no CRM is configured"}


def test_the_twin_keeps_the_vendors_rules() -> None:
    twin = CrmTwin(calls_per_window=2)
    twin.ensure_fields([], NOW)
    twin.ensure_fields([], NOW)
    with pytest.raises(TryLater) as busy:
        twin.ensure_fields([], NOW + 1_000_000)
    assert busy.value.after_seconds == 9
    twin.ensure_fields([], NOW + 10_000_000)
    with pytest.raises(RefusedForGood):
        CrmTwin(token="").ensure_fields([], NOW)


def test_parameters_name_the_fields(store: Store) -> None:
    assert isinstance(DEFAULTS, ParameterSet)
    assert DEFAULTS.text("health_score_field") == "health_score_custom"

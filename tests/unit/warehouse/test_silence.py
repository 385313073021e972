"""P1: where no subscription facts exist at all, `churn_inactive_days` without a login are churn, dated at that limit."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.warehouse_metrics.table_view import us
from tests.warehouse_builder import BuiltWarehouse, warehouse_of

from tenure.clock import DAY_US
from tenure.model.currency import Currencies
from tenure.model.facts import Customer, CustomerStatus, Event, Movement, MovementKind, Record
from tenure.model.mapping import FactMapping
from tenure.ports.metrics import Asked
from tenure.stats.result import Answer
from tenure.warehouse.metrics.reader import WarehouseMetrics

NOW_US = us("2026-08-01")


def login(customer_id: str, when: str) -> Event:
    return Event(name="login", occurred_us=us(when), customer_id=customer_id)


def customer(customer_id: str, created: str, **said: Any) -> Customer:
    return Customer(customer_id=customer_id, stated_us=us("2026-07-31"), created_us=us(created), **said)


ACTIVE = (
    customer("here", "2026-01-01"),
    *(login("here", when) for when in ("2026-01-01T09:00", "2026-03-15", "2026-05-20", "2026-07-31")),
)


def seen(*records: Record, mapping: FactMapping | None = None) -> dict[str, dict[str, Any]]:
    """The customers of a venture, the same in both views."""
    house = warehouse_of([*ACTIVE, *records], NOW_US, mapping)
    rows = [by_id(view.customers()) for view in (house.full(NOW_US), house.now(NOW_US))]
    house.close()
    assert rows[0] == rows[1]
    return rows[0]


def by_id(table: Any) -> dict[str, dict[str, Any]]:
    return {row["customer_id"]: row for row in table.to_pyarrow().to_pylist()}


def test_ninety_days_without_a_login_are_churn_dated_at_the_limit() -> None:
    found = seen(customer("gone", "2026-01-01"), login("gone", "2026-02-01T10:00"))["gone"]
    assert (found["status"], found["is_scored"]) == ("churned", False)
    assert found["churned_us"] == us("2026-02-01T10:00") + 90 * DAY_US


def test_whoever_logged_in_within_the_limit_is_a_customer() -> None:
    found = seen(login("late", "2026-05-04"))["late"]
    assert (found["status"], found["is_scored"], found["churned_us"]) == ("active", True, None)


def test_other_events_are_no_logins() -> None:
    export = Event(name="report_exported", occurred_us=us("2026-07-30"), customer_id="reader")
    assert seen(login("reader", "2026-02-01"), export)["reader"]["status"] == "churned"


def test_who_never_logged_in_is_silent_since_the_start() -> None:
    found = seen(customer("never", "2026-03-01"))["never"]
    assert found["churned_us"] == us("2026-03-01") + 90 * DAY_US


def test_nobody_was_silent_before_the_first_login_of_anybody() -> None:
    found = seen(customer("older than the log", "2020-01-01"))["older than the log"]
    assert found["churned_us"] == us("2026-01-01T09:00") + 90 * DAY_US


def test_a_venture_without_any_login_calls_nobody_churned() -> None:
    house = warehouse_of([customer("only listed", "2025-01-01")], NOW_US)
    assert by_id(house.full(NOW_US).customers())["only listed"]["status"] == "active"
    house.close()


def test_the_limit_is_the_parameter() -> None:
    mapping = FactMapping(churn_inactive_days=200)
    assert seen(login("patient", "2026-02-01"), mapping=mapping)["patient"]["status"] == "active"


SUBSCRIPTIONS = {
    "a movement": Movement(customer_id="other", occurred_us=us("2026-01-05"), kind=MovementKind.new, monthly_cents=100),
    "a churn on record": customer("other", "2026-01-01", status=CustomerStatus.churned),
    "a churn date": customer("other", "2026-01-01", churned_us=us("2026-06-01")),
    "a renewal date": customer("other", "2026-01-01", renewal_us=us("2027-01-01")),
    "annual revenue": customer("other", "2026-01-01", arr_cents=1200),
}


@pytest.mark.parametrize("what", SUBSCRIPTIONS)
def test_any_subscription_fact_of_the_venture_leaves_churn_to_the_subscription(what: str) -> None:
    found = seen(login("silent", "2026-02-01"), SUBSCRIPTIONS[what])["silent"]
    assert (found["status"], found["is_scored"]) == ("active", True)


def test_free_customers_are_no_subscription() -> None:
    assert seen(login("silent", "2026-02-01"), customer("free", "2026-07-01", arr_cents=0))["silent"]["status"] == "churned"


def test_a_silent_trial_never_churns() -> None:
    assert seen(customer("tried", "2026-01-01", status=CustomerStatus.trial))["tried"]["status"] == "trial"


def test_a_login_after_the_limit_starts_a_new_spell() -> None:
    found = seen(customer("back", "2026-01-01"), login("back", "2026-01-10T08:00"), login("back", "2026-07-20T15:00"))["back"]
    assert (found["status"], found["is_scored"], found["churned_us"]) == ("active", True, None)
    assert found["spell_started_us"] == us("2026-07-20")


def metrics_of(house: BuiltWarehouse) -> WarehouseMetrics:
    return WarehouseMetrics(lambda now_us, known: house.full(now_us, known), lambda view: view.customers(), Currencies(venture="USD"))


def test_churn_and_survival_count_who_fell_silent() -> None:
    house = warehouse_of(
        [
            *ACTIVE,
            customer("gone", "2026-01-01"), login("gone", "2026-02-01T10:00"),
            customer("back", "2026-01-01"), login("back", "2026-01-10"), login("back", "2026-07-20"),
        ],
        NOW_US,
    )  # fmt: skip
    metrics = metrics_of(house)
    curve = metrics.survival(Asked(NOW_US)).result.curve
    assert isinstance(curve, Answer)
    assert [(one.duration_days, one.churned) for one in curve.value.points if one.churned] == [(99, 1), (121, 1)]
    months = {one.month: one.customers for one in metrics.churn(Asked(NOW_US)).result.months}
    left = {name: (one.value.count, one.value.total) for name, one in months.items() if isinstance(one, Answer)}
    assert left["2026-04"] == (1, 3)
    assert left["2026-05"] == (1, 2)
    assert metrics.who(Asked(NOW_US), "churn", "2026-05/churned").customer_ids == ("gone",)
    metrics.close()
    house.close()


def test_views_of_an_older_batch_leave_no_tables_behind() -> None:
    house = warehouse_of([*ACTIVE, login("gone", "2026-02-01")], NOW_US)
    for day in range(1, 4):
        now_us = NOW_US + day * DAY_US
        house.add([Event(name="login", occurred_us=now_us - 1, customer_id="here")], now_us)
        house.now(now_us).customers().count().execute()
    kept = house.warehouse.engine.run("SELECT count(*) FROM duckdb_tables() WHERE temporary AND table_name LIKE 'silence%'")
    assert kept == [(1,)]
    house.close()

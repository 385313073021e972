"""How many completed onboarding: by their record, else by their age."""

from __future__ import annotations

from tests.unit.warehouse_metrics.table_view import TableView, us

from tenure.warehouse.knowing import onboarded


def test_who_completed_onboarding_is_told_by_their_record() -> None:
    view = TableView(us("2026-03-01"))
    view.customer("done", "2025-12-01", onboarded="2026-02-01")
    view.customer("planned", "2025-12-01", onboarded="2026-03-02")
    view.customer("not yet", "2025-12-01")
    view.customer("ours", "2025-12-01", onboarded="2026-02-01", internal=True, is_scored=False)
    assert onboarded(view, 15) == 1  # type: ignore[arg-type]


def test_where_no_record_says_it_of_anybody_the_first_fifteen_days_do() -> None:
    view = TableView(us("2026-03-01"))
    view.customer("old", "2025-12-01")
    view.customer("fifteen days", "2026-02-14")
    view.customer("new", "2026-02-15")
    assert onboarded(view, 15) == 2  # type: ignore[arg-type]

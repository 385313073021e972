"""What the rehearsal says after an import."""

from __future__ import annotations

from tenure.model.mapping import FactMapping
from tenure.ports.rehearsal import FactsSummary
from tenure.services.importing.rehearsal import rehearse

from .conftest import Desk


def test_day_one_15_a_bare_list_of_customers_names_every_gap_and_its_cost(desk: Desk) -> None:
    seen = desk.load("customers.csv", "customer_id,created_at,arr\n1,2026-01-01,100\n2,,\n").seen
    rehearsal = rehearse(seen, FactMapping())
    gaps = {gap.name: gap for gap in rehearsal.gaps}
    assert rehearsal.understood[0] == "Understood: 2 customers."
    assert set(gaps) == {"no_events", "no_created_at", "no_churn_dates", "no_arr", "no_renewal_dates", "no_owner", "no_email", "no_revenue", "no_tickets", "no_answers"}
    assert gaps["no_arr"].missing == "1 of 2 customers have no annual revenue (arr)."
    assert (gaps["no_arr"].affected, gaps["no_arr"].is_complete, gaps["no_owner"].is_complete) == (1, False, True)
    assert all(gap.missing.endswith(".") and gap.cost.endswith(".") and gap.fix.endswith(".") for gap in rehearsal.gaps)


def test_day_one_15_events_without_a_mapped_login_are_said(desk: Desk) -> None:
    seen = desk.load("events.csv", "customer_id,event,timestamp\nc,visit,2026-01-01\n").seen
    assert "no_logins" in {gap.name for gap in rehearse(seen, FactMapping()).gaps}
    seen = desk.load("events.csv", "customer_id,event,timestamp\nc,visit,2026-01-01\n", mapping=FactMapping(login_names=("visit",))).seen
    assert "no_logins" not in {gap.name for gap in rehearse(seen, FactMapping(login_names=("visit",))).gaps}


def test_users_and_customers_nobody_described_are_counted(desk: Desk) -> None:
    desk.write("in/customers.csv", "customer_id\nc1\n")
    desk.write("in/users.csv", "user_id,customer_id\nu1,c1\n")
    desk.write("in/events.csv", "user_id,customer_id,event,timestamp\nu1,,login,2026-01-01\nu2,,login,2026-01-01\n,c9,login,2026-01-03\n")
    seen = desk.service.import_paths(1, [desk.folder / "in"], now_us=1_790_000_000_000_000).seen
    gaps = {gap.name: gap.affected for gap in rehearse(seen, FactMapping()).gaps}
    assert (gaps["users_without_customer"], gaps["unknown_customers"]) == (1, 1)
    assert "Events cover 3 days, from 2026-01-01 to 2026-01-03." in rehearse(seen, FactMapping()).understood


def test_a_trait_of_the_same_name_is_not_mistaken_for_the_field(desk: Desk) -> None:
    seen = desk.load("customers.csv", 'customer_id,name,ownership,arr_cents\n1,"say ""arr_cents"":",x,5\n').seen
    assert (seen.customers_with_arr, seen.customers_with_owner) == (0, 0)


def test_day_one_15_what_the_warehouse_knows_closes_gaps() -> None:
    known = FactsSummary(customers=3, tickets=4, movements=2, events=9, logins=9, customers_churned=1, first_event_us=5)
    gaps = {gap.name for gap in rehearse(FactsSummary(customers=1, customers_churned=0), FactMapping(), known).gaps}
    assert gaps.isdisjoint({"no_tickets", "no_revenue", "no_events", "no_logins", "no_churn_dates"})

"""Movements out of paid periods and out of monthly totals."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tenure.clock import DAY_US
from tenure.model.facts import Movement, MovementKind
from tenure.services.importing.mapping import SourceMapping
from tenure.services.importing.periods import movements_of_levels, movements_of_periods
from tenure.services.importing.records import Period

from .conftest import Desk


def period(start: int, end: int | None, cents: int, **more: str) -> Period:
    return Period(customer_id="c", start_us=start * DAY_US, end_us=None if end is None else end * DAY_US, monthly_cents=cents, **more)


def told(periods: list[Period], until_day: int | None = None) -> list[tuple[int, str, int | None]]:
    until_us = None if until_day is None else until_day * DAY_US
    return [(move.occurred_us // DAY_US, str(move.kind), move.monthly_cents) for move, _ in movements_of_periods(periods, until_us)]


def test_a_renewal_without_a_gap_is_no_movement() -> None:
    assert told([period(0, 30, 100), period(30, 60, 100), period(60, 90, 100)]) == [(0, "new", 100)]


def test_the_change_of_the_total_decides_the_kind() -> None:
    periods = [period(0, 30, 100), period(10, 30, 50), period(30, 60, 80), period(70, 100, 80), period(200, None, 1)]
    assert told(periods) == [(0, "new", 100), (10, "expansion", 50), (30, "contraction", 70), (60, "churn", None), (70, "reactivation", 80), (100, "churn", None), (200, "reactivation", 1)]


def test_an_end_after_the_last_known_data_has_not_happened() -> None:
    assert told([period(0, 30, 100), period(30, 60, 100)]) == [(0, "new", 100)]
    assert told([period(0, 30, 100)], until_day=30) == [(0, "new", 100), (30, "churn", None)]


def test_an_add_on_without_a_plan_does_not_rename_the_plan() -> None:
    [(movement, _)] = list(movements_of_periods([period(0, None, 100, plan="basic"), period(0, None, 300)]))
    assert (movement.plan, movement.monthly_cents) == ("basic", 400)


def test_currencies_are_ledgers_of_their_own() -> None:
    moves = [move for move, _ in movements_of_periods([period(0, None, 100, currency="EUR"), period(0, None, 300, currency="USD")])]
    assert {(move.currency, move.monthly_cents) for move in moves} == {("EUR", 100), ("USD", 300)}


PERIODS = st.lists(
    st.builds(lambda start, days, cents: period(start, None if days is None else start + days, cents), st.integers(0, 60), st.none() | st.integers(0, 30), st.integers(0, 5)),
    min_size=1, max_size=8,
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(periods=PERIODS)
def test_the_movements_add_up_to_what_is_running_on_any_day(periods: list[Period]) -> None:
    until = max(p.start_us for p in periods)
    for day in range(95):
        running = sum(
            p.monthly_cents
            for p in periods
            if p.start_us <= day * DAY_US and (p.end_us is None or p.end_us > until or p.end_us > day * DAY_US) and p.end_us != p.start_us
        )
        total = 0
        for move, _ in movements_of_periods(periods):
            if move.occurred_us > day * DAY_US:
                break
            sign = -1 if move.kind is MovementKind.contraction else 1
            total = 0 if move.kind is MovementKind.churn else total + sign * (move.monthly_cents or 0)
        assert total == running


def test_levels_become_changes() -> None:
    levels = [
        Movement(customer_id="c", occurred_us=day * DAY_US, kind=kind, monthly_cents=cents)
        for day, kind, cents in [(1, MovementKind.new, 100), (2, MovementKind.expansion, 150), (3, MovementKind.contraction, 120), (4, MovementKind.expansion, 120), (5, MovementKind.churn, None), (6, MovementKind.new, 10)]
    ]
    assert [(str(move.kind), move.monthly_cents) for move, _ in movements_of_levels(levels)] == [
        ("new", 100), ("expansion", 50), ("contraction", 30), ("churn", None), ("reactivation", 10),
    ]  # fmt: skip


def test_a_file_of_periods_gives_movements_and_the_same_ones_again(desk: Desk) -> None:
    content = "customer_id,start,end,monthly_amount\nc,2026-01-01,2026-02-01,10.50\nc,2026-02-01,,12\nd,2026-01-01,2025-01-01,3\n"
    source = SourceMapping(name="billing", kind="subscription_periods", files=("billing.csv",))
    report = desk.load("billing.csv", content, source).report
    assert [(body["kind"], body.get("monthly_cents")) for body in desk.bodies()] == [("new", 1050), ("expansion", 150)]
    assert desk.refusals() == [("billing.csv line 4", "end", "ends_before_it_starts")]
    assert (report.files[0].accepted, report.files[0].facts) == (2, 2)
    desk.load("billing.csv", content, source)
    assert len(desk.inbox.distinct()) == 2


def test_a_file_of_totals_is_read_as_changes_where_declared(desk: Desk) -> None:
    source = SourceMapping(name="mrr", kind="revenue", files=("mrr.csv",), amount="level")
    desk.load("mrr.csv", "customer_id,occurred_at,kind,monthly_amount\nc,2026-01-01,new,100\nc,2026-02-01,expansion,130\nc,2026-03-01,churn,\n", source)
    assert [(body["kind"], body.get("monthly_cents")) for body in desk.bodies()] == [("new", 10000), ("expansion", 3000), ("churn", None)]

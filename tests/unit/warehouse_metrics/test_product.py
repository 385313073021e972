"""What customers use and say, with the customers behind each number."""

from __future__ import annotations

from typing import Any

import ibis.expr.types as ir
from tests.unit.warehouse_metrics.asking import asked, metrics_of
from tests.unit.warehouse_metrics.table_view import TableView, table, us

FEATURE = {"customer_key": "int64", "feature": "string", "first_us": "int64", "last_us": "int64", "n": "int64"}
TICKET = {"customer_key": "int64", "created_us": "int64", "category": "string", "subject": "string"}
NOW, LATELY = "2026-03-20", us("2026-02-20")


class ProductView(TableView):
    """With features and tickets as rows."""

    def __init__(self) -> None:
        super().__init__(us(NOW))
        self.feature_rows: list[dict[str, Any]] = []
        self.ticket_rows: list[dict[str, Any]] = []

    def uses(self, key: int, feature: str, when: str, n: int = 1) -> None:
        self.feature_rows.append({"customer_key": key, "feature": feature, "first_us": us(when), "last_us": us(when), "n": n})

    def features(self) -> ir.Table:
        return table(self.feature_rows, FEATURE)

    def tickets(self) -> ir.Table:
        return table(self.ticket_rows, TICKET)


def a_view() -> ProductView:
    view = ProductView()
    for number, arr_cents in ((1, 300_00), (2, 900_00), (3, None)):
        view.customer(f"c{number}", "2025-10-01", name=f"Customer {number}", arr_cents=arr_cents)
    left = view.customer("gone", "2025-10-01", churned="2026-01-01", name="Gone")
    inside = view.customer("us", "2025-10-01", internal=True)
    for key, when in ((1, "2026-03-01"), (2, "2025-12-01"), (3, "2026-03-02"), (left, "2025-12-01"), (inside, "2026-03-01")):
        view.uses(key, "reports", when, n=2)
    view.uses(1, "api", "2025-12-01")
    return view


def test_adoption_is_of_customers_who_have_not_left_and_opens_into_them() -> None:
    view = a_view()
    found = metrics_of(view).feature_use(asked(view), LATELY, most=5, behind=2)
    assert found.customers == 3
    reports, api = found.features
    assert (reports.feature, reports.adopted, reports.lately, reports.uses, reports.arr_cents) == ("reports", 3, 2, 6, 1_200_00)
    assert reports.customer_ids == ("c2", "c1"), "most revenue first, as many as were asked for"
    assert (api.feature, api.adopted, api.lately) == ("api", 1, 0)


def test_r5_revenue_nobody_of_a_feature_knows_is_unknown() -> None:
    view = a_view()
    view.uses(3, "exports", "2026-03-01")
    found = metrics_of(view).feature_use(asked(view), LATELY, most=5, behind=2)
    assert next(one for one in found.features if one.feature == "exports").arr_cents is None


def test_voices_are_comments_and_tickets_of_the_time_with_their_category() -> None:
    view = a_view()
    view.answer_rows += [
        {"customer_key": 1, "survey": "nps", "score": 3, "answered_us": us("2026-03-02"), "comment": "Too slow"},
        {"customer_key": 2, "survey": "nps", "score": 9, "answered_us": us("2025-01-02"), "comment": "Old"},
        {"customer_key": 2, "survey": "nps", "score": 9, "answered_us": us("2026-03-02"), "comment": None},
    ]
    view.ticket_rows.append({"customer_key": 4, "created_us": us("2026-03-01"), "category": "idea", "subject": "Dark mode"})
    found = metrics_of(view).voices(asked(view), LATELY)
    assert [(one.customer_id, one.source, one.text, one.score, category) for one, category in found] == [
        ("gone", "ticket", "Dark mode", None, "idea"),
        ("c1", "nps", "Too slow", 3, ""),
    ]


def test_names_are_looked_up_only_of_those_asked() -> None:
    view = a_view()
    assert metrics_of(view).names(asked(view), ["c1", "us", "nobody"]) == {"c1": "Customer 1"}
    assert metrics_of(view).names(asked(view), []) == {}

"""Revenue over a view: bars, GRR and NRR, ties to the ledger, other currencies (M20, R5)."""

from __future__ import annotations

from decimal import Decimal
from itertools import product

import pytest
from tests.unit.warehouse_metrics.asking import answered, asked, metrics_of, refused
from tests.unit.warehouse_metrics.table_view import TableView, us

from tenure.errors import BadInput
from tenure.model.currency import Currencies, CurrencyRate, converted_cents, exact_rate
from tenure.ports.metric_results import RevenuePeriod, RevenueResult


def result_of(view: TableView, currencies: Currencies | None = None) -> RevenueResult:
    return metrics_of(view, currencies=currencies).revenue(asked(view)).result


def february(view: TableView, currencies: Currencies | None = None) -> RevenuePeriod:
    return {one.period.name: one for one in result_of(view, currencies).months}["2026-02"]


@pytest.fixture
def view() -> TableView:
    """Six customers, one per bar, seen in March about February."""
    found = TableView(us("2026-03-15"))
    keys = {name: found.customer(name, "2025-06-01") for name in ("stays", "grows", "shrinks", "leaves", "returns", "starts")}
    for name in ("stays", "grows", "shrinks", "leaves", "returns"):
        found.pays(keys[name], "2025-07-01", 10_000)
    found.pays(keys["returns"], "2025-09-01", -10_000)
    found.pays(keys["grows"], "2026-02-05", 2_500)
    found.pays(keys["shrinks"], "2026-02-06", -4_000)
    found.pays(keys["leaves"], "2026-02-07", -10_000)
    found.pays(keys["returns"], "2026-02-08", 6_000)
    found.pays(keys["starts"], "2026-02-09", 7_777)
    return found


def test_every_customer_is_in_one_bar_and_the_bars_sum_to_the_ledger(view: TableView) -> None:
    found = february(view)
    waterfall = answered(found.ties)
    assert (waterfall.start_cents, waterfall.end_cents) == (40_000, 42_277)
    assert (waterfall.new_cents, waterfall.reactivation_cents) == (7_777, 6_000)
    assert (waterfall.expansion_cents, waterfall.contraction_cents, waterfall.churn_cents) == (2_500, 4_000, 10_000)
    assert found.customers == dict.fromkeys(found.customers, 1)


def test_M20_new_and_returning_money_is_not_in_nrr(view: TableView) -> None:
    kept = answered(february(view).retention)
    assert kept.gross.value == pytest.approx(26_000 / 40_000)
    assert kept.net.value == pytest.approx(28_500 / 40_000)
    assert (kept.customers.count, kept.customers.total) == (3, 4)


def test_M20_who_pays_nothing_at_the_start_is_in_neither_rate() -> None:
    view = TableView(us("2026-03-15"))
    view.customer("free", "2025-06-01", arr_cents=0)
    view.pays(view.customer("paying", "2025-06-01"), "2025-07-01", 10_000)
    paused = view.customer("paused", "2025-06-01")
    view.pays(paused, "2025-07-01", 5_000)
    view.pays(paused, "2026-01-10", -5_000)
    view.pays(paused, "2026-02-10", 9_000)
    kept = answered(february(view).retention)
    assert (kept.gross.value, kept.net.value, kept.customers.total) == (1.0, 1.0, 1)


def test_a_bar_opens_into_its_customers(view: TableView) -> None:
    metrics = metrics_of(view)
    for cell, who in {"new": "starts", "reactivation": "returns", "churn": "leaves", "contraction": "shrinks"}.items():
        assert metrics.who(asked(view), "revenue", f"2026-02/{cell}").customer_ids == (who,)


def test_what_changes_at_midnight_of_the_first_is_paid_at_the_start_of_the_month() -> None:
    view = TableView(us("2026-03-15"))
    view.pays(view.customer("c", "2026-01-01"), "2026-02-01", 5_000)
    assert february(view).waterfall.start_cents == 5_000


def test_up_and_down_within_a_month_is_no_movement_of_that_month() -> None:
    view = TableView(us("2026-03-15"))
    key = view.customer("c", "2025-01-01")
    view.pays(key, "2025-02-02", 5_000)
    view.pays(key, "2026-02-10", 3_000)
    view.pays(key, "2026-02-20", -3_000)
    assert february(view).customers["unchanged"] == 1


def test_a_ledger_below_zero_is_flagged_and_does_not_tie() -> None:
    view = TableView(us("2026-03-15"))
    key = view.customer("c", "2025-01-01")
    view.pays(key, "2025-02-02", 5_000)
    view.pays(key, "2026-02-10", -8_000)
    found = february(view)
    assert found.negative_customers == 1
    assert refused(found.ties) == "does_not_tie"


def test_without_revenue_facts_nothing_is_measured_and_says_so() -> None:
    view = TableView(us("2026-03-15"))
    view.customer("c", "2025-01-01")
    result = result_of(view)
    assert refused(result.mrr_cents) == refused(result.trailing_year) == "not_measured"
    assert result.months == ()


def test_a_ledger_of_eleven_months_has_no_trailing_year_and_one_of_twelve_has() -> None:
    for first, reaches in (("2025-04-02", False), ("2025-03-02", True)):
        view = TableView(us("2026-03-15"))
        view.pays(view.customer("c", "2025-01-01"), first, 5_000)
        trailing = result_of(view).trailing_year
        if reaches:
            assert answered(trailing).period.name == "trailing_year"
        else:
            assert refused(trailing) == "not_mature_yet"


def test_internal_customers_are_in_no_bar(view: TableView) -> None:
    view.pays(view.customer("test account", "2025-01-01", internal=True), "2025-02-01", 99_999)
    assert answered(february(view).ties).start_cents == 40_000


# --- other currencies ---

EURO = Currencies(
    venture="USD",
    rates=(
        CurrencyRate(currency="EUR", since_us=us("2025-01-01"), rate="1.05"),
        CurrencyRate(currency="EUR", since_us=us("2026-02-15"), rate="1.10"),
    ),
)


def euro_view() -> TableView:
    view = TableView(us("2026-03-15"))
    key = view.customer("euro", "2025-01-01")
    view.pays(key, "2025-02-01", 10_001, currency="eur")
    view.pays(view.customer("dollar", "2025-01-01"), "2025-02-01", 5_000)
    return view


def test_exchange_rates_alone_are_neither_expansion_nor_contraction() -> None:
    found = february(euro_view(), EURO)
    assert answered(found.ties).start_cents == 11_001 + 5_000  # 100.01 EUR at 1.10, half a cent up
    assert found.customers["unchanged"] == 2


def test_money_without_a_rate_is_left_out_counted_and_named() -> None:
    found = february(euro_view())
    assert answered(found.ties).start_cents == 5_000
    assert [(one.currency, one.customers) for one in found.unconverted] == [("EUR", 1)]
    who = metrics_of(euro_view()).who(asked(euro_view()), "revenue", "2026-02/unconverted")
    assert who.customer_ids == ("euro",)


def test_a_rate_counts_from_its_day_on_and_not_before() -> None:
    late = Currencies(venture="USD", rates=(CurrencyRate(currency="EUR", since_us=us("2026-02-15"), rate="1.1"),))
    months = {one.period.name: one for one in result_of(euro_view(), late).months}
    assert months["2026-01"].unconverted != ()
    assert months["2026-02"].unconverted == ()


def test_a_churn_without_currency_takes_what_the_customer_paid_in_euro() -> None:
    view = euro_view()
    view.pays(1, "2026-02-20", -10_001)
    found = february(view, EURO)
    assert (found.customers["churn"], found.negative_customers) == (1, 0)
    assert found.waterfall.churn_cents == 11_001


def test_the_customers_currency_reads_movements_and_arr_that_name_none() -> None:
    view = TableView(us("2026-03-15"))
    key = view.customer("euro", "2025-01-01", currency="EUR", arr_cents=120_000)
    view.pays(key, "2025-02-01", 10_000)
    result = result_of(view, EURO)
    assert answered(result.mrr_cents) == 11_000
    assert answered(result.average_arr_cents) == 132_000


def test_arr_without_a_rate_is_unknown_and_never_zero() -> None:
    view = TableView(us("2026-03-15"))
    view.customer("gold", "2025-01-01", currency="XAU", arr_cents=120_000)
    view.customer("dollar", "2025-01-01", arr_cents=60_000)
    result = result_of(view)
    assert (answered(result.average_arr_cents), result.arr_known, result.arr_unknown) == (60_000, 1, 1)


def test_the_engine_converts_as_exact_integers_do() -> None:
    rates = {"XXA": "1.1", "XXB": "0.000061234567", "XXC": "15873.015873015873", "XXD": "1"}
    view = TableView(us("2026-03-15"))
    expected = {}
    for (currency, rate), cents in product(rates.items(), (0, 1, 99, 10_001, 123_456_789_012)):
        plan = f"{currency} {cents}"
        view.pays(view.customer(plan, "2025-01-01", plan=plan), "2025-02-01", cents, currency=currency)
        expected[plan] = converted_cents(cents, Decimal(rate))
    table = Currencies(
        venture="USD",
        rates=tuple(CurrencyRate(currency=currency, since_us=0, rate=rate) for currency, rate in rates.items()),
    )
    found = metrics_of(view, currencies=table).revenue(asked(view, by="plan"))
    assert {one.segment: answered(one.result.mrr_cents) for one in found.segments} == expected
    assert answered(found.result.mrr_cents) == sum(expected.values())


@pytest.mark.parametrize("rate", ["-1", "0", "a lot", "NaN", "1.0000000000001"])
def test_a_rate_that_is_no_positive_decimal_is_refused(rate: str) -> None:
    with pytest.raises(BadInput, match="is not a positive number"):
        exact_rate(CurrencyRate(currency="EUR", since_us=0, rate=rate))

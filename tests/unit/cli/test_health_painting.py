"""What `tenure health show` says to people."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

from tenure.cli.health_commands import _paint_family


def test_r5_rolled_up_arr_names_its_currency_and_how_many_accounts_are_not_known() -> None:
    said = StringIO()
    accounts = [{"customer_id": name, "name": None, "owner": None, "score": None} for name in ("a", "b")]
    family = {"parent": "a", "arr_cents": 1_200_000, "currency": "EUR", "accounts_without_arr": 1, "accounts": accounts}
    _paint_family(Console(file=said, width=120), family)
    assert "2 accounts, ARR 12,000 EUR (not known of 1)" in said.getvalue()

"""How many facts there are and how complete they are: what the import rehearsal asks."""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir

from tenure.clock import DAY_US
from tenure.ports.rehearsal import FactsSummary
from tenure.ports.warehouse import FactCounts
from tenure.warehouse.view import FactsView


def summary(view: FactsView, counts: FactCounts) -> FactsSummary:
    """Counts of everything drained, as the view sees it at its time (port `FactsKnown`)."""
    customers, users = _customers(view.customers()), _users(view.users())
    events = _one(view.last_seen(None).agg(first=ibis._.first_us.min(), last=ibis._.last_us.max(), customers=ibis._.count()))
    logins = _one(view.last_seen(view.mapping.login_names).agg(n=ibis._.n.sum()))
    features = _one(view.features().agg(n=ibis._.n.sum()))
    return FactsSummary(
        **customers,
        **users,
        events=counts.events,
        logins=int(logins["n"] or 0),
        events_with_feature=int(features["n"] or 0),
        customers_with_events=events["customers"],
        tickets=counts.tickets,
        movements=counts.revenue,
        answers=counts.answers,
        first_event_us=events["first"],
        last_event_us=events["last"],
    )


def onboarded(view: FactsView, new_customer_days: int) -> int:
    """Scored customers who completed onboarding: by their record; where no record says it of anybody, by their age (P8)."""
    table = view.nameless_customers()
    there = table.filter(table.is_scored)
    row = _one(
        there.agg(
            stated=there.onboarded_us.notnull().cast("int64").sum(),
            done=(there.onboarded_us <= view.now_us).cast("int64").sum(),
            aged=(there.spell_started_us <= view.now_us - new_customer_days * DAY_US).cast("int64").sum(),
        )
    )
    return int((row["done"] if row["stated"] else row["aged"]) or 0)


def _customers(table: ir.Table) -> dict[str, int]:
    stated = ~table.implicit

    def having(column: Any) -> Any:
        return (stated & column.notnull()).cast("int64").sum()

    row = _one(
        table.agg(
            customers=stated.cast("int64").sum(),
            customers_with_created=having(table.created_us),
            customers_with_arr=having(table.arr_cents),
            customers_with_renewal=having(table.renewal_us),
            customers_with_owner=having(table.owner),
            customers_with_email=having(table.email),
            customers_churned=(stated & (table.status == "churned")).cast("int64").sum(),
            customers_known_only_from_other_facts=table.implicit.cast("int64").sum(),
        )
    )
    return {name: int(value or 0) for name, value in row.items()}


def _users(table: ir.Table) -> dict[str, int]:
    row = _one(table.agg(users=table.count(), users_without_customer=table.customer_key.isnull().cast("int64").sum()))
    return {name: int(value or 0) for name, value in row.items()}


def _one(table: ir.Table) -> dict[str, Any]:
    row: dict[str, Any] = table.to_pyarrow().to_pylist()[0]
    return row



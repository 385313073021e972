"""Who counts: the customers every metric starts from, with the segments they can be split by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ibis
import ibis.expr.types as ir

from tenure.clock import DAY_US
from tenure.warehouse.view import FactsView

UNKNOWN = "unknown"
JOURNEY_STAGES = ("onboarding", "activation", "engagement", "renewal")
SIZE_BANDS = ((10, "1-10 seats"), (50, "11-50 seats"), (200, "51-200 seats"), (1000, "201-1000 seats"))
SEGMENT_COLUMNS = ("plan", "stage", "owner", "industry", "size")


def external_customers(view: FactsView) -> ir.Table:
    """All customers but internal ones (P6), with the segment columns plan, stage, owner, industry and size."""
    customers = view.customers()
    return customers.filter(~customers.internal).mutate(
        plan=_known(customers.plan),
        owner=_known(customers.owner),
        industry=_known(customers.industry),
        stage=journey_stage(customers, view.now_us),
        size=size_band(customers.seats),
    )


def _known(column: Any) -> Any:
    return ibis.coalesce(column, ibis.literal(UNKNOWN))


def size_band(seats: Any) -> Any:
    """The size band of a number of seats; unknown is a band of its own."""
    branches = [(seats <= limit, word) for limit, word in SIZE_BANDS]
    return ibis.cases((seats.isnull(), UNKNOWN), *branches, else_="more than 1000 seats")


def journey_stage(customers: ir.Table, now_us: int) -> Any:
    """The journey stage at now (P8): days since the start of the spell; near a renewal only for longer terms."""
    age_days = (ibis.literal(now_us, type="int64") - customers.spell_started_us) // DAY_US
    until_renewal_us = customers.renewal_us - now_us
    renews_soon = (
        (until_renewal_us >= 0)
        & (until_renewal_us <= 30 * DAY_US)
        & (ibis.coalesce(customers.term_days, 365) >= 90)
        & (age_days >= 15)
    )
    return ibis.cases(
        (ibis.coalesce(renews_soon, False), "renewal"),
        (age_days < 15, "onboarding"),
        (age_days < 31, "activation"),
        (age_days < 91, "engagement"),
        else_="renewal",
    )


def last_logins(view: FactsView) -> ir.Table:
    """customer_key, last_us of the newest mapped login."""
    return view.last_seen(view.mapping.login_names).select("customer_key", "last_us")


def where_segment(members: ir.Table, by: str | None, segment: str | None) -> ir.Table:
    """Only the members of one segment; everybody when none is named."""
    if by is None or segment is None:
        return members
    return members.filter(members[by] == segment)


def rows(table: ir.Table) -> list[dict[str, Any]]:
    """A small result as dictionaries of plain Python values."""
    found: list[dict[str, Any]] = table.to_pyarrow().to_pylist()
    return found


def counts(members: ir.Table, cells: Sequence[str], **sums: Any) -> list[dict[str, Any]]:
    """How many members are in each cell, and sums over them, ordered by cell."""
    grouped = members.group_by(list(cells)) if cells else members
    return rows(grouped.agg(customers=members.count(), **sums).order_by(list(cells)) if cells else grouped.agg(customers=members.count(), **sums))

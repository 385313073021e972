"""Who of the people customers depend on was deactivated, cannot be reached or fell silent, for all customers at once (Day one, 10)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from tenure.clock import DAY_US, day_of
from tenure.model.champions import Bounce, Departure, Gone
from tenure.warehouse.metrics.members import rows
from tenure.warehouse.view import FactsView

MAIN_USER_DAYS = 90
"""The main user is who was active on most days of so many before it happened."""
_GIVEN = pa.schema([("customer_id", pa.string()), ("user_id", pa.string()), ("at_us", pa.int64())])


def departures(
    view: FactsView, since_us: int, silent_days: int, bounces: Sequence[Bounce] = ()
) -> list[Departure]:
    """Primary contacts and main users who left in (since, now], of customers that are neither churned nor internal.

    Args:
        silent_days: after so many whole days without anything done somebody is silent. The silence of everybody at a customer
            is the customer's own, which health tells.
        bounces: hard bounces since then, as the store knows them.
    """
    customers = view.customers().filter(lambda row: ~row.internal & (row.status != "churned"))
    users = view.users().filter(ibis._.customer_key.notnull())
    days = view.user_days(day_of(since_us) - silent_days - MAIN_USER_DAYS)
    found = _deactivated(view, users, since_us).union(_silent(view, users, days, since_us, silent_days))
    if bounces:
        found = found.union(_bounced(customers, users, bounces))
    found = found.inner_join(customers.select("customer_key", "customer_id", "primary_contact"), "customer_key")
    marked = _with_main(found, days)
    kept = marked.filter(marked.is_primary | marked.is_main).order_by(["customer_id", "user_id", "how"])
    return [_departure(row) for row in rows(kept)]


def _leaving(found: ir.Table, how: Gone, at_us: Any) -> ir.Table:
    text = [ibis.coalesce(found[name], "").lower().strip().name(f"said_{name}") for name in ("user_id", "email", "name")]
    table: ir.Table = found.select(
        "customer_key", "user_key", "user_id", *text, how=ibis.literal(how.value), at_us=at_us.cast("int64")
    )
    return table


def _deactivated(view: FactsView, users: ir.Table, since_us: int) -> ir.Table:
    gone = users.filter((users.deactivated_us > since_us) & (users.deactivated_us <= view.now_us))
    return _leaving(gone, Gone.deactivated, gone.deactivated_us)


def _silent(view: FactsView, users: ir.Table, days: ir.Table, since_us: int, silent_days: int) -> ir.Table:
    """Whose last active day lies just so far back that silence began since then, while others at the customer go on; not who was deactivated."""
    last = days.group_by(["customer_key", "user_key"]).agg(last_day=days.day.max().cast("int64"))
    is_silent = last.last_day + silent_days <= day_of(view.now_us)
    began = last.filter((last.last_day + silent_days > day_of(since_us)) & is_silent)
    awake = last.filter(~is_silent)
    there = users.filter(users.deactivated_us.isnull()).semi_join(awake, "customer_key")
    found = there.inner_join(began, ["customer_key", "user_key"])
    return _leaving(found, Gone.silent, found.last_day * DAY_US)


def _bounced(customers: ir.Table, users: ir.Table, bounces: Sequence[Bounce]) -> ir.Table:
    listed = [dict(zip(_GIVEN.names, one, strict=True)) for one in bounces]
    given = ibis.memtable(pa.Table.from_pylist(listed, schema=_GIVEN))
    keyed = given.inner_join(customers.select("customer_key", "customer_id"), "customer_id").drop("customer_id")
    found = users.inner_join(keyed, ["customer_key", "user_id"])
    return _leaving(found, Gone.bounced, found.at_us)


def _with_main(found: ir.Table, days: ir.Table) -> ir.Table:
    """With is_primary and is_main: most active days in the 90 before, of several the last seen, then the smaller key."""
    asked = found.select("customer_key", as_of_day=(found.at_us // DAY_US).cast("int64")).distinct()
    before = asked.inner_join(days.rename(active_user="user_key"), "customer_key").filter(
        (ibis._.day <= ibis._.as_of_day) & (ibis._.day > ibis._.as_of_day - MAIN_USER_DAYS)
    )
    used = before.group_by(["customer_key", "as_of_day", "active_user"]).agg(active=before.day.nunique(), last=before.day.max())
    best = ibis.window(
        group_by=["customer_key", "as_of_day"], order_by=[ibis.desc("active"), ibis.desc("last"), ibis.asc("active_user")]
    )
    main = used.mutate(place=ibis.row_number().over(best)).filter(ibis._.place == 0)
    main = main.select(main_of="customer_key", main_day="as_of_day", main_user="active_user")
    joined = found.left_join(
        main, [found.customer_key == main.main_of, (found.at_us // DAY_US).cast("int64") == main.main_day]
    )
    named = joined.primary_contact.lower().strip()
    is_primary = named.isin([joined.said_user_id, joined.said_email, joined.said_name]) & (named != "")
    return joined.select(
        "customer_id",
        "user_id",
        "how",
        "at_us",
        is_primary=is_primary.fill_null(False),
        is_main=(joined.main_user == joined.user_key).fill_null(False),
    )


def _departure(row: dict[str, Any]) -> Departure:
    return Departure(
        customer_id=row["customer_id"],
        user_id=row["user_id"],
        how=Gone(row["how"]),
        at_us=int(row["at_us"]),
        is_primary=bool(row["is_primary"]),
        is_main=bool(row["is_main"]),
    )

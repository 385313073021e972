"""What events add up to per customer. Sums, first and last times only: parts of them can be added later."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from tenure.clock import DAY_US

ROLLED = {
    "customer_key": "int32",
    "who_key": "int32",
    "name_key": "int32",
    "feature_key": "int32",
    "at_us": "int64",
}
"""What rollups read of an event."""


def activity(events: ir.Table) -> ir.Table:
    """customer_key, name_key, day, n, last_us."""
    dated = events.select("customer_key", "name_key", "at_us", day=(events.at_us // DAY_US).cast("int32"))
    return dated.group_by(["customer_key", "name_key", "day"]).agg(n=dated.count(), last_us=dated.at_us.max())


def name_totals(events: ir.Table) -> ir.Table:
    """customer_key, name_key, first_us, last_us, n."""
    return events.group_by(["customer_key", "name_key"]).agg(
        first_us=events.at_us.min(), last_us=events.at_us.max(), n=events.count()
    )


def feature_totals(events: ir.Table) -> ir.Table:
    """customer_key, feature_key, first_us, last_us, n."""
    adopting = events.filter(events.feature_key.notnull())
    return adopting.group_by(["customer_key", "feature_key"]).agg(
        first_us=adopting.at_us.min(), last_us=adopting.at_us.max(), n=adopting.count()
    )


def user_days(events: ir.Table) -> ir.Table:
    """customer_key, user_key, day: once each."""
    present = events.filter(events.who_key.notnull())
    return present.select(
        customer_key=present.customer_key, user_key=present.who_key, day=(present.at_us // DAY_US).cast("int32")
    ).distinct()


def added_up(parts: ir.Table, keys: Sequence[str]) -> ir.Table:
    """Parts of a rollup as one row per key."""
    sums = {name: ibis._[name].min() for name in ("first_us",) if name in parts.columns}
    sums |= {name: ibis._[name].max() for name in ("last_us",) if name in parts.columns}
    return parts.group_by(list(keys)).agg(**sums, n=parts.n.sum().cast("int64"))

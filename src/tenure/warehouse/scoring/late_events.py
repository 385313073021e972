"""Late events added to inputs that were kept: what they are is all it takes, whatever came before them."""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir

from tenure.model.scorecard import ScoringConfig
from tenure.warehouse.scoring.inputs import EVENT_ROLES, input_columns

_NEWEST = frozenset({"last_login_us", "last_event_us"})
_COUNTED = frozenset({"logins", "event_count", "feature_uses"})
_ADOPTED = frozenset({"features", "core_features", "first_value_us"})
ADDED_ROLES = _NEWEST | _COUNTED | _ADOPTED
"""Inputs that can be added to. (Days and users are counted once each: whether one was counted, only events can say.)"""


def with_late(
    config: ScoringConfig, rows: ir.Table, late: ir.Table, adopted: ir.Table, features: ir.Table
) -> ir.Table:
    """Kept rows with late events added.

    Args:
        rows: customer_key, as_of_us and kept inputs.
        late: customer_key and the inputs from late events alone.
        adopted: parts of the features adopted until now: customer_key, feature_key, first_us.
        features: their names.
    """
    columns = [column for column in input_columns(config) if column.role in EVENT_ROLES]
    added = late.select(late_key="customer_key", **{f"late_{column.name}": column.name for column in columns})
    joined = rows.left_join(added, rows.customer_key == added.late_key)
    by_then = _adopted_by_then(rows, adopted, features, config.core_features)
    joined = joined.left_join(by_then, joined.customer_key == by_then.adopted_key)
    new: dict[str, Any] = {}
    for column in columns:
        kept, more = joined[column.name], joined[f"late_{column.name}"]
        if column.role in _NEWEST:
            new[column.name] = ibis.ifelse(more.isnull() | (kept >= more), kept, more)
        elif column.role in _COUNTED:
            new[column.name] = kept + more.fill_null(0)
        else:
            found = joined[f"adopted_{column.role}"]
            new[column.name] = found.fill_null(0) if column.counts else found
    return joined.mutate(**new).select(*rows.columns).cast(dict(rows.schema().items()))


def _adopted_by_then(
    rows: ir.Table, adopted: ir.Table, features: ir.Table, core: tuple[str, ...]
) -> ir.Table:
    """What each customer had adopted by the time of its own last score."""
    mine = adopted.semi_join(rows, "customer_key")
    mine = mine.group_by(["customer_key", "feature_key"]).agg(first_us=mine.first_us.min())
    times = rows.select(time_key="customer_key", then_us="as_of_us")
    dated = mine.inner_join(times, mine.customer_key == times.time_key)
    named = dated.filter(dated.first_us < dated.then_us).inner_join(features, "feature_key")
    is_core = named.feature.isin(core) if core else ibis.literal(False)
    counts = is_core if core else ibis.literal(True)
    return named.group_by(adopted_key="customer_key").agg(
        adopted_features=named.count(),
        adopted_core_features=named.count(where=is_core),
        adopted_first_value_us=named.first_us.min(where=counts),
    )

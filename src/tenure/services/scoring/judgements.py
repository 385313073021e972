"""People's judgements in force, as the tables scoring joins."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from tenure.model.judgements import Override, Pulse

OVERRIDES = pa.schema(
    {
        "customer_id": pa.string(),
        "override_id": pa.int64(),
        "score": pa.float64(),
        "status": pa.string(),
        "until_us": pa.int64(),
    }
)
PULSES = pa.schema(
    {"customer_id": pa.string(), "value": pa.float64(), "given_us": pa.int64(), "until_us": pa.int64()}
)


def override_table(overrides: Sequence[Override]) -> pa.Table:
    """At most one row per customer."""
    rows = [
        {
            "customer_id": one.customer_id,
            "override_id": one.override_id,
            "score": one.score,
            "status": None if one.status is None else one.status.value,
            "until_us": one.until_us,
        }
        for one in overrides
    ]
    return pa.Table.from_pylist(rows, schema=OVERRIDES)


def pulse_table(pulses: Sequence[Pulse]) -> pa.Table:
    """One row per pulse."""
    rows = [
        {
            "customer_id": one.customer_id,
            "value": one.value,
            "given_us": one.given_us,
            "until_us": one.until_us,
        }
        for one in pulses
    ]
    return pa.Table.from_pylist(rows, schema=PULSES)

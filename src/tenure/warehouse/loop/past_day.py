"""A day of the past, and what is handed in about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import ibis.expr.types as ir
import pyarrow as pa

from tenure.clock import DAY_US, HOUR_US
from tenure.model.currency import Currencies
from tenure.model.scorecard import ScoringConfig
from tenure.warehouse.view import FactsView

REFRESH_HOUR = 2
OVERRIDES = pa.schema(
    {"customer_id": pa.string(), "override_id": pa.int64(), "score": pa.float64(), "status": pa.string(), "until_us": pa.int64()}
)
PULSES = pa.schema({"customer_id": pa.string(), "value": pa.float64(), "given_us": pa.int64(), "until_us": pa.int64()})
TableAt = Callable[[int], pa.Table]


@dataclass(frozen=True)
class PastSettings:
    """What is asked of a past, and by what it is judged: see `PastSubjects`."""

    config_at: Callable[[int], ScoringConfig]
    known_batch: int | None = None
    overrides: TableAt | None = None
    pulses: TableAt | None = None
    currencies: Currencies | None = None
    use_history: bool = True


class PastDay(NamedTuple):
    """One daily refresh of the past. `is_published`: what was shown then; else computed from facts."""

    now_us: int
    is_published: bool
    scored: int


def refresh_times(from_us: int, to_us: int, hour: int) -> list[int]:
    """The daily refreshes in a span."""
    first = from_us // DAY_US * DAY_US + hour * HOUR_US
    first += DAY_US if first < from_us else 0
    return list(range(first, to_us, DAY_US))


def given_at(given: TableAt | None, now_us: int, schema: pa.Schema) -> pa.Table:
    """What is handed in of a time; nothing where nothing ever is."""
    return schema.empty_table() if given is None else given(now_us)


def profiles(view: FactsView) -> ir.Table:
    """What lists show of customers: customer_id, name, plan, owner, customer_status, arr_cents, renewal_us."""
    customers = view.customers()
    return customers.select("customer_id", "name", "plan", "owner", "arr_cents", "renewal_us", customer_status=customers.status)

"""Which views scoring reads through, and which sources have anything at all."""

from __future__ import annotations

from typing import Any, Protocol

import ibis.expr.types as ir

from tenure.model.mapping import FactMapping
from tenure.model.scorecard import ScoringConfig
from tenure.warehouse.accumulated_view import AccumulatedView
from tenure.warehouse.engine import Engine
from tenure.warehouse.extract import Extract
from tenure.warehouse.full_view import FullView
from tenure.warehouse.scoring.inputs import input_columns
from tenure.warehouse.view import FactsView


class Views(Protocol):
    """Makes views; `customer_keys` (one column customer_key) restricts them, `extract` has their facts."""

    def full(
        self,
        now_us: int,
        known_batch: int | None,
        mapping: FactMapping,
        customer_keys: ir.Table | None = None,
        extract: Extract | None = None,
    ) -> FactsView: ...

    def present(
        self, now_us: int, mapping: FactMapping, customer_keys: ir.Table | None = None
    ) -> FactsView: ...


class EngineViews:
    """The views of an open warehouse."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def full(
        self,
        now_us: int,
        known_batch: int | None,
        mapping: FactMapping,
        customer_keys: ir.Table | None = None,
        extract: Extract | None = None,
    ) -> FactsView:
        return FullView(self._engine, now_us, known_batch, mapping, customer_keys, extract)

    def present(self, now_us: int, mapping: FactMapping, customer_keys: ir.Table | None = None) -> FactsView:
        return AccumulatedView(self._engine, now_us, mapping, customer_keys)


def connected_before_reading(view: FactsView, config: ScoringConfig, has_pulses: bool) -> frozenset[str]:
    """The sources to read: an unconnected one needs no join.

    Logins and features are parts of the events; whether there are any is known exactly once the inputs are read,
    except where first value depends on it (M5).
    """
    found = set(view.connected()) | ({"pulses"} if has_pulses else set())
    if "events" in found:
        found |= {"logins", "features"}
        if any(column.role == "first_value_us" for column in input_columns(config)) and not _any(
            view.features()
        ):
            found.discard("features")
    return frozenset(found)


def connected_after_reading(
    inputs: ir.Table, config: ScoringConfig, before: frozenset[str], known: frozenset[str]
) -> frozenset[str]:
    """The connected sources. `known` were connected at an earlier run and stay so (a touched run sees few customers)."""
    found = set(before)
    for source, names in parts_of_events(config).items():
        if (
            source in found
            and source not in known
            and names
            and not _any(inputs.filter(_positive(inputs, names)))
        ):
            found.discard(source)
    return frozenset(found)


def parts_of_events(config: ScoringConfig) -> dict[str, list[str]]:
    """The sources that are parts of the events, and the inputs that tell whether there is anything of them."""
    roles = {"logins": ("last_login_us", "logins"), "features": ("features", "feature_uses")}
    return {source: [column.name for column in input_columns(config) if column.role in mine] for source, mine in roles.items()}


def _positive(inputs: ir.Table, names: list[str]) -> Any:
    condition: Any = (inputs[names[0]] > 0).fill_null(False)
    for name in names[1:]:
        condition = condition | (inputs[name] > 0).fill_null(False)
    return condition


def _any(table: ir.Table) -> bool:
    found: int = table.limit(1).count().execute()
    return found > 0

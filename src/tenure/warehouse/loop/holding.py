"""For whom conditions hold at a time: first by what is cheap to know, then only for those it leaves possible."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from operator import or_
from typing import Any, NamedTuple

import ibis
import ibis.expr.types as ir

from tenure.model.condition import Condition
from tenure.rules.conditions import fields_of
from tenure.rules.narrowing import possible
from tenure.rules.scorecard.profile import columns_of_fields
from tenure.warehouse.conditions import condition_expression
from tenure.warehouse.loop.fields import CHEAP, GROUPS, FieldSettings, field_table
from tenure.warehouse.scoring.scratch import Scratch
from tenure.warehouse.view import FactsView

ViewAt = Callable[[int, ir.Table | None], FactsView]
"""A view at a time, of some customers (a table with customer_key) or of everybody."""
_MOSTLY = 0.5
"""With more than this share of everybody possible, looking at everybody is no dearer."""


FEW = 5_000


class _Judged(NamedTuple):
    """A table of customer_key and a flag per watch, and which is whose."""

    table: ir.Table
    flags: Mapping[str, str]

    def of(self, watch: str) -> str:
        return f"SELECT customer_key FROM {self.table.get_name()} WHERE {self.flags[watch]}"


class Holding:
    """Judges conditions for everybody.

    Args:
        scratch: for temporary tables, forgotten by the caller.
        view_at: how facts are read.
        scores: customer_key and the columns of `fields.HEALTH`.
        settings: what fields depend on.
        few: with no more scored customers than this, the number of statements is what costs: one judges everybody.
    """

    def __init__(
        self, scratch: Scratch, view_at: ViewAt, scores: ir.Table, settings: FieldSettings, few: int = FEW
    ) -> None:
        self._scratch, self._view_at, self._scores, self._settings, self._few = scratch, view_at, scores, settings, few

    def held(self, watches: Mapping[str, Condition], now_us: int) -> dict[str, str]:
        """By watch, a select of the customer_key of everybody for whom it holds; internal customers never."""
        if not watches:
            return {}
        everybody, settings = self._view_at(now_us, None), self._settings.at(now_us)
        if self._scratch.size(self._scores) <= self._few:
            judged = self._judged(everybody, watches, settings)
            return {watch: judged.of(watch) for watch in watches}
        first = self._judged(everybody, {watch: possible(one, _is_cheap) for watch, one in watches.items()}, settings)
        found = {watch: first.of(watch) for watch, one in watches.items() if columns_of(one) <= CHEAP}
        for together in _by_groups({watch: one for watch, one in watches.items() if watch not in found}):
            judged = self._judged(self._narrowed(everybody, first, together), together, settings)
            found |= {watch: judged.of(watch) for watch in together}
        return {watch: found[watch] for watch in watches}

    def _narrowed(self, everybody: FactsView, first: _Judged, watches: Iterable[str]) -> FactsView:
        """A view of those who may fulfil one of these; of everybody where that is most of them."""
        any_of = " OR ".join(first.flags[watch] for watch in watches)
        keys = self._scratch.where(first.table, ("customer_key",), any_of, "possible")
        if self._scratch.size(keys) > _MOSTLY * self._scratch.size(self._scores):
            return everybody
        return self._view_at(everybody.now_us, keys)

    def _judged(self, view: FactsView, conditions: Mapping[str, Condition | None], settings: FieldSettings) -> _Judged:
        """Those any of the conditions (None: true of everybody) is true of."""
        asked = tuple(conditions.values())
        wanted = frozenset().union(*(columns_of(one) for one in asked if one is not None))

        def build(view: FactsView, scores: ir.Table) -> ir.Table:
            table = field_table(view, scores, settings, wanted)
            flags = {
                _flag(place): ibis.literal(True)
                if one is None
                else condition_expression(one, table, view.now_us, settings.notice_days)
                for place, one in enumerate(asked)
            }
            judged = table.select("customer_key", **flags)
            some: Any = reduce(or_, (judged[name] for name in flags))
            return judged.filter(some)

        key = ("held", asked, settings, view.mapping)
        table = self._scratch.through(key, view, build, {"scores": self._scores}, "held")
        return _Judged(table, {watch: _flag(place) for place, watch in enumerate(conditions)})


def columns_of(condition: Condition) -> frozenset[str]:
    """The columns a condition looks at."""
    return frozenset(columns_of_fields(fields_of(condition)))



def _by_groups(watches: Mapping[str, Condition]) -> Iterable[dict[str, Condition]]:
    """Watches that read the same facts together: others would make them read facts of customers nobody asks about."""
    found: dict[frozenset[frozenset[str]], dict[str, Condition]] = {}
    for watch, condition in watches.items():
        columns = columns_of(condition)
        found.setdefault(frozenset(group for group in GROUPS if group & columns), {})[watch] = condition
    return found.values()


def _is_cheap(field: str) -> bool:
    return frozenset(columns_of_fields([field])) <= CHEAP


def _flag(place: int) -> str:
    return f"holds_{place}"

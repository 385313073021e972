"""For whom conditions hold at a time: first by what is cheap to know, then only for those it leaves possible."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from operator import or_
from typing import Any

import ibis
import ibis.expr.types as ir

from tenure.model.condition import Condition
from tenure.rules.conditions import fields_of
from tenure.rules.narrowing import possible
from tenure.rules.scorecard.profile import columns_of_fields
from tenure.warehouse.conditions import condition_expression
from tenure.warehouse.loop.fields import CHEAP, NEED_FEATURES, FieldSettings, adopted_features, field_table
from tenure.warehouse.scoring.scratch import Scratch
from tenure.warehouse.view import FactsView

ViewAt = Callable[[int, ir.Table | None], FactsView]
"""A view at a time, of some customers (a table with customer_key) or of everybody."""
_MOSTLY = 0.5
"""With more than this share of everybody possible, looking at everybody is no dearer."""


class Holding:
    """Judges conditions for everybody.

    Args:
        scratch: for temporary tables, forgotten by the caller.
        view_at: how facts are read.
        scores: customer_key and the columns of `fields.HEALTH`.
        settings: what fields depend on.
    """

    def __init__(self, scratch: Scratch, view_at: ViewAt, scores: ir.Table, settings: FieldSettings) -> None:
        self._scratch, self._view_at, self._scores, self._settings = scratch, view_at, scores, settings

    def held(self, watches: Mapping[str, Condition], now_us: int) -> dict[str, str]:
        """By watch, a select of the customer_key of everybody for whom it holds; internal customers never."""
        if not watches:
            return {}
        everybody = self._view_at(now_us, None)
        settings = with_features(self._scratch, everybody, self._settings.at(now_us), map(columns_of, watches.values()))
        first = {watch: possible(condition, _is_cheap) for watch, condition in watches.items()}
        sure = self._judged(everybody, first, settings)
        rest = {watch: condition for watch, condition in watches.items() if not columns_of(condition) <= CHEAP}
        found = {watch: _where(sure, place) for place, watch in enumerate(first) if watch not in rest}
        if rest:
            places = [place for place, watch in enumerate(first) if watch in rest]
            view = self._narrowed(everybody, sure, places, now_us)
            judged = self._judged(view, rest, settings)
            found |= {watch: _where(judged, place) for place, watch in enumerate(rest)}
        return {watch: found[watch] for watch in watches}

    def _narrowed(self, everybody: FactsView, sure: ir.Table, places: Iterable[int], now_us: int) -> FactsView:
        """A view of those who may fulfil one of these; of everybody where that is most of them."""
        any_of = " OR ".join(_flag(place) for place in places)
        keys = self._scratch.where(sure, ("customer_key",), any_of, "possible")
        many = self._scratch.size(keys)
        if many > _MOSTLY * max(1, self._scratch.size(self._scores)):
            return everybody
        view = self._view_at(now_us, keys)
        self._scratch.closing(view)
        return view

    def _judged(self, view: FactsView, conditions: Mapping[str, Condition | None], settings: FieldSettings) -> ir.Table:
        """customer_key and a flag per condition (None: true of everybody), of those any of them is true of."""
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

        return self._scratch.through(("held", asked, settings, view.mapping), view, build, {"scores": self._scores}, "held")


def columns_of(condition: Condition) -> frozenset[str]:
    """The columns a condition looks at."""
    return frozenset(columns_of_fields(fields_of(condition)))



def with_features(
    scratch: Scratch, everybody: FactsView, settings: FieldSettings, wanted: Iterable[frozenset[str]]
) -> FieldSettings:
    """The settings with whether any feature was ever adopted, where that matters."""
    if not any(NEED_FEATURES & columns for columns in wanted):
        return settings
    found = scratch.through(("adopted",), everybody, adopted_features, {}, "adopted")
    return settings.knowing(scratch.first(found) > 0)


def _is_cheap(field: str) -> bool:
    return frozenset(columns_of_fields([field])) <= CHEAP


def _flag(place: int) -> str:
    return f"holds_{place}"


def _where(table: ir.Table, place: int) -> str:
    return f"SELECT customer_key FROM {table.get_name()} WHERE {_flag(place)}"

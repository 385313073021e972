"""Who counts: the customers every metric starts from, the segment each is in, and how money is read.

Every members table has `customer_id` and `segment`; a number is a count of its rows, and the people behind the
number are those rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, TypeVar

import ibis
import ibis.expr.types as ir

from tenure.errors import BadInput, NotFound
from tenure.model.condition import Condition
from tenure.model.currency import RATE_DECIMALS, Currencies
from tenure.ports.metrics import SAVED, SEGMENT_COLUMNS, MetricSettings
from tenure.rules.journey import STAGES
from tenure.warehouse.conditions import condition_expression, journey_stage
from tenure.warehouse.view import FactsView

UNKNOWN = "unknown"
EVERYBODY = "everybody"
SIZE_BANDS = ((10, "1-10 seats"), (50, "11-50 seats"), (200, "51-200 seats"), (1000, "201-1000 seats"))
LARGEST = "more than 1000 seats"
SEGMENTS_NAMED = 20
_WORDS = {"stage": STAGES, "size": (*(word for _, word in SIZE_BANDS), LARGEST)}
"""Segments that exist whoever is in them."""

CUSTOMER_COLUMNS = (
    "customer_key",
    "customer_id",
    "created_us",
    "spell_started_us",
    "status",
    "churned_us",
    "cancel_requested_us",
    "first_paid_us",
    "renewal_us",
    "monthly_cents",
)
"""What the metrics read of a customer."""

Answer = TypeVar("Answer")

SavedSegments = Mapping[str, Condition]
"""The venture's saved segments, by name."""

_MONEY = f"decimal(38, {RATE_DECIMALS})"


@dataclass(frozen=True, slots=True)
class Population:
    """A view and the cut through it: everybody, one segment, or each segment of a column."""

    view: FactsView
    currencies: Currencies
    settings: MetricSettings = field(default_factory=MetricSettings)
    by: str | None = None
    segment: str | None = None
    saved: SavedSegments = field(default_factory=dict)
    whole: Population | None = None
    """The same people in one piece, where whoever asks has it at hand already."""
    _kept: dict[str, ir.Table] = field(default_factory=dict, repr=False, compare=False)
    _answers: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        known = (*SEGMENT_COLUMNS, SAVED)
        if self.by is not None and self.by not in known:
            raise BadInput(f"{self.by!r} is not something to split by.", f"Use one of: {', '.join(known)}.")
        if self.by is None and self.segment is not None:
            raise BadInput("A segment needs the column it is a segment of.", f"Add one of: {', '.join(known)}.")
        if self.by == SAVED and self.segment is not None and self.segment not in self.saved:
            raise BadInput(f"There is no saved segment {self.segment!r}.", _saved_hint(self.saved))

    def without_split(self) -> Population:
        """The same people in one piece: everybody, or the one segment asked for."""
        if self.by is None or self.segment is not None:
            return self
        return self.whole or replace(self, by=None, _kept={})

    def customers(self) -> ir.Table:
        """External customers (P6) with `segment`, the segment columns, and `arr_cents` in the venture's currency.

        ARR is null where it is unknown or has no rate (R5). With saved segments a customer has one row in each.
        """
        if self.by == SAVED:
            return self.kept("saved", self._in_saved)
        everybody = self.everybody()
        if self.segment is not None:
            self.once("checked segment", self._check_segment)
        cut = everybody.mutate(segment=ibis.literal(EVERYBODY) if self.by is None else everybody[self.by])
        return cut if self.segment is None else cut.filter(cut.segment == self.segment)

    def _check_segment(self) -> None:
        """Raises NotFound for a segment nobody can be in."""
        assert self.by is not None
        found = self.everybody().select(segment=self.by).distinct().order_by("segment")
        there = [*_WORDS.get(self.by, ()), *(str(row["segment"]) for row in rows(found))]
        if self.segment not in there:
            raise NotFound(f"There is no {self.by} {self.segment!r}.", _there_are(self.by, list(dict.fromkeys(there))))

    def shared(self, name: str, make: Callable[[], ir.Table]) -> ir.Table:
        """Like `kept`, for what is the same however the people are split."""
        return (self.whole or self).kept(name, make)

    def kept(self, name: str, make: Callable[[], ir.Table]) -> ir.Table:
        """A table worked out once, as a temporary one of the engine that lives until `forget` or the connection's end.

        Several questions read it, and a deep expression costs more to compile than to run. Not Ibis' own `cache`:
        that drops its table when Python collects the garbage, which may be after the connection was closed.
        """
        if name not in self._kept:
            expression = make()
            self._kept[name] = expression.get_backend().keep(expression, "metrics")
        return self._kept[name]

    def once(self, name: str, make: Callable[[], Answer]) -> Answer:
        """A small result worked out once, where several metrics say it."""
        if name not in self._answers:
            self._answers[name] = make()
        found: Answer = self._answers[name]
        return found

    def forget(self) -> None:
        """Drop what was kept."""
        self._answers.clear()
        while self._kept:
            _, table = self._kept.popitem()
            table.get_backend().drop_table(table.op().name)

    def everybody(self) -> ir.Table:
        """Every external customer, however the people are split."""
        return self.shared("everybody", lambda: self._with_columns(self.view.customers()))

    def _with_columns(self, customers: ir.Table) -> ir.Table:
        external = customers.filter(~customers.internal)
        found = external.left_join(self._paid_in(), "customer_key")
        rate = rate_of(self.currency_of(found.currency, found.paid_in), self.currencies, self.view.now_us)
        return found.select(
            *CUSTOMER_COLUMNS,
            "paid_in",
            stated_currency=found.currency,
            arr_cents=times_rate(found.arr_cents, rate),
            plan=_known(found.plan),
            owner=_known(found.owner),
            industry=_known(found.industry),
            stage=_known(journey_stage(found, self.view.now_us, self.settings.renewal_notice_days)),
            size=size_band(found.seats),
        )

    def _in_saved(self) -> ir.Table:
        """Conditions are judged on what is stored, where an unknown plan is missing, not a plan called unknown."""
        everybody, stored = self.everybody(), self.view.customers()
        pieces = []
        for name in sorted(self.saved) if self.segment is None else [self.segment]:
            inside = condition_expression(
                self.saved[name], stored, self.view.now_us, self.settings.renewal_notice_days
            )
            members = everybody.semi_join(stored.filter(inside), "customer_key")
            pieces.append(members.mutate(segment=ibis.literal(name)))
        nobody = everybody.mutate(segment=ibis.literal(EVERYBODY)).filter(ibis.literal(False))
        return stacked(pieces or [nobody])

    def movements(self) -> ir.Table:
        """The ledger of external customers with every movement's currency.

        Its own, else that of the customer's other movements, else the customer's, else the venture's.
        """
        movements = self.view.movements()
        joined = movements.inner_join(self.everybody(), "customer_key")
        currency = self.currency_of(movements.currency, joined.paid_in, joined.stated_currency)
        return joined.select("customer_key", "occurred_us", "delta_cents", currency=currency)

    def _paid_in(self) -> ir.Table:
        """customer_key, paid_in: a churn of all that was left names no currency, the movements before it did."""
        movements = self.view.movements()
        stated = movements.filter(movements.currency.notnull())
        table: ir.Table = stated.group_by("customer_key").agg(paid_in=stated.currency.max())
        return table

    def currency_of(self, *stated: Any) -> Any:
        """The first currency stated, else the venture's."""
        return ibis.coalesce(*stated, ibis.literal(self.currencies.venture)).upper()


def _there_are(by: str, there: list[str]) -> str:
    if by == "owner":  # people are not named in errors
        return "`tenure metrics segments` lists the owners."
    more = f" and {len(there) - SEGMENTS_NAMED:,} more" if len(there) > SEGMENTS_NAMED else ""
    return f"Use one of: {', '.join(there[:SEGMENTS_NAMED])}{more}." if there else "Nobody is there yet: import customers first."


def _saved_hint(saved: SavedSegments) -> str:
    return f"Saved segments: {', '.join(sorted(saved))}." if saved else "Declare segments in tenure.toml first."


def _known(column: Any) -> Any:
    return ibis.coalesce(column, ibis.literal(UNKNOWN))


def rate_of(currency: Any, currencies: Currencies, at_us: int) -> Any:
    """The exact rate in force for each row's currency; null where there is none."""
    branches = [
        (currency == name, ibis.literal(rate, type=_MONEY)) for name, rate in sorted(currencies.in_force(at_us).items())
    ]
    return ibis.cases(*branches, else_=ibis.null(_MONEY))


def times_rate(cents: Any, rate: Any) -> Any:
    """Cents times an exact rate, rounded half up, in fixed-point integers (no float in between)."""
    exact = cents.cast("decimal(18, 0)") * rate
    return (exact + ibis.literal(Decimal("0.5"), type=_MONEY)).floor().cast("int64")


def size_band(seats: Any) -> Any:
    """The size band of a number of seats; unknown is a band of its own."""
    branches = [(seats <= limit, word) for limit, word in SIZE_BANDS]
    return ibis.cases((seats.isnull(), UNKNOWN), *branches, else_=LARGEST)


def last_logins(view: FactsView) -> ir.Table:
    """customer_key, last_us of the newest mapped login."""
    return view.last_seen(view.mapping.login_names).select("customer_key", "last_us")


def is_true(condition: Any) -> Any:
    """The condition with null as false."""
    return ibis.coalesce(condition, False)


def how_many(condition: Any) -> Any:
    """How many rows fulfil a condition; 0, never null, where there are none."""
    return ibis.coalesce(is_true(condition).cast("int64").sum(), 0)


def rows(table: ir.Table) -> list[dict[str, Any]]:
    """A small result as dictionaries of plain Python values."""
    found: list[dict[str, Any]] = table.to_pyarrow().to_pylist()
    return found


def stacked(tables: list[ir.Table]) -> ir.Table:
    """Several tables of one shape as one, rows repeated where they are."""
    return tables[0] if len(tables) == 1 else ibis.union(*tables, distinct=False)


def segments_of(found: Iterable[str], population: Population) -> list[str]:
    """The segments to answer for; everybody (or the one asked for) is answered even with nobody in it."""
    if population.by is not None and population.segment is None:
        return sorted(set(found))
    return [population.segment or EVERYBODY]

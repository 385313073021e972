"""The past day by day, as rehearsals walk through it: scores, crossings and cards of each daily refresh."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import pyarrow as pa

from tenure.clock import DAY_US
from tenure.errors import Refused
from tenure.model.cards import CustomerCard
from tenure.model.condition import Condition
from tenure.model.currency import Currencies
from tenure.model.scorecard import ScoringConfig
from tenure.model.touches import Response
from tenure.warehouse.derivation import Facts
from tenure.warehouse.engine import Engine
from tenure.warehouse.loop.past_daily import DailyPast
from tenure.warehouse.loop.past_day import REFRESH_HOUR, PastDay, PastSettings, TableAt, refresh_times
from tenure.warehouse.loop.past_panel import PanelPast
from tenure.warehouse.silence import has_subscription_facts, silence_of

__all__ = ["PastDay", "PastSubjects", "refresh_times"]


class PastSubjects:
    """Implements `Subjects` at the day it stands at; `days` moves it. Nothing of it is kept: `close` it.

    Args:
        engine: of the open warehouse; it keeps its own tables untouched.
        config_at: what scores are computed with at a time.
        known_batch: only facts of this batch or an earlier one; None: everything known today, late facts included.
        overrides, pulses: those in force at a time (the columns of `ScoreRequest`); None: there were none.
        currencies: rates into the venture's currency.
        use_history: where runs were published at the time, what they showed counts and nothing is computed.
    """

    def __init__(
        self,
        engine: Engine,
        config_at: Callable[[int], ScoringConfig],
        *,
        known_batch: int | None = None,
        overrides: TableAt | None = None,
        pulses: TableAt | None = None,
        currencies: Currencies | None = None,
        use_history: bool = True,
    ) -> None:
        self._engine = engine
        self._settings = PastSettings(config_at, known_batch, overrides, pulses, currencies, use_history)
        self._walk: DailyPast | PanelPast | None = None

    def days(
        self, from_us: int, to_us: int, *, refresh_hour: int = REFRESH_HOUR, watches: Mapping[str, Condition] | None = None
    ) -> Iterator[PastDay]:
        """Every daily refresh at or after `from_us` and before `to_us`, in order; ask about each before the next.

        Args:
            refresh_hour: UTC, of the daily refresh.
            watches: for whom these hold at the refresh before the first day, stands already.
        """
        times = refresh_times(from_us, to_us, refresh_hour)
        if not times:
            return
        self.close()
        times = [times[0] - DAY_US, *times]
        way = DailyPast if self._silence_counts(times) else PanelPast
        self._walk = way(self._engine, self._settings, times)
        yield from self._walk.days(watches)

    def _silence_counts(self, times: Sequence[int]) -> bool:
        """Whether falling silent is leaving on any of these days: whether a subscription speaks only ever begins to be so."""
        mapping, facts = self._settings.config_at(times[0]).mapping, Facts(self._engine, self._settings.known_batch)
        return not has_subscription_facts(facts, times[0]) and any(silence_of(facts, now_us, mapping) for now_us in times)

    # --- the day it stands at ----------------------------------------------------------------------------------------

    def changes(self) -> pa.Table:
        """Whose score, band or newness differs from the day before, in order of id.

        customer_id, score?, health_status?, is_new? (null: no longer scored), previous_score?, previous_status? (of the day
        before; null: not scored then, or in another spell), change? (of the unrounded total).
        """
        return self._today().changes()

    def scores(self) -> pa.Table:
        """Everybody's: customer_id, total, score, health_status, coverage, is_new, previous_score (M6), in order of id."""
        return self._today().scores()

    def scores_of(self, customer_ids: Sequence[str]) -> pa.Table:
        """The same of some customers."""
        return self._today().scores_of(customer_ids)

    def profiles_of(self, customer_ids: Sequence[str]) -> pa.Table:
        """customer_id, name, plan, owner, customer_status, arr_cents, renewal_us of these customers (what lists show)."""
        return self._today().profiles_of(customer_ids)

    def responses(self, customer_ids: Sequence[str], since_us: int, now_us: int) -> list[Response]:
        """What these customers did from `since_us` on, and all who answered a survey, as the facts of the day tell it."""
        return self._today().responses(customer_ids, since_us, now_us)

    def crossed(self, watches: Mapping[str, Condition], now_us: int) -> Mapping[str, Sequence[str]]:
        return self._today(now_us).crossed(watches)

    def judged(self, watch: str, customer_ids: Sequence[str], now_us: int) -> None:
        self._today(now_us).judged(watch, customer_ids)

    def baseline(self, watches: Mapping[str, Condition], now_us: int) -> Mapping[str, int]:
        return self._today(now_us).baseline(watches)

    def cards(self, customer_ids: Sequence[str], now_us: int) -> Sequence[CustomerCard]:
        """Later on a day they are as of its refresh."""
        walk = self._today()
        if not walk.day.now_us <= now_us < walk.day.now_us + DAY_US:
            self._today(now_us)
        return walk.cards(customer_ids) if customer_ids else []

    def _today(self, now_us: int | None = None) -> DailyPast | PanelPast:
        walk = self._walk
        if walk is None or (now_us is not None and now_us != walk.day.now_us):
            raise Refused("The past is asked about a day it does not stand at.", "Walk through it with `days`.")
        return walk

    def close(self) -> None:
        """Let go of everything it made."""
        if self._walk is not None:
            self._walk.close()
        self._walk = None

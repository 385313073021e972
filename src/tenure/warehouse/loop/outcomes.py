"""What became of customers after something was done for them: read from the kept scores and the facts, for all cases at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import ibis.expr.types as ir
import pyarrow as pa

from tenure.clock import day_of
from tenure.model.health import HealthStatus
from tenure.model.mapping import FactMapping
from tenure.model.scorecard import ScoringConfig
from tenure.ports.effect import AskedCase, Became
from tenure.warehouse.engine import Engine
from tenure.warehouse.loop.holding import ViewAt
from tenure.warehouse.scoring import tables
from tenure.warehouse.scoring.keeper import ScoreKeeper
from tenure.warehouse.scoring.scratch import Scratch
from tenure.warehouse.view import FactsView

_BANDS = (HealthStatus.critical, HealthStatus.at_risk, HealthStatus.healthy)
_DAILY = "('full', 'incremental')"
_ASKED = "SELECT a.*, i.id_key::INTEGER AS customer_key FROM {given} a JOIN ids i ON i.id = a.customer_id"
# what configuration added to a score since the case began is taken off it, and the thresholds are those of its beginning: who
# is better only by a new scorecard or threshold is not; an override never makes anybody better, and may make them worse (M12)
_DAYS = f"""
WITH kept AS (
    SELECT customer_key, as_of_us, is_scored, score, shown_status,
        sum(CASE WHEN is_scored THEN coalesce(change_configuration, 0) ELSE 0 END)
            OVER (PARTITION BY customer_key ORDER BY run_id ROWS UNBOUNDED PRECEDING) AS configured
    FROM {tables.HISTORY} WHERE customer_key IN (SELECT customer_key FROM {{asked}})
), runs AS (
    SELECT r.as_of_us, l.at_risk, l.healthy FROM {tables.RUNS} r JOIN {{limits}} l ON l.config = r.config
), began AS (
    SELECT a.*, coalesce(k.configured, 0) AS configured FROM {{asked}} a
    ASOF LEFT JOIN kept k ON k.customer_key = a.customer_key AND k.as_of_us <= a.start_us
), limited AS (
    SELECT b.*, coalesce(r.at_risk, f.at_risk) AS at_risk, coalesce(r.healthy, f.healthy) AS healthy
    FROM began b ASOF LEFT JOIN runs r ON r.as_of_us <= b.start_us
    CROSS JOIN (SELECT arg_min(at_risk, as_of_us) AS at_risk, arg_min(healthy, as_of_us) AS healthy FROM runs) f
), looked AS (
    SELECT l.*, d.as_of_us AS at_us FROM limited l
    JOIN (SELECT DISTINCT as_of_us FROM {tables.RUNS} WHERE kind IN {_DAILY}) d ON d.as_of_us > l.start_us AND d.as_of_us <= l.end_us
), seen AS (
    SELECT o.case_id, o.at_us, k.is_scored, k.shown_status, o.at_risk, o.healthy,
        round(k.score - (k.configured - o.configured), 6) AS own
    FROM looked o ASOF JOIN kept k ON k.customer_key = o.customer_key AND k.as_of_us <= o.at_us
), banded AS (
    SELECT case_id, at_us, least(
        CASE shown_status WHEN 'healthy' THEN 2 WHEN 'at_risk' THEN 1 ELSE 0 END,
        CASE WHEN own >= healthy THEN 2 WHEN own >= at_risk THEN 1 ELSE 0 END
    ) AS band FROM seen WHERE is_scored
)
SELECT case_id, band, min(at_us), max(at_us) FROM banded GROUP BY ALL ORDER BY ALL
"""
_LIVES = """
SELECT a.case_id, a.start_us, a.end_us, l.* EXCLUDE (customer_key) FROM {asked} a JOIN {lives} l ON l.customer_key = a.customer_key
"""
_LOGINS = """
SELECT a.case_id, min(l.last_us) FROM {asked} a JOIN {logins} l ON l.customer_key = a.customer_key
WHERE a.wants_login AND l.last_us > a.start_us AND l.last_us <= a.end_us GROUP BY ALL
"""


class WarehouseHistory:
    """The port `tenure.ports.effect.History`, inside a job.

    Args:
        view_at: the facts at a time, of some customers.
        mapping: names the events that are logins.
    """

    def __init__(self, engine: Engine, view_at: ViewAt, mapping: Callable[[], FactMapping]) -> None:
        self._engine, self._view_at, self._mapping = engine, view_at, mapping
        self._keeper = ScoreKeeper(engine)

    def became(self, asked: Sequence[AskedCase], now_us: int) -> Mapping[int, Became]:
        """See the port."""
        if not asked:
            return {}
        scratch = Scratch(self._engine)
        try:
            return self._became(scratch, asked, now_us)
        finally:
            scratch.forget()

    def _became(self, scratch: Scratch, asked: Sequence[AskedCase], now_us: int) -> dict[int, Became]:
        given = scratch.given(_table(asked), "asked_cases")
        cases = scratch.selected(_ASKED.format(given=given.get_name()), "cases").get_name()
        days = self._days(scratch, cases)
        view = self._view_at(now_us, scratch.selected(f"SELECT DISTINCT customer_key FROM {cases}", "keys"))
        scratch.closing(view)
        logins = self._logins(scratch, view, cases, asked)
        lives = scratch.keep(_lives(view), "lives").get_name()
        found: dict[int, Became] = {}
        for case_id, start_us, end_us, *life in self._engine.run(_LIVES.format(asked=cases, lives=lives)):
            started_us, churned_us, first_end_us, first_paid_us = life
            spells = [(None, first_end_us), (started_us, churned_us)]
            found[case_id] = Became(
                days=tuple(days.get(case_id, ())),
                left_us=left_us(spells, min(end_us, now_us)),
                back_us=started_us if started_us is not None and started_us > start_us else None,
                login_us=logins.get(case_id),
                pays=first_paid_us is not None,
            )
        return found

    def _days(self, scratch: Scratch, cases: str) -> dict[int, list[tuple[int, HealthStatus]]]:
        limits = scratch.given(self._limits(), "limits").get_name()
        found: dict[int, list[tuple[int, HealthStatus]]] = defaultdict(list)
        for case_id, band, first_us, last_us in self._engine.run(_DAYS.format(asked=cases, limits=limits)):
            found[case_id] += [(at_us, _BANDS[band]) for at_us in dict.fromkeys((first_us, last_us))]
        return found

    def _limits(self) -> pa.Table:
        """The thresholds of every configuration that was ever run with (M2)."""
        digests = [digest for (digest,) in self._engine.run(f"SELECT digest FROM {tables.CONFIGS} ORDER BY digest")]
        configs: list[ScoringConfig] = [self._keeper.config_of(digest) for digest in digests]
        return pa.table(
            {
                "config": pa.array(digests, pa.string()),
                "at_risk": pa.array([one.at_risk_threshold for one in configs], pa.float64()),
                "healthy": pa.array([one.healthy_threshold for one in configs], pa.float64()),
            }
        )

    def _logins(self, scratch: Scratch, view: FactsView, cases: str, asked: Sequence[AskedCase]) -> dict[int, int]:
        since_us = min((one.start_us for one in asked if one.wants_login), default=None)
        if since_us is None:
            return {}
        names = list(self._mapping().login_names)
        logins = scratch.keep(view.activity(names, day_of(since_us)).select("customer_key", "last_us"), "logins").get_name()
        rows = self._engine.run(_LOGINS.format(asked=cases, logins=logins))
        return {int(case_id): int(at_us) for case_id, at_us in rows}


def left_us(spells: Sequence[tuple[int | None, int | None]], at_us: int) -> int | None:
    """When a customer who was none at a time had left last; None: it was one then.

    Args:
        spells: (start, end) of the first and the present one; start None: from the beginning, end None: still running. A
            spell between the two is not known, so within it nobody counts as a customer.
    """
    if any((start is None or start <= at_us) and (end is None or end > at_us) for start, end in spells):
        return None
    return max((end for _, end in spells if end is not None and end <= at_us), default=at_us)


def _lives(view: FactsView) -> ir.Table:
    customers, first = view.customers(), view.first_spells()
    joined = customers.left_join(first, customers.customer_key == first.customer_key)
    # a first spell without an end is the present one: only that one says when it ends
    first_end: Any = joined.first_ended_us.fill_null(joined.spell_started_us)
    return joined.select("customer_key", "spell_started_us", "churned_us", first_end_us=first_end, first_paid_us=joined.first_paid_us)


def _table(asked: Sequence[AskedCase]) -> pa.Table:
    return pa.table(
        {
            "case_id": pa.array([one.case_id for one in asked], pa.int64()),
            "customer_id": pa.array([one.customer_id for one in asked], pa.string()),
            "start_us": pa.array([one.start_us for one in asked], pa.int64()),
            "end_us": pa.array([one.end_us for one in asked], pa.int64()),
            "wants_login": pa.array([one.wants_login for one in asked], pa.bool_()),
        }
    )

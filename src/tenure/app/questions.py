"""Metrics and the report of one deployment, asked of its open warehouse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import ibis.expr.types as ir

from tenure.app.families import family_document
from tenure.app.sources import sources_of
from tenure.app.status import system_facts
from tenure.clock import DAY_US, day_of
from tenure.errors import Refused
from tenure.model.currency import Currencies, CurrencyRate
from tenure.model.health import Health, HealthStatus, SeatUse
from tenure.model.listing import HealthFilter, ListedHealth
from tenure.model.report import ReportData
from tenure.model.runs import Run, RunKind, RunState
from tenure.model.scorecard import Segment
from tenure.ports.executions import ExecutionFilter
from tenure.ports.metric_results import DayHealth
from tenure.ports.metrics import Asked, RenewalMarks
from tenure.rules.conditions import parse_condition
from tenure.rules.families import Member, family_of, root_of
from tenure.rules.renewals import HORIZON_DAYS, TERMS, proposal_of
from tenure.rules.system_health import SystemFacts
from tenure.services.insights import InsightsService, metric_settings
from tenure.services.insights.report import ATTENTION_SHOWN, ReportInput, report_data
from tenure.services.scoring import ScoringService
from tenure.services.triggers.context import HEALTH_DROP
from tenure.settings import Workspace
from tenure.warehouse.conditions import journey_stage, segment_text
from tenure.warehouse.loop.fields import FieldSettings, field_table
from tenure.warehouse.loop.subjects import keys_of
from tenure.warehouse.metrics.reader import WarehouseMetrics
from tenure.warehouse.scoring.keeper import ScoreKeeper
from tenure.warehouse.scoring.scratch import Scratch
from tenure.warehouse.seats import seat_uses
from tenure.warehouse.view import FactsView
from tenure.warehouse.warehouse import DuckWarehouse

if TYPE_CHECKING:
    from tenure.app.deployment import Deployment

TREND_DAYS = 120
RENEWALS_READ = 20_000
"""Of so many soonest renewals the report shows those that are least certain and worth most; its months count all."""
IN_TROUBLE = (HealthStatus.critical, HealthStatus.at_risk)


def currencies(workspace: Workspace) -> Currencies:
    """The venture's currency and its dated rates."""
    rates = tuple(
        CurrencyRate(currency=row.currency, since_us=_day_us(row.since), rate=str(row.rate)) for row in workspace.rates
    )
    return Currencies(venture=workspace.venture.currency, rates=rates)


def _day_us(text: str) -> int:
    return (date.fromisoformat(text).toordinal() - date(1970, 1, 1).toordinal()) * DAY_US


class Questions:
    """Asked inside a job, while the warehouse is open."""

    def __init__(self, deployment: Deployment, warehouse: DuckWarehouse, keeper: ScoreKeeper, scoring: ScoringService) -> None:
        self._one, self._warehouse, self._keeper, self._scoring = deployment, warehouse, keeper, scoring
        parameters = deployment.parameters.current()
        self._saved = {name: parse_condition(text) for name, text in deployment.workspace.segments.items()}
        self._notice_days = parameters.integer("renewal_notice_days")
        self.metrics = WarehouseMetrics(
            self.view_at,
            self._scores_of,
            currencies(deployment.workspace),
            metric_settings(parameters),
            self._saved,
            self.renewal_marks,
        )
        self.insights = InsightsService(
            deployment.venture.venture_id,
            self.metrics,
            self.days_before,
            self.system_facts,
            deployment.store.results,
            deployment.store.audit,
            lambda since_us, until_us: deployment.store.useful.since(deployment.venture.venture_id, since_us, until_us),
            parameters.integer("stale_input_hours"),
            parameters.integer("max_consecutive_failures"),
            parameters.number("target_uptime_percent"),
            parameters.number("crm_sync_error_threshold_percent"),
        )
        self._thresholds = (parameters.number("at_risk_threshold"), parameters.number("healthy_threshold"))

    def view_at(self, now_us: int, known: int | None) -> FactsView:
        """What was true at a time; read from accumulators where they describe it."""
        mapping = self._one.mapping
        if known is None and now_us >= self._warehouse.accumulated_to_us():
            try:
                return self._warehouse.accumulated_view(now_us, mapping)
            except Refused:  # something waits for its time, or the mapping changed: facts know
                pass
        return self._warehouse.full_view(now_us, mapping, known)

    def profiles_at(self, now_us: int, known: int | None) -> ir.Table:
        """Customers with the journey stage and the saved segments they were in."""
        customers = self.view_at(now_us, known).customers()
        notice_days = self._notice_days
        saved = [Segment(name, condition) for name, condition in self._saved.items()]
        return customers.mutate(
            stage=journey_stage(customers, now_us, notice_days), segment=segment_text(saved, customers, now_us, notice_days)
        )

    def family(self, customer_id: str, now_us: int) -> dict[str, Any] | None:
        """The family of a customer with its rolled-up ARR in the venture's currency (Day one 8); None where it is alone."""
        engine = self._warehouse.engine
        linked = engine.run(
            "SELECT ids.id, c.parent_id FROM customer_states c JOIN ids ON ids.id_key = c.customer_key WHERE c.parent_id IS NOT NULL"
        )
        parents = {str(child): str(parent) for child, parent in linked}
        root = root_of(customer_id, parents)
        theirs = sorted({root, *(one for one in parents if root_of(one, parents) == root)})
        if len(theirs) < 2:
            return None
        ids = engine.table("ids")
        at_us = max(now_us, self._warehouse.accumulated_to_us())
        view = self._warehouse.full_view(at_us, self._one.mapping, None, ids.filter(ids.id.isin(theirs)).select("id_key"))
        settings = FieldSettings.of(self._scoring.config_at(now_us), currencies(self._one.workspace)).at(at_us)
        accounts = field_table(view, self._no_scores(), settings, ("customer_id", "parent_id", "name", "owner", "arr_cents"))
        rows = accounts.drop("customer_key").to_pyarrow().to_pylist()
        view.close()
        found = family_of(customer_id, [Member(**row) for row in rows])
        return None if found is None else family_document(
            found, self._one.store.health, self._one.venture.venture_id, self._one.workspace.venture.currency
        )

    def _no_scores(self) -> ir.Table:
        """A table of health nobody is in, where health is not asked for."""
        return self._warehouse.engine.table("ids").select(customer_key="id_key").limit(0)

    def _scores_of(self, view: FactsView) -> ir.Table:
        """Published scores where the view is the present, else computed from facts; as a table beside the facts."""
        last = self._keeper.last_run()
        engine = self._warehouse.engine
        if last is not None and last.known_batch == view.known_batch and view.now_us >= last.as_of_us:
            current = engine.ibis.table("health_current")
            tenths = (current.shown_score * 10).round().cast("int64")
            return current.select("customer_key", "customer_id", score_tenths=tenths, health_status=current.shown_status)
        scores = self._scoring.at(view.now_us, view.known_batch)
        ids = engine.table("ids")
        found = engine.ibis.create_table("scores_asked", scores, temp=True, overwrite=True)
        joined = found.inner_join(ids, found.customer_id == ids.id)
        tenths = (joined.score * 10).round().cast("int64")
        return joined.select(
            customer_key=joined.id_key, customer_id=joined.customer_id, score_tenths=tenths, health_status=joined.health_status
        )

    def seat_uses(self, customer_ids: Sequence[str], now_us: int, known: int | None = None) -> Mapping[str, SeatUse]:
        """Active users per seat of those of these customers that have more than 5 users (Day one, 12)."""
        scratch = Scratch(self._warehouse.engine)
        try:
            keys = keys_of(scratch, customer_ids)
            if known is None and now_us >= self._warehouse.accumulated_to_us():
                view: FactsView = self._warehouse.accumulated_view(now_us, self._one.mapping, keys)
            else:
                view = self._warehouse.full_view(now_us, self._one.mapping, known, keys)
            scratch.closing(view)
            return seat_uses(view, customer_ids)
        finally:
            scratch.forget()

    def renewal_marks(self, now_us: int) -> RenewalMarks:
        """Open chains, and what was proposed to customers within the horizon before a time (Day one, 3)."""
        store, own = self._one.store, self._one.venture.venture_id
        chains = store.executions.list(own, ExecutionFilter(trigger_id=HEALTH_DROP, opened_before_us=now_us))
        asked = [one for kind in TERMS for one in store.decisions.asked_since(own, kind, now_us - HORIZON_DAYS * DAY_US)]
        last = {one.customer_id: one for one in sorted(asked, key=lambda one: one.asked_us) if one.asked_us <= now_us}
        proposals = {name: proposal_of(one, now_us) for name, one in last.items() if name is not None}
        return RenewalMarks(
            open_chains=frozenset(one.subject for one in chains if one.terminated_us is None or one.terminated_us > now_us),
            proposals={name: said.value for name, said in proposals.items() if said is not None},
        )

    # --- what the store tells ----------------------------------------------------------------------------------------

    def days_before(self, now_us: int) -> Sequence[DayHealth]:
        """The published score of each day before a time: of several runs in a day the last."""
        runs = self._one.store.runs.list(self._one.venture.venture_id, limit=TREND_DAYS * 24)
        by_day: dict[int, DayHealth] = {}
        for run in reversed(runs):
            if run.state is RunState.published and run.kind is not RunKind.past and run.as_of_us <= now_us:
                day = _day_health(run)
                if day is not None:
                    by_day[day.day] = day
        return [by_day[day] for day in sorted(by_day)][-TREND_DAYS:]

    def system_facts(self, now_us: int) -> SystemFacts:
        """What the machine looks like from outside."""
        return system_facts(self._one, now_us, sources_of(self._one, self._warehouse.deliveries()))

    # --- the report --------------------------------------------------------------------------------------------------

    def report(self, now_us: int) -> ReportData:
        """Everything on the report page."""
        asked = Asked(now_us)
        trouble, total = self.in_trouble()
        by_plan = Asked(now_us, by="plan")
        return report_data(
            ReportInput(
                venture=self._one.venture.name,
                now_us=now_us,
                zone=self._one.zone,
                scorecard=", ".join(sorted({row.scorecard_version for row in trouble})) or "default",
                known_batch=self.metrics.known_batch(asked),
                currency=self._one.workspace.venture.currency,
                health=self.insights.health(asked).result,
                segments=self.metrics.segments(asked),
                retention=self.metrics.retention(asked).result,
                survival=self.metrics.survival(by_plan),
                revenue=self.metrics.revenue(asked).result,
                churn=self.metrics.churn(asked).result,
                nps=self.metrics.nps(asked).result,
                renewals=self.metrics.renewals(asked, limit=RENEWALS_READ).result,
                in_trouble=trouble,
                trouble_total=total,
                reasons=self.reasons(trouble),
                seats=self.seat_uses([row.customer_id for row in _first(trouble)], now_us),
                thresholds=self._thresholds,
            )
        )

    def in_trouble(self) -> tuple[list[ListedHealth], int]:
        """Published scores that are not healthy, and how many there are; new customers belong to onboarding (M7)."""
        store, venture_id = self._one.store.health, self._one.venture.venture_id
        rows = [
            row
            for status in IN_TROUBLE
            for row in store.each(venture_id, HealthFilter(status=status, is_new=False))
        ]
        return rows, len(rows)

    def reasons(self, rows: Sequence[ListedHealth]) -> dict[str, Health]:
        """Readings of the customers who may come first: most money, then lowest score."""
        return self._scoring.readings([row.customer_id for row in _first(rows)])


def _first(rows: Sequence[ListedHealth]) -> list[ListedHealth]:
    return sorted(rows, key=lambda row: (-(row.profile.arr_cents or 0), row.score))[: 2 * ATTENTION_SHOWN]


def _day_health(run: Run) -> DayHealth | None:
    """What a run counted of the fleet; a touched run counted only some of it."""
    found = run.checks
    if run.kind is RunKind.touched or not found.get("scored") or found.get("average") is None:
        return None
    counts = (int(found.get(status, 0)) for status in ("healthy", "at_risk", "critical"))
    return DayHealth(day_of(run.as_of_us), float(found["average"]), *counts)

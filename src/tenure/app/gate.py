"""A scorecard is not published unless its backtest has been run and shown (spec, metrics 9).

`tenure plan` runs it beside the one of what is live and keeps that it was shown; `tenure apply` looks for that. A
workspace's first published scorecard needs none, nor does one whose customers go back less than `ENOUGH_DAYS`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from tenure.app.backtesting import past_of
from tenure.app.jobdesk import Progress, no_progress
from tenure.clock import DAY_US
from tenure.errors import BadInput, Refused
from tenure.model.results import MetricResult
from tenure.model.scorecard import ScoringConfig
from tenure.parameters import Actor
from tenure.services.backtest import BacktestAsked, BacktestService
from tenure.services.insights.documents import to_json
from tenure.services.scorecards import ScorecardPlan
from tenure.services.scorecards.service import CardState

if TYPE_CHECKING:
    from tenure.app.atwork import AtWork

ENOUGH_DAYS = 60
EVERY_DAYS = 30
WITHIN_DAYS = 30
SHOWN = "scorecard_backtest"
CHAIRMAN = "chairman"


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """The backtests of what is live and of what is planned, or why there are none; `is_needed` to publish."""

    is_needed: bool
    why: str
    dates: int = 0
    within_days: int = WITHIN_DAYS
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None


class Force(msgspec.Struct, frozen=True, kw_only=True):
    """Publishing without a backtest: who takes it upon themselves, and why."""

    actor: Actor
    why: str

    def check(self) -> None:
        """Raises Refused for anybody but the chairman, BadInput without a reason."""
        if self.actor.role != CHAIRMAN:
            raise Refused("Only the chairman may publish a scorecard without its backtest.", "Add --as chairman, or run `tenure plan` first.")
        if not self.why.strip():
            raise BadInput("Publishing a scorecard without its backtest needs a reason.", "Say why with --why.")


class BacktestGate:
    """Made inside a job, while the warehouse is open."""

    def __init__(self, work: AtWork) -> None:
        self._work, self._one = work, work.deployment

    def show(self, plan: ScorecardPlan, now_us: int, progress: Progress = no_progress) -> Comparison | None:
        """Run both backtests and keep that this plan was shown; None where no scorecard changes."""
        if not _changes_scores(plan):
            return None
        lacking = self._lacking(plan, now_us)
        if lacking and plan.effect is not None and not plan.effect.score_changes:
            return Comparison(is_needed=False, why=lacking)
        try:
            before = self._backtest(plan.before, now_us, lambda share, text: progress(share / 2, text))
            after = self._backtest(plan.after, now_us, lambda share, text: progress(0.5 + share / 2, text))
        except Refused as none:  # no date to judge yet
            return Comparison(is_needed=False, why=lacking or none.message)
        self._keep(plan.after, after, now_us)
        return Comparison(
            is_needed=not lacking, why=lacking, dates=len(after["dates"]), before=_short(before), after=_short(after)
        )

    def check(self, plan: ScorecardPlan, now_us: int, force: Force | None = None) -> None:
        """Whether the plan may be published; what is forced is written to the audit log.

        Raises:
            Refused: its backtest was never shown, or somebody else than the chairman forces it.
            BadInput: forced without a reason.
        """
        if force is not None:
            force.check()
        if not _changes_scores(plan) or self._lacking(plan, now_us) or self._was_shown(plan.after):
            return
        if force is None:
            raise Refused(
                "Nothing was published: the backtest of these scorecards has not been run and shown.",
                "Run `tenure plan`; without one the chairman may: `tenure apply --force --as chairman --why REASON`.",
            )
        self._one.store.audit.write(
            self._one.venture.venture_id,
            who=":".join(part for part in (force.actor.role, force.actor.name) if part),
            subject="scorecard",
            name="backtest",
            before=None,
            after="skipped",
            why=force.why,
            now_us=now_us,
        )

    def _lacking(self, plan: ScorecardPlan, now_us: int) -> str:
        """Why no backtest is asked for; empty when it is."""
        if not self._one.store.scorecards.versions(self._one.venture.venture_id):
            return "These are the first scorecards published here: they need no backtest."
        first_us = past_of(self._work, plan.after).first_started_us(now_us)
        if first_us is None or now_us - first_us < ENOUGH_DAYS * DAY_US:
            return f"The customers here go back less than {ENOUGH_DAYS} days: too little for a backtest."
        return ""

    def _backtest(self, config: ScoringConfig, now_us: int, progress: Progress) -> dict[str, Any]:
        past = past_of(self._work, config)
        asked = BacktestAsked(now_us=now_us, every_days=EVERY_DAYS, within_days=WITHIN_DAYS)
        found: dict[str, Any] = msgspec.to_builtins(to_json(BacktestService(past, config).run(asked, progress)))
        return found

    def _keep(self, config: ScoringConfig, found: dict[str, Any], now_us: int) -> None:
        shown = MetricResult(metric=SHOWN, segment=config.digest, as_of_us=now_us, document=found, computed_us=now_us)
        self._one.store.results.put(self._one.venture.venture_id, [shown])

    def _was_shown(self, config: ScoringConfig) -> bool:
        return self._one.store.results.latest(self._one.venture.venture_id, SHOWN, config.digest) is not None


def _changes_scores(plan: ScorecardPlan) -> bool:
    is_changed = any(one.state is not CardState.unchanged for one in plan.cards)
    return is_changed and plan.before.digest != plan.after.digest


def _short(document: dict[str, Any]) -> dict[str, Any]:
    """What `plan` shows of a backtest."""
    everybody = document["everybody"] or {}
    names = ("customers", "customers_left", "base_rate", "auc", "average_precision", "lift_worst_tenth", "borders")
    return {"scorecards": document["scorecards"], **{name: everybody.get(name) for name in names}}


def lines_of(found: Comparison) -> list[str]:
    """The comparison for people."""
    said = [found.why] if found.why else []
    if found.before is None or found.after is None or found.after["customers"] is None:
        return said or ["The backtest found nobody to judge."]
    said.append(
        f"Backtest over {found.dates} past dates: {found.after['customers']:,} customers, "
        f"{found.after['customers_left']:,} of them left. Who leaves within {found.within_days} days, live -> planned:"
    )
    for name, label in (("auc", "AUC (0.5 is chance)"), ("lift_worst_tenth", "lift of the worst tenth (1 is chance)")):
        said.append(f"  {label}: {_measured(found.before[name])} -> {_measured(found.after[name])}")
    return said


def _measured(value: dict[str, Any] | None) -> str:
    if value is None or "no_answer" in value:
        return "no answer" if value is None else f"no answer ({value['sentence']})"
    return f"{value['value']:.3f} ({value['interval']['low']:.3f} to {value['interval']['high']:.3f})"


def as_document(found: Comparison | None) -> dict[str, Any] | None:
    """For `--json`."""
    document: dict[str, Any] | None = None if found is None else msgspec.to_builtins(found)
    return document


__all__ = ["BacktestGate", "Comparison", "Force", "as_document", "lines_of"]

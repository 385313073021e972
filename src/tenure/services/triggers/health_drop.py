"""RETENTION-001 at a refresh: scores narrowed set-wise, crossings judged one by one, delays, chains opened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec

from tenure.clock import DAY_US, HOUR_US, MINUTE_US
from tenure.model.cause import Cause, CauseKind
from tenure.model.crossings import Judgement, Limits, NewChain, PendingFiring, Standing, Verdict
from tenure.model.incidents import OUTREACH_BY_SCORE, LoopState, Mode
from tenure.model.intents import AskDecision, Intent, IntentState, OpenIncident
from tenure.model.triggers import TriggerDefinition
from tenure.parameters import ParameterSet
from tenure.ports.triggers import TriggerVersion
from tenure.rules.eligibility.holdout import is_high_value, is_in_cohort
from tenure.rules.triggers.chain import LIFE_DAYS
from tenure.rules.triggers.crossing import is_below, judge_crossing
from tenure.rules.triggers.fleet import Falls, FleetDrop, fleet_drop
from tenure.rules.triggers.obstacles import InputFacts, Obstacle, venture_obstacle
from tenure.rules.triggers.wishes import Subject, intents_of
from tenure.services.triggers.context import Context, limits_of

BASELINE = "triggers.baseline"
"""Cursor: since when the venture is live for which everybody's score was taken as judged (A1)."""
COMPARED_DAYS = 30
TOLD = "high_value/"
TOLD_DAYS = 30


class Evaluation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one look at the scores did. `held`: armed customers below that did not fire, by obstacle."""

    moved: int = 0
    began: int = 0
    dropped: int = 0
    fired: tuple[str, ...] = ()
    told: int = 0
    held: dict[str, int] = {}
    obstacle: str = ""


class HealthDrop:
    """One look at all scores; evaluating twice changes nothing."""

    def __init__(self, context: Context) -> None:
        self._one = context
        self._stores = context.stores

    def evaluate(
        self, trigger: TriggerVersion, now_us: int, inputs: InputFacts | None, *, is_settled: bool = False
    ) -> Evaluation:
        """Judge everybody, begin and end alert delays, open chains with their first actions.

        Args:
            is_settled: these same scores were looked at before: nobody moves, only alert delays and cooldowns end.
        """
        parameters = self._one.parameters()
        limits = limits_of(parameters, trigger.definition.cooldown_days)
        state = self._one.controls.state(self._one.venture_id, now_us)
        if not is_settled:
            self._take_baseline(state, limits, now_us)
        elif not self._anybody(trigger, limits, now_us):
            return Evaluation()
        obstacle = self._obstacle(trigger, state, inputs, parameters, now_us)
        told, moved = (0, 0) if is_settled else self._settle(limits, now_us, is_held=obstacle is not None)
        if obstacle is not None and obstacle.pause is None:
            return Evaluation(moved=moved, obstacle=obstacle.reason)
        verdicts, held = self._judged(trigger, limits, obstacle, now_us)
        found = self._fire(trigger, verdicts, held, parameters, limits, now_us)
        reason = "" if obstacle is None else obstacle.reason
        return msgspec.structs.replace(found, moved=moved, told=told, obstacle=reason)

    def _anybody(self, trigger: TriggerVersion, limits: Limits, now_us: int) -> bool:
        """Whether anybody is below and armed, or waits out the alert delay."""
        stores, venture_id = self._stores, self._one.venture_id
        return bool(stores.crossings.below(venture_id, trigger.trigger_id, limits, now_us) or stores.executions.waiting(venture_id, trigger.trigger_id))

    def _settle(self, limits: Limits, now_us: int, *, is_held: bool) -> tuple[int, int]:
        """How many the chairman was told of, and how many moved."""
        told = 0 if is_held else self._tell_high_value(limits, now_us)
        return told, self._stores.crossings.settle(self._one.venture_id, limits, now_us, holds_high_value=is_held)

    # --- what stands in the way -----------------------------------------------------------------------------------------

    def _take_baseline(self, state: LoopState, limits: Limits, now_us: int) -> None:
        """At the moment of going live whoever is below is baseline, once (A1)."""
        since_us = state.live_since_us
        if state.mode is not Mode.live or since_us is None:
            return
        if self._stores.cursors.get(self._one.venture_id, BASELINE) != str(since_us):
            self._stores.crossings.baseline(self._one.venture_id, limits, since_us, now_us)
            self._stores.cursors.set(self._one.venture_id, BASELINE, str(since_us))

    def _obstacle(
        self,
        trigger: TriggerVersion,
        state: LoopState,
        inputs: InputFacts | None,
        parameters: ParameterSet,
        now_us: int,
    ) -> Obstacle | None:
        hours = parameters.integer("stale_input_hours")
        found = venture_obstacle(trigger.trigger_id, state, inputs, hours, now_us)
        if found is not None and (found.pause is None or found.pause.cohort_percent is None):
            return found
        drop = self._fleet(parameters, now_us)
        return Obstacle(reason="fleet drop") if drop is not None and self._is_new(drop, now_us) else found

    def _fleet(self, parameters: ParameterSet, now_us: int) -> FleetDrop | None:
        venture_id, crossings = self._one.venture_id, self._stores.crossings
        falls = [
            Falls(run_id=run, as_of_us=at_us, fallen=fallen)
            for run, at_us, fallen in crossings.falls(venture_id, now_us - COMPARED_DAYS * DAY_US)
        ]
        least = parameters.integer("fleet_drop_min_customers")
        if sum(one.fallen for one in falls if one.as_of_us > now_us - DAY_US) < least:
            return None
        first_us = crossings.first_run_us(venture_id)
        return fleet_drop(
            falls,
            crossings.scored(venture_id),
            now_us,
            percent=parameters.number("fleet_drop_percent"),
            least_customers=least,
            first_us=now_us if first_us is None else first_us,
        )

    def _is_new(self, drop: FleetDrop, now_us: int) -> bool:
        """Whether this drop still stands in the way: its incident is asked for here, and people ended the one before."""
        key = f"fleet_drop/{drop.worst_run}"
        known = self._stores.executions.intent_state(self._one.venture_id, key)
        if known is not None:
            return known is IntentState.pending
        wish = OpenIncident(
            rule="fleet_drop",
            scope=OUTREACH_BY_SCORE,
            title=f"{drop.fallen} of {drop.scored} customers fell a band within 24 hours",
            evidence=msgspec.to_builtins(drop),
        )
        cause = Cause(kind=CauseKind.safety, reason="fleet drop", score_run=drop.worst_run)
        self._stores.intents.add(self._one.venture_id, [Intent(key=key, wish=wish, cause=cause)], now_us=now_us)
        return True

    # --- judging --------------------------------------------------------------------------------------------------------

    def _judged(
        self, trigger: TriggerVersion, limits: Limits, obstacle: Obstacle | None, now_us: int
    ) -> tuple[dict[str, tuple[Standing, Verdict]], Counter[str]]:
        """Who fires, with the verdict, and how many are held back by what."""
        below = self._stores.crossings.below(self._one.venture_id, trigger.trigger_id, limits, now_us)
        verdicts = {one.customer_id: (one, judge_crossing(one, limits, now_us)) for one in below}
        held = Counter(verdict.reason for _, verdict in verdicts.values() if verdict.judgement is Judgement.hold)
        firing = {name: pair for name, pair in verdicts.items() if pair[1].judgement is Judgement.fire}
        kept = self._one.controls.hands_off(self._one.venture_id, list(firing), now_us) if firing else {}
        for name in list(firing):
            stopped = "hands off" if name in kept else self._paused_for(obstacle, name)
            if stopped:
                held[stopped] += 1
                del firing[name]
        return firing, held

    def _paused_for(self, obstacle: Obstacle | None, customer_id: str) -> str:
        if obstacle is None or obstacle.pause is None:
            return ""
        pause = obstacle.pause
        percent = pause.cohort_percent or 0.0
        return "" if is_in_cohort(self._one.venture_key, pause.scope, customer_id, percent) else obstacle.reason

    # --- firing ---------------------------------------------------------------------------------------------------------

    def _fire(
        self,
        trigger: TriggerVersion,
        firing: dict[str, tuple[Standing, Verdict]],
        held: Counter[str],
        parameters: ParameterSet,
        limits: Limits,
        now_us: int,
    ) -> Evaluation:
        delay_us = parameters.integer("critical_alert_delay_minutes") * MINUTE_US
        waiting = {one.subject: one for one in self._stores.executions.waiting(self._one.venture_id, trigger.trigger_id)}
        ripe = {name for name in firing if delay_us == 0 or (name in waiting and waiting[name].fires_us <= now_us)}
        dropped = self._drop(trigger, waiting, set(firing), now_us, limits)
        fresh = [
            _pending(trigger, *firing[name], now_us, now_us + delay_us)
            for name in firing
            if name not in ripe and name not in waiting
        ]
        began = self._stores.executions.wait(self._one.venture_id, fresh) if fresh else 0
        told = self._told([firing[name][0] for name in ripe], limits, now_us)
        check_us = now_us + round(first_check_hours(trigger.definition, parameters) * HOUR_US)
        chains = [
            self._chain(trigger, *firing[name], limits, now_us, tells=name not in told, check_us=check_us)
            for name in sorted(ripe)
        ]
        opened = self._stores.executions.open(self._one.venture_id, chains, now_us=now_us)
        return Evaluation(
            began=began, dropped=dropped, fired=tuple(one.subject for one in opened), held=dict(held)
        )

    def _drop(
        self, trigger: TriggerVersion, waiting: dict[str, PendingFiring], firing: set[str], now_us: int, limits: Limits
    ) -> int:
        """Delays that are over for customers who are not below any more leave no trace (A2); held ones go on waiting."""
        over = [name for name, one in waiting.items() if one.fires_us <= now_us and name not in firing]
        if not over:
            return 0
        found = self._stores.crossings.standings(self._one.venture_id, trigger.trigger_id, over, now_us)
        gone = [name for name in over if name not in found or not self._still_waits(found[name], limits, now_us)]
        return self._stores.executions.drop(self._one.venture_id, trigger.trigger_id, gone)

    def _still_waits(self, standing: Standing, limits: Limits, now_us: int) -> bool:
        verdict = judge_crossing(standing, limits, now_us)
        return is_below(standing) and verdict.judgement in (Judgement.hold, Judgement.fire)

    def _chain(
        self,
        trigger: TriggerVersion,
        standing: Standing,
        verdict: Verdict,
        limits: Limits,
        now_us: int,
        *,
        tells: bool,
        check_us: int,
    ) -> NewChain:
        cause = _cause(trigger, standing, verdict)
        key = f"{standing.customer_id}#{standing.chains + 1}"
        about = _about(standing, verdict, key, limits)
        wanted = intents_of(trigger.definition, trigger.definition.iterations[0], about, cause, now_us)
        if about.is_high_value and tells:
            wanted = (*wanted, _told(standing, cause, key))
        return NewChain(
            trigger_id=trigger.trigger_id,
            trigger_version=trigger.version,
            subject=standing.customer_id,
            firing_key=key,
            cause=cause,
            intents=wanted,
            next_check_us=check_us,
            run_id=standing.run_id,
            score_tenths=verdict.last_judged_tenths,
            seen_tenths=standing.last_judged_tenths,
            health_status=standing.health_status,
        )

    # --- customers of high value ------------------------------------------------------------------------------------------

    def _tell_high_value(self, limits: Limits, now_us: int) -> int:
        """Healthy customers of high value that are at risk now: told once in 30 days, nothing waits (A13)."""
        fell = self._stores.crossings.fell_to_at_risk(self._one.venture_id, limits, now_us)
        if not fell:
            return 0
        told = self._told(fell, limits, now_us)
        intents = [
            _told(one, _told_cause(one), f"{one.customer_id}@{one.run_id}")
            for one in fell
            if one.customer_id not in told
        ]
        return self._stores.intents.add(self._one.venture_id, intents, now_us=now_us)

    def _told(self, standings: Sequence[Standing], limits: Limits, now_us: int) -> frozenset[str]:
        """Whom of these the chairman was told of in the last 30 days."""
        valued = [one.customer_id for one in standings if (one.arr_cents or 0) >= limits.high_value_cents]
        since_us = now_us - TOLD_DAYS * DAY_US
        return self._stores.executions.told(self._one.venture_id, "ask_decision", TOLD, valued, since_us)


def first_check_hours(definition: TriggerDefinition, parameters: ParameterSet) -> float:
    """When the second step of a chain may be due at the earliest, before its clock is moved out of quiet hours."""
    for step in definition.iterations[1:]:
        if step.when != "churned":
            return parameters.integer(step.after_parameter) if step.after_parameter else step.after_hours
    return 24.0 * LIFE_DAYS


def _pending(trigger: TriggerVersion, standing: Standing, verdict: Verdict, now_us: int, fires_us: int) -> PendingFiring:
    return PendingFiring(
        trigger_id=trigger.trigger_id,
        subject=standing.customer_id,
        since_us=now_us,
        fires_us=fires_us,
        cause=_cause(trigger, standing, verdict),
        run_id=standing.run_id,
        score=standing.score_tenths / 10,
    )


def _cause(trigger: TriggerVersion, standing: Standing, verdict: Verdict) -> Cause:
    """The trigger with its version and the run that decided; a person, where an override fired it (A26)."""
    by_person = standing.override_by is not None
    return Cause(
        kind=CauseKind.person if by_person else CauseKind.trigger,
        trigger=trigger.trigger_id,
        trigger_version=trigger.version,
        iteration=1,
        score_run=standing.run_id,
        person=standing.override_by,
        reason=verdict.reason,
    )


def _about(standing: Standing, verdict: Verdict, key: str, limits: Limits) -> Subject:
    parts = {
        "behaviour": standing.change_behaviour,
        "time": standing.change_time,
        "late": standing.change_late,
        "configuration": standing.change_configuration,
    }
    before = standing.last_judged_tenths
    return Subject(
        subject=standing.customer_id,
        firing_key=key,
        customer_id=standing.customer_id,
        score=standing.score_tenths / 10,
        previous_score=None if before is None or before < 0 else before / 10,
        health_status=standing.health_status,
        arr_cents=standing.arr_cents,
        is_high_value=is_high_value(standing.arr_cents, limits.high_value_cents // 100),
        reason=verdict.reason,
        facts={"change": {name: part for name, part in parts.items() if part}} if any(parts.values()) else {},
    )


def _told_cause(standing: Standing) -> Cause:
    return Cause(kind=CauseKind.trigger, score_run=standing.run_id, reason="high value at risk")


def _told(standing: Standing, cause: Cause, key: str) -> Intent:
    """The chairman is told of a customer of high value, with context and options (A13)."""
    before = standing.last_judged_tenths
    context: dict[str, object] = {
        "score": standing.score_tenths / 10,
        "health_status": standing.health_status,
        "arr_cents": standing.arr_cents,
        "told_only": True,
    }
    if before is not None and before >= 0:
        context["previous_score"] = before / 10
    wish = AskDecision(
        kind="executive_call",
        title=f"{standing.customer_id}: a customer of high value is {standing.health_status.replace('_', ' ')}",
        customer_id=standing.customer_id,
        context=context,
        recommendation="Call, or leave it to the owner: the playbook goes on either way.",
        options=("executive_call", "special_offer", "assign_person", "noted"),
        people=1,
        revenue_cents=standing.arr_cents or 0,
    )
    return Intent(key=f"{TOLD}{key}", wish=wish, cause=cause)


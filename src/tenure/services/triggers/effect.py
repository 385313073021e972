"""`recursion_metrics`: each trigger's success metric at its horizon, against its target."""

from __future__ import annotations

from collections.abc import Sequence

from tenure.clock import DAY_US, HOUR_US
from tenure.model.triggers import EndReason, Execution, SuccessMetric, TriggerSubject
from tenure.ports.executions import ExecutionFilter, TriggerMetric
from tenure.ports.triggers import TriggerVersion
from tenure.services.triggers.context import HEALTH_DROP, Context
from tenure.stats.proportions import difference_of_rates, rate_of, wilson_interval
from tenure.stats.result import Rate

NO_COMPARISON = "no comparison group"
HEADLINE_RISE = "headline_rise"
LOOK_BACK_DAYS = 365
NOTHING_YET: dict[str, object] = {"words": "no chain is old enough to be judged"}


def measure(context: Context, live: Sequence[TriggerVersion], now_us: int) -> list[TriggerMetric]:
    """Judge every live trigger on its chains that are at least a horizon old, and keep the rows."""
    found = [one for trigger in live if (one := _of(context, trigger, now_us)) is not None]
    context.stores.trigger_metrics.put(context.venture_id, found)
    return found


def _of(context: Context, trigger: TriggerVersion, now_us: int) -> TriggerMetric | None:
    definition = trigger.definition
    if definition.success is None:
        return None
    where = ExecutionFilter(
        trigger_id=trigger.trigger_id,
        opened_since_us=now_us - LOOK_BACK_DAYS * DAY_US,
        opened_before_us=now_us - definition.success.horizon_days * DAY_US + 1,
    )
    chains = context.stores.executions.list(context.venture_id, where)
    if trigger.trigger_id == HEALTH_DROP:
        return _recovered(context, trigger, chains, now_us)
    if trigger.definition.subject is TriggerSubject.component:
        return _healed(trigger, chains, now_us)
    if trigger.definition.subject is TriggerSubject.venture:
        return _reached(trigger, chains, now_us)
    return _ended_well(trigger, chains, now_us)


def _recovered(
    context: Context, trigger: TriggerVersion, chains: Sequence[Execution], now_us: int
) -> TriggerMetric:
    """The share of all fired chains whose score was back within the horizon (M12), beside the held-out ones if there are."""
    held = context.stores.executions.held_out(context.venture_id, [one.execution_id for one in chains])
    treated = [one for one in chains if one.execution_id not in held]
    control = [one for one in chains if held.get(one.execution_id) is False]
    document: dict[str, object] = {"comparison": NO_COMPARISON}
    if control and treated:
        difference = difference_of_rates(_rate(trigger, treated), _rate(trigger, control))
        document = {
            "comparison": "held out",
            "held_out": len(control),
            "held_out_share": _rate(trigger, control).value,
            "difference": difference.value,
            "low": difference.interval.low,
            "high": difference.interval.high,
        }
    success = trigger.definition.success
    assert success is not None
    good = _successes(trigger, treated)
    return _share(trigger, now_us, good, len(treated), document, success.metric, success.target)


def _rate(trigger: TriggerVersion, chains: Sequence[Execution]) -> Rate:
    return rate_of(_successes(trigger, chains), len(chains))


def _successes(trigger: TriggerVersion, chains: Sequence[Execution]) -> int:
    assert trigger.definition.success is not None
    horizon_us = trigger.definition.success.horizon_days * DAY_US
    return sum(one.recovered_us is not None and one.recovered_us <= one.opened_us + horizon_us for one in chains)


def _ended_well(trigger: TriggerVersion, chains: Sequence[Execution], now_us: int) -> TriggerMetric:
    """Of a trigger a team added: the share of chains that ended recovered or at their target within the horizon."""
    success = trigger.definition.success
    assert success is not None
    wanted = (EndReason.target_reached, EndReason.recovered)
    horizon_us = success.horizon_days * DAY_US
    good = sum(one.reason in wanted and (one.terminated_us or 0) <= one.opened_us + horizon_us for one in chains)
    return _share(trigger, now_us, good, len(chains), {}, success.metric, success.target)


def _reached(trigger: TriggerVersion, chains: Sequence[Execution], now_us: int) -> TriggerMetric:
    """What the newest chain that is old enough had reached at the horizon: the relative rise of the headline (RETENTION-002),
    the NPS (RETENTION-003)."""
    success = trigger.definition.success
    assert success is not None
    for chain in chains:
        value = _value_at_horizon(chain, success)
        if value is not None:
            document: dict[str, object] = {"execution_id": chain.execution_id, "measures": success.metric}
            return _metric(trigger, now_us, value, len(chains), document)
    return _metric(trigger, now_us, None, 0, {})


def _value_at_horizon(chain: Execution, success: SuccessMetric) -> float | None:
    field = "headline_retention" if success.metric == HEADLINE_RISE else success.metric
    until_us = chain.opened_us + success.horizon_days * DAY_US
    looks = chain.outcome.get("measured")
    within = [one for one in looks if one["at_us"] <= until_us and field in one] if isinstance(looks, list) else []
    if not within:
        return None
    last = float(within[-1][field])
    if success.metric != HEADLINE_RISE:
        return last
    began = chain.outcome.get("began_with")
    before = began.get(field) if isinstance(began, dict) else None
    return (last - before) / before if isinstance(before, int | float) and before > 0 else None


def _healed(trigger: TriggerVersion, chains: Sequence[Execution], now_us: int) -> TriggerMetric:
    """The share of failures that were healed within the hour; the uptime of a week is the system check's."""
    good = sum(
        one.reason == EndReason.healed and (one.terminated_us or 0) <= one.opened_us + HOUR_US for one in chains
    )
    return _share(trigger, now_us, good, len(chains), {}, "healed_within_the_hour", None)


def _metric(
    trigger: TriggerVersion, now_us: int, value: float | None, judged: int, document: dict[str, object]
) -> TriggerMetric:
    success = trigger.definition.success
    assert success is not None
    return TriggerMetric(
        trigger_id=trigger.trigger_id,
        trigger_version=trigger.version,
        metric=success.metric,
        as_of_us=now_us,
        target=success.target,
        value=value,
        judged=judged,
        document=document if judged else document | NOTHING_YET,
    )


def _share(
    trigger: TriggerVersion,
    now_us: int,
    good: int,
    judged: int,
    document: dict[str, object],
    metric: str,
    target: float | None,
) -> TriggerMetric:
    interval = wilson_interval(good, judged) if judged else None
    return TriggerMetric(
        trigger_id=trigger.trigger_id,
        trigger_version=trigger.version,
        metric=metric,
        as_of_us=now_us,
        target=target,
        value=good / judged if judged else None,
        judged=judged,
        low=None if interval is None else interval.low,
        high=None if interval is None else interval.high,
        document=document if judged else document | NOTHING_YET,
    )

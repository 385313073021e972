"""Triggers about the venture and its components, from readings handed in: opened on the crossing, one step a scheduled look."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import msgspec

from tenure.clock import DAY_US, HOUR_US, from_us
from tenure.model.cause import Cause, CauseKind
from tenure.model.crossings import ChainMove, NewChain
from tenure.model.incidents import Mode
from tenure.model.intents import AskDecision, Intent, RaiseAlert
from tenure.model.readings import ComponentReading, VentureReadings
from tenure.model.triggers import (
    EndReason,
    Execution,
    ExecutionState,
    TriggerDefinition,
    TriggerIteration,
    TriggerSchedule,
    TriggerSubject,
)
from tenure.ports.executions import ExecutionFilter
from tenure.ports.triggers import TriggerVersion
from tenure.rules.conditions import Profile, fields_of, holds, parse_condition
from tenure.rules.triggers.responses import Named, heal_wishes, overdue_wish, venture_wishes
from tenure.rules.triggers.vocabulary import VOCABULARIES, component_profile, venture_profile
from tenure.rules.triggers.wishes import Subject, chain_key, keyed, wish_of
from tenure.services.triggers.context import Context, numbers

STANDING = "triggers.standing/"
"""Cursor by trigger and subject: whether its condition held when it was last decided."""
MONTHS_WITHOUT_IMPROVEMENT = 3


class VentureTriggers:
    """Called at each scheduled look; a second look in the same period changes nothing."""

    def __init__(self, context: Context) -> None:
        self._one = context

    def evaluate(
        self, live: Mapping[str, TriggerVersion], readings: VentureReadings, due: Collection[TriggerSchedule], now_us: int
    ) -> dict[str, str]:
        """Look at every venture or component trigger whose schedule is due; returns in a word what came of each."""
        found: dict[str, str] = {}
        for name, trigger in sorted(live.items()):
            definition = trigger.definition
            if definition.schedule not in due:
                continue
            if definition.subject is TriggerSubject.venture:
                found[name] = self._venture(trigger, readings, now_us)
            elif definition.subject is TriggerSubject.component:
                found[name] = self._components(trigger, readings, now_us)
        return found

    # --- the venture ----------------------------------------------------------------------------------------------------

    def _venture(self, trigger: TriggerVersion, readings: VentureReadings, now_us: int) -> str:
        profile = venture_profile(readings)
        verdict = self._holds(trigger.definition, profile)
        if verdict is None:
            return "not enough to judge"
        chain = self._open(trigger.trigger_id).get("")
        if chain is not None:
            return self._further(self._pinned(chain), chain, readings, profile, verdict, now_us)
        key = f"{STANDING}{trigger.trigger_id}"
        if not verdict:
            self._stand(key, False)
            return "holds not"
        if self._one.controls.state(self._one.venture_id, now_us).mode is Mode.watch:
            return "watch mode"
        if self._stands(key):
            return "stands already"
        self._begin(trigger, readings, profile, now_us)
        self._stand(key, True)
        return "fired"

    def _begin(
        self, trigger: TriggerVersion, readings: VentureReadings, profile: Profile, now_us: int
    ) -> None:
        definition = trigger.definition
        number = self._one.stores.executions.next_number(self._one.venture_id, trigger.trigger_id, "") + 1
        cause = Cause(
            kind=CauseKind.trigger,
            trigger=trigger.trigger_id,
            trigger_version=trigger.version,
            iteration=1,
            reason=self._why(definition, profile),
        )
        wishes = [*self._declined(definition, profile, readings), *_step_wishes(definition.iterations[0], readings, "", now_us)]
        key = f"{chain_key(trigger.trigger_id, f'#{number}')}/1"
        chain = NewChain(
            trigger_id=trigger.trigger_id,
            trigger_version=trigger.version,
            subject="",
            firing_key=f"#{number}",
            cause=cause,
            intents=_once_per_answer(keyed(definition, key, wishes, cause, now_us)),
            outcome={"began_with": _measured(profile), "period": period(definition.schedule, now_us)},
        )
        self._one.stores.executions.open(self._one.venture_id, [chain], now_us=now_us)

    def _declined(self, definition: TriggerDefinition, profile: Profile, readings: VentureReadings) -> list[Named]:
        """A decline month over month is told as well (section 4)."""
        limit = self._one.parameters().number("retention_decline_alert_percent")
        decline = profile.get("retention_decline")
        if "retention_decline" not in definition.condition or not isinstance(decline, float) or decline <= limit:
            return []
        details: dict[str, object] = {"decline_percent": round(decline, 1)}
        title = f"Retention fell by {decline:.0f} % in a month"
        ask = AskDecision(
            kind="roadmap_change", title=title, context=details, options=("take_over", "nothing"),
            recommendation="Look at the reasons first; adjustments are proposed beside them.",
        )  # fmt: skip
        return [("decline", RaiseAlert(kind="retention_decline", title=title, details=details), 0.0), ("decline_decision", ask, 0.0)]

    def _further(
        self,
        definition: TriggerDefinition,
        chain: Execution,
        readings: VentureReadings,
        profile: Profile,
        verdict: bool,
        now_us: int,
    ) -> str:
        if not verdict:
            self._end(chain, EndReason.target_reached, _kept(chain, profile, now_us), now_us)
            self._stand(f"{STANDING}{definition.trigger_id}", False)
            return "target reached"
        now = period(definition.schedule, now_us)
        if chain.outcome.get("period") == now:
            return "looked already"
        step = next((one for one in definition.iterations if one.depth == chain.iteration + 1), None)
        if step is None:
            if EndReason.months_over in definition.ends:
                self._end(chain, EndReason.months_over, _kept(chain, profile, now_us), now_us)
                return "months over"
            self._noted(chain, {"period": now, **_kept(chain, profile, now_us)}, now_us)
            return "waits for a person"
        self._deepen(definition, chain, step, readings, profile, now, now_us)
        return f"depth {step.depth}"

    def _deepen(
        self,
        definition: TriggerDefinition,
        chain: Execution,
        step: TriggerIteration,
        readings: VentureReadings,
        profile: Profile,
        now: str,
        now_us: int,
    ) -> None:
        wishes = _step_wishes(step, readings, "", now_us)
        escalates = step.depth == MONTHS_WITHOUT_IMPROVEMENT + 1 and not _improved(chain, profile)
        if escalates:
            wishes.append(("no_improvement", _no_improvement(chain, profile), 0.0))
        cause = msgspec.structs.replace(chain.cause, execution_id=chain.execution_id, iteration=step.depth)
        key = f"{chain_key(chain.trigger_id, chain.firing_key)}/{step.depth}"
        move = ChainMove(
            execution_id=chain.execution_id,
            seen_iteration=chain.iteration,
            seen_state=chain.state.value,
            state=(ExecutionState.escalated if escalates else ExecutionState.waiting).value,
            iteration=step.depth,
            intents=keyed(definition, key, wishes, cause, now_us, wanted_before=chain.actions),
            outcome={"period": now, **_kept(chain, profile, now_us)},
        )
        self._one.stores.executions.move(self._one.venture_id, [move], now_us=now_us)

    def escalate_overdue(self, trigger: TriggerVersion, now_us: int) -> int:
        """Plans of open chains that are past their date go to the chairman, each once (A24)."""
        executions = self._one.stores.executions
        overdue = executions.overdue_tasks(self._one.venture_id, trigger.trigger_id, now_us)
        intents: list[Intent] = []
        for chain in self._open(trigger.trigger_id).values():
            wishes = overdue_wish(overdue.get(chain.execution_id, ()))
            cause = msgspec.structs.replace(chain.cause, execution_id=chain.execution_id, iteration=chain.iteration)
            key = chain_key(chain.trigger_id, chain.firing_key)
            intents += keyed(trigger.definition, key, wishes, cause, now_us)
        return self._one.stores.intents.add(self._one.venture_id, intents, now_us=now_us) if intents else 0

    # --- components -----------------------------------------------------------------------------------------------------

    def _components(self, trigger: TriggerVersion, readings: VentureReadings, now_us: int) -> str:
        """A chain for each failing component; all end when every component is active (A25)."""
        chains = self._open(trigger.trigger_id)
        failing = [one for one in readings.components if self._holds(trigger.definition, component_profile(one))]
        names = {one.component for one in failing}
        for reading in failing:
            self._failed(trigger, chains.get(reading.component), reading, now_us)
        for reading in readings.components:
            if reading.component not in names:
                self._stand(f"{STANDING}{trigger.trigger_id}/{reading.component}", False)
        for name, chain in chains.items():
            if not names and readings.components:
                self._end(chain, EndReason.healed, {"failures_in_a_row": 0}, now_us)
            elif name not in names:
                self._works_again(chain, now_us)
        return f"{len(failing)} failing" if failing else "active"

    def _failed(self, trigger: TriggerVersion, chain: Execution | None, reading: ComponentReading, now_us: int) -> None:
        eva_at = self._one.parameters().integer("max_consecutive_failures")
        now = period(trigger.definition.schedule, now_us)
        if chain is None:
            self._open_component(trigger, reading, eva_at, now, now_us)
        elif chain.outcome.get("period") != now:
            before = chain.outcome.get("failures_in_a_row", 0)
            failures = (before if isinstance(before, int) else 0) + 1
            depth = chain.iteration + 1
            definition = self._pinned(chain)
            cause = msgspec.structs.replace(chain.cause, execution_id=chain.execution_id, iteration=depth)
            key = f"{chain_key(chain.trigger_id, chain.firing_key)}/{depth}"
            wishes = heal_wishes(reading, failures, eva_at)
            state = ExecutionState.escalated if failures >= eva_at else ExecutionState.waiting
            move = ChainMove(
                execution_id=chain.execution_id,
                seen_iteration=chain.iteration,
                seen_state=chain.state.value,
                state=state.value,
                iteration=depth,
                intents=keyed(definition, key, wishes, cause, now_us, wanted_before=chain.actions),
                outcome={"failures_in_a_row": failures, "period": now, "sentence": reading.sentence},
            )
            self._one.stores.executions.move(self._one.venture_id, [move], now_us=now_us)

    def _open_component(
        self, trigger: TriggerVersion, reading: ComponentReading, eva_at: int, now: str, now_us: int
    ) -> None:
        standing = f"{STANDING}{trigger.trigger_id}/{reading.component}"
        if self._stands(standing):
            return  # somebody took it over; it is judged again once it has worked
        executions = self._one.stores.executions
        number = executions.next_number(self._one.venture_id, trigger.trigger_id, reading.component) + 1
        firing_key = f"{reading.component}#{number}"
        cause = Cause(
            kind=CauseKind.trigger,
            trigger=trigger.trigger_id,
            trigger_version=trigger.version,
            iteration=1,
            reason=f"{reading.component} failed",
        )
        key = f"{chain_key(trigger.trigger_id, firing_key)}/1"
        chain = NewChain(
            trigger_id=trigger.trigger_id,
            trigger_version=trigger.version,
            subject=reading.component,
            firing_key=firing_key,
            cause=cause,
            intents=keyed(trigger.definition, key, heal_wishes(reading, 1, eva_at), cause, now_us),
            outcome={"failures_in_a_row": 1, "period": now, "sentence": reading.sentence},
        )
        executions.open(self._one.venture_id, [chain], now_us=now_us)
        self._stand(standing, True)

    def _works_again(self, chain: Execution, now_us: int) -> None:
        """It works while another component does not: failures in a row begin anew, the chain goes on."""
        if chain.outcome.get("failures_in_a_row") != 0:
            self._noted(chain, {"failures_in_a_row": 0}, now_us)

    # --- shared ---------------------------------------------------------------------------------------------------------

    def _holds(self, definition: TriggerDefinition, profile: Profile) -> bool | None:
        """None: nothing the condition looks at was measured, so nothing is judged."""
        condition = parse_condition(definition.condition, VOCABULARIES[definition.subject], numbers(self._one.parameters()))
        if all(profile.get(name) is None for name in fields_of(condition)):
            return None
        return holds(condition, profile)

    def _why(self, definition: TriggerDefinition, profile: Profile) -> str:
        names = sorted(name for name in _measured(profile) if name in definition.condition)
        return ", ".join(f"{name} {_measured(profile)[name]}" for name in names)

    def _open(self, trigger_id: str) -> dict[str, Execution]:
        where = ExecutionFilter(trigger_id=trigger_id, is_open=True)
        return {one.subject: one for one in self._one.stores.executions.list(self._one.venture_id, where)}

    def _pinned(self, chain: Execution) -> TriggerDefinition:
        return self._one.stores.triggers.get(self._one.venture_id, chain.trigger_id, chain.trigger_version).definition

    def _end(self, chain: Execution, reason: EndReason, outcome: dict[str, object], now_us: int) -> None:
        move = ChainMove(
            execution_id=chain.execution_id,
            seen_iteration=chain.iteration,
            seen_state=chain.state.value,
            state=chain.state.value,
            iteration=chain.iteration,
            reason=reason.value,
            outcome=outcome,
        )
        self._one.stores.executions.move(self._one.venture_id, [move], now_us=now_us)

    def _noted(self, chain: Execution, outcome: dict[str, object], now_us: int) -> None:
        move = ChainMove(
            execution_id=chain.execution_id,
            seen_iteration=chain.iteration,
            seen_state=chain.state.value,
            state=chain.state.value,
            iteration=chain.iteration,
            next_check_us=chain.next_check_us,
            outcome=outcome,
        )
        self._one.stores.executions.move(self._one.venture_id, [move], now_us=now_us)

    def _stands(self, key: str) -> bool:
        return self._one.stores.cursors.get(self._one.venture_id, key) == "1"

    def _stand(self, key: str, stands: bool) -> None:
        if self._stands(key) is not stands:
            self._one.stores.cursors.set(self._one.venture_id, key, "1" if stands else "0")


def period(schedule: TriggerSchedule, now_us: int) -> str:
    """The month, ISO week, day or hour of a look (UTC): one step in each."""
    moment = from_us(now_us)
    if schedule is TriggerSchedule.monthly:
        return f"{moment:%Y-%m}"
    if schedule is TriggerSchedule.weekly:
        year, week, _ = moment.isocalendar()
        return f"{year}-W{week:02}"
    return str(now_us // (HOUR_US if schedule is TriggerSchedule.hourly else DAY_US))


def _step_wishes(step: TriggerIteration, readings: VentureReadings, subject: str, now_us: int) -> list[Named]:
    found: list[Named] = []
    for action in step.actions:
        plain = wish_of(action, Subject(subject=subject, firing_key=""), now_us)
        found += [(action.do, plain, action.after_hours)] if plain is not None else venture_wishes(action, readings, now_us)
    return found


def _once_per_answer(intents: tuple[Intent, ...]) -> tuple[Intent, ...]:
    """A root-cause survey is asked once per answer, whichever chain asks (A24): its key names the answer only."""
    return tuple(
        msgspec.structs.replace(one, key="/".join(one.key.split("/")[-2:])) if one.kind == "send_survey" else one
        for one in intents
    )


def _measured(profile: Profile) -> dict[str, object]:
    return {
        name: round(value, 2)
        for name, value in profile.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }


def _kept(chain: Execution, profile: Profile, now_us: int) -> dict[str, object]:
    """The numbers of every look, for the success metric at its horizon."""
    before = chain.outcome.get("measured")
    return {"measured": [*(before if isinstance(before, list) else []), {"at_us": now_us, **_measured(profile)}]}


def _improved(chain: Execution, profile: Profile) -> bool:
    """Whether the headline is above where the chain began."""
    began = chain.outcome.get("began_with")
    before = began.get("headline_retention") if isinstance(began, dict) else None
    now = profile.get("headline_retention")
    return isinstance(before, int | float) and isinstance(now, int | float) and now > before


def _no_improvement(chain: Execution, profile: Profile) -> AskDecision:
    return AskDecision(
        kind="roadmap_change",
        title="Retention has not improved in three months",
        context={"began_with": chain.outcome.get("began_with"), "now": _measured(profile)},
        recommendation="Take over: three adjustments of campaigns brought nothing.",
        options=("take_over", "go_on", "nothing"),
    )

"""`tenure plan` and `tenure apply`: scorecards, parameters, triggers and playbooks of the workspace's files against what is live."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import msgspec

from tenure.app.gate import Comparison, as_document, lines_of
from tenure.app.loop import subjects_of, trigger_service
from tenure.app.playbooks import checked_files, playbook_service
from tenure.app.previewing import Effect, Planned, preview
from tenure.app.senses import DeploymentSenses
from tenure.clock import Clock
from tenure.errors import BadInput, Refused
from tenure.model.condition import Condition
from tenure.model.file_changes import FileChange, FileState
from tenure.model.triggers import TriggerDefinition, TriggerSubject
from tenure.parameters import VENTURE, Actor, ChangePlan, ParameterSet, change_everywhere, changes_towards
from tenure.parameters.problems import BadParameters
from tenure.parameters.values import as_text
from tenure.ports.scoring import PlannedChange
from tenure.rules.card_fields import LOOP
from tenure.rules.conditions import holds, parse_condition
from tenure.rules.playbooks.tunables import condition_of
from tenure.rules.triggers.vocabulary import VOCABULARIES, component_profile, venture_profile
from tenure.scorecards import default_scorecard
from tenure.services.playbooks import Checked
from tenure.services.playbooks.entries import watch_of
from tenure.services.scorecards import ScorecardPlan, ScorecardService
from tenure.services.scorecards.service import CardState
from tenure.services.scoring.judgements import pulse_table
from tenure.services.triggers import TriggerService
from tenure.services.triggers.added import WATCH
from tenure.services.triggers.context import HEALTH_DROP, numbers
from tenure.services.triggers.files import check_triggers
from tenure.warehouse.loop.subjects import WarehouseSubjects
from tenure.warehouse.scoring.keeper import ScoreKeeper

if TYPE_CHECKING:
    from tenure.app.deployment import Deployment
    from tenure.app.handlers import Handlers

WHO = Actor("chairman", "workspace files")
BY = f"{WHO.role}:{WHO.name}"
APPLIED = "applied from the workspace files"
EXAMPLES_SHOWN = 10
NAMED = 100
CRITICAL = 'health_status == "critical" and not (is_new == true)'
"""Whom RETENTION-001 looks at (M2, M7)."""


class ByConfiguration(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a trigger would fire for, or a playbook take, by the configuration alone; it does neither (A3)."""

    name: str
    customers: int
    examples: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """What applying the files would do; `parameters` is None when the workspace declares none.

    `loop`: why the triggers are refused together, empty when they are not. `effects` and `by_configuration` only where they
    were asked for.
    """

    scorecards: ScorecardPlan
    parameters: ChangePlan | None
    triggers: tuple[FileChange, ...] = ()
    playbooks: tuple[FileChange, ...] = ()
    definitions: tuple[TriggerDefinition, ...] = ()
    checked: Checked = field(default_factory=lambda: Checked(playbooks=()))
    loop: str = ""
    effects: tuple[Effect, ...] = ()
    by_configuration: tuple[ByConfiguration, ...] = ()

    @property
    def is_empty(self) -> bool:
        files = (*self.triggers, *self.playbooks)
        scores = self.scorecards.is_empty and (self.parameters is None or not self.parameters.changes)
        return scores and all(one.state is FileState.unchanged for one in files)

    @property
    def problems(self) -> tuple[str, ...]:
        """Everything that keeps it from being applied."""
        found = tuple(said for one in (*self.triggers, *self.playbooks) for said in one.problems)
        return (*found, self.loop) if self.loop else found

    @property
    def playbook_keys(self) -> tuple[str, ...]:
        return tuple(one.name for one in self.playbooks if one.is_published)


class Publishing:
    """Made inside a job, while the warehouse is open."""

    def __init__(self, deployment: Deployment, handlers: Handlers, clock: Clock) -> None:
        self._one, self._handlers, self._own = deployment, handlers, deployment.venture.venture_id
        self._service = ScorecardService(
            deployment.store,
            ScoreKeeper(handlers.warehouse.engine),
            venture_id=self._own,
            parameters=deployment.parameters.current,
            mapping=deployment.facts.mapping,
            default_scorecard=default_scorecard(),
            clock=clock,
            segments=deployment.workspace.segments,
        )

    def plan(self, now_us: int, why: str = "plan") -> Plan:
        """Compare; raises BadInput naming file and line of a scorecard, or BadParameters."""
        parameters = self._parameters(why)
        after = None if parameters is None else parameters.after
        scorecards = self._service.plan(self._files(), now_us, after)
        checked, read = checked_files(self._one), check_triggers(self._read("triggers"))
        playbooks = playbook_service(self._one).changes(checked, BY)
        planned = [one.definition for one in checked.playbooks if any(one.definition.key == each.name for each in playbooks)]
        service = trigger_service(self._one, planned=planned)
        triggers = service.changes(read, BY)
        known = service.shipped() | {one.trigger_id: one for one in read.sound.values()}
        definitions = tuple(known[one.name] for one in triggers if one.is_published)
        return Plan(
            scorecards, parameters, triggers, playbooks, definitions, checked, loop=_loop(service, definitions),
        )  # fmt: skip

    def with_effects(self, plan: Plan, now_us: int) -> Plan:
        """The plan with who would enter and fire, what would go to whom, and what the configuration alone would do (A3)."""
        subjects = subjects_of(self._one, self._handlers)
        planned = Planned(checked=plan.checked, playbooks=plan.playbook_keys, triggers=plan.definitions, parameters=plan.parameters)
        effects: tuple[Effect, ...] = ()
        if (planned.playbooks or planned.triggers) and not plan.loop:
            crossing = subjects.fresh(self._planned_watches(plan), now_us)
            effects = preview(self._one, self._handlers, subjects, planned, crossing, now_us)
            effects += tuple(self._of_venture(plan.definitions, subjects, now_us))
        return replace(plan, effects=effects, by_configuration=self._by_configuration(plan, subjects, now_us))

    def apply(self, plan: Plan, why: str, now_us: int) -> None:
        """Everything that is new or changed, and what has no file any more: all of it or nothing.

        Raises BadInput: a file is wrong, or triggers could fire themselves again.
        """
        if plan.problems:
            more = f" ({len(plan.problems)} problems in all)" if len(plan.problems) > 1 else ""
            raise BadInput(f"Nothing was published{more}: {plan.problems[0]}", "See all with `tenure plan`.")
        with self._one.store.together():
            if plan.parameters is not None and plan.parameters.changes:
                self._one.parameters.apply(plan.parameters)
            self._service.apply(plan.scorecards, by=BY, why=why)
            playbooks, triggers = playbook_service(self._one), trigger_service(self._one)
            if plan.playbook_keys:
                playbooks.publish(plan.checked, plan.playbook_keys, by=BY, why=why, now_us=now_us)
            if plan.definitions:
                triggers.publish(plan.definitions, by=BY, why=why, now_us=now_us)
            for changes, service in ((plan.playbooks, playbooks), (plan.triggers, triggers)):
                for one in changes:
                    if one.state is FileState.retired:
                        service.retire(one.name, by=BY, why=why, now_us=now_us)

    # --- effects ---------------------------------------------------------------------------------------------------------

    def _planned_watches(self, plan: Plan) -> dict[str, Condition]:
        """Entry conditions of planned playbooks and conditions of planned triggers about customers, by the values of now."""
        parameters = self._one.parameters.current()
        found = {WATCH + name: parse_condition(text, LOOP, numbers(parameters)) for name, text in _of_customers(plan.definitions)}
        for key in plan.playbook_keys:
            one = plan.checked.playbook(key)
            if one is not None and not one.definition.entry.by_trigger_only:
                found[watch_of(key)] = condition_of(one.definition.entry.condition, parameters)
        return found

    def _of_venture(self, planned: Sequence[TriggerDefinition], subjects: WarehouseSubjects, now_us: int) -> Iterator[Effect]:
        """Whether planned triggers about the venture and its components would fire as it stands."""
        others = [one for one in planned if one.subject is not TriggerSubject.customer]
        if not others:
            return
        readings = DeploymentSenses(self._one, self._handlers, subjects).readings(now_us, retention=True, nps=True)
        for one in others:
            condition = parse_condition(one.condition, VOCABULARIES[one.subject], numbers(self._one.parameters.current()))
            if one.subject is TriggerSubject.venture:
                fires = ["the venture"] if holds(condition, venture_profile(readings)) else []
            else:
                fires = [each.component for each in readings.components if holds(condition, component_profile(each))]
            today = {"fired": len(fires)} if fires else {}
            yield Effect(name=one.trigger_id, crossing=len(fires), rehearsed=len(fires), today=today, customers=tuple(fires))

    def _by_configuration(self, plan: Plan, subjects: WarehouseSubjects, now_us: int) -> tuple[ByConfiguration, ...]:
        """Conditions of what is live: true by the scores and values that would be, and not by those that are."""
        parameters = self._one.parameters.current()
        after = parameters if plan.parameters is None else plan.parameters.after
        rescored = plan.scorecards.effect is not None and plan.scorecards.effect.score_changes > 0
        if (after == parameters and not rescored) or self._one.store.runs.last_published(self._own) is None:
            return ()
        pulses = pulse_table(self._one.store.pulses.in_force(self._own, now_us))
        stand = subjects.fresh(self._live_watches(parameters), now_us)
        would = subjects.fresh_with(self._live_watches(after), plan.scorecards.after, pulses, now_us)
        found = []
        for watch, ids in would.items():
            only = sorted(set(ids) - set(stand[watch]))
            if only:
                name = watch.removeprefix(WATCH).removeprefix(watch_of(""))
                found.append(ByConfiguration(name=name, customers=len(only), examples=tuple(only[:NAMED])))
        return tuple(found)

    def _live_watches(self, parameters: ParameterSet) -> dict[str, Condition]:
        live = [one.definition for one in trigger_service(self._one).live().values()]
        found = {WATCH + name: parse_condition(text, LOOP, numbers(parameters)) for name, text in _of_customers(live)}
        found[WATCH + HEALTH_DROP] = parse_condition(CRITICAL, LOOP)
        for one in self._one.store.playbooks.live(self._own):
            if not one.definition.entry.by_trigger_only:
                found[watch_of(one.key)] = condition_of(one.definition.entry.condition, parameters)
        return found

    # --- files -----------------------------------------------------------------------------------------------------------

    def _files(self) -> dict[str, str]:
        return self._read("scorecards")

    def _read(self, folder: str) -> dict[str, str]:
        files = sorted((self._one.workspace.root / folder).glob("*.y*ml"))
        return {f"{folder}/{file.name}": _text(file) for file in files}

    def _parameters(self, why: str) -> ChangePlan | None:
        """`[parameters]` of tenure.toml: values by name, and tables by segment; without it parameters stay as set.

        Only the core features of `[facts]` are set even then.
        """
        declared = dict(self._one.workspace.parameters)
        core = list(self._one.facts.core_features)
        if not declared and not core:
            return None
        current = self._one.parameters.current()
        if core:
            declared.setdefault("core_features", core)
        if not self._one.workspace.parameters:
            wanted: dict[str, dict[str, object]] = {VENTURE: declared}
        else:
            segments = declared.pop("segments", {})
            if not isinstance(segments, dict):
                raise BadInput("tenure.toml: parameters.segments is not a table.", 'Write [parameters.segments."plan=enterprise"].')
            wanted = changes_towards(current, declared, segments)
        plan = change_everywhere(current, wanted, WHO, why)
        if plan.problems:
            raise BadParameters(plan.problems)
        return plan


def _of_customers(definitions: Iterable[TriggerDefinition]) -> Iterator[tuple[str, str]]:
    """Triggers about customers whose condition is looked at as it is; RETENTION-001 judges scores in its own way."""
    for one in definitions:
        if one.subject is TriggerSubject.customer and one.trigger_id != HEALTH_DROP:
            yield one.trigger_id, one.condition


def _loop(service: TriggerService, definitions: Sequence[TriggerDefinition]) -> str:
    try:
        service.check(definitions)
    except Refused as problem:
        return f"{problem.message} {problem.fix}"
    return ""


def _text(file: Any) -> str:
    try:
        text: str = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise BadInput(f"{file} cannot be read as text.", "Save it as UTF-8.") from None
    return text


def plan_document(plan: Plan, applied: bool, backtest: Comparison | None = None) -> dict[str, Any]:
    """The plan as commands print it; `lines` are for people."""
    parameters = [] if plan.parameters is None else [one.as_json() for one in plan.parameters.changes]
    return {
        "applied": applied,
        "is_empty": plan.is_empty,
        "scorecards": [msgspec.to_builtins(card) for card in plan.scorecards.cards],
        "parameters": parameters,
        "triggers": [_file_document(one, plan) for one in plan.triggers],
        "playbooks": [_file_document(one, plan) for one in plan.playbooks],
        "by_configuration": [msgspec.to_builtins(one) for one in plan.by_configuration],
        "problems": list(plan.problems),
        "effect": None if plan.scorecards.effect is None else msgspec.to_builtins(plan.scorecards.effect),
        "backtest": as_document(backtest),
        "lines": list(_lines(plan, applied, backtest)),
    }


def _lines(plan: Plan, applied: bool, backtest: Comparison | None) -> Iterator[str]:
    if plan.is_empty:
        yield "Nothing to change: what the files say is live."
        return
    for card in plan.scorecards.cards:
        if card.state is not CardState.unchanged:
            yield f"scorecard {card.name}: {card.state.value}, version {card.version}" + (f" ({card.file})" if card.file else "")
    for one in plan.parameters.changes if plan.parameters else ():
        where = f" for {one.segment}" if one.segment else ""
        yield f"parameter {one.name}{where}: {as_text(one.before)} -> {as_text(one.after)}"
    scores = not plan.scorecards.is_empty
    yield from _effect_lines(plan.scorecards.effect) if scores else ()
    for found in plan.by_configuration:
        yield f"{found.name}: {found.customers:,} customers by the configuration alone; they are judged and nothing is done (A3):"
        yield f"  {', '.join(found.examples)}{' ...' if found.customers > len(found.examples) else ''}"
    yield from lines_of(backtest) if backtest is not None else ()
    effects = {one.name: one for one in plan.effects}
    for kind, changes in (("trigger", plan.triggers), ("playbook", plan.playbooks)):
        for change in changes:
            yield from _file_lines(kind, change, effects.get(change.name))
    if plan.loop:
        yield plan.loop
    if plan.problems:
        yield "Nothing can be published before that is put right."
    elif applied:
        yield "Published. Scores follow at the next refresh." if scores else "Published."
    else:
        yield "Publish it with `tenure apply`."


def _file_document(one: FileChange, plan: Plan) -> dict[str, Any]:
    effect = next((found for found in plan.effects if found.name == one.name), None)
    return {
        "name": one.name,
        "file": one.file,
        "state": one.state.value,
        "version": one.version,
        "overrides_shipped": one.overrides_shipped,
        "problems": list(one.problems),
        "effect": None if effect is None else msgspec.structs.asdict(effect),
    }


def _file_lines(kind: str, one: FileChange, effect: Effect | None) -> Iterator[str]:
    if one.state is FileState.invalid:
        yield from one.problems
        return
    if one.state is FileState.unchanged:
        return
    source = f" ({one.file}{', in place of the shipped one' if one.overrides_shipped else ''})" if one.file else ""
    yield f"{kind} {one.name}: {one.state.value}, version {one.version}{source}"
    if effect is None:
        return
    more = f", the first {effect.rehearsed:,} looked at" if effect.rehearsed < effect.crossing else ""
    today = ", ".join(f"{count:,} {_words(state)}" for state, count in effect.today.items()) or "nobody taken"
    yield f"  today: for {effect.crossing:,} its condition newly holds{more}: {today}"
    for reason, count in effect.why_not.items():
        yield f"    not {count:,}: {reason}"
    if effect.customers:
        yield f"    {', '.join(effect.customers)}{' ...' if sum(effect.today.values()) > len(effect.customers) else ''}"
    for step, count in effect.messages.items():
        yield f"  within {effect.ahead_days} days: {count:,} x {step}"
    if effect.approvals_needed:
        yield f"  within {effect.ahead_days} days: {effect.approvals_needed:,} drafts waiting for approval"
    for reason, count in effect.not_sent.items():
        yield f"    not sent {count:,}: {reason}"


def _effect_lines(effect: PlannedChange | None) -> Iterator[str]:
    if effect is None:
        yield "No effect can be shown: nobody was scored yet, or no score depends on it."
        return
    moved = sum(effect.moves.values())
    yield (
        f"Of {effect.scored:,} customers {effect.score_changes:,} would have another score and {moved:,} another status; "
        f"average {_number(effect.average_before)} -> {_number(effect.average_after)}."
    )
    for move, count in sorted(effect.moves.items()):
        yield f"  {count:,} {_words(move)}"
    for customer_id, before, after, was, becomes in effect.examples[:EXAMPLES_SHOWN]:
        yield f"  e.g. {customer_id}: {before:g} {_words(was)} -> {after:g} {_words(becomes)}"


def _words(status: str) -> str:
    return status.replace("_", " ")


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.1f}"

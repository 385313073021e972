"""Judges every campaign and version, the agents and the team; proposes winners of A/B tests, takes none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Protocol

from tenure.clock import DAY_US
from tenure.model.cause import Cause, CauseKind
from tenure.model.decisions import DecisionKind
from tenure.model.intents import AskDecision, Intent
from tenure.model.playbooks import PlaybookDefinition, PlaybookKind, Step
from tenure.model.useful import Subject
from tenure.parameters import ParameterSet
from tenure.ports.alerts import Alerts
from tenure.ports.crm import CrmLog
from tenure.ports.effect import EffectRows, EnteredCustomer, History, TeamWork
from tenure.ports.intents import Intents
from tenure.ports.playbooks import Playbooks
from tenure.ports.surveys import Deployments
from tenure.ports.useful import UsefulMarks
from tenure.rules.effect import (
    CONVERSION_DAYS,
    Case,
    MemberEffect,
    Work,
    campaign_effect,
    member_effects,
    winner,
)
from tenure.rules.useful import cited, usefulness
from tenure.services.effect.assembling import PREVENTION_DAYS, Assembled, Assembler
from tenure.services.effect.documents import winner_words
from tenure.services.effect.report import AgentMetric, CampaignReport, EffectReport
from tenure.stats.proportions import rate
from tenure.stats.result import Outcome, Rate

DEFAULT_DAYS = 90
EARLIER_DAYS = max(CONVERSION_DAYS, PREVENTION_DAYS)
"""How much further back entries are read: what takes 90 days to be known of."""
CRM_DAYS, WEEK_DAYS, MONTH_DAYS = 1, 7, 30
_MOST_SYNCS = 400


class EffectStores(Protocol):
    """What is read and written."""

    @property
    def effect(self) -> EffectRows: ...
    @property
    def playbooks(self) -> Playbooks: ...
    @property
    def alerts(self) -> Alerts: ...
    @property
    def crm_log(self) -> CrmLog: ...
    @property
    def surveys(self) -> Deployments: ...
    @property
    def intents(self) -> Intents: ...
    @property
    def useful(self) -> UsefulMarks: ...


class EffectService:
    """The effect of one venture's loop.

    Args:
        history: what became of customers.
        currency: of its money, for words.
    """

    def __init__(
        self, venture_id: int, stores: EffectStores, history: History, parameters: Callable[[], ParameterSet], currency: str
    ) -> None:
        self._own, self._stores, self._history = venture_id, stores, history
        self._parameters, self._currency = parameters, currency

    def judge(self, now_us: int, days: int = DEFAULT_DAYS, playbook: str | None = None) -> EffectReport:
        """Everything that entered, was done and was answered in the last `days`; of one playbook's campaigns, when named."""
        since_us, parameters = now_us - days * DAY_US, self._parameters()
        entered = self._entered(since_us - EARLIER_DAYS * DAY_US, now_us)
        steps = _Tests(self._stores.playbooks, self._own)
        assembled = Assembler(parameters, lambda key, version: steps.name(key, version), now_us).assemble(entered, self._history)
        work = self._stores.effect.work(self._own, since_us, now_us)
        return EffectReport(
            as_of_us=now_us,
            days=days,
            currency=self._currency,
            campaigns=tuple(self._campaigns(entered, assembled, steps, since_us, playbook)),
            agents=self._agents(assembled.cases, days, now_us),
            automation=rate(work.automatic, work.automatic + work.by_person, of="actions"),
            calls=rate(work.calls_reached, work.calls_due, of="calls due"),
            prevention=rate(sum(assembled.prevented), len(assembled.prevented), of="critical customers of 90 days ago"),
            helped=work.helped,
            team=_team(work, entered, assembled),
            useful=usefulness(self._stores.useful.since(self._own, since_us, now_us + 1)),
        )

    def recovery(self, kind: PlaybookKind, now_us: int, days: int = DEFAULT_DAYS) -> Outcome[Rate]:
        """M12 over every treated entry of a kind in the last `days` that is old enough: what the exit gate asks."""
        entered = [one for one in self._entered(now_us - days * DAY_US, now_us) if one.kind is kind]
        found = Assembler(self._parameters(), lambda key, version: None, now_us).assemble(entered, self._history)
        judged = [case.recovered for case in found.cases if not case.held_out and case.recovered is not None]
        return rate(sum(judged), len(judged), of=f"the number of {kind.value} entries old enough to be judged")

    def propose(self, report: EffectReport, now_us: int) -> int:
        """Ask for a decision about every winner, once per version, step and arm; returns how many were found."""
        live = {(one.key, one.version) for one in self._stores.playbooks.live(self._own)}
        won = [one for one in report.campaigns if one.winner is not None and (one.effect.playbook, one.effect.version) in live]
        self._stores.intents.add(self._own, [_proposal(one, cited(report.useful, Subject.draft, one.effect.playbook)) for one in won], now_us=now_us)
        return len(won)

    # --- the parts ---------------------------------------------------------------------------------------------------

    def _entered(self, since_us: int, now_us: int) -> Sequence[EnteredCustomer]:
        window_us = self._parameters().integer("response_window_days") * DAY_US
        return self._stores.effect.entered(self._own, since_us, now_us, response_window_us=window_us)

    def _campaigns(
        self, entered: Sequence[EnteredCustomer], assembled: Assembled, steps: _Tests, since_us: int, playbook: str | None
    ) -> list[CampaignReport]:
        percents = {one.enrollment_id: one.holdout_percent for one in entered}
        chosen = [case for case in assembled.cases if playbook in (None, case.playbook)]
        found = []
        for (key, version), group in groupby(sorted(chosen, key=_place), key=lambda case: (case.playbook, case.version)):
            cases = list(group)
            now, earlier = [one for one in cases if one.entered_us >= since_us], [one for one in cases if one.entered_us < since_us]
            if now:
                planned = [percents[one.enrollment_id] for one in now if one.drawn]
                percent = sum(planned) / len(planned) if planned else 0.0
                effect = campaign_effect(now, percent, steps.shares(key, version), earlier)
                won = winner(effect)
                found.append(
                    CampaignReport(
                        title=steps.title(key, version), effect=effect, step=steps.name(key, version), winner=won.variant if won else None
                    )
                )
        return found

    def _agents(self, cases: Sequence[Case], days: int, now_us: int) -> tuple[AgentMetric, ...]:
        """Section 7 of the metrics, each with its target."""
        runs = [one for one in self._stores.crm_log.last(self._own, limit=_MOST_SYNCS) if one.started_us >= now_us - CRM_DAYS * DAY_US]
        records = sum(one.records for one in runs)
        precision = self._stores.alerts.precision(self._own, now_us - days * DAY_US, now_us)
        surveys = self._stores.surveys.counts(self._own, now_us - MONTH_DAYS * DAY_US)
        unknown = precision.unknown_share
        return (
            AgentMetric(
                agent="SuccessInfrastructureArchitect", metric="CRM sync error rate", window_days=CRM_DAYS, target=0.05, at_most=True,
                value=rate(min(records, sum(one.errors for one in runs)), records, of="the number of records written"),
            ),
            AgentMetric(
                agent="HealthMonitoringSpecialist", metric="alert precision", window_days=days, target=0.90,
                value=rate(precision.true, precision.true + precision.false, of="the number of alerts anybody can judge yet"),
                note="" if unknown is None else f"{100 * unknown:.0f} % of {precision.alerts:,} not known yet",
            ),
            AgentMetric(
                agent="RetentionProgramDesigner", metric="campaign response rate", window_days=WEEK_DAYS, target=0.20,
                value=self._response(cases, now_us), note="customers whose time to answer ended in this week",
            ),
            AgentMetric(
                agent="NPSTracker", metric="survey response rate", window_days=MONTH_DAYS, target=0.30,
                value=rate(surveys.answered, surveys.left, of="the number of surveys asked"),
            ),
        )  # fmt: skip

    def _response(self, cases: Sequence[Case], now_us: int) -> Outcome[Rate]:
        until_us = now_us - self._parameters().integer("response_window_days") * DAY_US
        since_us = until_us - WEEK_DAYS * DAY_US
        ended = [one for one in cases if one.sent and one.kind.is_campaign and since_us < one.start_us <= until_us]
        return rate(sum(one.responded for one in ended), len(ended), of="the number of campaign customers whose time to answer ended")


class _Tests:
    """Titles of versions and the step each one tests, read once."""

    def __init__(self, playbooks: Playbooks, venture_id: int) -> None:
        self._known = {(one.key, one.version): one.definition for one in playbooks.versions(venture_id)}

    def title(self, key: str, version: int) -> str:
        found = self._known.get((key, version))
        return key if found is None else found.title

    def name(self, key: str, version: int) -> str | None:
        step = _tested(self._known.get((key, version)))
        return None if step is None else step.step

    def shares(self, key: str, version: int) -> dict[str, float]:
        step = _tested(self._known.get((key, version)))
        return {} if step is None else {one.name: one.share for one in step.variants}


def _tested(definition: PlaybookDefinition | None) -> Step | None:
    """The first step with an A/B test: what comes after it is no longer the same for both arms."""
    return None if definition is None else next((step for step in definition.steps if len(step.variants) > 1), None)


def _place(case: Case) -> tuple[int, str, int, int]:
    return case.kind.rank, case.playbook, -case.version, case.enrollment_id


def _team(work: TeamWork, entered: Sequence[EnteredCustomer], assembled: Assembled) -> tuple[MemberEffect, ...]:
    by_execution = {one.execution_id: one.enrollment_id for one in entered if one.execution_id is not None}
    closed = [
        Work(
            by=one.by, created_us=one.created_us, closed_us=one.closed_us, is_call=one.is_call, reached=one.reached, minutes=one.minutes,
            enrollment_id=by_execution.get(one.execution_id or 0) if one.enrollment_id is None else one.enrollment_id,
        )
        for one in work.closed
    ]  # fmt: skip
    return member_effects(closed, work.answered, {case.enrollment_id: case for case in assembled.cases})


def _proposal(found: CampaignReport, useful: str) -> Intent:
    """The chairman is asked; nobody is moved meanwhile. `useful`: what the team said of its drafts, cited."""
    effect = found.effect
    sentence = winner_words(found)
    context: dict[str, object] = {
        "what": "variant",
        "name": f"{effect.playbook}/{found.step}/{found.winner}",
        "version": effect.version,
        "evidence": sentence,
    }
    if useful:
        context["useful"] = useful
    wish = AskDecision(
        kind=DecisionKind.publish.value,
        title=f"Playbook {effect.playbook}: use variant {found.winner} of the step {found.step} for everybody",
        context=context,
        recommendation="approve",
        people=effect.treated,
    )
    cause = Cause(kind=CauseKind.playbook, playbook=effect.playbook, playbook_version=effect.version, step=found.step, reason=sentence)
    return Intent(key=f"winner:{effect.playbook}:{effect.version}:{found.step}:{found.winner}", wish=wish, cause=cause)

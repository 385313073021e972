"""The crew of a deployment, married to its store, its warehouse and the outside world."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec

from tenure.app.acting import Acting
from tenure.app.appliers import AppActs
from tenure.app.jobdesk import worker_name
from tenure.app.outreach import outreach_of
from tenure.app.outside import Outside
from tenure.app.playbooks import playbook_context
from tenure.app.questions import currencies
from tenure.app.remembering import Remembering, likely
from tenure.app.senses import DeploymentSenses
from tenure.app.status import FACTS
from tenure.clock import iso
from tenure.crew.customer_success_crew import CustomerSuccessCrew, Tick
from tenure.crew.rooms import Rooms
from tenure.model.cards import CustomerCard
from tenure.model.facts import FactKind
from tenure.model.playbooks import PlaybookDefinition
from tenure.parameters import ParameterSet
from tenure.ports.crew import GateState
from tenure.ports.crm import Crm
from tenure.rules.eligibility.limits import segment_facts
from tenure.rules.gates import GateResult
from tenure.rules.triggers.proof import actions_of
from tenure.services.content import Renderer
from tenure.services.crm import CrmService
from tenure.services.outreach import OutreachActs, Ways
from tenure.services.playbooks import PlaybookContext, PlaybookService
from tenure.services.surveys import SurveyService, SurveyText
from tenure.services.triggers import TriggerService
from tenure.triggers import shipped_triggers

if TYPE_CHECKING:
    from tenure.app.deployment import Deployment
    from tenure.app.handlers import Handlers
    from tenure.ports.subjects import Subjects
    from tenure.warehouse.loop.subjects import WarehouseSubjects


def crew_of(deployment: Deployment, handlers: Handlers | None, ways: Ways | None, crm: Crm | None = None) -> CustomerSuccessCrew:
    """The crew of a deployment.

    Args:
        handlers: inside a job that holds the warehouse; None: only what the store can do.
        ways: how messages leave; None: nothing leaves.
    """
    subjects = None if handlers is None else _remembering(deployment, subjects_of(deployment, handlers))
    return CustomerSuccessCrew(rooms_of(deployment, DeploymentSenses(deployment, handlers, subjects), ways, crm), worker_name())


def _remembering(deployment: Deployment, subjects: Subjects) -> Remembering:
    """For the length of a tick."""
    store, own = deployment.store, deployment.venture.venture_id

    def moment() -> object:
        last = store.runs.last_published(own)
        return None if last is None else last.run_id

    def everybody() -> list[str]:
        return list(store.health.ids(own))

    return Remembering(subjects, moment, lambda: likely(store.health.count(own), everybody, lambda: store.cards.wanted(own)))


def subjects_of(deployment: Deployment, handlers: Handlers) -> WarehouseSubjects:
    """Customers of the present, from the open warehouse."""
    from tenure.warehouse.loop.fields import FieldSettings
    from tenure.warehouse.loop.subjects import WarehouseSubjects

    warehouse, mapping = handlers.warehouse, deployment.mapping
    rates = currencies(deployment.workspace)
    return WarehouseSubjects(
        warehouse.engine,
        lambda now_us, keys: warehouse.accumulated_view(now_us, mapping, keys),
        lambda: FieldSettings.of(handlers.scoring().config(), rates),
    )


def rooms_of(deployment: Deployment, senses: DeploymentSenses, ways: Ways | None, crm: Crm | None) -> Rooms:
    """Every service over this deployment's store.

    Where `ways` only rehearse, letters are written without their layout and files: nobody reads them.
    """
    store, venture, parameters = deployment.store, deployment.venture, deployment.parameters.current
    acting = Acting(deployment)
    triggers = trigger_service(deployment, senses.subjects)
    context = playbook_context(
        deployment,
        senses.subjects,
        open_chains=lambda ids: _open_chains(deployment, ids),
        payments_are_known=lambda: _payments_are_known(deployment),
    )
    if ways is not None and ways.rehearsed_as:
        context = replace(context, renderer=Renderer(address=context.product.address), invitations=None)
    outreach = outreach_of(deployment, ways)
    return Rooms(
        venture=venture,
        stores=store,
        parameters=parameters,
        senses=senses,
        triggers=triggers,
        playbooks=PlaybookService(context),
        outreach=outreach,
        decisions=acting.decisions,
        alerts=acting.alerts,
        digest=acting.digest,
        tasks=acting.tasks,
        safety=acting.safety,
        safety_watch=acting.watch,
        surveys=survey_service(deployment, context),
        contacts=acting.contacts,
        crm=CrmService(venture.venture_id, crm, store.crm_log, store.controls, parameters),
        invitations=Outside(deployment).registry.invitations(),
        acts=(OutreachActs(outreach, store.touches, venture.venture_id), AppActs(deployment)),
    )


def trigger_service(
    deployment: Deployment, subjects: Subjects | None = None, planned: Sequence[PlaybookDefinition] = ()
) -> TriggerService:
    """Triggers of the venture, with the shipped ones; `planned` playbooks stand in the loop proof for those that are live."""
    store, venture = deployment.store, deployment.venture
    playbooks = {one.key: one.definition for one in store.playbooks.live(venture.venture_id)}
    playbooks |= {one.key: one for one in planned}
    return TriggerService(
        store,
        venture_id=venture.venture_id,
        venture_key=venture.key,
        parameters=deployment.parameters.current,
        controls=store.controls,
        responses=store.responses,
        shipped=shipped_triggers(),
        subjects=subjects,
        playbooks={key: actions_of(one) for key, one in playbooks.items()},
    )


def survey_service(deployment: Deployment, context: PlaybookContext) -> SurveyService:
    """Surveys, written like every other message."""
    store = deployment.store
    return SurveyService(
        deployment.venture.venture_id,
        store.surveys,
        store.touches,
        store.intents,
        store.cards,
        lambda text, card, subject: survey_mail(context, text, card, subject),
        lambda card: _of_segment(deployment.parameters.current(), card),
    )


def survey_mail(context: PlaybookContext, text: SurveyText, card: CustomerCard, subject: str) -> Mapping[str, object]:
    """The mail of a survey for one customer."""
    from tenure.app.survey_mail import survey_content

    return survey_content(context, text, card, subject)


def _of_segment(parameters: ParameterSet, card: CustomerCard | None) -> ParameterSet:
    return parameters if card is None else parameters.for_segment(segment_facts(card))


def _open_chains(deployment: Deployment, customer_ids: Sequence[str]) -> set[str]:
    return deployment.store.executions.open_subjects(deployment.venture.venture_id, "RETENTION-001").keys() & set(customer_ids)


def _payments_are_known(deployment: Deployment) -> bool:
    """Whether the venture has subscription facts, so that a trial that ended unpaid can be told (P3)."""
    known = deployment.store.results.latest(deployment.venture.venture_id, FACTS)
    return known is not None and int(known.document.get(FactKind.movement.plural, 0)) > 0


# --- documents ---------------------------------------------------------------------------------------------------------


def tick_document(tick: Tick) -> dict[str, Any]:
    """`tenure tick --json`."""
    plain: dict[str, Any] = msgspec.to_builtins(tick)
    return {"now": iso(tick.now_us), "mode": tick.mode, "refreshed": plain["refreshed"], "operations": tick.operations, **tick.cycle.counts}


def gates_document(results: Sequence[GateResult], states: Mapping[str, GateState]) -> dict[str, Any]:
    """`tenure gates --json`."""
    rows = [
        {
            "gate": one.gate,
            "group": one.group.value,
            "verdict": one.verdict.value,
            "since": iso(states[one.gate].since_us) if one.gate in states else None,
            "evidence": one.evidence,
        }
        for one in results
    ]
    return {"gates": rows}



"""Going live, inside a job: every watch takes its baseline before anything may leave (A1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tenure.app.acting import REHEARSAL_SHOWN, Acting
from tenure.app.loop import subjects_of, trigger_service
from tenure.app.playbooks import playbook_context
from tenure.app.senses import NPS_WATCH
from tenure.model.condition import Condition
from tenure.model.results import MetricResult
from tenure.rules.card_fields import LOOP
from tenure.rules.conditions import parse_condition
from tenure.rules.surveys import milestone_condition
from tenure.services.playbooks import PlaybookService
from tenure.services.safety.going_live import GoingLive

if TYPE_CHECKING:
    from tenure.app.deployment import Deployment
    from tenure.app.handlers import Handlers


def go_live(deployment: Deployment, handlers: Handlers, args: Mapping[str, Any]) -> dict[str, Any]:
    """Raises Refused unless today's rehearsal was shown. Gives who stands in the baseline, by watch."""
    now_us = int(args["now_us"])
    found = switch(deployment, handlers).go_live(now_us, by=str(args["by"]), why=str(args.get("why") or ""))
    return {"mode": "live", "baseline": dict(found)}


def switch(deployment: Deployment, handlers: Handlers) -> GoingLive:
    """The live switch over the open warehouse."""
    subjects = subjects_of(deployment, handlers)
    acting = Acting(deployment)
    return GoingLive(
        deployment.store,
        deployment.venture,
        deployment.parameters.current,
        rehearsal_shown_us=acting.rehearsal_shown_us,
        baseline=lambda now_us: subjects.baseline(every_watch(deployment, handlers), now_us),
    )


def every_watch(deployment: Deployment, handlers: Handlers) -> dict[str, Condition]:
    """Conditions whose crossing does something: entries of playbooks, triggers teams added, the survey's milestone."""
    playbooks = PlaybookService(playbook_context(deployment, subjects_of(deployment, handlers)))
    milestone = milestone_condition(deployment.parameters.current().text("nps_deploy_milestone"))
    return {**playbooks.watches(), **trigger_service(deployment).watches(), NPS_WATCH: parse_condition(milestone, LOOP)}


def note_rehearsal(deployment: Deployment, document: Mapping[str, Any], now_us: int) -> None:
    kept = MetricResult(metric=REHEARSAL_SHOWN, segment="", as_of_us=now_us, document=dict(document), computed_us=now_us)
    deployment.store.results.put(deployment.venture.venture_id, [kept])

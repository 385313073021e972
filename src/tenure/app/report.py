"""The report page's data, with what the loop did and what the facts can carry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tenure.app.papers import Papers
from tenure.app.questions import Questions
from tenure.model.report import MissingFact, ReportData
from tenure.services.importing.rehearsal import rehearse
from tenure.services.papers.loop import effect_bars, loop_sections
from tenure.services.papers.writing import Writing
from tenure.warehouse.knowing import summary

if TYPE_CHECKING:
    from tenure.app.deployment import Deployment
    from tenure.app.handlers import Handlers


def with_loop(deployment: Deployment, handlers: Handlers, questions: Questions, now_us: int) -> ReportData:
    """Everything on the page. Before anything was published or fired there is nothing to say of the loop."""
    data, store, own = questions.report(now_us), deployment.store, deployment.venture.venture_id
    if not store.playbooks.versions(own) and not store.executions.list(own, limit=1):
        return data
    found = Papers(deployment, handlers, questions, now_us).loop()
    writing = Writing(now_us=now_us, currency=deployment.workspace.venture.currency, zone=deployment.zone)
    return msgspec.structs.replace(
        data, loop=loop_sections(found, writing), effects=effect_bars(found.effect)
    )


def with_rehearsal(deployment: Deployment, handlers: Handlers, data: ReportData, now_us: int) -> ReportData:
    """With what the import rehearsal says of all facts so far, before any score is believed (Day one, 15)."""
    warehouse = handlers.warehouse
    view = warehouse.accumulated_view(max(now_us, warehouse.accumulated_to_us()), deployment.mapping)
    judged = rehearse(summary(view, warehouse.counts()), deployment.facts.mapping)
    gaps = tuple(MissingFact(missing=one.missing, cost=one.cost, fix=one.fix) for one in judged.gaps)
    return msgspec.structs.replace(data, understood=judged.understood, gaps=gaps)

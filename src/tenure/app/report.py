"""The report page's data, with what the loop did."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tenure.app.papers import Papers
from tenure.app.questions import Questions
from tenure.model.report import ReportData
from tenure.services.papers.loop import effect_bars, loop_sections
from tenure.services.papers.writing import Writing

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

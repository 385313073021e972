"""The effect of a deployment's loop: the service over store and warehouse, and the one document of `tenure effect`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tenure.clock import iso
from tenure.errors import NotFound
from tenure.model.results import MetricResult
from tenure.ports.effect import History
from tenure.services.effect import DEFAULT_DAYS, EffectReport, EffectService, effect_words
from tenure.services.insights import to_json

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from tenure.app.deployment import Deployment
    from tenure.app.handlers import Handlers
    from tenure.warehouse.view import FactsView

EFFECT = "effect"
"""The kept result pages read without a job."""


def history_of(deployment: Deployment, handlers: Handlers) -> History:
    """What became of customers, from the open warehouse."""
    from tenure.warehouse.loop.outcomes import WarehouseHistory

    warehouse, mapping = handlers.warehouse, deployment.mapping

    def view_at(now_us: int, keys: ir.Table | None) -> FactsView:
        """The present as it was accumulated; a time before that from facts."""
        if now_us >= warehouse.accumulated_to_us():
            return warehouse.accumulated_view(now_us, mapping, keys)
        return warehouse.full_view(now_us, mapping, customer_keys=keys)

    return WarehouseHistory(warehouse.engine, view_at, lambda: mapping)


def effect_service(deployment: Deployment, handlers: Handlers) -> EffectService:
    """Over the open warehouse."""
    history, currency = history_of(deployment, handlers), deployment.workspace.venture.currency
    return EffectService(deployment.venture.venture_id, deployment.store, history, deployment.parameters.current, currency)


def judged_effect(deployment: Deployment, handlers: Handlers, now_us: int, days: int = DEFAULT_DAYS) -> EffectReport:
    """Everything judged, winners proposed, and the document kept: what the crew does every week."""
    service = effect_service(deployment, handlers)
    report = service.judge(now_us, days)
    service.propose(report, now_us)
    kept = MetricResult(metric=EFFECT, segment="", as_of_us=now_us, document=effect_document(report), computed_us=now_us)
    deployment.store.results.put(deployment.venture.venture_id, [kept])
    return report


def effect(deployment: Deployment, handlers: Handlers, args: Mapping[str, Any]) -> dict[str, Any]:
    """The job: one playbook or all of them, over some days. Looking proposes nothing.

    Raises NotFound for a playbook that was never published.
    """
    playbook = args.get("playbook")
    if playbook is not None and not deployment.store.playbooks.versions(deployment.venture.venture_id, playbook):
        raise NotFound(f"The playbook {playbook} was never published.", "See `tenure playbooks list`.")
    service = effect_service(deployment, handlers)
    return effect_document(service.judge(int(args["now_us"]), int(args.get("days") or DEFAULT_DAYS), playbook))


def effect_document(report: EffectReport) -> dict[str, Any]:
    """`tenure effect --json`: the figures, and beside them the words a person reads."""
    figures = to_json(report)
    return {
        "as_of": iso(report.as_of_us),
        **{name: figures[name] for name in ("days", "currency", "campaigns", "agents", "automation", "calls", "prevention", "helped", "team", "useful")},
        "words": effect_words(report),
    }

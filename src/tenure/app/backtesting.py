"""The backtest of one deployment: today's configuration, or a scorecard file nobody published, over its own past."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from tenure.app.jobdesk import Progress, no_progress
from tenure.model.scorecard import ScoringConfig
from tenure.rules.conditions import parse_condition
from tenure.rules.scorecard.document import parse_scorecard
from tenure.rules.scorecard.resolve import PublishedScorecard, resolve_config
from tenure.services.backtest import BacktestAsked, BacktestService
from tenure.services.insights import metric_settings
from tenure.services.insights.documents import to_json
from tenure.warehouse.backtest import WarehouseBacktest

if TYPE_CHECKING:
    from tenure.app.atwork import AtWork


def backtest(work: AtWork, args: Mapping[str, Any], progress: Progress = no_progress) -> dict[str, Any]:
    """The job behind `tenure backtest`.

    `args`: the fields of `BacktestAsked`, and `scorecard` with `text` and `file` to look at instead of what is live.
    """
    given = {name: args[name] for name in BacktestAsked.__dataclass_fields__ if args.get(name) is not None}
    asked = BacktestAsked(**given)
    config = _configuration(work, args.get("scorecard"))
    past = past_of(work, config)
    result = BacktestService(past, config).run(asked, progress)
    document: dict[str, Any] = msgspec.to_builtins(to_json(result))
    return document


def _configuration(work: AtWork, unpublished: Mapping[str, str] | None) -> ScoringConfig:
    if unpublished is None:
        return work.scoring.config()
    card = parse_scorecard(unpublished["text"], unpublished["file"])
    alone = msgspec.structs.replace(card, when=None)  # everybody is scored with it
    one = work.deployment
    return resolve_config([PublishedScorecard(alone, 0)], one.parameters.current(), one.facts.mapping, one.workspace.segments)


def past_of(work: AtWork, config: ScoringConfig) -> WarehouseBacktest:
    """The past of an open warehouse, scored with one configuration."""
    from tenure.app.questions import currencies

    deployment, warehouse = work.deployment, work.warehouse
    mapping, settings = deployment.mapping, metric_settings(deployment.parameters.current())
    return WarehouseBacktest(
        warehouse.engine,
        lambda now_us, known: warehouse.full_view(now_us, mapping, known),
        lambda now_us, known: work.scoring.at(now_us, known, config),
        currencies(deployment.workspace),
        settings,
        {name: parse_condition(text) for name, text in deployment.workspace.segments.items()},
    )

"""`tenure plan` and `tenure apply`: scorecards and parameters of the workspace's files against what is live."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from tenure.app.gate import Comparison, as_document, lines_of
from tenure.clock import Clock
from tenure.errors import BadInput
from tenure.parameters import VENTURE, Actor, ChangePlan, change_everywhere, changes_towards
from tenure.parameters.problems import BadParameters
from tenure.parameters.values import as_text
from tenure.ports.scoring import PlannedChange
from tenure.scorecards import default_scorecard
from tenure.services.scorecards import ScorecardPlan, ScorecardService
from tenure.services.scorecards.service import CardState
from tenure.warehouse.scoring.keeper import ScoreKeeper

if TYPE_CHECKING:
    from tenure.app.deployment import Deployment
    from tenure.warehouse.warehouse import DuckWarehouse

WHO = Actor("chairman", "workspace files")
APPLIED = "applied from the workspace files"
EXAMPLES_SHOWN = 10


@dataclass(frozen=True)
class Plan:
    """What applying the files would do; `parameters` is None when the workspace declares none."""

    scorecards: ScorecardPlan
    parameters: ChangePlan | None

    @property
    def is_empty(self) -> bool:
        return self.scorecards.is_empty and (self.parameters is None or not self.parameters.changes)


class Publishing:
    """Made inside a job, while the warehouse is open."""

    def __init__(self, deployment: Deployment, warehouse: DuckWarehouse, clock: Clock) -> None:
        self._one = deployment
        self._service = ScorecardService(
            deployment.store,
            ScoreKeeper(warehouse.engine),
            venture_id=deployment.venture.venture_id,
            parameters=deployment.parameters.current,
            mapping=deployment.facts.mapping,
            default_scorecard=default_scorecard(),
            clock=clock,
            segments=deployment.workspace.segments,
        )

    def plan(self, now_us: int, why: str = "plan") -> Plan:
        """Compare; raises BadInput naming file and line, or BadParameters."""
        parameters = self._parameters(why)
        after = None if parameters is None else parameters.after
        return Plan(self._service.plan(self._files(), now_us, after), parameters)

    def apply(self, plan: Plan, why: str) -> None:
        """Parameters first, then scorecards: both are checked before either is changed."""
        if plan.parameters is not None and plan.parameters.changes:
            self._one.parameters.apply(plan.parameters)
        self._service.apply(plan.scorecards, by=f"{WHO.role}:{WHO.name}", why=why)

    def _files(self) -> dict[str, str]:
        folder = self._one.workspace.scorecards
        return {f"scorecards/{file.name}": _text(file) for file in sorted(folder.glob("*.y*ml"))}

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
    yield from _effect_lines(plan.scorecards.effect)
    yield from lines_of(backtest) if backtest is not None else ()
    yield "Published. Scores follow at the next refresh." if applied else "Publish it with `tenure apply`."


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

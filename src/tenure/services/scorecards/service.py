"""`tenure plan` and `tenure apply`: files are compared with what is live, shown with their effect, and published.

Versions never change: a file that differs from its live version becomes the next one, a live scorecard without a
file is retired.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from hashlib import blake2b
from typing import Any

import msgspec

from tenure.clock import Clock
from tenure.errors import BadInput
from tenure.model.mapping import FactMapping
from tenure.model.scorecard import ScoringConfig
from tenure.model.scorecards import ScorecardVersion
from tenure.parameters import ParameterSet
from tenure.ports.scoring import PlannedChange, ScoringWarehouse
from tenure.ports.store import Stores
from tenure.rules.scorecard.document import document_of, parse_scorecard
from tenure.rules.scorecard.resolve import PublishedScorecard, resolve_config
from tenure.services.scoring.configuration import DEFAULT_FILE, live_config
from tenure.services.scoring.judgements import pulse_table


class CardState(StrEnum):
    """What applying does to a scorecard."""

    new = "new"
    changed = "changed"
    unchanged = "unchanged"
    retired = "retired"


class CardChange(msgspec.Struct, frozen=True, kw_only=True):
    """One scorecard of the plan; `version` is the number it has or would get."""

    name: str
    file: str
    state: CardState
    version: int


class ScorecardPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What publishing would change. `effect` None: nothing would change, or nobody was scored yet.

    `before` and `after` are what scores now and what would.
    """

    cards: tuple[CardChange, ...]
    documents: dict[str, dict[str, Any]]
    changes_parameters: bool
    effect: PlannedChange | None
    before: ScoringConfig
    after: ScoringConfig

    @property
    def is_empty(self) -> bool:
        """Whether everything is live already."""
        return not self.changes_parameters and all(one.state is CardState.unchanged for one in self.cards)


class ScorecardService:
    """Scorecards of one venture.

    Args:
        scoring: the warehouse, to try a configuration on today's facts; None: the plan shows no effect.
        parameters: gives the venture's parameters as they are now.
        mapping, segments: of the workspace.
        default_scorecard: the text of the shipped scorecard.
    """

    def __init__(
        self,
        stores: Stores,
        scoring: ScoringWarehouse | None,
        *,
        venture_id: int,
        parameters: Callable[[], ParameterSet],
        mapping: FactMapping,
        default_scorecard: str,
        clock: Clock,
        segments: Mapping[str, str] | None = None,
    ) -> None:
        self._stores, self._scoring, self._venture_id = stores, scoring, venture_id
        self._parameters, self._mapping = parameters, mapping
        self._default_scorecard, self._clock, self._segments = default_scorecard, clock, segments or {}

    def plan(
        self, files: Mapping[str, str], now_us: int, parameters_after: ParameterSet | None = None
    ) -> ScorecardPlan:
        """What would change if these files, and these parameters, were live.

        Args:
            files: text of each scorecard file by its name; none keeps what is live.
            parameters_after: the parameters after the change being planned; None: as they are.

        Raises:
            BadDocument: naming file, line, what was expected and the fix.
            BadInput: two files of one name, nobody scores the rest, weights that do not sum to 100.
        """
        live = {one.name: one for one in self._stores.scorecards.live(self._venture_id)}
        cards, documents, published = self._compared(files, live)
        parameters = self._parameters()
        after = parameters_after or parameters
        before_config = self._live(list(live.values()), parameters)
        after_config = (
            resolve_config(published, after, self._mapping, self._segments)
            if files
            else self._live(list(live.values()), after)
        )
        return ScorecardPlan(
            cards=tuple(cards),
            documents=documents,
            changes_parameters=after != parameters,
            effect=self._effect(before_config, after_config, now_us),
            before=before_config,
            after=after_config,
        )

    def apply(self, plan: ScorecardPlan, *, by: str, why: str) -> Sequence[ScorecardVersion]:
        """Publish what a plan found new or changed, and retire what has no file any more; parameters are not its business."""
        if not why.strip():
            raise BadInput("Publishing a scorecard needs a reason.", "Say why with --why.")
        cards, now_us = self._stores.scorecards, self._clock.now_us()
        published = []
        for one in plan.cards:
            if one.state in (CardState.new, CardState.changed):
                document = plan.documents[one.name]
                published.append(
                    cards.add(
                        self._venture_id,
                        one.name,
                        digest=digest_of(document),
                        document=document,
                        by=by,
                        why=why,
                        now_us=now_us,
                    )
                )
            elif one.state is CardState.retired:
                cards.retire(self._venture_id, one.name, by=by, why=why, now_us=now_us)
        return published

    def _compared(
        self, files: Mapping[str, str], live: Mapping[str, ScorecardVersion]
    ) -> tuple[list[CardChange], dict[str, dict[str, Any]], list[PublishedScorecard]]:
        cards: list[CardChange] = []
        documents: dict[str, dict[str, Any]] = {}
        published: list[PublishedScorecard] = []
        for file, text in sorted(files.items()):
            card = parse_scorecard(text, file)
            if card.name in documents:
                raise BadInput(
                    f"{file}: another file is called {card.name} too.", "Give each scorecard its own name."
                )
            documents[card.name] = document_of(text, file)
            change = self._change(card.name, file, documents[card.name], live.get(card.name))
            cards.append(change)
            published.append(PublishedScorecard(card, change.version))
        if files:
            cards += [
                CardChange(name=name, file="", state=CardState.retired, version=one.version)
                for name, one in sorted(live.items())
                if name not in documents
            ]
        return cards, documents, published

    def _change(
        self, name: str, file: str, document: dict[str, Any], live: ScorecardVersion | None
    ) -> CardChange:
        digest = digest_of(document)
        if live is not None and live.digest == digest:
            return CardChange(name=name, file=file, state=CardState.unchanged, version=live.version)
        known = self._stores.scorecards.versions(self._venture_id, name)
        again = next((one.version for one in known if one.digest == digest), None)
        version = again or max((one.version for one in known), default=0) + 1
        state = CardState.new if live is None else CardState.changed
        return CardChange(name=name, file=file, state=state, version=version)

    def _live(self, live: Sequence[ScorecardVersion], parameters: ParameterSet) -> ScoringConfig:
        return live_config(live, self._default_scorecard, parameters, self._mapping, self._segments)

    def _effect(self, before: ScoringConfig, after: ScoringConfig, now_us: int) -> PlannedChange | None:
        if self._scoring is None or before.digest == after.digest or self._scoring.last_run() is None:
            return None
        pulses = pulse_table(self._stores.pulses.in_force(self._venture_id, now_us))
        return self._scoring.compare(now_us, before, after, pulses)


def digest_of(document: Mapping[str, Any]) -> str:
    """Identifies the content of a document, whatever its layout and comments."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return blake2b(text.encode(), digest_size=16).hexdigest()


__all__ = ["DEFAULT_FILE", "CardChange", "CardState", "ScorecardPlan", "ScorecardService", "digest_of"]

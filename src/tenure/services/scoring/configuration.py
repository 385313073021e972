"""What a refresh scores with now: live scorecards, parameters, mapping and named segments, resolved together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from tenure.model.mapping import FactMapping
from tenure.model.scorecard import Scorecard, ScoringConfig
from tenure.model.scorecards import ScorecardVersion
from tenure.parameters import ParameterSet
from tenure.rules.scorecard.document import parse_scorecard, scorecard_from
from tenure.rules.scorecard.resolve import PublishedScorecard, resolve_config
from tenure.scorecards import SEATS_NAME, seats_scorecard

DEFAULT_FILE = "default.yaml"


def published_cards(
    live: Sequence[ScorecardVersion], default_text: str, parameters: ParameterSet
) -> list[PublishedScorecard]:
    """The live versions; the shipped scorecard, as version 0, where nothing scores everybody else, and the shipped one by seats
    where the venture asked for it and has none of its name."""
    found = [PublishedScorecard(scorecard_from(one.document, one.name), one.version) for one in live]
    if all(one.card.when is not None for one in found):
        found.append(PublishedScorecard(_default(default_text), 0))
    by_seats = parameters.text("engagement_by") == "seats"
    if by_seats and all(one.card.name != SEATS_NAME.removesuffix(".yaml") for one in found):
        found.append(PublishedScorecard(parse_scorecard(seats_scorecard(), SEATS_NAME), 0))
    return found


@lru_cache(maxsize=8)
def _default(text: str) -> Scorecard:
    """The shipped one, read once per process."""
    return parse_scorecard(text, DEFAULT_FILE)


def live_config(
    live: Sequence[ScorecardVersion],
    default_text: str,
    parameters: ParameterSet,
    mapping: FactMapping,
    segments: Mapping[str, str],
) -> ScoringConfig:
    """The configuration of now. Raises BadInput when the parts do not fit together."""
    return resolve_config(published_cards(live, default_text, parameters), parameters, mapping, segments)

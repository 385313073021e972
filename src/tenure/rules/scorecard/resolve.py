"""Marries published scorecards to the venture's parameters: every number a float, or one per segment (R: segments)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

import msgspec

from tenure.errors import BadInput
from tenure.model.condition import All, AnyOf, Compare, Condition
from tenure.model.mapping import FactMapping
from tenure.model.scorecard import (
    Band,
    Bands,
    Boolean,
    BySegment,
    Component,
    Inverse,
    Knot,
    Linear,
    LiveScorecard,
    Measure,
    NoData,
    Number,
    ParameterRef,
    Piecewise,
    Scorecard,
    ScoringConfig,
    Segment,
    Shape,
)
from tenure.parameters import ParameterSet
from tenure.parameters import Segment as ParameterSegment
from tenure.rules.conditions import FLAG_FIELDS, NUMBER_FIELDS, TEXT_FIELDS, TRAIT_PREFIX, parse_condition
from tenure.rules.scorecard.arithmetic import Floats
from tenure.rules.scorecard.full_marks import full_marks

WEIGHTS_SUM = 100.0
WEIGHTS_TOLERANCE = 1e-6
SEGMENT_FIELD = "segment"


@dataclass(frozen=True)
class PublishedScorecard:
    """A checked document with the number of its published version."""

    card: Scorecard
    number: int


def resolve_config(
    published: Sequence[PublishedScorecard],
    parameters: ParameterSet,
    mapping: FactMapping,
    named_segments: Mapping[str, str] | None = None,
) -> ScoringConfig:
    """The configuration to score with.

    `named_segments` are the workspace's conditions by name, which `segment=NAME` overrides refer to. Raises BadInput
    when no scorecard covers everybody, when weights do not sum to 100, or full marks are 0 where the weight is not.
    """
    resolver = _Resolver(parameters, named_segments or {})
    cards = [resolver.card(each) for each in _in_order(published)]
    config = ScoringConfig(
        scorecards=(),
        segments=resolver.segments(),
        healthy_threshold=parameters.number("healthy_threshold"),
        at_risk_threshold=parameters.number("at_risk_threshold"),
        new_customer_days=parameters.integer("new_customer_days"),
        core_features=parameters.names("core_features"),
        renewal_notice_days=parameters.integer("renewal_notice_days"),
        mapping=msgspec.structs.replace(mapping, churn_inactive_days=parameters.integer("churn_inactive_days")),
    )
    for card in cards:
        _check_numbers(card.card, config.segments)
    named = tuple(_named(card, config) for card in cards)
    found = _digested(msgspec.structs.replace(config, scorecards=named))
    return msgspec.structs.replace(found, saved=_saved(named_segments or {}))


def _saved(named: Mapping[str, str]) -> tuple[Segment, ...]:
    return tuple(Segment(name, parse_condition(text)) for name, text in named.items())


def _in_order(published: Sequence[PublishedScorecard]) -> list[PublishedScorecard]:
    """By precedence, highest first, then by name; whoever has no condition ends the list."""
    ordered = sorted(published, key=lambda one: (one.card.when is None, -one.card.precedence, one.card.name))
    everybody = [one for one in ordered if one.card.when is None]
    if len(everybody) != 1:
        names = ", ".join(one.card.name for one in everybody) or "none"
        raise BadInput(
            f"Exactly one scorecard must be without `when` and score everybody else; there is {names}.",
            "Give all but one scorecard a condition.",
        )
    return ordered


class _Resolver:
    """Walks documents and remembers which segments their numbers ask for, strongest first."""

    def __init__(self, parameters: ParameterSet, named: Mapping[str, str]) -> None:
        self._parameters = parameters
        self._named = named
        self._used: set[str] = set()

    def segments(self) -> tuple[Segment, ...]:
        """The segments that the numbers read so far ask for, strongest first."""
        wanted = [one for one in self._parameters.segments if str(one) in self._used]
        return tuple(Segment(str(one), self._condition(one)) for one in wanted)

    def card(self, published: PublishedScorecard) -> LiveScorecard:
        card = published.card
        resolved = msgspec.structs.replace(card, components=tuple(map(self._component, card.components)))
        condition = None if card.when is None else parse_condition(card.when)
        return LiveScorecard(card=resolved, condition=condition, number=published.number, version="")

    def number(self, number: Number) -> Number:
        if not isinstance(number, ParameterRef):
            return number
        otherwise = self._parameters.number(number.parameter)
        variants = self._parameters.variants(number.parameter)
        cases = tuple((str(segment), float(value)) for segment, value in variants)  # type: ignore[arg-type]
        self._used.update(name for name, _ in cases)
        return BySegment(cases, otherwise) if cases else otherwise

    def _component(self, component: Component) -> Component:
        return msgspec.structs.replace(
            component,
            weight=self.number(component.weight),
            full=self._maybe(component.full),
            floor=self.number(component.floor),
            measures=tuple(map(self._measure, component.measures)),
        )

    def _measure(self, measure: Measure) -> Measure:
        return msgspec.structs.replace(
            measure,
            shape=self._shape(measure.shape),
            floor=self._maybe(measure.floor),
            cap=self._maybe(measure.cap),
            no_data=NoData(
                measure.no_data.policy, self.number(measure.no_data.points), measure.no_data.last_known_days
            ),
        )

    def _maybe(self, number: Number | None) -> Number | None:
        return None if number is None else self.number(number)

    def _shape(self, shape: Shape) -> Shape:
        match shape:
            case Bands(bands, otherwise):
                found = tuple(Band(self.number(band.below), self.number(band.points)) for band in bands)
                return Bands(found, self.number(otherwise))
            case Linear(per_unit, base):
                return Linear(self.number(per_unit), self.number(base))
            case Inverse(base, minus_per_unit):
                return Inverse(self.number(base), self.number(minus_per_unit))
            case Piecewise(knots):
                return Piecewise(
                    tuple(Knot(self.number(knot.at), self.number(knot.points)) for knot in knots)
                )
            case Boolean(yes, no):
                return Boolean(self.number(yes), self.number(no))

    def _condition(self, segment: ParameterSegment) -> Condition:
        parts = tuple(self._equals(field, value) for field, value in segment.conditions)
        return parts[0] if len(parts) == 1 else All(parts)

    def _equals(self, field: str, value: str) -> Condition:
        """`field=value` of a parameter override, whose value is always written as text."""
        if field == SEGMENT_FIELD:
            return self._named_condition(value)
        if field in TEXT_FIELDS:
            return Compare(field, "==", value)
        number = _as_number(value)
        if field in NUMBER_FIELDS and number is not None:
            return Compare(field, "==", number)
        if field in FLAG_FIELDS:
            return Compare(field, "==", value == "true")
        if field.startswith(TRAIT_PREFIX):
            as_text = Compare(field, "==", value)
            return as_text if number is None else AnyOf((as_text, Compare(field, "==", number)))
        raise BadInput(
            f"The parameter segment {field}={value} names no field of a customer.",
            f"Use one of {', '.join(TEXT_FIELDS)}, trait.NAME, or segment=NAME.",
        )

    def _named_condition(self, name: str) -> Condition:
        if name not in self._named:
            raise BadInput(
                f"The parameters are overridden for the segment {name}, which the workspace does not define.",
                f"Add {name} under [segments] in tenure.toml, or take the override back.",
            )
        return parse_condition(self._named[name])


def _as_number(value: str) -> float | None:
    try:
        return float(value)
    except ValueError:
        return None


def _check_numbers(card: Scorecard, segments: Sequence[Segment]) -> None:
    """Weights sum to 100 and full marks of 0 carry no weight (M3): for nobody's segment, and in each one."""
    for names in (frozenset[str](), *(frozenset({segment.name}) for segment in segments)):
        how = Floats(names)
        where = f" for {', '.join(names)}" if names else ""
        weights = how.total([how.read(component.weight) for component in card.components])
        if abs(weights - WEIGHTS_SUM) > WEIGHTS_TOLERANCE:
            raise BadInput(
                f"The weights of the scorecard {card.name} sum to {weights:g}{where}, not to 100.",
                "Change the weights of its components, or the parameters they refer to.",
            )
        for component in card.components:
            if full_marks(component, how) <= 0 < how.read(component.weight):
                raise BadInput(
                    f"{component.id} of the scorecard {card.name} can earn no points{where} but has a weight.",
                    "Set its weight to 0, or let its measures give points.",
                )


def _named(card: LiveScorecard, config: ScoringConfig) -> LiveScorecard:
    """The version text: name@number+digest over everything the scorecard's scores rest on."""
    alone = msgspec.structs.replace(config, scorecards=(card,))
    return msgspec.structs.replace(card, version=f"{card.card.name}@{card.number}+{_hash(alone, 4)}")


def _digested(config: ScoringConfig) -> ScoringConfig:
    return msgspec.structs.replace(config, digest=_hash(config, 16))


def _hash(config: ScoringConfig, size: int) -> str:
    return blake2b(msgspec.json.encode(config, order="deterministic"), digest_size=size).hexdigest()


def decode_config(text: str | bytes) -> ScoringConfig:
    """A configuration from the JSON it was kept as."""
    return msgspec.json.decode(text, type=ScoringConfig)


def encode_config(config: ScoringConfig) -> str:
    """The JSON a configuration is kept as, from which every score made with it can be computed again."""
    return msgspec.json.encode(config, order="deterministic").decode()

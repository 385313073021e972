"""One campaign and version judged from its cases: response, recovery, contact, conversion, against the holdout."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby

import msgspec

from tenure.clock import HOUR_US
from tenure.model.playbooks import PlaybookKind
from tenure.rules.effect.case import Case
from tenure.rules.effect.money import ValueKept, value_kept
from tenure.stats.proportions import rate
from tenure.stats.result import Answer, NoAnswer, Outcome, Rate, Reason, not_enough_customers
from tenure.stats.sequential import (
    AlwaysValidDifference,
    SampleRatio,
    SequentialPlan,
    always_valid_difference,
    sample_ratio,
)

LEAST = 10
"""Fewer in an arm are not compared."""
PLANNED = SequentialPlan(treated_customers=450, control_customers=50, expected_rate=0.5)
"""Fixed before the first look, for every playbook alike: tightest where 500 customers have entered."""


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A target of metrics.md section 4, in shares."""

    response: float | None = None
    recovery: float | None = None
    conversion: float | None = None
    contacted: float | None = None


TARGETS: Mapping[PlaybookKind, Target] = {
    PlaybookKind.at_risk: Target(response=0.20, recovery=0.30),
    PlaybookKind.critical: Target(contacted=1.0, recovery=0.50),
    PlaybookKind.cancelling: Target(contacted=1.0),
    PlaybookKind.win_back: Target(response=0.10, conversion=0.05),
}


class VariantEffect(msgspec.Struct, frozen=True, kw_only=True):
    """One arm of an A/B test, against the first arm."""

    variant: str
    customers: int
    response: Outcome[Rate]
    recovery: Outcome[Rate]
    against_first: Outcome[AlwaysValidDifference] | None


class CampaignEffect(msgspec.Struct, frozen=True, kw_only=True):
    """A playbook's version over the cases given. Rates of mature cases only; counts of all."""

    playbook: str
    kind: PlaybookKind
    version: int
    treated: int
    held_out: int
    sent: int
    delivered: int
    opened: int
    clicked: int
    responded: int
    complained: int
    unsubscribed: int
    response: Outcome[Rate]
    recovery: Outcome[Rate]
    held: Outcome[Rate]
    contacted: Outcome[Rate]
    hours_to_contact: float | None
    conversion: Outcome[Rate]
    recovery_effect: Outcome[AlwaysValidDifference]
    retention_effect: Outcome[AlwaysValidDifference]
    split: Outcome[SampleRatio] | None
    value: ValueKept
    variants: tuple[VariantEffect, ...]
    variant_split: Outcome[SampleRatio] | None
    targets: Target
    lifted: int = 0
    """Drawn into the holdout and taken out of it by a person: counted in the draw, left out of every comparison (A8)."""
    no_comparison: str = ""
    """Why there is no holdout, where there is none by design (A8)."""


def campaign_effect(
    cases: Sequence[Case],
    holdout_percent: float,
    variant_shares: Mapping[str, float] | None = None,
    earlier: Sequence[Case] = (),
) -> CampaignEffect:
    """Judge the cases of one playbook and version; raises ValueError when there are none.

    Only cases that were drawn are compared: those who could never be held out (high value, a person's wish) are others.

    Args:
        holdout_percent: planned for those drawn, in force when they entered; 0: no holdout by design.
        variant_shares: planned share of each variant, first arm first.
        earlier: cases from before, whose conversion is known only now.
    """
    if not cases:
        raise ValueError("no cases to judge")
    one = cases[0]
    treated = [case for case in cases if not case.held_out]
    drawn = [case for case in treated if case.drawn]
    held = [case for case in cases if case.held_out and not case.lifted]
    lifted = sum(case.lifted for case in cases)
    split = None if holdout_percent == 0 else sample_ratio((len(held) + lifted, len(drawn)), (holdout_percent, 100 - holdout_percent))
    never = _why_never(holdout_percent, split)
    retention = never or _compared(drawn, held, lambda case: case.retained)
    judged = [case for case in treated if case.reached] if one.kind is PlaybookKind.critical else treated
    variants = _variants(treated, variant_shares or {})
    return CampaignEffect(
        playbook=one.playbook,
        kind=one.kind,
        version=one.version,
        treated=len(treated),
        held_out=len(held),
        lifted=lifted,
        sent=sum(case.sent for case in treated),
        delivered=sum(case.delivered for case in treated),
        opened=sum(case.opened for case in treated),
        clicked=sum(case.clicked for case in treated),
        responded=sum(case.responded for case in treated),
        complained=sum(case.complained for case in treated),
        unsubscribed=sum(case.unsubscribed for case in treated),
        response=_share([case for case in treated if case.sent], _answered),
        recovery=_share(judged, lambda case: case.recovered),
        held=_share(judged, lambda case: case.held),
        contacted=_share(treated, _contacted_in_time),
        hours_to_contact=_median_hours(treated),
        conversion=_share([*treated, *(case for case in earlier if not case.held_out)], lambda case: case.converted),
        recovery_effect=never or _compared(drawn, held, lambda case: case.recovered),
        retention_effect=retention,
        split=split,
        value=value_kept(treated, retention),
        variants=variants,
        variant_split=_variant_split(variants, variant_shares or {}),
        targets=TARGETS.get(one.kind, Target()),
        no_comparison=NO_COMPARISON if holdout_percent == 0 else "",
    )


NO_COMPARISON = "No comparison group: nobody is held out from this playbook."
NOBODY_YET = NoAnswer(Reason.NOT_MATURE_YET, "Nobody entered long enough ago to say it yet.")
BROKEN_SPLIT = "The customers held out are not the planned share, so no effect is read until the reason is found."


def _why_never(holdout_percent: float, split: Outcome[SampleRatio] | None) -> NoAnswer | None:
    if holdout_percent == 0:
        return NoAnswer(Reason.NOT_MEASURED, NO_COMPARISON)
    if isinstance(split, Answer) and split.value.is_broken:
        return NoAnswer(Reason.NOT_MEASURED, BROKEN_SPLIT)
    return None


Asked = Callable[[Case], bool | None]


def _share(cases: Iterable[Case], asked: Asked) -> Outcome[Rate]:
    """Of those for whom it can be said already."""
    said = [found for found in map(asked, cases) if found is not None]
    return rate(sum(said), len(said), of="customers it can be said of yet") if said else NOBODY_YET


def _compared(treated: Sequence[Case], held: Sequence[Case], asked: Asked) -> Outcome[AlwaysValidDifference]:
    return _difference(_share(treated, asked), _share(held, asked))


def _difference(one: Outcome[Rate], other: Outcome[Rate]) -> Outcome[AlwaysValidDifference]:
    match one, other:
        case Answer(first), Answer(second) if min(first.total, second.total) >= LEAST:
            return Answer(always_valid_difference(first, second, PLANNED))
        case Answer(first), Answer(second):
            return not_enough_customers(min(first.total, second.total), LEAST)
    return not_enough_customers(0, LEAST)


def _answered(case: Case) -> bool | None:
    return case.responded if case.is_ripe else None


def _contacted_in_time(case: Case) -> bool | None:
    """None while the time still runs and nobody tried; who tells the time decides by setting `contact_due_us`."""
    if case.contact_due_us is None:
        return None
    return case.contact_us is not None and case.contact_us <= case.contact_due_us


def _median_hours(cases: Sequence[Case]) -> float | None:
    waits = sorted((case.contact_us - case.start_us) / HOUR_US for case in cases if case.contact_us is not None)
    if not waits:
        return None
    middle = len(waits) // 2
    return waits[middle] if len(waits) % 2 else (waits[middle - 1] + waits[middle]) / 2


def _variants(treated: Sequence[Case], shares: Mapping[str, float]) -> tuple[VariantEffect, ...]:
    named = sorted((case for case in treated if case.variant), key=lambda case: str(case.variant))
    arms = {str(name): list(cases) for name, cases in groupby(named, key=lambda case: case.variant)}
    order = [name for name in shares if name in arms] + [name for name in arms if name not in shares]
    if len(order) < 2:
        return ()
    first = _share(arms[order[0]], _answered)
    return tuple(
        VariantEffect(
            variant=name,
            customers=len(arms[name]),
            response=_share(arms[name], _answered),
            recovery=_share(arms[name], lambda case: case.recovered),
            against_first=None if name == order[0] else _difference(_share(arms[name], _answered), first),
        )
        for name in order
    )


def _variant_split(variants: Sequence[VariantEffect], shares: Mapping[str, float]) -> Outcome[SampleRatio] | None:
    """Were the arms given out as planned? Asked only where each of them has a planned share."""
    if len(variants) < 2 or any(shares.get(one.variant, 0) <= 0 for one in variants):
        return None
    return sample_ratio([one.customers for one in variants], [shares[one.variant] for one in variants])

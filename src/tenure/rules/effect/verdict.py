"""What a campaign's figures come to: it worked, it did not, or nobody can say yet; and what to change."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from tenure.rules.effect.campaign import CampaignEffect
from tenure.rules.effect.wording import rate_words
from tenure.stats.result import Answer, Outcome, Rate

LEAST_JUDGED = 20
"""A rate of fewer customers is no reason to change anything."""
MOST_LEAVING = 0.02
"""More than this share of those written to who unsubscribed or complained."""


class Standing(StrEnum):
    """Of a campaign's version."""

    worked = "worked"
    missed = "missed its target"
    failed = "did not work"
    unknown = "not known yet"


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """`why` in a sentence, `change` what is recommended."""

    standing: Standing
    why: str
    change: str


def verdict_of(found: CampaignEffect) -> Verdict:
    """The first of these that holds: a broken draw, harm, people driven away, a missed target, proof, a met target."""
    retention = found.retention_effect
    if any(
        isinstance(split, Answer) and split.value.is_broken for split in (found.split, found.variant_split)
    ):
        return _failed(
            "The comparison is broken: customers were not drawn as planned.",
            "Find out why before reading any effect.",
        )
    if isinstance(retention, Answer) and retention.value.interval.high < 0:
        return _failed(
            "Fewer of those treated stayed than of those left alone.",
            "Pause it, and write a new version before it goes on.",
        )
    left = found.unsubscribed + found.complained
    if found.delivered >= LEAST_JUDGED and left > MOST_LEAVING * found.delivered:
        return _failed(
            f"{left:,} of {found.delivered:,} messages made somebody leave the list.",
            "Send fewer messages, to a narrower group.",
        )
    missed = _missed(found)
    if missed is not None:
        return missed
    if isinstance(retention, Answer) and retention.value.interval.low > 0:
        return Verdict(
            standing=Standing.worked,
            why="More of those treated stayed than of those left alone, proven.",
            change="Keep it.",
        )
    return _met(found) or Verdict(
        standing=Standing.unknown,
        why=_why_unknown(found),
        change="Wait; change nothing before it can be judged.",
    )


def _failed(why: str, change: str) -> Verdict:
    return Verdict(standing=Standing.failed, why=why, change=change)


def _missed(found: CampaignEffect) -> Verdict | None:
    """The first target that enough customers say is missed."""
    for name, rate, target, change in _judged(found):
        if rate.total >= LEAST_JUDGED and rate.value < target:
            return Verdict(standing=Standing.missed, why=f"{name}: {rate_words(Answer(rate), target)}.", change=change)
    return None


def _met(found: CampaignEffect) -> Verdict | None:
    judged = [one for one in _judged(found) if one[1].total >= LEAST_JUDGED]
    if not judged:
        return None
    said = "; ".join(f"{name.lower()} {rate_words(Answer(rate), target)}" for name, rate, target, _ in judged)
    against = "" if found.no_comparison else " The holdout has not proven it yet."
    return Verdict(standing=Standing.worked, why=f"Its targets are met: {said}.{against}", change="Keep it.")


def _judged(found: CampaignEffect) -> list[tuple[str, Rate, float, str]]:
    """What has both a target and an answer, with what to do where it is missed."""
    targets = found.targets
    asked: list[tuple[str, Outcome[Rate], float | None, str]] = [
        (
            "Contacted in time",
            found.contacted,
            targets.contacted,
            "Give the calls to more people, or widen the time to answer them.",
        ),
        (
            "Response",
            found.response,
            targets.response,
            "Rewrite the first message, and test the new one against the old.",
        ),
        (
            "Recovery",
            found.recovery,
            targets.recovery,
            "Enter customers earlier, or add a step in which a person helps.",
        ),
        ("Came back", found.conversion, targets.conversion, "Test another offer, or leave this group alone."),
    ]
    return [
        (name, rate.value, target, change)
        for name, rate, target, change in asked
        if target is not None and isinstance(rate, Answer)
    ]


def _why_unknown(found: CampaignEffect) -> str:
    retention = found.retention_effect
    if isinstance(retention, Answer):
        return "The interval of its effect still holds zero."
    return (
        retention.sentence if found.no_comparison == "" else "Too few customers are old enough to be judged."
    )

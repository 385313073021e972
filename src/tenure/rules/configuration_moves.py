"""A3: what the configuration alone brought about moves what was judged and does nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from tenure.model.cards import CustomerCard
from tenure.model.health import HealthStatus
from tenure.rules.card_fields import LOOP, card_profile
from tenure.rules.conditions import holds, parse_condition

BANDS = ("at_risk_threshold", "healthy_threshold")
_NAMED = re.compile(r"parameter\.(\w+)")


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """By what a watch judged everybody: its condition as written, the values of what it names, and the last run of scores."""

    run_id: int
    text: str
    numbers: dict[str, float]


def look_of(text: str, numbers: Mapping[str, float], run_id: int) -> Look:
    """The look of a condition now; the thresholds of bands always belong to it."""
    names = sorted({*_NAMED.findall(text), *BANDS})
    return Look(run_id=run_id, text=text, numbers={name: numbers[name] for name in names if name in numbers})


def is_only_configuration(before: Look | None, now: Look, card: CustomerCard, now_us: int, *, rescored: bool) -> bool:
    """Whether a crossing is by configuration only: with the values of the look before, and the score without what another
    configuration took or gave since then (`rescored`), the condition would not hold.

    Another text is another definition: its first look is nobody's configuration (`tenure plan` said who enters).
    """
    if before is None or before.text != now.text or (before.numbers == now.numbers and not rescored):
        return False
    condition = parse_condition(before.text, LOOP, before.numbers)
    return not holds(condition, card_profile(_unmoved(card, before, rescored=rescored), now_us))


def _unmoved(card: CustomerCard, before: Look, *, rescored: bool) -> CustomerCard:
    """The card as it would be by the configuration before."""
    if card.score is None:
        return card
    score = card.score - card.change_configuration if rescored else card.score
    at_risk, healthy = (before.numbers[name] for name in BANDS)
    by_score = HealthStatus.critical if score < at_risk else HealthStatus.at_risk if score < healthy else HealthStatus.healthy
    return msgspec.structs.replace(card, score=score, health_status=by_score)

"""Why customers leave or are unhappy: their own words sorted into named groups, with counts and the revenue behind them.

Keywords with weights, no model: a text goes to the group with the most weight, to `other` without any. Word beginnings are
matched, so `price` finds prices and `onboard` onboarding.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from tenure.model.readings import Voice

CHURN_GROUPS: Mapping[str, Mapping[str, float]] = {
    "pricing": {
        "pric": 2, "expensive": 2, "cost": 1.5, "budget": 1.5, "cheaper": 2, "afford": 2, "discount": 1.5, "invoice": 1,
        "too much money": 2, "overpriced": 2, "subscription fee": 2,
    },
    "support": {
        "support": 2, "response time": 2, "no answer": 1.5, "nobody answer": 2, "waited": 1, "ticket": 1.5, "help desk": 2,
        "unhelpful": 2, "customer service": 2, "no reply": 1.5, "never replied": 2,
    },
    "onboarding friction": {
        "onboard": 2, "setup": 1.5, "set up": 1.5, "getting started": 2, "confus": 1.5, "complicated": 1.5,
        "learning curve": 2, "training": 1.5, "documentation": 1, "tutorial": 1.5, "hard to learn": 2, "difficult to": 1,
        "never got it": 1.5, "migrat": 1, "import": 0.5,
    },
    "feature gap": {
        "missing": 2, "feature": 1.5, "integration": 2, "lack": 1.5, "no way to": 1.5, "does not support": 2.5,
        "doesn't support": 2.5, "competitor": 1, "switched to": 1, "need an": 0.5, "roadmap": 1, "can't": 0.5, "cannot": 0.5,
    },
    "product quality": {
        "bug": 2, "slow": 1.5, "crash": 2, "error": 1.5, "down": 0.5, "outage": 2, "unreliable": 2, "broken": 2, "lost data": 2.5,
        "performance": 1.5, "glitch": 2, "quality": 1, "does not work": 2, "doesn't work": 2,
    },
}  # fmt: skip
OTHER = "other"
PAIN_OF = {
    "pricing": "pricing",
    "support": "support",
    "onboarding friction": "onboarding",
    "feature gap": "product",
    "product quality": "product",
    OTHER: OTHER,
}
"""Groups of detractor comments (RETENTION-003) by the group of reasons a comment belongs to."""
QUOTES = 3
LONGEST_QUOTE = 200


class ReasonGroup(msgspec.Struct, frozen=True, kw_only=True):
    """One reason: how many said it, how much revenue a year stands behind them (cents, unknown counts none), quotes."""

    reason: str
    count: int
    customers: int
    arr_cents: int
    share: float
    quotes: tuple[str, ...]


def reason_of(text: str) -> str:
    """The group with the most weight of keywords in the text; equals go to the one named first."""
    words = " " + re.sub(r"[^a-z0-9'äöüß]+", " ", text.casefold()) + " "
    weights = {name: _weight(words, keys) for name, keys in CHURN_GROUPS.items()}
    best = max(weights, key=lambda name: weights[name])
    return best if weights[best] > 0 else OTHER


def pain_of(text: str) -> str:
    """The group of a detractor's comment: product, support, pricing, onboarding or other."""
    return PAIN_OF[reason_of(text)]


def _weight(words: str, keys: Mapping[str, float]) -> float:
    return sum(weight for key, weight in keys.items() if f" {key}" in words)


def churn_reasons(voices: Sequence[Voice]) -> tuple[ReasonGroup, ...]:
    """Groups of reasons, most revenue first, then most voices."""
    return _grouped(voices, [reason_of(one.text) for one in voices])


def detractor_pains(voices: Sequence[Voice]) -> tuple[ReasonGroup, ...]:
    """Groups of detractor comments, most revenue first; answers without a comment are `other`."""
    return _grouped(voices, [pain_of(one.text) for one in voices])


def top(groups: Iterable[ReasonGroup], most: int = 3) -> tuple[ReasonGroup, ...]:
    """The main ones, `other` left out."""
    return tuple(one for one in groups if one.reason != OTHER)[:most]


def _grouped(voices: Sequence[Voice], reasons: Sequence[str]) -> tuple[ReasonGroup, ...]:
    by_reason: dict[str, list[Voice]] = {}
    for voice, reason in zip(voices, reasons, strict=True):
        by_reason.setdefault(reason, []).append(voice)
    groups = [_group(reason, found, len(voices)) for reason, found in by_reason.items()]
    return tuple(sorted(groups, key=lambda one: (-one.arr_cents, -one.count, one.reason)))


def _group(reason: str, voices: Sequence[Voice], total: int) -> ReasonGroup:
    money = {one.customer_id: one.arr_cents or 0 for one in voices}
    loudest = sorted(voices, key=lambda one: (-(one.arr_cents or 0), -one.occurred_us, one.customer_id))
    quotes = [" ".join(one.text.split())[:LONGEST_QUOTE] for one in loudest if one.text.strip()]
    return ReasonGroup(
        reason=reason,
        count=len(voices),
        customers=len(money),
        arr_cents=sum(money.values()),
        share=len(voices) / total,
        quotes=tuple(quotes[:QUOTES]),
    )

"""Numbers as people write them."""

from __future__ import annotations

from tenure.ports.metric_results import ChurnMonth
from tenure.stats.result import NoAnswer, Rate
from tenure.stats.rounding import round_half_up_tenth

MINUS = "−"


def percent(share: float) -> str:
    """`98.1 %` of a share."""
    return f"{round_half_up_tenth(100 * share):g} %"


def signed(value: float) -> str:
    """`+31`, `−4.5`."""
    rounded = round_half_up_tenth(value)
    return f"{'+' if rounded > 0 else MINUS if rounded < 0 else ''}{abs(rounded):g}"


def churn_split(month: ChurnMonth) -> str:
    """`6 left by choice, 2 by a failed payment`, or why nobody knows (Day one, 9)."""
    failed = month.involuntary.or_none() or 0
    said = month.voluntary.map(lambda chose: f"{chose:,} left by choice, {failed:,} by a failed payment")
    return said.sentence if isinstance(said, NoAnswer) else said.value


def rate_note(found: Rate) -> str:
    """The counts and the interval under a rate."""
    low, high = percent(found.interval.low), percent(found.interval.high)
    return f"{found.count:,} of {found.total:,}; 95 % interval {low} to {high}"


def whole(cents: int, with_sign: bool = False) -> str:
    """`48,000`, `−3,888`: an amount in whole units where the currency stands elsewhere."""
    sign = MINUS if cents < 0 else "+" if with_sign and cents > 0 else ""
    return f"{sign}{(abs(cents) + 50) // 100:,}"


def money(cents: int, currency: str, with_sign: bool = False) -> str:
    """`USD 48,000`, without cents from a thousand up."""
    size = abs(cents)
    text = f"{(size + 50) // 100:,}" if size >= 100_000 or size % 100 == 0 else f"{size // 100:,}.{size % 100:02d}"
    sign = MINUS if cents < 0 else "+" if with_sign and cents > 0 else ""
    return f"{sign}{currency} {text}"

"""When a temporary failure is tried again: three attempts, exponential, with jitter; `Retry-After` is honoured."""

from __future__ import annotations

from tenure.clock import HOUR_US, MINUTE_US, SECOND_US
from tenure.rules.eligibility.holdout import share_of

MAX_ATTEMPTS = 3
_FIRST_US = MINUTE_US
_GROWTH = 4
_LONGEST_US = HOUR_US
_JITTER = 0.5


def next_attempt_us(key: str, attempts: int, now_us: int, *, after_seconds: float | None, customer_facing: bool) -> int | None:
    """When to try again after `attempts` tries; None: never.

    1 then 4 minutes, each 50 to 150 % by a stable hash of the touch's key, never sooner than the provider asked. Internal
    messages go at least once: they are tried on, at most an hour apart, until they expire.
    """
    if customer_facing and attempts >= MAX_ATTEMPTS:
        return None
    plain_us = min(_FIRST_US * _GROWTH ** min(attempts - 1, 8), _LONGEST_US)
    spread = 1 - _JITTER + 2 * _JITTER * share_of("jitter", key, str(attempts))
    return now_us + max(int(plain_us * spread), int((after_seconds or 0) * SECOND_US))

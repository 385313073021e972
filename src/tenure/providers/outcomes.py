"""What HTTP providers have in common: how an answer, or no answer, maps to the three errors of a sender."""

from __future__ import annotations

from datetime import UTC
from email.utils import parsedate_to_datetime

from tenure.clock import SECOND_US, to_us

LONGEST_WAIT_SECONDS = 86_400.0


def retry_after_seconds(value: str | None, now_us: int) -> float | None:
    """The seconds a `Retry-After` names, as a number or as a date; None when it is absent or makes no sense."""
    text = (value or "").strip()
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = _until(text, now_us)
    if seconds != seconds or seconds < 0:
        return None
    return min(seconds, LONGEST_WAIT_SECONDS)


def _until(text: str, now_us: int) -> float:
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return -1.0
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (to_us(aware) - now_us) / SECOND_US)

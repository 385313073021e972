"""When it happened, by our clock: client times corrected by how wrong the client's clock is."""

from __future__ import annotations

from datetime import UTC, datetime

from tenure.clock import DAY_US, SECOND_US, to_us
from tenure.services.importing.reading import ReadingRules, Refusal
from tenure.services.importing.times import EARLIEST_US, time_us
from tenure.services.ingest.refusals import ItemRefused
from tenure.services.ingest.wire import Moment

_LATEST_AHEAD_US = 366 * DAY_US
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ANY_TIME = ReadingRules(now_us=0)


def read_moment_us(raw: Moment) -> int | None:
    """Microseconds UTC of an ISO text (Z, offset, any decimals; none: UTC) or an epoch number; None when missing.

    Raises Refusal when it is something else.
    """
    if raw is None or raw == "":
        return None
    if isinstance(raw, str):
        try:
            moment = datetime.fromisoformat(raw)
            return to_us(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
        except (ValueError, OverflowError):
            pass
    return time_us(raw, _ANY_TIME)


def clock_error_us(received_us: int, sent_at: Moment) -> int | None:
    """How far the client's clock is behind ours (transport included); None when it did not say or said nonsense."""
    try:
        sent_us = read_moment_us(sent_at)
    except Refusal:
        return None
    return None if sent_us is None else received_us - sent_us


def occurred_us(original: Moment, error_us: int | None, received_us: int, field: str = "timestamp") -> int:
    """received - (sentAt - originalTimestamp), clamped to received; without sentAt as given; without a time: received.

    Raises ItemRefused when the time cannot be read, lies before 1900, or (as given) more than a year ahead.
    """
    given_us = _usual_us(original)
    if given_us is None:
        try:
            given_us = read_moment_us(original)
        except Refusal as refusal:
            raise ItemRefused(field, refusal.rule, original) from None
        if given_us is None:
            return received_us
    moment_us = given_us if error_us is None else min(given_us + error_us, received_us)
    if moment_us < EARLIEST_US:
        raise ItemRefused(field, "before_1900", original)
    if moment_us > received_us + _LATEST_AHEAD_US:
        raise ItemRefused(field, "in_the_far_future", original)
    return moment_us


def _usual_us(raw: Moment) -> int | None:
    """What nearly every client sends, an ISO text with an offset, without detours; None for anything else."""
    try:
        delta = datetime.fromisoformat(raw) - _EPOCH  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None
    return (delta.days * 86_400 + delta.seconds) * SECOND_US + delta.microseconds

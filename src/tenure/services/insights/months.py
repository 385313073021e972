"""Names of months as times."""

from __future__ import annotations

from datetime import UTC, datetime

from tenure.clock import to_us


def month_start_us(month: str) -> int:
    """Midnight UTC at which a month such as `2026-03` begins."""
    year, _, number = month.partition("-")
    return to_us(datetime(int(year), int(number), 1, tzinfo=UTC))

"""A new sending domain warms up: few mails on the first day, twice as many every second day (Day one, 6)."""

from __future__ import annotations

from tenure.clock import DAY_US

_DOUBLES_EVERY_DAYS = 2


def daily_cap(first_day: int, warm_up_days: int, live_since_us: int | None, now_us: int) -> int | None:
    """Mails that may leave today; None: no cap. `warm_up_days` 0 says the domain is known to its receivers."""
    if warm_up_days <= 0 or live_since_us is None:
        return None
    day = max(0, (now_us - live_since_us) // DAY_US)
    return None if day >= warm_up_days else int(first_day * 2 ** (day // _DOUBLES_EVERY_DAYS))

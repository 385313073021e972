"""M19: was the alert right? A person says so when closing it; where nobody did, what followed within 60 days."""

from __future__ import annotations

from tenure.clock import DAY_US
from tenure.model.alerts import NOTHING_FOLLOWED, Alert
from tenure.model.cards import CustomerCard

WITHIN_DAYS = 60
SILENT_DAYS = 14


def ends_us(now_us: int) -> int:
    """Alerts raised until then are followed no longer: a verdict is due."""
    return now_us - WITHIN_DAYS * DAY_US


def followed_by(alert: Alert, card: CustomerCard | None, now_us: int) -> str | None:
    """What followed: churn, cancelling, contraction or no login for 14 days; `nothing` after 60 days, None while waiting."""
    until_us = min(now_us, alert.raised_us + WITHIN_DAYS * DAY_US)
    seen = None if card is None else _sign(alert, card, until_us, now_us)
    if seen is not None:
        return seen
    return NOTHING_FOLLOWED if now_us >= alert.raised_us + WITHIN_DAYS * DAY_US else None


def _sign(alert: Alert, card: CustomerCard, until_us: int, now_us: int) -> str | None:
    def inside(moment_us: int | None) -> bool:
        return moment_us is not None and alert.raised_us < moment_us <= until_us

    if inside(card.churned_us):
        return "churn"
    if inside(card.cancel_requested_us):
        return "cancelling"
    before = alert.details.get("monthly_cents")
    if isinstance(before, int) and card.monthly_cents < before and card.as_of_us <= until_us:
        return "contraction"
    silent_from_us = max(card.last_login_us or 0, alert.raised_us)
    is_silent = silent_from_us + SILENT_DAYS * DAY_US <= until_us and card.as_of_us >= silent_from_us + SILENT_DAYS * DAY_US
    return "no login for 14 days" if is_silent else None

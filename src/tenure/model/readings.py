"""What triggers about the whole venture look at, measured by somebody else and handed in."""

from __future__ import annotations

import msgspec


class CohortReading(msgspec.Struct, frozen=True, kw_only=True):
    """Active retention (0-1) of one mature monthly cohort (M9), `2026-03`."""

    month: str
    customers: int
    retention: float


class RetentionReading(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The headline and what it rests on (M8). Shares 0-1; None: not enough customers, or not measured.

    `source` says which headline it is: `mature cohorts`, or `customer retention` where those are under 30 customers.
    """

    headline: float | None
    customers: int
    source: str = "mature cohorts"
    cohorts: tuple[CohortReading, ...] = ()
    this_month: float | None = None
    this_customers: int = 0
    last_month: float | None = None
    last_customers: int = 0


class NpsReading(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """NPS over the window that was used (M14), and over the 30 days before the last 30 (M15)."""

    nps: float | None
    answers: int
    window_days: int
    last_30: float | None = None
    last_30_answers: int = 0
    before: float | None = None
    before_answers: int = 0


class ComponentReading(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One of the four components of the success system (M16): `status` healthy, warning or degraded.

    `is_transient`: trying again may help. `wanted`: what the heal would work on (a playbook key, a provider).
    """

    component: str
    status: str
    sentence: str = ""
    is_transient: bool = True
    wanted: tuple[str, ...] = ()


class Voice(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something a customer said about why it left or is unhappy. `text` is personal data: never in keys or logs."""

    customer_id: str
    text: str
    occurred_us: int
    source: str
    user_id: str | None = None
    arr_cents: int | None = None
    score: float | None = None
    """Of an NPS answer; 0-6 is a detractor."""
    key: str = ""
    """Of the answer or cancellation: a survey about it is sent once (A24)."""


class VentureReadings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything RETENTION-002 to 004 look at, as of `as_of_us`; what was not measured is left out."""

    as_of_us: int
    retention: RetentionReading | None = None
    nps: NpsReading | None = None
    components: tuple[ComponentReading, ...] = ()
    voices: tuple[Voice, ...] = ()
    """Exit surveys, tickets, last comments: why customers leave."""
    detractors: tuple[Voice, ...] = ()
    """The answers 0-6 of the NPS window."""
    at_risk_customers: int = 0
    at_risk_arr_cents: int = 0

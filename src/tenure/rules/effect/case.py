"""One enrollment with everything that became of it: what campaigns are judged by."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from tenure.clock import DAY_US
from tenure.model.health import HealthStatus
from tenure.model.playbooks import PlaybookKind

_BANDS = (HealthStatus.critical, HealthStatus.at_risk, HealthStatus.healthy)
CONVERSION_DAYS = 90


class Case(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One customer through one version of a playbook, held out or treated.

    Outcomes are None while their time has not come: `recovered` and `held` after the recovery horizon, `retained` too
    (still a customer then), `converted` after 90 days (win-back, M13). `start_us` is the first touch, for the held-out the
    entry. `contact_us` is when a person first tried to reach the customer (M13), for ARR 0 the first delivered message;
    `reached`: the customer was reached by a person. `drawn`: it could have been held out, so it can be compared (A8).
    `is_ripe`: the time to respond is over. `lifted`: drawn into the holdout, then taken out of it by a person: neither left alone
    nor treated from the beginning, so it is compared with nobody (A8).
    """

    enrollment_id: int
    playbook: str
    kind: PlaybookKind
    version: int
    customer_id: str
    held_out: bool
    entered_us: int
    start_us: int
    variant: str | None = None
    entry_status: HealthStatus | None = None
    arr_cents: int | None = None
    sent: int = 0
    delivered: int = 0
    opened: bool = False
    clicked: bool = False
    responded: bool = False
    is_ripe: bool = True
    drawn: bool = True
    lifted: bool = False
    reached: bool = True
    complained: bool = False
    unsubscribed: bool = False
    contact_us: int | None = None
    contact_due_us: int | None = None
    recovered: bool | None = None
    held: bool | None = None
    retained: bool | None = None
    converted: bool | None = None
    cost_cents: float = 0.0


class Outcomes(msgspec.Struct, frozen=True, kw_only=True):
    """What the history says of one case."""

    recovered: bool | None
    held: bool | None
    retained: bool | None


def case_outcomes(
    entry_status: HealthStatus | None,
    start_us: int,
    days: Iterable[tuple[int, HealthStatus, bool]],
    churned_us: int | None,
    horizon_days: int,
    now_us: int,
) -> Outcomes:
    """M12: recovered at some daily refresh within the horizon, held on its last day; churn is not recovered.

    Args:
        days: (as of us, status, by behaviour or time) of daily refreshes; a status that only configuration or a person's
            override brought about does not count.
        churned_us: the end of the spell it was in, if it ended.
    """
    end_us = start_us + horizon_days * DAY_US
    if end_us > now_us:
        return Outcomes(recovered=None, held=None, retained=None)
    retained = churned_us is None or churned_us > end_us
    if entry_status is None or entry_status is HealthStatus.healthy:
        return Outcomes(recovered=None, held=None, retained=retained)
    wanted = _BANDS.index(entry_status) + 1
    better = [(at_us, _BANDS.index(status) >= wanted and counts) for at_us, status, counts in days if start_us < at_us <= end_us]
    recovered = retained and any(is_better for _, is_better in better)
    held = retained and bool(better) and max(better)[1]
    return Outcomes(recovered=recovered, held=held, retained=retained)

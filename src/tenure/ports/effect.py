"""What effect is judged from: enrollments with everything done and answered, the team's work, and what became of customers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from tenure.model.health import HealthStatus
from tenure.model.playbooks import PlaybookKind


class EnteredCustomer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One enrollment with its ledger added up; money in cents.

    `delivered` are sent messages that did not bounce; `responded` is A14: an answer within the response window of one of
    its touches, or a call reached while it ran. `offer_cents`: discounts offered to it that left. `contact_us`: the first
    call attempt or personal message since it entered (M13), `contact_due_us` when the call task of it was due; `reached`: a
    call since then reached the customer, or a personal message went out.
    """

    enrollment_id: int
    playbook: str
    kind: PlaybookKind
    version: int
    customer_id: str
    entered_us: int
    held_out: bool
    holdout_percent: float
    entry_status: HealthStatus | None = None
    entry_arr_cents: int | None = None
    ended_us: int | None = None
    execution_id: int | None = None
    variants: Mapping[str, str] = {}
    """By step, the arm of its A/B test."""
    sent: int = 0
    delivered: int = 0
    first_sent_us: int | None = None
    first_delivered_us: int | None = None
    opened: bool = False
    clicked: bool = False
    responded: bool = False
    complained: bool = False
    unsubscribed: bool = False
    reached: bool = False
    contact_us: int | None = None
    contact_due_us: int | None = None
    touch_cents: float = 0.0
    offer_cents: int = 0
    minutes: float = 0.0
    lifted: bool = False
    """Drawn into the holdout and taken out of it by a person (A8)."""


class ClosedTask(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A task somebody closed. `reached`: of call tasks only."""

    by: str
    created_us: int
    closed_us: int
    is_call: bool
    reached: bool = False
    minutes: float = 0.0
    enrollment_id: int | None = None
    execution_id: int | None = None


class Helped(msgspec.Struct, frozen=True, kw_only=True):
    """A28 of one playbook or trigger: how many were asked "did this help?", answered, and said yes."""

    of: str
    asked: int
    answered: int
    yes: int


class TeamWork(msgspec.Struct, frozen=True, kw_only=True):
    """What people and the machine did in [since, until).

    `automatic`: customer-facing touches that left without a person; `by_person`: those a person approved or sent, and tasks
    closed. `calls_due`, `calls_reached`: call tasks whose time came. `answered`: (who, seconds until) of acknowledged alerts.
    """

    automatic: int
    by_person: int
    calls_due: int
    calls_reached: int
    closed: tuple[ClosedTask, ...]
    answered: tuple[tuple[str, float], ...]
    helped: tuple[Helped, ...]


class EffectRows(Protocol):
    """Read by `services.effect`; a few set-wise queries, whatever the number of customers."""

    def entered(self, venture_id: int, since_us: int, until_us: int, *, response_window_us: int) -> Sequence[EnteredCustomer]:
        """Enrollments that entered in [since, until), by number; those still being confirmed, or never entered, are none."""
        ...

    def work(self, venture_id: int, since_us: int, until_us: int) -> TeamWork: ...


class AskedCase(msgspec.Struct, frozen=True, kw_only=True):
    """Of whom and when the history is asked: daily refreshes in (start, end], logins only where `wants_login`."""

    case_id: int
    customer_id: str
    start_us: int
    end_us: int
    wants_login: bool = False


class Became(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the history knows of one case.

    `days`: of each status the first and last daily refresh in (start, end] that showed it; a status only configuration or a
    person's override brought about is shown as what behaviour and time alone come to (M12). `left_us`: when it left, if it
    was no customer at the end. `back_us`: when a new spell began after the start. `login_us`: the first login after it.
    """

    days: tuple[tuple[int, HealthStatus], ...] = ()
    left_us: int | None = None
    back_us: int | None = None
    login_us: int | None = None
    pays: bool = False
    """Has a subscription that was paid."""


class History(Protocol):
    """What became of customers; the warehouse answers, inside a job."""

    def became(self, asked: Sequence[AskedCase], now_us: int) -> Mapping[int, Became]:
        """By case; customers the warehouse does not know are left out. One reading, whatever the number of cases."""
        ...

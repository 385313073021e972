"""Enrollments become cases: when each began, what it cost, and what the history says became of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec

from tenure.clock import DAY_US, HOUR_US
from tenure.model.health import HealthStatus
from tenure.model.playbooks import PlaybookKind
from tenure.parameters import ParameterSet
from tenure.ports.effect import AskedCase, Became, EnteredCustomer, History
from tenure.rules.effect import CONVERSION_DAYS, Case, case_outcomes

PREVENTION_DAYS = 90
_CONTACTED_KINDS = (PlaybookKind.critical, PlaybookKind.cancelling)
_RECOVERY, _CONVERSION, _PREVENTION = range(3)
_QUESTIONS = 3
"""Questions of one enrollment: each is a case of its own to the history."""


class Assembled(msgspec.Struct, frozen=True, kw_only=True):
    """The cases, in order of enrollment, and of those who entered critical long enough ago whether they became healthy."""

    cases: tuple[Case, ...]
    prevented: tuple[bool, ...]


class Assembler:
    """Makes cases of enrollments as of a time.

    Args:
        step_of: the step whose A/B test is judged, of a playbook's version.
    """

    def __init__(self, parameters: ParameterSet, step_of: Callable[[str, int], str | None], now_us: int) -> None:
        self._step_of, self._now_us = step_of, now_us
        self._horizon_days = parameters.integer("recovery_horizon_days")
        self._window_us = parameters.integer("response_window_days") * DAY_US
        self._contact_us = parameters.integer("critical_response_hours") * HOUR_US
        self._minute_cents = parameters.number("person_minute_cost")

    def assemble(self, entered: Sequence[EnteredCustomer], history: History) -> Assembled:
        """One reading of the history for all of them."""
        asked = [question for one in entered for question in self._questions(one)]
        became = history.became(asked, self._now_us)
        return Assembled(
            cases=tuple(self._case(one, became) for one in entered),
            prevented=tuple(
                any(status is HealthStatus.healthy for _, status in found.days) and found.left_us is None
                for one in entered
                if not one.held_out and (found := became.get(_number(one, _PREVENTION))) is not None
            ),
        )

    def _questions(self, one: EnteredCustomer) -> list[AskedCase]:
        start_us = _start_us(one)
        found = [self._question(one, _RECOVERY, self._horizon_days)] if self._is_over(start_us, self._horizon_days) else []
        if one.kind is PlaybookKind.win_back:
            found.append(self._question(one, _CONVERSION, CONVERSION_DAYS))
        if one.entry_status is HealthStatus.critical and self._is_over(start_us, PREVENTION_DAYS):
            found.append(self._question(one, _PREVENTION, PREVENTION_DAYS))
        return found

    def _question(self, one: EnteredCustomer, which: int, days: int) -> AskedCase:
        start_us = _start_us(one)
        return AskedCase(
            case_id=_number(one, which),
            customer_id=one.customer_id,
            start_us=start_us,
            end_us=start_us + days * DAY_US,
            wants_login=which == _CONVERSION,
        )

    def _is_over(self, start_us: int, days: int) -> bool:
        return start_us + days * DAY_US <= self._now_us

    def _case(self, one: EnteredCustomer, became: Mapping[int, Became]) -> Case:
        start_us, step = _start_us(one), self._step_of(one.playbook, one.version)
        known = became.get(_number(one, _RECOVERY))
        days = () if known is None else [(at_us, status, True) for at_us, status in known.days]
        left_us = None if known is None else known.left_us
        # who is not known any more can be judged by nobody
        until_us = self._now_us if known is not None else start_us
        outcomes = case_outcomes(one.entry_status, start_us, days, left_us, self._horizon_days, until_us)
        contact_us = _contact_us(one)
        came_back = _came_back(became.get(_number(one, _CONVERSION)), start_us)
        return Case(
            enrollment_id=one.enrollment_id,
            playbook=one.playbook,
            kind=one.kind,
            version=one.version,
            customer_id=one.customer_id,
            held_out=one.held_out,
            lifted=one.lifted,
            drawn=one.holdout_percent > 0,
            entered_us=one.entered_us,
            start_us=start_us,
            variant=None if step is None else one.variants.get(step),
            entry_status=one.entry_status,
            arr_cents=one.entry_arr_cents,
            sent=one.sent,
            delivered=one.delivered,
            opened=one.opened,
            clicked=one.clicked,
            responded=one.responded,
            is_ripe=start_us + self._window_us <= self._now_us,
            complained=one.complained,
            unsubscribed=one.unsubscribed,
            contact_us=contact_us,
            contact_due_us=self._contact_due_us(one, contact_us),
            reached=one.reached,
            recovered=outcomes.recovered,
            held=outcomes.held,
            retained=outcomes.retained,
            converted=came_back if self._is_over(start_us, CONVERSION_DAYS) else None,
            cost_cents=self._cost_cents(one, came_back),
        )

    def _cost_cents(self, one: EnteredCustomer, came_back: bool | None) -> float:
        """M18. A way back that was offered to somebody who stayed away was not granted."""
        granted = one.offer_cents if one.kind is not PlaybookKind.win_back or came_back else 0
        return one.touch_cents + granted + one.minutes * self._minute_cents

    def _contact_due_us(self, one: EnteredCustomer, contact_us: int | None) -> int | None:
        """None while the time runs and nobody tried. A call task's own time is out of the customer's quiet hours (A10)."""
        if one.kind not in _CONTACTED_KINDS:
            return None
        due_us = one.entered_us + self._contact_us if one.contact_due_us is None else one.contact_due_us
        return due_us if contact_us is not None or due_us <= self._now_us else None


def _number(one: EnteredCustomer, which: int) -> int:
    return one.enrollment_id * _QUESTIONS + which


def _start_us(one: EnteredCustomer) -> int:
    """The first touch; of those left alone, and of those nobody reached, the entry."""
    return one.entered_us if one.held_out or one.first_sent_us is None else one.first_sent_us


def _contact_us(one: EnteredCustomer) -> int | None:
    """M13: by a person; for ARR 0 a delivered message will do."""
    times = [one.contact_us, one.first_delivered_us if one.entry_arr_cents == 0 else None]
    return min((at_us for at_us in times if at_us is not None), default=None)


def _came_back(found: Became | None, start_us: int) -> bool | None:
    """M13: a new spell; for customers without subscription a login.

    None: nobody can say, as of somebody who has a running subscription and only fell silent.
    """
    if found is None:
        return None
    if found.back_us is not None and found.back_us <= start_us + CONVERSION_DAYS * DAY_US:
        return True
    if not found.pays:
        return found.login_us is not None
    return None if found.left_us is None else False

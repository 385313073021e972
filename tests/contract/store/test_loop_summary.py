"""The loop in sums, on both engines."""

from __future__ import annotations

from typing import Any

from tests.contract.store.test_effect import START, Insert, answer, enter, insert, touch

from tenure.clock import DAY_US
from tenure.model.touches import Channel, ResponseKind, TouchState
from tenure.model.ventures import Venture
from tenure.ports.loop_summary import ChainSum, DoneSum, RefusalSum
from tenure.ports.touches import TouchFilter
from tenure.store import Store
from tenure.store.loop_tables import recursion_executions

__all__ = ["insert"]  # the fixture
END = START + 30 * DAY_US


def test_done_counts_touches_customers_and_those_who_answered(store: Store, venture: Venture, insert: Insert) -> None:
    one, two = enter(store, venture, "c1"), enter(store, venture, "c2")
    first = touch(insert, one, 1)
    touch(insert, one, 2, approved_by="ola")
    touch(insert, two, 3)
    touch(insert, two, 40)
    touch(insert, two, 1, customer_facing=0)
    answer(store, venture, "c1", ResponseKind.replied, 1.5, first)
    answer(store, venture, "c1", ResponseKind.clicked, 1.6, first)
    answer(store, venture, "c2", ResponseKind.opened, 3.5, None)
    found = store.loop_summary.done(venture.venture_id, START, END)
    assert found == [DoneSum(playbook="at_risk", channel="email", sent=3, by_person=1, customers=2, answered=1)]


def test_not_done_is_told_by_reason_most_first(store: Store, venture: Venture, insert: Insert) -> None:
    one = enter(store, venture, "c1")
    for step in ("a", "b"):
        touch(insert, one, 1, state="refused", reason="consent: none", sent_us=None, step=step)
    touch(insert, one, 1, state="deferred", reason="quiet_hours: quiet", sent_us=None)
    touch(insert, one, 1)
    assert store.loop_summary.not_done(venture.venture_id, START, END) == [
        RefusalSum(state="refused", reason="consent: none", touches=2, customers=1),
        RefusalSum(state="deferred", reason="quiet_hours: quiet", touches=1, customers=1),
    ]


def test_the_ledger_lists_what_each_sum_counts(store: Store, venture: Venture, insert: Insert) -> None:
    one = enter(store, venture, "c1")
    for day in (-1, 1, 2, 40):
        touch(insert, one, day)
    touch(insert, one, 1, customer_facing=0)
    touch(insert, one, 1, playbook=None)
    for reason in ("budget: 2 of 2", "expired, waited for budget: 2 of 2", "budget_year: 9", "consent: none"):
        touch(insert, one, 3, state="refused", reason=reason, sent_us=None)
    within = {"customer_facing": True, "since_us": START, "until_us": END - 1}

    def listed(**where: Any) -> int:
        return len(store.touches.list(venture.venture_id, TouchFilter(**within, **where)))

    sums = store.loop_summary.done(venture.venture_id, START, END)
    assert {one.playbook: one.sent for one in sums} == {"at_risk": 2, None: 1}
    assert all(listed(left=True, playbook=one.playbook or "", channel=Channel(one.channel)) == one.sent for one in sums)
    assert listed(states=(TouchState.refused,), reason="budget") == 2
    assert listed(left=True, channel=Channel.call) == 0


def test_chains_are_those_open_and_those_ended_in_the_time(store: Store, venture: Venture, insert: Insert) -> None:
    common = {"trigger_id": "RETENTION-001", "trigger_version": 1, "iteration": 1, "actions": 0, "cause": {}, "outcome": {}}
    for number, (is_open, reason, ended_day) in enumerate([(1, None, None), (None, "recovered", 2), (None, "responded", 3), (None, "recovered", -9)]):
        ended_us = None if ended_day is None else START + ended_day * DAY_US
        insert(
            recursion_executions, **common, subject=f"c{number}", firing_key=f"f{number}", is_open=is_open, reason=reason,
            state="open" if is_open else "terminated", opened_us=START - 20 * DAY_US, terminated_us=ended_us,
        )  # fmt: skip
    found = store.loop_summary.chains(venture.venture_id, START, END)
    assert sorted(found, key=lambda one: one.reason or "") == [
        ChainSum(trigger_id="RETENTION-001", reason=None, chains=1),
        ChainSum(trigger_id="RETENTION-001", reason="recovered", chains=1),
        ChainSum(trigger_id="RETENTION-001", reason="responded", chains=1),
    ]

"""Assisted autonomy: drafts wait for the customer's owner (A9)."""

from __future__ import annotations

from itertools import count

import pytest
from tests.outreach_builder import WEDNESDAY_NOON_US, Office, card, office, states, wanted

from tenure.clock import DAY_US, HOUR_US
from tenure.errors import BadInput, NotFound
from tenure.model.cause import Cause, CauseKind
from tenure.model.intents import ApproveTouches, Intent
from tenure.model.touches import TouchState
from tenure.services.outreach import OutreachActs
from tenure.store import Store

NOW = WEDNESDAY_NOON_US
_numbers = count(1)


@pytest.fixture
def assisted(store: Store) -> Office:
    """Three drafts wait: two of Robin's customers, one of Ash's."""
    made = office(store, f"d{next(_numbers)}", autonomy="message=assisted")
    made.put(card("c2"), card("c3", owner="Ash"))
    made.want(wanted("k1"), wanted("k2", customer_id="c2"), wanted("k3", customer_id="c3"))
    made.outreach.gate(NOW)
    return made


def ids(made: Office, *keys: str) -> list[int]:
    return [made.touch(key).touch_id for key in keys]


def test_A9_drafts_are_listed_for_their_owner(assisted: Office) -> None:
    assert states(assisted, ["k1", "k2", "k3"]) == ["drafted"] * 3
    assert [one.key for one, _ in assisted.outreach.drafts(owner="Robin")] == ["k2", "k1"]
    assert [owner for _, owner in assisted.outreach.drafts()] == ["Ash", "Robin", "Robin"]


def test_A9_approved_in_bulk_they_leave_once(assisted: Office) -> None:
    chosen = ids(assisted, "k1", "k2")
    assert assisted.outreach.approve(chosen, by="Robin", now_us=NOW) == 2
    assert assisted.outreach.approve(chosen, by="Robin", now_us=NOW) == 0
    assisted.pass_on(NOW)
    assert states(assisted, ["k1", "k2", "k3"]) == ["sent", "sent", "drafted"]
    assert assisted.said("k1") == [("autonomy", "draft"), ("person", "defer"), ("", "allow")]


def test_an_approved_draft_still_waits_for_the_morning(assisted: Office) -> None:
    assisted.outreach.approve(ids(assisted, "k1"), by="Robin", now_us=NOW + 9 * HOUR_US)
    assisted.pass_on(NOW + 9 * HOUR_US)
    assert assisted.said("k1")[-1] == ("quiet_hours", "defer")
    assisted.pass_on(NOW + 22 * HOUR_US)
    assert assisted.touch("k1").state is TouchState.sent


def test_A9_a_draft_nobody_approved_expires(assisted: Office) -> None:
    assisted.outreach.gate(NOW + 3 * DAY_US - 1)
    assert assisted.touch("k1").state is TouchState.drafted
    assisted.outreach.gate(NOW + 3 * DAY_US)
    assert (assisted.touch("k1").state, assisted.touch("k1").reason) == (TouchState.skipped, "expired, waited for approval")
    assert assisted.outreach.approve(ids(assisted, "k1"), by="Robin", now_us=NOW + 3 * DAY_US) == 0


def test_a_draft_can_be_changed_or_rejected(assisted: Office) -> None:
    first, second = ids(assisted, "k1", "k2")
    assisted.outreach.edit(first, {"text": "In my own words.\n"}, by="Robin", now_us=NOW)
    assisted.outreach.approve([first], by="Robin", now_us=NOW)
    assisted.outreach.reject([second], by="Robin", why="we met yesterday", now_us=NOW)
    assisted.pass_on(NOW)
    assert [one.text for one in assisted.sender.messages] == ["In my own words.\n"]
    assert assisted.touch("k2").state is TouchState.refused
    with pytest.raises(BadInput):
        assisted.outreach.edit(ids(assisted, "k3")[0], {"cc": "x"}, by="Robin", now_us=NOW)
    with pytest.raises(NotFound):
        assisted.outreach.edit(first, {"text": "too late"}, by="Robin", now_us=NOW)


def test_A9_manual_autonomy_lists_advice_that_expires(store: Store) -> None:
    made = office(store, f"d{next(_numbers)}", autonomy="message=manual")
    made.want(wanted())
    made.pass_on(NOW)
    assert made.touch().state is TouchState.advised and not made.sender.messages
    made.outreach.gate(NOW + 3 * DAY_US)
    assert made.touch().state is TouchState.skipped


def test_a_decision_answers_drafts_by_key(assisted: Office) -> None:
    acts = OutreachActs(assisted.outreach, assisted.store.touches, assisted.venture_id)
    yes = ApproveTouches(keys=("k1",), by="kim", changes={"subject": "Changed"})
    no = ApproveTouches(keys=("k2",), approve=False, by="kim", why="not now")
    intents = [Intent(key=f"i{i}", wish=wish, cause=Cause(kind=CauseKind.person)) for i, wish in enumerate((yes, no))]
    for _ in range(2):
        acts.carry_out(intents, NOW)
        assisted.pass_on(NOW)
    assert states(assisted, ["k1", "k2"]) == ["sent", "refused"]
    assert [one.subject for one in assisted.sender.messages] == ["Changed"]

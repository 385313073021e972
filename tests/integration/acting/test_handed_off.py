"""A21: pausing reaches the vendor too: what was handed off is stopped or, where the vendor cannot, listed with a link."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.integration.acting.house import MONDAY_10_US, House

from tenure.cli.main import main
from tenure.clock import MINUTE_US
from tenure.errors import BadInput, Refused, Unavailable
from tenure.model.handoffs import HandedKind, HandedOff, StopResult
from tenure.ports.senders import OutcomeUnknown
from tenure.providers.calendar.mapping import CalendarInvitations
from tenure.rules.safety.handoffs import covers
from tenure.services.safety.service import SafetyService
from tenure.services.safety.watching import SafetyWatch
from tenure.testing.flow_twin import FlowTwin

NOW = MONDAY_10_US
FLOW, SEND = HandedKind.flow, HandedKind.scheduled_send


class Vendors:
    """One that can stop, one that cannot, one that is down when it matters."""

    def __init__(self) -> None:
        self.can, self.cannot, self.fails = FlowTwin(), FlowTwin(stops=[HandedKind.list]), FlowTwin()

    def safety(self, house: House) -> SafetyService:
        by_name = {"can": self.can, "cannot": self.cannot, "fails": self.fails}
        return SafetyService(house.store, house.touches, house.venture, lambda: house.parameters, CalendarInvitations("example.com"), by_name)


@pytest.fixture
def vendors() -> Vendors:
    return Vendors()


@pytest.fixture
def safety(house: House, vendors: Vendors) -> SafetyService:
    """Each vendor runs a flow of at_risk for us; then one of them goes down."""
    made = vendors.safety(house)
    for name in ("can", "cannot", "fails"):
        made.handed.hand_over(name, FLOW, f"Rescue at {name}", "playbook:at_risk", by="Lee", by_score=True, now_us=NOW)
    vendors.fails.is_down = True
    return made


def results(things: Any) -> dict[str, str | None]:
    return {one.provider: one.result and one.result.value for one in things}


def running(vendor: FlowTwin) -> bool:
    return any(one.is_running for one in vendor.things.values())


def test_A21_the_kill_switch_stops_at_vendors_and_lists_with_a_link_what_it_cannot(safety: SafetyService, vendors: Vendors) -> None:
    _, by_hand = safety.kill(by="Cleo", why="stop", now_us=NOW)
    assert not running(vendors.can) and running(vendors.cannot) and running(vendors.fails)
    assert results(by_hand) == {"cannot": "cannot", "fails": "failed"}
    assert by_hand[0].link == "https://twin.example.com/flows/flow-1" and "cannot stop a flow" in by_hand[0].note


def test_A21_an_incident_shows_each_thing_stopped_failed_or_to_be_stopped_by_hand(house: House, safety: SafetyService) -> None:
    incident = safety.open("scoring_failed", "scoring", "Health scoring failed", {}, key="s", by="rule", now_us=NOW)
    assert incident is not None
    assert results(safety.handed.of_incident(incident.incident_id)) == {"can": "stopped", "cannot": "cannot", "fails": "failed"}
    (told,) = house.touches.to("#customer-success")
    assert "Stop Rescue at cannot at cannot by hand" in str(told.content) and "Rescue at can at can" not in str(told.content)


def test_A21_what_failed_is_tried_again_at_each_tick_and_still_belongs_to_its_incident(
    house: House, safety: SafetyService, vendors: Vendors
) -> None:
    incident = safety.open("scoring_failed", "scoring", "Health scoring failed", {}, key="s", by="rule", now_us=NOW)
    watch = SafetyWatch(house.store, safety, house.venture, lambda: house.parameters)
    assert watch.tick(NOW + MINUTE_US)["stopped_at_vendors"] == 0
    vendors.fails.is_down = False
    assert watch.tick(NOW + 2 * MINUTE_US)["stopped_at_vendors"] == 1 and not running(vendors.fails)
    assert incident is not None
    assert results(safety.handed.of_incident(incident.incident_id))["fails"] == "stopped"
    assert watch.tick(NOW + 3 * MINUTE_US)["stopped_at_vendors"] == 0


def test_A21_a_pause_made_elsewhere_reaches_the_vendor_with_the_next_tick(house: House, safety: SafetyService, vendors: Vendors) -> None:
    house.store.controls.pause(house.own, "provider:can", by="breaker", why="", now_us=NOW)
    SafetyWatch(house.store, safety, house.venture, lambda: house.parameters).tick(NOW)
    assert not running(vendors.can) and results(safety.handed.stop(["crm"], NOW)) == {}


def test_A21_under_a_pause_nothing_is_handed_off(safety: SafetyService) -> None:
    safety.pause("playbook:at_risk", by="Lee", why="", now_us=NOW)
    with pytest.raises(Refused, match="nothing is handed off"):
        safety.handed.hand_over("can", SEND, "Letter", "playbook:at_risk", by="Lee", now_us=NOW)
    assert safety.handed.hand_over("can", SEND, "Letter", "playbook:onboarding", by="Lee", now_us=NOW).is_running


def test_what_no_vendor_is_connected_for_is_written_down_with_its_link_and_stopped_by_a_person(safety: SafetyService, vendors: Vendors) -> None:
    with pytest.raises(BadInput, match="not a vendor"):
        safety.handed.hand_over("elsewhere", FLOW, "Flow", "playbook:at_risk", by="Lee", now_us=NOW)
    with pytest.raises(Unavailable, match="503"):
        safety.handed.hand_over("fails", FLOW, "Flow", "playbook:at_risk", by="Lee", now_us=NOW)
    link = "https://vendor.example.com/flows/2"
    thing = safety.handed.hand_over("elsewhere", FLOW, "Flow", "playbook:at_risk", by="Lee", link=link, now_us=NOW)
    assert safety.handed.hand_over("elsewhere", FLOW, "Flow", "playbook:at_risk", by="Lee", link=link, now_us=NOW) == thing
    _, by_hand = safety.pause("playbook:at_risk", by="Lee", why="", now_us=NOW)
    assert [one.link for one in by_hand if one.provider == "elsewhere"] == [link]
    assert safety.handed.stopped_by_hand(thing.handed_id, by="Ola", now_us=NOW).result is StopResult.stopped
    with pytest.raises(Refused, match="before"):
        safety.handed.stopped_by_hand(thing.handed_id, by="Ola", now_us=NOW)


@pytest.mark.parametrize(("scope", "covered"), [
    ("everything", True), ("outreach", True), ("playbook:at_risk", True), ("provider:can", True), ("outreach_by_score", True),
    ("scoring", True), ("playbook:renewal", False), ("provider:other", False), ("crm", False), ("approval", False),
])  # fmt: skip
def test_A21_which_pauses_reach_a_thing(scope: str, covered: bool) -> None:
    thing = HandedOff(
        handed_id=1, provider="can", kind=FLOW, vendor_id="f", name="n", scope="playbook:at_risk", link="", handed_us=1, handed_by="", key="k", by_score=True
    )
    assert covers(scope, thing) is covered


def test_the_twin_has_ids_and_limits_and_a_memory_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "twin.json"
    vendor_id, _ = FlowTwin(file).hand_over(FLOW, "Flow", "k", NOW)
    assert FlowTwin(file).hand_over(FLOW, "Flow", "k", NOW)[0] == vendor_id and len(FlowTwin(file).things) == 1
    again = FlowTwin(file, calls_per_window=2)
    again.stop(FLOW, vendor_id, NOW)
    with pytest.raises(Exception, match="404"):
        again.stop(SEND, vendor_id, NOW)
    with pytest.raises(Exception, match="429"):
        again.stop(FLOW, vendor_id, NOW)
    assert not FlowTwin(file).things[vendor_id].is_running


def test_A21_by_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "acme"
    assert main(["init", str(folder)]) == 0

    def said(*words: str) -> Any:
        capsys.readouterr()
        assert main([*words, "--workspace", str(folder), "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    said("handed", "add", "Rescue", "--provider", "twin", "--playbook", "at_risk")
    said("handed", "add", "Elsewhere", "--provider", "other", "--playbook", "at_risk", "--link", "https://vendor.example.com/1")
    assert [one["name"] for one in said("pause", "playbook:at_risk")["stop_by_hand"]] == ["Elsewhere"]
    assert [(one["name"], one["result"]) for one in said("handed")] == [("Rescue", "stopped"), ("Elsewhere", "cannot")]
    said("handed", "stopped", "2", "--by", "Ola")
    assert [one["runs"] for one in said("handed", "list")] == [False, False]


def test_A21_what_a_person_stopped_while_a_try_was_under_way_stays_stopped(house: House, safety: SafetyService) -> None:
    thing = safety.handed.stopped_by_hand(house.store.hand_offs.all(house.own)[0].handed_id, by="Lee", now_us=NOW)
    house.store.hand_offs.tried(house.own, thing.handed_id, StopResult.failed, note="busy (503)", incident_id=None, now_us=NOW + 1)
    assert house.store.hand_offs.get(house.own, thing.handed_id) == thing and not thing.is_running


class Killed(BaseException):
    """The process ends here."""


class Dies(FlowTwin):
    """A vendor during whose answer something happens to us: before it took the order, or after."""

    def __init__(self, problem: BaseException, *, took_it: bool) -> None:
        super().__init__()
        self._problem, self._took_it, self._once = problem, took_it, True

    def hand_over(self, kind: HandedKind, name: str, key: str, now_us: int) -> tuple[str, str]:
        if not self._once:
            return super().hand_over(kind, name, key, now_us)
        self._once = False
        if self._took_it:
            super().hand_over(kind, name, key, now_us)
        raise self._problem


@pytest.mark.parametrize("took_it", [True, False])
@pytest.mark.parametrize("problem", [Killed(), OutcomeUnknown("the line broke")])
def test_A21_killed_between_the_vendors_answer_and_our_row_a_hand_off_is_recorded_once_and_asked_once(
    house: House, problem: BaseException, took_it: bool
) -> None:
    dies = Dies(problem, took_it=took_it)
    made = SafetyService(house.store, house.touches, house.venture, lambda: house.parameters, CalendarInvitations("example.com"), {"dies": dies})
    with pytest.raises((Killed, Unavailable)):
        made.handed.hand_over("dies", FLOW, "Rescue", "playbook:at_risk", by="Lee", now_us=NOW)
    (asked,) = house.store.hand_offs.all(house.own)
    assert asked.is_asked and not asked.is_running
    watch = SafetyWatch(house.store, made, house.venture, lambda: house.parameters)
    assert [watch.tick(NOW + minute)["settled_at_vendors"] for minute in (1, 2)] == [1, 0]
    again = made.handed.hand_over("dies", FLOW, "Rescue", "playbook:at_risk", by="Lee", now_us=NOW + 3)
    assert house.store.hand_offs.all(house.own) == [again] and again.is_running and again.link == "https://twin.example.com/flows/flow-1"
    assert len(dies.things) == 1
    made.handed.stop(["playbook:at_risk"], NOW + 4)
    anew = made.handed.hand_over("dies", FLOW, "Rescue", "playbook:at_risk", by="Lee", now_us=NOW + 5)
    assert anew.vendor_id == "flow-2", "what was stopped may be handed over anew"


@pytest.mark.parametrize("took_it", [True, False])
def test_A21_a_pause_reaches_what_was_asked_for_before_its_answer_was_known(house: House, took_it: bool) -> None:
    dies = Dies(Killed(), took_it=took_it)
    made = SafetyService(house.store, house.touches, house.venture, lambda: house.parameters, CalendarInvitations("example.com"), {"dies": dies})
    with pytest.raises(Killed):
        made.handed.hand_over("dies", FLOW, "Rescue", "playbook:at_risk", by="Lee", now_us=NOW)
    dies.is_down = True
    _, by_hand = made.kill(by="Cleo", why="stop", now_us=NOW)
    assert results(by_hand) == {"dies": "failed"}
    dies.is_down = False
    watch = SafetyWatch(house.store, made, house.venture, lambda: house.parameters)
    said = watch.tick(NOW + MINUTE_US)
    assert (said["settled_at_vendors"], said["stopped_at_vendors"]) == (0, 1)
    (thing,) = house.store.hand_offs.all(house.own)
    assert not thing.may_run and not running(dies) and len(dies.things) == took_it


def test_A21_what_the_vendor_surely_did_not_take_is_asked_for_again_only_when_somebody_wants_it(
    house: House, safety: SafetyService, vendors: Vendors
) -> None:
    with pytest.raises(Unavailable, match="did not take it"):
        safety.handed.hand_over("fails", SEND, "Letter", "playbook:renewal", by="Lee", now_us=NOW)
    vendors.fails.is_down = False
    assert safety.handed.settle(NOW) == 0 and len(vendors.fails.things) == 1
    assert safety.handed.hand_over("fails", SEND, "Letter", "playbook:renewal", by="Lee", now_us=NOW).is_running

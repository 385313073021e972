"""Safety: four rules, seven steps, pauses, the live switch (section 3, A1, A20, A21, M15)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.integration.acting.house import MONDAY_10_US, House

from tenure.clock import DAY_US, HOUR_US, MINUTE_US
from tenure.errors import BadInput, Refused
from tenure.model.cause import Cause, CauseKind
from tenure.model.incidents import EVERYTHING, Incident, IncidentState, Mode
from tenure.model.intents import OpenIncident
from tenure.model.runs import RunEnd, RunKind, RunState
from tenure.model.touches import ActionClass, Channel, Purpose, Response, ResponseKind
from tenure.ports.touches import WantedTouch
from tenure.providers.calendar.mapping import CalendarInvitations
from tenure.rules.safety.incidents import acts_again
from tenure.rules.safety.watches import NpsChange
from tenure.services.safety.going_live import GoingLive
from tenure.services.safety.service import SafetyService
from tenure.services.safety.watching import SafetyWatch
from tenure.store import Store
from tenure.store.loop_tables import crm_sync_log, touches
from tenure.store.statements import new_id

NOW = MONDAY_10_US
S = IncidentState


@pytest.fixture
def safety(house: House) -> SafetyService:
    return SafetyService(house.store, house.touches, house.venture, lambda: house.parameters, CalendarInvitations("example.com"))


def fall(safety: SafetyService, now_us: int = NOW, key: str = "fleet") -> Incident:
    made = safety.open("fleet_drop", "outreach_by_score", "A third of all customers fell", {"fallen": 40}, key=key, by="rule", now_us=now_us)
    assert made is not None
    return made


def paused(house: House, *scopes: str) -> bool:
    return house.store.controls.state(house.own, NOW).paused(*scopes) is not None


# --- the seven steps -------------------------------------------------------------------------------------------------


def test_opening_an_incident_pauses_tells_the_team_and_books_a_review_within_24_hours(house: House, safety: SafetyService) -> None:
    incident = fall(safety)
    assert [step.state for step in incident.steps] == [S.paused, S.told, S.review_booked]
    assert all(step.at_us == NOW and step.by for step in incident.steps)
    assert paused(house, "outreach_by_score")
    (told,) = house.touches.to("#customer-success")
    assert "A third of all customers fell" in str(told.content["subject"])
    (mail,) = house.touches.to("lee@example.com")
    (file,) = mail.content["attachments"]  # type: ignore[misc]
    assert file["mime"] == "text/calendar; method=REQUEST" and "DTSTART:20260302T120000Z" in file["text"]
    (wish,) = house.pending("ask_decision")
    assert (wish.kind, wish.context["scope"]) == ("pause_resume", "outreach_by_score")


def test_all_seven_steps_have_a_time_and_a_name(house: House, safety: SafetyService) -> None:
    number = fall(safety).incident_id
    safety.write_cause(number, "The tracker was switched off.", by="Lee", now_us=NOW + HOUR_US)
    safety.write_fix(number, "It is on again.", by="Lee", now_us=NOW + 2 * HOUR_US)
    safety.resume(number, by="Cleo", now_us=NOW + 3 * HOUR_US)
    incident = safety.finish(number, by="Cleo", now_us=NOW + 28 * HOUR_US)
    assert [step.state for step in incident.steps] == list(S)
    assert [step.by for step in incident.steps[3:]] == ["Lee", "Lee", "Cleo", "Cleo"]
    assert not paused(house, "outreach_by_score") and incident.ended_us == NOW + 28 * HOUR_US


def test_only_legal_moves_are_made(safety: SafetyService) -> None:
    number = fall(safety).incident_id
    with pytest.raises(Refused, match="comes next is cause_written"):
        safety.resume(number, by="Lee", now_us=NOW)
    with pytest.raises(BadInput, match="root cause"):
        safety.write_cause(number, "  ", by="Lee", now_us=NOW)
    safety.write_cause(number, "why", by="Lee", now_us=NOW)
    with pytest.raises(Refused):
        safety.write_cause(number, "again", by="Lee", now_us=NOW)


def test_it_resumes_with_a_small_cohort_of_always_the_same_customers(house: House, safety: SafetyService) -> None:
    number = fall(safety).incident_id
    safety.write_cause(number, "why", by="Lee", now_us=NOW)
    safety.write_fix(number, "how", by="Lee", now_us=NOW)
    safety.resume(number, by="Lee", now_us=NOW)
    pause = house.store.controls.state(house.own, NOW).paused("outreach_by_score")
    assert pause is not None and pause.cohort_percent == 10.0
    again = [name for name in map(str, range(2_000)) if acts_again(pause, house.venture.key, name)]
    assert 150 < len(again) < 250
    assert again == [name for name in map(str, range(2_000)) if acts_again(pause, house.venture.key, name)]


def test_the_small_cohort_is_watched_before_everything_resumes(safety: SafetyService) -> None:
    number = fall(safety).incident_id
    safety.write_cause(number, "why", by="Lee", now_us=NOW)
    safety.write_fix(number, "how", by="Lee", now_us=NOW)
    safety.resume(number, by="Lee", now_us=NOW)
    with pytest.raises(Refused, match="watched for 24 hours"):
        safety.finish(number, by="Lee", now_us=NOW + HOUR_US)
    assert safety.finish(number, by="Lee", note="the sensor is proven", now_us=NOW + HOUR_US).state is S.resumed


def test_tripping_again_while_watched_pauses_everything_and_begins_anew(house: House, safety: SafetyService) -> None:
    number = fall(safety).incident_id
    safety.write_cause(number, "why", by="Lee", now_us=NOW)
    safety.write_fix(number, "how", by="Lee", now_us=NOW)
    safety.resume(number, by="Lee", now_us=NOW)
    wish = OpenIncident(rule="fleet_drop", scope="outreach_by_score", title="Again")
    note = safety.carry_out([house.intent(wish, "second")], NOW + HOUR_US)
    assert note == {"second": "open already"}
    pause = house.store.controls.state(house.own, NOW).paused("outreach_by_score")
    assert pause is not None and pause.cohort_percent is None
    assert house.store.incidents.get(house.own, number).state is S.review_booked


def test_an_incident_carried_out_twice_or_by_two_workers_is_one(house: House, safety: SafetyService) -> None:
    intent = house.intent(OpenIncident(rule="fleet_drop", scope="outreach_by_score", title="t"), "one")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: safety.carry_out([intent], NOW), range(4)))
    safety.finish_openings(NOW)
    (incident,) = house.store.incidents.list(house.own)
    assert [step.state for step in incident.steps] == [S.paused, S.told, S.review_booked]
    assert len(house.store.controls.state(house.own, NOW).pauses) == 1


def test_an_opening_that_was_killed_is_finished_by_the_next_tick(house: House, safety: SafetyService) -> None:
    wanted = Incident(incident_id=0, key="k", rule="fleet_drop", scope="outreach_by_score", title="t", state=S.paused, opened_us=NOW)
    house.store.incidents.open(house.own, wanted, pauses=["outreach_by_score"], intents=[], by="rule", now_us=NOW)
    assert paused(house, "outreach_by_score") and house.touches.wanted == {}
    assert safety.finish_openings(NOW + MINUTE_US) == 1
    assert house.store.incidents.list(house.own)[0].state is S.review_booked
    assert house.touches.to("#customer-success")


def test_nothing_resumes_by_itself_unless_its_rule_allows_it(house: House, safety: SafetyService) -> None:
    fall(safety)
    provider = safety.open("technical_failures", "provider:smtp", "SMTP keeps failing", {}, key="p", by="rule", now_us=NOW)
    assert provider is not None
    assert safety.resume_by_rule(NOW + 30 * MINUTE_US) == 0
    assert safety.resume_by_rule(NOW + 2 * HOUR_US) == 1
    assert house.store.incidents.get(house.own, provider.incident_id).state is S.small_cohort
    assert safety.resume_by_rule(NOW + 4 * HOUR_US) == 1
    assert not paused(house, "provider:smtp") and paused(house, "outreach_by_score")


# --- who was touched -------------------------------------------------------------------------------------------------


def sent(house: House, key: str, customer_id: str, sent_us: int, **fields: Any) -> int:
    wish = WantedTouch(
        key=key, channel=Channel.email, action_class=ActionClass.message, purpose=Purpose.service, customer_facing=True,
        cause=Cause(kind=CauseKind.playbook, score_run=fields.pop("run", None)), due_us=sent_us, content={}, customer_id=customer_id,
        **{"playbook": "at_risk", "version": 1, **fields},
    )  # fmt: skip
    house.store.touches.want(house.own, [wish], now_us=sent_us)
    (made,) = house.store.touches.by_keys(house.own, [key])
    with house.store._database.writing() as connection:
        update = touches.update().where(touches.c.touch_id == made.touch_id).values(state="sent", sent_us=sent_us)
        connection.execute(update)
    return made.touch_id


def test_those_touched_by_the_faulty_run_are_listed_and_get_a_correction_each_once(house: House, safety: SafetyService) -> None:
    for key, customer, run in (("a", "c1", 7), ("b", "c1", 7), ("c", "c2", 7), ("d", "c3", 6)):
        sent(house, key, customer, NOW - HOUR_US, run=run)
    incident = safety.open("fleet_drop", "outreach_by_score", "t", {"run": 7}, key="f", by="rule", now_us=NOW)
    assert incident is not None
    assert [one["customer_id"] for one in safety.touched(incident.incident_id, NOW)] == ["c1", "c1", "c2"]
    with pytest.raises(BadInput):
        safety.correct(incident.incident_id, "", "", by="Lee", now_us=NOW)
    assert safety.correct(incident.incident_id, "Our mistake", "Please ignore our mail.", by="Lee", now_us=NOW) == 2
    intents = house.store.intents.pending(house.own, "send_correction", now_us=NOW)
    before = len(house.touches.wanted)
    for _ in range(2):
        safety.carry_out(intents, NOW)
    corrections = list(house.touches.wanted.values())[before:]
    assert {one.customer_id for one in corrections} == {"c1", "c2"}
    assert all(one.customer_facing and one.by_person for one in corrections)


# --- the watch rules -------------------------------------------------------------------------------------------------


def watch(house: House, safety: SafetyService, nps: NpsChange | None = None) -> SafetyWatch:
    return SafetyWatch(house.store, safety, house.venture, lambda: house.parameters, nps=lambda now_us: nps)


def sync(house: House, records: int, errors: int, ended_us: int = NOW, state: str = "done") -> None:
    values = {"platform": "twin", "started_us": ended_us, "ended_us": ended_us, "details": {}, "state": state}
    with house.store._database.writing() as connection:
        new_id(connection, crm_sync_log, venture_id=house.own, records=records, errors=errors, **values)


def end(house: House, safety: SafetyService, now_us: int) -> None:
    for one in house.store.incidents.list(house.own, open_only=True):
        safety.write_cause(one.incident_id, "why", by="Lee", now_us=now_us)
        safety.write_fix(one.incident_id, "how", by="Lee", now_us=now_us)
        safety.resume(one.incident_id, by="Lee", now_us=now_us)
        safety.finish(one.incident_id, by="Lee", note="sure", now_us=now_us)


def test_a20_crm_errors_above_the_limit_pause_crm_writing_once(house: House, safety: SafetyService) -> None:
    sync(house, 100, 5)
    assert watch(house, safety).watch(NOW) == 0  # 5 % is not above 5 %
    sync(house, 19, 10)
    sync(house, 100, 6)
    assert (watch(house, safety).watch(NOW), watch(house, safety).watch(NOW + MINUTE_US)) == (1, 0)
    assert paused(house, "crm")
    end(house, safety, NOW + HOUR_US)
    assert watch(house, safety).watch(NOW + 2 * HOUR_US) == 0  # the same runs were judged
    sync(house, 50, 10, NOW + 3 * HOUR_US)
    assert watch(house, safety).watch(NOW + 3 * HOUR_US) == 1


def test_a20_few_crm_records_trip_only_after_three_failed_runs(house: House, safety: SafetyService) -> None:
    sync(house, 4, 4, state="failed")
    sync(house, 4, 4, state="failed")
    assert watch(house, safety).watch(NOW) == 0
    sync(house, 4, 4, state="failed")
    assert watch(house, safety).watch(NOW) == 1


def angry(house: House, touch_id: int, customer_id: str, kind: ResponseKind, at_us: int = NOW) -> None:
    key = f"{kind}:{touch_id}"
    found = Response(key=key, kind=kind, occurred_us=at_us, customer_id=customer_id, touch_id=touch_id)
    house.store.responses.add(house.own, [found], now_us=at_us)


def test_a20_negative_feedback_pauses_that_campaign_and_withdraws_its_outbox(house: House, safety: SafetyService) -> None:
    numbers = [sent(house, f"m{one}", f"c{one}", NOW - HOUR_US) for one in range(50)]
    for one in range(5):
        angry(house, numbers[one], f"c{one}", ResponseKind.unsubscribed)
        angry(house, numbers[one], f"c{one}", ResponseKind.angry_reply)  # the same person counts once
    assert watch(house, safety).watch(NOW) == 0  # 10 % of 50 is not above 10 %
    angry(house, numbers[5], "c5", ResponseKind.unsubscribed)
    assert watch(house, safety).watch(NOW) == 1
    assert paused(house, "playbook:at_risk") and not paused(house, "playbook:critical")
    assert house.touches.withdrawn[0]["playbook"] == "at_risk"
    end(house, safety, NOW + HOUR_US)
    assert watch(house, safety).watch(NOW + 2 * HOUR_US) == 0


def test_a20_five_people_are_enough_before_fifty_were_delivered(house: House, safety: SafetyService) -> None:
    numbers = [sent(house, f"m{one}", f"c{one}", NOW - HOUR_US) for one in range(10)]
    for one in range(4):
        angry(house, numbers[one], f"c{one}", ResponseKind.unsubscribed)
    assert watch(house, safety).watch(NOW) == 0
    angry(house, numbers[4], "c4", ResponseKind.angry_reply)
    assert watch(house, safety).watch(NOW) == 1


def test_a20_two_spam_complaints_pause_a_campaign(house: House, safety: SafetyService) -> None:
    numbers = [sent(house, f"m{one}", f"c{one}", NOW - HOUR_US) for one in range(60)]
    angry(house, numbers[0], "c0", ResponseKind.complained)
    assert watch(house, safety).watch(NOW) == 0
    angry(house, numbers[1], "c1", ResponseKind.complained)
    assert watch(house, safety).watch(NOW) == 1


@pytest.mark.parametrize(("state", "message", "opened"), [
    (RunState.refused, "The parts do not sum to the change.", 1), (RunState.failed, "broken", 1),
    (RunState.failed, "The process ended before the run did.", 0),
])  # fmt: skip
def test_a_failed_scoring_run_stops_outreach_by_score_a_killed_one_does_not(
    house: House, safety: SafetyService, state: RunState, message: str, opened: int
) -> None:
    run = house.store.runs.start(house.own, RunKind.full, as_of_us=NOW, known_batch=1, now_us=NOW)
    house.store.runs.finish(house.own, run.run_id, state, RunEnd(ended_us=NOW, message=message))
    assert watch(house, safety).watch(NOW) == opened
    assert paused(house, "outreach_by_score") is paused(house, "scoring") is bool(opened)


@pytest.mark.parametrize(("answers", "now", "opened"), [(100, 19.0, 1), (100, 20.0, 0), (99, -50.0, 0)])
def test_m15_nps_is_judged_with_enough_answers_on_both_sides(
    house: House, safety: SafetyService, answers: int, now: float, opened: int
) -> None:
    change = NpsChange(now=now, answers=answers, before=30.0, answers_before=200)
    assert watch(house, safety, change).watch(NOW) == opened
    assert paused(house, "approval") is bool(opened)  # new outreach needs approval, nothing else stops
    assert not paused(house, "outreach")


# --- pauses, kill switch, live ---------------------------------------------------------------------------------------


def test_a21_the_kill_switch_stops_everything(house: House, safety: SafetyService) -> None:
    pause, by_hand = safety.kill(by="Cleo", why="stop", now_us=NOW)
    assert (pause.scope, by_hand) == (EVERYTHING, [])
    for scope in ("outreach", "crm", "playbook:at_risk", "eva"):
        assert paused(house, scope)
    safety.resume_scope(EVERYTHING, by="Cleo", why="go", now_us=NOW)
    assert not paused(house, "crm")
    assert [line.after for line in house.store.audit.history(house.own, subject="pause")] == ["resumed", "paused"]


def test_a_scope_held_by_an_incident_is_not_resumed_by_hand(house: House, safety: SafetyService) -> None:
    incident = fall(safety)
    with pytest.raises(Refused, match=f"incident {incident.incident_id}"):
        safety.resume_scope("outreach_by_score", by="Lee", why="", now_us=NOW)
    with pytest.raises(Refused, match="not paused"):
        safety.resume_scope("crm", by="Lee", why="", now_us=NOW)


def test_two_people_pausing_the_same_scope_make_one_pause(house: House, safety: SafetyService) -> None:
    for _ in range(2):
        safety.pause("crm", by="Lee", why="test", now_us=NOW)
    assert len(house.store.controls.state(house.own, NOW).pauses) == 1


def live(house: House, shown_us: int | None) -> GoingLive:
    return GoingLive(
        house.store, house.venture, lambda: house.parameters, rehearsal_shown_us=lambda: shown_us, baseline=lambda now_us: {"critical": 3}
    )


def test_a1_a_new_venture_watches_and_goes_live_only_after_todays_rehearsal(house: House) -> None:
    assert house.store.controls.state(house.own, NOW).mode is Mode.watch
    for shown_us in (None, NOW - DAY_US):
        with pytest.raises(Refused, match="rehearse"):
            live(house, shown_us).go_live(NOW, by="Cleo")
    assert live(house, NOW - HOUR_US).go_live(NOW, by="Cleo") == {"critical": 3}
    state = house.store.controls.state(house.own, NOW)
    assert (state.mode, state.live_since_us, state.live_by) == (Mode.live, NOW, "Cleo")
    assert live(house, NOW).go_live(NOW, by="Cleo") == {}
    live(house, NOW).watch(NOW, by="Cleo", why="holiday")
    assert house.store.controls.state(house.own, NOW).mode is Mode.watch


def test_a1_customers_of_the_baseline_are_enrolled_by_a_person_twenty_a_day(house: House) -> None:
    switch = live(house, NOW)
    assert switch.enroll([f"c{one}" for one in range(15)], "critical", by="Ola", now_us=NOW) == 15
    with pytest.raises(Refused, match="20 a day"):
        switch.enroll([f"d{one}" for one in range(6)], "critical", by="Ola", now_us=NOW)
    assert switch.enroll([f"d{one}" for one in range(6)], "critical", by="Lee", now_us=NOW) == 6
    assert switch.enroll([f"e{one}" for one in range(20)], "critical", by="Ola", now_us=NOW + DAY_US) == 20


def test_hands_off_holds_until_its_end_and_can_be_ended(house: House, store: Store) -> None:
    controls = house.store.controls
    for _ in range(2):
        controls.keep_hands_off(house.own, "c1", until_us=NOW + DAY_US, reason="sensitive", by="Ola", now_us=NOW)
    assert controls.hands_off(house.own, ["c1", "c2"], NOW) == {"c1": "sensitive"}
    assert controls.hands_off(house.own, ["c1"], NOW + DAY_US) == {}
    controls.end_hands_off(house.own, "c1", by="Ola", now_us=NOW + HOUR_US)
    assert controls.hands_off(house.own, ["c1"], NOW + 2 * HOUR_US) == {}

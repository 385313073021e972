"""What the report page says of the loop."""

from __future__ import annotations

from typing import Any

import msgspec
from tests.unit.services.papers.builder import NOW_US, WRITING, case, decision, effect, entered

from tenure.clock import DAY_US
from tenure.model.incidents import Incident, IncidentState, LoopState, Mode, Pause
from tenure.model.papers import Section
from tenure.model.report import ReportData
from tenure.ports.loop_summary import ChainSum, DoneSum, RefusalSum
from tenure.presentation.report.page import render_report
from tenure.services.papers.loop import LoopInput, StillCritical, effect_bars, loop_sections

PROVEN = effect(
    *[case(n, drawn=True, retained=True, recovered=True, responded=True) for n in range(900)],
    *[case(2_000 + n, drawn=True, held_out=True, retained=False, recovered=False, sent=0) for n in range(100)],
    holdout_percent=10.0,
)

NO_SCORES = ReportData(
    venture="New", as_of="2026-11-20T02:00:00Z", as_of_there="2026-11-20 02:00 UTC", scorecard="default@1", known_batch=0, scored=0, headlines=(), histogram=(0,) * 20,
    distribution={"healthy": 0, "at_risk": 0, "critical": 0}, attention=(), attention_total=0, trend=(), cohorts=(), survival=(),
    waterfall=(), waterfall_title="", segments=(), renewal_days=120, renewal_months=(), renewals=(), renewals_total=0,
)  # fmt: skip


def loop(**changes: Any) -> dict[str, Section]:
    said: dict[str, Any] = {
        "state": LoopState(mode=Mode.live), "done": [], "not_done": [], "chains": [], "still": [], "incidents": [], "decisions": [], "members": [],
        "effect": effect(), "entered": [entered(n) for n in range(40)], "titles": {"at_risk": "Help early"},
        "trigger_titles": {"RETENTION-001": "Health score drops"},
    }  # fmt: skip
    return {one.key: one for one in loop_sections(LoopInput(**(said | changes)), WRITING)}


def test_done_is_told_by_playbook_and_channel_with_responses() -> None:
    found = loop(done=[DoneSum(playbook="at_risk", channel="email", sent=12, by_person=2, customers=10, answered=4)])["done"].figures[0]
    assert (found.label, found.text) == ("Help early: e-mail", "12 sent")
    assert found.note.startswith("to 10 customers; 40 % responded (4 of 10;") and found.note.endswith("; 2 by a person")
    days = "--since 2026-02-18T00:00:00Z --until 2026-03-20T00:00:00Z"
    assert found.query == f"tenure touches --to-customers --left --playbook at_risk --channel email {days}"


def test_watch_mode_is_said_first() -> None:
    assert loop(state=LoopState())["done"].intro.startswith("The venture is in watch mode")


def test_chains_say_how_many_are_open_and_why_others_ended() -> None:
    chains = [ChainSum(trigger_id="RETENTION-001", reason=reason, chains=n) for reason, n in ((None, 7), ("responded", 11), ("not_recovered", 1))]
    found = loop(chains=chains)["chains"].figures[0]
    assert (found.label, found.text, found.note) == ("Health score drops (RETENTION-001)", "7 open", "12 ended: 11 responded, 1 not recovered")


def test_A15_who_is_still_critical_stays_on_the_list() -> None:
    section = loop(still=[StillCritical("c1", "Acme", 31.0, 900_000, "ola@example.com")])["still"]
    assert section.intro == "1 customer whose chain ended while they are critical; each owner has a task."
    assert section.figures[0].note == "ARR 9,000 USD; ola@example.com"
    assert loop()["still"].nothing


def test_refusals_are_summed_by_reason_and_expired_ones_say_what_they_waited_for() -> None:
    sums = [
        RefusalSum(state="refused", reason="consent: marketing without consent", touches=3, customers=3),
        RefusalSum(state="refused", reason="consent: suppressed on email", touches=4, customers=4),
        RefusalSum(state="skipped", reason="expired, waited for in_touch: a person was in touch", touches=2, customers=1),
    ]
    first, second = loop(not_done=sums)["refusals"].figures
    assert (first.label, first.text, first.note) == ("Consent", "7", "refused; marketing without consent; suppressed on email")
    assert (second.label, second.note) == ("In touch", "put off until it expired; a person was in touch")


def test_incidents_and_pauses_of_persons_are_told_old_ones_not() -> None:
    def incident(number: int, state: IncidentState, ended_us: int | None) -> Incident:
        return Incident(incident_id=number, key=f"i{number}", rule="fleet_drop", scope="outreach_by_score", title=f"Fall {number}", state=state,
                        opened_us=NOW_US - 50 * DAY_US, ended_us=ended_us)  # fmt: skip

    pauses = (
        Pause(pause_id=1, scope="playbook:at_risk", since_us=NOW_US, by="ola", why="a typo"),
        Pause(pause_id=2, scope="outreach_by_score", since_us=NOW_US, by="safety rule", why="fall", incident_id=1),
    )
    incidents = [incident(1, IncidentState.told, None), incident(2, IncidentState.resumed, NOW_US - 40 * DAY_US)]
    found = loop(incidents=incidents, state=LoopState(mode=Mode.live, pauses=pauses))["stops"].figures
    assert [(one.label, one.is_good) for one in found] == [("Fall 1", False), ("Paused: playbook:at risk", False)]


def test_decisions_that_wait_are_listed() -> None:
    assert [one.query for one in loop(decisions=[decision(7)])["decisions"].figures] == ["tenure decisions show 7"]


def test_effect_is_told_with_its_interval_and_value_against_cost() -> None:
    sections = loop(effect=PROVEN)
    assert sections["effect"].figures[0].text == "worked"
    assert {label for label, _ in sections["effect"].figures[0].lines} == {"customers", "retention", "recovery", "against holdout", "response"}
    whole, one = sections["money"].figures
    assert whole.text == one.text.split(" (")[0] + " proven" and "cost 450 USD" in whole.note
    assert one.is_good is True and " to " in one.text


def test_without_a_holdout_money_is_not_proven() -> None:
    whole, one = loop(effect=effect(*[case(n, recovered=True) for n in range(40)]))["money"].figures
    assert one.text == "40,000 USD not proven" and whole.text == "0 USD proven" and one.is_good is None


def test_the_page_shows_every_section_and_draws_intervals_only_where_there_are_any() -> None:
    sections, bars = tuple(loop(effect=PROVEN).values()), effect_bars(PROVEN)
    assert [one.what for one in bars] == ["retention", "recovery"] and all(one.low > 0 for one in bars)
    drawn = render_report(msgspec.structs.replace(NO_SCORES, loop=sections, effects=bars))
    assert all(f'id="{one.key}"' in drawn for one in sections) and drawn.count("<svg") == 1
    plain = render_report(msgspec.structs.replace(NO_SCORES, loop=tuple(loop().values())))
    assert effect_bars(effect()) == () and plain.count("<svg") == 0
    assert 'id="loop"' not in render_report(NO_SCORES), "before the loop ever ran nothing is said of it"

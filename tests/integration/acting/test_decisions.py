"""Decisions from the wish to the result: asked once, first answer wins, executed once (section 4, A11-A13, A22, A23)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.integration.acting.house import MONDAY_10_US, House, ended_chain

from tenure.clock import DAY_US, HOUR_US
from tenure.errors import BadInput, Refused
from tenure.model.decisions import DecisionKind, DecisionState, Rung
from tenure.model.intents import AskDecision, CreateTask, StartPlaybook
from tenure.model.touches import Channel
from tenure.services.decisions.doors import LinkDoor, answer_from_slack

NOW = MONDAY_10_US


def escalation(customer_id: str = "c1", **fields: Any) -> AskDecision:
    return AskDecision(kind="critical_escalation", title="Unanswered for 48 hours", customer_id=customer_id, **fields)


def ask(house: House, wish: AskDecision, now_us: int = NOW, key: str = "", **cause: Any) -> int:
    intent = house.intent(wish, key, **cause)
    note = house.decisions.carry_out([intent], now_us)[intent.key]
    return int(note.removeprefix("decision "))


def test_asking_twice_is_asking_once(house: House) -> None:
    house.card()
    first = ask(house, escalation(), key="e1")
    sent = len(house.touches.wanted)
    assert ask(house, escalation(), key="e1") == first
    assert len(house.touches.wanted) == sent == 2  # Slack, and the chairman's mail


def test_a_decision_says_everything_needed_to_decide(house: House) -> None:
    house.card()
    number = ask(house, escalation(people=1))
    decision = house.store.decisions.get(house.own, number)
    assert decision.context["profile"]["name"] == "Customer c1"  # type: ignore[index]
    assert decision.context["history"]["lost"] == ["No login for 12 days"]  # type: ignore[index]
    assert decision.context["contact"] == "not contacted"  # A11: says whether the team tried
    assert (decision.blast.people, decision.blast.revenue_cents, decision.default) == (1, 500_000, "nothing")
    assert decision.deadline_us == NOW + 24 * HOUR_US  # A22
    (slack,) = house.touches.to("#customer-success")
    (mail,) = house.touches.to("cleo@example.com")
    assert (slack.channel, mail.channel) == (Channel.slack, Channel.email)
    assert "Touches: 1 customers, 5,000 USD a year" in str(mail.content["text"])
    assert "https://tenure.example.com/d/" in str(mail.content["text"])
    assert any(block["type"] == "actions" for block in slack.content["blocks"])  # type: ignore[attr-defined]


def test_r6_a_customer_with_arr_zero_is_not_escalated(house: House) -> None:
    house.card(arr_cents=0)
    intent = house.intent(escalation())
    assert "R6" in house.decisions.carry_out([intent], NOW)[intent.key]
    assert house.store.decisions.list(house.own) == []


def test_r5_unknown_arr_is_escalated_like_a_small_one(house: House) -> None:
    house.card(arr_cents=None)
    assert ask(house, escalation()) > 0


def test_the_first_answer_wins_and_the_others_show_it(house: House) -> None:
    house.card()
    number = ask(house, escalation())

    def answer(place: int) -> bool:
        answers = ("executive_call", "nothing", "offer", "executive_call")
        _, won = house.decisions.answer(number, answers[place], role="chairman", by=f"p{place}", via="cli", now_us=NOW)
        return won

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(answer, range(4))) == 1
    decision, won = house.decisions.answer(number, "nothing", role="chairman", by="late", via="api", now_us=NOW)
    assert not won and decision.answered_by is not None and decision.answered_by.startswith("chairman:p")
    house.decisions.execute(NOW)
    shown = house.touches.wanted[f"decision:{number}:asked:slack"]
    assert "Decided: Unanswered" in str(shown.content["subject"]) and "actions" not in str(shown.content["blocks"])
    assert decision.answered_by in str(shown.content["text"])


def test_an_answer_is_executed_exactly_once_and_logged(house: House) -> None:
    house.card()
    number = ask(house, escalation())
    house.decisions.answer(number, "approve", role="chairman", by="Cleo", via="cli", now_us=NOW, details={"note": "today"})
    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(lambda _: house.decisions.execute(NOW), range(2))) == 1
    (task,) = house.pending("create_task")
    assert isinstance(task, CreateTask) and (task.kind, task.assignee) == ("executive_call", "chairman")
    assert house.store.decisions.get(house.own, number).outcome["done"] == ["create_task"]
    line = house.store.audit.history(house.own, subject="decision")[0]
    assert (line.who, line.why, line.after) == ("chairman:Cleo", "today", {"answer": "executive_call", "via": "cli"})


@pytest.mark.parametrize(
    ("answer", "details", "kinds"),
    [
        ("take_out", {"days": 30}, {"take_out"}),
        ("switch_playbook", {"playbook": "win_back"}, {"end_playbooks", "start_playbook"}),
        ("assign", {"person": "lee@example.com"}, {"assign_person", "create_task"}),
        ("nothing", {}, set()),
    ],
)
def test_a22_the_chairman_overrides_what_happens_to_one_customer(
    house: House, answer: str, details: dict[str, object], kinds: set[str]
) -> None:
    house.card()
    number = ask(house, escalation())
    house.decisions.answer(number, answer, role="chairman", by="Cleo", via="cli", now_us=NOW, details=details)
    house.decisions.execute(NOW)
    found = {kind for kind in ("take_out", "end_playbooks", "start_playbook", "assign_person", "create_task") if house.pending(kind)}
    assert found == kinds


@pytest.mark.parametrize(
    ("kind", "options", "answer", "kinds"),
    [
        ("roadmap_change", ("take_over", "change_of_course", "nothing"), "take_over", {"create_task", "take_over"}),
        ("roadmap_change", ("take_over", "change_of_course", "nothing"), "change_of_course", {"create_task", "take_over", "write_finding"}),
        ("configuration", ("approve", "change", "nothing"), "approve", {"create_task"}),
        ("publish", ("approve", "change", "nothing"), "approve", {"create_task"}),
        ("pause_resume", ("take_over", "nothing"), "approve", {"create_task", "take_over"}),
        ("roadmap_change", ("take_over", "go_on", "nothing"), "go_on", set()),
    ],
)
def test_a_yes_always_does_something_and_a_no_nothing(
    house: House, kind: str, options: tuple[str, ...], answer: str, kinds: set[str]
) -> None:
    number = ask(house, AskDecision(kind=kind, title="t", options=options, recommendation="In a sentence."), execution_id=7)
    house.decisions.answer(number, answer, role="chairman", by="Cleo", via="cli", now_us=NOW)
    house.decisions.execute(NOW)
    found = {name for name in ("create_task", "take_over", "write_finding", "change_parameters", "publish_version") if house.pending(name)}
    assert found == kinds


def test_an_answer_that_is_none_is_refused_with_the_options(house: House) -> None:
    house.card()
    number = ask(house, escalation())
    with pytest.raises(BadInput, match="executive_call"):
        house.decisions.answer(number, "maybe", role="chairman", by="Cleo", via="cli", now_us=NOW)
    with pytest.raises(BadInput, match="person"):
        house.decisions.answer(number, "assign", role="chairman", by="Cleo", via="cli", now_us=NOW)
    with pytest.raises(Refused, match="csm may not"):
        house.decisions.answer(number, "nothing", role="csm", by="Ola", via="cli", now_us=NOW)


# --- A12, A13 --------------------------------------------------------------------------------------------------------


def test_a12_customers_below_high_value_are_one_daily_decision_at_eight(house: House) -> None:
    for number in range(3):
        house.card(f"c{number}", arr_cents=100_000 * (number + 1))
        ask(house, escalation(f"c{number}", joins_daily=True))
    assert house.decisions.join_due(NOW + 21 * HOUR_US) == 0  # 07:00: not yet
    assert house.decisions.join_due(NOW + 22 * HOUR_US) == 3
    assert house.decisions.join_due(NOW + 23 * HOUR_US) == 0
    (parent,) = house.store.decisions.list(house.own, (DecisionState.open,))
    assert (parent.blast.people, parent.blast.revenue_cents) == (3, 600_000)
    assert "Customer c2" in str(house.touches.wanted[f"decision:{parent.decision_id}:asked:slack"].content["text"])


def test_a12_the_daily_decision_is_answered_one_by_one_or_together(house: House) -> None:
    numbers = []
    for name in ("a", "b", "c"):
        house.card(name)
        numbers.append(ask(house, escalation(name, joins_daily=True)))
    tomorrow = NOW + DAY_US
    house.decisions.join_due(tomorrow)
    (parent,) = house.store.decisions.list(house.own, (DecisionState.open,))
    house.decisions.answer(numbers[0], "nothing", role="chairman", by="Cleo", via="cli", now_us=tomorrow)
    house.decisions.answer(parent.decision_id, "approve", role="chairman", by="Cleo", via="cli", now_us=tomorrow)
    house.decisions.execute(tomorrow)
    assert {one.customer_id for one in house.pending("create_task")} == {"b", "c"}
    assert {house.store.decisions.get(house.own, one).state for one in numbers} == {DecisionState.executed}


def test_a12_a_joint_decision_answered_one_by_one_is_over(house: House) -> None:
    numbers = []
    for name in ("a", "b"):
        house.card(name)
        numbers.append(ask(house, escalation(name, joins_daily=True)))
    house.decisions.join_due(NOW + DAY_US)
    (parent,) = house.store.decisions.list(house.own, (DecisionState.open,))
    for number in numbers:
        house.decisions.answer(number, "nothing", role="chairman", by="Cleo", via="cli", now_us=NOW + DAY_US)
    house.decisions.execute(NOW + DAY_US)
    assert house.store.decisions.get(house.own, parent.decision_id).state is DecisionState.executed


def test_a12_above_the_daily_number_single_escalations_are_joined_highest_arr_single(store: Any) -> None:
    house = House(store, {"single_escalations_per_day": 2})
    intents = []
    for number in range(5):
        house.card(f"c{number}", arr_cents=2_000_000 + number)
        intents.append(house.intent(escalation(f"c{number}")))
    house.decisions.carry_out(intents, NOW)
    house.decisions.carry_out(intents, NOW)  # killed before it was ticked off: again
    single = house.store.decisions.list(house.own, (DecisionState.open,))
    assert {one.customer_id for one in single} == {"c4", "c3", None}
    (parent,) = [one for one in single if one.customer_id is None]
    assert {one.customer_id for one in house.store.decisions.members(house.own, [parent.decision_id])} == {"c0", "c1", "c2"}


def test_a13_a_high_value_customer_is_told_without_nagging(house: House) -> None:
    house.card(arr_cents=2_000_000)
    wish = AskDecision(kind="executive_call", title="A high-value customer fell", customer_id="c1", context={"told_only": True})
    number = ask(house, wish)
    before = len(house.touches.wanted)
    house.decisions.deadlines(NOW + 13 * HOUR_US)
    assert len(house.touches.wanted) == before
    house.decisions.deadlines(NOW + 25 * HOUR_US)
    assert house.store.decisions.get(house.own, number).state is DecisionState.expired
    assert len(house.touches.wanted) == before


# --- A22: time -------------------------------------------------------------------------------------------------------


def test_a22_half_way_a_reminder_at_the_deadline_the_delegate_then_nothing(house: House) -> None:
    house.card()
    number = ask(house, escalation())
    house.decisions.deadlines(NOW + 11 * HOUR_US)
    assert f"decision:{number}:reminder:slack" not in house.touches.wanted
    for _ in range(2):
        house.decisions.deadlines(NOW + 12 * HOUR_US)
    assert f"decision:{number}:reminder:slack" in house.touches.wanted
    house.decisions.deadlines(NOW + 24 * HOUR_US)
    delegated = house.store.decisions.get(house.own, number)
    assert (delegated.state, delegated.delegated_us) == (DecisionState.open, NOW + 24 * HOUR_US)
    assert house.touches.to("lee@example.com")
    house.decisions.deadlines(NOW + 49 * HOUR_US)
    assert house.store.decisions.get(house.own, number).state is DecisionState.expired


def test_a22_the_delegate_may_answer(house: House) -> None:
    house.card()
    number = ask(house, escalation())
    house.decisions.deadlines(NOW + 24 * HOUR_US)
    _, won = house.decisions.answer(number, "approve", role="lead", by="Lee", via="email", now_us=NOW + 25 * HOUR_US)
    assert won


def test_a22_nothing_is_done_never_closes_a_critical_chain(house: House) -> None:
    house.card()
    ask(house, escalation())
    for hours in (24, 49):
        house.decisions.deadlines(NOW + hours * HOUR_US)
    (task,) = house.pending("create_task")
    assert (task.kind, task.assignee, task.customer_id) == ("stays_with_owner", "owner", "c1")
    assert house.pending("end_playbooks") == []


def test_the_ladder_is_success_manager_team_lead_chairman(house: House) -> None:
    house.card()
    wish = AskDecision(kind="survey", title="Deploy again?", customer_id="c1", rung="csm")
    number = ask(house, wish)
    assert house.touches.to("ola@example.com")
    rungs = []
    at_us = NOW
    for _ in range(4):
        at_us += 72 * HOUR_US
        house.decisions.deadlines(at_us)
        found = house.store.decisions.get(house.own, number)
        rungs.append((found.rung, found.delegated_us is not None))
    assert rungs == [(Rung.lead, False), (Rung.chairman, False), (Rung.chairman, True), (Rung.chairman, True)]
    assert found.state is DecisionState.expired


def test_what_came_of_a_decision_is_shown_next_to_it(house: House) -> None:
    house.card()
    chain = ended_chain(house, "c1", reason="recovered", ended_us=NOW + 3 * DAY_US)
    number = ask(house, escalation(), execution_id=chain)
    house.decisions.answer(number, "approve", role="chairman", by="Cleo", via="cli", now_us=NOW)
    house.decisions.execute(NOW)
    assert house.decisions.settle(NOW + 3 * DAY_US) == 1
    outcome = house.store.decisions.get(house.own, number).outcome
    assert outcome["done"] == ["create_task"]
    assert outcome["result"]["chain"] == "recovered"  # type: ignore[index]
    assert house.decisions.settle(NOW + 4 * DAY_US) == 0


def test_an_escalation_of_a_customer_who_answered_meanwhile_is_withdrawn(house: House) -> None:
    house.card()
    number = ask(house, escalation(), execution_id=ended_chain(house, "c1", reason="responded", ended_us=NOW + HOUR_US))
    house.decisions.settle(NOW + HOUR_US)
    assert house.store.decisions.get(house.own, number).state is DecisionState.withdrawn


# --- A23 -------------------------------------------------------------------------------------------------------------


def offer(customer_id: str, percent: float = 20.0, cost_cents: int = 10_000) -> AskDecision:
    context: dict[str, object] = {"percent": percent, "offer_playbook": "win_back"}
    return AskDecision(kind="special_offer", title="Offer", customer_id=customer_id, context=context, cost_cents=cost_cents)


def test_a23_offers_beyond_the_budget_are_one_weekly_decision(house: House) -> None:
    for name in ("a", "b"):
        house.card(name)
        ask(house, offer(name))
    assert house.decisions.join_due(NOW + DAY_US) == 0
    assert house.decisions.join_due(NOW + 7 * DAY_US) == 2  # the next Monday
    (parent,) = house.store.decisions.list(house.own, (DecisionState.open,))
    assert parent.kind is DecisionKind.special_offer and parent.blast.cost_cents == 20_000


def test_a23_inside_the_standing_budget_an_offer_goes_without_a_decision(store: Any) -> None:
    house = House(store, {"offer_max_percent": 25, "offer_budget_per_month": 150})
    intents = []
    for name in ("a", "b"):
        house.card(name)
        intents.append(house.intent(offer(name)))
    house.decisions.carry_out(intents, NOW)
    house.decisions.execute(NOW)
    (started,) = house.pending("start_playbook")
    assert isinstance(started, StartPlaybook) and started.customer_id == "a"  # the second is beyond 150 a month
    assert len(house.store.decisions.unjoined(house.own)) == 1


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"was_paying": False, "monthly_cents": 0}, "never paying"),
        ({"unpaid_invoice": True}, "invoice"),
        ({"open_urgent_tickets": 1}, "urgent"),
    ],
)
def test_a23_who_is_not_eligible_gets_no_offer(house: House, fields: dict[str, Any], why: str) -> None:
    house.card(**fields)
    intent = house.intent(offer("c1"))
    assert why in house.decisions.carry_out([intent], NOW)[intent.key]


def test_a23_no_second_offer_within_twelve_months(house: House) -> None:
    house.card()
    number = ask(house, offer("c1"))
    house.decisions.answer(number, "approve", role="chairman", by="Cleo", via="cli", now_us=NOW)
    intent = house.intent(offer("c1"))
    assert "12 months" in house.decisions.carry_out([intent], NOW + 200 * DAY_US)[intent.key]


# --- doors -----------------------------------------------------------------------------------------------------------


def door(house: House) -> LinkDoor:
    return LinkDoor(house.decisions, house.store.decisions, house.links, house.own)


def token_of(house: House, option: str) -> str:
    from tenure.services.decisions.links import DecisionLink

    decision = house.store.decisions.list(house.own)[0]
    link = DecisionLink(decision_id=decision.decision_id, answer=option, role="chairman", by="Cleo", until_us=NOW + DAY_US)
    return house.links.token(link)


def test_a_link_shows_first_and_answers_once(house: House) -> None:
    house.card()
    number = ask(house, escalation())
    token = token_of(house, "executive_call")
    for _ in range(3):  # a mail scanner follows links
        assert door(house).show(token, NOW).is_open
    assert house.store.decisions.get(house.own, number).state is DecisionState.open
    decision, won = door(house).answer(token, "call them", NOW)
    assert won and (decision.answered_via, decision.answer_details) == ("email", {"note": "call them"})
    assert door(house).answer(token, "", NOW)[1] is False
    assert not door(house).show(token, NOW).is_open


def test_a_forged_old_or_foreign_link_is_refused(house: House, store: Any) -> None:
    house.card()
    ask(house, escalation())
    token = token_of(house, "nothing")
    for bad, now_us in ((token[:-2] + "xx", NOW), (token, NOW + 2 * DAY_US)):
        with pytest.raises(Refused):
            door(house).answer(bad, "", now_us)
    with pytest.raises(Refused):
        door(House(store)).show(token, NOW)


def click(number: int, user: str, option: str = "nothing") -> dict[str, Any]:
    return {"user": {"id": user, "name": "whatever they call themselves"}, "actions": [{"action_id": f"tenure_decision:{option}", "value": f"{number}|{option}"}]}


def on_slack(house: House) -> Any:
    """Cleo (chairman), Lee (lead) and Ola (csm) have accounts of their own."""
    for person in house.store.people.all(house.own):
        if person.name != "Ada":
            house.store.people.name_on_slack(house.own, person.person_id, f"U0{person.name.upper()}", by="Ada", now_us=1)
    return lambda user: house.store.people.on_slack(house.own, user)


def test_a_button_on_slack_answers_as_the_person_whose_account_it_is(house: House) -> None:
    house.card()
    number, person_of = ask(house, escalation()), on_slack(house)
    assert answer_from_slack(house.decisions, person_of, click(number, "U0CLEO"), NOW) == "Decided: nothing, by chairman:Cleo."
    assert answer_from_slack(house.decisions, person_of, click(number, "U0CLEO"), NOW).startswith("Already decided: nothing")
    broken = {"user": {"id": "U0CLEO"}, "actions": [{"action_id": "tenure_decision:x", "value": "9|"}]}
    assert "tenure decisions" in answer_from_slack(house.decisions, person_of, broken, NOW)
    entry = house.store.audit.history(house.own, subject="decision")[0]
    assert entry.who == "chairman:Cleo", "the audit names the person"


def test_on_slack_a_person_may_what_their_role_may_on_the_command_line(house: House) -> None:
    house.card()
    number, person_of = ask(house, escalation()), on_slack(house)
    for user, role in (("U0LEE", "lead"), ("U0OLA", "csm")):
        said = answer_from_slack(house.decisions, person_of, click(number, user), NOW)
        assert f"a {role} may not answer it" in said
    assert house.store.decisions.get(house.own, number).state is DecisionState.open


def test_a_slack_account_of_nobody_decides_nothing_and_is_told_so(house: House) -> None:
    house.card()
    number, person_of = ask(house, escalation()), on_slack(house)
    for user in ("U0EVE", ""):
        assert "nothing was decided" in answer_from_slack(house.decisions, person_of, click(number, user), NOW)
    assert house.store.decisions.get(house.own, number).state is DecisionState.open
    assert house.store.audit.history(house.own, subject="decision") == []

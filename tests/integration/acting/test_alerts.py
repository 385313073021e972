"""Alerts: told once, where they belong, with a cause; answered, escalated, judged (A27, K4, R4, R6, M19, I2)."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from tests.integration.acting.house import MONDAY_10_US, House

from tenure.clock import DAY_US, HOUR_US
from tenure.errors import BadInput
from tenure.model.intents import CreateTask, RaiseAlert
from tenure.model.runs import RunEnd, RunKind
from tenure.model.team import StandIn
from tenure.services.alerts.digest import MorningDigest
from tenure.store import Store

NOW = MONDAY_10_US


def critical(house: House, customer_id: str = "c1", key: str = "", now_us: int = NOW) -> int:
    wish = RaiseAlert(kind="critical_customer", title="Health fell below 40", customer_id=customer_id)
    intent = house.intent(wish, key)
    return int(house.alerts.carry_out([intent], now_us)[intent.key].removeprefix("alert "))


def test_i2_an_alert_is_one_record_and_its_notices_have_one_key(house: House) -> None:
    house.card()
    first = critical(house, key="a")
    told = set(house.touches.wanted)
    assert critical(house, key="a") == first
    assert set(house.touches.wanted) == told == {f"alert:{first}:0", f"alert:{first}:1"}
    assert {one.to for one in house.touches.wanted.values()} == {"#customer-success-urgent", "ola@example.com"}


def test_a27_an_alert_names_everything_that_costs_ten_minutes_to_find(house: House) -> None:
    house.card()
    critical(house)
    said = str(house.touches.to("ola@example.com")[0].content["text"])
    for words in (
        "Customer: Customer c1", "Score: 55 -> 32", "Likely cause: No login for 12 days", "Last activity: 18 February 2026",
        "ARR: 5,000 USD", "Renewal: 1 May 2026", "Owner: Ola", "Open tickets: 2", "Last contact: never", "Next step: training",
    ):  # fmt: skip
        assert words in said
    slack = house.touches.to("#customer-success-urgent")[0].content
    assert "32" in str(slack["blocks"]) and "<table" in str(slack["html"])


@pytest.mark.parametrize(
    ("fields", "step"),
    [
        ({"open_urgent_tickets": 1}, "priority support"),
        ({"unpaid_invoice": True}, "offer"),
        ({"arr_cents": 3_000_000}, "executive call"),
        ({}, "training"),
    ],
)
def test_a27_the_next_step_matches_the_cause(house: House, fields: dict[str, Any], step: str) -> None:
    house.card(**fields)
    critical(house)
    assert f"Next step: {step}" in str(house.touches.to("ola@example.com")[0].content["text"])


def test_what_customers_write_cannot_become_markup(house: House) -> None:
    house.card(name="<script>alert(1)</script> & <!channel>")
    critical(house)
    slack = house.touches.to("#customer-success-urgent")[0].content
    assert "<script>" not in str(slack["html"]) and "<!channel>" not in str(slack["blocks"])


# --- R4 --------------------------------------------------------------------------------------------------------------


def test_r4_without_an_owner_the_team_lead_is_told_and_without_one_the_admin(house: House) -> None:
    house.card(owner=None)
    critical(house)
    assert house.touches.to("lee@example.com") and not house.touches.to("ola@example.com")
    lead = house.store.people.by_email(house.own, "lee@example.com")
    assert lead is not None
    house.store.people.leave(house.own, lead.person_id, now_us=NOW)
    critical(house, now_us=NOW + 1)
    assert house.touches.to("ada@example.com")


def test_r4_channels_may_be_set_per_segment_and_time_zone(store: Store) -> None:
    house = House(store)
    from tenure.parameters.resolving import resolve

    house.parameters = resolve(
        {}, {"plan=enterprise": {"critical_slack_channel": "#vip"}, "timezone=Asia/Tokyo": {"critical_slack_channel": "#tokyo"}}
    )
    house.card("big", plan="enterprise")
    house.card("far", timezone="Asia/Tokyo")
    house.card("plain")
    for customer in ("big", "far", "plain"):
        critical(house, customer)
    assert [len(house.touches.to(place)) for place in ("#vip", "#tokyo", "#customer-success-urgent")] == [1, 1, 1]


def test_an_alert_reaches_the_deputy_of_an_absent_owner(house: House) -> None:
    house.store.stand_ins.add(
        house.own, person="Ola", deputy="lee@example.com", from_us=NOW - 1, until_us=NOW + DAY_US, by="Lee", reason="holiday", now_us=NOW
    )
    house.card()
    critical(house)
    assert house.touches.to("lee@example.com") and not house.touches.to("ola@example.com")


def test_nps_negative_goes_to_the_chairman_and_a_sync_failure_to_operations(store: Store) -> None:
    house = House(store, {"chairman_escalation_slack": "#chair", "operations_email": ["ops@example.com"]})
    for kind in ("nps_negative", "crm_sync_failed", "system_degraded", "retention_decline"):
        house.alerts.carry_out([house.intent(RaiseAlert(kind=kind, title=kind))], NOW)
    places = [one.to for one in house.touches.wanted.values()]
    assert places == ["#chair", "cleo@example.com", "ops@example.com", "#eng-ops", "#customer-success"]


def test_a25_the_fourth_failure_in_a_row_also_goes_to_the_chairman(house: House) -> None:
    wish = RaiseAlert(kind="system_degraded", title="Scores are old", details={"also": ["chairman"], "failures": 4})
    house.alerts.carry_out([house.intent(wish)], NOW)
    assert house.touches.to("cleo@example.com")


# --- K4, R6, Day one 13 ----------------------------------------------------------------------------------------------


def test_k4_more_than_alerts_per_hour_become_one_message_updated_in_place(store: Store) -> None:
    house = House(store, {"alerts_per_hour": 3})
    for number in range(7):
        house.card(f"c{number}", arr_cents=100_000 * (number + 1))

    def crowd(numbers: range, now_us: int) -> None:
        wishes = [RaiseAlert(kind="critical_customer", title="t", customer_id=f"c{one}") for one in numbers]
        house.alerts.carry_out([house.intent(one) for one in wishes], now_us)

    crowd(range(5), NOW)
    (message,) = house.touches.to("#customer-success-urgent")
    assert message.content["subject"] == "5 critical customers in this hour"
    text = str(message.content["text"])
    assert text.index("Customer c4") < text.index("Customer c0")  # highest ARR first
    crowd(range(5, 7), NOW + 60_000_000)
    assert len(house.touches.to("#customer-success-urgent")) == 1 + 2  # two more fit into the hour's singles
    crowd(range(4), NOW + 120_000_000)
    assert len(house.touches.to("#customer-success-urgent")) == 3 and house.touches.revised == [message.key]
    assert house.touches.wanted[message.key].content["subject"] == "9 critical customers in this hour"
    assert len(house.store.alerts.list(house.own)) == 11  # every alert has its record


def test_k4_acknowledging_stops_escalation(house: House) -> None:
    house.card()
    answered, silent = critical(house), critical(house)
    assert house.alerts.acknowledge(answered, by="Ola", now_us=NOW + HOUR_US)
    assert house.alerts.escalate(NOW + 23 * HOUR_US) == 0
    assert house.alerts.escalate(NOW + 49 * HOUR_US) == 1
    assert house.alerts.escalate(NOW + 50 * HOUR_US) == 0
    assert [one.key for one in house.touches.to("lee@example.com")] == [f"alert:{silent}:escalated:0"]


def test_k4_a_snooze_needs_an_end(house: House) -> None:
    house.card()
    alert = critical(house)
    for end in (None, NOW):
        with pytest.raises(BadInput, match="end in the future"):
            house.alerts.snooze(alert, until_us=end, by="Ola", now_us=NOW)
    house.alerts.snooze(alert, until_us=NOW + 60 * HOUR_US, by="Ola", now_us=NOW)
    assert house.alerts.escalate(NOW + 50 * HOUR_US) == 0
    assert house.alerts.escalate(NOW + 60 * HOUR_US) == 1


def test_r6_customers_with_arr_zero_are_in_one_daily_list_and_get_no_single_alert(house: House) -> None:
    for name in ("free1", "free2"):
        house.card(name, arr_cents=0)
        critical(house, name)
    assert house.touches.wanted == {}
    assert house.alerts.daily(NOW + 21 * HOUR_US) == 0
    assert (house.alerts.daily(NOW + 22 * HOUR_US), house.alerts.daily(NOW + 23 * HOUR_US)) == (1, 0)
    (listed,) = house.touches.to("#customer-success")
    assert "2 critical customers" in str(listed.content["subject"])
    assert house.alerts.escalate(NOW + 90 * DAY_US) == 0


def test_r5_a_customer_of_unknown_arr_is_never_treated_as_zero(house: House) -> None:
    house.card(arr_cents=None)
    critical(house)
    assert "ARR: unknown" in str(house.touches.to("ola@example.com")[0].content["text"])


def test_day_one_13_one_quiet_message_per_owner_each_morning(house: House) -> None:
    table = pa.Table.from_pylist(
        [
            {"customer_id": name, "score_tenths": tenths, "total": tenths / 10, "health_status": "at_risk", "coverage": 1.0,
             "scorecard": "default", "scorecard_version": "1", "is_new": False}
            for name, tenths in (("a", 500), ("b", 600))
        ]
    )  # fmt: skip
    profiles = pa.table({"customer_id": ["a", "b"], "name": ["Alpha", "Beta"], "owner": ["Ola", None]})
    run = house.store.runs.start(house.own, RunKind.full, as_of_us=NOW, known_batch=1, now_us=NOW)
    house.store.health.publish(house.own, run.run_id, RunEnd(ended_us=NOW), table, customers=profiles)
    house.card("a")
    house.alerts.carry_out([house.intent(RaiseAlert(kind="champion_left", title="The main user left", customer_id="a"))], NOW)
    house.tasks.carry_out([house.intent(CreateTask(kind="follow_up", title="Ask again", due_us=NOW + 22 * HOUR_US))], NOW)
    assert house.touches.wanted == {}  # nothing of this interrupts
    digest = MorningDigest(house.store, house.touches, house.venture, lambda: house.parameters)
    morning = NOW + 22 * HOUR_US
    assert (digest.send(morning - HOUR_US), digest.send(morning), digest.send(morning + HOUR_US)) == (0, 2, 0)
    ola, lee = (str(house.touches.to(f"{name}@example.com")[0].content["text"]) for name in ("ola", "lee"))
    assert "Alpha: first score -> 50" in ola and "The main user left: Customer c" not in lee and "Beta" not in ola
    assert "The main user left: Customer a" in ola and "Beta: first score -> 60" in lee


def test_day_one_13_only_critical_paying_customers_interrupt(house: House) -> None:
    house.card("pays")
    house.card("free", arr_cents=0)
    house.alerts.carry_out([house.intent(RaiseAlert(kind="renewal_near", title="t", customer_id="pays"))], NOW)
    critical(house, "free")
    assert house.touches.wanted == {}
    critical(house, "pays")
    assert house.touches.to("ola@example.com")


# --- M19 -------------------------------------------------------------------------------------------------------------


def test_m19_closing_an_alert_asks_whether_it_was_real(house: House) -> None:
    house.card()
    alert = critical(house)
    with pytest.raises(BadInput, match="real problem"):
        house.alerts.close(alert, was_real=None, by="Ola", now_us=NOW)
    assert house.alerts.close(alert, was_real=True, by="Ola", now_us=NOW)
    assert not house.alerts.close(alert, was_real=False, by="Lee", now_us=NOW)
    assert house.store.alerts.get(house.own, alert).was_real is True


def test_m19_precision_counts_labels_and_what_followed_and_shows_the_unknown_share(house: House) -> None:
    names = ("said_yes", "said_no", "churned", "silent", "shrank", "fine")
    house_cards = {name: house.card(name, last_login_us=NOW) for name in names}
    alerts = {name: critical(house, name) for name in names}
    house.alerts.close(alerts["said_yes"], was_real=True, by="Ola", now_us=NOW)
    house.alerts.close(alerts["said_no"], was_real=False, by="Ola", now_us=NOW)
    assert house.alerts.follow(NOW + DAY_US) == 0
    later = NOW + 20 * DAY_US
    house.card("churned", as_of_us=later, last_login_us=later, churned_us=NOW + 5 * DAY_US)
    house.card("silent", as_of_us=later, last_login_us=NOW)
    house.card("shrank", as_of_us=later, last_login_us=later, monthly_cents=20_000)
    house.card("fine", as_of_us=later, last_login_us=later)
    assert house_cards["fine"].monthly_cents > 20_000
    assert house.alerts.follow(later) == 3
    found = house.alerts.precision(0, later)
    assert (found.true, found.false, found.unknown) == (4, 1, 1)
    assert found.precision == 0.8 and found.unknown_share == pytest.approx(1 / 6)
    assert house.alerts.follow(NOW + 61 * DAY_US) == 1  # nothing followed within 60 days: stays unknown
    assert house.alerts.precision(0, later).unknown == 1


def test_m19_what_followed_is_looked_for_where_something_new_is_known(house: House) -> None:
    names = ("seen", "unseen", "gone")
    for name in names:
        house.card(name, last_login_us=NOW)
        critical(house, name)
    asked: list[tuple[str, ...]] = []
    real = house.store.alerts.unlabelled

    def watched(*args: Any, **said: Any) -> Any:
        found = real(*args, **said)
        asked.append(tuple(one.customer_id for one in found))
        return found

    house.store.alerts.unlabelled = watched  # type: ignore[method-assign]
    assert house.alerts.follow(NOW + DAY_US) == house.alerts.follow(NOW + 2 * DAY_US) == 0
    house.card("seen", as_of_us=NOW + 3 * DAY_US, last_login_us=NOW, churned_us=NOW + 2 * DAY_US)
    house.card("gone", as_of_us=NOW + 3 * DAY_US, last_login_us=NOW)
    assert house.alerts.follow(NOW + 3 * DAY_US) == 1
    assert house.alerts.follow(NOW + 61 * DAY_US) == 2
    assert asked == [names, (), ("seen", "gone"), ("unseen", "gone")]


def test_m19_without_any_known_alert_there_is_no_precision(house: House) -> None:
    assert house.alerts.precision(0, NOW).precision is None


def test_a_stand_in_holds_from_its_beginning_to_its_end() -> None:
    one = StandIn(stand_in_id=1, deputy="lee@example.com", from_us=10, until_us=20)
    assert [one.holds(at) for at in (9, 10, 19, 20)] == [False, True, True, False]

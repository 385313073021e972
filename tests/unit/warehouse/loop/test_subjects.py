"""Who crossed, who stands, and what a card says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from tests.integration.scoring.house import House, at, customer, feature, login, ticket

from tenure.model.condition import Condition
from tenure.model.facts import User
from tenure.parameters import resolve
from tenure.rules.card_fields import LOOP
from tenure.rules.conditions import parse_condition
from tenure.rules.surveys import milestone_condition
from tenure.services.scoring.judgements import pulse_table
from tenure.warehouse.loop.fields import FieldSettings
from tenure.warehouse.loop.holding import Holding
from tenure.warehouse.loop.past import PastSubjects
from tenure.warehouse.loop.subjects import WarehouseSubjects
from tenure.warehouse.scoring.scratch import Scratch


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    made.say(customer("acme"), customer("bolt"), customer("ours", internal=True), login("acme", 1))
    made.refresh(2)
    yield made
    made.close()


def subjects_of(house: House) -> WarehouseSubjects:
    def view_at(now_us: int, keys: object) -> object:
        return house.warehouse.accumulated_view(now_us, house.mapping, keys)

    return WarehouseSubjects(house.warehouse.engine, view_at, lambda: FieldSettings.of(house.service.config()))  # type: ignore[arg-type]


def low() -> dict[str, Condition]:
    return {"low": parse_condition("score < 40", LOOP)}


def test_a_crossing_is_told_until_it_was_judged_and_again_after_it_ended(house: House) -> None:
    subjects = subjects_of(house)
    assert subjects.crossed(low(), at(2)) == {"low": ["bolt"]}
    assert subjects.crossed(low(), at(2)) == {"low": ["bolt"]}, "not decided upon yet"
    subjects.judged("low", ["bolt"], at(2))
    assert subjects_of(house).crossed(low(), at(2)) == {"low": []}, "what stands is kept"
    house.say(login("bolt", 2.5))
    house.refresh(3)
    assert subjects.crossed(low(), at(3)) == {"low": []}
    house.refresh(40)
    assert subjects.crossed(low(), at(40)) == {"low": ["acme", "bolt"]}


def test_the_baseline_stands_without_being_told_and_internal_customers_never_appear(house: House) -> None:
    subjects = subjects_of(house)
    everybody = {"all": parse_condition("score is known or score is missing", LOOP)}
    assert subjects.baseline(everybody, at(2)) == {"all": 2}
    assert subjects.crossed(everybody, at(2)) == {"all": []}


def test_a_card_names_people_features_and_where_the_points_went(house: House) -> None:
    eve = User(user_id="user-of-acme", customer_id="acme", stated_us=at(2.1), role="admin", email="eve@example.com", consent={"email": False})
    house.say(eve, feature("acme", "reports", 2.2), feature("acme", "alerts", 2.4), ticket("t1", "acme", 2.3))
    house.refresh(6)
    (card,) = subjects_of(house).cards(["acme", "nobody"], at(6))
    assert [(one.user_id, one.role, one.consent) for one in card.contacts] == [("user-of-acme", "admin", {"email": False})]
    assert (card.features_used, card.first_value_us, card.second_feature_us) == (("alerts", "reports"), at(2.2), at(2.4))
    assert (card.open_tickets, card.oldest_open_ticket_us, card.last_login_us) == (1, at(2.3), at(1))
    shown = house.service.explain("acme").health
    assert card.score == shown.score
    assert {lost.sentence for lost in card.lost} <= {reading.sentence for reading in shown.readings}
    assert sum(lost.points for lost in card.lost) == pytest.approx(100 - shown.total)


def test_a_rehearsal_shows_what_was_published_where_something_was(house: House) -> None:
    house.say(login("bolt", 0.5))
    house.refresh(3)
    past = PastSubjects(house.warehouse.engine, lambda now_us: house.service.config())
    days = [
        (day.is_published, {row["customer_id"]: row["score"] for row in past.scores().to_pylist()}["bolt"])
        for day in past.days(at(2), at(4))
    ]
    past.close()
    computed = PastSubjects(house.warehouse.engine, lambda now_us: house.service.config(), use_history=False)
    known_today = [{row["customer_id"]: row["score"] for row in computed.scores().to_pylist()}["bolt"] for _ in computed.days(at(2), at(4))]
    computed.close()
    assert days == [(True, 30.0), (True, 60.0)]
    assert known_today == [60.0, 60.0], "the late login was not known on the second day"


def test_a_rehearsal_leaves_the_standing_of_the_present_alone(house: House) -> None:
    subjects = subjects_of(house)
    subjects.judged("low", ["bolt"], at(2))
    past = PastSubjects(house.warehouse.engine, lambda now_us: house.service.config())
    for day in past.days(at(1), at(2)):
        crossed = past.crossed(low(), day.now_us)
        past.judged("low", crossed["low"], day.now_us)
    past.close()
    assert crossed == {"low": ["bolt"]}
    assert subjects.crossed(low(), at(2)) == {"low": []}


def test_one_statement_for_everybody_finds_whom_narrowing_finds(house: House) -> None:
    house.say(login("bolt", 2.5), ticket("t1", "acme", 2.3), feature("acme", "reports", 2.2))
    house.refresh(3)
    texts = ("score < 40", 'status == "active" and days_since_login <= 1', "open_tickets > 0", "days_since_first_value is known")
    watches = {text: parse_condition(text, LOOP) for text in texts}
    subjects, found = subjects_of(house), []
    for few in (0, 5_000):
        scratch = Scratch(house.warehouse.engine)
        held = Holding(scratch, subjects._view_at, subjects._scores(), subjects._known_settings(), few).held(watches, at(3))
        found.append({text: sorted(house.warehouse.engine.run(select)) for text, select in held.items()})
        scratch.forget()
    assert found[0] == found[1] and any(found[0].values())


def test_looking_ahead_moves_nothing_and_knows_another_configuration(house: House) -> None:
    house.refresh(3)
    subjects, (shown,) = subjects_of(house), subjects_of(house).cards(["acme"], at(3))
    assert shown.score == 60 and shown.change_configuration == 0
    assert subjects.fresh(low(), at(3)) == subjects.fresh(low(), at(3)) == {"low": ["bolt"]}
    subjects.judged("low", ["bolt"], at(3))
    assert subjects.fresh(low(), at(3)) == {"low": []}

    house.parameters = resolve({"moderate_engagement_points": 21})
    would = {"would": parse_condition("score < 55 and previous_score == 60", LOOP)}
    pulses = pulse_table(())
    assert subjects.fresh(would, at(3)) == {"would": []}
    assert subjects.fresh_with(would, house.service.config(), pulses, at(3)) == {"would": ["acme"]}
    house.refresh(3.1)
    (moved,) = subjects.cards(["acme"], at(3.1))
    assert (moved.score, moved.change_configuration) == (51, -9)


def test_M5_without_core_features_every_feature_is_first_value_and_activation(house: House) -> None:
    house.say(feature("acme", "alerts", 2.4), feature("acme", "reports", 2.2))
    house.refresh(6)
    (card,) = subjects_of(house).cards(["acme"], at(6))
    assert (card.first_value_us, card.activated_us) == (at(2.2), at(2.2))
    value = next(one.points for one in house.service.explain("acme").health.readings if one.measure == "features")
    assert value == pytest.approx(10), "every feature counts as core for first value, not for the bonus"


def test_M5_with_core_features_only_they_are_first_value(house: House) -> None:
    house.parameters = resolve({"core_features": ["alerts"]})
    house.say(feature("acme", "alerts", 2.4), feature("acme", "reports", 2.2))
    house.refresh(6)
    (card,) = subjects_of(house).cards(["acme"], at(6))
    assert (card.first_value_us, card.activated_us) == (at(2.4), at(2.4))


def test_M5_where_no_feature_events_exist_the_fifth_active_day_is_first_value(house: House) -> None:
    house.say(*(login("acme", 1 + day) for day in (1, 2, 3)))
    house.refresh(6)
    assert subjects_of(house).cards(["acme"], at(6))[0].first_value_us is None, "four active days"
    house.say(login("acme", 6.5))
    house.refresh(8)
    (card,) = subjects_of(house).cards(["acme"], at(8))
    assert (card.first_value_us, card.activated_us) == (at(6), at(6))


def test_M5_a_mapped_activation_event_moves_activation_but_not_first_value_nor_its_survey(house: House) -> None:
    house.mapping = msgspec.structs.replace(house.mapping, activation_event="login")
    house.say(feature("acme", "reports", 2.2))
    house.refresh(6)
    (card,) = subjects_of(house).cards(["acme"], at(6))
    assert (card.first_value_us, card.activated_us) == (at(2.2), at(1))
    milestone = {"nps": parse_condition(milestone_condition("first_value_realization"), LOOP)}
    assert subjects_of(house).crossed(milestone, at(6)) == {"nps": ["acme"]}

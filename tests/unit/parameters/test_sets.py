"""Resolution, segments, following defaults, and the digest."""

from __future__ import annotations

import hashlib
import json
import pickle

import pytest

from tenure.errors import BadInput, NotFound
from tenure.parameters import DECLARED, DEFAULTS, QuietHours, ScoreRange, parse_segment, resolve


def test_the_venture_wins_over_the_default_and_the_segment_over_the_venture() -> None:
    found = resolve(
        {"active_login_days": 2, "low_login_days": 40}, {"plan=enterprise": {"active_login_days": 5}}
    )
    assert found.integer("active_login_days") == 2
    enterprise = found.for_segment({"plan": "enterprise"})
    assert enterprise.integer("active_login_days") == 5
    assert enterprise.integer("low_login_days") == 40
    assert enterprise.integer("moderate_login_days") == 7


def test_a_customer_in_no_segment_has_the_ventures_values() -> None:
    found = resolve({}, {"plan=enterprise": {"active_login_days": 5}})
    for facts in ({"plan": "free"}, {}, {"plan": "Enterprise"}):
        assert found.for_segment(facts).integer("active_login_days") == 1


def test_several_segments_each_give_what_they_set() -> None:
    found = resolve(
        {}, {"plan=enterprise": {"active_login_days": 5}, "industry=media": {"ticket_penalty": 5}}
    )
    both = found.for_segment({"plan": "enterprise", "industry": "media"})
    assert (both["active_login_days"], both["ticket_penalty"]) == (5, 5)


OVERLAPPING = {
    "industry=media": {"ticket_penalty": 6},
    "plan=enterprise": {"ticket_penalty": 7},
    "industry=media,plan=enterprise": {"ticket_penalty": 8},
}
BOTH = {"plan": "enterprise", "industry": "media"}


def test_the_segment_with_more_conditions_is_the_stronger() -> None:
    assert resolve({}, OVERLAPPING).for_segment(BOTH)["ticket_penalty"] == 8


def test_equal_segments_go_by_the_alphabet_whatever_the_order_they_came_in() -> None:
    two = {text: OVERLAPPING[text] for text in ("plan=enterprise", "industry=media")}
    turned = dict(reversed(two.items()))
    assert resolve({}, two).for_segment(BOTH)["ticket_penalty"] == 6
    assert resolve({}, turned).for_segment(BOTH)["ticket_penalty"] == 6


def test_a_listed_segment_is_stronger_than_all_that_are_not() -> None:
    found = resolve({"segment_precedence": ["plan=enterprise"]}, OVERLAPPING)
    assert found.for_segment(BOTH)["ticket_penalty"] == 7


def test_the_variants_of_a_parameter_come_strongest_first() -> None:
    found = resolve({}, OVERLAPPING)
    assert [(str(segment), value) for segment, value in found.variants("ticket_penalty")] == [
        ("industry=media,plan=enterprise", 8),
        ("industry=media", 6),
        ("plan=enterprise", 7),
    ]
    assert found.variants("active_login_days") == ()


def test_a_segment_is_the_same_however_it_is_written() -> None:
    for text in ("plan=enterprise,industry=media", " industry = media , plan = enterprise "):
        assert str(parse_segment(text)) == "industry=media,plan=enterprise"


@pytest.mark.parametrize("value", ["media, print", 'say "hi"', "R&D", "a=b", " padded ", "Größe", "free"])
def test_any_value_of_a_segment_reads_back(value: str) -> None:
    segment = parse_segment(f"industry={json.dumps(value)}")
    assert segment.holds({"industry": value})
    assert parse_segment(str(segment)) == segment


@pytest.mark.parametrize(
    "text", ["", "plan", "plan=", "=x", "plan=a,plan=b", "plan=a,", "plan=a;b=c,d", 'plan="a', "a b=c"]
)
def test_a_segment_that_cannot_be_read_says_how_to_write_it(text: str) -> None:
    with pytest.raises(BadInput, match="field=value"):
        parse_segment(text)


def test_R2_the_trigger_scores_move_with_the_thresholds_until_they_are_set() -> None:
    moved = resolve({"healthy_threshold": 80, "at_risk_threshold": 50})
    assert moved.score_range("at_risk_trigger_score") == ScoreRange(50, 79)
    assert moved.score_range("critical_trigger_score") == ScoreRange(0, 49)
    fixed = resolve({"healthy_threshold": 80, "at_risk_trigger_score": "45-65"})
    assert fixed.score_range("at_risk_trigger_score") == ScoreRange(45, 65)


def test_bands_wider_than_a_range_one_may_set_are_followed_all_the_same() -> None:
    wide = resolve({"healthy_threshold": 90, "at_risk_threshold": 60})
    assert wide.score_range("at_risk_trigger_score") == ScoreRange(60, 89)
    assert wide.score_range("critical_trigger_score") == ScoreRange(0, 59)


def test_the_critical_scores_start_at_zero_whatever_edge_is_drawn() -> None:
    assert resolve({"critical_threshold": 20}).score_range("critical_trigger_score") == ScoreRange(0, 39)


def test_the_answer_time_of_a_critical_alert_follows_the_response_hours_of_the_segment() -> None:
    found = resolve(
        {"alert_answer_hours.system_degraded": 2}, {"plan=enterprise": {"critical_response_hours": 4}}
    )
    assert found.entries("alert_answer_hours")["critical_customer"] == 24
    enterprise = found.for_segment({"plan": "enterprise"}).entries("alert_answer_hours")
    assert (enterprise["critical_customer"], enterprise["system_degraded"]) == (4, 2)


def test_an_entry_that_is_not_set_keeps_its_default() -> None:
    found = resolve({"autonomy.message": "auto", "autonomy.survey": "manual"})
    assert dict(found.entries("autonomy")) == {
        "message": "auto",
        "offer": "assisted",
        "parameter_change": "assisted",
        "survey": "manual",
    }


def test_the_typed_getters_give_what_they_say() -> None:
    assert DEFAULTS.integer("low_login_days") == 30
    assert DEFAULTS.number("target_uptime_percent") == 99.5
    assert isinstance(DEFAULTS.number("low_login_days"), float)
    assert DEFAULTS.text("crm_platform") == "none"
    assert DEFAULTS.names("core_features") == ()
    assert DEFAULTS.quiet_hours() == QuietHours(20, 8, weekends=True)


def test_asking_for_the_wrong_type_or_name_fails_loudly() -> None:
    with pytest.raises(TypeError, match="crm_platform is str, not int"):
        DEFAULTS.integer("crm_platform")
    with pytest.raises(KeyError):
        DEFAULTS.integer("no_such_thing")


def test_a_set_is_a_mapping_of_every_declared_parameter() -> None:
    assert set(DEFAULTS) == set(DECLARED) and len(DEFAULTS) == len(DECLARED)
    assert "no_such_thing" not in DEFAULTS


def test_a_set_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        DEFAULTS["low_login_days"] = 3  # type: ignore[index]
    with pytest.raises(TypeError):
        DEFAULTS.own["low_login_days"] = 3  # type: ignore[index]


def test_a_set_survives_pickling() -> None:
    found = resolve({"core_features": ["reports"]}, {"plan=free": {"ticket_penalty": 5}}, ["core_features"])
    again = pickle.loads(pickle.dumps(found))
    assert again == found and again.digest == found.digest and again.locked == {"core_features"}


def test_the_digest_is_the_sha256_of_the_canonical_json() -> None:
    document = DEFAULTS.canonical_json()
    assert DEFAULTS.digest == hashlib.sha256(document.encode()).hexdigest()
    read = json.loads(document)
    assert document == json.dumps(read, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert set(read["values"]) == set(DECLARED) and read["overrides"] == {}


def test_equal_values_have_one_digest_however_they_were_written() -> None:
    one = resolve(
        {"core_features": "b, a", "target_uptime_percent": "99"}, {"b=1,a=2": {"ticket_penalty": "6"}}
    )
    other = resolve(
        {"target_uptime_percent": 99.0, "core_features": ["a", "b"]}, {"a=2,b=1": {"ticket_penalty": 6}}
    )
    assert one.digest == other.digest and one == other


@pytest.mark.parametrize(
    ("values", "overrides"),
    [
        ({"ticket_penalty": 11}, {}),
        ({}, {"plan=free": {"ticket_penalty": 11}}),
        ({"core_features": "reports"}, {}),
    ],
)
def test_what_changes_a_score_changes_both_digests(
    values: dict[str, object], overrides: dict[str, dict[str, object]]
) -> None:
    found = resolve(values, overrides)
    assert found.digest != DEFAULTS.digest
    assert found.score_digest != DEFAULTS.score_digest


def test_what_changes_no_score_makes_no_new_score_version() -> None:
    found = resolve({"success_slack_channel": "#help"}, {"plan=free": {"campaign_cooldown_days": 9}})
    assert found.digest != DEFAULTS.digest
    assert found.score_digest == DEFAULTS.score_digest


def test_a_lock_changes_no_digest() -> None:
    assert resolve(locked=["ticket_penalty"]).digest == DEFAULTS.digest
    with pytest.raises(NotFound):
        resolve(locked=["no_such_thing"])

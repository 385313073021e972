"""Planning a change: before, after, who may, and all or nothing."""

from __future__ import annotations

import pytest

from tenure.errors import NotFound, Refused
from tenure.parameters import (
    DECLARED,
    DEFAULTS,
    PRESETS,
    Actor,
    Outcome,
    ScoreRange,
    change,
    change_everywhere,
    changes_towards,
    check,
    lock,
    may_change,
    preset,
    resolve,
    to_json,
    unlock,
)

CHAIRMAN, ADMIN, LEAD, CSM, VIEWER, EVA = (
    Actor(role) for role in ("chairman", "admin", "lead", "csm", "viewer", "eva")
)
FREE_EVA = resolve({"autonomy.parameter_change": "auto"})


def test_a_plan_shows_before_after_and_what_changes() -> None:
    plan = change(DEFAULTS, {"low_login_days": "45"}, ADMIN, "customers log in monthly")
    assert plan.may_apply and plan.problems == ()
    assert plan.before is DEFAULTS
    assert plan.after.integer("low_login_days") == 45
    (changed,) = plan.changes
    assert changed.as_json() == {
        "name": "low_login_days",
        "segment": "",
        "before": 30,
        "after": 45,
        "follows": False,
    }


def test_one_bad_value_changes_nothing_at_all() -> None:
    plan = change(DEFAULTS, {"low_login_days": 45, "active_login_days": 99}, ADMIN, "a try")
    assert plan.after is DEFAULTS and plan.changes == () and not plan.may_apply
    assert [problem.parameter for problem in plan.problems] == ["active_login_days"]


def test_a_change_that_breaks_a_rule_changes_nothing() -> None:
    plan = change(DEFAULTS, {"engagement_weight": 50}, CHAIRMAN, "a try")
    assert plan.after is DEFAULTS
    assert "sum to 100" in str(plan.problems[0])


def test_weights_change_together() -> None:
    weights = {"engagement_weight": 50, "support_weight": 20, "value_weight": 30}
    assert change(DEFAULTS, weights, CHAIRMAN, "use says most").may_apply


def test_a_change_needs_a_reason() -> None:
    (problem,) = change(DEFAULTS, {"low_login_days": 45}, ADMIN, "  ").problems
    assert problem.parameter == "reason"


def test_none_takes_a_value_back() -> None:
    current = resolve({"low_login_days": 45, "ticket_penalty": 5})
    plan = change(current, {"low_login_days": None}, ADMIN, "back")
    assert dict(plan.after.own) == {"ticket_penalty": 5}
    assert plan.after.integer("low_login_days") == 30


def test_one_entry_changes_and_is_taken_back_alone() -> None:
    first = change(DEFAULTS, {"holdout_percent.at_risk": 20}, CHAIRMAN, "measure more").after
    second = change(first, {"holdout_percent.win_back": 5}, CHAIRMAN, "less here").after
    assert (second.entries("holdout_percent")["at_risk"], second.entries("holdout_percent")["win_back"]) == (
        20,
        5,
    )
    third = change(second, {"holdout_percent.at_risk": None}, CHAIRMAN, "as before").after
    assert {name: to_json(value) for name, value in third.own.items()} == {"holdout_percent": {"win_back": 5}}
    assert change(third, {"holdout_percent": {"win_back": None}}, CHAIRMAN, "as before").after == DEFAULTS


@pytest.mark.parametrize("name", ["no_such_thing", "autonomy.coffee", "low_login_days.monday"])
def test_taking_back_what_does_not_exist_is_a_problem(name: str) -> None:
    assert change(DEFAULTS, {name: None}, CHAIRMAN, "a try").problems


def test_several_entries_of_one_parameter_change_at_once() -> None:
    plan = change(DEFAULTS, {"autonomy.message": "auto", "autonomy.offer": "manual"}, CHAIRMAN, "trust")
    assert to_json(plan.after.own["autonomy"]) == {"message": "auto", "offer": "manual"}


def test_what_moves_with_a_threshold_is_shown_as_following() -> None:
    plan = change(DEFAULTS, {"at_risk_threshold": 50}, CHAIRMAN, "stricter")
    moved = {changed.name: (changed.after, changed.follows) for changed in plan.changes}
    assert moved == {
        "at_risk_threshold": (50, False),
        "at_risk_trigger_score": (ScoreRange(50, 69), True),
        "critical_trigger_score": (ScoreRange(0, 49), True),
    }


def test_setting_a_value_to_what_it_already_is_pins_it() -> None:
    pinned = change(DEFAULTS, {"at_risk_trigger_score": "40-69"}, ADMIN, "keep").after
    moved = change(pinned, {"healthy_threshold": 80}, CHAIRMAN, "stricter").after
    assert moved.score_range("at_risk_trigger_score") == ScoreRange(40, 69)


def test_a_segment_is_changed_and_taken_back_by_itself() -> None:
    plan = change(DEFAULTS, {"critical_response_hours": 4}, ADMIN, "big accounts", segment="plan=enterprise")
    assert [(c.name, c.segment, c.before, c.after) for c in plan.changes] == [
        ("critical_response_hours", "plan=enterprise", 24, 4)
    ]
    assert plan.after.integer("critical_response_hours") == 24
    back = change(
        plan.after, {"critical_response_hours": None}, ADMIN, "no longer", segment=" plan = enterprise "
    )
    assert back.after == DEFAULTS
    assert [(c.before, c.after) for c in back.changes] == [(4, 24)]


def test_a_segment_that_cannot_be_read_changes_nothing() -> None:
    plan = change(DEFAULTS, {"critical_response_hours": 4}, ADMIN, "a try", segment="enterprise")
    assert plan.after is DEFAULTS and plan.problems[0].parameter == "segment"


def test_venture_and_segments_change_as_one() -> None:
    changes = {"": {"low_login_days": 60}, "plan=free": {"low_login_days": 20, "moderate_login_days": 30}}
    plan = change_everywhere(DEFAULTS, changes, ADMIN, "a try")
    assert plan.problems and plan.after is DEFAULTS


def test_changes_towards_a_file_give_exactly_the_file() -> None:
    current = resolve(
        {"low_login_days": 45, "autonomy.message": "auto"}, {"plan=free": {"ticket_penalty": 5}}
    )
    values = {"ticket_penalty": 6, "autonomy": {"survey": "manual"}}
    overrides = {"plan=enterprise": {"ticket_penalty": 7}}
    steps = changes_towards(current, values, overrides)
    plan = change_everywhere(current, steps, CHAIRMAN, "apply the files")
    assert plan.problems == ()
    assert plan.after == resolve(values, overrides)
    assert changes_towards(plan.after, values, overrides) == {}


@pytest.mark.parametrize(
    ("actor", "outcome"),
    [
        (CHAIRMAN, Outcome.ALLOWED),
        (ADMIN, Outcome.ALLOWED),
        (LEAD, Outcome.MUST_PROPOSE),
        (CSM, Outcome.REFUSED),
        (VIEWER, Outcome.REFUSED),
        (EVA, Outcome.ALLOWED),
        (Actor("stranger"), Outcome.REFUSED),
    ],
)
def test_who_may_change_what_belongs_to_eva(actor: Actor, outcome: Outcome) -> None:
    assert may_change(actor.role, DECLARED["ticket_penalty"], False, "auto").outcome is outcome
    assert change(FREE_EVA, {"ticket_penalty": 6}, actor, "a try").verdict.outcome is outcome


@pytest.mark.parametrize("autonomy", ["manual", "assisted"])
def test_eva_proposes_until_its_autonomy_for_parameters_is_auto(autonomy: str) -> None:
    verdict = may_change("eva", DECLARED["ticket_penalty"], False, autonomy)
    assert verdict.outcome is Outcome.MUST_PROPOSE and autonomy in verdict.reason


def test_eva_proposes_what_belongs_to_the_chairman() -> None:
    plan = change(FREE_EVA, {"retention_target_percent": 90}, EVA, "we can do better")
    assert plan.must_propose and not plan.may_apply
    assert plan.after.number("retention_target_percent") == 90
    assert "belongs to the chairman" in plan.verdict.reason


def test_eva_cannot_give_itself_autonomy() -> None:
    assert change(FREE_EVA, {"autonomy": "auto"}, EVA, "faster").must_propose
    assert change(
        DEFAULTS, {"autonomy.parameter_change": "auto", "ticket_penalty": 6}, EVA, "faster"
    ).must_propose


@pytest.mark.parametrize("actor", [ADMIN, LEAD, EVA])
def test_what_the_chairman_locked_is_only_proposed(actor: Actor) -> None:
    locked = lock(FREE_EVA, ["ticket_penalty"], CHAIRMAN)
    plan = change(locked, {"ticket_penalty": 6}, actor, "a try")
    assert plan.must_propose
    if actor is not LEAD:
        assert "locked by the chairman" in plan.verdict.reason
    assert change(locked, {"ticket_penalty": 6}, CHAIRMAN, "my lock").may_apply


def test_a_lock_holds_for_segments_and_for_taking_back() -> None:
    locked = lock(resolve({"ticket_penalty": 6}), ["ticket_penalty"], CHAIRMAN)
    assert change(locked, {"ticket_penalty": 5}, ADMIN, "a try", segment="plan=free").must_propose
    assert change(locked, {"ticket_penalty": None}, ADMIN, "a try").must_propose


def test_the_strictest_verdict_is_that_of_the_whole_change() -> None:
    plan = change(FREE_EVA, {"ticket_penalty": 6, "retention_target_percent": 90}, EVA, "both")
    assert plan.must_propose


def test_a_refused_change_names_the_role_and_changes_nothing() -> None:
    plan = change(DEFAULTS, {"ticket_penalty": 6}, CSM, "a try")
    assert plan.after is DEFAULTS and not plan.must_propose
    assert "a csm may not change parameters" in str(plan.problems[0])


def test_a_change_keeps_the_locks() -> None:
    locked = lock(DEFAULTS, ["ticket_penalty"], CHAIRMAN)
    assert change(locked, {"low_login_days": 45}, ADMIN, "a try").after.locked == {"ticket_penalty"}


def test_only_the_chairman_locks_and_unlocks() -> None:
    locked = lock(DEFAULTS, ["ticket_penalty"], CHAIRMAN)
    assert unlock(locked, ["ticket_penalty"], CHAIRMAN) == DEFAULTS
    for actor in (ADMIN, LEAD, CSM, VIEWER, EVA):
        with pytest.raises(Refused, match="Only the chairman"):
            lock(DEFAULTS, ["ticket_penalty"], actor)
        with pytest.raises(Refused, match="Only the chairman"):
            unlock(locked, ["ticket_penalty"], actor)
    with pytest.raises(NotFound):
        lock(DEFAULTS, ["no_such_thing"], CHAIRMAN)


PRESET_VALUES: dict[str, dict[str, object]] = {
    "enterprise_b2b": {
        "engagement_weight": 30,
        "engagement_by": "seats",  # Day one, 12
        "support_weight": 30,
        "value_weight": 40,
        "active_login_days": 7,
        "moderate_login_days": 14,
        "low_login_days": 45,
        "critical_response_hours": 4,
        "quiet_hours": "20-8, weekends",
    },
    "consumer": {
        "engagement_weight": 60,
        "support_weight": 20,
        "value_weight": 20,
        "active_login_days": 1,
        "win_back_inactive_days": 90,
    },
    "product_led": {"engagement_weight": 50, "support_weight": 20, "value_weight": 30},
    "high_growth_start_up": {"target_uptime_percent": 95, "campaign_cooldown_days": 3},
    "freemium": {
        "engagement_weight": 60,
        "support_weight": 30,
        "value_weight": 10,
        "win_back_inactive_days": 90,
    },
}


def test_the_presets_are_those_of_the_specification() -> None:
    assert set(PRESETS) == set(PRESET_VALUES)


@pytest.mark.parametrize("name", PRESET_VALUES)
def test_R1_every_preset_sets_what_the_specification_says_and_passes_validation(name: str) -> None:
    assert check(PRESETS[name].values) == []
    plan = change(DEFAULTS, PRESETS[name].values, CHAIRMAN, f"preset {name}")
    assert plan.may_apply
    assert plan.after == resolve(PRESET_VALUES[name])


@pytest.mark.parametrize(
    "name", ["enterprise B2B", "product-led", "high-growth start-up", "Freemium", "consumer"]
)
def test_a_preset_is_found_by_its_label(name: str) -> None:
    assert preset(name).label.casefold() == name.casefold()


def test_an_unknown_preset_names_the_known_ones() -> None:
    with pytest.raises(NotFound, match="consumer, enterprise_b2b"):
        preset("charity")

"""One value at a time: what is read, what is refused, and what the refusal says."""

from __future__ import annotations

import pytest

from tenure.errors import NotFound
from tenure.parameters import BadParameters, QuietHours, ScoreRange, parse


@pytest.mark.parametrize("raw", ["7", " 7 ", 7, 7.0, "7.0"])
def test_a_whole_number_is_read_from_text_and_json(raw: object) -> None:
    value = parse("active_login_days", raw)
    assert value == 7 and isinstance(value, int)


@pytest.mark.parametrize(
    "raw", ["8", 0, -1, "9" * 400, "seven", "1.5", 1.5, True, None, [], {}, "nan", float("inf")]
)
def test_what_is_no_whole_number_in_the_range_is_refused(raw: object) -> None:
    with pytest.raises(BadParameters):
        parse("active_login_days", raw)


def test_a_refusal_names_the_parameter_the_value_and_the_range() -> None:
    with pytest.raises(BadParameters) as refused:
        parse("active_login_days", "9")
    message = "active_login_days = '9' is refused: it is outside the range; allowed is 1 to 7 days."
    assert refused.value.message == message
    assert refused.value.fix == "Nothing was changed."
    assert refused.value.problems[0].as_json() == {
        "parameter": "active_login_days",
        "given": "'9'",
        "allowed": "1 to 7 days",
        "why": "it is outside the range",
        "segment": "",
    }


def test_a_long_value_is_cut_in_the_refusal() -> None:
    with pytest.raises(BadParameters) as refused:
        parse("active_login_days", "x" * 5_000)
    assert len(refused.value.message) < 250


@pytest.mark.parametrize("raw", ["team@", "a@b", "someone", "x@example.com, @example.com"])
def test_a_refused_address_is_never_repeated(raw: str) -> None:
    with pytest.raises(BadParameters) as refused:
        parse("operations_email", raw)
    assert raw not in str(refused.value)
    assert "mail addresses" in str(refused.value)


def test_addresses_are_read_from_commas_and_json() -> None:
    expected = ("a@example.com", "b@example.com")
    assert parse("operations_email", "b@example.com, a@example.com") == expected
    assert parse("operations_email", '["a@example.com", "b@example.com", "a@example.com"]') == expected
    assert parse("operations_email", ["b@example.com", "a@example.com"]) == expected


@pytest.mark.parametrize("raw", ["", "[]", []])
def test_an_empty_list_is_a_value(raw: object) -> None:
    assert parse("core_features", raw) == ()


@pytest.mark.parametrize("raw", [5, None, {"a": 1}, "[1]", "[not json", [""], ["two\nlines"], "[" * 5_000])
def test_what_is_no_list_of_names_is_refused(raw: object) -> None:
    with pytest.raises(BadParameters):
        parse("core_features", raw)


def test_days_of_the_week_stay_in_the_order_of_the_week() -> None:
    assert parse("working_days", "sunday, MONDAY, Thursday") == ("Monday", "Thursday", "Sunday")


def test_a_choice_is_read_in_any_case() -> None:
    assert parse("crm_platform", "HubSpot") == "hubspot"
    with pytest.raises(BadParameters, match="none, hubspot, salesforce, intercom"):
        parse("crm_platform", "pipedrive")


def test_a_range_of_scores_holds_its_upper_end_up_to_the_next_whole_number() -> None:
    read = parse("at_risk_trigger_score", "40-69")
    assert read == ScoreRange(40, 69)
    assert isinstance(read, ScoreRange)
    assert [read.covers(score) for score in (39.9, 40, 69.9, 70)] == [False, True, True, False]


@pytest.mark.parametrize("raw", ["69-40", "29-60", "40-81", "40", 40, "a-b", ""])
def test_a_range_of_scores_outside_its_limits_is_refused(raw: object) -> None:
    with pytest.raises(BadParameters, match="within 30 to 80"):
        parse("at_risk_trigger_score", raw)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("20-8, weekends", QuietHours(20, 8, True)),
        ("20-8 and weekends", QuietHours(20, 8, True)),
        ("20-8", QuietHours(20, 8, False)),
        ("18-24", QuietHours(18, 0, False)),
        ("weekends", QuietHours(0, 0, True)),
        ("none", QuietHours(0, 0, False)),
    ],
)
def test_quiet_hours_are_read(raw: str, expected: QuietHours) -> None:
    assert parse("quiet_hours", raw) == expected
    assert parse("quiet_hours", str(expected)) == expected


@pytest.mark.parametrize("raw", ["", "8", "25-3", "8-8", "20-8 holidays", ", weekends", 20, None])
def test_what_is_no_quiet_hours_is_refused(raw: object) -> None:
    with pytest.raises(BadParameters):
        parse("quiet_hours", raw)


def test_quiet_hours_run_over_midnight() -> None:
    night = QuietHours(20, 8, weekends=True)
    assert [night.covers(hour, weekend=False) for hour in (19, 20, 23, 0, 7, 8)] == [
        False,
        True,
        True,
        True,
        True,
        False,
    ]
    assert night.covers(12, weekend=True)
    assert not QuietHours(0, 0, weekends=False).covers(3, weekend=True)
    assert [QuietHours(12, 14, weekends=False).covers(hour, weekend=True) for hour in (11, 12, 14)] == [
        False,
        True,
        False,
    ]


def test_a_time_zone_must_be_known() -> None:
    assert parse("venture_timezone", "Europe/Berlin") == "Europe/Berlin"
    for raw in ("Mars/Olympus", "", "../etc/passwd", 3, "Europe"):
        with pytest.raises(BadParameters, match="time zone"):
            parse("venture_timezone", raw)


def test_an_address_of_an_interface_is_a_url_or_empty() -> None:
    assert parse("crm_api_endpoint", "") == ""
    assert parse("crm_api_endpoint", "https://crm.example.com/v1") == "https://crm.example.com/v1"
    for raw in ("crm.example.com", "ftp://crm.example.com", "https://user:secret@crm.example.com"):
        with pytest.raises(BadParameters):
            parse("crm_api_endpoint", raw)


def test_entries_are_read_from_pairs_json_and_one_entry() -> None:
    for name, raw in (
        ("channel_cost", "sms=9.5"),
        ("channel_cost", '{"sms": 9.5}'),
        ("channel_cost", {"sms": 9.5}),
        ("channel_cost.sms", "9.5"),
    ):
        assert parse(name, raw) == {"sms": 9.5}


def test_a_plain_value_is_meant_for_every_entry() -> None:
    assert parse("autonomy", "auto") == dict.fromkeys(
        ("message", "offer", "survey", "parameter_change"), "auto"
    )


def test_a_plain_holdout_leaves_critical_customers_alone() -> None:
    assert parse("holdout_percent", "20") == dict.fromkeys(
        ("activation", "at_risk", "engagement", "win_back"), 20.0
    )


def test_a_holdout_may_be_set_for_a_playbook_of_ones_own() -> None:
    assert parse("holdout_percent.spring_offer", 25) == {"spring_offer": 25.0}


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("autonomy", {"coffee": "auto"}),
        ("autonomy", {"message": "sometimes"}),
        ("autonomy.coffee", "auto"),
        ("channel_cost", "sms"),
        ("channel_cost", {"sms": None}),
        ("channel_cost", {3: 1}),
        ("holdout_percent.at_risk", 51),
        ("holdout_percent", {"Bad Name": 5}),
        ("active_login_days.monday", 1),
    ],
)
def test_an_unknown_entry_or_a_bad_value_in_one_is_refused(name: str, raw: object) -> None:
    with pytest.raises(BadParameters):
        parse(name, raw)


def test_an_unknown_parameter_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(NotFound, match="Did you mean healthy_threshold"):
        parse("healthy_treshold", 70)
    with pytest.raises(NotFound, match="tenure params list"):
        parse("qqqq", 70)

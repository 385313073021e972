"""Scorecard files: what is refused, where, and what to do about it."""

from __future__ import annotations

import json

import pytest

from tenure.errors import BadInput
from tenure.model.mapping import FactMapping
from tenure.parameters import resolve
from tenure.rules.scorecard.document import document_of, parse_scorecard, scorecard_from
from tenure.rules.scorecard.places import BadDocument
from tenure.rules.scorecard.resolve import PublishedScorecard, decode_config, encode_config, resolve_config
from tenure.rules.scorecard.schema import json_schema
from tenure.scorecards import default_scorecard, scorecard_schema

CARD = """\
name: card
components:
  - id: usage
    weight: 100
    measures:
      - id: logins
        reads: login_count
        {shape}
"""


def _card(shape: str) -> str:
    return CARD.replace("{shape}", shape)


@pytest.mark.parametrize(
    ("shape", "line", "said"),
    [
        ("linear: {per_unit: 1}", 3, "points without end"),
        ("linear: {per_unit: many}", 8, "a number was expected"),
        ("linear: {per_unit: {parameter: ticket_penalti}}", 8, "there is no parameter"),
        ("linear: {per_unit: {parameter: core_features}}", 8, "is not a number"),
        ("linear: {per_unit: 0.1234567}", 8, "at most 6 decimals"),
        ("bands: [{below: 7, points: 1}, {below: 3, points: 2}]", 8, "must rise"),
        ("bands: [{below: 7}]", 8, "{below, points}"),
        ("boolean: {yes: 1}\n        inverse: {base: 1, minus_per_unit: 1}", 6, "exactly one shape"),
        ("boolean: {yes: 1}\n        survey: nps", 9, "does not take survey"),
        ("boolean: {yes: 1}\n        half_life_days: 3", 9, "no age of its own"),
        ("boolean: {yes: 1}\n        last_known_days: 3", 9, "no last known value"),
        ("boolean: {yes: 1}\n        no_data: drop", 3, "leaves no score"),
        ("boolean: {yes: 1}\n        windoww_days: 3", 9, "not known here"),
        ("boolean: {yes: 1}\n        window_days: 0", 9, "a whole number from 1"),
        ("boolean: [", 9, "not valid YAML"),
    ],
)
def test_a_bad_document_is_refused_with_file_line_and_reason(shape: str, line: int, said: str) -> None:
    with pytest.raises(BadDocument) as caught:
        parse_scorecard(_card(shape), "cards/mine.yaml")
    assert caught.value.message.startswith(f"cards/mine.yaml, line {line}: ")
    assert said in caught.value.message
    assert caught.value.fix


@pytest.mark.parametrize(
    "text", ["", "- 1", "name: x", "\x00", "{", "name: [1]\ncomponents: 3", "a: &a [*a]"]
)
def test_what_is_no_scorecard_is_refused_and_never_breaks(text: str) -> None:
    with pytest.raises(BadDocument):
        parse_scorecard(text, "x.yaml")


def test_an_unknown_measure_names_the_nearest() -> None:
    with pytest.raises(BadDocument, match="login_count"):
        parse_scorecard(_card("boolean: {yes: 1}").replace("login_count", "login_cont"), "x.yaml")


def test_a_condition_that_cannot_be_read_is_refused_at_its_line() -> None:
    with pytest.raises(BadDocument, match="line 1: when"):
        parse_scorecard("when: plan = 3\n" + _card("boolean: {yes: 1}"), "x.yaml")


def test_the_default_scorecard_reads_back_from_its_stored_document() -> None:
    card = parse_scorecard(default_scorecard(), "default.yaml")
    assert scorecard_from(document_of(default_scorecard(), "default.yaml"), "default") == card


def test_a_resolved_configuration_survives_being_kept() -> None:
    card = parse_scorecard(default_scorecard(), "default.yaml")
    parameters = resolve({}, {"plan=enterprise": {"active_login_days": 3}})
    config = resolve_config([PublishedScorecard(card, 1)], parameters, FactMapping())
    assert decode_config(encode_config(config)) == config


def test_the_version_changes_with_parameters_that_count_and_with_no_other() -> None:
    card = PublishedScorecard(parse_scorecard(default_scorecard(), "default.yaml"), 4)

    def version(**values: object) -> str:
        return resolve_config([card], resolve(values), FactMapping()).scorecards[0].version

    assert version().startswith("default@4+")
    assert version() == version(success_slack_channel="#other")
    assert version() != version(ticket_penalty=11)


def test_exactly_one_scorecard_scores_everybody_else() -> None:
    card = parse_scorecard('when: plan == "pro"\n' + _card("boolean: {yes: 1}"), "x.yaml")
    with pytest.raises(BadInput, match="without `when`"):
        resolve_config([PublishedScorecard(card, 1)], resolve(), FactMapping())


def test_weights_must_sum_to_one_hundred() -> None:
    card = parse_scorecard(_card("boolean: {yes: 1}").replace("100", "90"), "x.yaml")
    with pytest.raises(BadInput, match="sum to 90"):
        resolve_config([PublishedScorecard(card, 1)], resolve(), FactMapping())


def test_m3_a_component_with_full_marks_of_zero_must_have_weight_zero() -> None:
    card = parse_scorecard(_card("boolean: {yes: 0}"), "x.yaml")
    with pytest.raises(BadInput, match="no points"):
        resolve_config([PublishedScorecard(card, 1)], resolve(), FactMapping())


def test_the_published_schema_is_the_derived_one() -> None:
    assert json.loads(scorecard_schema()) == json_schema()

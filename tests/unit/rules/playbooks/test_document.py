"""Playbook files: what is wrong with one is named with file, line and the fix, before anything is published."""

from __future__ import annotations

import json

import jsonschema
import pytest
import yaml

from tenure.errors import BadInput
from tenure.playbooks import playbook_schema, shipped_playbooks
from tenure.rules.playbooks.document import parse_playbook
from tenure.rules.playbooks.schema import json_schema
from tenure.services.playbooks import check_files, check_one

GOOD = """\
key: hello
kind: engagement
title: Hello
purpose: Says hello.
entry:
  condition: falling_trend == true
steps:
  - step: first
    channel: email
    template: hello
  - step: second
    channel: email
    day: 3
    variants:
      - {name: a, template: hello, share: 60}
      - {name: b, template: other, share: 40}
templates:
  hello:
    subject: Hello {{ contact.first_name }}
    text: |
      Hi {{ contact.first_name }},
      hello.
    html: |
      <p>Hi {{ contact.first_name }}, hello.</p>
  other:
    subject: Hello again
    text: Hello again.
    html: <p>Hello again.</p>
"""


def wrong(text: str) -> str:
    with pytest.raises(BadInput) as found:
        check_one(text, "playbooks/hello.yaml")
    return f"{found.value.message} {found.value.fix}"


def test_a_sound_file_is_read_whole() -> None:
    found = check_one(GOOD, "hello.yaml")
    assert [step.step for step in found.steps] == ["first", "second"]
    assert found.templates["hello"]["subject"] == "Hello {{ contact.first_name }}"


def test_every_shipped_playbook_is_sound_and_all_seven_and_those_of_P2_and_day_one_9_are_there() -> None:
    checked = check_files(shipped_playbooks(), {})
    assert not checked.problems
    assert {one.definition.key for one in checked.playbooks} == {
        "onboarding", "activation", "engagement", "renewal", "at_risk", "critical", "cancelling", "win_back",
        "failed_payment", "payment_ended",
    }  # fmt: skip


def test_day_one_9_only_the_path_of_payments_writes_transactional_mail() -> None:
    text = shipped_playbooks()["win_back.yaml"].replace("purpose: marketing", "purpose: transactional", 1)
    with pytest.raises(BadInput, match="only a playbook of kind payment"):
        parse_playbook(text.replace("    offer: {percent: 20, months: 3}\n", "", 1), "win_back.yaml")


CASES = {
    "an unknown field of a condition": ("falling_trend == true", "fallen_trend == true", "line 6", "a field was expected, not 'fallen_trend'"),
    "an unknown parameter of a condition": ("falling_trend == true", "score < parameter.low_score", "line 6", "no parameter 'low_score'"),
    "an unknown parameter of a delay": ("day: 3", "day: {parameter: days_of_guide}", "line 13", "there is no parameter days_of_guide"),
    "a parameter that is no number": ("day: 3", "day: {parameter: quiet_hours}", "line 13", "is not a number"),
    "shares that do not sum to 100": ("share: 40", "share: 30", "line 15", "sum to 90, not to 100"),
    "a step out of order": ("template: hello\n  - step", "template: hello\n    day: 9\n  - step", "line 12", "due before the step first"),
    "a step nobody reaches": ("day: 3", 'day: 3\n    when: score > 80 and score < 20', "line 11", "score cannot be both"),
    "an entry nobody meets": ("falling_trend == true", 'health_status == "healthy" and health_status == "critical"', "line 6", "nobody can enter"),
    "a missing template": ("template: hello\n  - step", "template: nothing\n  - step", "line 8", "no template nothing"),
    "a template nobody uses": ("template: other", "template: hello", "line 18", "no step uses the template other"),
    "a template without a part": ("    html: <p>Hello again.</p>\n", "", "line 11", "has no html"),
    "an unknown variable": ("Hi {{ contact.first_name }},\n", "Hi {{ contact.firstname }},\n", "line 21", "Did you mean contact.first_name?"),
    "an unknown variable in html": ("<p>Hi {{ contact", "<p>{{ today }} Hi {{ contact", "line 24", "the variable today is not known"),
    "what is not for customers": ("      hello.", "      your score is {{ customer.score }}.", "line 22", "not for customers to read"),
    "broken Jinja": ("      hello.", "      {% if %}", "line 22", "no valid Jinja"),
    "a link in one part only": ("      hello.", '      hello {{ link.cta("guide") }}', "line 24", "is in the other part only"),
    "an include": ("      hello.", '      {% include "/etc/passwd" %}', "line 22", "stand for themselves"),
    "an unknown name": ("purpose:", "purpos:", "line 4", "Did you mean purpose?"),
    "an unknown kind": ("kind: engagement", "kind: engagment", "line 2", "Did you mean engagement"),
    "two steps of one name": ("step: second", "step: first", "line 8", "there twice"),
    "a channel that reaches no customer": ("channel: email\n    template", "channel: slack\n    template", "line 9", "'slack' is not known"),
    "an offer that is no marketing": ("day: 3", "day: 3\n    offer: {percent: 10, months: 3}", "line 11", "an offer is marketing"),
    "an offer's variable without an offer": ("      hello.", "      {{ offer.percent }}", "line 22", "has no offer"),
    "what repeats for ever": ("day: 3", "day: 3\n    repeats_days: 9", "line 14", "must not repeat for ever"),
    "broken YAML": ("title: Hello", "title: [Hello", "line 4", "not valid YAML"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_is_wrong_is_named_with_file_line_and_fix(case: str) -> None:
    old, new, line, what = CASES[case]
    assert old in GOOD
    said = wrong(GOOD.replace(old, new, 1))
    assert said.startswith(f"playbooks/hello.yaml, {line}:"), said
    assert what in said
    assert "tenure plan" not in said


def test_marketing_without_a_way_out_is_refused_in_each_part() -> None:
    said = wrong(GOOD.replace("template: hello\n  - step", "template: hello\n    purpose: marketing\n  - step"))
    assert "a marketing message carries a way out" in said and "line 22" in said


def test_a_way_out_that_only_some_customers_get_is_refused() -> None:
    out = "{% if customer.features_used %}{{ link.unsubscribe }}{% endif %}"
    text = GOOD.replace("      hello.", f"      hello. {out}").replace(", hello.</p>", f", hello. {out}</p>")
    text = text.replace("template: hello\n  - step", "template: hello\n    purpose: marketing\n  - step")
    assert "the way out is lost for some customers" in wrong(text)


def test_what_cannot_be_rendered_for_a_customer_of_whom_little_is_known_is_refused() -> None:
    said = wrong(GOOD.replace("      hello.", "      hello {{ customer.features_used[0].upper() }}."))
    assert "of whom little is known" in said


def test_a_step_that_never_holds_with_its_entry_is_unreachable_only_where_entry_has_to_hold() -> None:
    text = GOOD.replace("falling_trend == true", 'health_status == "at_risk"').replace("day: 3", 'day: 3\n    when: health_status == "healthy"')
    check_one(text, "hello.yaml")
    assert "never be reached" in wrong(text.replace("steps:", "stays_while_entry_holds: true\nsteps:"))


def test_a_template_may_stand_in_a_file_of_its_own() -> None:
    text = GOOD[: GOOD.index("  other:")] + "  other: templates/other.yaml\n"
    files = {"templates/other.yaml": "subject: Again\ntext: Again.\nhtml: <p>Again.</p>\n"}
    assert check_one(text, "hello.yaml", files.__getitem__).templates["other"]["subject"] == "Again"
    with pytest.raises(BadInput, match=r"hello\.yaml, line 25: templates\.other: there is no template file"):
        parse_playbook(text, "hello.yaml")


def test_a_team_takes_the_place_of_a_shipped_playbook_but_not_of_its_own() -> None:
    own = shipped_playbooks()["engagement.yaml"].replace("title: Keeping it useful", "title: Ours")
    checked = check_files(shipped_playbooks(), {"playbooks/e.yaml": own})
    found = checked.playbook("engagement")
    assert found is not None and found.is_own and found.definition.title == "Ours"
    twice = check_files(shipped_playbooks(), {"playbooks/e.yaml": own, "playbooks/f.yaml": own})
    assert "has the key engagement too" in twice.problems[0]


def test_the_published_schema_is_the_one_the_code_makes() -> None:
    assert json.loads(playbook_schema()) == json_schema()


def test_shipped_playbooks_pass_the_schema_and_a_wrong_one_does_not() -> None:
    validator = jsonschema.Draft202012Validator(json.loads(playbook_schema()))
    for text in (*shipped_playbooks().values(), GOOD):
        assert not list(validator.iter_errors(yaml.safe_load(text)))
    for bad in (GOOD.replace("channel: email\n    template", "template"), GOOD.replace("purpose:", "purpos:")):
        assert list(validator.iter_errors(yaml.safe_load(bad)))

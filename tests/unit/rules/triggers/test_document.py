"""Trigger files: what is refused names file, line and the fix; the published schema is the reader's own."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tenure.rules.scorecard.places import BadDocument
from tenure.rules.triggers.document import definition_from, document_of, parse_trigger
from tenure.rules.triggers.schema import json_schema
from tenure.triggers import shipped_triggers, trigger_schema

GOOD = """id: T-1
title: Low seats
subject: customer
condition: seats < 5
max_depth: 2
iterations:
  - depth: 1
    actions:
      - do: raise_alert
        args: {kind: critical_customer}
  - depth: 2
    when: no_response
    after: {parameter: chairman_escalation_hours}
    actions:
      - do: create_task
        args: {kind: call, title: Call, due_hours: 24}
ends: [responded, 'status == "churned"']
"""


def test_a_good_file_is_read_and_comes_back_from_the_store_the_same() -> None:
    found = parse_trigger(GOOD, "t.yaml")
    assert (found.trigger_id, found.max_depth, found.iterations[1].after_parameter) == ("T-1", 2, "chairman_escalation_hours")
    assert definition_from(document_of(found)) == found


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("id: T-1", "id: t one", "t.yaml, line 1: id: an id of capital letters"),
        ("seats < 5", "seatz < 5", "line 4: condition: The condition `seatz < 5` cannot be read"),
        ("subject: customer", "subject: person", "line 3: subject: 'person' is not known"),
        ("  - depth: 2\n", "  - depth: 3\n", "line 11: iterations[2].depth: depths count from 1"),
        ("max_depth: 2", "max_depth: 1", "line 11: iterations[2]: it is deeper than max_depth 1"),
        ("do: raise_alert", "do: raise_alarm", "line 9: iterations[1].actions[1].do: 'raise_alarm' is not known"),
        ("{kind: critical_customer}", "{}", "line 10: iterations[1].actions[1].args: `kind` is missing"),
        ("due_hours: 24", "due_hours: soon", "args.due_hours: a number from 0 was expected"),
        ("chairman_escalation_hours", "touch_expiry_days", "there is no parameter touch_expiry_days in hours"),
        ("[responded,", "[answered,", "'answered' ends nothing"),
        ("title: Low seats", "title: Low seats\ntitle: Again", "line 3: title: it is given twice"),
        ("do: create_task", "do: heal_component", "heal_component is not for a customer"),
    ],
)
def test_a_bad_file_is_refused_at_its_line(old: str, new: str, said: str) -> None:
    assert old in GOOD
    with pytest.raises(BadDocument) as refused:
        parse_trigger(GOOD.replace(old, new, 1), "t.yaml")
    assert said in refused.value.message
    assert refused.value.fix


def test_the_example_of_the_page_is_a_good_file() -> None:
    page = (Path(__file__).parents[4] / "docs" / "triggers.md").read_text()
    [text] = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert parse_trigger(text, "docs/triggers.md").trigger_id == "SEATS-1"


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(BadDocument, match="empty"):
        parse_trigger("  \n", "t.yaml")


def test_the_published_schema_is_what_the_code_says() -> None:
    assert json.loads(trigger_schema()) == json_schema()


def test_the_shipped_files_are_whole() -> None:
    found = {one.trigger_id: one for one in (parse_trigger(text, name) for name, text in shipped_triggers().items())}
    assert list(found) == ["RETENTION-001", "RETENTION-002", "RETENTION-003", "RETENTION-004"]
    assert all(one.success is not None and one.escalation and one.ends for one in found.values())
    depths = {name: one.max_depth for name, one in found.items()}
    assert depths == {"RETENTION-001": 3, "RETENTION-002": 6, "RETENTION-003": 1, "RETENTION-004": None}
    assert {name: one.success.horizon_days for name, one in found.items() if one.success} == {
        "RETENTION-001": 30, "RETENTION-002": 60, "RETENTION-003": 60, "RETENTION-004": 7,
    }  # fmt: skip
    assert found["RETENTION-001"].success is not None
    assert (found["RETENTION-001"].success.target, found["RETENTION-001"].cooldown_days) == (0.30, 7)

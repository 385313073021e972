"""Content: only declared variables, nothing that runs or escapes, HTML as mail readers show it."""

from __future__ import annotations

from pathlib import Path

import jinja2
import pytest
from tests.playbook_house import shipped

from tenure.model.playbooks import Act
from tenure.playbooks import mail_layout
from tenure.services.content import Renderer, sample_facts
from tenure.services.content.variables import VARIABLES, reference_markdown

FACTS = sample_facts(is_rich=True, internal=False)
LETTERS = [
    (one.definition.key, name, step)
    for one in shipped().playbooks
    for step in one.definition.steps
    if step.act is Act.touch
    for name in step.templates
]


@pytest.mark.parametrize(("key", "name", "step"), LETTERS, ids=[f"{key}-{name}" for key, name, _ in LETTERS])
def test_every_shipped_letter_has_subject_text_and_html_and_marketing_a_way_out(key: str, name: str, step: object) -> None:
    found = shipped().playbook(key)
    assert found is not None
    parts = found.definition.templates[name]
    for is_rich in (True, False):
        made = Renderer(mail_layout()).render(parts, sample_facts(is_rich=is_rich, internal=False))
        assert made.subject and made.text and made.html.startswith("<!DOCTYPE html>")
        assert "{{" not in made.text + made.html and "None" not in made.text
        assert ("unsubscribe" in made.links) == (step.purpose.value == "marketing")  # type: ignore[attr-defined]


def test_styles_are_in_the_elements_because_mail_readers_drop_the_rest() -> None:
    made = Renderer(mail_layout()).render({"subject": "S", "text": "t", "html": '<p><a class="button" href="https://example.com">Go</a></p>'}, FACTS)
    assert "<style" not in made.html and 'style="' in made.html and "padding: 10px 18px" in made.html


def test_names_are_escaped_in_html_and_left_alone_in_text() -> None:
    facts = FACTS | {"customer": FACTS["customer"] | {"name": "<b>Bold & Co</b>"}}
    made = Renderer().render({"text": "{{ customer.name }}", "html": "<p>{{ customer.name }}</p>"}, facts)
    assert made.text == "<b>Bold & Co</b>"
    assert made.html == "<p>&lt;b&gt;Bold &amp; Co&lt;/b&gt;</p>"


@pytest.mark.parametrize(
    "html",
    ["<script>alert(1)</script>x", '<a href="javascript:alert(1)">x</a>', '<p onclick="x()">x</p>', "<form><input></form>x", "<iframe src='//e'></iframe>x"],
)
def test_what_has_no_place_in_a_mail_is_taken_out(html: str) -> None:
    made = Renderer().render({"html": html}, FACTS).html
    assert "x" in made
    for word in ("script", "onclick", "form", "iframe"):
        assert word not in made


@pytest.mark.parametrize("source", ["{{ customer.__class__ }}", "{{ link.cta.__globals__ }}", "{{ ''.__class__.__mro__ }}"])
def test_templates_cannot_reach_into_the_machine(source: str) -> None:
    with pytest.raises(jinja2.exceptions.TemplateError):
        Renderer().part("text", source + ".x", FACTS)


def test_a_subject_is_one_line_whatever_a_name_holds() -> None:
    facts = FACTS | {"customer": FACTS["customer"] | {"name": "Acme\r\nBcc: x@example.com"}}
    assert "\n" not in Renderer().part("subject", "For {{ customer.name }}", facts)


def test_a_missing_name_reads_like_a_letter() -> None:
    facts = sample_facts(is_rich=False, internal=False)
    assert Renderer().part("text", "Hi {{ contact.first_name }}, for {{ customer.name }}", facts) == "Hi there, for your team"


def test_every_declared_variable_is_in_the_facts() -> None:
    for name in VARIABLES:
        group, inner = name.split(".")
        assert inner in FACTS[group], name


def test_the_documented_variables_are_the_declared_ones() -> None:
    page = Path(__file__).parents[4] / "docs" / "playbooks.md"
    assert reference_markdown() in page.read_text(encoding="utf-8")

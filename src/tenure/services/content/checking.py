"""What can be wrong with a template, found before it is published: unknown variables, missing links, what cannot render."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping

import msgspec
from jinja2 import TemplateError, TemplateSyntaxError, nodes

from tenure.model.links import UNSUBSCRIBE
from tenure.model.playbooks import Act, Step
from tenure.model.touches import Purpose
from tenure.services.content.environment import PLAIN
from tenure.services.content.rendering import Renderer
from tenure.services.content.values import sample_facts
from tenure.services.content.variables import GROUPS, VARIABLES

FORBIDDEN = (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends, nodes.Macro, nodes.CallBlock, nodes.Block)
LONGEST_SUBJECT = 120


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing wrong with one part of a template; `line` counts from 1 within the part."""

    part: str
    line: int
    what: str
    fix: str


def check_template(parts: Mapping[str, str], step: Step) -> list[Problem]:
    """Everything wrong with a template as this step uses it."""
    found: list[Problem] = []
    trees: dict[str, nodes.Template] = {}
    for part, source in parts.items():
        try:
            trees[part] = PLAIN.parse(source)
        except TemplateSyntaxError as problem:
            found.append(Problem(part=part, line=problem.lineno, what=f"this is no valid Jinja: {problem.message}", fix="Correct it."))
    for part, tree in trees.items():
        found += _of_variables(part, tree, step)
    if found:
        return found
    return [*_of_links(parts, trees, step), *_of_rendering(parts, step)]


def check_line(source: str, step: Step) -> list[Problem]:
    """The same for the title of a task, an alert or a decision."""
    return check_template({"script": source}, step)


def _of_variables(part: str, tree: nodes.Template, step: Step) -> Iterator[Problem]:
    for node in tree.find_all(FORBIDDEN):
        yield Problem(part=part, line=node.lineno, what="templates stand for themselves", fix="Only if, for and set may be used.")
    local = {name.name for name in tree.find_all(nodes.Name) if name.ctx == "store"}
    parts: list[nodes.Getattr | nodes.Getitem] = [*tree.find_all(nodes.Getattr), *tree.find_all(nodes.Getitem)]
    inner = {id(one.node) for one in parts}
    for name in tree.find_all(nodes.Name):
        if name.ctx == "load" and name.name not in (*local, "loop") and (name.name not in GROUPS or id(name) not in inner):
            yield _unknown(part, name.lineno, name.name)
    for one in parts:
        if isinstance(one.node, nodes.Name) and one.node.name not in local and one.node.name != "loop":
            yield from _of_one(part, one, step)


def _of_one(part: str, one: nodes.Getattr | nodes.Getitem, step: Step) -> Iterator[Problem]:
    assert isinstance(one.node, nodes.Name)
    inner = one.attr if isinstance(one, nodes.Getattr) else one.arg.value if isinstance(one.arg, nodes.Const) else "?"
    name = f"{one.node.name}.{inner}"
    variable = VARIABLES.get(name)
    if variable is None:
        if one.node.name in GROUPS:
            yield _unknown(part, one.lineno, name)
        return
    if variable.internal and part != "script":
        yield Problem(
            part=part, line=one.lineno, what=f"{name} is not for customers to read", fix="Use it in scripts and titles only."
        )
    for group, given in (("offer", step.offer), ("invitation", step.invitation)):
        if name.startswith(f"{group}.") and given is None:
            yield Problem(part=part, line=one.lineno, what=f"{name} is used, but the step {step.step} has no {group}", fix=f"Add `{group}:` to the step.")


def _unknown(part: str, line: int, name: str) -> Problem:
    near = difflib.get_close_matches(name, VARIABLES, n=1, cutoff=0.5)
    hint = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(VARIABLES)}."
    return Problem(part=part, line=line, what=f"the variable {name} is not known", fix=hint)


def _of_links(parts: Mapping[str, str], trees: Mapping[str, nodes.Template], step: Step) -> Iterator[Problem]:
    """Text and HTML are the same letter: they carry the same links, and in marketing the way out."""
    if step.act is not Act.touch:
        return
    carried = {part: _links(tree) for part, tree in trees.items() if part in ("text", "html")}
    if len(carried) == 2 and carried["text"] != carried["html"]:
        only = sorted(carried["text"] ^ carried["html"])[0]
        lacks = "html" if only in carried["text"] else "text"
        yield Problem(part=lacks, line=1, what=f"{only} is in the other part only", fix="Text and HTML carry the same links.")
    if step.purpose is Purpose.marketing:
        for part, links in carried.items():
            if "link.unsubscribe" not in links:
                yield Problem(
                    part=part, line=1, what="a marketing message carries a way out", fix="Add {{ link.unsubscribe }} to it."
                )
    if "subject" in parts and len(parts["subject"]) > LONGEST_SUBJECT:
        yield Problem(part="subject", line=1, what=f"it is longer than {LONGEST_SUBJECT} characters", fix="Say it shorter.")


def _links(tree: nodes.Template) -> frozenset[str]:
    found = set()
    for one in tree.find_all(nodes.Getattr):
        if isinstance(one.node, nodes.Name) and one.node.name == "link" and one.attr != "cta":
            found.add(f"link.{one.attr}")
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Getattr) and call.node.attr == "cta":
            found.update(f'link.cta("{each.value}")' for each in call.args if isinstance(each, nodes.Const))
    return frozenset(found)


def _of_rendering(parts: Mapping[str, str], step: Step) -> Iterator[Problem]:
    """It is rendered for a customer of whom all is known and for one of whom nothing is."""
    renderer = Renderer()
    for is_rich in (True, False):
        facts = sample_facts(is_rich=is_rich, internal=step.act is not Act.touch)
        for part, source in parts.items():
            try:
                text = renderer.part(part, source, facts)
            except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError) as problem:
                line = getattr(problem, "lineno", None) or 1
                whom = "a customer" if is_rich else "a customer of whom little is known"
                yield Problem(part=part, line=line, what=f"it cannot be rendered for {whom} ({problem})", fix="Guard it with {% if %}.")
                continue
            if not text.strip():
                yield Problem(part=part, line=1, what="it renders to nothing", fix="Write something that always stands.")
            elif step.purpose is Purpose.marketing and part in ("text", "html") and UNSUBSCRIBE not in text:
                yield Problem(
                    part=part, line=1, what="the way out is lost for some customers", fix="Put {{ link.unsubscribe }} outside of any {% if %}."
                )

"""Playbook files: shipped ones and the team's own, checked as a whole before anything is published."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from hashlib import blake2b

import msgspec

from tenure.errors import BadInput
from tenure.model.playbooks import Act, PlaybookDefinition, Step
from tenure.rules.playbooks.document import ParsedPlaybook, ReadTemplate, parse_playbook, parts_needed, refuse
from tenure.rules.scorecard.places import BadDocument, Place
from tenure.services.content.checking import Problem, check_line, check_template

_CTA = re.compile(r"link\.cta\(\s*[\"']([a-z0-9_]+)[\"']\s*\)")


class CheckedPlaybook(msgspec.Struct, frozen=True, kw_only=True):
    """A file that may be published. `is_own`: the team's, which takes the place of a shipped one of the same key."""

    definition: PlaybookDefinition
    file: str
    digest: str
    is_own: bool


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """Every file of a workspace: what may be published, and everything wrong with the rest."""

    playbooks: tuple[CheckedPlaybook, ...]
    broken: dict[str, tuple[str, ...]] = {}
    """Problems by file."""
    links: tuple[str, ...] = ()
    """Links the templates use, by name."""
    shipped: frozenset[str] = frozenset()
    """Keys that ship, whether or not an own file takes their place."""

    @property
    def problems(self) -> tuple[str, ...]:
        return tuple(said for found in self.broken.values() for said in found)

    def playbook(self, key: str) -> CheckedPlaybook | None:
        return next((one for one in self.playbooks if one.definition.key == key), None)


def check_files(
    shipped: Mapping[str, str], own: Mapping[str, str], read_template: ReadTemplate | None = None
) -> Checked:
    """Check every file; a bad one is a problem, never an error. Each problem names file, line, and the fix."""
    found: dict[str, CheckedPlaybook] = {}
    broken: dict[str, tuple[str, ...]] = {}
    links, ships = set[str](), set[str]()
    for file, text, is_own in [*((f, t, False) for f, t in shipped.items()), *((f, t, True) for f, t in own.items())]:
        try:
            parsed = parse_playbook(text, file, read_template)
            wrong = [f"{one.message} {one.fix}" for one in template_problems(parsed)]
            _check_key(parsed, file, found, is_own)
        except BadDocument as problem:
            broken[file] = (f"{problem.message} {problem.fix}",)
            continue
        if wrong:
            broken[file] = tuple(wrong)
        else:
            found[parsed.definition.key] = CheckedPlaybook(
                definition=parsed.definition, file=file, digest=digest_of(parsed.definition), is_own=is_own
            )
            links |= _links_of(parsed.definition)
            ships |= set() if is_own else {parsed.definition.key}
    in_order = sorted(found.values(), key=lambda one: (one.definition.kind.rank, one.definition.key))
    return Checked(playbooks=tuple(in_order), broken=broken, links=tuple(sorted(links)), shipped=frozenset(ships))


def check_one(text: str, file: str, read_template: ReadTemplate | None = None) -> PlaybookDefinition:
    """One file; raises BadDocument with the first thing wrong."""
    parsed = parse_playbook(text, file, read_template)
    for problem in template_problems(parsed):
        raise problem
    return parsed.definition


def template_problems(parsed: ParsedPlaybook) -> Iterator[BadDocument]:
    """What is wrong with templates and titles, at their lines."""
    definition = parsed.definition
    for step in definition.steps:
        for name in step.templates:
            parts = {part: definition.templates[name][part] for part in parts_needed(step)}
            for problem in check_template(parts, step):
                yield _located(parsed.parts[name, problem.part], problem)
        if step.title:
            place = parsed.steps[step.step]
            for problem in check_line(step.title, _as_internal(step)):
                yield refuse(place, f"title: {problem.what}", problem.fix)


def _as_internal(step: Step) -> Step:
    return msgspec.structs.replace(step, act=Act.create_task) if step.act is Act.touch else step


def _located(place: Place, problem: Problem) -> BadDocument:
    """At the line within a block of text: what `|` or `>` begins stands on the next line."""
    first = place.node.start_mark.line + (2 if place.node.style in ("|", ">") else 1)  # type: ignore[attr-defined]
    return BadDocument(f"{place.file}, line {first + problem.line - 1}: {place.path}: {problem.what}.", problem.fix)


def _check_key(parsed: ParsedPlaybook, file: str, found: Mapping[str, CheckedPlaybook], is_own: bool) -> None:
    same = found.get(parsed.definition.key)
    if same is not None and same.is_own == is_own:
        raise BadDocument(f"{file}, line 1: {same.file} has the key {parsed.definition.key} too.", "Give each playbook its own key.")


def _links_of(definition: PlaybookDefinition) -> set[str]:
    texts = [text for parts in definition.templates.values() for text in parts.values()]
    named = {found for text in texts for found in _CTA.findall(text)}
    return named | ({"meeting"} if any("link.meeting" in text for text in texts) else set())


def digest_of(definition: PlaybookDefinition) -> str:
    """Identifies what a playbook does and says, whatever the layout of its file."""
    return blake2b(msgspec.json.encode(definition, order="deterministic"), digest_size=16).hexdigest()


def no_playbook(key: str, checked: Checked) -> BadInput:
    """The error for a key that no sound file has."""
    known = ", ".join(one.definition.key for one in checked.playbooks)
    return BadInput(f"There is no sound playbook {key} in the files.", f"Sound ones: {known}. See `tenure playbooks check`.")

"""A playbook as one picture: who enters, what happens on which day, what ends it. Follows light and dark by itself."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from html import escape

from tenure.model.playbooks import Act, OnResponse, PlaybookDefinition, Step
from tenure.model.touches import Purpose
from tenure.parameters import ParameterSet
from tenure.rules.playbooks.tunables import amount, numbers_of

WIDTH = 760
_LINE_X = 118
_BOX_X = 150
_BOX_WIDTH = WIDTH - _BOX_X - 24
_PAD = 14
_TITLE_CHARS = 62
_MONO_CHARS = 72

_STYLE = """
.playbook{--pb-ink:var(--ink,#1c2430);--pb-muted:var(--muted,#5b6675);--pb-line:var(--line,#d9dee5);--pb-paper:var(--surface,#ffffff);
--pb-box:#f6f8fa;--pb-say:#2f62c9;--pb-do:#8250c4;--pb-warn:#c4501f;--pb-ask:#0f7c87;--pb-good:#1f8a5b;--pb-leave:#5b6675}
@media (prefers-color-scheme:dark){.playbook{--pb-ink:var(--ink,#e6eaf0);--pb-muted:var(--muted,#9aa6b5);--pb-line:var(--line,#38424f);
--pb-paper:var(--surface,#12171e);--pb-box:#1b222c;--pb-say:#7ea6f2;--pb-do:#b795ec;--pb-warn:#ee9468;--pb-ask:#58c1cb;--pb-good:#5cc795;--pb-leave:#9aa6b5}}
.playbook text{font-family:-apple-system,"Segoe UI",Roboto,Helvetica,Arial,sans-serif;fill:var(--pb-ink)}
.playbook .title{font-size:20px;font-weight:650}.playbook .head{font-size:14px;font-weight:600}.playbook .body{font-size:13px}
.playbook .small{font-size:12px;fill:var(--pb-muted)}.playbook .day{font-size:13px;font-weight:600;text-anchor:end}
.playbook .hour{font-size:11.5px;fill:var(--pb-muted);text-anchor:end}.playbook .tag{font-size:11px;font-weight:600;letter-spacing:.02em}
.playbook .mono{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:11.5px;fill:var(--pb-muted)}
.playbook .paper{fill:var(--pb-paper)}.playbook .box{fill:var(--pb-box);stroke:var(--pb-line)}.playbook .rail{stroke:var(--pb-line);stroke-width:2}
"""
_COLOURS = {Act.touch: "say", Act.create_task: "do", Act.raise_alert: "warn", Act.ask_decision: "ask", Act.send_survey: "say"}
_ACTS = {
    Act.create_task: "task for a person",
    Act.raise_alert: "alert to the team",
    Act.ask_decision: "decision",
    Act.send_survey: "survey",
}


def playbook_svg(definition: PlaybookDefinition, parameters: ParameterSet, version: int | None = None) -> str:
    """The picture as SVG text.

    Args:
        parameters: whose delays are shown.
        version: shown beside the name; None: not published.
    """
    picture = _Picture(definition, parameters, version)
    return picture.svg()


class _Picture:
    """Written from top to bottom; `_y` is where the next thing goes."""

    def __init__(self, definition: PlaybookDefinition, parameters: ParameterSet, version: int | None) -> None:
        self._definition, self._parameters, self._version = definition, parameters, version
        self._numbers = numbers_of(parameters)
        self._parts: list[str] = []
        self._y = 24.0

    def svg(self) -> str:
        self._heading()
        rail_from = self._y + 22
        self._box("enters", ["Who enters"], self._entry_lines(), "good", ("", ""))
        for step in self._definition.steps:
            self._step(step)
        rail_to = self._y + 22
        for head, lines, colour in self._ends():
            self._box("ends", [head], lines, colour, ("", ""))
        height = self._y + 12
        rail = f'<line class="rail" x1="{_LINE_X}" y1="{rail_from:.0f}" x2="{_LINE_X}" y2="{rail_to:.0f}"/>'
        label = escape(f"Playbook {self._definition.title}: {len(self._definition.steps)} steps", quote=True)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="playbook" role="img" aria-label="{label}" '
            f'viewBox="0 0 {WIDTH} {height:.0f}" width="{WIDTH}" height="{height:.0f}">'
            f'<style>{_STYLE}</style><rect class="paper" width="{WIDTH}" height="{height:.0f}"/>{rail}{"".join(self._parts)}</svg>\n'
        )

    def _heading(self) -> None:
        self._text(24, self._y + 14, "title", self._definition.title)
        named = f"{self._definition.key} · version {self._version}" if self._version else f"{self._definition.key} · not published"
        self._parts.append(f'<text class="small" x="{WIDTH - 24}" y="{self._y + 12:.0f}" text-anchor="end">{escape(named)}</text>')
        self._y += 36
        for line in textwrap.wrap(self._definition.purpose, 108):
            self._text(24, self._y, "body", line)
            self._y += 19
        self._y += 12

    def _entry_lines(self) -> Iterator[tuple[str, str]]:
        entry = self._definition.entry
        yield from _mono(entry.condition, self._numbers)
        if entry.by_trigger_only:
            yield "small", "Only when a trigger or a person sends them."
        if entry.came_from:
            yield "small", f"Coming from {_words(entry.came_from)}."
        if entry.confirm_days is not None:
            days = amount(entry.confirm_days, self._parameters)
            yield "small", f"Confirmed by {days:g} daily refreshes on working days; the last is day 0."
        yield "small", _ONCE.get(entry.once_per) or f"Not again within {self._parameters.integer('playbook_reentry_days')} days."

    def _step(self, step: Step) -> None:
        lines = list(self._step_lines(step))
        self._box("step", textwrap.wrap(self._head(step), _TITLE_CHARS), lines, _COLOURS[step.act], self._when(step), _tags(step))

    def _head(self, step: Step) -> str:
        if step.title:
            return _plain(step.title)
        if step.act is Act.send_survey:
            return f"Survey: {step.args['survey'].replace('_', ' ')}"
        if step.variants:
            return step.step.replace("_", " ").capitalize()
        return _plain(self._definition.templates.get(step.template, {}).get("subject", step.step.replace("_", " ")))

    def _step_lines(self, step: Step) -> Iterator[tuple[str, str]]:
        for one in step.variants:
            subject = _plain(self._definition.templates.get(one.template, {}).get("subject", one.template))
            yield "body", f"{one.share:g} %  {one.name.replace('_', ' ')}: “{subject}”"
        if step.offer is not None:
            yield "small", f"{step.offer.percent:g} % off for {step.offer.months} months; beyond the standing budget decided first."
        if step.invitation is not None:
            yield "small", f"With an invitation: {step.invitation.minutes} minutes, {step.invitation.in_days} days ahead."
        if step.due_hours is not None:
            who = step.args.get("assignee", "owner")
            yield "small", f"Due for the {who} within {amount(step.due_hours, self._parameters):g} h, outside the customer's quiet hours."
        if step.when:
            yield from _mono(f"only if {step.when}", self._numbers)
        if not step.stop_on_response and self._definition.on_response is OnResponse.continues:
            yield "small", "Also after an answer."

    def _when(self, step: Step) -> tuple[str, str]:
        days, hours = amount(step.day, self._parameters), amount(step.hours, self._parameters)
        label = f"day {days:g}" if not hours or days else f"+ {hours:g} h"
        if step.repeats_days is None:
            return label, f"+ {hours:g} h" if days and hours else ""
        times, every = amount(step.max_repeats, self._parameters), amount(step.repeats_days, self._parameters)
        return label, f"every {every:g} d, {times:g}×"

    def _ends(self) -> Iterator[tuple[str, list[tuple[str, str]], str]]:
        one = self._definition
        if one.goal:
            yield "Goal reached", list(_mono(one.goal, self._numbers)), "good"
        answered = "ends it; the rest is not sent." if one.on_response is OnResponse.ends else "spares the customer the reminders; the rest goes on."
        waits = amount(one.waits_days, self._parameters)
        lines = [("small", f"An answer {answered}")]
        if waits:
            lines.append(("small", f"After the last step an answer or the goal counts for another {waits:g} days."))
        if one.asks_if_helped:
            lines.append(("small", "Whoever answered or recovered is asked one question: did this help?"))
        yield "The customer answers", lines, "say"
        leaves = [("small", "At each step, silently, when the entry condition no longer holds.")] if one.stays_while_entry_holds else []
        leaves += [pair for text in one.exits for pair in _mono(text, self._numbers)]
        leaves.append(("small", "When a playbook of higher rank takes over, the customer is taken out, or leaves."))
        yield "Leaves early", leaves, "leave"

    def _box(
        self,
        kind: str,
        heads: Sequence[str],
        lines: Sequence[tuple[str, str]] | Iterator[tuple[str, str]],
        colour: str,
        when: tuple[str, str],
        tags: str = "",
    ) -> None:
        rows = [*(("head", head) for head in heads), *lines]
        heights = [_HEIGHTS[style] for style, _ in rows]
        height = sum(heights) + 2 * _PAD - 4 + (18 if tags else 0)
        top = self._y
        self._parts.append(f'<rect class="box" x="{_BOX_X}" y="{top:.0f}" width="{_BOX_WIDTH}" height="{height:.0f}" rx="8"/>')
        self._parts.append(
            f'<rect x="{_BOX_X}" y="{top:.0f}" width="4" height="{height:.0f}" rx="2" style="fill:var(--pb-{colour})"/>'
        )
        self._dot(kind, top + 22, colour)
        if when[0]:
            self._text(_LINE_X - 18, top + 27, "day", when[0])
        if when[1]:
            self._text(_LINE_X - 18, top + 43, "hour", when[1])
        y = top + _PAD + 10
        if tags:
            self._parts.append(f'<text class="tag" x="{_BOX_X + 18}" y="{y:.0f}" style="fill:var(--pb-{colour})">{escape(tags)}</text>')
            y += 18
        for (style, text), step in zip(rows, heights, strict=True):
            self._text(_BOX_X + 18, y, style, text)
            y += step
        self._y = top + height + 12

    def _dot(self, kind: str, y: float, colour: str) -> None:
        fill = f"var(--pb-{colour})" if kind == "step" else "var(--pb-paper)"
        self._parts.append(
            f'<circle cx="{_LINE_X}" cy="{y:.0f}" r="7" style="fill:{fill};stroke:var(--pb-{colour});stroke-width:2.5"/>'
        )

    def _text(self, x: float, y: float, style: str, text: str) -> None:
        self._parts.append(f'<text class="{style}" x="{x:.0f}" y="{y:.0f}">{escape(text)}</text>')


_HEIGHTS = {"head": 20, "body": 19, "small": 18, "mono": 17}
_ONCE = {
    "spell": "Once for as long as somebody stays a customer.",
    "renewal": "Once per renewal date.",
    "cancellation": "Once per cancellation.",
    "cooldown": "Again after the cooldown of its trigger.",
}


def _tags(step: Step) -> str:
    if step.act is not Act.touch:
        urgent = "high priority " if step.args.get("priority") == "high" else ""
        return urgent + _ACTS[step.act]
    channel = {"email": "e-mail", "sms": "SMS", "in_app": "in the product"}.get(step.channel.value if step.channel else "", "message")
    marks = [channel, "offer" if step.offer else "marketing, with consent" if step.purpose is Purpose.marketing else "service"]
    return " · ".join([*marks, f"{len(step.variants)} variants"] if step.variants else marks)


def _mono(text: str, numbers: Mapping[str, float]) -> Iterator[tuple[str, str]]:
    """A condition as it is now: with the values of its parameters."""
    said = re.sub(r"parameter\.(\w+)", lambda found: f"{numbers[found[1]]:g}", text)
    for line in textwrap.wrap(said, _MONO_CHARS):
        yield "mono", line


def _plain(source: str) -> str:
    """A subject or title with its variables as words: {{ customer.name }} is customer name."""
    def words(found: re.Match[str]) -> str:
        path = found[1].split(" if ")[0].strip().split("[")[0]
        return f"‹{path.replace('.', ' ').replace('_', ' ')}›"

    return " ".join(re.sub(r"\{\{(.*?)\}\}", words, re.sub(r"\{%.*?%\}", "", source)).split())


def _words(names: Sequence[str]) -> str:
    return " or ".join(name.replace("_", " ") for name in names)

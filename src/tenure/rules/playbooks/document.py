"""Reads a playbook (YAML text) and checks everything that can be checked without a customer and without its templates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import yaml

from tenure.model.decisions import DecisionKind
from tenure.model.playbooks import (
    Act,
    Delay,
    Entry,
    Invitation,
    Offer,
    OnResponse,
    PlaybookDefinition,
    PlaybookKind,
    Step,
    Variant,
)
from tenure.model.touches import ActionClass, Channel, Purpose
from tenure.parameters.declarations.alerts import ALERT_ANSWER_HOURS
from tenure.rules.card_fields import LOOP
from tenure.rules.conditions import ConditionError, parse_condition
from tenure.rules.playbooks.reach import contradiction
from tenure.rules.playbooks.tunables import DEFAULT_NUMBERS, why_no_number
from tenure.rules.scorecard.places import BadDocument, Place, read_yaml

CHECK_AGAIN = "tenure playbooks check"
PLAYBOOK_FIELDS = (
    "key", "kind", "title", "purpose", "priority", "entry", "stays_while_entry_holds", "exits", "goal", "on_response",
    "waits_days", "asks_if_helped", "cooldown_days", "holdout", "steps", "templates",
)  # fmt: skip
ENTRY_FIELDS = ("condition", "came_from", "confirm_days", "by_trigger_only", "once_per")
STEP_FIELDS = (
    "step", "act", "title", "channel", "purpose", "template", "variants", "day", "hours", "due_hours", "when",
    "stop_on_response", "repeats_days", "max_repeats", "offer", "invitation", "kind", "assignee", "priority", "survey", "recommendation",
)  # fmt: skip
ARGS = ("kind", "assignee", "priority", "survey", "recommendation")
TEMPLATE_PARTS = ("subject", "text", "html", "script")
BANDS = ("healthy", "at_risk", "critical")
ONCE_PER = ("spell", "renewal", "cancellation", "payment", "cooldown")
PURPOSES = (Purpose.service.value, Purpose.marketing.value, Purpose.transactional.value)
MESSAGE_CHANNELS = (Channel.email, Channel.sms, Channel.in_app)
ALERT_KINDS = ("critical_customer", *ALERT_ANSWER_HOURS)
PRIORITIES = ("low", "normal", "high")
TAKES: dict[Act, tuple[tuple[str, ...], tuple[str, ...]]] = {
    Act.touch: (("channel",), ("purpose", "template", "variants", "offer", "invitation", "repeats_days", "max_repeats")),
    Act.create_task: (("kind", "title", "due_hours"), ("template", "assignee", "priority", "repeats_days", "max_repeats")),
    Act.raise_alert: (("kind", "title"), ()),
    Act.ask_decision: (("kind", "title"), ("recommendation",)),
    Act.send_survey: (("survey",), ()),
}
"""What each act needs, and what it may take beside the fields of every step."""
OF_EVERY_STEP = ("step", "act", "day", "hours", "when", "stop_on_response")
MOST_DAYS = 3650

ReadTemplate = Callable[[str], str]
"""The text of a template file by its path as written; raises FileNotFoundError."""


@dataclass(frozen=True)
class ParsedPlaybook:
    """A definition, and where each part of each template stands, for errors found later."""

    definition: PlaybookDefinition
    parts: dict[tuple[str, str], Place] = field(default_factory=dict)
    steps: dict[str, Place] = field(default_factory=dict)


def parse_playbook(text: str, file: str, read_template: ReadTemplate | None = None) -> ParsedPlaybook:
    """Read and check one file; raises BadDocument naming file, line, what was expected and the fix."""
    try:
        return _playbook(read_yaml(text, file), read_template)
    except BadDocument as problem:  # places are shared with scorecards, which are checked by another command
        fix = problem.fix.replace("tenure plan", CHECK_AGAIN).replace("a scorecard", "a playbook")
        raise BadDocument(problem.message, fix) from None


def refuse(place: Place, what: str, fix: str = f"Correct it and run `{CHECK_AGAIN}` again.") -> BadDocument:
    """The error of a place, with the fix of playbooks."""
    return place.refuse(what, fix)


def _playbook(root: Place, read_template: ReadTemplate | None) -> ParsedPlaybook:
    given = root.fields(PLAYBOOK_FIELDS)
    _need(root, given, "key", "kind", "title", "purpose", "entry", "steps")
    entry = _entry(given["entry"])
    places = list(given["steps"].items())
    steps = tuple(_step(place) for place in places)
    templates, parts = _templates(given.get("templates"), read_template)
    definition = PlaybookDefinition(
        key=given["key"].word(),
        kind=PlaybookKind(given["kind"].choice([kind.value for kind in PlaybookKind])),
        title=given["title"].text(),
        purpose=given["purpose"].text(),
        entry=entry,
        steps=steps,
        exits=tuple(_condition(each) for each in given["exits"].items()) if "exits" in given else (),
        goal=_optional_condition(given, "goal"),
        stays_while_entry_holds=_flag(given, "stays_while_entry_holds", False),
        on_response=OnResponse(given["on_response"].choice([one.value for one in OnResponse]))
        if "on_response" in given
        else OnResponse.ends,
        waits_days=_delay(given["waits_days"]) if "waits_days" in given else Delay(),
        asks_if_helped=_flag(given, "asks_if_helped", False),
        cooldown_days=given["cooldown_days"].whole(0, MOST_DAYS) if "cooldown_days" in given else None,
        holdout=_flag(given, "holdout", True),
        priority=given["priority"].whole(-1000, 1000) if "priority" in given else 0,
        templates=templates,
    )
    by_name = {step.step: place for step, place in zip(steps, places, strict=True)}
    for step in steps:
        if step.purpose is Purpose.transactional and definition.kind is not PlaybookKind.payment:
            raise refuse(by_name[step.step], "only a playbook of kind payment writes transactional mail", "Use `purpose: service`.")
    _unique(given["steps"], [step.step for step in steps])
    _templates_fit(definition, by_name, given.get("templates"))
    _reachable(definition, by_name, given)
    return ParsedPlaybook(definition, parts, by_name)


def _entry(place: Place) -> Entry:
    given = place.fields(ENTRY_FIELDS)
    _need(place, given, "condition")
    return Entry(
        condition=_condition(given["condition"]),
        came_from=tuple(each.choice(BANDS) for each in given["came_from"].items()) if "came_from" in given else (),
        confirm_days=_delay(given["confirm_days"]) if "confirm_days" in given else None,
        by_trigger_only=_flag(given, "by_trigger_only", False),
        once_per=given["once_per"].choice(ONCE_PER) if "once_per" in given else "",
    )


def _step(place: Place) -> Step:
    given = place.fields(STEP_FIELDS)
    _need(place, given, "step")
    act = Act(given["act"].choice([act.value for act in Act])) if "act" in given else Act.touch
    needed, may = TAKES[act]
    _need(place, given, *needed)
    for name in given:
        if name not in (*OF_EVERY_STEP, *needed, *may):
            takes = ", ".join((*needed, *may))
            raise refuse(given[name], f"a step that does {act.value} does not take {name}", f"It takes {takes}.")
    step = Step(
        step=given["step"].word(),
        act=act,
        title=given["title"].text() if "title" in given else "",
        channel=_channel(given["channel"]) if "channel" in given else None,
        action_class=_action_class(act, given),
        purpose=Purpose(given["purpose"].choice(PURPOSES)) if "purpose" in given else Purpose.service,
        template=given["template"].word() if "template" in given else "",
        variants=_variants(given["variants"]) if "variants" in given else (),
        day=_delay(given["day"]) if "day" in given else Delay(),
        hours=_delay(given["hours"]) if "hours" in given else Delay(),
        due_hours=_delay(given["due_hours"]) if "due_hours" in given else None,
        when=_optional_condition(given, "when"),
        stop_on_response=_flag(given, "stop_on_response", True),
        repeats_days=_delay(given["repeats_days"]) if "repeats_days" in given else None,
        max_repeats=_delay(given["max_repeats"]) if "max_repeats" in given else Delay(amount=1),
        offer=_offer(given["offer"]) if "offer" in given else None,
        invitation=_invitation(given["invitation"]) if "invitation" in given else None,
        args={name: given[name].text() for name in ARGS if name in given},
    )
    _check_step(place, given, step)
    return step


def _check_step(place: Place, given: Mapping[str, Place], step: Step) -> None:
    if step.act is Act.touch and bool(step.template) == bool(step.variants):
        raise refuse(place, "a message needs either a template or variants", "Add `template: NAME`, or `variants:`.")
    if step.offer is not None and step.purpose is not Purpose.marketing:
        raise refuse(place, "an offer is marketing (A19)", "Add `purpose: marketing`.")
    if step.invitation is not None and step.channel is not Channel.email:
        raise refuse(given["invitation"], "only an e-mail can carry an invitation", "Use `channel: email`.")
    if "kind" in given and step.act is Act.raise_alert:
        given["kind"].choice(ALERT_KINDS)
    if "kind" in given and step.act is Act.ask_decision:
        given["kind"].choice([kind.value for kind in DecisionKind])
    if "priority" in given:
        given["priority"].choice(PRIORITIES)
    if "max_repeats" in given and step.repeats_days is None:
        raise refuse(given["max_repeats"], "a step that does not repeat has no max_repeats", "Add `repeats_days:`.")
    if step.repeats_days is not None and "max_repeats" not in given:
        raise refuse(given["repeats_days"], "a step must not repeat for ever", "Add `max_repeats:`.")


def _action_class(act: Act, given: Mapping[str, Place]) -> ActionClass:
    if act is Act.touch:
        return ActionClass.offer if "offer" in given else ActionClass.message
    return ActionClass.survey if act is Act.send_survey else ActionClass.internal


def _channel(place: Place) -> Channel:
    return Channel(place.choice([channel.value for channel in MESSAGE_CHANNELS]))


def _offer(place: Place) -> Offer:
    given = place.fields(("percent", "months"))
    _need(place, given, "percent", "months")
    return Offer(percent=float(given["percent"].whole(1, 100)), months=given["months"].whole(1, 36))


def _invitation(place: Place) -> Invitation:
    given = place.fields(("minutes", "in_days"))
    _need(place, given, "minutes", "in_days")
    return Invitation(minutes=given["minutes"].whole(5, 480), in_days=given["in_days"].whole(1, 60))


def _variants(place: Place) -> tuple[Variant, ...]:
    variants = []
    for item in place.items():
        given = item.fields(("name", "template", "share"))
        _need(item, given, "name", "template", "share")
        share = given["share"].plain_number()
        if not 0 < share <= 100:
            raise refuse(given["share"], "a share above 0 and up to 100 was expected")
        variants.append(Variant(name=given["name"].word(), template=given["template"].word(), share=share))
    total = sum(one.share for one in variants)
    if round(total, 6) != 100:
        raise refuse(place, f"the shares of the variants sum to {total:g}, not to 100", "Make them sum to 100.")
    _unique(place, [one.name for one in variants], "variant")
    return tuple(variants)


def _delay(place: Place) -> Delay:
    if isinstance(place.node, yaml.ScalarNode):
        value = place.plain_number()
        if not 0 <= value <= MOST_DAYS:
            raise refuse(place, f"a number from 0 to {MOST_DAYS} was expected")
        return Delay(amount=value)
    given = place.fields(("parameter",))
    _need(place, given, "parameter")
    name = given["parameter"].text()
    problem = why_no_number(name)
    if problem is not None:
        raise refuse(given["parameter"], problem, "See `tenure params list` for the names.")
    return Delay(parameter=name)


def _condition(place: Place) -> str:
    text = " ".join(place.text().split())
    try:
        parse_condition(text, LOOP, DEFAULT_NUMBERS)
    except ConditionError as problem:
        raise refuse(place, problem.message.rstrip("."), problem.fix) from None
    return text


def _optional_condition(given: Mapping[str, Place], name: str) -> str:
    return _condition(given[name]) if name in given else ""


def _flag(given: Mapping[str, Place], name: str, default: bool) -> bool:
    return given[name].choice(("true", "false")) == "true" if name in given else default


def _templates(
    place: Place | None, read_template: ReadTemplate | None
) -> tuple[dict[str, dict[str, str]], dict[tuple[str, str], Place]]:
    """Templates by name, written in the file or in one of their own (`name: templates/NAME.yaml`)."""
    templates: dict[str, dict[str, str]] = {}
    parts: dict[tuple[str, str], Place] = {}
    if place is None:
        return templates, parts
    if not isinstance(place.node, yaml.MappingNode):
        raise refuse(place, "templates by name were expected")
    for key, value in place.node.value:
        name = Place(key, place.file, f"templates.{key.value}").word()
        at = Place(value, place.file, f"templates.{name}")
        if name in templates:
            raise refuse(at, "it is given twice", "Keep one of them.")
        body = _template_file(at, read_template) if isinstance(value, yaml.ScalarNode) else at
        given = body.fields(TEMPLATE_PARTS)
        templates[name] = {part: _body(inner) for part, inner in given.items()}
        parts |= {(name, part): inner for part, inner in given.items()}
    return templates, parts


def _template_file(place: Place, read_template: ReadTemplate | None) -> Place:
    path = place.text()
    try:
        text = read_template(path) if read_template is not None else None
    except (OSError, UnicodeDecodeError):
        text = None
    if text is None:
        raise refuse(place, f"there is no template file {path}", "Write it, relative to the folder `playbooks`.")
    return read_yaml(text, path)


def _body(place: Place) -> str:
    """As written: what stands at the ends of lines matters in a text."""
    place.text()
    return str(place.node.value).strip("\n") + "\n" if "\n" in place.node.value else str(place.node.value)


def _templates_fit(definition: PlaybookDefinition, steps: Mapping[str, Place], templates: Place | None) -> None:
    used: set[str] = set()
    for step in definition.steps:
        for name in step.templates:
            used.add(name)
            parts = definition.templates.get(name)
            if parts is None:
                known = ", ".join(definition.templates) or "none"
                raise refuse(steps[step.step], f"there is no template {name}", f"Add it under `templates:`; there: {known}.")
            for part in parts_needed(step):
                if part not in parts:
                    raise refuse(steps[step.step], f"the template {name} has no {part}", f"Add `{part}:` to it.")
    unused = sorted(definition.templates.keys() - used)
    if unused and templates is not None:
        raise refuse(templates, f"no step uses the template {unused[0]}", "Use it in a step, or remove it.")


def parts_needed(step: Step) -> tuple[str, ...]:
    """The parts a template must have for this step: a message has all three, a call its script."""
    if step.act is not Act.touch:
        return ("script",)
    return ("text",) if step.channel is Channel.sms else ("subject", "text", "html")


def _reachable(definition: PlaybookDefinition, steps: Mapping[str, Place], given: Mapping[str, Place]) -> None:
    """Steps that can never be done are mistakes: too early in the list, behind what never ends, or contradicting entry."""
    before: tuple[float, str] | None = None
    for step in definition.steps:
        due_hours = _hours_by_default(step)
        if before is not None and due_hours < before[0]:
            raise refuse(
                steps[step.step],
                f"it would be due before the step {before[1]}, which stands above it",
                "Put steps in the order of their days.",
            )
        before = due_hours, step.step
        held = [definition.entry.condition] if definition.stays_while_entry_holds else []
        against = contradiction([*held, step.when]) if step.when else None
        if against is not None:
            raise refuse(
                steps[step.step],
                f"it can never be reached: {against}",
                "Correct `when:`, or the entry condition that has to hold all the while."
                if held
                else "Correct `when:`.",
            )
    if definition.goal and definition.goal == definition.entry.condition:
        raise refuse(given["goal"], "the goal is the entry condition, so everybody would be done at once")
    for position, text in enumerate(definition.exits):
        if text == definition.entry.condition:
            place = list(given["exits"].items())[position]
            raise refuse(place, "this exit is the entry condition, so no step could be reached")
    against = contradiction([definition.entry.condition])
    if against is not None:
        raise refuse(given["entry"], f"nobody can enter: {against}", "Correct the condition.")


def _hours_by_default(step: Step) -> float:
    return _by_default(step.day) * 24 + _by_default(step.hours)


def _by_default(delay: Delay) -> float:
    return delay.amount if delay.parameter is None else DEFAULT_NUMBERS[delay.parameter]


def _need(place: Place, given: Mapping[str, Place], *names: str) -> None:
    for name in names:
        if name not in given:
            raise refuse(place, f"`{name}` is missing", f"Add `{name}:`.")


def _unique(place: Place, names: Sequence[str], what: str = "step") -> None:
    for name in names:
        if names.count(name) > 1:
            raise refuse(place, f"the {what} {name} is there twice", f"Give every {what} its own name.")

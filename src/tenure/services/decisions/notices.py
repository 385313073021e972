"""How a decision reaches people: on Slack with buttons, by e-mail with signed links; reminders, answers shown everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from tenure.model.cards import CustomerCard
from tenure.model.decisions import Decision, Rung
from tenure.model.team import Recipient
from tenure.model.touches import ActionClass, Channel, Purpose
from tenure.parameters import ParameterSet
from tenure.ports.touches import WantedTouch
from tenure.rules.decisions import kinds
from tenure.rules.notices import Button, Notice, content, cut
from tenure.rules.team import Team
from tenure.rules.wording import moment, money, plain
from tenure.services.decisions.links import DecisionLink, DecisionLinks

SLACK_ACTION = "tenure_decision"
_LINK_GRACE_US = 30 * 86_400_000_000
"""Links outlive the deadline: whoever climbs the ladder still answers; an answered decision refuses them anyway."""


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """What notices are made with."""

    team: Team
    parameters: ParameterSet
    currency: str
    zone: ZoneInfo
    links: DecisionLinks | None = None


def asked(decision: Decision, members: Sequence[Decision], card: CustomerCard | None, setting: Setting, now_us: int, event: str = "asked") -> list[WantedTouch]:
    """Everybody of its rung is told. `event` names the notice in its keys: asked, reminder, a rung, delegate."""
    notice = describe(decision, members, setting)
    found = [_touch(decision, event, Channel.slack, _slack_place(decision, setting), content(notice), now_us)]
    for place, person in enumerate(_people(decision, card, setting)):
        linked = msgspec.structs.replace(notice, buttons=_linked(notice.buttons, decision, person, setting.links))
        found.append(_touch(decision, f"{event}:{place}", Channel.email, person.email, content(linked), now_us))
    return found


def answered(decision: Decision, setting: Setting) -> tuple[str, dict[str, object]]:
    """The first answer wins and all the others show it: the key of the Slack message, and what it says from now on."""
    facts = (
        ("Answer", plain(decision.answer or "nothing")),
        ("By", f"{decision.answered_by or 'nobody'} ({decision.answered_via or 'deadline'})"),
        ("When", moment(decision.answered_us, setting.zone)),
    )
    return slack_key(decision), content(Notice(title=f"Decided: {decision.title}", facts=facts))


def slack_key(decision: Decision) -> str:
    """Of the message that asks on Slack; updated in place."""
    return _key(decision, "asked", Channel.slack)


def describe(decision: Decision, members: Sequence[Decision], setting: Setting) -> Notice:
    """Kind, context, blast radius, recommendation, deadline, what happens if nobody answers."""
    blast = decision.blast
    facts = [
        ("Kind", plain(decision.kind.value)),
        ("Touches", f"{blast.people} customers, {money(blast.revenue_cents, setting.currency)} a year"),
        ("Costs", money(blast.cost_cents, setting.currency)),
        ("Can be undone", "yes" if blast.undoable else "no"),
        ("Recommended", plain(decision.recommendation)),
        ("Deadline", moment(decision.deadline_us, setting.zone)),
        ("If nobody answers", "nothing is done" if decision.default == kinds.NOTHING else plain(decision.default)),
    ]
    lines = [f"{_who(one)}, {money(one.blast.revenue_cents, setting.currency)} a year: decision {one.decision_id}" for one in members]
    return Notice(
        title=decision.title,
        facts=(*_context_facts(decision, setting), *facts),
        lines=cut(lines),
        buttons=_buttons(decision),
        footer=f"Decision {decision.decision_id}. `tenure decisions show {decision.decision_id}` shows everything.",
    )


def _context_facts(decision: Decision, setting: Setting) -> list[tuple[str, str]]:
    profile, history = _mapping(decision.context, "profile"), _mapping(decision.context, "history")
    found = [("Customer", str(profile.get("name") or decision.customer_id))] if decision.customer_id is not None else []
    if "score" in history:
        found.append(("Score", f"{history.get('previous_score', 'none')} -> {history['score']}"))
    if history.get("lost"):
        found.append(("Likely cause", "; ".join(str(one) for one in history["lost"][:2])))
    if decision.context.get("contact"):
        found.append(("So far", str(decision.context["contact"])))
    tried = decision.context.get("tried")
    if isinstance(tried, list) and tried:
        found.append(("Tried", f"{len(tried)} steps, the last {tried[-1].get('what')} ({tried[-1].get('state')})"))
    draft = decision.context.get("draft")
    return [*found, ("Draft", str(draft))] if draft else found


def _mapping(context: dict[str, object], name: str) -> dict[str, Any]:
    found = context.get(name)
    return found if isinstance(found, dict) else {}


def _who(decision: Decision) -> str:
    return str(_mapping(decision.context, "profile").get("name") or decision.customer_id or decision.title)


def _buttons(decision: Decision) -> tuple[Button, ...]:
    """One per option that needs no further word."""
    options = [one for one in decision.options if one not in kinds.NEEDS]
    return tuple(
        Button(
            label=plain(option).capitalize(),
            action=f"{SLACK_ACTION}:{option}",
            value=f"{decision.decision_id}|{option}",
            is_first=option == decision.recommendation,
        )
        for option in options
    )


def _linked(
    buttons: tuple[Button, ...], decision: Decision, person: Recipient, links: DecisionLinks | None
) -> tuple[Button, ...]:
    if links is None:
        return ()
    until_us = decision.deadline_us + _LINK_GRACE_US

    def link(option: str) -> str:
        assert links is not None
        fields = DecisionLink(decision_id=decision.decision_id, answer=option, role=_role(decision, person), by=person.name, until_us=until_us)
        return links.url(fields)

    return tuple(msgspec.structs.replace(one, url=link(one.value.partition("|")[2])) for one in buttons)


def _role(decision: Decision, person: Recipient) -> str:
    """Whoever is asked in place of an empty rung answers for it."""
    return decision.rung.value if decision.delegated_us is None else person.role


def _people(decision: Decision, card: CustomerCard | None, setting: Setting) -> tuple[Recipient, ...]:
    if decision.delegated_us is not None:
        return setting.team.rung(Rung.lead, card)
    address = setting.parameters.text("chairman_escalation_email")
    if decision.rung is Rung.chairman and address:
        return (Recipient(role=Rung.chairman.value, name="chairman", email=address),)
    return setting.team.rung(decision.rung, card)


def _slack_place(decision: Decision, setting: Setting) -> str:
    """The chairman's own place; unset, and for the rungs below, the success team's channel."""
    own = setting.parameters.text("chairman_escalation_slack") if decision.rung is Rung.chairman else ""
    return own or setting.parameters.text("success_slack_channel")


def _key(decision: Decision, event: str, channel: Channel) -> str:
    return f"decision:{decision.decision_id}:{event}:{channel.value}"


def _touch(decision: Decision, event: str, channel: Channel, to: str, said: dict[str, object], now_us: int) -> WantedTouch:
    return WantedTouch(
        key=_key(decision, event, channel),
        channel=channel,
        action_class=ActionClass.internal,
        purpose=Purpose.internal,
        customer_facing=False,
        cause=decision.cause,
        due_us=now_us,
        content=said,
        customer_id=decision.customer_id,
        execution_id=decision.cause.execution_id,
        to=to,
    )

"""Test to me (Day one, 5): any step, with a real customer's data, sent to oneself before it is published."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from tenure.errors import BadInput, NotFound
from tenure.model.cards import Contact, CustomerCard
from tenure.model.cause import Cause, CauseKind
from tenure.model.playbooks import Act, PlaybookDefinition, Step
from tenure.model.touches import ActionClass, Channel, Purpose
from tenure.ports.touches import WantedTouch
from tenure.rules.eligibility.consent import Recipient
from tenure.rules.playbooks.clocks import in_words, meeting_us
from tenure.rules.playbooks.tunables import of_customer
from tenure.services.content import facts_for
from tenure.services.content.rendering import Rendered, Renderer
from tenure.services.content.values import Meeting, sample_card
from tenure.services.playbooks.context import PlaybookContext
from tenure.services.playbooks.writing import Writer

SAMPLE_PERSON = Contact(user_id="sample", name="Sam Doe", email="sam@example.com")


RenderSurvey = Callable[[CustomerCard], Mapping[str, object]]


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """What a step would say to a customer."""

    playbook: str
    step: str
    template: str
    customer_id: str
    is_sample: bool
    content: Rendered


def try_step(
    context: PlaybookContext, definition: PlaybookDefinition, step: str, *, customer_id: str | None, template: str | None, now_us: int
) -> Tried:
    """Render one step for one customer (none named: an invented one).

    Raises:
        NotFound: no such step or customer.
        BadInput: the step says nothing, or has variants and none is named.
    """
    chosen = _step(definition, step)
    name = _template(chosen, template)
    card = _card(context, customer_id, now_us)
    renderer = context.renderer or Renderer()
    content = renderer.render(definition.templates[name], _facts(context, chosen, card, customer_id is None, now_us))
    return Tried(
        playbook=definition.key, step=step, template=name, customer_id=card.customer_id, is_sample=customer_id is None, content=content
    )


def send_to(context: PlaybookContext, tried: Tried, address: str, *, by: str, now_us: int) -> str:
    """Put it into the outbox for one address of the team; returns the key of the touch.

    It is internal: no budget, no consent, no quiet hours, and nothing a customer could ever get.
    """
    if address.count("@") != 1 or " " in address:
        raise BadInput("The address to send the test to is no mail address.", "Write it like you@example.com.")
    key = f"test:{tried.playbook}:{tried.step}:{tried.template}:{now_us}"
    made = tried.content
    links = {link: context.product.links[name] for link in made.links if (name := link.removeprefix("cta/")) in context.product.links}
    touch = WantedTouch(
        key=key,
        channel=Channel.email,
        action_class=ActionClass.internal,
        purpose=Purpose.internal,
        customer_facing=False,
        cause=Cause(kind=CauseKind.person, person=by, playbook=tried.playbook, step=tried.step, reason="test to me"),
        due_us=now_us,
        content={"subject": f"[test] {made.subject or tried.step}", "text": made.text or made.script, "html": made.html, "links": links},
        to=address,
        customer_id=None if tried.is_sample else tried.customer_id,
    )
    context.stores.touches.want(context.own, [touch], now_us=now_us)
    return key


def try_survey(context: PlaybookContext, survey: str, render: RenderSurvey, *, customer_id: str | None, now_us: int) -> Tried:
    """A survey as its mail would ask this customer (none named: an invented one); raises NotFound without such a customer."""
    card = _card(context, customer_id, now_us)
    made = {name: str(value) for name, value in render(card).items()}
    content = Rendered(subject=made.get("subject", ""), text=made.get("text", ""), html=made.get("html", ""))
    return Tried(playbook="survey", step=survey, template=survey, customer_id=card.customer_id, is_sample=customer_id is None, content=content)


def _step(definition: PlaybookDefinition, name: str) -> Step:
    index = definition.step_index(name)
    if index is None:
        known = ", ".join(one.step for one in definition.steps)
        raise NotFound(f"The playbook {definition.key} has no step {name}.", f"Its steps: {known}.")
    return definition.steps[index]


def _template(step: Step, wanted: str | None) -> str:
    known = step.templates
    if not known:
        raise BadInput(f"The step {step.step} has no template: it says nothing.", "Name a step with a message or a call script.")
    if wanted is None and len(known) == 1:
        return known[0]
    if wanted not in known:
        raise BadInput(f"The step {step.step} has several templates.", f"Name one with --template: {', '.join(known)}.")
    return wanted


def _card(context: PlaybookContext, customer_id: str | None, now_us: int) -> CustomerCard:
    if customer_id is None:
        return sample_card()
    card = context.cards([customer_id], now_us).get(customer_id)
    if card is None:
        raise NotFound(f"Nothing is known of the customer {customer_id} yet.", "Name one that a playbook or trigger looks at, or none.")
    return card


def _facts(context: PlaybookContext, step: Step, card: CustomerCard, is_sample: bool, now_us: int) -> dict[str, object]:
    writer = Writer(context, context.team(now_us), context.permissions({card.customer_id: card}), now_us)
    found = writer.recipient(card, step.channel or Channel.email, step.purpose)
    contact = found.contact if isinstance(found, Recipient) else SAMPLE_PERSON if is_sample else None
    meeting = None
    if step.invitation is not None:
        own = of_customer(context.parameters(), card)
        starts_us = meeting_us(now_us, step.invitation.in_days, card, own)
        meeting = Meeting(starts_us=starts_us, minutes=step.invitation.minutes, when=in_words(starts_us, card, own))
    return facts_for(
        card, contact, writer.sender(card), context.product, currency=context.venture.currency, now_us=now_us,
        internal=step.act is not Act.touch, offer=step.offer, meeting=meeting,
    )  # fmt: skip

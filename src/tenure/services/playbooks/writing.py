"""From deeds to the ledger: messages rendered for one person, tasks with their script, alerts, decisions, surveys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from tenure.model.cards import Contact, CustomerCard
from tenure.model.cause import Cause, CauseKind
from tenure.model.decisions import DecisionKind
from tenure.model.intents import AskDecision, CreateTask, Intent, RaiseAlert, SendSurvey, Wish
from tenure.model.playbooks import Act, Enrollment, PlaybookVersion, Step
from tenure.model.touches import Channel, Purpose
from tenure.parameters import ParameterSet
from tenure.ports.invitations import Attendee, Invitations
from tenure.ports.invitations import Meeting as Invited
from tenure.ports.touches import WantedTouch
from tenure.rules.eligibility.consent import NOTHING_KNOWN, Permissions, Recipient, recipient_of
from tenure.rules.eligibility.holdout import is_high_value
from tenure.rules.eligibility.variants import variant_of
from tenure.rules.playbooks.advancing import Deed, Way
from tenure.rules.playbooks.clocks import in_words, meeting_us
from tenure.rules.team import Team
from tenure.services.content import Sender, facts_for
from tenure.services.content.values import Meeting
from tenure.services.playbooks.context import PlaybookContext

HELPED_SURVEY = "did_this_help"
EXIT_SURVEY = "exit"


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """What the deeds of one move became; `variants` by step."""

    touches: tuple[WantedTouch, ...] = ()
    intents: tuple[Intent, ...] = ()
    variants: dict[str, str] = {}


class Writer:
    """Writes for one pass: team and permissions were read once for all its customers."""

    def __init__(
        self, context: PlaybookContext, team: Team, permissions: Mapping[str, Permissions], now_us: int
    ) -> None:
        self._context, self._team, self._permissions, self._now_us = context, team, permissions, now_us

    def write(
        self, one: Enrollment, version: PlaybookVersion, card: CustomerCard, parameters: ParameterSet, deeds: Iterable[Deed]
    ) -> Written:
        """Everything these deeds want, keyed by enrollment, step and repeat."""
        touches: list[WantedTouch] = []
        intents: list[Intent] = []
        variants: dict[str, str] = {}
        for deed in deeds:
            letter = _Letter(self, one, version, card, parameters, deed)
            if deed.way is Way.by_decision:
                intents.append(letter.asked())
            elif deed.step.act is Act.touch:
                touch = letter.touch()
                touches.append(touch)
                if touch.variant is not None:
                    variants[deed.step.step] = touch.variant
            else:
                intents.append(letter.intent())
        return Written(touches=tuple(touches), intents=tuple(intents), variants=variants)

    def asks_if_helped(self, one: Enrollment) -> Intent:
        """A28: one question, inside the budget; its answer is an outcome of the playbook."""
        cause = cause_of(one, None, "did this help?")
        return Intent(key=f"enrollment:{one.enrollment_id}:{HELPED_SURVEY}", wish=SendSurvey(survey=HELPED_SURVEY, customer_id=one.customer_id), cause=cause)

    def nobody(self, card: CustomerCard, channel: Channel, purpose: Purpose) -> str | None:
        """Why nobody at this customer may get this; None: somebody may."""
        found = self.recipient(card, channel, purpose)
        return found if isinstance(found, str) else None

    def recipient(self, card: CustomerCard, channel: Channel, purpose: Purpose) -> Recipient | str:
        """The one person of P5, as consent and suppression stand now."""
        known = self._permissions.get(card.customer_id, NOTHING_KNOWN)
        return recipient_of(card, channel, purpose, known)

    def sender(self, card: CustomerCard) -> Sender:
        """The customer's owner, else the team (P5)."""
        owner, product = self._team.owner(card.customer_id, card.owner), self._context.product
        if owner is None:
            return Sender(name=product.signature, reply_to=product.reply_to, is_person=False)
        return Sender(name=owner.name or product.signature, reply_to=owner.email, is_person=bool(owner.name))

    @property
    def context(self) -> PlaybookContext:
        return self._context

    @property
    def now_us(self) -> int:
        return self._now_us


class _Letter:
    """One deed on its way."""

    def __init__(
        self, writer: Writer, one: Enrollment, version: PlaybookVersion, card: CustomerCard, parameters: ParameterSet, deed: Deed
    ) -> None:
        self._writer, self._one, self._version, self._card = writer, one, version, card
        self._parameters, self._deed, self._step = parameters, deed, deed.step
        self._context = writer.context

    @property
    def key(self) -> str:
        return step_key(self._one.enrollment_id, self._step.step, self._deed.repeat)

    def touch(self, by_person: bool = False) -> WantedTouch:
        step, one = self._step, self._one
        assert step.channel is not None
        found = self._writer.recipient(self._card, step.channel, step.purpose)
        contact = found.contact if isinstance(found, Recipient) else None
        variant = variant_of(self._context.venture.key, one.playbook, step.step, one.customer_id, step.variants)
        template = variant.template if variant is not None else step.template
        return WantedTouch(
            key=self.key,
            channel=step.channel,
            action_class=step.action_class,
            purpose=step.purpose,
            customer_facing=True,
            cause=cause_of(one, step.step),
            due_us=self._deed.due_us,
            content=self._content(template, contact),
            customer_id=one.customer_id,
            user_id=(contact.user_id or None) if contact is not None else None,
            kind=one.kind,
            playbook=one.playbook,
            version=one.version,
            step=step.step,
            variant=None if variant is None else variant.name,
            enrollment_id=one.enrollment_id,
            execution_id=one.execution_id,
            by_person=by_person,
        )

    def _content(self, template: str, contact: Contact | None) -> dict[str, object]:
        renderer = self._context.renderer
        if renderer is None or self._deed.way is Way.held_out:
            return {"template": template}
        meeting = self._meeting()
        facts = self._facts(contact, internal=False, meeting=meeting)
        made = renderer.render(self._version.definition.templates[template], facts)
        content: dict[str, object] = {"template": template, "subject": made.subject, "text": made.text, "html": made.html}
        targets = self._context.product.links
        links = {link: targets[link.removeprefix("cta/")] for link in made.links if link.removeprefix("cta/") in targets}
        if links:
            content["links"] = links
        invitations = self._context.invitations
        if meeting is not None and invitations is not None:
            content["attachments"] = [self._invitation(invitations, meeting, made.subject, contact)]
        return content

    def _meeting(self) -> Meeting | None:
        wanted = self._step.invitation
        if wanted is None:
            return None
        starts_us = meeting_us(max(self._deed.due_us, self._writer.now_us), wanted.in_days, self._card, self._parameters)
        return Meeting(starts_us=starts_us, minutes=wanted.minutes, when=in_words(starts_us, self._card, self._parameters))

    def _invitation(self, invitations: Invitations, meeting: Meeting, title: str, contact: Contact | None) -> dict[str, object]:
        attendee = (contact.email if contact is not None else None) or ""
        wanted = Invited(
            key=self.key,
            title=title,
            starts_us=meeting.starts_us,
            minutes=meeting.minutes,
            organizer=Attendee(email=self._writer.sender(self._card).reply_to),
            attendees=(Attendee(email=attendee),) if attendee else (),
        )
        return invitations.request(wanted, self._writer.now_us).as_content()

    def intent(self) -> Intent:
        return Intent(key=self.key, wish=_WISHES[self._step.act](self), cause=cause_of(self._one, self._step.step))

    def asked(self) -> Intent:
        """An offer: the decision carries what is needed to make it (A23), and `offer_playbook` leads back here."""
        offer, card = self._step.offer, self._card
        assert offer is not None
        terms: dict[str, object] = {"percent": offer.percent, "months": offer.months, "offer_playbook": self._one.playbook}
        wish = AskDecision(
            kind=DecisionKind.special_offer.value,
            title=f"Offer {offer.percent:g} % for {offer.months} months to {card.name or card.customer_id}",
            customer_id=card.customer_id,
            context=terms | {"enrollment_id": self._one.enrollment_id, "step": self._step.step},
            people=1,
            revenue_cents=card.arr_cents or 12 * card.monthly_cents,
            cost_cents=self._deed.cost_cents,
        )
        return Intent(key=f"{self.key}:asked", wish=wish, cause=cause_of(self._one, self._step.step))

    def task(self) -> Wish:
        assert self._deed.task_due_us is not None
        args = self._step.args
        return CreateTask(
            kind=args.get("kind", "task"),
            title=self._line(self._step.title),
            due_us=self._deed.task_due_us,
            customer_id=self._one.customer_id,
            assignee=args.get("assignee", "owner"),
            priority=args.get("priority", "normal"),
            script=self._script(),
            details={"playbook": self._one.playbook, "step": self._step.step, "enrollment_id": self._one.enrollment_id},
        )

    def alert(self) -> Wish:
        return RaiseAlert(kind=self._step.args["kind"], title=self._line(self._step.title), customer_id=self._one.customer_id)

    def decision(self) -> Wish:
        high = is_high_value(self._card.arr_cents, self._parameters.integer("high_value_arr"))
        return AskDecision(
            kind=self._step.args["kind"],
            title=self._line(self._step.title),
            customer_id=self._one.customer_id,
            context={"playbook": self._one.playbook, "enrollment_id": self._one.enrollment_id},
            recommendation=self._step.args.get("recommendation", ""),
            people=1,
            revenue_cents=self._card.arr_cents or 0,
            joins_daily=not high,
        )

    def survey(self) -> Wish:
        survey = self._step.args["survey"]
        return SendSurvey(survey=survey, customer_id=self._one.customer_id, exempt_from_interval=survey == EXIT_SURVEY)

    def _line(self, source: str) -> str:
        renderer = self._context.renderer
        if renderer is None:
            return self._step.step
        return renderer.line(source, self._internal_facts())

    def _script(self) -> str:
        renderer, template = self._context.renderer, self._step.template
        if renderer is None or not template:
            return template
        return renderer.part("script", self._version.definition.templates[template]["script"], self._internal_facts())

    def _internal_facts(self) -> dict[str, Any]:
        found = self._writer.recipient(self._card, Channel.call, Purpose.service)
        found = found if isinstance(found, Recipient) else self._writer.recipient(self._card, Channel.email, Purpose.service)
        return self._facts(found.contact if isinstance(found, Recipient) else None, internal=True, meeting=None)

    def _facts(self, contact: Contact | None, *, internal: bool, meeting: Meeting | None) -> dict[str, Any]:
        return facts_for(
            self._card, contact, self._writer.sender(self._card), self._context.product, currency=self._context.venture.currency,
            now_us=self._writer.now_us, internal=internal, offer=self._step.offer, meeting=meeting,
        )  # fmt: skip


_WISHES = {
    Act.create_task: _Letter.task,
    Act.raise_alert: _Letter.alert,
    Act.ask_decision: _Letter.decision,
    Act.send_survey: _Letter.survey,
}


def step_key(enrollment_id: int, step: str, repeat: int) -> str:
    """What makes a step one, however often it is wanted."""
    return f"enrollment:{enrollment_id}:{step}:{repeat}"


def cause_of(one: Enrollment, step: str | None, reason: str = "") -> Cause:
    """The step as cause, back to the trigger and the score that began it."""
    began = one.cause
    return Cause(
        kind=CauseKind.playbook,
        trigger=began.trigger,
        trigger_version=began.trigger_version,
        execution_id=one.execution_id,
        iteration=began.iteration,
        playbook=one.playbook,
        playbook_version=one.version,
        enrollment_id=one.enrollment_id,
        step=step,
        score_run=began.score_run,
        person=began.person,
        reason=reason,
        depth=began.depth + 1,
    )


def letter_of_offer(
    writer: Writer, one: Enrollment, version: PlaybookVersion, card: CustomerCard, parameters: ParameterSet, step: Step,
    repeat: int, *, by_person: bool,
) -> WantedTouch:  # fmt: skip
    """The message of an offer that was approved."""
    deed = Deed(step=step, repeat=repeat, due_us=writer.now_us)
    return _Letter(writer, one, version, card, parameters, deed).touch(by_person)


"""The mail of a survey: the shipped words, rendered for one customer like every other message."""

from __future__ import annotations

import msgspec

from tenure.errors import NotFound
from tenure.model.cards import Contact, CustomerCard
from tenure.model.links import SURVEY
from tenure.services.content import Sender, facts_for
from tenure.services.playbooks import PlaybookContext
from tenure.services.playbooks.trying import Tried, try_survey
from tenure.services.surveys import SurveyText
from tenure.services.surveys.texts import survey_texts


def survey_content(context: PlaybookContext, text: SurveyText, card: CustomerCard, subject: str) -> dict[str, object]:
    """Subject, text and html; the recipient is chosen when it leaves (P5), so it greets the primary contact by name."""
    if context.renderer is None:
        return {"subject": subject}
    contact = _greeted(card)
    facts = facts_for(
        card, contact, _sender(context, card), context.product, currency=context.venture.currency, now_us=card.as_of_us, internal=False
    )
    facts["link"] = {**facts["link"], "survey": SURVEY}
    parts = {"subject": subject, "text": text.text, "html": text.html}
    made = context.renderer.render(parts, facts)
    return {name: value for name, value in msgspec.structs.asdict(made).items() if name in parts}


def tried_survey(context: PlaybookContext, survey: str, *, customer_id: str | None, now_us: int) -> Tried:
    """A survey sent to oneself (Day one, 5); its link leads to a page only in a real one. Raises NotFound for an unknown survey."""
    text = survey_texts().get(survey)
    if text is None:
        raise NotFound(f"There is no survey {survey[:40]!r}.", f"Surveys: {', '.join(survey_texts())}.")
    return try_survey(
        context, survey, lambda card: survey_content(context, text, card, text.subject), customer_id=customer_id, now_us=now_us
    )


def _greeted(card: CustomerCard) -> Contact | None:
    """The primary contact, where it is known."""
    return next((one for one in card.contacts if one.user_id == card.primary_contact), None)


def _sender(context: PlaybookContext, card: CustomerCard) -> Sender:
    owner = context.team(card.as_of_us).owner(card.customer_id, card.owner)
    if owner is None:
        return Sender(name=context.product.signature, reply_to=context.product.reply_to, is_person=False)
    return Sender(name=owner.name, reply_to=owner.email)

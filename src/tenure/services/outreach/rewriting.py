"""A waiting draft written anew by a language model: masked on the way out, checked on the way back, marked, still a draft."""

from __future__ import annotations

import re
from html import escape

import msgspec

from tenure.errors import NotFound, Refused
from tenure.model.cards import CustomerCard
from tenure.model.links import FOUND
from tenure.model.touches import Touch, TouchState
from tenure.ports.writer import Brief, Writer, Written
from tenure.rules.drafting import Mask, problems_of
from tenure.services.outreach.context import OutreachStores

DRAFTED_BY = "drafted_by"
TRIES = 2
_ANCHOR = re.compile(r'<a\s[^>]*href="([^"]+)"[^>]*>(.*?)</a>', re.DOTALL | re.IGNORECASE)


class Rewriting:
    """Of one venture."""

    def __init__(self, venture_id: int, stores: OutreachStores, writer: Writer) -> None:
        self._venture_id, self._stores, self._writer = venture_id, stores, writer

    def rewrite(self, touch_id: int, *, wish: str, by: str, now_us: int) -> Written:
        """Replace a draft's subject, text and HTML; it waits for approval as before, whatever the autonomy.

        Raises:
            NotFound: there is no such draft. Refused: the model said what nobody knows, twice, the customer is not known now, or somebody changed or
                answered the draft meanwhile; the draft stays as it is.
            Unavailable: the model cannot be asked.
        """
        touch = self._draft(touch_id)
        card = self._stores.cards.get(self._venture_id, [touch.customer_id or ""]).get(touch.customer_id or "")
        if card is None:
            raise Refused("Nothing is known of this customer now, so no name in the draft could be hidden from the model.", "Try again after `tenure crew run`, or edit it.")
        written = self._written(touch, card, wish)
        parts = {"subject": written.subject, "text": written.text, "html": _html(written.text, _part(touch, "html")), DRAFTED_BY: self._writer.name}
        who = f"{by}, drafted by {self._writer.name}"
        try:
            taken = self._stores.touches.edit(self._venture_id, touch_id, touch.content | parts, was=touch.content, by=who, now_us=now_us)
        except NotFound:
            raise Refused(f"Draft {touch_id} was answered while the model wrote, so its words were not taken.", "See `tenure drafts list`.") from None
        if not taken:
            raise Refused(
                f"Somebody changed draft {touch_id} while the model wrote, so its words were not taken.",
                f"See `tenure drafts show {touch_id}`, and rewrite it again if you still want to.",
            )
        return written

    def _draft(self, touch_id: int) -> Touch:
        touch = self._stores.touches.get(self._venture_id, touch_id)
        if touch.state is not TouchState.drafted or not touch.customer_facing:
            raise NotFound(f"Touch {touch_id} is no draft that waits.", "See `tenure drafts list`.")
        return touch

    def _written(self, touch: Touch, card: CustomerCard, wish: str) -> Written:
        before = (_part(touch, "subject"), _part(touch, "text"))
        mask, facts = Mask(_personal(card)), _facts(card)
        brief = Brief(
            subject=mask.hide(before[0]), text=mask.hide(before[1]), facts=tuple(map(mask.hide, facts)), wish=mask.hide(wish)
        )
        problems: tuple[str, ...] = ()
        for _ in range(TRIES):
            answer = self._writer.write(msgspec.structs.replace(brief, objections=problems))
            written = Written(subject=mask.show(answer.subject).strip(), text=mask.show(answer.text).strip() + "\n")
            problems = problems_of(before, (written.subject, written.text), facts)
            if not problems:
                return written
        raise Refused(f"The model's draft was not taken; nobody told it {', '.join(problems[:3])}.", "The draft stays as it was: edit it, or try another wish.")


def _part(touch: Touch, name: str) -> str:
    value = touch.content.get(name, "")
    return value if isinstance(value, str) else ""


def _personal(card: CustomerCard) -> list[str | None]:
    """Words by which a person or a customer could be known."""
    words: list[str | None] = [card.name, card.email, card.phone, card.customer_id, card.owner, (card.owner or "").partition(" ")[0]]
    for one in card.contacts:
        words += [one.name, (one.name or "").partition(" ")[0], one.email, one.phone, one.user_id]
    return words


def _facts(card: CustomerCard) -> tuple[str, ...]:
    """What is known of the customer's use and trouble; no text a customer wrote."""
    facts = [lost.sentence for lost in card.lost]
    facts += [f"Features in use: {', '.join(card.features_used)}."] if card.features_used else []
    facts += [f"Open tickets: {card.open_tickets}."] if card.open_tickets else []
    return tuple(facts)


def _html(text: str, before: str) -> str:
    """Paragraphs of the text; each link keeps the words it had in the page before."""
    labels: dict[str, str] = dict(_ANCHOR.findall(before))

    def paragraph(block: str) -> str:
        lines = escape(block.strip(), quote=False).replace("\n", "<br>")
        return f"<p>{FOUND.sub(lambda found: _anchor(found[0], labels), lines)}</p>"

    return "\n".join(paragraph(block) for block in re.split(r"\n\s*\n", text) if block.strip())


def _anchor(href: str, labels: dict[str, str]) -> str:
    return f'<a href="{href}">{labels.get(href, "Open")}</a>'

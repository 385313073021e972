"""From a ledger row to what a provider is handed: the one person, the owner's name, signed links, the way out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape

from tenure.model.cards import CustomerCard
from tenure.model.links import FOUND
from tenure.model.touches import Channel, Purpose, Touch
from tenure.ports.links import Links
from tenure.ports.senders import Attachment, Message
from tenure.rules.eligibility.consent import Recipient
from tenure.rules.team import Team
from tenure.services.outreach.context import TeamIdentity

UNSUBSCRIBE, SURVEY = "unsubscribe", "survey"
_BODY_END = re.compile(r"</body>", re.IGNORECASE)


class CannotCompose(Exception):
    """The text says why, naming no person."""


def message_to_customer(touch: Touch, recipient: Recipient, card: CustomerCard, writers: Writers, links: Links) -> Message:
    """One person's message, from the customer's owner (P5). Raises CannotCompose."""
    sender = writers.sender_for(card)
    content = Content(touch, links)
    return Message(
        key=touch.key,
        channel=touch.channel,
        to=recipient.address,
        recipient_name=recipient.contact.name or "",
        subject=content.text_of("subject"),
        text=content.linked("text"),
        html=content.letter(),
        sender_name=sender.name,
        reply_to=links.reply_address(touch) or sender.email,
        headers=_way_out(touch, links),
        attachments=content.attachments(),
    )


def message_to_team(touch: Touch, card: CustomerCard | None, writers: Writers, links: Links, *, update_of: str | None) -> Message:
    """An internal notice: to a channel, an address, or whoever has the role (R4). Raises CannotCompose.

    `update_of`: the provider's id of the message whose place it takes (I2).
    """
    content = Content(touch, links)
    blocks = touch.content.get("blocks", ())
    return Message(
        key=touch.key,
        channel=touch.channel,
        to=writers.address_of(touch, card),
        subject=content.text_of("subject"),
        text=content.linked("text"),
        html=content.linked("html"),
        sender_name=writers.identity.name,
        reply_to=writers.identity.email,
        attachments=content.attachments(),
        blocks=tuple(blocks) if isinstance(blocks, list | tuple) else (),
        update_of=update_of,
    )


def _way_out(touch: Touch, links: Links) -> dict[str, str]:
    """RFC 8058: one click in the mail program itself."""
    if touch.purpose is not Purpose.marketing or touch.channel not in (Channel.email, Channel.survey):
        return {}
    return {"List-Unsubscribe": f"<{links.unsubscribe_url(touch)}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


class Content:
    """The content of a touch with its markers turned into signed links."""

    def __init__(self, touch: Touch, links: Links) -> None:
        self._touch = touch
        self._links = links
        targets = touch.content.get("links", {})
        self._targets: Mapping[str, object] = targets if isinstance(targets, Mapping) else {}

    def text_of(self, part: str) -> str:
        value = self._touch.content.get(part, "")
        return value if isinstance(value, str) else ""

    def linked(self, part: str) -> str:
        """A part with its links; those of HTML are escaped. Raises CannotCompose for a marker that leads nowhere."""
        return FOUND.sub(lambda found: self._link(found[1], in_html=part == "html"), self.text_of(part))

    def letter(self) -> str:
        """The HTML part, with the invisible image when opens are looked at."""
        page, pixel = self.linked("html"), self._links.open_pixel_url(self._touch)
        if not page or pixel is None:
            return page
        image = f'<img src="{escape(pixel)}" width="1" height="1" alt="">'
        return _BODY_END.sub(lambda end: image + end[0], page, count=1) if _BODY_END.search(page) else page + image

    def attachments(self) -> tuple[Attachment, ...]:
        """Files kept as text in the content: a calendar invitation."""
        files = self._touch.content.get("attachments", ())
        if not isinstance(files, list | tuple):
            return ()
        return tuple(Attachment(name=str(one["name"]), mime=str(one["mime"]), data=str(one["text"]).encode()) for one in files)

    def _link(self, key: str, *, in_html: bool) -> str:
        if key == UNSUBSCRIBE:
            url = self._links.unsubscribe_url(self._touch)
        elif key == SURVEY:
            url = self._links.survey_url(self._touch)
        else:
            target = self._targets.get(key)
            if not isinstance(target, str) or not target:
                raise CannotCompose(f"the link {key} leads nowhere: the touch does not say where to")
            url = self._links.click_url(self._touch, target)
        return escape(url) if in_html else url


class Writers:
    """Who of the team writes to a customer, and who is meant by a role."""

    def __init__(self, team: Team, identity: TeamIdentity) -> None:
        self.identity = identity
        self._team = team

    def sender_for(self, card: CustomerCard) -> TeamIdentity:
        """The customer's owner or who stands in for them (Day one, 7), else the team (P5)."""
        owner = self._team.owner(card.customer_id, card.owner)
        return self.identity if owner is None else TeamIdentity(owner.name, owner.email)

    def address_of(self, touch: Touch, card: CustomerCard | None) -> str:
        """Where an internal notice goes: a channel or address as given, else whoever has the role (R4)."""
        if touch.channel is not Channel.email or "@" in touch.to:
            address = touch.to
        else:
            found = self._team.named(touch.to.strip(), card)
            address = found[0].email if found else ""
        if not address:
            raise CannotCompose("nobody of the team is set to receive this; add a lead or an admin")
        return address

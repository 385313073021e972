"""Mail that came back: read, told apart, tied to its touch by the tag in its address, and handed to the owner."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import getaddresses
from hashlib import sha256
from html import unescape
from typing import Protocol

import msgspec
import nh3

from tenure.errors import BadInput, NotFound, Refused
from tenure.model.cause import Cause, CauseKind
from tenure.model.touches import ActionClass, Channel, Purpose, Response, ResponseKind, Touch
from tenure.ports.responses import Responses
from tenure.ports.touches import WantedTouch
from tenure.rules.replies import Mail, ReplyKind, own_words, what_is
from tenure.services.tracking.tokens import Tokens

_ADDRESSED = ("to", "cc", "delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-forwarded-to", "resent-to")
_RESPONSES = {
    ReplyKind.reply: ResponseKind.replied,
    ReplyKind.angry: ResponseKind.angry_reply,
    ReplyKind.stop: ResponseKind.unsubscribed,
    ReplyKind.automatic: ResponseKind.auto_reply,
    ReplyKind.bounce: ResponseKind.bounced,
    ReplyKind.complaint: ResponseKind.complained,
}
_FOR_THE_OWNER = frozenset({ReplyKind.reply, ReplyKind.angry, ReplyKind.stop})
_MOST_TEXT = 20_000


class LedgerOfTouches(Protocol):
    """The part of the ledger mail needs."""

    def get(self, venture_id: int, touch_id: int) -> Touch:
        """Raises `NotFound`."""
        ...

    def want(self, venture_id: int, wanted: list[WantedTouch], *, now_us: int) -> int: ...


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a mail. `is_new` False: it was delivered to us before."""

    kind: ReplyKind
    is_ours: bool
    is_new: bool = False


class InboundMail:
    """Of one venture. Delivering the same mail twice is once."""

    def __init__(self, venture_id: int, touches: LedgerOfTouches, responses: Responses, made: Tokens) -> None:
        self._venture_id, self._touches, self._responses, self._tokens = venture_id, touches, responses, made

    def take(self, raw: bytes, now_us: int, recipients: tuple[str, ...] = ()) -> Heard:
        """One mail as it came over the line.

        Args:
            recipients: of the envelope, where the mailbox knows them: surer than headers.

        Raises:
            BadInput: the bytes are no mail. Unavailable: it cannot be kept now; deliver it again.
        """
        parsed = _parsed(raw)
        mail = mail_of(parsed)
        kind = what_is(mail)
        touch = self._touch_of(parsed, recipients)
        if touch is None or touch.customer_id is None:
            return Heard(kind=kind, is_ours=False)
        if kind not in _RESPONSES:
            return Heard(kind=kind, is_ours=True)
        name = _name_of(parsed, raw)
        if kind in _FOR_THE_OWNER:
            # the reply-to address is ours, so nobody else sees the answer; keyed by the mail, so once
            self._touches.want(self._venture_id, [_for_owner(touch, mail, parsed, name, now_us)], now_us=now_us)
        response = Response(
            key=f"mail:{name}",
            kind=_RESPONSES[kind],
            occurred_us=now_us,
            customer_id=touch.customer_id,
            user_id=touch.user_id,
            touch_id=touch.touch_id,
        )
        added = self._responses.add(self._venture_id, [response], now_us=now_us)
        return Heard(kind=kind, is_ours=True, is_new=added > 0)

    def _touch_of(self, parsed: EmailMessage, recipients: tuple[str, ...]) -> Touch | None:
        """By the tag of any address it went to; bounces quote the mail they are about, so its headers are looked at too."""
        for tag in _tags(parsed, recipients):
            try:
                return self._touches.get(self._venture_id, self._tokens.read_reply_tag(tag))
            except (Refused, NotFound):
                continue
        return None


def _parsed(raw: bytes) -> EmailMessage:
    try:
        parsed = message_from_bytes(raw, policy=default)
    except Exception:
        # the parser of the standard library meets strange mail with strange exceptions
        raise BadInput("This is not a mail.", "Post the raw message (RFC 5322).") from None
    if not isinstance(parsed, EmailMessage) or not parsed.keys():
        raise BadInput("This is not a mail.", "Post the raw message (RFC 5322).")
    return parsed


def _tags(parsed: EmailMessage, recipients: tuple[str, ...]) -> Iterator[str]:
    for address in (*recipients, *_addressed(parsed)):
        yield from _tag_in(address)
    for part in parsed.walk():
        if part.get_content_type() in ("message/rfc822", "text/rfc822-headers"):
            for found in re.finditer(r"\+([0-9a-z]{1,13}-[a-z2-7]{20})@", _quoted_headers(part), re.IGNORECASE):
                yield found[1]


def _quoted_headers(part: EmailMessage) -> str:
    try:
        return part.as_bytes()[:_MOST_TEXT].decode("utf-8", "replace")
    except Exception:
        return ""


def _addressed(parsed: EmailMessage) -> list[str]:
    values = [_header(parsed, name) for name in _ADDRESSED]
    return [address for _, address in getaddresses([value for value in values if value])]


def _tag_in(address: str) -> list[str]:
    local = address.strip("<> ").rpartition("@")[0]
    tag = local.rpartition("+")[2]
    return [tag] if tag and tag != local else []


def _header(parsed: EmailMessage, name: str) -> str:
    try:
        return ", ".join(str(value) for value in parsed.get_all(name, []))
    except Exception:
        return ""


def mail_of(parsed: EmailMessage) -> Mail:
    """What decides what it is."""
    report, status, action = _report(parsed)
    return Mail(
        headers={name.lower(): _header(parsed, name) for name in dict.fromkeys(parsed.keys())},
        subject=_header(parsed, "subject"),
        text=_text(parsed),
        report=report,
        status=status,
        action=action,
        attachments=sum(1 for part in parsed.walk() if part.get_content_disposition() == "attachment"),
    )


def _report(parsed: EmailMessage) -> tuple[str, str, str]:
    """Kind, Status and Action of a delivery or feedback report (RFC 3464, RFC 5965)."""
    if parsed.get_content_type() != "multipart/report":
        return "", "", ""
    kind = str(parsed.get_param("report-type", "") or "").lower()
    for part in parsed.walk():
        if part.get_content_type() == "message/delivery-status":
            words = _quoted_headers(part)
            return "delivery-status", _field(words, "Status"), _field(words, "Action").lower()
    return kind, "", ""


def _field(words: str, name: str) -> str:
    found = re.search(rf"(?im)^{name}:\s*(\S+)", words)
    return found[1] if found else ""


def _text(parsed: EmailMessage) -> str:
    """The words: the plain part, else those of the HTML one."""
    for kind in ("plain", "html"):
        try:
            part = parsed.get_body(preferencelist=(kind,))
            content = part.get_content() if part is not None else ""
        except Exception:
            content = ""
        if isinstance(content, str) and content.strip():
            return content[:_MOST_TEXT] if kind == "plain" else _words_of(content)
    return ""


def _words_of(page: str) -> str:
    """Without what mail programs mark as quoted."""
    page = re.split(r"(?i)<blockquote|<div[^>]+(gmail_quote|divRplyFwdMsg|yahoo_quoted)", page[: 10 * _MOST_TEXT])[0]
    broken = re.sub(r"(?i)<br\s*/?>|</(p|div|h[1-6]|li|tr)>", "\n", page)
    return unescape(nh3.clean(broken, tags=set()))[:_MOST_TEXT]


def _name_of(parsed: EmailMessage, raw: bytes) -> str:
    """One mail's own name: its Message-ID, hashed; where it has none, its bytes."""
    given = _header(parsed, "message-id").strip()
    return sha256(given.encode("utf-8", "surrogatepass") if given else raw).hexdigest()[:32]


def _for_owner(touch: Touch, mail: Mail, parsed: EmailMessage, name: str, now_us: int) -> WantedTouch:
    sender = next((address for _, address in getaddresses([_header(parsed, "from")]) if address), "")
    words = own_words(mail.text) or "(no text)"
    files = f"\n\n{mail.attachments} attachments are in the mailbox of replies." if mail.attachments else ""
    text = f"{sender or 'Somebody'} answered a message of ours.\n\n{words}{files}\n\nAnswer to: {sender or 'see the mailbox of replies'}"
    return WantedTouch(
        key=f"reply:{name}",
        channel=Channel.email,
        action_class=ActionClass.internal,
        purpose=Purpose.internal,
        customer_facing=False,
        cause=Cause(kind=CauseKind.person, reason="a customer replied", playbook=touch.playbook, playbook_version=touch.version),
        due_us=now_us,
        content={"subject": f"Reply: {' '.join(mail.subject.split())}", "text": text},
        customer_id=touch.customer_id,
        to="owner",
    )

"""From a message to the bytes of a mail: headers that cannot be broken out of, text and HTML, invitations."""

from __future__ import annotations

import html
import re
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any

import msgspec
import nh3

from tenure.clock import from_us
from tenure.ports.senders import Attachment, Message, RefusedForGood
from tenure.providers.caps import Unable


class _ReadOnce(EmailPolicy):
    """Headers that letter after letter says the same of are parsed once: that is much of the work of a letter."""

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:
        is_same_again = type(value) is str and name.lower() in _SAME_AGAIN
        return _parsed(name, value) if is_same_again else super().header_store_parse(name, value)


@lru_cache(maxsize=256)
def _parsed(name: str, value: str) -> tuple[str, Any]:
    return SMTP.header_store_parse(name, value)


_SAME_AGAIN = frozenset(["mime-version", "content-transfer-encoding", "content-type", "auto-submitted", "date"])
# 7bit: what leaves can be read by every server on the way, whatever it offers
_POLICY = _ReadOnce(linesep=SMTP.linesep, cte_type="7bit")
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,60}")
_OURS = frozenset(
    ["from", "to", "cc", "bcc", "sender", "subject", "date", "message-id", "reply-to", "mime-version", "content-type", "content-transfer-encoding", "auto-submitted", "in-reply-to", "references", "return-path"]
)
_LONGEST_LINE = 998
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Whom mails come from."""

    from_address: str
    from_name: str = ""
    bounces_to_reply_address: bool = False


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A mail ready for the line. `is_international`: an address is not ASCII."""

    message_id: str
    envelope_from: str
    to: str
    data: bytes
    is_international: bool = False


def letter_of(message: Message, identity: Identity, now_us: int) -> Letter:
    """Raises RefusedForGood for an address or header that cannot be used; `bounced` when it is the recipient's."""
    to = _address(message.to, "recipient", message.recipient_name, bounced=True)
    sender = _address(identity.from_address, "sender", message.sender_name or identity.from_name)
    reply_to = _address(message.reply_to, "reply-to") if message.reply_to else None
    back = reply_to if identity.bounces_to_reply_address and reply_to is not None else sender
    shown = (to, sender, back, reply_to or sender)
    is_international = not all(one.addr_spec.isascii() for one in shown)
    policy = _POLICY.clone(utf8=True) if is_international else _POLICY
    mail = EmailMessage(policy=policy)
    mail["Subject"] = one_line(message.subject)
    mail["From"], mail["To"] = sender, to
    if reply_to is not None:
        mail["Reply-To"] = reply_to
    mail["Date"] = format_datetime(from_us(now_us))
    message_id = message_id_of(message, identity.from_address)
    mail["Message-ID"] = message_id
    # RFC 3834: holiday answers leave such mail alone, and two machines never answer each other for ever
    mail["Auto-Submitted"] = "auto-generated"
    _write_body(mail, message)
    data = _headers(message) + mail.as_bytes(policy=policy)
    return Letter(message_id=message_id, envelope_from=back.addr_spec, to=to.addr_spec, data=data, is_international=is_international)


def message_id_of(message: Message, from_address: str) -> str:
    """The same for the same touch, so that a mail sent twice is shown once; another one when it replaces an earlier."""
    known = message.key
    if message.update_of:
        known += "\x1f" + sha256(f"{message.subject}\x1f{message.text}\x1f{message.html}".encode()).hexdigest()
    return f"<{sha256(known.encode('utf-8', 'surrogatepass')).hexdigest()[:40]}@{from_address.rpartition('@')[2].lower()}>"


def one_line(text: str) -> str:
    """Text as it may stand in a header: no line ends, no control characters."""
    return " ".join(_CONTROL.sub(" ", text).split())


def _address(text: str, role: str, name: str = "", *, bounced: bool = False) -> Address:
    try:
        if _CONTROL.search(text) or text != text.strip():
            raise ValueError
        # the parser knows ASCII only: letters beyond it are checked as if they were plain ones
        parsed = Address(addr_spec="".join(letter if letter.isascii() else "x" for letter in text))
        local, _, domain = text.rpartition("@")
        address = parsed if text.isascii() else Address(username=local, domain=domain)
        address = Address(display_name=one_line(name), username=address.username, domain=address.domain)
        if not address.username or ("." not in address.domain.strip(".") and address.domain != "localhost"):
            raise ValueError
    except (ValueError, IndexError, HeaderParseError):
        raise RefusedForGood(f"smtp: the {role} is not an address mail can be sent with", bounced=bounced) from None
    return address


def _headers(message: Message) -> bytes:
    """Further headers, each one line as it is: folding would break a long List-Unsubscribe."""
    headers = dict(message.headers)
    if message.update_of:
        headers["References"] = headers["In-Reply-To"] = message.update_of
    lines = []
    for name, value in headers.items():
        is_ours = name.lower() in _OURS and not (message.update_of and name in ("References", "In-Reply-To"))
        if is_ours or not _HEADER.fullmatch(name):
            raise Unable("smtp", "a header of this name")
        if _CONTROL.search(value) or not value.isascii() or len(name) + len(value) + 2 > _LONGEST_LINE:
            raise Unable("smtp", f"this value of the header {name}")
        lines.append(f"{name}: {value}\r\n")
    return "".join(lines).encode("ascii")


def _write_body(mail: EmailMessage, message: Message) -> None:
    mail.set_content(message.text or plain_text(message.html), charset="utf-8")
    if message.html:
        mail.add_alternative(message.html, subtype="html", charset="utf-8")
    for one in message.attachments:
        method = calendar_method(one)
        if method:
            mail.add_alternative(one.data.decode(), subtype="calendar", charset="utf-8", params={"method": method})
    for one in message.attachments:
        _attach(mail, one)


def calendar_method(attachment: Attachment) -> str:
    """`REQUEST` or `CANCEL` of an invitation; empty for any other file."""
    mime, _, parameters = attachment.mime.partition(";")
    if mime.strip().lower() != "text/calendar":
        return ""
    found = re.search(r"method=\"?([A-Za-z]+)", parameters)
    return found[1].upper() if found else ""


def _attach(mail: EmailMessage, attachment: Attachment) -> None:
    """Every file; an invitation also as a file, for programs that do not show the other part."""
    mime = attachment.mime.partition(";")[0].strip().lower()
    main, slash, sub = mime.partition("/")
    if not slash or not re.fullmatch(r"[a-z0-9]+/[a-z0-9.+-]+", mime):
        main, sub = "application", "octet-stream"
    if calendar_method(attachment):
        main, sub = "application", "ics"
    mail.add_attachment(attachment.data, maintype=main, subtype=sub, filename=one_line(attachment.name) or "attachment")


def plain_text(page: str) -> str:
    """The words of an HTML part, for a message that brought no text."""
    broken = re.sub(r"(?i)<br\s*/?>|</(p|div|h[1-6]|li|tr)>", "\n", page)
    words = html.unescape(nh3.clean(broken, tags=set()))
    return "\n".join(line.strip() for line in words.splitlines() if line.strip()) + "\n"

"""A delivered mail as its reader sees it: who wrote, what it links to, how to answer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import EmailPolicy, default
from email.utils import parseaddr
from functools import lru_cache
from typing import Any


class _ReadOnce(EmailPolicy):
    """Headers that letter after letter says the same of are parsed once: the parser asks for them again and again."""

    def header_fetch_parse(self, name: str, value: str) -> Any:
        return _parsed(name, value) if len(value) < _LONG else super().header_fetch_parse(name, value)


@lru_cache(maxsize=256)
def _parsed(name: str, value: str) -> Any:
    return default.header_fetch_parse(name, value)


_LONG = 200
_ONCE = _ReadOnce()
_PATHS = {"click": "/t/c/", "survey": "/s/", "unsubscribe": "/u/"}


@dataclass(frozen=True)
class Letter:
    """One mail. Paths are of the sender's own links, without the host; `list_unsubscribe` from the header of RFC 8058."""

    message_id: str
    to: str
    subject: str
    reply_to: str
    text: str
    clicks: tuple[str, ...] = ()
    survey: str | None = None
    unsubscribe: str | None = None
    list_unsubscribe: str | None = None


def read_letter(data: bytes, base_url: str) -> Letter:
    """Read a mail; only links that lead to `base_url` are the sender's own."""
    message = message_from_bytes(data, policy=_ONCE)
    assert isinstance(message, EmailMessage)
    text = _plain(message)
    header = str(message.get("List-Unsubscribe", ""))
    return Letter(
        message_id=str(message.get("Message-ID", "")).strip(),
        to=parseaddr(str(message.get("To", "")))[1],
        subject=str(message.get("Subject", "")),
        reply_to=parseaddr(str(message.get("Reply-To", "")))[1],
        text=text,
        clicks=tuple(_paths(text, base_url, "click")),
        survey=next(iter(_paths(text, base_url, "survey")), None),
        unsubscribe=next(iter(_paths(text, base_url, "unsubscribe")), None),
        list_unsubscribe=next(iter(_paths(header, base_url, "unsubscribe")), None),
    )


def _plain(message: EmailMessage) -> str:
    part = message.get_body(preferencelist=("plain",))
    content = part.get_content() if part is not None else ""
    return content if isinstance(content, str) else ""


def _paths(text: str, base_url: str, kind: str) -> list[str]:
    found = re.findall(re.escape(base_url) + "(" + re.escape(_PATHS[kind]) + r"[A-Za-z0-9_.~%-]+)", text)
    return list(dict.fromkeys(found))

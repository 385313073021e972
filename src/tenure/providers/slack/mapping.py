"""From a message to Slack's words: blocks as they came, else made of subject and text; nothing in it calls a channel."""

from __future__ import annotations

from typing import Any

from tenure.ports.senders import Message

_HEADER_CHARACTERS = 150
_SECTION_CHARACTERS = 3_000
_MOST_SECTIONS = 40


def escaped(text: str) -> str:
    """Slack's three control characters as text, so that a customer's name cannot ping everybody."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def content_of(message: Message) -> dict[str, Any]:
    """`text` (what notifications show) and `blocks`."""
    words = "\n".join(part for part in (message.subject, message.text) if part)
    return {"text": escaped(words), "blocks": [dict(one) for one in message.blocks] or _blocks(message)}


def _blocks(message: Message) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = []
    if message.subject:
        title = message.subject[:_HEADER_CHARACTERS]
        blocks.append({"type": "header", "text": {"type": "plain_text", "text": title, "emoji": False}})
    parts = _parts(message.text)[:_MOST_SECTIONS]
    return [*blocks, *({"type": "section", "text": {"type": "mrkdwn", "text": part}} for part in parts)]


def _parts(text: str) -> list[str]:
    """The text in pieces a section may hold, cut at line ends where there are any."""
    parts: list[str] = []
    rest = text.strip()
    while rest:
        piece = _fitting(rest)
        parts.append(escaped(piece.strip()))
        rest = rest[len(piece) :].lstrip()
    return [part for part in parts if part]


def _fitting(text: str) -> str:
    """As much from the start as stays within the limit once escaped."""
    size = 0
    for place, letter in enumerate(text):
        size += len(escaped(letter))
        if size > _SECTION_CHARACTERS:
            line_end = text.rfind("\n", 0, place)
            return text[: line_end if line_end > 0 else place]
    return text

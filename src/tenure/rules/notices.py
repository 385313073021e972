"""A notice to the team in its three dresses: text, HTML mail and Slack blocks, from the same lines."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import msgspec

_MOST_BLOCK_CHARACTERS = 2_900
_MOST_LINES = 40


class Button(msgspec.Struct, frozen=True, kw_only=True):
    """An answer somebody can give: on Slack a button with a value, in mail a link."""

    label: str
    action: str
    value: str
    url: str = ""
    is_first: bool = False


class Notice(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is said: a title, facts as (label, words), further lines, and what can be answered."""

    title: str
    facts: tuple[tuple[str, str], ...] = ()
    lines: tuple[str, ...] = ()
    buttons: tuple[Button, ...] = ()
    footer: str = ""


def cut(lines: Sequence[str], most: int = 50) -> tuple[str, ...]:
    """A list somebody can read: the first lines, and how many more there are."""
    return tuple(lines) if len(lines) <= most else (*lines[:most], f"and {len(lines) - most} more")


def as_text(notice: Notice) -> str:
    """For mail readers without HTML, and terminals."""
    facts = [f"{label}: {words}" for label, words in notice.facts]
    links = [f"{one.label}: {one.url}" for one in notice.buttons if one.url]
    parts = [[notice.title], facts, list(notice.lines), links, [notice.footer] if notice.footer else []]
    return "\n\n".join("\n".join(part) for part in parts if part)


def as_html(notice: Notice) -> str:
    """A small page that every mail reader shows; everything is escaped."""
    rows = "".join(
        f'<tr><td style="padding:2px 12px 2px 0;color:#555">{escape(label)}</td><td>{escape(words)}</td></tr>'
        for label, words in notice.facts
    )
    lines = "".join(f"<li>{escape(line)}</li>" for line in notice.lines)
    links = " ".join(
        f'<a href="{escape(one.url, quote=True)}" style="display:inline-block;padding:8px 14px;margin:4px 4px 4px 0;'
        f'border:1px solid #333;border-radius:4px;text-decoration:none;color:#111">{escape(one.label)}</a>'
        for one in notice.buttons
        if one.url
    )
    return (
        f'<h2 style="font:600 18px sans-serif">{escape(notice.title)}</h2>'
        + (f'<table style="font:14px sans-serif">{rows}</table>' if rows else "")
        + (f'<ul style="font:14px sans-serif">{lines}</ul>' if lines else "")
        + (f"<p>{links}</p>" if links else "")
        + (f'<p style="font:12px sans-serif;color:#555">{escape(notice.footer)}</p>' if notice.footer else "")
    )


def as_blocks(notice: Notice) -> list[dict[str, object]]:
    """Slack's Block Kit: header, facts, lines, buttons."""
    blocks: list[dict[str, object]] = [
        {"type": "header", "text": {"type": "plain_text", "text": notice.title[:150]}},
    ]
    facts = "\n".join(f"*{_plain(label)}:* {_plain(words)}" for label, words in notice.facts)
    lines = "\n".join(f"• {_plain(line)}" for line in notice.lines[:_MOST_LINES])
    if len(notice.lines) > _MOST_LINES:
        lines += f"\n… and {len(notice.lines) - _MOST_LINES} more"
    blocks += [
        {"type": "section", "text": {"type": "mrkdwn", "text": words[:_MOST_BLOCK_CHARACTERS]}}
        for words in (facts, lines)
        if words
    ]
    if notice.buttons:
        blocks.append({"type": "actions", "elements": [_button(one) for one in notice.buttons]})
    if notice.footer:
        blocks.append({"type": "context", "elements": [{"type": "mrkdwn", "text": _plain(notice.footer)}]})
    return blocks


def content(notice: Notice, *, attachments: Sequence[dict[str, object]] = ()) -> dict[str, object]:
    """The content of a wanted touch; an attachment is `{name, mime, text}`."""
    found: dict[str, object] = {
        "subject": notice.title,
        "text": as_text(notice),
        "html": as_html(notice),
        "blocks": as_blocks(notice),
    }
    return found | ({"attachments": list(attachments)} if attachments else {})


def _button(one: Button) -> dict[str, object]:
    style: dict[str, object] = {"style": "primary"} if one.is_first else {}
    label = {"type": "plain_text", "text": one.label[:75]}
    return {"type": "button", "action_id": one.action, "value": one.value, "text": label, **style}


def _plain(text: str) -> str:
    """Slack's three control characters."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

"""The body of a webhook: the message as JSON, attachments in base64."""

from __future__ import annotations

import base64

import msgspec

from tenure.clock import iso
from tenure.ports.senders import Message

VERSION = 1


def body_of(message: Message, now_us: int) -> bytes:
    """UTF-8 JSON; the field names are documented in page.md and stay."""
    files = [{"name": one.name, "mime": one.mime, "data": base64.b64encode(one.data).decode()} for one in message.attachments]
    content = {
        "version": VERSION,
        "key": message.key,
        "sent_at": iso(now_us),
        "channel": message.channel.value,
        "to": message.to,
        "recipient_name": message.recipient_name,
        "sender_name": message.sender_name,
        "reply_to": message.reply_to,
        "subject": message.subject,
        "text": message.text,
        "html": message.html,
        "headers": message.headers,
        "blocks": list(message.blocks),
        "attachments": files,
        "update_of": message.update_of,
    }
    return msgspec.json.encode(content)

"""What a mail that came back means: a person's reply, a machine's, a bounce, a no.

Automatic mail is known by RFC 3834 (Auto-Submitted), by headers mail programs really set, and by the subjects of holiday
notes; it is never a response (A14). Words are looked for only in what the person wrote, not in what the program quoted:
our own mail below it holds the word "unsubscribe".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum

import msgspec

from tenure.rules.replies.words import ANGRY, AWAY_SUBJECTS, DENIALS, STOP_WHOLE, STOP_WITHIN

_LONGEST_SUBJECT = 400
_LONGEST_TEXT = 20_000


class ReplyKind(StrEnum):
    """`bounce_later`: a server says it keeps trying; nothing follows from it."""

    reply = "reply"
    automatic = "automatic"
    stop = "stop"
    angry = "angry"
    bounce = "bounce"
    bounce_later = "bounce_later"
    complaint = "complaint"


class Mail(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What decides. Header names in lower case. `status` is the Status of a delivery report (`5.1.1`), `report` its type."""

    headers: Mapping[str, str]
    subject: str = ""
    text: str = ""
    report: str = ""
    status: str = ""
    action: str = ""
    attachments: int = 0


def what_is(mail: Mail) -> ReplyKind:
    """The first of: complaint, bounce, automatic, stop, angry, reply."""
    if mail.report == "feedback-report":
        return ReplyKind.complaint
    if mail.report == "delivery-status":
        is_dead = mail.status.startswith("5") and mail.action in ("failed", "")
        return ReplyKind.bounce if is_dead else ReplyKind.bounce_later
    if is_automatic(mail):
        return ReplyKind.automatic
    words = _plain(own_words(mail.text))
    if _asks_to_stop(words, _plain(mail.subject)):
        return ReplyKind.stop
    return ReplyKind.angry if _says(words, ANGRY) else ReplyKind.reply


def is_automatic(mail: Mail) -> bool:
    """Whether a machine wrote it."""
    headers = mail.headers
    submitted = headers.get("auto-submitted", "").partition(";")[0].strip().lower()
    if submitted and submitted != "no":
        return True
    if headers.get("precedence", "").strip().lower() in ("bulk", "junk", "auto_reply", "auto-reply"):
        return True
    if any(name in headers for name in ("x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply")):
        return True
    if headers.get("return-path", "").strip() == "<>" or headers.get("x-failed-recipients"):
        return True
    sender = headers.get("from", "").lower()
    if re.search(r"(^|[<\s])(mailer-daemon|postmaster|no-?reply|do-?not-?reply)@", sender):
        return True
    subject = _plain(mail.subject[:_LONGEST_SUBJECT])
    return any(subject.startswith(one) for one in AWAY_SUBJECTS)


_QUOTE_STARTS = (
    re.compile(r"^>"),
    re.compile(r"^-{2,}\s*(original message|ursprüngliche nachricht|forwarded message|message d'origine)", re.IGNORECASE),
    re.compile(r"^_{10,}\s*$"),
    re.compile(r"^(on|am|le|el|il|op)\s.{4,250}(wrote|schrieb.*|a écrit|escribió|ha scritto|schreef.*)\s?:\s*$", re.IGNORECASE),
    re.compile(r"^(from|von|de|da|van)\s?:\s.*\S+@\S+", re.IGNORECASE),
)
_SIGNATURE = re.compile(r"^--\s*$")


def own_words(text: str) -> str:
    """What the person wrote: without quoted lines, what stands below a quotation's heading, and the signature."""
    kept: list[str] = []
    lines = text[:_LONGEST_TEXT].splitlines()
    for place, line in enumerate(lines):
        stripped = line.strip()
        if _SIGNATURE.match(line):
            break
        following = lines[place + 1].strip() if place + 1 < len(lines) else ""
        if _is_heading(stripped) or _is_broken_heading(stripped, following):
            break
        if not _is_quoted(stripped):
            kept.append(stripped)
    return "\n".join(kept).strip()


def _is_heading(line: str) -> bool:
    return any(one.match(line) for one in _QUOTE_STARTS[1:])


def _is_broken_heading(line: str, following: str) -> bool:
    """Mail programs break the heading of a quotation over two lines."""
    if not line or _is_quoted(following) or _is_heading(following):
        return False
    return _is_heading(f"{line} {following}")


def _is_quoted(line: str) -> bool:
    return _QUOTE_STARTS[0].match(line) is not None


def _plain(text: str) -> str:
    """Lower case, plain apostrophes, single spaces; line ends stay."""
    folded = text.replace("’", "'").lower()
    return "\n".join(" ".join(line.split()) for line in folded.splitlines())


_SUBJECT_PREFIX = re.compile(r"^((re|aw|fwd?|wg|sv|antw)\s?:\s*)+")


def _asks_to_stop(words: str, subject: str) -> bool:
    """A reply that is nothing but a no, or says so in a sentence; an empty one with such a subject."""
    said = words.strip(" .!\n-")
    if said in STOP_WHOLE:
        return True
    first = next((line.strip(" .!,-") for line in words.splitlines() if line.strip()), "")
    # "STOP" on its own line, then a name
    if first in STOP_WHOLE and len(said) <= 80:
        return True
    bare = _SUBJECT_PREFIX.sub("", subject).strip(" .!")
    if not said and bare in ("stop", "unsubscribe"):
        return True
    return _says(words, STOP_WITHIN)


def _says(words: str, phrases: tuple[str, ...]) -> bool:
    """Whether a sentence holds a phrase as whole words, and nothing before it that takes it back."""
    for sentence in re.split(r"[.!?;\n]+", words):
        for phrase in phrases:
            found = re.search(rf"(?<![\w']){re.escape(phrase)}(?!\w)", sentence)
            if found and not any(one in sentence[: found.start()] for one in DENIALS):
                return True
    return False

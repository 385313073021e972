"""A model's draft against what it was written from: no invented numbers, names, addresses or promises, every link kept.

The check errs on the side of no: a draft refused for a harmless word costs a person a minute, a promise nobody made costs
more.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from tenure.model.links import FOUND

LONGEST_SUBJECT = 150
LONGEST_SHARE, LONGEST_MORE = 1.5, 200
"""A draft may be half as long again as what it replaces, and this many characters more."""
_ADDRESS = re.compile(r"https?://[^\s<>\"')]+|[\w.+-]+@[\w-]+\.[\w.-]+")
_NUMBER = re.compile(r"\d+(?:[.,:/-]\d+)*")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_SENTENCE_END = re.compile(r"[.!?:;\n\u2022\"“”(]\s*$|^\s*$")
_STAND_IN = re.compile(r"\[\[.*?\]\]")
_NUMBER_WORDS = frozenset(
    ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "fifteen", "twenty", "thirty", "forty", "fifty", "hundred", "thousand", "half", "double", "twice"]
)
PROMISES = (
    "guarantee", "promise", "refund", "discount", "credit", "compensat", "free of charge", "for free", "at no cost", "no charge",
    "waive", "we will fix", "we'll fix", "will be fixed", "will be resolved", "we will ship", "on the house", "money back", "% off",
    "price", "upgrade you", "extend your", "by tomorrow", "by monday", "by friday", "this week", "next week", "within the hour",
    "within a day", "as soon as possible", "immediately", "legal", "contract",
)  # fmt: skip
"""Beginnings of words and phrases that bind somebody; allowed only where the text before had them."""


def problems_of(before: tuple[str, str], after: tuple[str, str], facts: Iterable[str] = ()) -> tuple[str, ...]:
    """Why a draft may not be taken; empty when it may.

    Args:
        before: subject and text of the message a person wrote or approved.
        after: subject and text of the draft.
        facts: sentences that are true of this customer; their numbers and names may be used.
    """
    said = "\n".join((*before, *facts))
    written = "\n".join(after)
    problems = [*_form(before, after), *_links(before[1], after[1])]
    if _STAND_IN.search(written):
        problems.append("a stand-in that stands for nothing")
    problems += [f"the address {one}" for one in _new(_addresses(said), _addresses(written))]
    plain_said, plain = _ADDRESS.sub(" ", said), _ADDRESS.sub(" ", written)
    problems += [f"the number {one}" for one in _new(_numbers(plain_said), _numbers(plain))]
    problems += [f"the name {one}" for one in _names(plain_said, plain)]
    problems += [f"the promise “{one}”" for one in PROMISES if one in plain.lower() and one not in plain_said.lower()]
    return tuple(problems)


def _form(before: tuple[str, str], after: tuple[str, str]) -> list[str]:
    subject, text = after
    problems = []
    if not text.strip() or not subject.strip():
        problems.append("an empty subject or text")
    if "\n" in subject or len(subject) > LONGEST_SUBJECT:
        problems.append("a subject that is no single short line")
    if len(text) > len(before[1]) * LONGEST_SHARE + LONGEST_MORE:
        problems.append("a text that is much longer")
    return problems


def _links(before: str, after: str) -> list[str]:
    """Each link of the message stands in the draft as often as before."""
    return [] if Counter(FOUND.findall(before)) == Counter(FOUND.findall(after)) else ["links that were lost or added"]


def _addresses(text: str) -> list[str]:
    return [one.rstrip(".,;").lower() for one in _ADDRESS.findall(text)]


def _numbers(text: str) -> list[str]:
    words = [word.lower() for word in _WORD.findall(text)]
    return _NUMBER.findall(text) + [word for word in words if word in _NUMBER_WORDS]


def _new(known: Iterable[str], found: Iterable[str]) -> list[str]:
    have = set(known)
    return list(dict.fromkeys(one for one in found if one not in have))


def _names(said: str, written: str) -> list[str]:
    """Words with a capital letter inside a sentence that nobody said before."""
    known = {word.lower() for word in _WORD.findall(said)} | {"i", "i'm", "i've", "i'll", "i’m", "i’ve", "i’ll", "i'd", "i’d"}
    found = []
    for match in _WORD.finditer(written):
        word = match[0]
        begins = _SENTENCE_END.search(written[max(0, match.start() - 3) : match.start()]) is not None
        if word[0].isupper() and not begins and word.lower() not in known:
            found.append(word)
    return list(dict.fromkeys(found))

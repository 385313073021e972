"""What customers ask for: the thing wished for in a ticket or comment, so that equal wishes can be counted.

Phrases and plain words, no model. A wish is what follows "could you add", "we need", "missing" and the like, up to the end of
its clause; two are the same when their telling words are, whatever their order and number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import msgspec

from tenure.model.readings import Voice
from tenure.rules.quotes import masked

_ASKS = re.compile(
    r"\b(?:(?:could|can|would) you (?:please )?(?:add|support|build|offer|allow|make)|please (?:add|support|build|offer|allow)"
    r"|(?:we|i) (?:really )?(?:need|want|miss)(?: to have)?|(?:we|i)(?: would|'d) (?:like|love)(?: to (?:see|have))?"
    r"|(?:we|i) wish (?:there (?:was|were)|it had|you had)|(?:is )?missing|lacks?|lacking|there is no(?: way to)?|no way to"
    r"|feature request:?|request:|does(?: not|n't) (?:support|have))\s+(?P<wish>[^.!?;\n]+)",
    re.IGNORECASE,
)
_CLAUSE_ENDS = re.compile(
    r"\b(?:that|which|who|because|since|so that|so we|when|where|but|as we|for our|in our|please)\b.*$",
    re.IGNORECASE,
)
_REQUEST_CATEGORIES = re.compile(r"feature|request|enhancement|wish|idea|suggestion", re.IGNORECASE)
_WORD = re.compile(r"[\w'-]+")
_FILLERS = frozenset(
    re.findall(
        r"\w+",
        """a an the to for of in on at with and or our your my us we i you it its is are be some any more better new also really very just
        there this these those please way able have has had get add support feature features function functions functionality option
        options thing things something anything possibility from by into""",
    )
)
_MOST_WORDS = 6
_LONGEST = 80


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One wish: how often it was said, by which customers, and their revenue a year (cents; None: of nobody it is known)."""

    key: str
    wish: str
    count: int
    customer_ids: tuple[str, ...]
    arr_cents: int | None
    arr_unknown: int
    quotes: tuple[str, ...]


def wish_of(text: str, category: str = "") -> str | None:
    """What is asked for, in the customer's words; None where nothing is. A ticket filed as a request is one whatever it says."""
    found = _ASKS.search(text)
    if found is not None:
        wish = _tidy(_CLAUSE_ENDS.sub("", found["wish"]))
        if _telling(wish):
            return wish
    if category and _REQUEST_CATEGORIES.search(category):
        whole = _tidy(text)
        return whole if _telling(whole) else None
    return None


def requests_of(voices: Sequence[tuple[Voice, str]]) -> tuple[Request, ...]:
    """Wishes, most revenue first, then most voices; each voice comes with the category it was filed under (or nothing)."""
    groups: dict[str, list[tuple[Voice, str]]] = {}
    for voice, category in voices:
        wish = wish_of(masked(voice.text), category)  # it becomes a title and a key, which many read
        if wish is not None:
            groups.setdefault("-".join(sorted(_telling(wish))), []).append((voice, wish))
    found = [_request(key, said) for key, said in groups.items()]
    return tuple(sorted(found, key=lambda one: (-(one.arr_cents or 0), -one.count, one.key)))


def _request(key: str, said: Sequence[tuple[Voice, str]]) -> Request:
    money = {voice.customer_id: voice.arr_cents for voice, _ in said}
    loudest = sorted(
        said, key=lambda one: (-(one[0].arr_cents or 0), -one[0].occurred_us, one[0].customer_id)
    )
    return Request(
        key=key,
        wish=_most_said(wish for _, wish in said),
        count=len(said),
        customer_ids=tuple(dict.fromkeys(voice.customer_id for voice, _ in loudest)),
        arr_cents=sum_known(money.values()),
        arr_unknown=sum(cents is None for cents in money.values()),
        quotes=tuple(dict.fromkeys(voice.text for voice, _ in loudest)),
    )


def sum_known(amounts: Iterable[int | None]) -> int | None:
    """The sum of those that are known; None: none is (unknown is never 0)."""
    known = [cents for cents in amounts if cents is not None]
    return sum(known) if known else None


def _most_said(wishes: Iterable[str]) -> str:
    """The wording used most; of equals the shortest, then the first by letters."""
    counts: dict[str, int] = {}
    for wish in wishes:
        counts[wish] = counts.get(wish, 0) + 1
    return min(counts, key=lambda wish: (-counts[wish], len(wish), wish))


def _tidy(text: str) -> str:
    words = re.sub(r"\s+", " ", text).strip(" ,:-–'\"?!.")
    return re.sub(r"^(?:an?|the|some|any|more)\s+", "", words, flags=re.IGNORECASE)[:_LONGEST].strip()


def _telling(wish: str) -> tuple[str, ...]:
    """The words that say what it is, in the singular."""
    words = (_singular(word.casefold()) for word in _WORD.findall(wish))
    kept = dict.fromkeys(word for word in words if word not in _FILLERS and len(word) > 1)
    return tuple(kept)[:_MOST_WORDS]


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    return (
        word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3 else word
    )

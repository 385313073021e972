"""The page of a survey: a question, its scale, a comment; the answer is a fact like any other, and a response."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Protocol

import msgspec

from tenure.errors import BadInput, NotFound, Refused
from tenure.ids import fact_key, fact_name
from tenure.model.facts import OWN_SOURCE, Answer, FactKind, InboxRow
from tenure.model.flat import flat
from tenure.model.mapping import FactMapping
from tenure.model.touches import Response, ResponseKind, Touch
from tenure.ports.inbox import Inbox
from tenure.ports.responses import Responses
from tenure.services.tracking.pages import FindsTouches
from tenure.services.tracking.tokens import SURVEY, Tokens

COMMENT_CHARACTERS = 4_000


class SurveyWords(Protocol):
    """What a survey says (`survey_texts()` of the survey service has them)."""

    @property
    def question(self) -> str: ...
    @property
    def low(self) -> int: ...
    @property
    def high(self) -> int: ...
    @property
    def low_label(self) -> str: ...
    @property
    def high_label(self) -> str: ...
    @property
    def comment_question(self) -> str: ...


class SurveyPage(msgspec.Struct, frozen=True, kw_only=True):
    """One survey for one touch."""

    survey: str
    question: str
    low: int
    high: int
    low_label: str
    high_label: str
    comment_question: str


class SurveyDesk:
    """Of one venture."""

    def __init__(
        self, venture_id: int, touches: FindsTouches, responses: Responses, inbox: Inbox, made: Tokens, texts: Mapping[str, SurveyWords]
    ) -> None:
        self._venture_id, self._touches, self._responses = venture_id, touches, responses
        self._inbox, self._tokens, self._texts = inbox, made, texts

    def page(self, token: str) -> SurveyPage:
        """What to ask. Raises Refused for a forged token and where the survey is no longer there."""
        return self._opened(token)[1]

    def answer(self, token: str, score: str, comment: str, now_us: int) -> SurveyPage:
        """Keep an answer; durable when it returns. The same answer twice is one, another score is the later answer.

        Raises Refused (see `page`), BadInput when the score is not on the scale, Unavailable when it cannot be kept now.
        """
        touch, page = self._opened(token)
        number = _on_scale(score, page)
        said = "".join(letter for letter in comment if letter.isprintable() or letter == "\n").strip()[:COMMENT_CHARACTERS]
        answer = Answer(
            survey=page.survey, score=number, answered_us=now_us, customer_id=touch.customer_id, user_id=touch.user_id, comment=said or None
        )
        # the fact first: killed in between, the same answer again completes it
        row = self._row(touch, answer, now_us)
        self._inbox.append([row])
        response = Response(
            key=fact_name(row.key_hi, row.key_lo),  # the same when it is read from facts later
            kind=ResponseKind.survey_answered,
            occurred_us=now_us,
            customer_id=touch.customer_id or "",
            user_id=touch.user_id,
            touch_id=touch.touch_id,
            details={"survey": page.survey, "score": number},
        )
        self._responses.add(self._venture_id, [response], now_us=now_us)
        return page

    def _opened(self, token: str) -> tuple[Touch, SurveyPage]:
        touch_id, _ = self._tokens.read(SURVEY, token)
        try:
            touch = self._touches.get(self._venture_id, touch_id)
        except NotFound:
            raise _over() from None
        survey = touch.content.get("survey")
        words = self._texts.get(survey) if isinstance(survey, str) else None
        if words is None or touch.customer_id is None:
            raise _over()
        return touch, SurveyPage(
            survey=str(survey),
            question=words.question,
            low=words.low,
            high=words.high,
            low_label=words.low_label,
            high_label=words.high_label,
            comment_question=words.comment_question,
        )

    def _row(self, touch: Touch, answer: Answer, now_us: int) -> InboxRow:
        """Its key names touch, score and words, not the time: a second click on the button adds nothing."""
        words = blake2b((answer.comment or "").encode(), digest_size=8).hexdigest()
        key_hi, key_lo = fact_key(FactKind.answer.name, OWN_SOURCE, f"{touch.touch_id}\x1f{answer.score}\x1f{words}")
        laid = flat(answer, FactMapping())
        return InboxRow(
            venture_id=self._venture_id,
            kind=int(FactKind.answer),
            key_hi=key_hi,
            key_lo=key_lo,
            source=OWN_SOURCE,
            occurred_us=laid.occurred_us,
            received_us=now_us,
            customer_id=laid.customer_id,
            user_id=laid.user_id,
            body=laid.body,
        )


def _on_scale(text: str, page: SurveyPage) -> int:
    number = int(text) if text.isascii() and text.lstrip("-").isdigit() and len(text) <= 4 else None
    if number is None or not page.low <= number <= page.high:
        raise BadInput("No score was chosen.", f"Choose one from {page.low} to {page.high}.")
    return number


def _over() -> Refused:
    return Refused("This survey is over.", "Thank you for wanting to answer.")

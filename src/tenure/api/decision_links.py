"""Answering a decision from a mail: the link shows what is asked, the button answers. Following a link decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from tenure.api.bodies import form_fields, limited_body
from tenure.api.links import page_answer, shown
from tenure.clock import Clock
from tenure.model.decisions import Decision
from tenure.presentation import pages

_FORM_BYTES = 64 * 1024
_NOTE_CHARACTERS = 2_000


class AnsweredByLink(Protocol):
    """What a link carries."""

    @property
    def answer(self) -> str: ...


class ShownByLink(Protocol):
    """A decision, the answer its link carries, and whether it can still be given."""

    @property
    def decision(self) -> Decision: ...
    @property
    def link(self) -> AnsweredByLink: ...
    @property
    def is_open(self) -> bool: ...


class DecisionDoor(Protocol):
    """`services.decisions.doors.LinkDoor`. Both raise Refused for a link that is not valid, or too old."""

    def show(self, token: str, now_us: int) -> ShownByLink: ...

    def answer(self, token: str, note: str, now_us: int) -> tuple[Decision, bool]:
        """The decision as it stands now, and whether this answer was the first."""
        ...


def decision_router(door: DecisionDoor, clock: Clock, brand: str) -> APIRouter:
    """`/d/{token}`: GET asks, POST answers."""
    router = APIRouter(tags=["decisions"], include_in_schema=False)

    @router.api_route("/d/{token}", methods=["GET", "HEAD"])
    def ask(token: str) -> Response:
        return shown(brand, lambda: _asked(door.show(token, clock.now_us()), brand))

    @router.post("/d/{token}")
    async def answer(token: str, request: Request) -> Response:
        note = form_fields(await limited_body(request, _FORM_BYTES)).get("note", "")[:_NOTE_CHARACTERS]
        return await run_in_threadpool(shown, brand, lambda: _answered(door.answer(token, note, clock.now_us()), brand))

    return router


def _asked(found: ShownByLink, brand: str) -> Response:
    if not found.is_open:
        return _over(found.decision, brand)
    answer = found.link.answer.replace("_", " ")
    return page_answer(pages.decision_form(brand, found.decision.title, answer, facts_of(found.decision)))


def _answered(done: tuple[Decision, bool], brand: str) -> Response:
    decision, is_first = done
    if not is_first:
        return _over(decision, brand)
    said = (decision.answer or decision.state.value).replace("_", " ")
    return page_answer(pages.notice(brand, "Answered", f"{decision.title}: {said}. Everybody who was asked can see it."))


def _over(decision: Decision, brand: str) -> Response:
    said = (decision.answer or decision.state.value).replace("_", " ")
    by = f", by {decision.answered_by}" if decision.answered_by else ""
    return page_answer(pages.notice(brand, "This decision is already made", f"{decision.title}: {said}{by}."), 410)


def facts_of(decision: Decision) -> Sequence[tuple[str, str]]:
    """What a person wants to see once more before the button: whom it touches, and what happens without an answer."""
    blast = decision.blast
    return (
        ("Touches", "1 customer" if blast.people == 1 else f"{blast.people} customers"),
        ("Can be undone", "yes" if blast.undoable else "no"),
        ("Recommended", decision.recommendation.replace("_", " ") or "nothing"),
        ("If nobody answers", "nothing is done" if decision.default == "nothing" else decision.default.replace("_", " ")),
    )

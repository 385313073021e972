"""Answering a decision from a mail: `GET /d/TOKEN` shows it, `POST /d/TOKEN` answers. Scanners that follow links decide nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from tenure.api.bodies import form_fields, limited_body
from tenure.api.links import page_answer
from tenure.clock import Clock
from tenure.errors import TenureError
from tenure.model.decisions import Decision
from tenure.presentation import pages
from tenure.rules.wording import moment, plain
from tenure.services.decisions.doors import Shown

_FORM_BYTES = 64 * 1024
_NOTE_CHARACTERS = 2_000


class AnswersLinks(Protocol):
    """`services.decisions.doors.LinkDoor`."""

    def show(self, token: str, now_us: int) -> Shown: ...

    def answer(self, token: str, note: str, now_us: int) -> tuple[Decision, bool]: ...


def decision_router(door: AnswersLinks, clock: Clock, brand: str = "") -> APIRouter:
    """The two endpoints of signed one-use links. `brand`: the company's name."""
    router = APIRouter(tags=["decisions"], include_in_schema=False)

    @router.api_route("/d/{token}", methods=["GET", "HEAD"])
    def show(token: str) -> Response:
        try:
            return _question(door.show(token, clock.now_us()), brand)
        except TenureError as problem:
            return _refused(problem, brand)

    @router.post("/d/{token}")
    async def answer(token: str, request: Request) -> Response:
        note = form_fields(await limited_body(request, _FORM_BYTES)).get("note", "").strip()[:_NOTE_CHARACTERS]
        try:
            decision, won = await run_in_threadpool(door.answer, token, note, clock.now_us())
        except TenureError as problem:
            return _refused(problem, brand)
        return page_answer(pages.notice(brand, "Thank you" if won else "Already decided", _said(decision)))

    return router


def _question(shown: Shown, brand: str) -> Response:
    if not shown.is_open:
        return page_answer(pages.notice(brand, "Already decided", _said(shown.decision)))
    facts = (("Your answer", plain(shown.link.answer)), *_facts(shown.decision))
    return page_answer(pages.decision_form(brand, shown.decision.title, facts))


def _facts(decision: Decision) -> Sequence[tuple[str, str]]:
    """What a person wants to see once more before the button."""
    blast = decision.blast
    return (
        ("Touches", "1 customer" if blast.people == 1 else f"{blast.people} customers"),
        ("Can be undone", "yes" if blast.undoable else "no"),
        ("Open until", f"{moment(decision.deadline_us, ZoneInfo('UTC'))} UTC"),
    )


def _said(decision: Decision) -> str:
    by = f" by {decision.answered_by}" if decision.answered_by else ""
    return f"Decision {decision.decision_id}: {plain(decision.answer or decision.state.value)}{by}."


def _refused(problem: TenureError, brand: str) -> Response:
    status = 503 if problem.retrying_helps else 400
    return page_answer(pages.notice(brand, "This cannot be answered", str(problem)), status)

"""Was this useful, from a mail: `GET /v/TOKEN` asks for a word, `POST /v/TOKEN` notes it. Scanners that follow links say nothing."""

from __future__ import annotations

from typing import Protocol

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from tenure.api.bodies import form_fields, limited_body
from tenure.api.links import page_answer
from tenure.clock import Clock
from tenure.errors import TenureError
from tenure.model.useful import Subject, UsefulMark
from tenure.presentation import pages
from tenure.services.useful.links import UsefulLink

_FORM_BYTES = 16 * 1024


class ReadsLinks(Protocol):
    """`services.useful.links.UsefulLinks`."""

    def read(self, token: str) -> UsefulLink: ...


class Marks(Protocol):
    """`services.useful.service.UsefulService`."""

    def mark(self, subject: Subject, ref: str, is_useful: bool, *, by: str, via: str, now_us: int, word: str = "") -> UsefulMark: ...


def useful_router(links: ReadsLinks, marks: Marks, clock: Clock, brand: str = "") -> APIRouter:
    """The two endpoints of thumbs in mails. `brand`: the company's name."""
    router = APIRouter(tags=["useful"], include_in_schema=False)

    @router.api_route("/v/{token}", methods=["GET", "HEAD"])
    def show(token: str) -> Response:
        try:
            link = links.read(token)
        except TenureError as problem:
            return page_answer(pages.notice(brand, "This cannot be noted", str(problem)), 400)
        said = "useful" if link.is_useful else "not useful"
        return page_answer(pages.decision_form(brand, "Was this useful?", ((link.subject.value.capitalize(), link.ref), ("Your answer", said))))

    @router.post("/v/{token}")
    async def note(token: str, request: Request) -> Response:
        word = form_fields(await limited_body(request, _FORM_BYTES)).get("note", "").strip()

        def noted() -> UsefulMark:
            link = links.read(token)
            return marks.mark(link.subject, link.ref, link.is_useful, by=link.by, via="email", now_us=clock.now_us(), word=word)

        try:
            await run_in_threadpool(noted)
        except TenureError as problem:
            status = 503 if problem.retrying_helps else 400
            return page_answer(pages.notice(brand, "This cannot be noted", str(problem)), status)
        return page_answer(pages.notice(brand, "Thank you", "It is noted, and the next report shows it."))

    return router

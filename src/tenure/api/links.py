"""The addresses in messages: clicks, opens, unsubscribing, surveys. Whoever has the link may use it; the token is the proof."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from tenure.api.bodies import form_fields, limited_body
from tenure.clock import Clock
from tenure.errors import BadInput, Refused, TenureError
from tenure.presentation import pages
from tenure.services.tracking.pages import Tracking, Visit
from tenure.services.tracking.scanners import Visitor
from tenure.services.tracking.surveys import SurveyDesk

_PRIVATE = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "X-Content-Type-Options": "nosniff",
}
_GIF = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")
_FORM_BYTES = 64 * 1024
_GET = ["GET", "HEAD"]


def links_router(tracking: Tracking, surveys: SurveyDesk, clock: Clock, brand: str) -> APIRouter:
    """`/t/c/{token}`, `/t/o/{token}.gif`, `/u/{token}`, `/s/{token}`. `brand`: the company's name as its customers know it."""
    router = APIRouter(tags=["links"], include_in_schema=False)
    _add_clicks(router, tracking, clock, brand)
    _add_unsubscribe(router, tracking, clock, brand)
    _add_surveys(router, surveys, clock, brand)
    return router


def _add_clicks(router: APIRouter, tracking: Tracking, clock: Clock, brand: str) -> None:
    @router.api_route("/t/c/{token}", methods=_GET)
    def click(token: str, request: Request) -> Response:
        def go() -> Response:
            target = tracking.click(token, visitor_of(request), clock.now_us())
            return RedirectResponse(target, 302, headers=_PRIVATE)

        return shown(brand, go)

    @router.api_route("/t/o/{token}.gif", methods=_GET)
    def opened(token: str) -> Response:
        tracking.opened(token, clock.now_us())
        return Response(_GIF, media_type="image/gif", headers=_PRIVATE)


def _add_unsubscribe(router: APIRouter, tracking: Tracking, clock: Clock, brand: str) -> None:
    @router.api_route("/u/{token}", methods=_GET)
    def ask(token: str) -> Response:
        def show() -> Response:
            visit = tracking.about(token)
            page = pages.asked_to_unsubscribe(brand, visit.channel) if visit.is_known else _unsubscribed(brand, visit)
            return page_answer(page)

        return shown(brand, show)

    @router.post("/u/{token}")
    async def unsubscribe(token: str, request: Request) -> Response:
        await limited_body(request, _FORM_BYTES)  # RFC 8058: whatever is posted, the address says everything
        return await run_in_threadpool(
            shown, brand, lambda: page_answer(_unsubscribed(brand, tracking.unsubscribe(token, clock.now_us())))
        )


def _unsubscribed(brand: str, visit: Visit) -> str:
    return pages.unsubscribed(brand, visit.channel, is_known=visit.is_known)


def _add_surveys(router: APIRouter, surveys: SurveyDesk, clock: Clock, brand: str) -> None:
    @router.api_route("/s/{token}", methods=_GET)
    def ask(token: str, score: str = "") -> Response:
        """`score` only chooses for the reader; what is only followed answers nothing."""
        return shown(brand, lambda: page_answer(pages.survey_form(brand, surveys.page(token), chosen=score)))

    @router.post("/s/{token}")
    async def answer(token: str, request: Request) -> Response:
        fields = form_fields(await limited_body(request, _FORM_BYTES))
        return await run_in_threadpool(shown, brand, lambda: _answered(surveys, token, fields, clock.now_us(), brand))


def _answered(surveys: SurveyDesk, token: str, fields: dict[str, str], now_us: int, brand: str) -> Response:
    score, comment = fields.get("score", ""), fields.get("comment", "")
    try:
        surveys.answer(token, score, comment, now_us)
    except BadInput as problem:
        page = pages.survey_form(brand, surveys.page(token), chosen=score, comment=comment, problem=str(problem))
        return page_answer(page, 422)
    return page_answer(pages.notice(brand, "Thank you", "Your answer has arrived, and a person will read it."))


def visitor_of(request: Request) -> Visitor:
    """What tells a person from a scanner."""
    headers = request.headers
    purpose = " ".join(headers.get(name, "") for name in ("sec-purpose", "purpose", "x-moz", "x-purpose"))
    return Visitor(method=request.method, user_agent=headers.get("user-agent", ""), purpose=purpose)


def page_answer(content: str, status: int = 200) -> Response:
    """A page, kept out of caches and search engines, that may load nothing."""
    return HTMLResponse(content, status, headers={**_PRIVATE, "Content-Security-Policy": pages.CONTENT_POLICY})


def shown(brand: str, make: Callable[[], Response]) -> Response:
    """The answer, or a page that says what is wrong."""
    more: dict[str, Any] = {}
    try:
        return make()
    except Refused as problem:
        title, text, status = problem.message.rstrip("."), problem.fix, 404
    except TenureError:
        title, text, status = "Not now", "This cannot be kept at the moment. Please try again in a minute.", 503
        more = {"Retry-After": "60"}
    answer = page_answer(pages.notice(brand, title, text), status)
    answer.headers.update(more)
    return answer

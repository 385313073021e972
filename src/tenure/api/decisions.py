"""Answering a decision from a mail: `GET /d/TOKEN` shows it, `POST /d/TOKEN` answers. Scanners that follow links decide nothing."""

from __future__ import annotations

from html import escape
from typing import Protocol
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from starlette.concurrency import run_in_threadpool

from tenure.clock import Clock, iso
from tenure.errors import TenureError
from tenure.model.decisions import Decision
from tenure.rules.wording import plain
from tenure.services.decisions.doors import Shown

_MOST_NOTE_BYTES = 10_000
_HEADERS = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-robots-tag": "noindex",
    "x-frame-options": "DENY",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
}


class AnswersLinks(Protocol):
    """`services.decisions.doors.LinkDoor`."""

    def show(self, token: str, now_us: int) -> Shown: ...

    def answer(self, token: str, note: str, now_us: int) -> tuple[Decision, bool]: ...


def decision_router(door: AnswersLinks, clock: Clock) -> APIRouter:
    """The two endpoints of signed one-use links."""
    router = APIRouter(tags=["decisions"], include_in_schema=False)

    @router.get("/d/{token}", response_class=HTMLResponse)
    async def show(token: str) -> HTMLResponse:
        try:
            return _page(*_question(await run_in_threadpool(door.show, token, clock.now_us())))
        except TenureError as problem:
            return _page("This cannot be answered", f"<p>{escape(str(problem))}</p>", 400)

    @router.post("/d/{token}", response_class=HTMLResponse)
    async def answer(token: str, request: Request) -> HTMLResponse:
        note = _note(await _body(request))
        try:
            decision, won = await run_in_threadpool(door.answer, token, note, clock.now_us())
        except TenureError as problem:
            return _page("This cannot be answered", f"<p>{escape(str(problem))}</p>", 400)
        return _page("Thank you" if won else "Already decided", _said(decision))

    return router


def _question(shown: Shown) -> tuple[str, str]:
    decision = shown.decision
    if not shown.is_open:
        return "Already decided", _said(decision)
    blast = decision.blast
    undone = "can be undone" if blast.undoable else "cannot be undone"
    return decision.title, (
        f"<p>Your answer: <strong>{escape(plain(shown.link.answer))}</strong></p>"
        f"<p>It touches {blast.people} customers and {undone}. Open until {iso(decision.deadline_us)}.</p>"
        '<form method="post"><p><label>A word on why (optional)<br><textarea name="note" rows="3" cols="40"></textarea></label></p>'
        '<p><button type="submit">Confirm</button></p></form>'
    )


def _said(decision: Decision) -> str:
    by = f" by {escape(decision.answered_by)}" if decision.answered_by else ""
    said = plain(decision.answer or decision.state.value)
    return f"<p>Decision {decision.decision_id}: <strong>{escape(said)}</strong>{by}.</p>"


def _page(title: str, body: str, status: int = 200) -> HTMLResponse:
    style = "body{font:16px sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem}button{font-size:1rem;padding:.5rem 1rem}"
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escape(title)}</title><style>{style}</style>'
    page = f'<!doctype html><html lang="en"><head>{head}</head><body><h1>{escape(title)}</h1>{body}</body></html>'
    return HTMLResponse(page, status, headers=_HEADERS)


async def _body(request: Request) -> bytes:
    """As much of the form as a note may be long."""
    read = b""
    async for chunk in request.stream():
        read += chunk
        if len(read) > _MOST_NOTE_BYTES:
            break
    return read[:_MOST_NOTE_BYTES]


def _note(body: bytes) -> str:
    return parse_qs(body.decode("utf-8", "replace")).get("note", [""])[0].strip()

"""Clicks on buttons in Slack: believed only with a good signature, acknowledged within Slack's three seconds."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import structlog
from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import JSONResponse, Response
from starlette.concurrency import run_in_threadpool

from tenure.api.bodies import form_fields, limited_body
from tenure.clock import Clock
from tenure.providers.slack.webhooks import is_from_slack, payload_of

ACKNOWLEDGE_SECONDS = 2.0
_BODY_BYTES = 256 * 1024
_log = structlog.get_logger(__name__)

AnswerFromSlack = Callable[[Mapping[str, Any]], str]
"""Carries out what a payload asks for and gives the words to show; blocking, called in a thread."""
CommandFromSlack = Callable[[Mapping[str, str]], str]
"""The same of a slash command's form."""
Say = Callable[[str, str], Awaitable[None]]
"""Posts words to a payload's `response_url`."""


def slack_router(
    signing_secret: Callable[[], str], answer: AnswerFromSlack, say: Say, clock: Clock, command: CommandFromSlack | None = None
) -> APIRouter:
    """`POST /slack/interactions` and, for slash commands, `POST /slack/commands`. `signing_secret` is asked for at each request;
    empty: nothing is believed."""
    router = APIRouter(tags=["slack"], include_in_schema=False)
    running: set[asyncio.Task[None]] = set()

    async def believed(request: Request) -> bytes:
        body = await limited_body(request, _BODY_BYTES)
        if not await run_in_threadpool(_is_believed, signing_secret, body, request, clock.now_us()):
            raise HTTPException(401, "The signature is missing, wrong or too old.")
        return body

    if command is not None:

        @router.post("/slack/commands")
        async def commands(request: Request) -> Response:
            form = form_fields(await believed(request))
            words = await run_in_threadpool(command, form)  # only whoever typed it sees them
            return JSONResponse({"response_type": "ephemeral", "text": words})

    @router.post("/slack/interactions")
    async def interactions(request: Request) -> Response:
        body = await believed(request)
        try:
            payload = payload_of(body)
        except ValueError:
            raise HTTPException(400, "There is no payload Tenure understands.") from None
        if payload.get("type") == "url_verification":
            return JSONResponse({"challenge": str(payload.get("challenge", ""))})
        task = asyncio.create_task(_answered(answer, say, payload))
        running.add(task)
        task.add_done_callback(running.discard)
        # carried out before it is acknowledged, where that is quick: else a crash would lose the click
        await asyncio.wait({task}, timeout=ACKNOWLEDGE_SECONDS)
        if task.done() and task.exception() is not None:
            _log.error("slack_answer_failed", error=type(task.exception()).__name__)
            raise HTTPException(503, "This could not be done now. Click again.")
        return Response(status_code=200)

    return router


def _is_believed(signing_secret: Callable[[], str], body: bytes, request: Request, now_us: int) -> bool:
    """Whatever goes wrong is a no."""
    try:
        return is_from_slack(signing_secret(), body, request.headers, now_us)
    except Exception:
        return False


async def _answered(answer: AnswerFromSlack, say: Say, payload: Mapping[str, Any]) -> None:
    words = await run_in_threadpool(answer, payload)
    url = payload.get("response_url")
    if not words or not isinstance(url, str) or not url:
        return
    try:
        await say(url, words)
    except Exception as problem:
        # done is done: only the words of it did not arrive
        _log.warning("slack_words_not_shown", error=type(problem).__name__)


def is_slack_address(url: str, base_url: str) -> bool:
    """Whether a `response_url` is Slack's (or that of the configured stand-in): nothing else is called."""
    parts, own = urlsplit(url), urlsplit(base_url)
    if parts.scheme == "https" and parts.hostname is not None:
        return parts.hostname == "slack.com" or parts.hostname.endswith(".slack.com")
    return bool(own.netloc) and (parts.scheme, parts.netloc) == (own.scheme, own.netloc)

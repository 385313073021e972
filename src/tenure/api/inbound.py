"""Mail that comes back, handed over by a mail provider's inbound hook or a mailbox's pipe as a signed raw message."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import JSONResponse, Response
from starlette.concurrency import run_in_threadpool

from tenure.api.bodies import limited_body
from tenure.clock import Clock
from tenure.providers.webhook.webhooks import is_signed
from tenure.services.tracking.mail import Heard, InboundMail

RECIPIENT = "Tenure-Recipient"
_MAIL_BYTES = 25 * 1024 * 1024


def inbound_router(signing_secret: Callable[[], str], mail: InboundMail, clock: Clock) -> APIRouter:
    """`POST /inbound/mail`: the raw message as body, signed like our own webhooks.

    `Tenure-Recipient` may name the addresses of the envelope, with commas between. 200 is final (also for mail that is not
    ours); on 503 deliver again.
    """
    router = APIRouter(tags=["inbound"], include_in_schema=False)

    @router.post("/inbound/mail")
    async def inbound(request: Request) -> Response:
        raw = await limited_body(request, _MAIL_BYTES)
        if not await run_in_threadpool(_is_believed, signing_secret, raw, request, clock.now_us()):
            raise HTTPException(401, "The signature is missing, wrong or too old.")
        named = tuple(one.strip() for one in request.headers.get(RECIPIENT, "").split(",") if one.strip())
        heard: Heard = await run_in_threadpool(mail.take, raw, clock.now_us(), named)
        return JSONResponse({"kind": heard.kind.value, "ours": heard.is_ours, "new": heard.is_new})

    return router


def _is_believed(signing_secret: Callable[[], str], body: bytes, request: Request, now_us: int) -> bool:
    """Whatever goes wrong is a no."""
    try:
        return is_signed(signing_secret(), body, request.headers, now_us)
    except Exception:
        return False

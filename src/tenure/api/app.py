"""The ASGI application: the ingest door in front, everything else behind it in FastAPI."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException as StarletteHTTPException

from tenure import __version__
from tenure.api.authentication import header_key
from tenure.api.deps import ApiServices
from tenure.api.documentation import with_ingest
from tenure.api.door import IngestDoor
from tenure.errors import TenureError
from tenure.services.ingest.refusals import RequestRefused

_CODES = {401: "unknown_key", 404: "not_found", 405: "method_not_allowed"}


def create_app(services: ApiServices, routers: Sequence[APIRouter] = ()) -> IngestDoor:
    """The whole API as one ASGI application.

    Args:
        services: what it needs; the ingest service is closed (everything taken made durable) at shutdown.
        routers: further read endpoints, mounted as they are.
    """
    api = FastAPI(title="Tenure", version=__version__, lifespan=_lifespan(services))
    api.include_router(_operations(services))
    for router in routers:
        api.include_router(router)
    _answer_errors_in_one_shape(api)
    _document_ingest(api)
    return IngestDoor(services.ingest, api)


def _lifespan(services: ApiServices) -> Any:
    @asynccontextmanager
    async def run(api: FastAPI) -> AsyncIterator[None]:
        yield
        await services.ingest.close()

    return run


def _operations(services: ApiServices) -> APIRouter:
    router = APIRouter(tags=["operations"])

    @router.get("/healthz", summary="Whether the process is alive")
    async def healthz() -> dict[str, str]:
        return {"status": "alive"}

    @router.get("/readyz", summary="Whether requests can be served")
    def readyz() -> JSONResponse:
        reason = services.not_ready_because()
        content = {"code": "not_ready", "message": reason} if reason else {"status": "ready"}
        return JSONResponse(content, 503 if reason else 200)

    @router.get("/metrics", summary="Counters for Prometheus", response_class=Response)
    def metrics() -> Response:
        return Response(generate_latest(services.ingest.metrics.registry), media_type=CONTENT_TYPE_LATEST)

    @router.get("/v1/status", summary="Facts, quarantine, inbox and last refresh of the key's venture")
    async def status(request: Request) -> JSONResponse:
        opened = await services.ingest.open(header_key(request.headers.get("authorization", "").encode("latin-1")))
        return JSONResponse(dict(await run_in_threadpool(services.status, opened.grant.venture_id)))

    return router


def _answer_errors_in_one_shape(api: FastAPI) -> None:
    @api.exception_handler(TenureError)
    async def tenure_error(request: Request, problem: TenureError) -> JSONResponse:
        status = problem.status if isinstance(problem, RequestRefused) else 503 if problem.retrying_helps else 400
        code = problem.code if isinstance(problem, RequestRefused) else "unavailable" if problem.retrying_helps else "bad_input"
        return JSONResponse({"code": code, "message": str(problem)}, status)

    @api.exception_handler(StarletteHTTPException)
    async def http_error(request: Request, problem: HTTPException) -> JSONResponse:
        content = {"code": _CODES.get(problem.status_code, "error"), "message": str(problem.detail)}
        return JSONResponse(content, problem.status_code, headers=dict(problem.headers or {}))


def _document_ingest(api: FastAPI) -> None:
    plain = api.openapi
    made: dict[str, Any] = {}

    def openapi() -> dict[str, Any]:
        if not made:
            made.update(with_ingest(dict(plain())))
        return made

    api.openapi = openapi  # type: ignore[method-assign]

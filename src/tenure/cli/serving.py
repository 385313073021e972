"""What `tenure up` puts together: API, schedules and worker in one process."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import APIRouter

from tenure import log
from tenure.api.app import create_app
from tenure.api.decisions import decision_router
from tenure.api.outside import outside_routers
from tenure.api.server import server_config
from tenure.api.useful import useful_router
from tenure.app.acting import Acting
from tenure.app.deployment import Deployment, opened, other_ventures
from tenure.app.doors import DoorServices
from tenure.app.outside import Outside
from tenure.errors import Unavailable
from tenure.runtime.schedules import Schedules
from tenure.runtime.worker import Worker
from tenure.services.contacts.slack import log_from_slack
from tenure.services.decisions.doors import answer_from_slack
from tenure.services.useful.service import is_useful_click, mark_from_slack


class AnnouncingServer(uvicorn.Server):
    """Says `ready http://HOST:PORT` on its own line once requests are accepted."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()


def bound_socket(host: str, port: int) -> socket.socket:
    """A listening socket; raises Unavailable when the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as problem:
        listening.close()
        raise Unavailable(
            f"Cannot listen on {host}:{port} ({problem.strerror}).", "Stop what uses it, or choose another with --port."
        ) from None
    return listening


def serve(root: Path, venture: str | None, host: str, port: int, as_json: bool = False) -> None:
    """Run until stopped by a signal; what was taken in is durable, the job at hand is finished.

    `as_json`: the address is said as the one JSON document, and for a person on standard error.
    """
    log.configure()
    others = other_ventures(root) if venture is None else []
    if others:
        sys.stderr.write(
            f"This serves the workspace's own venture alone. The others are {', '.join(others)}: "
            "serve each with `tenure up --venture KEY` and a port of its own.\n"
        )
    listening = bound_socket(host, port)
    with opened(root, venture) as deployment:
        deployment.keep_warehouse_open()
        worker = Worker(deployment)
        schedules = Schedules(deployment.schedules_url(), f"dbos_{deployment.venture.venture_id}", worker.ask)
        server = AnnouncingServer(api_config(deployment, host, port), lambda: _announce(listening, host, as_json))
        worker.start()
        worker.catch_up(deployment.clock.now_us())
        schedules.start()
        try:
            server.run(sockets=[listening])
        finally:
            schedules.stop()
            worker.stop()
            listening.close()


def api_config(deployment: Deployment, host: str, port: int) -> uvicorn.Config:
    """The API of a deployment, ready for a server."""
    outside, acting = Outside(deployment), Acting(deployment)
    now_us = deployment.clock.now_us
    routers = outside_routers(
        outside,
        deployment.clock,
        lambda payload: _clicked(acting, outside, payload, now_us()),
        lambda form: log_from_slack(acting.contacts, outside.person_on_slack, form, now_us()),
    )
    app: Any = create_app(DoorServices(deployment), [*routers, *_from_mails(acting, deployment, outside)])
    return server_config(app, host, port)


def _clicked(acting: Acting, outside: Outside, payload: Mapping[str, Any], now_us: int) -> str:
    """A button in Slack: a thumb, else an answer to a decision."""
    if is_useful_click(payload):
        return mark_from_slack(acting.useful, outside.person_on_slack, payload, now_us)
    return answer_from_slack(acting.decisions, outside.person_on_slack, payload, now_us)


def _from_mails(acting: Acting, deployment: Deployment, outside: Outside) -> Sequence[APIRouter]:
    """What the team answers by links."""
    clock, brand = deployment.clock, outside.brand
    return decision_router(acting.door, clock, brand), useful_router(acting.useful_links, acting.useful, clock, brand)


def _announce(listening: socket.socket, host: str, as_json: bool) -> None:
    port = listening.getsockname()[1]
    shown = f"[{host}]" if ":" in host else host
    address = f"http://{shown}:{port}"
    if as_json:
        sys.stdout.write(json.dumps({"ready": address}) + "\n")
    (sys.stderr if as_json else sys.stdout).write(f"ready {address}\n")
    sys.stdout.flush()

"""How the API is served: uvicorn on uvloop and httptools, without an access log (it would hold addresses)."""

from __future__ import annotations

import sys

import uvicorn

from tenure.api.door import App

SWITCH_SECONDS = 0.0005
"""How long the writer thread waits at most for the interpreter; with Python's 5 ms a group commit would take 30."""


def server_config(app: App, host: str, port: int) -> uvicorn.Config:
    """The uvicorn configuration of `tenure up`; `uvicorn.Server(config).run()` serves until told to stop."""
    sys.setswitchinterval(SWITCH_SECONDS)
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        loop="auto",
        http="httptools",
        ws="none",
        lifespan="on",
        access_log=False,
        log_level="warning",
        server_header=False,
        backlog=4096,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=10,
    )

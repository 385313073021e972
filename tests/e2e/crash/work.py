"""What children of the fork server do: Tenure's own code, with a mark wherever it passed a point worth a kill.

Imported by the fork server, so: nothing here may open a file or start a thread when imported.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tenure.app.deployment import opened
from tenure.cli.serving import AnnouncingServer, api_config, bound_socket

MarkHere = Callable[[str], None]


def door(mark: MarkHere, workspace: str) -> None:
    """The whole API as `tenure up` serves it, without the worker; marks `ready PORT`."""
    listening = bound_socket("127.0.0.1", 0)
    port = listening.getsockname()[1]
    with opened(Path(workspace)) as deployment:
        config = api_config(deployment, "127.0.0.1", port)
        AnnouncingServer(config, lambda: mark(f"ready {port}")).run(sockets=[listening])


WORK: dict[str, Callable[..., Any]] = {"door": door}

"""What children of the fork server do: Tenure's own code, with a mark wherever it passed a point worth a kill.

Imported by the fork server, so: nothing here may open a file or start a thread when imported.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tenure.app.deployment import opened
from tenure.cli.serving import AnnouncingServer, api_config, bound_socket
from tenure.model.mapping import FactMapping
from tenure.store import inbox_postgres, inbox_sqlite
from tenure.warehouse.engine import Engine, WarehouseFile
from tenure.warehouse.warehouse import DuckWarehouse

MarkHere = Callable[[str], None]


def door(mark: MarkHere, workspace: str) -> None:
    """The whole API as `tenure up` serves it, without the worker; marks `ready PORT`."""
    listening = bound_socket("127.0.0.1", 0)
    port = listening.getsockname()[1]
    with opened(Path(workspace)) as deployment:
        config = api_config(deployment, "127.0.0.1", port)
        AnnouncingServer(config, lambda: mark(f"ready {port}")).run(sockets=[listening])


def drain(mark: MarkHere, workspace: str, warehouse: str, now_us: int, pieces: int) -> None:
    """What waits in the inbox into the warehouse, in a few drains; marks every statement of the warehouse."""
    _mark_statements(mark)
    inbox_sqlite.CHUNK_ROWS = inbox_postgres.CHUNK_ROWS = 50
    with opened(Path(workspace)) as deployment, DuckWarehouse(open_warehouse(Path(warehouse))) as facts:
        inbox, venture_id = deployment.store.inbox, deployment.venture.venture_id
        mark("opened")
        after, last = facts.mark(), inbox.high_mark(venture_id)
        for piece in range(1, pieces + 1):
            through = after + (last - after) * piece // pieces
            facts.drain(inbox.read_arrow(venture_id, facts.mark(), through), through, FactMapping(), now_us)
            mark("drained")
            inbox.delete_through(venture_id, through)
            mark("deleted")


def open_warehouse(path: Path | None) -> WarehouseFile:
    """Small (None: in memory): two cores are shared with everything else."""
    return WarehouseFile.open(path, memory_limit="500MB", threads=1)


def _mark_statements(mark: MarkHere) -> None:
    """From now on, every statement of the warehouse is a mark (this process lives for one round only)."""
    run = Engine.run

    def marked(self: Engine, statement: str, parameters: object = None) -> list[tuple[Any, ...]]:
        mark(" ".join(statement.split()[:4])[:60])
        return run(self, statement, parameters)

    Engine.run = marked  # type: ignore[method-assign]


WORK: dict[str, Callable[..., Any]] = {"door": door, "drain": drain}

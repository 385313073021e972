"""What children of the fork server do: Tenure's own code, with a mark wherever it passed a point worth a kill.

Imported by the fork server, so: nothing here may open a file or start a thread when imported.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from tests.outreach_builder import PlainLinks, parameters, stores_of

from tenure.app.deployment import Deployment, opened
from tenure.app.handlers import Handlers
from tenure.app.loop import rooms_of
from tenure.app.senses import DeploymentSenses
from tenure.cli.serving import AnnouncingServer, api_config, bound_socket
from tenure.clock import FixedClock
from tenure.crew.cycle import Cycle
from tenure.model.touches import Channel
from tenure.ports.senders import Message, Sent
from tenure.services.outreach import Outreach, TeamIdentity, Ways
from tenure.store import Store, inbox_postgres, inbox_sqlite
from tenure.store.outbox import OutboxRows
from tenure.warehouse.engine import Engine

MarkHere = Callable[[str], None]
CALLED, TAKEN = "provider called", "provider has it"
COMMIT, STORE_COMMIT, DELETE = "COMMIT", "commit of the store", "delete from the inbox"
"""Marks before which much can still be lost and after which nothing may: many kills aim at them."""


def door(mark: MarkHere, workspace: str) -> None:
    """The whole API as `tenure up` serves it, without the worker; marks `ready PORT`."""
    listening = bound_socket("127.0.0.1", 0)
    port = listening.getsockname()[1]
    with opened(Path(workspace)) as deployment:
        config = api_config(deployment, "127.0.0.1", port)
        AnnouncingServer(config, lambda: mark(f"ready {port}")).run(sockets=[listening])


def drain(mark: MarkHere, workspace: str, now_us: int) -> None:
    """What waits in the inbox into the warehouse, and out of the inbox."""
    _mark_statements(mark)
    with opened(Path(workspace)) as deployment:
        _drain(deployment, now_us)


def refresh(mark: MarkHere, workspace: str, now_us: int, full: bool) -> None:
    """The job of `tenure refresh`: drain, score, keep, publish. Forced: random facts may make the fleet jump."""
    _mark_statements(mark)
    with opened(Path(workspace)) as deployment:
        _refresh(deployment, now_us, full)


def _drain(deployment: Deployment, now_us: int) -> None:
    with deployment.session.held():
        Handlers(deployment).scoring().drain(now_us)


def _refresh(deployment: Deployment, now_us: int, full: bool = False) -> None:
    deployment.jobs.run("refresh", {"now_us": now_us, "full": full, "force": True, "by": "tests", "why": "random facts"})


def deliver(mark: MarkHere, location: str, venture_id: int, worker: str, now_us: int, log: str) -> None:
    """Gates and delivery of one worker; its provider writes the message's key into a file before it answers."""
    sender = WritingSender(mark, log)
    _mark_ledger(mark)
    ways = Ways(dict.fromkeys(sender.channels, sender), PlainLinks(), TeamIdentity("Acme", "team@acme.example"))
    with Store.open(location, environment={}) as store:
        asked = lambda: parameters(quiet_hours="none", touch_expiry_days=14)  # noqa: E731
        outreach = Outreach(stores_of(store), venture_id, "acme", asked, ways)
        outreach.gate(now_us)
        mark("gated")
        outreach.deliver(now_us, worker)


def loop(mark: MarkHere, workspace: str, worker: str, now_us: int, log: str, daily: bool = False) -> None:
    """One cycle of the whole loop by one worker that does not hold the warehouse: scores are published already."""
    sender = WritingSender(mark, log)
    _mark_ledger(mark)
    sa.event.listen(sa.Engine, "commit", lambda on: on.get_execution_options().get("tenure_writes") and mark(STORE_COMMIT))
    ways = Ways(dict.fromkeys(sender.channels, sender), PlainLinks(), TeamIdentity("Acme", "team@acme.example"))
    with opened(Path(workspace), clock=FixedClock(now_us)) as deployment:
        Cycle(rooms_of(deployment, DeploymentSenses(deployment, None, None), ways, None), worker).run(now_us, daily=daily)


class WritingSender:
    """A provider that surely has a message once its line is in the file, whatever becomes of the caller."""

    name = "writing"
    channels = frozenset({Channel.email, Channel.slack})

    def __init__(self, mark: MarkHere, log: str) -> None:
        self._mark, self._log = mark, log

    def send(self, message: Message, now_us: int) -> Sent:
        self._mark(CALLED)
        handle = os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(handle, f"{message.key}\n".encode())
        os.close(handle)
        self._mark(TAKEN)
        return Sent(provider=self.name, message_id=message.key)


def _mark_ledger(mark: MarkHere) -> None:
    """Every step of the ledger is a mark."""
    for name in ("settle", "claim", "begin", "sent"):
        setattr(OutboxRows, name, _marked(getattr(OutboxRows, name), mark, f"ledger {name}"))


def _marked(method: Callable[..., Any], mark: MarkHere, text: str) -> Callable[..., Any]:
    def run(*args: Any, **named: Any) -> Any:
        mark(text)
        return method(*args, **named)

    return run


def _mark_statements(mark: MarkHere) -> None:
    """From now on, every statement of warehouse and store is a mark (this process lives for one round only)."""
    run, delete = Engine.run, inbox_sqlite._delete

    def marked_run(self: Engine, statement: str, parameters: object = None) -> list[tuple[Any, ...]]:
        mark(_words(statement))
        return run(self, statement, parameters)

    def marked_delete(connection: Any, venture_id: int, first: int, through: int) -> int:
        mark(DELETE)
        return delete(connection, venture_id, first, through)

    Engine.run = marked_run  # type: ignore[method-assign]
    inbox_sqlite._delete = marked_delete
    inbox_sqlite.CHUNK_FACTS, inbox_postgres.CHUNK_BATCHES = 20, 1
    sa.event.listen(sa.Engine, "commit", lambda on: on.get_execution_options().get("tenure_writes") and mark(STORE_COMMIT))
    sa.event.listen(sa.Engine, "before_cursor_execute", lambda _, __, statement, *more: mark(_words(statement)))


def _words(statement: str) -> str:
    """How a statement begins, without the numbers of temporary tables."""
    words = re.sub(r"\d+", "", " ".join(statement.split()[:4]))[:60]
    return DELETE if "DELETE FROM inbox" in " ".join(statement.split()[:8]) else words


WORK: dict[str, Callable[..., Any]] = {"door": door, "drain": drain, "refresh": refresh, "deliver": deliver, "loop": loop}
COMPILED: dict[str, Callable[[Deployment, int], None]] = {"drain": _drain, "refresh": _refresh}
"""What compiles queries before it does anything: the fork server does it once beforehand."""

"""The composition root: one workspace opened, its store, its venture, and the services married to them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec

from tenure.app.jobdesk import JobDesk
from tenure.app.session import WarehouseSession
from tenure.app.status import status_document
from tenure.clock import Clock, SystemClock
from tenure.errors import NotFound
from tenure.model.mapping import FactMapping
from tenure.model.runs import RunKind
from tenure.model.ventures import Venture
from tenure.rules.working_time import zone_of
from tenure.services.importing.mapping import FactSettings, SourceMapping, parse_facts, parse_sources
from tenure.services.settings import ParameterService
from tenure.settings import CONFIG_NAME, Workspace, load_workspace
from tenure.store import Store

if TYPE_CHECKING:
    from tenure.app.facts_in import FactsIn

VENTURES = "ventures"


class Deployment:
    """What doors and the worker hold. Close it when done; everything it makes lives as long as it does."""

    def __init__(self, workspace: Workspace, store: Store, clock: Clock) -> None:
        self.workspace, self.store, self.clock = workspace, store, clock
        settings = workspace.venture
        self.venture: Venture = store.ventures.ensure(
            settings.key,
            name=settings.name or settings.key,
            currency=settings.currency,
            timezone=settings.timezone,
            now_us=clock.now_us(),
        )
        server = workspace.server
        self.parameters = ParameterService(store.parameters, store.audit, self.venture.venture_id, clock)
        self.session = WarehouseSession(workspace.warehouse_file(), server.warehouse_memory, server.warehouse_threads)

    @cached_property
    def jobs(self) -> JobDesk:
        """The job desk; what it needs is loaded when first asked, so that small commands start quickly."""
        from tenure.app.handlers import Handlers

        return JobDesk(self.store.jobs, self.venture.venture_id, self.session, Handlers(self).by_kind(), self.clock)

    @cached_property
    def facts_in(self) -> FactsIn:
        """The doors that are not HTTP."""
        from tenure.app.facts_in import FactsIn

        return FactsIn(self)

    @cached_property
    def facts(self) -> FactSettings:
        """What counts as a login, a feature, activation; from `[facts]`."""
        return parse_facts(self.workspace.facts, str(self.workspace.root / CONFIG_NAME))

    @property
    def mapping(self) -> FactMapping:
        """The mapping of `[facts]` with the parameter that says what silence means (P1)."""
        days = self.parameters.current().integer("churn_inactive_days")
        return msgspec.structs.replace(self.facts.mapping, churn_inactive_days=days)

    @property
    def zone(self) -> ZoneInfo:
        """The venture's (R7)."""
        return zone_of(self.parameters.current().text("venture_timezone"))

    @cached_property
    def sources(self) -> tuple[SourceMapping, ...]:
        """The declared sources."""
        return parse_sources(self.workspace.sources, str(self.workspace.root / CONFIG_NAME))

    def status(self, now_us: int) -> dict[str, Any]:
        """What `tenure status --json` says, from the store alone."""
        return status_document(self, now_us)

    def check_customer(self, customer_id: str) -> None:
        """Raises NotFound for a customer nobody ever heard of; only one without a score costs a look into the warehouse."""
        try:
            self.store.health.get(self.venture.venture_id, customer_id)
        except NotFound as unknown:
            if not self.jobs.run("knows", {"customer_id": customer_id})["known"]:
                raise NotFound(f"There is no customer {customer_id!r}.", "`tenure health` lists the ids.") from unknown

    def last_full_refresh_us(self) -> int | None:
        """As of when everybody was scored last."""
        last = self.store.runs.last_published(self.venture.venture_id, (RunKind.full, RunKind.incremental))
        return None if last is None else last.as_of_us

    def schedules_url(self) -> str:
        """Where schedules are kept: their own SQLite file, or the PostgreSQL of the store."""
        url = self.workspace.store.resolved_url(os.environ)
        return url if url is not None else f"sqlite:///{self.workspace.state / 'dbos.sqlite'}"

    def keep_warehouse_open(self) -> None:
        """For a process with many jobs: keep the warehouse between them until `let_go`."""
        self.session.keeps_open = True

    def close(self) -> None:
        """Let go of warehouse and store."""
        self.session.let_go()
        self.store.close()


def store_location(workspace: Workspace, environment: Mapping[str, str] | None = None) -> str | Path:
    """A PostgreSQL URL, or the folder of the SQLite files."""
    return workspace.store.resolved_url(os.environ if environment is None else environment) or workspace.state


def venture_workspace(root: Path, venture: str | None) -> Workspace:
    """The workspace of one venture: the folder itself, or `ventures/KEY` inside it with the root's store."""
    workspace = load_workspace(root)
    if venture is None or venture == workspace.venture.key:
        return workspace
    folder = root / VENTURES / venture
    if not (folder / CONFIG_NAME).is_file():
        raise NotFound(f"There is no venture {venture!r} in {root}.", f"Make it with `tenure init {folder}`.")
    inner = load_workspace(folder)
    store = workspace.store if workspace.store.url or workspace.store.url_env else inner.store
    return inner.model_copy(update={"store": store})


def other_ventures(root: Path) -> list[str]:
    """The keys of the ventures below a workspace, its own left out."""
    return sorted(config.parent.name for config in (root / VENTURES).glob(f"*/{CONFIG_NAME}"))


@contextmanager
def opened(root: Path, venture: str | None = None, clock: Clock | None = None) -> Iterator[Deployment]:
    """Open a workspace for the block."""
    workspace = venture_workspace(root, venture)
    store = Store.open(store_location(workspace), key_folder=workspace.state)
    try:
        deployment = Deployment(workspace, store, clock or SystemClock())
    except BaseException:
        store.close()
        raise
    try:
        yield deployment
    finally:
        deployment.close()

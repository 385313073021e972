"""The composition root: one workspace opened, its store, its venture, and the services married to them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

from tenure.clock import Clock, SystemClock
from tenure.errors import NotFound
from tenure.model.ventures import Venture
from tenure.services.importing.mapping import FactSettings, SourceMapping, parse_facts, parse_sources
from tenure.services.settings import ParameterService
from tenure.settings import CONFIG_NAME, Workspace, load_workspace
from tenure.store import Store

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
        self.parameters = ParameterService(store.parameters, store.audit, self.venture.venture_id, clock)

    @cached_property
    def facts(self) -> FactSettings:
        """What counts as a login, a feature, activation; from `[facts]`."""
        return parse_facts(self.workspace.facts, str(self.workspace.root / CONFIG_NAME))

    @cached_property
    def sources(self) -> tuple[SourceMapping, ...]:
        """The declared sources."""
        return parse_sources(self.workspace.sources, str(self.workspace.root / CONFIG_NAME))

    def close(self) -> None:
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


@contextmanager
def opened(root: Path, venture: str | None = None, clock: Clock | None = None) -> Iterator[Deployment]:
    """Open a workspace for the block."""
    workspace = venture_workspace(root, venture)
    store = Store.open(store_location(workspace))
    try:
        deployment = Deployment(workspace, store, clock or SystemClock())
        yield deployment
    finally:
        store.close()

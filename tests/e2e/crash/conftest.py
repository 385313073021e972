"""A fork server for all crash tests, and workspaces whose stores are killed again and again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.crash.forks import Forks

from tenure.app.deployment import opened
from tenure.app.workspaces import create_workspace
from tenure.model.keys import KeyKind


@pytest.fixture(scope="session")
def forks() -> Iterator[Forks]:
    """The fork server of this test session."""
    server = Forks()
    yield server
    server.close()


def new_workspace(folder: Path, store_url: str | None = None) -> str:
    """A fresh workspace with the store's schema in place; returns a write key."""
    create_workspace(folder, "Acme")
    config = folder / "tenure.toml"
    store = "" if store_url is None else f'[store]\nurl = "{store_url}"\n'
    config.write_text(f'{config.read_text()}\n[server]\nwarehouse_memory = "500MB"\nwarehouse_threads = 1\n{store}')
    with opened(folder) as deployment:
        made = deployment.store.keys.create(
            deployment.venture.venture_id, KeyKind.write, name="crash", by="tests", now_us=deployment.clock.now_us()
        )
    return made.token

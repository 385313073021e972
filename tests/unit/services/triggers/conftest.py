from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.trigger_world import World

from tenure.store import Store


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Shared by the tests of a module; each world is a venture of its own."""
    folder: Path = tmp_path_factory.mktemp("store")
    with Store.open(folder, environment={}) as opened:
        yield opened


@pytest.fixture
def world(store: Store) -> World:
    """Live, without alert delay."""
    return World(store)

"""A store for the tests of a module; each test has a venture of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.acting.house import House

from tenure.store import Store


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder: Path = tmp_path_factory.mktemp("store")
    with Store.open(folder, environment={}) as opened:
        yield opened


@pytest.fixture
def house(store: Store) -> House:
    return House(store)

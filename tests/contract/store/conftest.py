"""One suite per port, over both engines. Tests of a module share a store; each has a venture of its own."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from tenure.model.ventures import Venture
from tenure.store import Store

_numbers = count(1)
NO_ENVIRONMENT: dict[str, str] = {}


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder: Path = tmp_path_factory.mktemp("store")
    location = folder if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    with Store.open(location, key_folder=folder, environment=NO_ENVIRONMENT) as opened:
        yield opened


def new_venture(store: Store) -> Venture:
    return store.ventures.ensure(f"v{next(_numbers)}", name="Acme", currency="USD", timezone="UTC", now_us=1)


@pytest.fixture
def venture(store: Store) -> Venture:
    return new_venture(store)


@pytest.fixture
def stranger(store: Store) -> Venture:
    """Another company in the same store."""
    return new_venture(store)

"""Outreach over a real store, on both engines."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from tests.outreach_builder import Office, office

from tenure.store import Store

_numbers = count(1)


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder: Path = tmp_path_factory.mktemp("store")
    location = folder if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    with Store.open(location, key_folder=folder, environment={}) as opened:
        yield opened


@pytest.fixture
def made(store: Store) -> Office:
    """A live venture of its own, everything on auto."""
    return office(store, f"v{next(_numbers)}")

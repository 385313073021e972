"""Fixtures every test may use. What is absent skips with a reason on a user's machine and fails in CI."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


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

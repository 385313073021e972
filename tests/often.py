"""How often a test tries: a few times in `make test`, and in `make test-slow` as often as one should once in a while."""

from __future__ import annotations

import os

THOROUGH = "TENURE_THOROUGH"


def often(usual: int, thorough: int) -> int:
    """The number of tries; tests that ask carry the mark `thorough`, which is what `make test-slow` runs."""
    return thorough if os.environ.get(THOROUGH) == "1" else usual

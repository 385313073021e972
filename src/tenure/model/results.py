"""Small results that pages show without asking the warehouse."""

from __future__ import annotations

from typing import Any

import msgspec

POLLED = "polled"
"""The name under which the last successful poll of each polled source is kept: source name -> us."""


class MetricResult(msgspec.Struct, frozen=True, kw_only=True):
    """One metric's answer for a segment at a time, as the document a page shows."""

    metric: str
    segment: str
    as_of_us: int
    document: Any
    computed_us: int

"""Refreshes: each computation of scores, and whether it was published."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec


class RunKind(StrEnum):
    """`full` and `incremental` confirm every score, `touched` only the rows it publishes, `past` publishes nothing."""

    full = "full"
    incremental = "incremental"
    touched = "touched"
    past = "past"


class RunState(StrEnum):
    """`refused`: the run violated its own checks, published nothing and says why."""

    running = "running"
    published = "published"
    refused = "refused"
    failed = "failed"


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One run. `newest_input_us` is when the newest input it saw arrived: input age is judged by it."""

    run_id: int
    kind: RunKind
    state: RunState
    as_of_us: int
    known_batch: int | None
    started_us: int
    ended_us: int | None = None
    newest_input_us: int | None = None
    rows: int = 0
    checks: dict[str, Any] = {}
    message: str = ""


class RunEnd(msgspec.Struct, frozen=True, kw_only=True):
    """What a run knows when it is done."""

    ended_us: int
    known_batch: int | None = None
    newest_input_us: int | None = None
    rows: int = 0
    checks: dict[str, Any] = {}
    message: str = ""

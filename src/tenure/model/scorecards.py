"""A scorecard as it was published: a version never changes."""

from __future__ import annotations

from typing import Any

import msgspec


class ScorecardVersion(msgspec.Struct, frozen=True, kw_only=True):
    """One immutable version. `version` counts 1, 2, 3 per name; `digest` identifies the content.

    `live_from_us` is when it became the live one (None: never); of all versions of a name the one with the latest
    `live_from_us` at or before a time was live at that time.
    """

    name: str
    version: int
    digest: str
    document: dict[str, Any]
    created_us: int
    created_by: str
    why: str
    live_from_us: int | None = None

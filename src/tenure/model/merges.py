"""Two records that turned out to be one customer (Day one, 8)."""

from __future__ import annotations

import msgspec


class Merge(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`duplicate` is `kept` since `at_us`, until `undone_us`. `moved`: how many rows of each table followed."""

    merge_id: int
    kept: str
    duplicate: str
    by: str
    why: str
    at_us: int
    undone_us: int | None = None
    undone_by: str | None = None
    moved: dict[str, int] = {}

    @property
    def stands(self) -> bool:
        return self.undone_us is None

"""How much one request may bring."""

from __future__ import annotations

import msgspec


class IngestLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Sizes as Segment's clients know them; bytes count after decompression."""

    event_bytes: int = 32 * 1024
    batch_bytes: int = 500 * 1024
    batch_events: int = 2_500


DEFAULT_LIMITS = IngestLimits()

"""When each source delivered: one row per source and hour, from which its age and its habits are told (M17)."""

from __future__ import annotations

from collections.abc import Sequence

from tenure.clock import HOUR_US
from tenure.model.facts import FactKind
from tenure.ports.warehouse import Delivered
from tenure.warehouse.engine import Engine

KEPT_HOURS = 6 * 168
"""Four weeks of habit before a silence of up to two."""

_NOTE = (
    f"INSERT INTO deliveries SELECT source, received_us // {HOUR_US}, min(received_us), max(received_us), "
    f"max(received_us) FILTER (kind = {int(FactKind.event)}) FROM stage GROUP BY ALL"
)
_NEWEST = f"(SELECT max(last_us) // {HOUR_US} - {KEPT_HOURS} FROM deliveries)"
_FORGET = (
    f"DELETE FROM deliveries WHERE hour < {_NEWEST} "
    "AND hour > (SELECT min(mine.hour) FROM deliveries mine WHERE mine.source = deliveries.source)"
)


def note_deliveries(engine: Engine) -> None:
    """What a drain has staged counts as delivered, also what was known already; called in its transaction."""
    engine.run(_NOTE)
    engine.run(_FORGET)


def deliveries(engine: Engine) -> Sequence[Delivered]:
    """Every source that ever delivered, by name."""
    rows = engine.run(
        "SELECT source, min(first_us), max(last_us), max(last_event_us), "
        f"list_sort(list_distinct(list(hour) FILTER (last_event_us IS NOT NULL AND hour >= {_NEWEST}))) "
        "FROM deliveries GROUP BY source ORDER BY source"
    )
    return [
        Delivered(source=source, first_us=first_us, last_us=last_us, last_event_us=event_us, event_hours=tuple(hours or ()))
        for source, first_us, last_us, event_us, hours in rows
    ]

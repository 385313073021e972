"""Where a score lost its points: the likely causes an alert, a card and the report name (A27)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tenure.model.cards import LostPoints
from tenure.model.health import ComponentPoints, MeasureReading


def lost_points(components: Iterable[ComponentPoints], readings: Sequence[MeasureReading]) -> tuple[LostPoints, ...]:
    """What each measure lost, most first; nothing where its component has full marks all the same.

    In points of the total: those of a component count as much as its weight makes of them.
    """
    by_id = {one.component: one for one in components}
    found = [
        LostPoints(measure=one.measure, component=one.component, points=points, sentence=one.sentence)
        for one in readings
        if (points := _lost(one, by_id.get(one.component))) > 0
    ]
    return tuple(sorted(found, key=lambda one: -one.points))


def _lost(reading: MeasureReading, component: ComponentPoints | None) -> float:
    if component is None or component.full <= 0 or component.full - component.earned <= 0:
        return 0.0
    highest = component.full if reading.highest is None else min(reading.highest, component.full)
    return max(0.0, highest - reading.points) * component.weight / component.full

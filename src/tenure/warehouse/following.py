"""Facts that arrive for a duplicate after it was merged follow the merge: its sources still call it by its own id."""

from __future__ import annotations

from tenure.warehouse.engine import Engine
from tenure.warehouse.writer import merging


def follow_merges(engine: Engine, batch: int) -> None:
    """Within a drain, before anything is settled: new facts of duplicates become the kept customers'.

    New events still wait in `added_events`. Merges are followed in their order, so that a chain of them ends where it should.
    """
    if engine.number("SELECT count(*) FROM merges") == 0:
        return
    for merge_id, kept, duplicate in engine.run("SELECT merge_id, kept_key, duplicate_key FROM merges ORDER BY merge_id"):
        before = engine.number(merging.count(merge_id))
        take_over(engine, merge_id, kept, duplicate, "added_events", batch)
        if engine.number(merging.count(merge_id)) > before:
            for statement in merging.dirty_by_merge(merge_id, kept, duplicate):
                engine.run(statement)


def follow_aliases(engine: Engine) -> bool:
    """After people are settled: who was found to be a merged person by an alias brings along what they did before, of any batch.

    Returns whether facts moved: then whoever they were and are of is to be settled again.
    """
    moved = False
    for merge_id, kept, duplicate in engine.run("SELECT merge_id, kept_key, duplicate_key FROM merges ORDER BY merge_id"):
        if not moved and not engine.run(merging.find_new_selves(duplicate)):
            continue
        before = engine.number(merging.count(merge_id))
        for events in ("added_events", "events"):
            take_over(engine, merge_id, kept, duplicate, events, None)
        if engine.number(merging.count(merge_id)) > before:
            moved = True
            for statement in merging.dirty_by_merge(merge_id, kept, duplicate):
                engine.run(statement)
    return moved


def take_over(engine: Engine, merge_id: int, kept: int, duplicate: int, events: str, batch: int | None) -> None:
    """Move the facts of a duplicate, noted."""
    engine.run(merging.find_themselves(duplicate))
    for statement in merging.take_over(merge_id, kept, duplicate, events, batch):
        engine.run(statement)
    engine.run("DROP TABLE temp.themselves")

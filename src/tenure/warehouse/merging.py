"""Two records of one customer: every fact of the duplicate becomes the kept one's, and goes back when it is undone (Day one, 8).

Facts are re-keyed where they lie, as erasure works on them, so that every view of every past sees one customer; whose each was
stays noted. The caller holds the transaction, and has drained.
"""

from __future__ import annotations

from collections.abc import Callable

from tenure.clock import Clock
from tenure.errors import NotFound
from tenure.model.mapping import FactMapping
from tenure.warehouse.accumulators import Accumulators
from tenure.warehouse.engine import Engine
from tenure.warehouse.following import take_over
from tenure.warehouse.schema import MARK
from tenure.warehouse.settling import Span, settle
from tenure.warehouse.stopwatch import Stopwatch
from tenure.warehouse.writer import merging, tables, touching


def merge_customers(engine: Engine, mapping: FactMapping, clock: Clock, merge_id: int, kept: str, duplicate: str) -> int:
    """Returns how many facts moved. Raises NotFound for an id nobody ever had."""
    kept_key, duplicate_key = _key(engine, kept), _key(engine, duplicate)
    if engine.run("SELECT 1 FROM merges WHERE merge_id = ?", [merge_id]):
        return 0

    def move() -> None:
        take_over(engine, merge_id, kept_key, duplicate_key, "events", None)
        engine.run("INSERT INTO merges VALUES (?, ?, ?)", [merge_id, kept_key, duplicate_key])
        for statement in merging.dirty_by_merge(merge_id, kept_key, duplicate_key):
            engine.run(statement)

    _rewritten(engine, mapping, clock, move)
    return engine.number(merging.count(merge_id))


def unmerge_customers(engine: Engine, mapping: FactMapping, clock: Clock, merge_id: int) -> int:
    """Returns how many facts went back; 0 where the merge does not stand."""
    found = engine.run("SELECT kept_key, duplicate_key FROM merges WHERE merge_id = ?", [merge_id])
    if not found:
        return 0
    kept_key, duplicate_key = (int(key) for key in found[0])
    moved = engine.number(merging.count(merge_id))

    def move() -> None:
        for statement in (*merging.put_back(merge_id), *merging.dirty_by_merge(merge_id, kept_key, duplicate_key), *merging.forget(merge_id)):
            engine.run(statement)

    _rewritten(engine, mapping, clock, move)
    return moved


def _rewritten(engine: Engine, mapping: FactMapping, clock: Clock, move: Callable[[], None]) -> None:
    """Do it as a drain without facts: a batch of its own, everything it touches settled."""
    now_us = engine.mark(MARK.accumulated_to_us)
    span = Span(batch=engine.number("SELECT max(batch) FROM batches") + 1, from_us=now_us, now_us=now_us)
    watch = Stopwatch(clock)
    for statement in touching.CREATE_WORK:
        engine.run(statement)
    engine.run("CREATE OR REPLACE TEMP TABLE added_events AS SELECT * FROM events LIMIT 0")
    move()
    settle(engine, span, engine.number("SELECT max(id_key) FROM ids"), watch)
    accumulators = Accumulators(engine, mapping, span, watch)
    accumulators.accumulate(False, False)
    accumulators.settle_customers()
    engine.run(touching.record_touched(span.batch))
    seq = engine.mark(MARK.seq)
    engine.run("INSERT INTO batches VALUES (?, ?, ?, ?, 0, 0)", [span.batch, now_us, seq + 1, seq])
    for statement in tables.unstage(touching.WORK_TABLES):
        engine.run(statement)


def _key(engine: Engine, customer_id: str) -> int:
    found = engine.run("SELECT id_key FROM ids WHERE id = ?", [customer_id])
    if not found:
        raise NotFound("Nothing is known of one of these customers.", "`tenure health` lists them.")
    return int(found[0][0])

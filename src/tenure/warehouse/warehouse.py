"""A venture's warehouse on DuckDB: what `tenure.ports.warehouse` promises, and the two views."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import ibis.expr.types as ir
import pyarrow as pa

from tenure.clock import Clock, SystemClock
from tenure.model.facts import FactKind
from tenure.model.mapping import FactMapping
from tenure.ports.warehouse import Delivered, DrainResult, FactCounts
from tenure.rules.traces import Traces
from tenure.warehouse.accumulated_view import AccumulatedView
from tenure.warehouse.deliveries import deliveries
from tenure.warehouse.drain import Drain
from tenure.warehouse.engine import Engine, WarehouseFile
from tenure.warehouse.erasure import addresses_of, erase_customers, people_of, words_of
from tenure.warehouse.full_view import FullView
from tenure.warehouse.merging import merge_customers, unmerge_customers
from tenure.warehouse.schema import MARK
from tenure.warehouse.scoring import tables as score_tables


class DuckWarehouse:
    """An open warehouse. Opened and closed by jobs only.

    Args:
        file: an open `WarehouseFile`; closing the warehouse closes it.
        clock: measures the stages of a drain.
    """

    def __init__(self, file: WarehouseFile, clock: Clock | None = None) -> None:
        self._file = file
        self._clock = clock or SystemClock()

    @property
    def engine(self) -> Engine:
        """What other questions of the warehouse read and keep their tables with."""
        return self._file.engine

    def mark(self) -> int:
        return self.engine.mark(MARK.seq)

    def last_batch(self) -> int:
        return self.engine.number("SELECT max(batch) FROM batches")

    def accumulated_to_us(self) -> int:
        """The latest `now` a drain was handed: accumulators hold everything before it."""
        return self.engine.mark(MARK.accumulated_to_us)

    def drain(
        self, batches: Iterator[pa.RecordBatch], through_seq: int, mapping: FactMapping, now_us: int
    ) -> DrainResult:
        """See `FactsIn.drain`. With nothing to move it still lets facts in whose time has come."""
        with self.engine.transaction():
            return Drain(self.engine, mapping, now_us, self._clock).run(batches, through_seq)

    def counts(self) -> FactCounts:
        def count(what: str) -> int:
            return self.engine.number(f"SELECT count(*) FROM {what}")

        return FactCounts(
            customers=count("customer_states WHERE first_stated_us IS NOT NULL"),
            users=count("user_states"),
            events=count("events"),
            tickets=count("ticket_states"),
            revenue=count("movements"),
            answers=count("answers"),
        )

    def newest_fact_us(self) -> Mapping[str, int | None]:
        return {kind.plural: self.engine.mark(f"received_{kind.plural}") or None for kind in FactKind}

    def deliveries(self) -> Sequence[Delivered]:
        return deliveries(self.engine)

    def touched(self, after_batch: int, through_batch: int) -> ir.Table:
        """customer_key, earliest_us: whose facts these batches changed, and the earliest time they reach back to.

        0 means the whole past of the customer was rewritten (a user moved, a first statement came).
        """
        found = self.engine.table("touched")
        mine = found.filter((found.batch > after_batch) & (found.batch <= through_batch))
        return mine.group_by("customer_key").agg(earliest_us=mine.earliest_us.min())

    def full_view(
        self, now_us: int, mapping: FactMapping, known_batch: int | None = None, customer_keys: ir.Table | None = None
    ) -> FullView:
        """The facts at any time, as known at a batch (None: everything known)."""
        return FullView(self.engine, now_us, known_batch, mapping, customer_keys)

    def accumulated_view(
        self, now_us: int, mapping: FactMapping, customer_keys: ir.Table | None = None
    ) -> AccumulatedView:
        """The facts at the present; raises `Refused` when the accumulators do not describe it."""
        return AccumulatedView(self.engine, now_us, mapping, customer_keys)

    def knows(self, customer_id: str) -> bool:
        """Whether anything is known of a customer of this id."""
        found = self.engine.run(
            "SELECT count(*) FROM customer_states c JOIN ids ON ids.id_key = c.customer_key WHERE ids.id = ?", [customer_id]
        )
        return bool(found[0][0])

    def people_of(self, customer_ids: Sequence[str]) -> list[str]:
        """The ids of everybody who is a user of these customers, or was the same person as one."""
        return people_of(self.engine, customer_ids)

    def addresses_of(self, customer_ids: Sequence[str]) -> list[str]:
        """Every mail address and phone number ever stated of these customers and their users."""
        return addresses_of(self.engine, customer_ids)

    def words_of(self, customer_ids: Sequence[str]) -> Traces:
        """What these customers and their users could be known by in texts, and what they said."""
        return words_of(self.engine, customer_ids)

    def erase_customers(self, customer_ids: Sequence[str]) -> int:
        """Take everything about these customers away for ever; returns how many were known."""
        score_tables.create_tables(self.engine)
        with self.engine.transaction():
            score_tables.forget_customers(self.engine, customer_ids)
            known = erase_customers(self.engine, customer_ids)
        self.engine.run("CHECKPOINT")  # or the log beside the file would still hold them
        return known

    def merge_customers(self, merge_id: int, kept: str, duplicate: str, mapping: FactMapping) -> int:
        """Every fact of the duplicate becomes one of the kept customer, now and from now on (Day one 8); returns how many.

        The same merge again moves nothing. Both are touched: the next refresh scores them from their facts.
        """
        with self.engine.transaction():
            return merge_customers(self.engine, mapping, self._clock, merge_id, kept, duplicate)

    def unmerge_customers(self, merge_id: int, mapping: FactMapping) -> int:
        """Every fact is whose it was; returns how many went back."""
        with self.engine.transaction():
            return unmerge_customers(self.engine, mapping, self._clock, merge_id)

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> DuckWarehouse:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

"""The ingest use-case: one request's items become durable rows, refused records, or one error."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import Raw

from tenure.clock import Clock
from tenure.errors import Unavailable
from tenure.model.facts import InboxRow
from tenure.model.quarantine import Refusal
from tenure.ports.inbox import Inbox
from tenure.ports.quarantine import Quarantine
from tenure.services.ingest.commit import GroupCommit, Part
from tenure.services.ingest.duplicates import SeenKeys, seen_key
from tenure.services.ingest.keys import KeyCache, Opened, WriteKeys
from tenure.services.ingest.limits import DEFAULT_LIMITS, IngestLimits
from tenure.services.ingest.metrics import IngestMetrics
from tenure.services.ingest.rates import RateLimit, RateLimiter
from tenure.services.ingest.reading import Request
from tenure.services.ingest.refusals import InboxFull, ItemRefused, TooFast, TooLarge, UnknownKey
from tenure.services.ingest.replay import kept_record, position_of
from tenure.services.ingest.rows import Arrival
from tenure.services.ingest.wire import UNREADABLE


class Receipt(msgspec.Struct, frozen=True):
    """What became of one request."""

    accepted: int
    duplicates: int
    refused: int


class Ingest:
    """Takes requests in; every `take` that returns is durable. Used from one event loop.

    Args:
        inbox, quarantine, keys: the store's side of the door.
        clock: time of arrival and of the rate limit.
        rate: per key.
        limits: per request.
        max_waiting: rows that may wait for the writer before requests are refused.
        metrics: counters; fresh ones when absent.
    """

    def __init__(
        self,
        inbox: Inbox,
        quarantine: Quarantine,
        keys: WriteKeys,
        clock: Clock,
        rate: RateLimit | None = None,
        limits: IngestLimits = DEFAULT_LIMITS,
        max_waiting: int = 100_000,
        metrics: IngestMetrics | None = None,
        seen: SeenKeys | None = None,
    ) -> None:
        self.limits = limits
        self.metrics = metrics or IngestMetrics()
        self.keys = KeyCache(keys, clock)
        self._clock = clock
        self._rates = RateLimiter(rate or RateLimit())
        self._seen = seen or SeenKeys()
        self._writer = GroupCommit(
            inbox, quarantine, clock.monotonic, max_waiting=max_waiting, report=self.metrics.committed
        )
        self.metrics.watch_waiting(lambda: self._writer.waiting)

    @property
    def waiting(self) -> int:
        """Rows taken but not yet durable."""
        return self._writer.waiting

    async def open(self, key: str | None) -> Opened:
        """What a key opens. Raises UnknownKey, or InboxFull when the store cannot be asked."""
        try:
            opened = await self.keys.open(key) if key else None
        except Unavailable:
            raise InboxFull("The store cannot be asked about this key.") from None
        if opened is None:
            raise UnknownKey
        return opened

    async def take(self, opened: Opened, request: Request) -> Receipt:
        """Make every readable item of a request durable, and every other one a quarantined record.

        Raises TooLarge, TooFast or InboxFull; then nothing of the request is kept.
        """
        self._check(opened, request)
        received_us = self._clock.now_us()
        rows, refused, keys, duplicates = self._sort(opened, request, received_us)
        await self._writer.commit(Part(rows, refused, opened.grant.venture_id))
        if keys:
            self._seen.add(keys, received_us)
        self._count(request, rows, refused, duplicates)
        return Receipt(len(request.items) - duplicates - len(refused), duplicates, len(refused))

    async def close(self) -> None:
        """Waits until everything taken is durable."""
        await self._writer.close()

    def _check(self, opened: Opened, request: Request) -> None:
        count = len(request.items)
        if count > self.limits.batch_events:
            raise TooLarge(f"The batch holds more than {self.limits.batch_events} events.", "Send smaller batches.")
        wait_seconds = self._rates.wait_seconds(opened.digest, count, self._clock.monotonic())
        if wait_seconds:
            raise TooFast("This key sends faster than its limit.", "Wait as long as Retry-After says.", wait_seconds)

    def _sort(
        self, opened: Opened, request: Request, received_us: int
    ) -> tuple[list[InboxRow], list[Refusal], list[int], int]:
        """Rows to keep, records to quarantine, the keys to remember once durable, and how many were seen before."""
        arrival = request.arrival(opened, received_us)
        read, limit, seen = request.read, self.limits.event_bytes, self._seen
        rows: list[InboxRow] = []
        refused: list[Refusal] = []
        keys: list[int] = []
        duplicates = 0
        for index, raw in enumerate(request.items):
            try:
                if memoryview(raw).nbytes > limit:
                    raise ItemRefused("", "too_long")
                made = read(raw, arrival, index)
            except ItemRefused as refusal:
                refused.append(_refused(request, raw, index, arrival, refusal))
                continue
            except UNREADABLE as problem:
                mistyped = ItemRefused(_path_in(str(problem)), "wrong_type")
                refused.append(_refused(request, raw, index, arrival, mistyped))
                continue
            if not made:
                continue
            first = made[0]
            key = seen_key(first.venture_id, first.key_hi, first.key_lo)
            if key in seen:
                duplicates += 1
                continue
            keys.append(key)
            rows += made
        return rows, refused, keys, duplicates

    def _count(self, request: Request, rows: Sequence[InboxRow], refused: Sequence[Refusal], duplicates: int) -> None:
        metrics = self.metrics
        metrics.items.inc(len(request.items))
        metrics.rows.inc(len(rows))
        if duplicates:
            metrics.duplicates.inc(duplicates)
        for record in refused:
            metrics.refused.labels(record.rule).inc()


def _path_in(message: str) -> str:
    """The field msgspec names (``... - at `$.userId` ``); never its value."""
    return message.rpartition("`$.")[2].rstrip("`") if "`$." in message else ""


def _refused(request: Request, raw: Raw | bytes, index: int, arrival: Arrival, refusal: ItemRefused) -> Refusal:
    problem = refusal.problem
    kind, record = kept_record(request, bytes(raw))
    return Refusal(
        kind=kind,
        source=arrival.source,
        position=position_of(index),
        field=problem.field,
        rule=problem.rule,
        value=problem.value,
        record=record,
        first_seen_us=arrival.received_us,
    )

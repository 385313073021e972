"""Published scores: what lists, pages and commands read without opening the warehouse."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from tenure.model.health import HealthStatus
from tenure.model.listing import HealthFilter, HealthSort, ListedHealth, Moved
from tenure.model.runs import RunEnd

if TYPE_CHECKING:
    import pyarrow as pa


class PublishedHealth(Protocol):
    """`publish` is called by the scoring job, `delete` by erasure, the rest by lists and pages.

    The columns of `scores` (order free, extra columns refused):
      customer_id string, score_tenths int (published score x 10), previous_score_tenths int?, total double,
      health_status string, engagement double?, support double?, value double? (points of the default components),
      other_components string? (JSON object of any further component's points), coverage double, scorecard string,
      scorecard_version string, is_new bool; optional: change_late, change_time, change_behaviour,
      change_configuration double? (they sum to the change of the total).
    The columns of `customers`: customer_id string; all others optional, null = unknown: name, plan, owner, segment,
      stage, customer_status string, arr_cents int, renewal_us int. A row replaces the whole profile.
    """

    def publish(
        self,
        venture_id: int,
        run_id: int,
        end: RunEnd,
        scores: pa.Table,
        *,
        customers: pa.Table | None = None,
        removed: Sequence[str] = (),
        replace_all: bool = False,
    ) -> None:
        """Write changed scores and profiles, take out customers no longer scored, and end the run as `published`.

        One transaction: a reader sees the old run or the new one, never a mixture. `replace_all` means `scores` (and
        `customers`, when given) hold every scored customer: whoever is absent is taken out. Raises `NotFound` when
        the run is not of this venture, `Refused` when it is not running or older than what is published, and `Unavailable`;
        then nothing is changed.
        """
        ...

    def list(
        self,
        venture_id: int,
        where: HealthFilter | None = None,
        *,
        sort: HealthSort = HealthSort.score,
        limit: int | None = 50,
        offset: int = 0,
    ) -> Sequence[ListedHealth]: ...

    def each(self, venture_id: int, where: HealthFilter | None = None) -> Iterator[ListedHealth]:
        """All of them, by customer id, without holding them in memory (exports)."""
        ...

    def moved(self, venture_id: int, since_us: int) -> Iterator[Moved]:
        """Whose score was published for the first time or differs from the one before, since then, by customer id."""
        ...

    def ids(self, venture_id: int, where: HealthFilter | None = None) -> Iterator[str]:
        """Of all of them the ids, in order, without reading what is said of them."""
        ...

    def known(self, venture_id: int, customer_ids: Sequence[str]) -> frozenset[str]:
        """Those of these ids that are customers with a published profile."""
        ...

    def count(self, venture_id: int, where: HealthFilter | None = None) -> int: ...

    def get(self, venture_id: int, customer_id: str) -> ListedHealth:
        """Raises `NotFound` when this customer has no published score."""
        ...

    def find(self, venture_id: int, words: str, *, limit: int = 5) -> Sequence[str]:
        """Ids of the customers whose id this is, or whose name it is exactly, case of ASCII letters ignored; by id."""
        ...

    def counts_by_status(self, venture_id: int) -> Mapping[HealthStatus, int]:
        """Every status has an entry."""
        ...

    def delete(self, venture_id: int, customer_ids: Sequence[str]) -> int:
        """Erase scores, profiles, overrides and pulses of these customers; returns how many scores there were."""
        ...

"""What was shown of all customers on one day, as arrays with a place for each; and what changed from a day to the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tenure.model.health import HealthStatus

STATUSES = tuple(status.value for status in HealthStatus)
_UNKNOWN = -1
_TEXTS = pa.array([*STATUSES, None], pa.string())


@dataclass(frozen=True)
class Customers:
    """All customers that are ever known, in order of key: their keys, ids, and their places in order of id."""

    keys: NDArray[np.int32]
    ids: pa.Array
    by_id: NDArray[np.int64]

    @cached_property
    def _texts(self) -> NDArray[np.object_]:
        return np.array(self.ids.to_pylist(), np.object_)

    @cached_property
    def _place_of(self) -> dict[str, int]:
        return {customer_id: place for place, customer_id in enumerate(self._texts)}

    def named(self, mask: NDArray[np.bool_]) -> list[str]:
        """The ids of some, in order."""
        found: list[str] = self._texts[self.by_id[mask[self.by_id]]].tolist()
        return found

    def places_of(self, customer_ids: Sequence[str]) -> NDArray[np.int64]:
        """Where these are, as far as they are known."""
        found = (self._place_of.get(customer_id, -1) for customer_id in customer_ids)
        places = np.fromiter(found, np.int64, len(customer_ids))
        return places[places >= 0]

    def places(self, keys: NDArray[Any]) -> NDArray[np.int64]:
        """Where these keys are; every one is known."""
        return np.searchsorted(self.keys, keys)


@dataclass(frozen=True)
class ShownDay:
    """Scores of a day; where `is_scored` is false nothing else counts. A score that differed last is NaN where none is known."""

    is_scored: NDArray[np.bool_]
    spell_us: NDArray[np.int64]
    total: NDArray[np.float64]
    coverage: NDArray[np.float64]
    score: NDArray[np.float64]
    status: NDArray[np.int8]
    is_new: NDArray[np.bool_]
    previous: NDArray[np.float64]

    @classmethod
    def nobody(cls, size: int) -> ShownDay:
        """Nobody is scored."""
        numbers = [np.full(size, np.nan) for _ in range(4)]
        total, coverage, score, previous = numbers
        flags, status = [np.zeros(size, np.bool_) for _ in range(2)], np.full(size, _UNKNOWN, np.int8)
        return cls(flags[0], np.zeros(size, np.int64), total, coverage, score, status, flags[1], previous)

    def put(self, places: NDArray[np.int64], found: Mapping[str, NDArray[Any]]) -> None:
        """Rows of some customers; `previous` only where it is among them."""
        self.is_scored[places] = True
        for name, values in found.items():
            getattr(self, name)[places] = values

    def follow(self, before: ShownDay) -> None:
        """Find the last shown score that differed; a new spell knows none (P4, M6)."""
        same = before.is_scored & (before.spell_us == self.spell_us) & self.is_scored
        self.previous[:] = np.where(same, np.where(self.score != before.score, before.score, before.previous), np.nan)

    def copied(self) -> ShownDay:
        """The same, to be changed."""
        return ShownDay(*(getattr(self, name).copy() for name in self.__dataclass_fields__))

    def rows(self, places: NDArray[np.int64]) -> dict[str, pa.Array]:
        """Columns of these customers, all of them scored: total, score, health_status, coverage, is_new, previous_score."""
        previous = self.previous[places]
        return {
            "total": pa.array(self.total[places]),
            "score": pa.array(self.score[places]),
            "health_status": self.statuses(places),
            "coverage": pa.array(self.coverage[places]),
            "is_new": pa.array(self.is_new[places]),
            "previous_score": pa.array(previous, mask=np.isnan(previous)),
        }

    def statuses(self, places: NDArray[np.int64], known: NDArray[np.bool_] | None = None) -> pa.Array:
        """Names of statuses, null where unknown."""
        status = self.status[places] if known is None else np.where(known, self.status[places], _UNKNOWN)
        return _TEXTS.take(pa.array(np.where(status == _UNKNOWN, len(STATUSES), status)))


def changes(customers: Customers, before: ShownDay, after: ShownDay) -> pa.Table:
    """Whose score, band or newness differs from the day before, in order of id (`PastSubjects.changes`)."""
    same = before.is_scored & after.is_scored & (before.spell_us == after.spell_us)
    differs = (before.score != after.score) | (before.status != after.status) | (before.is_new != after.is_new)
    is_changed = np.where(after.is_scored, ~same | differs, before.is_scored)
    places = customers.by_id[is_changed[customers.by_id]]
    now, was = after.is_scored[places], (before.is_scored & (same | ~after.is_scored))[places]
    return pa.table(
        {
            "customer_id": customers.ids.take(pa.array(places)),
            "score": pa.array(after.score[places], mask=~now),
            "health_status": after.statuses(places, now),
            "is_new": pa.array(after.is_new[places], mask=~now),
            "previous_score": pa.array(before.score[places], mask=~was),
            "previous_status": before.statuses(places, was),
            "change": pa.array(after.total[places] - before.total[places], mask=~(now & was)),
        }
    )

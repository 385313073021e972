"""Surveys that were asked: one row per asking, reminded at most once, answered by a fact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from tenure.rules.surveys import Asked


class Deployment(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One asking, to be written. `key` makes it one."""

    key: str
    survey: str
    customer_id: str
    deployed_us: int
    user_id: str | None = None


class SurveyCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Askings of some time. `due`: left, failed or stuck in the outbox, what gates and people held back is not among them;
    `left`: went out; `answered`: of those."""

    due: int = 0
    left: int = 0
    answered: int = 0


class Deployments(Protocol):
    """Called by `services.surveys`."""

    def add(self, venture_id: int, deployments: Sequence[Deployment]) -> int:
        """Write those whose key is new; returns how many were."""
        ...

    def last(self, venture_id: int, survey: str, customer_ids: Sequence[str] | None = None) -> Mapping[str, Asked]:
        """By customer, the last asking of a survey (of these customers, or of all), and whether its message was lost."""
        ...

    def due_again(self, venture_id: int, survey: str, before_us: int, lost_before_us: Mapping[str, int]) -> Sequence[str]:
        """Customers whose last asking of a survey was at this time or before it, by id; where its message never left, at
        the time of what became of it."""
        ...

    def open_ones(self, venture_id: int, customer_ids: Sequence[str]) -> frozenset[tuple[str, str]]:
        """(survey, customer) of these customers' askings that nobody answered yet."""
        ...

    def waiting(self, venture_id: int, since_us: int) -> Sequence[tuple[str, Asked]]:
        """(key, asking) of what was wanted since, did leave (then is `deployed_us`) and is neither reminded nor answered."""
        ...

    def reminded(self, venture_id: int, keys: Sequence[str], *, now_us: int) -> None: ...

    def answered(self, venture_id: int, survey: str, customer_id: str, *, score: int | None, answered_us: int) -> bool:
        """Mark the last asking of this customer answered; False when nobody had asked."""
        ...

    def counts(self, venture_id: int, since_us: int, stuck_before_us: int | None = None) -> SurveyCounts:
        """Askings wanted since; `stuck_before_us`: what was due before and still waits in the outbox counts as due too."""
        ...

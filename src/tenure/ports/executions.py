"""Chains of triggers, the scores they compare, and the transactions that move both together with their intents."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, Protocol

import msgspec

from tenure.model.crossings import ChainMove, Limits, NewChain, PendingFiring, Standing
from tenure.model.intents import IntentState
from tenure.model.triggers import Execution


class Due(NamedTuple):
    """Chains to look at: next looked at by this time, of customers who are not critical, or of these."""

    by_us: int
    customer_ids: Collection[str]


class ChainStanding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An open chain beside its customer's published score; no score: churned, dormant for good, or erased."""

    execution: Execution
    score: float | None = None
    health_status: str | None = None
    is_overridden: bool = False
    arr_cents: int | None = None


class ExecutionFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What a list keeps; None means every one."""

    trigger_id: str | None = None
    subject: str | None = None
    is_open: bool | None = None
    opened_since_us: int | None = None
    opened_before_us: int | None = None


class Crossings(Protocol):
    """Called by the trigger service only. Every call is one transaction and safe to be repeated."""

    def settle(self, venture_id: int, limits: Limits, now_us: int, *, holds_high_value: bool = False) -> int:
        """Move `last_judged_score` of everybody for whom nothing fires, set-wise; returns how many moved.

        `holds_high_value` leaves customers of high value that fell to at_risk where they are: nobody was told yet (A13).
        """
        ...

    def baseline(self, venture_id: int, limits: Limits, live_since_us: int, now_us: int) -> int:
        """Everybody's score as of `live_since_us` is judged, nothing fires (A1); returns how many moved."""
        ...

    def below(self, venture_id: int, trigger_id: str, limits: Limits, now_us: int) -> Sequence[Standing]:
        """Armed customers whose score is below now, by id: what `judge_crossing` looks at one by one."""
        ...

    def fell_to_at_risk(self, venture_id: int, limits: Limits, now_us: int) -> Sequence[Standing]:
        """Customers of high value last judged healthy that are at risk now, not by configuration alone (A13)."""
        ...

    def standings(self, venture_id: int, trigger_id: str, customer_ids: Sequence[str], now_us: int) -> Mapping[str, Standing]:
        """The same of these customers, whatever their score; whoever has none is left out."""
        ...

    def falls(self, venture_id: int, since_us: int) -> Sequence[tuple[int, int, int]]:
        """(run, as of, customers fallen) of published runs since, oldest first; runs by another configuration count 0."""
        ...

    def scored(self, venture_id: int) -> int: ...

    def first_run_us(self, venture_id: int) -> int | None: ...


class Executions(Protocol):
    """Chains: opened and moved by the trigger service, read by lists."""

    def wait(self, venture_id: int, firings: Sequence[PendingFiring]) -> int:
        """Begin alert delays; one that runs already stays. Returns how many are new."""
        ...

    def waiting(self, venture_id: int, trigger_id: str) -> Sequence[PendingFiring]: ...

    def drop(self, venture_id: int, trigger_id: str, subjects: Sequence[str]) -> int:
        """End alert delays without a trace (A2)."""
        ...

    def open(self, venture_id: int, chains: Sequence[NewChain], *, now_us: int) -> Sequence[Execution]:
        """Open chains with their intents in one transaction, end their alert delays, and note score and intervention time.

        A subject with an open chain, or a firing that happened already, opens nothing: two workers open each once.
        """
        ...

    def move(self, venture_id: int, moves: Sequence[ChainMove], *, now_us: int) -> int:
        """Move chains that still are where they were seen, each with its intents; ended ones lose what still waited.

        Returns how many moved.
        """
        ...

    def open_of(self, venture_id: int, trigger_id: str, *, due: Due | None = None) -> Sequence[ChainStanding]:
        """Open chains beside their customers' scores, oldest first; with `due` only those it names."""
        ...

    def open_subjects(self, venture_id: int, trigger_id: str) -> Mapping[str, int]:
        """When the open chain of each customer opened."""
        ...

    def last_opened(self, venture_id: int, trigger_id: str) -> Mapping[str, int]:
        """When the last chain of each subject opened, whether it is over or not."""
        ...

    def counts(self, venture_id: int, trigger_id: str, subjects: Sequence[str]) -> Mapping[str, int]:
        """How many chains of a trigger each of these ever had; none: left out."""
        ...

    def list(
        self, venture_id: int, where: ExecutionFilter | None = None, *, limit: int | None = None
    ) -> Sequence[Execution]:
        """Newest first."""
        ...

    def lately(self, venture_id: int, subjects: Sequence[str], since_us: int) -> Sequence[Execution]:
        """Chains of any trigger about these that are open or were since then, oldest first: what may have caused another."""
        ...

    def get(self, venture_id: int, execution_id: int) -> Execution:
        """Raises NotFound."""
        ...

    def note_recoveries(self, venture_id: int, trigger_id: str, limits: Limits, since_us: int, now_us: int) -> int:
        """Note when customers of chains opened since were first back, also after their chain ended (M12)."""
        ...

    def still_below(self, venture_id: int, trigger_id: str) -> Sequence[str]:
        """Customers whose chain has ended and who are critical still, by id (A15)."""
        ...

    def overdue_tasks(self, venture_id: int, trigger_id: str, now_us: int) -> Mapping[int, Sequence[str]]:
        """By open chain, kinds of its tasks that are not closed and past their date (A24)."""
        ...

    def attempts(self, venture_id: int, execution_ids: Sequence[int]) -> Mapping[int, int]:
        """By chain, how many of its call tasks a person closed: reached or not, somebody tried (A11, A14)."""
        ...

    def offers_ended(self, venture_id: int, execution_ids: Sequence[int]) -> Mapping[str, int]:
        """By customer, when the offer step of the win-back of these chains was through (A15); none yet: left out."""
        ...

    def held_out(self, venture_id: int, execution_ids: Sequence[int]) -> Mapping[int, bool]:
        """Those of these chains whose playbook entry was held out, also when it is over; true: a person lifted it (A8)."""
        ...

    def told(self, venture_id: int, kind: str, prefix: str, customer_ids: Sequence[str], since_us: int) -> frozenset[str]:
        """Which of these customers an intent of this kind whose key begins with `prefix` was written for since."""
        ...

    def intent_state(self, venture_id: int, key: str) -> IntentState | None: ...

    def next_number(self, venture_id: int, trigger_id: str, subject: str) -> int:
        """How many chains this subject ever had: names the next firing."""
        ...

    def erase(self, venture_id: int, customer_ids: Sequence[str]) -> int:
        """End and unname the chains of these customers; what they cost stays without identity (A29)."""
        ...


class TriggerMetric(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a trigger did against its target. `value` None: nothing to judge yet; `document` has the words."""

    trigger_id: str
    trigger_version: int | None
    metric: str
    as_of_us: int
    target: float | None
    value: float | None
    judged: int
    low: float | None = None
    high: float | None = None
    document: dict[str, object] = {}


class TriggerMetrics(Protocol):
    """`recursion_metrics`."""

    def put(self, venture_id: int, metrics: Sequence[TriggerMetric]) -> None:
        """One row for each trigger, metric and time; written again, it is replaced."""
        ...

    def latest(self, venture_id: int) -> Sequence[TriggerMetric]:
        """The newest of each trigger and metric."""
        ...

"""Decisions that wait, were answered, and what came of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from tenure.model.decisions import Decision, DecisionKind, DecisionState, Rung
from tenure.model.intents import Intent


class Decisions(Protocol):
    """The first answer wins: every move is a conditional UPDATE; whoever loses is told so by False."""

    def ask(self, venture_id: int, decisions: Sequence[Decision]) -> Sequence[Decision]:
        """Write those whose key is new (their number is ignored); returns all of these keys as they are stored."""
        ...

    def join(self, venture_id: int, parent: Decision, members: Sequence[int]) -> Decision:
        """One decision for several: the parent is made when its key is new, members still waiting get it as their parent.

        A parent that is over takes nobody. Members take the parent's deadline.
        """
        ...

    def get(self, venture_id: int, decision_id: int) -> Decision:
        """Raises `NotFound`."""
        ...

    def list(
        self, venture_id: int, states: Sequence[DecisionState] | None = None, *, limit: int | None = None
    ) -> Sequence[Decision]:
        """Newest first."""
        ...

    def members(self, venture_id: int, parent_ids: Sequence[int]) -> Sequence[Decision]:
        """Decisions joined into these, in order of number."""
        ...

    def unjoined(self, venture_id: int) -> Sequence[Decision]:
        """Joined ones that wait for their daily (weekly) decision."""
        ...

    def asked_since(self, venture_id: int, kind: DecisionKind, since_us: int) -> Sequence[Decision]: ...

    def answer(
        self,
        venture_id: int,
        decision_id: int,
        *,
        answer: str,
        details: Mapping[str, object],
        by: str,
        via: str,
        now_us: int,
        link_sha256: str | None = None,
    ) -> bool:
        """The first answer wins; those joined into it and still waiting are answered with it. One transaction with the audit
        line and the used link; False: somebody was first, or the link was used."""
        ...

    def close_parent(self, venture_id: int, parent_id: int, *, now_us: int) -> bool:
        """A joint decision whose members were all answered one by one."""
        ...

    def remind(self, venture_id: int, decision_id: int, *, now_us: int) -> bool: ...

    def climb(
        self, venture_id: int, decision_id: int, *, rung: Rung, deadline_us: int, delegated: bool, now_us: int
    ) -> bool:
        """To the next rung, or to the delegate, with a new deadline; members climb along."""
        ...

    def expire(self, venture_id: int, decision_id: int, intents: Sequence[Intent], *, now_us: int) -> bool:
        """Nobody answered: the default. Members expire along; `intents` are written in the same transaction."""
        ...

    def withdraw(self, venture_id: int, decision_ids: Sequence[int], *, why: str, now_us: int) -> int:
        """No longer a question."""
        ...

    def executed(
        self, venture_id: int, decision_id: int, intents: Sequence[Intent], outcome: Mapping[str, Any], *, now_us: int
    ) -> bool:
        """An answered one is carried out: its intents are written with the mark, so that it happens once."""
        ...

    def endings(self, venture_id: int) -> Sequence[tuple[Decision, Mapping[str, Any]]]:
        """Decisions, waiting or done, whose chain or enrollment has ended and whose result is not noted yet, with how it ended."""
        ...

    def settle(self, venture_id: int, outcomes: Mapping[int, Mapping[str, Any]], *, now_us: int) -> None:
        """Note what came of decisions beside what was done."""
        ...

    def is_link_used(self, venture_id: int, link_sha256: str) -> bool: ...

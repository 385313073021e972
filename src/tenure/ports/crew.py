"""What the crew keeps: steps of the set-up, verdicts of the gates, what people confirmed, the system's log, findings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from tenure.rules.gates import GateResult


class CrewStep(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One step of the set-up: `state` is waiting, running or done."""

    step: str
    state: str
    started_us: int | None = None
    done_us: int | None = None
    evidence: dict[str, object] = {}


class GateState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The verdict of a gate and since when it is that."""

    gate: str
    verdict: str
    since_us: int
    checked_us: int
    evidence: dict[str, object] = {}


class Confirmation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something only a person can say: the run-book was read, there is no ticket system."""

    what: str
    person: str
    at_us: int
    note: str = ""


class Finding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A line for the next-stage report."""

    key: str
    section: str
    title: str
    written_us: int
    details: dict[str, object] = {}


class SystemEntry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A component that was not well, from detection to `resolved_us`; or that it was checked and well."""

    entry_id: int
    component: str
    status: str
    checked_us: int
    details: dict[str, object] = {}
    resolved_us: int | None = None


class CrewLedger(Protocol):
    """Called by `tenure.crew` only."""

    def steps(self, venture_id: int) -> Mapping[str, CrewStep]: ...

    def put_step(self, venture_id: int, step: CrewStep) -> None: ...

    def gates(self, venture_id: int) -> Mapping[str, GateState]: ...

    def put_gates(self, venture_id: int, results: Sequence[GateResult], *, now_us: int) -> None:
        """Keep the verdicts; `since` moves only where the verdict changed."""
        ...

    def confirm(self, venture_id: int, what: str, person: str, *, now_us: int, note: str = "") -> None:
        """Saying it again keeps the first time."""
        ...

    def confirmations(self, venture_id: int, what: str) -> Sequence[Confirmation]: ...

    def find(self, venture_id: int, findings: Sequence[Finding]) -> int:
        """Write those whose key is new."""
        ...

    def findings(self, venture_id: int, since_us: int = 0) -> Sequence[Finding]: ...


class SystemLog(Protocol):
    """`system_health_log`: one open row per component that is not well (M16, RETENTION-004)."""

    def record(self, venture_id: int, component: str, status: str, details: Mapping[str, object], *, now_us: int) -> None:
        """A component that is well closes its open row; one that is not opens one, or worsens the open one."""
        ...

    def open(self, venture_id: int) -> Sequence[SystemEntry]: ...

    def since(self, venture_id: int, from_us: int) -> Sequence[SystemEntry]:
        """Entries that were open at some time since, oldest first."""
        ...

"""Parameter values, locks and the audit log; what a value may be is decided by `tenure.parameters`, not here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from tenure.model.configuration import AppliedPreset, AuditEntry, ParameterLock, SetValue, ValueChange


class ParameterValues(Protocol):
    """Called by `services` and the params commands, after validation. Values are JSON values."""

    def values(self, venture_id: int) -> Sequence[SetValue]:
        """Everything set, by name and segment; what is not here has its default."""
        ...

    def apply(
        self,
        venture_id: int,
        changes: Sequence[ValueChange],
        *,
        who: str,
        why: str,
        now_us: int,
        preset: str | None = None,
    ) -> Sequence[AuditEntry]:
        """Make the changes and their audit lines in one transaction; what already is so leaves no line.

        With `preset` the change is also remembered as that preset applied. Raises `Refused` when one of the
        parameters is locked; then nothing is changed.
        """
        ...

    def locks(self, venture_id: int) -> Sequence[ParameterLock]: ...

    def lock(self, venture_id: int, name: str, *, who: str, why: str, now_us: int) -> None:
        """Locking twice keeps the first lock."""
        ...

    def unlock(self, venture_id: int, name: str, *, who: str, why: str, now_us: int) -> None:
        """Raises `NotFound` when it is not locked."""
        ...

    def presets(self, venture_id: int) -> Sequence[AppliedPreset]:
        """Presets applied, oldest first."""
        ...


class AuditLog(Protocol):
    """`configuration_audit_log`: the store writes it inside the transaction of each change."""

    def history(
        self, venture_id: int, *, subject: str | None = None, name: str | None = None, limit: int = 100
    ) -> Sequence[AuditEntry]:
        """Newest first. Called by `tenure params history` and the audit page."""
        ...

    def write(
        self,
        venture_id: int,
        *,
        who: str,
        subject: str,
        name: str,
        before: Any,
        after: Any,
        why: str,
        now_us: int,
        segment: str = "",
    ) -> None:
        """A line for a change that lives outside the store (a workspace file applied, a setting)."""
        ...

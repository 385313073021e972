"""A CRM as Tenure uses it: fields made, records written by the caller's id, tasks left, recent contacts read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec


class CrmField(msgspec.Struct, frozen=True, kw_only=True):
    """A field that must exist: its name and type (`number`, `text`, `datetime`)."""

    name: str
    type: str


class CrmRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The fields of one customer, by CRM field name; values are number, text, ISO time or None."""

    customer_id: str
    fields: Mapping[str, object]


class CrmError(msgspec.Struct, frozen=True, kw_only=True):
    """One record the CRM did not take; `text` is the vendor's rule, without values."""

    customer_id: str
    text: str


class CrmContact(msgspec.Struct, frozen=True, kw_only=True):
    """A mail, call, meeting or note in the CRM. `outcome` of a call: reached, not_reached, or empty.

    `key` is ours where we logged it (`ours`), else the CRM's own id.
    """

    key: str
    customer_id: str
    kind: str
    at_us: int
    outcome: str = ""
    text: str = ""
    by: str = ""
    ours: bool = False


class Crm(Protocol):
    """One configured CRM. Called by `services.crm` only; retries belong to the provider's base.

    Every method raises `ports.senders.TryLater` (busy, down, rate-limited after its retries) or `RefusedForGood`
    (credentials, rights).
    """

    @property
    def name(self) -> str: ...

    @property
    def batch_size(self) -> int:
        """Records per call."""
        ...

    def ensure_fields(self, fields: Sequence[CrmField], now_us: int) -> None:
        """Make what is missing; what is there stays as it is."""
        ...

    def upsert(self, records: Sequence[CrmRecord], now_us: int) -> Sequence[CrmError]:
        """Write these records; returns those that failed. Writing the same again changes nothing."""
        ...

    def create_task(self, key: str, customer_id: str, title: str, due_us: int, now_us: int) -> str:
        """Leave a task, once per key; returns the CRM's id."""
        ...

    def log_contact(self, contact: CrmContact, now_us: int) -> str:
        """Write what a person of the team logged with us (Day one 4), once per key; returns the CRM's id."""
        ...

    def contacts_since(self, since_us: int, now_us: int) -> Sequence[CrmContact]:
        """What people logged there (Day one 11, I5)."""
        ...


class CrmRun(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One sync as `crm_sync_log` keeps it. `state`: running, done, failed."""

    sync_id: int
    platform: str
    started_us: int
    state: str
    records: int = 0
    errors: int = 0
    ended_us: int | None = None
    details: dict[str, object] = {}


class CrmLog(Protocol):
    """The ledger of syncs."""

    def start(self, venture_id: int, platform: str, *, now_us: int) -> int: ...

    def end(
        self, venture_id: int, sync_id: int, *, state: str, records: int, errors: int, details: Mapping[str, object], now_us: int
    ) -> None: ...

    def last(self, venture_id: int, *, limit: int = 50) -> Sequence[CrmRun]:
        """Newest first."""
        ...

    def last_success_us(self, venture_id: int) -> int | None: ...

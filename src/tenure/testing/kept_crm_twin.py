"""The twin of a CRM with a memory of its own: what one process wrote the next one finds, as with a vendor."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from tenure.ports.crm import CrmContact, CrmError, CrmField, CrmRecord
from tenure.testing.crm_twin import CrmTwin


class _Kept(msgspec.Struct, kw_only=True):
    fields: dict[str, str] = {}
    records: dict[str, dict[str, object]] = {}
    ids: dict[str, str] = {}
    tasks: dict[str, tuple[str, str, int]] = {}
    contacts: list[CrmContact] = []


class KeptCrmTwin(CrmTwin):
    """A `CrmTwin` in a file; people add contacts to its list `contacts` as they would in the vendor's screens."""

    def __init__(self, file: Path, seed: int = 0) -> None:
        super().__init__(seed)
        self._file = file
        if file.exists():
            kept = msgspec.json.decode(file.read_bytes(), type=_Kept)
            self.fields, self.records, self.ids, self.tasks = kept.fields, kept.records, kept.ids, kept.tasks
            self.contacts = kept.contacts

    def ensure_fields(self, fields: Sequence[CrmField], now_us: int) -> None:
        super().ensure_fields(fields, now_us)
        self._keep()

    def upsert(self, records: Sequence[CrmRecord], now_us: int) -> Sequence[CrmError]:
        errors = super().upsert(records, now_us)
        self._keep()
        return errors

    def create_task(self, key: str, customer_id: str, title: str, due_us: int, now_us: int) -> str:
        made = super().create_task(key, customer_id, title, due_us, now_us)
        self._keep()
        return made

    def log_contact(self, contact: CrmContact, now_us: int) -> str:
        made = super().log_contact(contact, now_us)
        self._keep()
        return made

    def _keep(self) -> None:
        """Whole or not at all."""
        kept = _Kept(fields=self.fields, records=self.records, ids=self.ids, tasks=self.tasks, contacts=self.contacts)
        self._file.parent.mkdir(parents=True, exist_ok=True)
        new = self._file.with_suffix(".new")
        new.write_bytes(msgspec.json.format(msgspec.json.encode(kept), indent=1))
        new.replace(self._file)

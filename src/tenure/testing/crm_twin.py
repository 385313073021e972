"""A CRM that behaves like a real one: fields before values, rate limits, per-record errors, ids of its own, bad days.

Seeded: the same calls give the same failures. Time is handed in, so that limits pass without waiting.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

import msgspec

from tenure.clock import SECOND_US
from tenure.ports.crm import CrmContact, CrmError, CrmField, CrmRecord
from tenure.ports.senders import RefusedForGood, TryLater

WINDOW_US = 10 * SECOND_US
CALLS_PER_WINDOW = 100
_ACCEPTED = {"number": (int, float), "text": (str,), "datetime": (str,)}


class CrmTwin:
    """The port `tenure.ports.crm.Crm`, shipped for rehearsals, the demo and tests.

    Args:
        error_share: share of records refused, each with a vendor's rule.
        down_share: share of calls that find it busy.
        calls_per_window: per 10 seconds; more is answered with how long to wait.
        token: what it is configured with; empty is refused as bad credentials.
    """

    name = "twin"
    batch_size = 100

    def __init__(
        self,
        seed: int = 0,
        *,
        error_share: float = 0.0,
        down_share: float = 0.0,
        calls_per_window: int = CALLS_PER_WINDOW,
        token: str = "twin",
    ) -> None:
        self._chance = random.Random(seed)
        self.error_share, self.down_share = error_share, down_share
        self.token = token
        self._calls_per_window = calls_per_window
        self._window_us, self._calls = 0, 0
        self.fields: dict[str, str] = {}
        self.records: dict[str, dict[str, object]] = {}
        self.ids: dict[str, str] = {}
        self.tasks: dict[str, tuple[str, str, int]] = {}
        self.contacts: list[CrmContact] = []

    def ensure_fields(self, fields: Sequence[CrmField], now_us: int) -> None:
        """Make what is missing; a field that is there with another type is refused, as vendors do."""
        self._call(now_us)
        for field in fields:
            if self.fields.setdefault(field.name, field.type) != field.type:
                raise RefusedForGood(f"The CRM field {field.name} exists with type {self.fields[field.name]}, not {field.type}.")

    def upsert(self, records: Sequence[CrmRecord], now_us: int) -> Sequence[CrmError]:
        """Write up to `batch_size`; unknown fields and values of the wrong type are refused per record."""
        if len(records) > self.batch_size:
            raise RefusedForGood(f"The CRM takes {self.batch_size} records a call, not {len(records)}.")
        self._call(now_us)
        found = [(record, self._problem(record)) for record in records]
        for record, problem in found:
            if problem is None:
                self.ids.setdefault(record.customer_id, f"twin-{len(self.ids) + 1}")
                self.records.setdefault(record.customer_id, {}).update(record.fields)
        return [CrmError(customer_id=record.customer_id, text=problem) for record, problem in found if problem]

    def create_task(self, key: str, customer_id: str, title: str, due_us: int, now_us: int) -> str:
        """Once per key."""
        self._call(now_us)
        self.tasks.setdefault(key, (customer_id, title, due_us))
        return f"task-{list(self.tasks).index(key) + 1}"

    def log_contact(self, contact: CrmContact, now_us: int) -> str:
        """Once per key; it is found again among the contacts, as ours."""
        self._call(now_us)
        keys = [one.key for one in self.contacts]
        if contact.key not in keys:
            self.contacts.append(msgspec.structs.replace(contact, ours=True))
            keys.append(contact.key)
        return f"contact-{keys.index(contact.key) + 1}"

    def contacts_since(self, since_us: int, now_us: int) -> Sequence[CrmContact]:
        """What was logged between the two times."""
        self._call(now_us)
        return [one for one in self.contacts if since_us <= one.at_us < now_us]

    def _call(self, now_us: int) -> None:
        if not self.token:
            raise RefusedForGood("The CRM refused the credentials (401).")
        if now_us - self._window_us >= WINDOW_US:
            self._window_us, self._calls = now_us, 0
        self._calls += 1
        if self._calls > self._calls_per_window:
            raise TryLater("The CRM's rate limit is reached (429).", (self._window_us + WINDOW_US - now_us) / SECOND_US)
        if self._chance.random() < self.down_share:
            raise TryLater("The CRM is not available (503).")

    def _problem(self, record: CrmRecord) -> str | None:
        for name, value in record.fields.items():
            if name not in self.fields:
                return f"Property {name} does not exist."
            if value is not None and (isinstance(value, bool) or not isinstance(value, _ACCEPTED[self.fields[name]])):
                return f"Property {name} is not a {self.fields[name]}."
        if self._chance.random() < self.error_share:
            return "The record is locked by another process."
        return None

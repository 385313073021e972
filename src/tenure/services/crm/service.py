"""The sync: cards become records, only differences go, every run is in the log, too many errors pause writing (A20).

While writing is paused nothing else stops: alerts, tasks and call lists stay in Tenure, Slack and mail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice

import msgspec

from tenure.clock import iso
from tenure.model.cards import CustomerCard
from tenure.model.contacts import LoggedContact
from tenure.model.incidents import CRM
from tenure.model.intents import Intent, LogContact, WriteCrm
from tenure.parameters import ParameterSet
from tenure.ports.controls import Controls
from tenure.ports.crm import Crm, CrmContact, CrmField, CrmLog, CrmRecord
from tenure.ports.senders import RefusedForGood, SendError

FIELD_TYPES = {
    "health_status": "text",
    "plan": "text",
    "customer_status": "text",
    "onboarded_at": "datetime",
    "features_adopted": "number",
    "main_reason": "text",
    "last_intervention": "datetime",
}
SAMPLE_OF_ERRORS = 5


class SyncResult(msgspec.Struct, frozen=True, kw_only=True):
    """What one sync did. `skipped` says why nothing was written."""

    records: int = 0
    errors: int = 0
    state: str = "done"
    skipped: str = ""


class CrmService:
    """Carries out `write_crm` and `log_contact`, the sync of the calendar, and the reading of contacts.

    Args:
        crm: the configured provider; None where `crm_platform` is none (C1).
        parameters: gives the venture's parameters as they are now.
    """

    kinds = ("write_crm", "log_contact")

    def __init__(
        self, venture_id: int, crm: Crm | None, log: CrmLog, controls: Controls, parameters: Callable[[], ParameterSet]
    ) -> None:
        self._venture_id, self._crm, self._log = venture_id, crm, log
        self._controls, self._parameters = controls, parameters

    @property
    def is_configured(self) -> bool:
        return self._crm is not None

    def sync(self, cards: Iterator[CustomerCard], last_intervention_us: Mapping[str, int], now_us: int) -> SyncResult:
        """Write these customers' health; one log row whatever happens.

        Args:
            cards: of customers whose health changed since the last successful sync.
            last_intervention_us: by customer, the opening of the last RETENTION-001 chain.
        """
        crm = self._crm
        if crm is None:
            return SyncResult(skipped="no CRM is configured")
        if self._controls.state(self._venture_id, now_us).paused(CRM) is not None:
            return SyncResult(skipped="CRM writing is paused")
        names = self._parameters()
        records = (record_of(card, names, last_intervention_us.get(card.customer_id)) for card in cards)
        return self._write(crm, records, names, now_us)

    def carry_out(self, intents: Sequence[Intent], now_us: int) -> Mapping[str, str]:
        """Fields of single customers (score and intervention time after an alert) and contacts the team logged. Later wishes
        win; paused ones wait."""
        crm = self._crm
        if crm is None:
            return {one.key: "no CRM is configured" for one in intents}
        if self._controls.state(self._venture_id, now_us).paused(CRM) is not None:
            return {}
        notes = self._log_contacts(crm, intents, now_us)
        fields = [one for one in intents if isinstance(one.wish, WriteCrm)]
        return notes | self._write_fields(crm, fields, now_us) if fields else notes

    def contacts_since(self, since_us: int, now_us: int) -> Sequence[CrmContact]:
        """Mails, calls and meetings people logged there (Day one 11); nothing while it cannot be asked: the next look finds
        them. A pause of writing does not stop reading."""
        try:
            return () if self._crm is None else self._crm.contacts_since(since_us, now_us)
        except SendError:
            return ()

    def _log_contacts(self, crm: Crm, intents: Sequence[Intent], now_us: int) -> dict[str, str]:
        """Contacts one by one: what the CRM refuses for good is done with, what it cannot take now waits."""
        notes: dict[str, str] = {}
        for intent in intents:
            if isinstance(intent.wish, LogContact):
                try:
                    notes[intent.key] = crm.log_contact(_crm_contact(intent.wish.contact), now_us)
                except RefusedForGood as problem:
                    notes[intent.key] = str(problem)
                except SendError:
                    break
        return notes

    def _write_fields(self, crm: Crm, intents: Sequence[Intent], now_us: int) -> dict[str, str]:
        merged: dict[str, dict[str, object]] = {}
        for intent in intents:
            if isinstance(intent.wish, WriteCrm):
                merged.setdefault(intent.wish.customer_id, {}).update(intent.wish.fields)
        records = (CrmRecord(customer_id=who, fields=fields) for who, fields in merged.items())
        result = self._write(crm, records, self._parameters(), now_us)
        return {} if result.state == "failed" else {one.key: f"{result.errors} errors" if result.errors else "" for one in intents}

    def _write(self, crm: Crm, records: Iterator[CrmRecord], names: ParameterSet, now_us: int) -> SyncResult:
        sync_id = self._log.start(self._venture_id, crm.name, now_us=now_us)
        written, failed, state, said = 0, 0, "done", list[str]()
        try:
            crm.ensure_fields(fields_of(names), now_us)
            while batch := list(islice(records, crm.batch_size)):
                errors = crm.upsert(batch, now_us)
                written, failed = written + len(batch), failed + len(errors)
                said += [one.text for one in errors][: SAMPLE_OF_ERRORS - len(said)]
        except SendError as problem:
            state, said = "failed", [str(problem)]
        details: dict[str, object] = {"errors": sorted(set(said))}
        self._log.end(
            self._venture_id, sync_id, state=state, records=written, errors=failed, details=details, now_us=now_us
        )
        return SyncResult(records=written, errors=failed, state=state)


def _crm_contact(one: LoggedContact) -> CrmContact:
    return CrmContact(
        key=one.key, customer_id=one.customer_id, kind=one.kind.value, at_us=one.at_us, outcome=one.outcome.value, text=one.text, by=one.by
    )


def fields_of(names: ParameterSet) -> tuple[CrmField, ...]:
    """The fields Tenure writes, by the names the venture gave them (R8)."""
    own = (
        CrmField(name=names.text("health_score_field"), type="number"),
        CrmField(name=names.text("last_login_field"), type="datetime"),
        CrmField(name=names.text("support_ticket_field"), type="number"),
    )
    return (*own, *(CrmField(name=name, type=type_) for name, type_ in FIELD_TYPES.items()))


def record_of(card: CustomerCard, names: ParameterSet, intervention_us: int | None) -> CrmRecord:
    """What the CRM shows of a customer (R8)."""
    reason = card.lost[0].sentence if card.lost else None
    return CrmRecord(
        customer_id=card.customer_id,
        fields={
            names.text("health_score_field"): card.score,
            names.text("last_login_field"): _time(card.last_login_us),
            names.text("support_ticket_field"): card.open_tickets,
            "health_status": None if card.health_status is None else card.health_status.value,
            "plan": card.plan,
            "customer_status": card.customer_status.value,
            "onboarded_at": _time(card.onboarded_us),
            "features_adopted": card.features,
            "main_reason": reason,
            "last_intervention": _time(intervention_us),
        },
    )


def _time(at_us: int | None) -> str | None:
    return None if at_us is None else iso(at_us)

"""The log of contacts (Day one, 4 and 11): a row of the ledger, the customer's answer, the call that was due, the CRM.

Each contact is one transaction, one at a time: taken again after a kill, or by two doors at once, it would else close the next
call that is due, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

import msgspec

from tenure.errors import BadInput, NotFound, Refused
from tenure.model.cause import Cause, CauseKind
from tenure.model.contacts import ContactKind, LoggedContact
from tenure.model.intents import Intent, LogContact
from tenure.model.tasks import Task, TaskState
from tenure.model.touches import ActionClass, Purpose, Response
from tenure.ports.crm import CrmContact
from tenure.ports.store import Stores
from tenure.ports.touches import WantedTouch
from tenure.rules.contacts import ANSWERS, CHANNELS, CLOSES, crm_contact
from tenure.services.tasks.service import TaskService

FOUND = "crm"
TASK_STEP = "task:"
"""Of a cause: the call that was due and is closed by this; the act is counted once, as the task."""


class Logged(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a contact. `is_new` False: it was logged before; `task_id`: the due call it closed."""

    contact: LoggedContact
    is_new: bool
    task_id: int | None = None


class ContactLog:
    """What people did with the customers of one venture."""

    def __init__(self, stores: Stores, venture_id: int, tasks: TaskService) -> None:
        self._stores, self._own, self._tasks = stores, venture_id, tasks

    def customer(self, words: str) -> str:
        """The customer of this id, or of exactly this name. Raises NotFound, and BadInput where several are called so."""
        if self._stores.cards.get(self._own, [words]):
            return words
        found = self._stores.health.find(self._own, words)
        if not found:
            raise NotFound("No customer has this id or name.", "`tenure health` lists them.")
        if len(found) > 1 and words not in found:
            raise BadInput(f"{len(found)} customers have this name.", f"Use an id: {', '.join(found)}.")
        return words if words in found else found[0]

    def log(self, contact: LoggedContact, now_us: int, *, minutes: float | None = None) -> Logged:
        """Log what somebody did; the CRM hears of it at the next tick.

        `contact.key` empty: the same words of the same person at the same time are one contact. Raises BadInput for a time
        in the future and minutes below 0.
        """
        if contact.at_us > now_us:
            raise BadInput("This has not happened yet.", "Log it afterwards, or leave --at out.")
        if minutes is not None and minutes < 0:
            raise BadInput("Minutes cannot be below 0.", "Say how long it took, or leave it out.")
        one = contact if contact.key else msgspec.structs.replace(contact, key=_key(contact))
        with self._stores.together():
            if not self._is_new(one):
                return Logged(contact=one, is_new=False)
            closed = self._close_due_call(one, minutes, now_us)
            if closed is None:  # a closed call tells the CRM itself
                wish = LogContact(contact=one)
                self._stores.intents.add(self._own, [Intent(key=f"contact:{one.key}", wish=wish, cause=_cause(one, None))], now_us=now_us)
            self._keep(one, closed, now_us)
        return Logged(contact=one, is_new=True, task_id=None if closed is None else closed.task_id)

    def take_in(self, found: Sequence[CrmContact], now_us: int) -> int:
        """What the team logged in the CRM or its calendar (Day one 11, I5); returns how many were new. Ours are known."""
        read = [_of_crm(one) for one in found if not one.ours and one.at_us <= now_us]
        before = {one.key for one in self._stores.touches.by_keys(self._own, [one.key for one in read])}
        unseen = [one for one in read if one.key not in before]
        known = self._known({one.customer_id for one in unseen})
        return sum(self._taken_in(one, now_us) for one in unseen if one.customer_id in known)

    # --- the parts -----------------------------------------------------------------------------------------------------

    def _taken_in(self, contact: LoggedContact, now_us: int) -> bool:
        with self._stores.together():
            is_new = self._is_new(contact)
            if is_new:
                self._keep(contact, self._close_due_call(contact, None, now_us), now_us)
        return is_new

    def _is_new(self, contact: LoggedContact) -> bool:
        """Of the transaction that is to write it: asked before, a twin would be at the same point."""
        self._stores.contacts.hold(self._own)
        return not self._stores.touches.by_keys(self._own, [contact.key])

    def _known(self, customer_ids: set[str]) -> set[str]:
        """Of these, who is a customer: others' contacts are nothing of ours."""
        ids = sorted(customer_ids)
        carded = set(self._stores.cards.get(self._own, ids))
        return carded | self._stores.health.known(self._own, [one for one in ids if one not in carded])

    def _close_due_call(self, contact: LoggedContact, minutes: float | None, now_us: int) -> Task | None:
        """The earliest call that was due for this customer when it was called; None where none was."""
        outcome = CLOSES.get(contact.outcome)
        if contact.kind is not ContactKind.call or outcome is None:
            return None
        waiting = [
            one for one in self._stores.tasks.of_customers(self._own, [contact.customer_id])
            if one.state is TaskState.open and one.is_call and one.created_us <= contact.at_us
        ]  # fmt: skip
        for task in sorted(waiting, key=lambda one: (one.due_us, one.task_id)):
            try:
                return self._tasks.close(
                    task.task_id, outcome, by=contact.by or FOUND, minutes=minutes, note=contact.text, now_us=now_us,
                    found_in=contact.found_in,
                )  # fmt: skip
            except Refused:  # somebody else closed it this moment
                continue
        return None

    def _keep(self, contact: LoggedContact, closed: Task | None, now_us: int) -> None:
        kind = ANSWERS.get(contact.outcome)
        if kind is not None and closed is None:
            details: dict[str, object] = {"logged": contact.kind.value}
            said = Response(
                key=contact.key, kind=kind, occurred_us=contact.at_us, customer_id=contact.customer_id, user_id=contact.user_id,
                details=details,
            )  # fmt: skip
            self._stores.responses.add(self._own, [said], now_us=now_us)
        self._stores.touches.log(self._own, [_touch(contact, closed)], sent_us=contact.at_us, now_us=now_us)


def _of_crm(found: CrmContact) -> LoggedContact:
    kind, outcome = crm_contact(found.kind, found.outcome)
    return LoggedContact(
        key=f"{FOUND}:{found.key}", customer_id=found.customer_id, kind=kind, outcome=outcome, at_us=found.at_us, text=found.text,
        by=found.by, found_in=FOUND,
    )  # fmt: skip


def _touch(contact: LoggedContact, closed: Task | None) -> WantedTouch:
    """As a row of the ledger: step and variant say what it was and what came of it."""
    is_note = contact.kind is ContactKind.note
    words = f"{contact.kind.value}, {contact.outcome.value.replace('_', ' ')}"
    return WantedTouch(
        key=contact.key,
        channel=CHANNELS[contact.kind],
        action_class=ActionClass.internal if is_note else ActionClass.message,
        purpose=Purpose.internal if is_note else Purpose.service,
        customer_facing=not is_note,
        cause=_cause(contact, closed),
        due_us=contact.at_us,
        content={"subject": words, "text": contact.text},
        customer_id=contact.customer_id,
        user_id=contact.user_id,
        step=contact.kind.value,
        variant=contact.outcome.value,
        execution_id=None if closed is None else closed.execution_id,
    )


def _cause(contact: LoggedContact, closed: Task | None) -> Cause:
    where = f"found in the {contact.found_in}" if contact.found_in else "logged"
    return Cause(
        kind=CauseKind.person, person=contact.by or None, reason=where, step=None if closed is None else f"{TASK_STEP}{closed.task_id}",
        execution_id=None if closed is None else closed.execution_id,
    )  # fmt: skip


def _key(contact: LoggedContact) -> str:
    """Without a word of it: whoever reads a key learns nothing."""
    parts = (contact.customer_id, contact.kind.value, contact.outcome.value, str(contact.at_us), contact.by, contact.text)
    return f"log:{sha256(chr(31).join(parts).encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"

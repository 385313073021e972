"""What may be logged of a contact, what of it is the customer's answer, and how a line typed in a hurry is read (Day one, 4)."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from tenure.errors import BadInput
from tenure.model.contacts import ContactKind, ContactOutcome
from tenure.model.tasks import TaskOutcome
from tenure.model.touches import Channel, ResponseKind

OUTCOMES: Mapping[ContactKind, tuple[ContactOutcome, ...]] = {
    ContactKind.call: (ContactOutcome.reached, ContactOutcome.not_reached),
    ContactKind.meeting: (ContactOutcome.held, ContactOutcome.booked, ContactOutcome.missed),
    ContactKind.message: (ContactOutcome.sent, ContactOutcome.answered),
    ContactKind.note: (ContactOutcome.noted,),
}
"""The first one is meant where none is said; of a call it has to be said, because chains end by it."""
ANSWERS: Mapping[ContactOutcome, ResponseKind] = {
    ContactOutcome.reached: ResponseKind.call_reached,
    ContactOutcome.not_reached: ResponseKind.not_reached,
    ContactOutcome.held: ResponseKind.meeting_booked,
    ContactOutcome.booked: ResponseKind.meeting_booked,
    ContactOutcome.answered: ResponseKind.replied,
}
"""What the customer did toward us (A14)."""
CHANNELS: Mapping[ContactKind, Channel] = {
    ContactKind.call: Channel.call,
    ContactKind.meeting: Channel.call,
    ContactKind.message: Channel.email,
    ContactKind.note: Channel.crm_task,
}
CLOSES: Mapping[ContactOutcome, TaskOutcome] = {
    ContactOutcome.reached: TaskOutcome.reached,
    ContactOutcome.not_reached: TaskOutcome.not_reached,
}
"""How a call that was due is closed by it."""
HOW = "CUSTOMER call reached|not_reached, meeting [held|booked|missed], message [sent|answered] or note, then what was said"


def outcome_of(kind: ContactKind, said: ContactOutcome | None) -> ContactOutcome:
    """Raises BadInput where the outcome does not fit, or a call says none."""
    fitting = OUTCOMES[kind]
    if said is None and kind is not ContactKind.call:
        return fitting[0]
    if said not in fitting:
        what = f"A {kind.value} is {' or '.join(one.value for one in fitting)}."
        raise BadInput(what, f"Say --outcome {fitting[0].value}." if len(fitting) == 1 else "Say which with --outcome.")
    return said


def crm_contact(kind: str, outcome: str) -> tuple[ContactKind, ContactOutcome]:
    """What a CRM calls it, in our words; a call of which it says nothing is an attempt."""
    known = {"mail": ContactKind.message, "email": ContactKind.message}
    ours = known.get(kind) or (ContactKind(kind) if kind in set(ContactKind) else ContactKind.note)
    fitting = OUTCOMES[ours]
    said = ContactOutcome(outcome) if outcome in set(ContactOutcome) else None
    return ours, said if said in fitting else ContactOutcome.not_reached if ours is ContactKind.call else fitting[0]


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A typed line, taken apart; `customer` is an id or a name."""

    customer: str
    kind: ContactKind
    outcome: ContactOutcome
    text: str


def read_line(words: str) -> Line:
    """`"Acme Inc" call reached wants a discount`, `c42 note prefers mornings`. Raises BadInput with how it is said."""
    customer, rest = _first(words)
    kind, rest = _first(rest)
    if not customer or kind.lower() not in set(ContactKind):
        raise BadInput("This line could not be read.", f"Say: {HOW}.")
    of = ContactKind(kind.lower())
    said, after = _first(rest)
    outcome = said.lower().replace("-", "_")
    fits = outcome in {one.value for one in OUTCOMES[of]}
    found = outcome_of(of, ContactOutcome(outcome) if fits else None)
    return Line(customer=customer, kind=of, outcome=found, text=(after if fits else rest).strip())


def _first(words: str) -> tuple[str, str]:
    """The first word, or what stands in quotes; and the rest."""
    words = words.strip().replace("“", '"').replace("”", '"')
    if words.startswith('"') and '"' in words[1:]:
        quoted, _, rest = words[1:].partition('"')
        return quoted.strip(), rest
    word, _, rest = words.partition(" ")
    return word, rest

"""`/tenure log ...` typed in Slack, its signature checked by the caller (Day one, 4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256

from tenure.errors import TenureError
from tenure.model.contacts import LoggedContact
from tenure.model.ventures import Person
from tenure.rules.contacts import HOW, read_line
from tenure.services.contacts.service import ContactLog

PersonOf = Callable[[str], Person | None]
"""Who of the team a Slack user id is."""
USE = f"Log what you did: `/tenure log {HOW}`."


def log_from_slack(log: ContactLog, person_of: PersonOf, form: Mapping[str, str], now_us: int) -> str:
    """Carry out one slash command and give the words to show; raises nothing, what cannot be done is said."""
    verb, _, words = form.get("text", "").strip().partition(" ")
    if verb.lower() != "log":
        return USE
    try:
        person = person_of(form.get("user_id", ""))
        if person is None:
            return "Nobody of the team has the mail address of your Slack account. Ask an admin to enter you."
        line = read_line(words)
        contact = LoggedContact(
            key=_key(form), customer_id=log.customer(line.customer), kind=line.kind, outcome=line.outcome, at_us=now_us,
            text=line.text, by=person.name,
        )  # fmt: skip
        logged = log.log(contact, now_us)
    except TenureError as problem:
        return f"{problem.message} {problem.fix}".strip()
    said = f"Logged: {line.kind.value} with {line.customer}, {line.outcome.value.replace('_', ' ')}"
    return f"{said}; task {logged.task_id} is closed." if logged.task_id is not None else f"{said}."


def _key(form: Mapping[str, str]) -> str:
    """Slack sends a command again when we are slow: its own id makes it one."""
    own = form.get("trigger_id", "")
    return f"slack:{sha256(own.encode()).hexdigest()[:32]}" if own else ""

"""Takes marks of usefulness on alerts, reasons and drafts (Day one, 14)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tenure.clock import DAY_US
from tenure.errors import BadInput, NotFound, TenureError
from tenure.model.useful import Subject, UsefulMark
from tenure.model.ventures import Person
from tenure.ports.store import Stores
from tenure.rules.useful import WINDOW_DAYS, Usefulness, usefulness

SLACK_ACTION = "tenure_useful"
PersonOf = Callable[[str], Person | None]
"""Who of the team a Slack user id is."""
NOBODY = "Your Slack account is nobody's in the team, so nothing was noted: ask an admin for `tenure people slack`."
_MOST_CHARACTERS, _MOST_DIGITS = 200, 18


class UsefulService:
    """Of one venture."""

    def __init__(self, stores: Stores, venture_id: int) -> None:
        self._stores, self._own = stores, venture_id

    def mark(
        self, subject: Subject, ref: str, is_useful: bool, *, by: str, via: str, now_us: int, word: str = "", measure: str = ""
    ) -> UsefulMark:
        """Note one person's word on one thing; their next one on it takes its place.

        Args:
            ref: the number of the alert or draft; of a reason the customer's id.
            measure: of a reason: which one.

        Raises `NotFound` for an alert, draft or customer that is not there, BadInput for what is no number or no reason.
        """
        kind, customer_id = self._of(subject, ref, measure)
        whole = f"{ref}/{measure}" if subject is Subject.reason else ref
        mark = UsefulMark(
            subject=subject, ref=whole, kind=kind, is_useful=is_useful, by=by, via=via, at_us=now_us,
            word=" ".join(word.split())[:_MOST_CHARACTERS], customer_id=customer_id,
        )  # fmt: skip
        self._stores.useful.put(self._own, mark)
        return mark

    def report(self, now_us: int, days: int = WINDOW_DAYS) -> Sequence[Usefulness]:
        """What was said in the last days, least useful first."""
        return usefulness(self._stores.useful.since(self._own, now_us - days * DAY_US, now_us + 1))

    def _of(self, subject: Subject, ref: str, measure: str) -> tuple[str, str | None]:
        """Its kind and its customer."""
        if subject is Subject.reason:
            if not measure:
                raise BadInput("A reason is a measure of a customer's score.", "Name it: `tenure useful mark reason CUSTOMER down --measure last_login`.")
            return measure, self._stores.health.get(self._own, ref).customer_id
        if not ref.isdecimal() or len(ref) > _MOST_DIGITS:
            raise BadInput(f"{ref!r} is no number.", f"`tenure {subject.value}s list` shows the numbers.")
        if subject is Subject.alert:
            alert = self._stores.alerts.get(self._own, int(ref))
            return alert.kind, alert.customer_id
        try:
            touch = self._stores.touches.get(self._own, int(ref))
        except NotFound:
            raise NotFound(f"There is no draft {ref}.", "`tenure drafts list` shows them.") from None
        if touch.playbook is None and touch.step is None:
            raise BadInput("This touch is no draft of a playbook.", "`tenure drafts list` shows them.")
        return touch.playbook or touch.step or "", touch.customer_id


def is_useful_click(payload: Mapping[str, Any]) -> bool:
    """Whether a Slack payload is a click on one of these thumbs."""
    actions = payload.get("actions") or [{}]
    return str(actions[0].get("action_id", "")).startswith(SLACK_ACTION)


def mark_from_slack(service: UsefulService, person_of: PersonOf, payload: Mapping[str, Any], now_us: int) -> str:
    """A click, its signature checked by the caller; gives the words to show and raises nothing.

    It is the word of the person of the team behind the account, as a link in their mail would be.
    """
    subject, ref, thumb = (*str(payload["actions"][0].get("value", "")).split("|"), "", "")[:3]
    try:
        person = person_of(str((payload.get("user") or {}).get("id") or ""))
        if person is None:
            return NOBODY
        service.mark(Subject(subject), ref, thumb == "up", by=person.name, via="slack", now_us=now_us)
    except (TenureError, ValueError) as problem:
        return str(problem) if isinstance(problem, TenureError) else "This button says nothing Tenure understands."
    return f"Noted: {'useful' if thumb == 'up' else 'not useful'}. A word: `tenure useful mark {subject} {ref} {thumb} \"why\"`."

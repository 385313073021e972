"""What customers do about the mails they get, each at its time, through the doors anybody has."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tenure.testing.company import Company, Facts, Reaction, Touch
from tenure.testing.customers.door import Door
from tenure.testing.customers.letters import Letter
from tenure.testing.customers.writing import ANSWERS, STOP, bounce_of, complaint_about, reply_to

GOOD = range(200, 400)
CSAT_LEVELS = 5


@dataclass(order=True)
class _Due:
    """Something a customer will do. `number`: the order of arrival settles equal times."""

    at_us: int
    number: int
    reaction: Reaction = field(compare=False)
    letter: Letter = field(compare=False)
    survey: str | None = field(compare=False, default=None)


class Customers:
    """All readers of one company's mail.

    Args:
        move_clock: sets the virtual clock to a time, before something is done at it.
    """

    def __init__(self, company: Company, door: Door, move_clock: Callable[[int], None]) -> None:
        self._company, self._door, self._move_clock = company, door, move_clock
        self._addresses: dict[str, str] = {}
        self._due: list[_Due] = []
        self._number = 0
        self.did: Counter[str] = Counter()
        """By kind of reaction, what was really done through a door."""
        self.unheard: Counter[str] = Counter()
        """What a door did not take."""

    def meet(self, facts: Facts) -> None:
        """Learn the addresses of the people in these facts."""
        users = facts["users"]
        for address, customer_id in zip(users["email"].to_pylist(), users["customer_id"].to_pylist(), strict=True):
            self._addresses[address] = customer_id

    def customer_of(self, address: str) -> str | None:
        """Whose mailbox it is; None: not a customer's."""
        return self._addresses.get(address)

    def receive(self, letter: Letter, kind: str, at_us: int, survey: str | None = None) -> bool:
        """A mail arrives. `kind` as in `TOUCH_KINDS`; False: its reader is no customer."""
        customer_id = self.customer_of(letter.to)
        if customer_id is None:
            return False
        for reaction in self._company.respond(customer_id, Touch(kind, at_us)):
            self._number += 1
            heapq.heappush(self._due, _Due(reaction.at_us, self._number, reaction, letter, survey))
        return True

    def act_until(self, now_us: int) -> int:
        """Do everything that is due before a time, in order; returns how much was done."""
        done = 0
        while self._due and self._due[0].at_us < now_us:
            due = heapq.heappop(self._due)
            act = self._act_of(due)
            if act is None:
                continue
            self._move_clock(due.at_us)
            heard = act() in GOOD
            (self.did if heard else self.unheard)[due.reaction.kind] += 1
            done += 1
        return done

    def _act_of(self, due: _Due) -> Callable[[], int] | None:
        """None: nothing of it comes through a door of ours (a mail delivered, one opened without being watched)."""
        letter, name = due.letter, f"mail-{due.number}"
        match due.reaction.kind:
            case "clicked" if letter.clicks:
                return lambda: self._door.follow(letter.clicks[due.number % len(letter.clicks)])
            case "replied" if letter.reply_to:
                return lambda: self._door.deliver(reply_to(letter, ANSWERS[due.number % len(ANSWERS)], name), letter.reply_to)
            case "survey_answered" if letter.survey:
                return lambda: self._answer(due)
            case "unsubscribed":
                return self._unsubscribing(letter, name)
            case "complained" if letter.reply_to:
                return lambda: self._door.deliver(complaint_about(letter, name), letter.reply_to)
            case "bounced" if letter.reply_to:
                return lambda: self._door.deliver(bounce_of(letter, name), letter.reply_to)
        return None

    def _unsubscribing(self, letter: Letter, name: str) -> Callable[[], int] | None:
        """The button of the mail program, else the link, else a word to the sender."""
        one_click, link = letter.list_unsubscribe, letter.unsubscribe
        if one_click is not None:
            return lambda: self._door.post(one_click, {"List-Unsubscribe": "One-Click"})
        if link is not None:
            return lambda: self._door.post(link, {})
        if not letter.reply_to:
            return None
        return lambda: self._door.deliver(reply_to(letter, STOP, name), letter.reply_to)

    def _answer(self, due: _Due) -> int:
        """The page is opened, a score chosen, a word left or not."""
        path = due.letter.survey or ""
        self._door.follow(path)
        score = _on_scale(due.reaction.score or 0, due.survey)
        return self._door.post(path, {"score": str(score), "comment": due.reaction.comment or ""})


def _on_scale(score: int, survey: str | None) -> int:
    """Customers feel satisfaction from 1 to 5; a yes-or-no question and one from 0 to 10 are answered on their own scale."""
    if survey == "did_this_help":
        return int(score > CSAT_LEVELS // 2)
    return 2 * score if survey == "root_cause" else score

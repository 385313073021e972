"""Answers that come through doors: links in mails and buttons on Slack."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import msgspec

from tenure.errors import BadInput, Refused, TenureError
from tenure.model.decisions import Decision
from tenure.model.ventures import Person
from tenure.rules.wording import plain
from tenure.services.decisions.links import DecisionLink, DecisionLinks, digest
from tenure.services.decisions.notices import SLACK_ACTION


class AnswersDecisions(Protocol):
    """The part of `DecisionService` a door needs."""

    def answer(
        self,
        decision_id: int,
        answer: str,
        *,
        role: str,
        by: str,
        via: str,
        now_us: int,
        details: Mapping[str, object] | None = None,
        link_sha256: str | None = None,
    ) -> tuple[Decision, bool]: ...


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """What a page shows of a link: the decision, the answer it carries, and whether it can still be given."""

    decision: Decision
    link: DecisionLink
    is_open: bool


class LinkDoor:
    """GET shows, POST answers: a mail scanner that follows links decides nothing."""

    def __init__(self, service: AnswersDecisions, decisions: ReadsDecisions, links: DecisionLinks, venture_id: int) -> None:
        self._service, self._decisions, self._links, self._venture_id = service, decisions, links, venture_id

    def show(self, token: str, now_us: int) -> Shown:
        """Raises Refused for a link that is not valid or too old."""
        link = self._links.read(token, now_us)
        decision = self._decisions.get(self._venture_id, link.decision_id)
        used = self._decisions.is_link_used(self._venture_id, digest(token))
        return Shown(decision=decision, link=link, is_open=not decision.state.is_over and not used)

    def answer(self, token: str, note: str, now_us: int) -> tuple[Decision, bool]:
        """Use the link: once, and only while nobody else has answered."""
        link = self._links.read(token, now_us)
        return self._service.answer(
            link.decision_id,
            link.answer,
            role=link.role,
            by=link.by,
            via="email",
            now_us=now_us,
            details={"note": note} if note.strip() else {},
            link_sha256=digest(token),
        )


class ReadsDecisions(Protocol):
    """The part of the store a link needs."""

    def get(self, venture_id: int, decision_id: int) -> Decision: ...

    def is_link_used(self, venture_id: int, link_sha256: str) -> bool: ...


PersonOf = Callable[[str], Person | None]
"""Who of the team a Slack user id is."""
NOBODY = "Your Slack account is nobody's in the team, so nothing was decided: ask an admin for `tenure people slack`."


def answer_from_slack(service: AnswersDecisions, person_of: PersonOf, payload: Mapping[str, Any], now_us: int) -> str:
    """A click on one of our buttons, its signature checked by the caller; gives the words to show.

    Whoever clicks answers as themselves, with what their role may: a Slack account of nobody in the team answers nothing.
    Raises nothing: what cannot be done is said.
    """
    try:
        number, option = _clicked(payload)
        person = person_of(str((payload.get("user") or {}).get("id") or ""))
        if person is None:
            return NOBODY
        decision, won = service.answer(number, option, role=person.role.value, by=person.name, via="slack", now_us=now_us)
    except TenureError as problem:
        return f"{problem.message} {problem.fix}".strip()
    said = f"{plain(decision.answer or decision.state.value)}, by {decision.answered_by or 'nobody'}"
    return f"Decided: {said}." if won else f"Already decided: {said}."


def is_ours(payload: Mapping[str, Any]) -> bool:
    """Whether a Slack payload is a click on a button of a decision."""
    actions = payload.get("actions") or [{}]
    return str(actions[0].get("action_id", "")).startswith(SLACK_ACTION)


def _clicked(payload: Mapping[str, Any]) -> tuple[int, str]:
    if not is_ours(payload):
        raise Refused("This button belongs to no decision.", "Use the buttons of a decision's message.")
    number, _, option = str(payload["actions"][0].get("value", "")).partition("|")
    if not number.isdigit() or not option:
        raise BadInput("This button says nothing Tenure understands.", "Answer with `tenure decisions`.")
    return int(number), option

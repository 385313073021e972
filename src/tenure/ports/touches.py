"""The ledger of touches: asked for by playbooks, alerts and decisions, gated and delivered by outreach."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from tenure.model.cause import Cause
from tenure.model.playbooks import PlaybookKind
from tenure.model.touches import ActionClass, Channel, Purpose, Touch


class WantedTouch(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A touch somebody decided on. `content`: subject, text, html (rendered, with the markers of links and unsubscribe).

    `to` only for internal ones: a Slack channel, a person's role or address. `step_when`: the condition to be checked
    again when it is due; empty: none.
    """

    key: str
    channel: Channel
    action_class: ActionClass
    purpose: Purpose
    customer_facing: bool
    cause: Cause
    due_us: int
    content: dict[str, object]
    customer_id: str | None = None
    user_id: str | None = None
    kind: PlaybookKind | None = None
    playbook: str | None = None
    version: int | None = None
    step: str | None = None
    variant: str | None = None
    enrollment_id: int | None = None
    execution_id: int | None = None
    expires_us: int | None = None
    to: str = ""
    by_person: bool = False
    """A person wants it sent: passes consent and suppression, is only warned about the rest (A18)."""


class Touches(Protocol):
    """`want` is called by whoever decides; the rest belongs to outreach and to lists."""

    def want(self, venture_id: int, wanted: Sequence[WantedTouch], *, now_us: int) -> int:
        """Write those whose key is new, in state `deferred` until their gates were asked; returns how many were."""
        ...

    def by_keys(self, venture_id: int, keys: Sequence[str]) -> Sequence[Touch]: ...

    def of_enrollments(self, venture_id: int, enrollment_ids: Sequence[int]) -> Sequence[Touch]:
        """Every touch of these enrollments, oldest first: what an advance looks at."""
        ...

    def withdraw(
        self, venture_id: int, *, reason: str, now_us: int, customer_id: str | None = None, playbook: str | None = None,
        enrollment_ids: Sequence[int] | None = None,
    ) -> int:
        """Pull back what has not left yet (advised, drafted, deferred, queued); returns how many."""
        ...

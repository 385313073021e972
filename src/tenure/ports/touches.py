"""The ledger of touches: asked for by playbooks, alerts and decisions, gated and delivered by outreach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from tenure.model.cause import Cause
from tenure.model.playbooks import PlaybookKind
from tenure.model.touches import ActionClass, Channel, Purpose, Touch, TouchState, VerdictLine


class WantedTouch(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A touch somebody decided on. `content`: subject, text, html (rendered, with the marks of `tenure.ports.links`).

    `to` only for internal ones: a Slack channel, a person's role or address. `expires_us` None: `touch_expiry_days` after
    it was due.
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


class TouchFilter(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which touches to list; empty: all.

    `playbook` "" means of none; `reason` is the whole reason or the gate it begins with, also where it expired waiting for it.
    `since_us` and `until_us` (both included) are when it was decided, with `left` when it was sent.
    """

    states: tuple[TouchState, ...] = ()
    customer_id: str | None = None
    playbook: str | None = None
    channel: Channel | None = None
    reason: str | None = None
    customer_facing: bool | None = None
    left: bool = False
    since_us: int | None = None
    until_us: int | None = None


class Touches(Protocol):
    """`want`, `log`, `revise` and `withdraw` are called by whoever decides; the rest by lists and the approval of drafts."""

    def want(self, venture_id: int, wanted: Sequence[WantedTouch], *, now_us: int) -> int:
        """Write those whose key is new, in state `deferred` until their gates were asked; returns how many were."""
        ...

    def log(self, venture_id: int, done: Sequence[WantedTouch], *, sent_us: int, now_us: int) -> int:
        """Write what a person already did (a call, a mail, a meeting) as `sent`: it counts, it is never refused (A7)."""
        ...

    def revise(self, venture_id: int, key: str, content: dict[str, object], *, now_us: int) -> bool:
        """New content for an internal message: sent ones are sent again in the place of the old (I2); False: no such key."""
        ...

    def by_keys(self, venture_id: int, keys: Sequence[str]) -> Sequence[Touch]: ...

    def get(self, venture_id: int, touch_id: int) -> Touch:
        """Raises `NotFound`."""
        ...

    def list(self, venture_id: int, where: TouchFilter, *, limit: int | None = None) -> Sequence[Touch]:
        """Latest decided first."""
        ...

    def of_enrollments(self, venture_id: int, enrollment_ids: Sequence[int]) -> Sequence[Touch]:
        """Every touch of these enrollments, oldest first: what an advance looks at."""
        ...

    def sent_to(self, venture_id: int, customer_ids: Sequence[str], since_us: int) -> Sequence[Touch]:
        """Customer-facing touches that left (or may have) since then, oldest first."""
        ...

    def history(self, venture_id: int, touch_ids: Sequence[int]) -> Sequence[VerdictLine]:
        """What gates and people said of these touches, in order."""
        ...

    def withdraw(
        self, venture_id: int, *, reason: str, now_us: int, customer_id: str | None = None, playbook: str | None = None,
        enrollment_ids: Sequence[int] | None = None,
    ) -> int:
        """Pull back what has not left yet (advised, drafted, deferred, queued); returns how many.

        By customer or playbook only what is customer-facing and automated; a person's own message stays.
        """
        ...

    def approve(self, venture_id: int, touch_ids: Sequence[int], *, by: str, now_us: int, expires_us: int) -> int:
        """Drafts that go back to the gates, approved, to leave before `expires_us`; returns how many were drafts still.

        Two approvals are one.
        """
        ...

    def reject(self, venture_id: int, touch_ids: Sequence[int], *, by: str, why: str, now_us: int) -> int:
        """Drafts and advice that will not go; returns how many."""
        ...

    def edit(
        self, venture_id: int, touch_id: int, content: dict[str, object], *, was: Mapping[str, object], by: str, now_us: int
    ) -> bool:
        """Replace the content of a draft that still says what it did when it was read; False: somebody was first.

        Raises `NotFound` when it is no draft any more.
        """
        ...

    def expire(self, venture_id: int, *, now_us: int) -> int:
        """Skip drafts and advice nobody acted upon in time (A9, A18), and what never found its way out of the outbox."""
        ...

    def forget(self, venture_id: int, customer_ids: Sequence[str]) -> int:
        """Erase the touches of these customers, with their history; returns how many."""
        ...

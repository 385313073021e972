"""Ventures and their people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from tenure.model.ventures import Person, Role, Venture


class Ventures(Protocol):
    """Called by `app` when it opens a workspace, and by the admin doors."""

    def ensure(self, key: str, *, name: str, currency: str, timezone: str, now_us: int) -> Venture:
        """The venture with this key, made when there is none; name, currency and timezone are brought up to date."""
        ...

    def get(self, venture_id: int) -> Venture:
        """Raises `NotFound`."""
        ...

    def find(self, key: str) -> Venture | None: ...

    def all(self) -> Sequence[Venture]: ...


class People(Protocol):
    """Called by the admin doors."""

    def add(self, venture_id: int, *, name: str, email: str, role: Role, now_us: int) -> Person:
        """Raises `BadInput` when the venture already has somebody with this address."""
        ...

    def get(self, venture_id: int, person_id: int) -> Person:
        """Raises `NotFound`."""
        ...

    def by_email(self, venture_id: int, email: str) -> Person | None: ...

    def all(self, venture_id: int) -> Sequence[Person]: ...

    def on_slack(self, venture_id: int, slack_id: str) -> Person | None:
        """Whose account somebody said this is."""
        ...

    def name_on_slack(self, venture_id: int, person_id: int, slack_id: str, *, by: str, now_us: int) -> None:
        """From now on this Slack account is theirs; audited. Raises `NotFound`."""
        ...

    def leave(self, venture_id: int, person_id: int, *, now_us: int) -> None:
        """Marks that somebody left; raises `NotFound`."""
        ...

"""A language model that drafts text. It never decides and never sends; what it writes is checked and waits for a person."""

from __future__ import annotations

from typing import Protocol

import msgspec


class Brief(msgspec.Struct, frozen=True, kw_only=True):
    """What a model is told. Names and addresses are stand-ins like [[1]]; `facts` are true sentences; `wish` is a person's."""

    subject: str
    text: str
    facts: tuple[str, ...] = ()
    wish: str = ""
    objections: tuple[str, ...] = ()
    """What was wrong with its last draft of the same message."""


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """A draft, in the same stand-ins."""

    subject: str
    text: str


class Writer(Protocol):
    """Called by `services.outreach.rewriting`."""

    @property
    def name(self) -> str:
        """The model, as drafts are marked with it."""
        ...

    def write(self, brief: Brief) -> Written:
        """One draft. Raises `Unavailable` when the model cannot be asked now or answers nothing usable."""
        ...

"""Ventures (the companies one deployment serves) and the people who work in them."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Venture(msgspec.Struct, frozen=True, kw_only=True):
    """One company: a hard wall around data, configuration, keys and people."""

    venture_id: int
    key: str
    name: str
    currency: str
    timezone: str
    created_us: int


class Role(StrEnum):
    """What a person may do (console.md, K1)."""

    chairman = "chairman"
    admin = "admin"
    lead = "lead"
    csm = "csm"
    viewer = "viewer"
    eva = "eva"


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A member of the team. `email` is unique within the venture, case ignored."""

    person_id: int
    name: str
    email: str
    role: Role
    created_us: int
    left_us: int | None = None

"""Accounts linked under a parent (Day one, 8): who belongs together, whatever circles a source states."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from hashlib import sha256

import msgspec

FAMILY = "family:"
"""Delivery of an alert that is told within the one of its family."""


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """One account of a family. `arr_cents` None: unknown (R5)."""

    customer_id: str
    parent_id: str | None = None
    name: str | None = None
    owner: str | None = None
    arr_cents: int | None = None


class Family(msgspec.Struct, frozen=True, kw_only=True):
    """The account at the top and everybody under it. `arr_cents`: of those whose ARR is known; `unknown`: how many are not."""

    root: str
    members: tuple[Member, ...]
    arr_cents: int | None
    unknown: int


def root_of(customer_id: str, parents: Mapping[str, str | None]) -> str:
    """The account at the top; of a circle the one that sorts first, so that all in it agree."""
    seen = [customer_id]
    while (above := parents.get(seen[-1])) is not None:
        if above in seen:
            return min(seen[seen.index(above) :])
        seen.append(above)
    return seen[-1]


def family_of(customer_id: str, accounts: Sequence[Member]) -> Family | None:
    """The family of a customer, by id; None where it is alone."""
    parents = {one.customer_id: one.parent_id for one in accounts}
    by_root: dict[str, list[Member]] = defaultdict(list)
    for one in accounts:
        by_root[root_of(one.customer_id, parents)].append(one)
    root = root_of(customer_id, parents)
    members = tuple(sorted(by_root[root], key=lambda one: one.customer_id))
    if len(members) < 2:
        return None
    known = [one.arr_cents for one in members if one.arr_cents is not None]
    return Family(root=root, members=members, arr_cents=sum(known) if known else None, unknown=len(members) - len(known))


def family_key(root: str) -> str:
    """What stands for a family in keys: nobody's id."""
    return sha256(root.encode()).hexdigest()[:16]

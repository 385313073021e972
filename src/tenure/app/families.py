"""A family of accounts as `tenure health show` says it."""

from __future__ import annotations

from typing import Any

from tenure.errors import NotFound
from tenure.ports.health import PublishedHealth
from tenure.rules.families import Family, Member


def family_document(found: Family, health: PublishedHealth, venture_id: int, currency: str) -> dict[str, Any]:
    """The top account, everybody under it with its published health, and the rolled-up ARR."""
    return {
        "parent": found.root,
        "arr_cents": found.arr_cents,
        "currency": currency,
        "accounts_without_arr": found.unknown,
        "accounts": [_account(one, health, venture_id) for one in found.members],
    }


def _account(one: Member, health: PublishedHealth, venture_id: int) -> dict[str, Any]:
    try:
        listed = health.get(venture_id, one.customer_id)
    except NotFound:  # churned or not scored yet
        score, status = None, None
    else:
        score, status = listed.score, listed.status.value
    return {
        "customer_id": one.customer_id, "name": one.name, "parent_id": one.parent_id, "owner": one.owner,
        "arr_cents": one.arr_cents, "score": score, "health_status": status,
    }  # fmt: skip

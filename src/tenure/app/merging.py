"""Merging duplicates everywhere (Day one, 8). Killed at any point, the same call again completes it.

    inbox -> store (what the loop knows follows, noted) -> warehouse (facts follow, noted) -> cards -> scores of both
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from tenure.app.standing import hold_of
from tenure.clock import iso
from tenure.errors import NotFound, Refused
from tenure.model.merges import Merge

if TYPE_CHECKING:
    from tenure.app.atwork import AtWork


def merge_here(work: AtWork, args: Mapping[str, Any]) -> dict[str, Any]:
    """The job behind `tenure customers merge`."""
    kept, duplicate, now_us = str(args["kept"]), str(args["duplicate"]), _drained(work, args)
    store, own = work.deployment.store, work.deployment.venture.venture_id
    stands = any((one.kept, one.duplicate) == (kept, duplicate) for one in store.merges.list(own))
    for customer_id in (kept,) if stands else (kept, duplicate):
        if not work.warehouse.knows(customer_id):
            raise NotFound(f"Nothing is known of the customer {customer_id}.", "`tenure health` lists them.")
    merge = store.merges.merge(own, kept, duplicate, by=str(args["by"]), why=str(args["why"]), now_us=now_us)
    facts = work.warehouse.merge_customers(merge.merge_id, kept, duplicate, work.deployment.mapping)
    return _settled(work, merge, facts, now_us)


def unmerge_here(work: AtWork, args: Mapping[str, Any]) -> dict[str, Any]:
    """The job behind `tenure customers unmerge`: facts first, so that asked again the store still knows of it."""
    duplicate, now_us = str(args["duplicate"]), _drained(work, args)
    store, own = work.deployment.store, work.deployment.venture.venture_id
    standing = store.merges.list(own)
    found = next((one for one in standing if one.duplicate == duplicate), None)
    if found is None:
        raise NotFound("No merge of this customer stands.", "`tenure customers merges` lists them.")
    if any(one.duplicate == found.kept for one in standing):
        raise Refused(f"{found.kept} was merged away itself.", f"First `tenure customers unmerge {found.kept}`.")
    facts = work.warehouse.unmerge_customers(found.merge_id, work.deployment.mapping)
    return _settled(work, store.merges.undo(own, duplicate, by=str(args["by"]), now_us=now_us), facts, now_us)


def refuse_merged(work: AtWork, customer_ids: list[str]) -> None:
    """Whoever was merged away is not erased alone: what was theirs is the kept customer's."""
    for one in work.deployment.store.merges.list(work.deployment.venture.venture_id):
        if one.duplicate in customer_ids and one.kept not in customer_ids:
            fix = f"Erase {one.kept}, or first `tenure customers unmerge {one.duplicate}`."
            raise Refused(f"{one.duplicate} was merged into {one.kept}.", fix)


def merge_document(one: Merge) -> dict[str, Any]:
    """One merge for `--json`."""
    return {
        "merge": one.merge_id,
        "kept": one.kept,
        "duplicate": one.duplicate,
        "stands": one.stands,
        "at": iso(one.at_us),
        "by": one.by,
        "why": one.why,
        "undone_at": None if one.undone_us is None else iso(one.undone_us),
        "undone_by": one.undone_by,
        "followed": one.moved,
    }


def _drained(work: AtWork, args: Mapping[str, Any]) -> int:
    """Nothing may wait: the move is computed over what is known."""
    now_us = max(int(args["now_us"]), work.warehouse.accumulated_to_us())
    work.scoring.drain(now_us)
    return now_us


def _settled(work: AtWork, merge: Merge, facts: int, now_us: int) -> dict[str, Any]:
    """Both are scored from their facts; before the first refresh there is nothing to score again, on hold not until it ends."""
    store, own = work.deployment.store, work.deployment.venture.venture_id
    store.cards.delete(own, [merge.kept, merge.duplicate])
    last = store.runs.last_published(own)
    scored = 0 if last is None or hold_of(work.deployment, now_us) is not None else work.scoring.refresh(max(now_us, last.as_of_us), touched_only=True).scored
    document: dict[str, Any] = msgspec.to_builtins(merge_document(merge))
    return document | {"facts_moved": facts, "scored": scored}

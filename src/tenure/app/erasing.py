"""Erasing customers everywhere (A29). Killed at any point, the same call again completes it.

    inbox -> warehouse (so that nothing waits) -> touches -> refused records -> published scores -> warehouse -> jobs -> merges

The warehouse comes after the store: only it knows which users are a customer's, and asked again it must still know.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tenure.app.jobdesk import Progress, no_progress
from tenure.app.merging import refuse_merged
from tenure.app.outreach import outreach_of

if TYPE_CHECKING:
    from tenure.app.atwork import AtWork
    from tenure.app.deployment import Deployment


def erase(deployment: Deployment, customer_ids: Sequence[str], now_us: int) -> dict[str, Any]:
    """Erase these customers and their users; returns the receipt, which names nobody."""
    asked = sorted(set(customer_ids))
    receipt: dict[str, Any] = deployment.jobs.run("erase", {"now_us": now_us, "customer_ids": asked})
    # the job may have been done elsewhere: then its row names them until now
    receipt["jobs"] += deployment.store.erasure.finished_jobs(deployment.venture.venture_id, asked)
    return {"asked": len(asked), **receipt}


def erase_here(work: AtWork, args: Mapping[str, Any], progress: Progress = no_progress) -> dict[str, Any]:
    """The job behind `tenure erase`."""
    warehouse, store = work.warehouse, work.deployment.store
    venture_id = work.deployment.venture.venture_id
    asked: list[str] = list(args["customer_ids"])
    refuse_merged(work, asked)
    customer_ids = sorted({*asked, *store.merges.into(venture_id, asked)})
    waiting = store.inbox.waiting(venture_id, warehouse.mark())[0]
    work.scoring.drain(max(int(args["now_us"]), warehouse.accumulated_to_us()))
    addresses = warehouse.addresses_of(customer_ids)
    forgotten = outreach_of(work.deployment).forget(customer_ids, now_us=int(args["now_us"]), addresses=addresses)
    # cards and profiles say what they are called: lists told to the team are searched for it before those go
    acts = store.erasure.acts(venture_id, customer_ids)
    store.cards.delete(venture_id, customer_ids)
    progress(0.3, "taking refused records and scores away")
    people = warehouse.people_of(customer_ids)
    refused = store.erasure.refused_records(venture_id, [*customer_ids, *people])
    scores = store.health.delete(venture_id, customer_ids)
    enrollments = store.enrollments.erase(venture_id, customer_ids)
    chains = store.executions.erase(venture_id, customer_ids)
    progress(0.6, "taking facts away")
    known = warehouse.erase_customers(customer_ids)
    merged = [one for one in customer_ids if one not in asked]
    jobs = store.erasure.finished_jobs(venture_id, merged)
    store.merges.forget(venture_id, customer_ids)  # last: asked again, only it knows who was merged into them
    found = {"known": known, "users": len(people), "scores": scores, "quarantine": refused, "inbox_moved_first": waiting}
    loop = {name: forgotten[name] for name in ("touches", "responses", "suppressed")}
    return found | loop | {"enrollments": enrollments, "chains": chains, "acts": acts, "jobs": jobs}

"""Erasing customers everywhere (A29). Killed at any point, the same call again completes it.

    inbox -> warehouse (so that nothing waits) -> touches -> refused records -> published scores -> words elsewhere -> report files
    -> warehouse -> jobs -> merges

The warehouse comes after the store and the files: only it knows which users are a customer's, what they are called and what
they said, and asked again it must still know.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tenure.app.jobdesk import Progress, no_progress
from tenure.app.merging import refuse_merged
from tenure.app.outreach import outreach_of
from tenure.rules.traces import Traces

if TYPE_CHECKING:
    from tenure.app.atwork import AtWork
    from tenure.app.deployment import Deployment

PAGES, PDF = (".html", ".json"), ".pdf"
"""Reports that can be looked into, and one that cannot."""


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
    traces = warehouse.words_of(customer_ids)
    words = store.erasure.words(venture_id, traces)
    told = store.erasure.jobs_with_words(venture_id, traces)
    reports = delete_reports(work.deployment.workspace.reports, traces)
    progress(0.6, "taking facts away")
    known = warehouse.erase_customers(customer_ids)
    merged = [one for one in customer_ids if one not in asked]
    jobs = told + store.erasure.finished_jobs(venture_id, merged)
    store.merges.forget(venture_id, customer_ids)  # last: asked again, only it knows who was merged into them
    found = {"known": known, "users": len(people), "scores": scores, "quarantine": refused, "inbox_moved_first": waiting}
    loop = {name: forgotten[name] for name in ("touches", "responses", "suppressed")}
    return found | loop | {"enrollments": enrollments, "chains": chains, "acts": acts, "jobs": jobs, "words": words, "reports": reports}


def delete_reports(folder: Path, traces: Traces) -> list[str]:
    """Delete rendered reports that may name or quote these people; returns the files' names.

    A PDF cannot be looked into: it goes with the page of the same name, and where there is none.
    """
    files = [one for one in sorted(folder.rglob("*")) if one.is_file() and one.suffix in (*PAGES, PDF)]
    pages = [one for one in files if one.suffix in PAGES]
    naming = {one for one in pages if traces.stand_in(one.read_text(encoding="utf-8", errors="replace"))}
    told = {one.with_suffix("") for one in naming}
    clean = {one.with_suffix("") for one in pages} - told
    gone = [one for one in files if one in naming or (one.suffix == PDF and one.with_suffix("") not in clean)]
    for one in gone:
        one.unlink(missing_ok=True)
    return [str(one.relative_to(folder)) for one in gone]

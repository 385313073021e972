"""Replies from the configured mailbox: looked at with every minute and every tick; a mailbox that is down stops nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from tenure.app.outside import Outside
from tenure.clock import iso
from tenure.errors import TenureError
from tenure.log import get_logger
from tenure.model.results import MetricResult
from tenure.services.tracking.mailbox import MailboxRead, MailboxReader

if TYPE_CHECKING:
    from tenure.app.deployment import Deployment

LOOK = "mailbox"
SECTION = "imap"
logger = get_logger(__name__)


def look_at_mailbox(deployment: Deployment, now_us: int) -> MailboxRead:
    """Take what came; how it went is kept where `tenure status` reads. Never raises."""
    if SECTION not in deployment.workspace.providers:
        return MailboxRead()
    try:
        found, problem = read_mailbox(deployment, now_us), ""
    except TenureError as failed:
        found, problem = MailboxRead(), failed.message
        logger.warning("mailbox", problem=problem)
    kept = mailbox_document(deployment) or {}
    document = {"read_at": kept.get("read_at") if problem else iso(now_us), "problem": problem}
    result = MetricResult(metric=LOOK, segment="", as_of_us=0, document=document, computed_us=now_us)
    deployment.store.results.put(deployment.venture.venture_id, [result])
    return found


def read_mailbox(deployment: Deployment, now_us: int) -> MailboxRead:
    """Raises `Unavailable` when it cannot be read, `NotFound` when its password is not stored."""
    outside = Outside(deployment)
    mailbox = outside.registry.mailbox()
    if mailbox is None:
        return MailboxRead()
    own, store = deployment.venture.venture_id, deployment.store
    return MailboxReader(own, mailbox, outside.inbound(), store.cursors).read(now_us)


def mailbox_document(deployment: Deployment) -> dict[str, Any] | None:
    """When it was last read, and what is wrong now; None where no mailbox was ever looked at."""
    found = deployment.store.results.latest(deployment.venture.venture_id, LOOK)
    return None if found is None else msgspec.convert(found.document, dict[str, Any])

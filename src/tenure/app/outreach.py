"""Outreach married to the store, and its documents as commands print them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from tenure.clock import iso
from tenure.model.touches import Touch, VerdictLine
from tenure.services.outreach import Outreach, OutreachStores, Ways
from tenure.services.outreach.rewriting import DRAFTED_BY, Rewriting

if TYPE_CHECKING:
    from tenure.app.deployment import Deployment
    from tenure.ports.store import Stores


def outreach_stores(store: Stores) -> OutreachStores:
    """The repositories outreach stands on."""
    return OutreachStores(
        touches=store.touches,
        gating=store.gating,
        outbox=store.outbox,
        responses=store.responses,
        consents=store.consents,
        suppressions=store.suppressions,
        cards=store.cards,
        controls=store.controls,
        people=store.people,
        stand_ins=store.stand_ins,
        intents=store.intents,
    )


def outreach_of(deployment: Deployment, ways: Ways | None = None) -> Outreach:
    """The outreach of a workspace; without `ways` everything but delivery."""
    venture = deployment.venture
    return Outreach(outreach_stores(deployment.store), venture.venture_id, venture.key, deployment.parameters.current, ways)


def rewriting_of(deployment: Deployment) -> Rewriting:
    """Drafts through the configured language model. Raises BadInput where none is configured."""
    from tenure.app.outside import Outside

    writer = Outside(deployment).registry.writer()
    return Rewriting(deployment.venture.venture_id, outreach_stores(deployment.store), writer)


def touch_document(touch: Touch) -> dict[str, Any]:
    """One row of `tenure touches --json`; the names are fixed."""
    return {
        "touch_id": touch.touch_id,
        "customer_id": touch.customer_id,
        "channel": touch.channel.value,
        "playbook": touch.playbook,
        "version": touch.version,
        "step": touch.step,
        "variant": touch.variant,
        "state": touch.state.value,
        "reason": touch.reason,
        "decided_at": iso(touch.decided_us),
        "due_at": iso(touch.due_us),
        "sent_at": None if touch.sent_us is None else iso(touch.sent_us),
        "customer_facing": touch.customer_facing,
        "cause": msgspec.to_builtins(touch.cause),
    }


def draft_document(touch: Touch, owner: str | None, lines: Sequence[VerdictLine] = ()) -> dict[str, Any]:
    """A draft with what it says, who approves it, until when, and what was said of it."""
    parts = {part: touch.content.get(part, "") for part in ("subject", "text", "html")} | {DRAFTED_BY: touch.content.get(DRAFTED_BY)}
    expires = {"expires_at": None if touch.next_attempt_us is None else iso(touch.next_attempt_us)}
    history = [{"at": iso(one.at_us), "gate": one.gate, "verdict": one.verdict, "reason": one.reason} for one in lines]
    return touch_document(touch) | {"owner": owner} | expires | parts | {"history": history}

"""How messages of a deployment leave: configured senders, signed links, and who writes when a customer has no owner."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tenure.app.outside import Outside
from tenure.app.playbooks import product_of
from tenure.services.outreach import TeamIdentity, Ways

if TYPE_CHECKING:
    from tenure.app.deployment import Deployment


@contextmanager
def ways_of(deployment: Deployment) -> Iterator[Ways]:
    """Senders as `[providers]` says (none: the twin), open for the block."""
    outside = Outside(deployment)
    product = product_of(deployment)
    try:
        yield Ways(outside.registry.senders(), outside.links, TeamIdentity(product.signature, product.reply_to))
    finally:
        outside.close()

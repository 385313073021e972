"""Outreach: gates, drafts, delivery and responses, over one ledger of touches."""

from tenure.services.outreach.context import OutreachStores, TeamIdentity
from tenure.services.outreach.service import Outreach

__all__ = ["Outreach", "OutreachStores", "TeamIdentity"]

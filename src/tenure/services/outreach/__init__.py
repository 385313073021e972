"""Outreach: gates, drafts, delivery and responses, over one ledger of touches."""

from tenure.services.outreach.carrying_out import OutreachActs
from tenure.services.outreach.context import OutreachStores, TeamIdentity
from tenure.services.outreach.delivering import Ways
from tenure.services.outreach.responding import Drawn, FactSign
from tenure.services.outreach.service import Outreach

__all__ = ["Drawn", "FactSign", "Outreach", "OutreachActs", "OutreachStores", "TeamIdentity", "Ways"]

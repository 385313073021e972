"""The CRM of a deployment: none where `crm_platform` is none (C1), else what answers for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenure.ports.crm import Crm
from tenure.testing.kept_crm_twin import KeptCrmTwin

if TYPE_CHECKING:
    from tenure.app.deployment import Deployment

FILE = "crm-twin.json"


def crm_of(deployment: Deployment) -> Crm | None:
    """The chosen platform; until a vendor's provider is configured its twin stands in, kept in the workspace."""
    if deployment.parameters.current().text("crm_platform") == "none":
        return None
    return KeptCrmTwin(deployment.workspace.state / FILE)

"""Vendors of a deployment that run things for us: those of its providers that can stop what they were handed (A21)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tenure.ports.handoffs import Vendor
from tenure.testing.flow_twin import FlowTwin

if TYPE_CHECKING:
    from tenure.app.deployment import Deployment

TWIN = "twin"
FILE = "flow-twin.json"


def vendors_of(deployment: Deployment) -> Mapping[str, Vendor]:
    """Until a vendor's provider is configured its twin stands in, kept in the workspace."""
    return {TWIN: FlowTwin(deployment.workspace.state / FILE)}

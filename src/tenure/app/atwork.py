"""What a job works on: a deployment while its warehouse is open, and the scores over both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tenure.app.deployment import Deployment
    from tenure.services.scoring import ScoringService
    from tenure.warehouse.warehouse import DuckWarehouse


@dataclass(frozen=True, slots=True)
class AtWork:
    """Holds only inside a job: the warehouse closes after it."""

    deployment: Deployment
    warehouse: DuckWarehouse
    scoring: ScoringService

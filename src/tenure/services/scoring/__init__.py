"""From accepted facts to published scores: the refresh, and what one customer's score says."""

from tenure.services.scoring.service import RefreshResult, ScoringService

__all__ = ["RefreshResult", "ScoringService"]

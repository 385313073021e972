"""Scorecards of the workspace's files: what publishing them would change, and publishing them."""

from tenure.services.scorecards.service import CardChange, ScorecardPlan, ScorecardService

__all__ = ["CardChange", "ScorecardPlan", "ScorecardService"]

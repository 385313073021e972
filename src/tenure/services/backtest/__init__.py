"""Does the score predict? Scores of the past against who left afterwards."""

from tenure.services.backtest.results import BacktestAsked, BacktestResult
from tenure.services.backtest.service import BacktestService

__all__ = ["BacktestAsked", "BacktestResult", "BacktestService"]

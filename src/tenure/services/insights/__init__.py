"""Metrics as use cases: names and arguments in, stable documents out."""

from tenure.services.insights.documents import to_json
from tenure.services.insights.openings import numbers_of
from tenure.services.insights.service import CUSTOMER_METRICS, METRICS, InsightsService
from tenure.services.insights.settings import metric_settings

__all__ = ["CUSTOMER_METRICS", "METRICS", "InsightsService", "metric_settings", "numbers_of", "to_json"]

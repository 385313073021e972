"""What helped: enrollments and what became of their customers, judged per playbook, version and variant."""

from tenure.services.effect.documents import effect_lines, effect_words
from tenure.services.effect.report import AgentMetric, CampaignReport, EffectReport
from tenure.services.effect.service import DEFAULT_DAYS, EffectService

__all__ = ["DEFAULT_DAYS", "AgentMetric", "CampaignReport", "EffectReport", "EffectService", "effect_lines", "effect_words"]

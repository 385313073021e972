"""What helped: campaigns judged from their cases, against the holdout, with money kept and money spent."""

from tenure.rules.effect.campaign import CampaignEffect, VariantEffect, campaign_effect
from tenure.rules.effect.case import Case, case_outcomes
from tenure.rules.effect.money import ValueKept, value_kept

__all__ = ["CampaignEffect", "Case", "ValueKept", "VariantEffect", "campaign_effect", "case_outcomes", "value_kept"]

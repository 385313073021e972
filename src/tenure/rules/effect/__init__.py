"""What helped: campaigns judged from their cases, against the holdout, with money kept and money spent."""

from tenure.rules.effect.campaign import CampaignEffect, Target, VariantEffect, campaign_effect
from tenure.rules.effect.case import CONVERSION_DAYS, Case, case_outcomes
from tenure.rules.effect.money import ValueKept, value_kept
from tenure.rules.effect.team import MemberEffect, Work, member_effects
from tenure.rules.effect.winning import winner
from tenure.rules.effect.wording import campaign_lines, difference_words, rate_words, value_words

__all__ = [
    "CONVERSION_DAYS",
    "CampaignEffect",
    "Case",
    "MemberEffect",
    "Target",
    "ValueKept",
    "VariantEffect",
    "Work",
    "campaign_effect",
    "campaign_lines",
    "case_outcomes",
    "difference_words",
    "member_effects",
    "rate_words",
    "value_kept",
    "value_words",
    "winner",
]

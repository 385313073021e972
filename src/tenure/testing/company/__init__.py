"""A simulated company whose true causes are known: `Company(CompanyPlan(seed=1))`."""

from tenure.testing.company.company import Company
from tenure.testing.company.facts import Facts, joined
from tenure.testing.company.plan import CompanyPlan
from tenure.testing.company.touches import TOUCH_KINDS, Reaction, Touch
from tenure.testing.company.truth import Ending, Inner, Truth

__all__ = [
    "TOUCH_KINDS",
    "Company",
    "CompanyPlan",
    "Ending",
    "Facts",
    "Inner",
    "Reaction",
    "Touch",
    "Truth",
    "joined",
]

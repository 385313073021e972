"""A simulated company whose true causes are known: `Company(CompanyPlan(seed=1))`."""

from tenure.testing.company.company import Company
from tenure.testing.company.facts import Facts, joined
from tenure.testing.company.mess import Delivery, Mess, deliver
from tenure.testing.company.plan import CompanyPlan
from tenure.testing.company.segment import segment_calls
from tenure.testing.company.touches import TOUCH_KINDS, Reaction, Touch
from tenure.testing.company.truth import Ending, Inner, Truth
from tenure.testing.company.writers import write_folder

__all__ = [
    "TOUCH_KINDS",
    "Company",
    "CompanyPlan",
    "Delivery",
    "Ending",
    "Facts",
    "Inner",
    "Mess",
    "Reaction",
    "Touch",
    "Truth",
    "deliver",
    "joined",
    "segment_calls",
    "write_folder",
]

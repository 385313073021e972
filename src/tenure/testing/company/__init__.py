"""A simulated company whose true causes are known.

Day by day, with help given on the way:

    company = Company(CompanyPlan(seed=1, customers=200))
    write_folder(company.past, folder)                       # the archive: coarse usage, all the rest complete
    for day in range(company.day, company.day + 90):
        facts = company.advance(day)                         # tables of customers, users, events, ...
        for customer_id in critical(facts):
            reactions = company.respond(customer_id, Touch("training", company.now_us))
    company.truth.saved()                                    # who is here only because of the help

In bulk: `write_folder(Company().history(180), folder, "csv", Mess(duplicates=0.01))`, or the same facts as
Segment calls: `segment_calls(facts)`. Assumptions: plan.py; causes and hazards: lives.py; effects: touches.py.
"""

from tenure.testing.company.company import Company
from tenure.testing.company.facts import Facts, joined
from tenure.testing.company.mess import Courier, Delivery, Mess, deliver
from tenure.testing.company.plan import CompanyPlan
from tenure.testing.company.segment import segment_calls
from tenure.testing.company.touches import TOUCH_KINDS, Reaction, Touch
from tenure.testing.company.truth import Ending, Inner, Truth
from tenure.testing.company.writers import write_folder

__all__ = [
    "TOUCH_KINDS",
    "Company",
    "CompanyPlan",
    "Courier",
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

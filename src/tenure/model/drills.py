"""C3: the mock customer of the escalation drill. What names it is marked as a drill and counts in no metric."""

from __future__ import annotations

MOCK_CUSTOMER = "tenure-drill"
"""It is no customer of the warehouse and has no contact: nothing can reach anybody."""
MARK = "Drill: "
"""How every title of a drill begins."""


def is_drill(customer_id: str | None) -> bool:
    """Whether an alert, task or decision about this customer is of a drill."""
    return customer_id == MOCK_CUSTOMER

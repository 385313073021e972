"""One day goes wrong: the helpdesk's export hands half of the customers a pile of old tickets as open. The next day it is mended.

Scores fall all over at once, which is a broken pipe and no behaviour: automation has to stop by itself (A4).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from tenure.clock import HOUR_US
from tenure.testing.company import Facts
from tenure.testing.company.facts import CHANGED_AT, SCHEMAS

TICKETS_EACH = 6
SHARE = 0.45
CAUSE = "The helpdesk's export was run against its archive: solved tickets came in as open ones."
FIX = "The export is limited to tickets changed since yesterday, and its rows of that day were delivered again as solved."


def spoiled(facts: Facts, customer_ids: Sequence[str], at_us: int) -> Facts:
    """The day's facts with the tickets that never were open."""
    return _with_tickets(facts, customer_ids, at_us, None)


def mended(facts: Facts, customer_ids: Sequence[str], at_us: int, solved_us: int) -> Facts:
    """The next day's facts with the same tickets as they are."""
    return _with_tickets(facts, customer_ids, at_us, solved_us)


def chosen(customer_ids: Sequence[str]) -> list[str]:
    """Whose tickets they are: a fixed share of the customers."""
    ordered = sorted(customer_ids)
    return ordered[: int(len(ordered) * SHARE)]


def _with_tickets(facts: Facts, customer_ids: Sequence[str], at_us: int, solved_us: int | None) -> Facts:
    rows: list[dict[str, Any]] = [
        {
            "ticket_id": f"arch_{customer_id}_{number}",
            "customer_id": customer_id,
            "status": "open" if solved_us is None else "solved",
            "created_at": at_us + 9 * HOUR_US,
            "resolved_at": solved_us,
            "priority": "normal",
            "subject": "Question about an export",
            "category": "how-to",
            "satisfaction": None,
            CHANGED_AT: at_us + 9 * HOUR_US if solved_us is None else solved_us,
        }
        for customer_id in customer_ids
        for number in range(TICKETS_EACH)
    ]
    more = pa.Table.from_pylist(rows, schema=SCHEMAS["tickets"])
    return Facts({**facts.tables, "tickets": pa.concat_tables([facts["tickets"], more])})

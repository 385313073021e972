"""Was this useful (Day one, 14): thumbs up or down with a word, on an alert, a reason of a score, or a draft."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Subject(StrEnum):
    """What is judged. `ref`: the number of an alert or draft; of a reason the customer and the measure."""

    alert = "alert"
    reason = "reason"
    draft = "draft"


class UsefulMark(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The last word of one person on one thing. `kind`: of an alert, the measure of a reason, the playbook of a draft."""

    subject: Subject
    ref: str
    kind: str
    is_useful: bool
    by: str
    via: str
    at_us: int
    word: str = ""
    customer_id: str | None = None

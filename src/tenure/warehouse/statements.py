"""Statements at a time: which of them count, and what they say together, field by field."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import ibis
import ibis.expr.types as ir

from tenure.warehouse.words import latest


def effective(statements: ir.Table, subject: str, now_us: int) -> ir.Table:
    """The statements that count at `now_us`, numbered 0, 1, 2, ... per subject in the column `n`.

    Those stated before now; where a subject has none, its earliest is used backwards, so that a file imported today
    describes the past. Order is (stated time, seq).
    """
    order = ibis.window(group_by=subject, order_by=["at_us", "seq"])
    numbered = statements.mutate(n=ibis.row_number().over(order))
    return numbered.filter((numbered.at_us < now_us) | (numbered.n == 0))


def folded(counted: ir.Table, fields: Iterable[str]) -> dict[str, Any]:
    """For each field the last value stated: aggregates for a grouping of `effective` rows by subject."""
    return {name: latest(counted[name], counted.n) for name in fields}

"""Statements at a time: which of them count, and what they say together, field by field."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import ibis
import ibis.expr.types as ir

from tenure.warehouse.words import latest


def numbered(statements: ir.Table, subject: str) -> ir.Table:
    """All statements with 0, 1, 2, ... per subject in the column `n`; order is (stated time, seq)."""
    order = ibis.window(group_by=subject, order_by=["at_us", "seq"])
    return statements.mutate(n=ibis.row_number().over(order))


def effective(statements: ir.Table, subject: str, now_us: int) -> ir.Table:
    """The statements that count at `now_us`, `numbered`.

    Those stated before now; where a subject has none, its earliest is used backwards, so that a file imported today
    describes the past.
    """
    found = numbered(statements, subject)
    return found.filter((found.at_us < now_us) | (found.n == 0))


def apart(statements: ir.Table, subject: str) -> tuple[ir.Table, ir.Table]:
    """Statements of subjects of whom one was made, and of those of whom several were.

    Most subjects are stated once: they need no ordering and no folding, which is most of the work.
    """
    made = statements.group_by(subject).agg(made=statements.count())
    several = made.filter(made.made > 1)
    return statements.anti_join(several, subject), statements.semi_join(several, subject)


def fold(
    statements: ir.Table, subject: str, fields: Iterable[str], now_us: int, **more: Callable[[ir.Table, Any], Any]
) -> ir.Table:
    """subject, first_stated_us and the last value said of each field, of every subject.

    Args:
        statements: of any subjects.
        subject: the column that tells them apart.
        fields: columns to fold.
        now_us: decides which statements count.
        more: further columns: given a table and what picks the last value of a column of it.
    """
    names = list(fields)
    single, several = apart(statements, subject)
    alone = single.select(
        subject,
        *names,
        first_stated_us=single.at_us,
        **{name: make(single, lambda column: column) for name, make in more.items()},
    )
    counted = effective(several, subject, now_us)
    last = partial(latest, order=counted.n)
    together = counted.group_by(subject).agg(
        first_stated_us=counted.at_us.min(),
        **folded(counted, names),
        **{name: make(counted, last) for name, make in more.items()},
    )
    return ibis.union(alone, together.select(*alone.columns), distinct=False)


def narrow_effective(statements: ir.Table, subject: str, columns: Iterable[str], now_us: int | None) -> ir.Table:
    """`effective` (all of them where now is None) with few columns, without ordering those who need none."""
    single, several = apart(statements.select(subject, "at_us", "seq", *columns), subject)
    alone = single.mutate(n=ibis.literal(0, type="int64"))
    others = numbered(several, subject) if now_us is None else effective(several, subject, now_us)
    return ibis.union(alone, others.select(*alone.columns), distinct=False)


def folded(counted: ir.Table, fields: Iterable[str]) -> dict[str, Any]:
    """For each field the last value stated: aggregates for a grouping of `effective` rows by subject."""
    return {name: latest(counted[name], counted.n) for name in fields}

"""When something runs and when it has ended: spells of customers (P4) and states of tickets (M4), by one rule.

`tenure.rules.lifecycle` says the same for one subject in plain Python; a test holds both equal.

A statement *ends* its subject when its status says so or it names an end date; it says the subject is *on* when it
states a running status without a date. Statements between two "on again" form a run. A run's end is its last stated
date, else the time of the first statement that said so. "On again" starts a new spell when the run before it had an
end; said before a planned end, it takes that end back.
"""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir

from tenure.warehouse.words import latest


def yes(condition: Any) -> Any:
    """The condition with unknown as no."""
    return ibis.coalesce(condition, ibis.literal(False))


def statement_marks(counted: ir.Table, subject: str) -> ir.Table:
    """Marks (subject, at_us, is_end, is_first) of counted statements.

    `counted` has: subject, n, at_us, is_ended boolean? (what its status says; null without status), is_strong
    boolean (its status by itself means "on"), end_us int64? (a stated end date).
    """
    ever_ended = counted.filter(yes(counted.is_ended) | counted.end_us.notnull()).select(subject).distinct()
    runs = _runs(_judged(counted.semi_join(ever_ended, subject), subject), subject)
    ends = runs.filter(runs.has_end & ~runs.is_revoked).select(subject, at_us=runs.end_at_us, is_end=ibis.literal(True))
    starts = runs.filter(runs.follows_end & runs.started_us.notnull()).select(
        subject, at_us=runs.started_us, is_end=ibis.literal(False)
    )
    return ibis.union(ends, starts, distinct=False).mutate(is_first=ibis.literal(False))


def _judged(counted: ir.Table, subject: str) -> ir.Table:
    """Each statement as "on", as an end, or as neither, and the run it belongs to."""
    before = ibis.window(group_by=subject, order_by="n", preceding=(None, 1))
    so_far = ibis.window(group_by=subject, order_by="n", preceding=None, following=0)
    told = counted.mutate(was_ended=_last_known(counted, before))
    says_date = told.end_us.notnull()
    says_on = yes(~told.is_ended)
    was_ended = yes(told.was_ended)
    is_on = says_on & (
        (~says_date & (told.is_strong | was_ended)) | (says_date & was_ended & yes(told.end_us < told.at_us))
    )
    judged = told.mutate(is_on=is_on)
    judged = judged.mutate(is_end=~judged.is_on & (yes(judged.is_ended) | judged.end_us.notnull()))
    return judged.mutate(run=judged.is_on.cast("int64").sum().over(so_far))


def _last_known(counted: ir.Table, window: Any) -> Any:
    """The last `is_ended` that is not null: of whole numbers in order, so that no engine's way with nulls matters."""
    in_order = ibis.ifelse(counted.is_ended.notnull(), counted.n * 2 + counted.is_ended.cast("int64"), ibis.null("int64"))
    return in_order.max().over(window) % 2 == 1


def _runs(judged: ir.Table, subject: str) -> ir.Table:
    """One row per run: its end, whether the next run took it back, whether the run before had one."""
    is_date = judged.is_end & judged.end_us.notnull()
    runs = judged.group_by([subject, "run"]).agg(
        started_us=judged.at_us.min(where=judged.is_on),
        starts_strong=yes((judged.is_on & judged.is_strong).any()),
        has_end=judged.is_end.any(),
        date_us=latest(ibis.ifelse(is_date, judged.end_us, ibis.null("int64")), judged.n),
        first_end_us=judged.at_us.min(where=judged.is_end),
    )
    said_us = ibis.coalesce(runs.date_us, runs.first_end_us)
    runs = runs.mutate(end_at_us=ibis.ifelse(yes(runs.started_us > said_us), runs.started_us, said_us))
    order = ibis.window(group_by=subject, order_by="run")
    runs = runs.mutate(
        next_started_us=runs.started_us.lead().over(order),
        next_strong=runs.starts_strong.lead().over(order),
        follows_end=yes(runs.has_end.lag().over(order)),
    )
    return runs.mutate(is_revoked=yes(runs.next_strong & (runs.next_started_us <= runs.end_at_us)))


def spells(marks: ir.Table, subject: str) -> ir.Table:
    """first_ended_us, last_started_us, last_ended_us per subject: what is left of marks that change anything.

    `last_ended_us` is null while the subject runs; `last_started_us` is null in the first spell. An end and a start
    at the same moment cancel out, but not a first start: what both began and ended then is over. A planned end counts
    here; whether it has come is the reader's question.
    """
    moments = marks.group_by([subject, "at_us"]).agg(
        ends=marks.is_end.any(), starts=(~marks.is_end).any(), returns=(~marks.is_end & ~marks.is_first).any()
    )
    single = moments.filter((moments.ends != moments.starts) | ~moments.returns)
    order = ibis.window(group_by=subject, order_by="at_us")
    told = single.mutate(was_end=ibis.coalesce(single.ends.lag().over(order), ibis.literal(False)))
    changes = told.filter(told.ends != told.was_end)
    grouped = changes.group_by(subject).agg(
        first_ended_us=changes.at_us.min(where=changes.ends),
        last_started_us=changes.at_us.max(where=~changes.ends),
        ended_us=changes.at_us.max(where=changes.ends),
    )
    is_over = yes(grouped.ended_us > grouped.last_started_us) | grouped.last_started_us.isnull()
    return grouped.select(
        subject,
        "first_ended_us",
        "last_started_us",
        last_ended_us=ibis.ifelse(is_over, grouped.ended_us, ibis.null("int64")),
    )

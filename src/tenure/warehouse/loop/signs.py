"""What customers did lately, as far as it may answer a touch: surveys, tickets, logins and core features."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir
import msgspec

from tenure.clock import day_of
from tenure.warehouse.engine import Engine
from tenure.warehouse.loop.holding import ViewAt
from tenure.warehouse.loop.subjects import keys_of
from tenure.warehouse.scoring.scratch import Scratch
from tenure.warehouse.view import FactsView


class Sign(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One of them. `kind` is survey_answered, ticket_reply, login or key_event; `sign_id` names it for ever."""

    kind: str
    sign_id: str
    customer_id: str
    occurred_us: int
    survey: str | None = None
    score: int | None = None
    comment: str | None = None


def signs_since(
    engine: Engine, view_at: ViewAt, logins: Sequence[str], customer_ids: Sequence[str], since_us: int, now_us: int
) -> list[Sign]:
    """Signs of these customers dated since_us <= t < now_us, oldest first; usage counts once a day."""
    if not customer_ids:
        return []
    scratch = Scratch(engine)
    try:
        view = view_at(now_us, keys_of(scratch, customer_ids))
        ids = view.customers().select("customer_key", "customer_id")
        parts = [_answers(view, since_us), _tickets(view, since_us), _usage(view, logins, since_us), _features(view, since_us)]
        found = ibis.union(*parts).inner_join(ids, "customer_key").drop("customer_key").to_pyarrow().to_pylist()
        return sorted((Sign(**row) for row in found), key=lambda one: (one.occurred_us, one.sign_id))
    finally:
        scratch.forget()


def _row(table: ir.Table, kind: str, at: ir.Value, named: ir.Value, **more: ir.Value) -> ir.Table:
    nothing = {
        "survey": ibis.null("string"),
        "score": ibis.null("int64"),
        "comment": ibis.null("string"),
    }
    sign_id = ibis.literal(f"{kind}:") + table.customer_key.cast("string") + ":" + named.cast("string")
    return table.select("customer_key", kind=ibis.literal(kind), sign_id=sign_id, occurred_us=at.cast("int64"), **(nothing | more))


def _answers(view: FactsView, since_us: int) -> ir.Table:
    table = view.answers()
    table = table.filter(table.answered_us >= since_us)
    named = table.survey + ":" + table.answered_us.cast("string")
    told = {"survey": table.survey, "score": table.score.cast("int64"), "comment": table.comment}
    return _row(table, "survey_answered", table.answered_us, named, **told)


def _tickets(view: FactsView, since_us: int) -> ir.Table:
    """A ticket opened is the customer speaking to us; its later changes may be ours."""
    table = view.tickets()
    table = table.filter(table.created_us >= since_us)
    return _row(table, "ticket_reply", table.created_us, table.created_us)


def _usage(view: FactsView, logins: Sequence[str], since_us: int) -> ir.Table:
    table = view.activity(list(logins), day_of(since_us))
    days = table.group_by("customer_key", "day").agg(last_us=table.last_us.max())
    return _row(days, "login", days.last_us, days.day)


def _features(view: FactsView, since_us: int) -> ir.Table:
    table = view.features()
    table = table.filter(table.first_us >= since_us)
    return _row(table, "key_event", table.first_us, table.feature)

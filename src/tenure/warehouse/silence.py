"""Leaving by silence (P1): where no subscription facts exist at all, so many days without a login are churn.

`tenure.rules.silence` says the same for one customer; a test holds both equal.
"""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir

from tenure.clock import DAY_US
from tenure.model.mapping import FactMapping
from tenure.rules.silence import Silence
from tenure.warehouse.derivation import Facts, is_empty, name_keys, only
from tenure.warehouse.engine import Engine
from tenure.warehouse.lifecycle import yes

STATUSES_OF_SUBSCRIPTIONS = ("paused", "cancelling", "churned")
DATES_OF_SUBSCRIPTIONS = ("renewal_us", "term_days", "cancel_requested_us", "churned_us")


def silence_of(facts: Facts, now_us: int, mapping: FactMapping) -> Silence | None:
    """What silence means at now; None where it means nothing: a subscription says who left, or nobody logs in at all."""
    if has_subscription_facts(facts, now_us):
        return None
    heard_from_us = _first_login_us(facts, now_us, mapping)
    if heard_from_us is None:
        return None
    return Silence(inactive_days=mapping.churn_inactive_days, heard_from_us=heard_from_us)


def has_subscription_facts(facts: Facts, now_us: int) -> bool:
    """A movement before now, or a record of any customer that speaks of a subscription: its money, term or end.

    Statements describe the past too and always count.
    """
    if not is_empty(facts.engine, facts.before("movements", now_us)):
        return True
    said = facts.table("customer_statements")
    speaks: Any = said.status.isin(STATUSES_OF_SUBSCRIPTIONS) | yes(said.arr_cents > 0)
    for column in DATES_OF_SUBSCRIPTIONS:
        speaks = speaks | said[column].notnull()
    return not is_empty(facts.engine, said.filter(yes(speaks)))


def _first_login_us(facts: Facts, now_us: int, mapping: FactMapping) -> int | None:
    logins = only(facts.before("events", now_us), "name_key", name_keys(facts.engine, mapping.login_names))
    found = facts.engine.run(facts.engine.sql(logins.agg(first_us=logins.at_us.min())))[0][0]
    return None if found is None else int(found)


def breaks(customers: ir.Table, logins: ir.Table, silence: Silence, now_us: int) -> ir.Table:
    """customer_key, first_ended_us, last_started_us, last_ended_us of those who ever fell silent for too long.

    Args:
        customers: of a view, before silence is looked at; a trial that ends unpaid is never churn (P3).
        logins: `activity` of the login names, of these customers.
        silence: of the venture.
        now_us: a limit that lies before it has passed.
    """
    here = customers.filter(customers.status != "trial")
    started = here.select("customer_key", at_us=ibis.greatest(here.created_us, silence.heard_from_us).cast("int64"))
    by_day = logins.group_by(["customer_key", "day"]).agg(last_us=logins.last_us.max())
    joined = by_day.inner_join(started, "customer_key").filter(ibis._.last_us >= ibis._.at_us)
    moments = ibis.union(started, joined.select("customer_key", at_us="last_us"), distinct=False)
    order = ibis.window(group_by="customer_key", order_by="at_us")
    told = moments.mutate(next_us=moments.at_us.lead().over(order), limit_us=moments.at_us + silence.inactive_days * DAY_US)
    is_open = told.next_us.isnull()
    has_passed = ibis.ifelse(is_open, told.limit_us < now_us, told.next_us // DAY_US > told.limit_us // DAY_US)
    ended = told.mutate(is_open=is_open).filter(has_passed)
    grouped = ended.group_by("customer_key").agg(
        first_ended_us=ended.limit_us.min(),
        last_started_us=(ended.next_us.max() // DAY_US * DAY_US).cast("int64"),
        last_ended_us=ended.limit_us.max(where=ended.is_open),
    )
    return grouped.rename(of_breaks="customer_key")


def customers_with(customers: ir.Table, found: ir.Table) -> ir.Table:
    """The table `customers()` of a view, with what silence says."""
    joined = customers.left_join(found, customers.customer_key == found.of_breaks)
    has_left = joined.last_ended_us.notnull()
    return joined.mutate(
        status=ibis.ifelse(has_left, ibis.literal("churned"), joined.status),
        churned_us=ibis.coalesce(joined.churned_us, joined.last_ended_us),
        spell_started_us=ibis.coalesce(joined.last_started_us, joined.spell_started_us),
        is_scored=joined.is_scored & ~has_left,
    ).select(*customers.columns)


def first_spells_with(spells: ir.Table, found: ir.Table) -> ir.Table:
    """The table `first_spells()` of a view, with what silence says."""
    silent = found.select("of_breaks", silent_us="first_ended_us")
    joined = spells.left_join(silent, spells.customer_key == silent.of_breaks)
    return joined.mutate(first_ended_us=ibis.coalesce(joined.first_ended_us, joined.silent_us)).select(*spells.columns)


def keep_of_batch(engine: Engine, found: ir.Table, batch: int) -> ir.Table:
    """Computed once for the views of the present, which a next batch ends: tables of other batches are dropped."""
    mine = f"silence_of_batch_{batch}"
    for (name,) in engine.run("SELECT table_name FROM duckdb_tables() WHERE temporary AND table_name LIKE 'silence_of_batch_%'"):
        if not str(name).startswith(f"{mine}_"):
            engine.forget([str(name)])
    return engine.keep(found, mine)

"""A view of the facts at a time: what happened before `now`, as far as was known. Every question reads through it.

Two implementations give the same tables: `FullView` derives them from the fact tables (any `now`, any `known`),
`AccumulatedView` reads what the drains maintained (only for the present). Measures, retention, revenue and survival
are written once, as Ibis expressions over these tables. A property test holds the two equal.

Windows are whole UTC days: "the last N days" are the days `now_day - N + 1 .. now_day`, of which the last is cut at `now`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

import ibis.expr.types as ir

from tenure.model.mapping import FactMapping


class FactsView(Protocol):
    """Integer keys (int32) stand for customers, users and event names; times in us, days in whole UTC days.

    A user who is their own customer has the same key in both roles. Statements count when stated before now; where a
    subject has none before now, its earliest describes the past too. Identity is the present one at any time: the
    latest place of a user, and every alias, hold for the past as well.
    """

    now_us: int
    """Only facts dated before this exist."""
    known_batch: int
    """Only facts of this batch or an earlier one exist."""
    mapping: FactMapping

    def customers(self) -> ir.Table:
        """One row per customer created before now.

        customer_key, customer_id string, created_us int64, spell_started_us int64 (start of the current
        spell, P4), status string (trial | active | cancelling | paused | churned as of now, from dates where there
        are any: a churn date in the future has not happened; P1-P3), churned_us int64? (end of the current spell
        when churned), cancel_requested_us int64?, first_paid_us int64?, onboarded_us int64?, renewal_us int64?,
        term_days int64?, arr_cents int64? (stated ARR, else 12 x current monthly amount, else null: R5),
        monthly_cents int64 (sum of the movements so far), name, email, plan, currency, industry, owner, timezone,
        language, phone, primary_contact, parent_id string?, goals string? (JSON), seats int64?, internal boolean, implicit boolean
        (known only from other facts), is_scored boolean (scored at now: not internal, not churned), traits string? (JSON).
        """
        ...

    def nameless_customers(self) -> ir.Table:
        """The same without customer_id, for whoever needs none: a million texts are not looked up."""
        ...

    def first_spells(self) -> ir.Table:
        """customer_key, first_started_us, first_ended_us int64? (null: the first spell still runs): every customer's
        first spell (P4), what survival and churn are counted on."""
        ...

    def activity(self, names: Sequence[str] | None = None, from_day: int | None = None) -> ir.Table:
        """customer_key, name_key, day int32, n int64, last_us int64: one row per customer, name and day."""
        ...

    def last_seen(self, names: Sequence[str] | None = None) -> ir.Table:
        """customer_key, first_us, last_us, n: over all events with these names (None: every event)."""
        ...

    def user_days(self, from_day: int) -> ir.Table:
        """customer_key, user_key, day int32: days on which a user did anything (aliases are one user)."""
        ...

    def features(self) -> ir.Table:
        """customer_key, feature string, first_us, last_us, n: adopted features (M5 is the caller's business)."""
        ...

    def tickets(self) -> ir.Table:
        """customer_key, ticket_key, created_us, state string (at now, M4), resolved_us?, first_reply_us?,
        priority?, category?, subject? string, satisfaction_hundredths int64?: tickets created before now."""
        ...

    def movements(self) -> ir.Table:
        """customer_key, occurred_us, kind string, delta_cents int64 (signed; a churn without amount takes all
        that was left), plan?, invoice_state? string, currency? string, seq (ties of occurred_us are in order of seq)."""
        ...

    def answers(self) -> ir.Table:
        """customer_key, user_key?, survey string, score int64, answered_us, comment?."""
        ...

    def names(self) -> ir.Table:
        """name_key, name string: event names."""
        ...

    def users(self) -> ir.Table:
        """user_key, user_id string, customer_key (now), role?, name?, email?, consent? string, created_us?, deactivated_us?:
        everybody a statement was made about, aliases joined into one."""
        ...

    def connected(self) -> frozenset[str]:
        """Kinds (plural) of which at least one fact exists: a source never connected is not covered (M4)."""
        ...


@runtime_checkable
class Counted(Protocol):
    """A view whose `nameless_customers` have some inputs of scores and some fields of the loop beside the record, by column."""

    inputs_beside: Mapping[str, str]
    fields_beside: Mapping[str, str]

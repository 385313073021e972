"""The import rehearsal (decisions.md, Day one 15): what was understood, what is missing, and what each gap costs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from tenure.clock import DAY_US, iso
from tenure.model.mapping import FactMapping
from tenure.ports.rehearsal import FactsSummary


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """Something the facts do not say. `affected` of `total` records lack it; all three texts are whole sentences."""

    name: str
    missing: str
    cost: str
    fix: str
    affected: int
    total: int

    @property
    def is_complete(self) -> bool:
        """Whether nobody has it at all."""
        return self.affected >= self.total


class Rehearsal(msgspec.Struct, frozen=True, kw_only=True):
    """What the facts can carry before any score is believed."""

    understood: tuple[str, ...]
    gaps: tuple[Gap, ...]


def rehearse(seen: FactsSummary, mapping: FactMapping, known: FactsSummary | None = None) -> Rehearsal:
    """Judge the facts an import saw, together with what the warehouse knows already (`known`, by its own port)."""
    facts = seen if known is None else combined(seen, known)
    found = (look(facts, mapping) for look in _LOOKS)
    return Rehearsal(understood=_understood(facts, mapping), gaps=tuple(gap for gap in found if gap is not None))


def combined(seen: FactsSummary, known: FactsSummary) -> FactsSummary:
    """The larger of each count (an import not drained yet is not in the warehouse, a drained one is in both)."""
    both: dict[str, Any] = {}
    for name in FactsSummary.__struct_fields__:
        pair = [value for value in (getattr(seen, name), getattr(known, name)) if value is not None]
        pick = min if name == "first_event_us" else max
        both[name] = pick(pair) if pair else None
    return FactsSummary(**both)


def _understood(facts: FactsSummary, mapping: FactMapping) -> tuple[str, ...]:
    counts = {
        "customers": facts.customers, "users": facts.users, "events": facts.events, "tickets": facts.tickets,
        "revenue movements": facts.movements, "survey answers": facts.answers,
    }  # fmt: skip
    said = [f"Understood: {', '.join(f'{count:,} {name}' for name, count in counts.items() if count) or 'nothing'}."]
    if facts.first_event_us is not None and facts.last_event_us is not None:
        days = (facts.last_event_us - facts.first_event_us) // DAY_US + 1
        said.append(f"Events cover {days:,} days, from {iso(facts.first_event_us)[:10]} to {iso(facts.last_event_us)[:10]}.")
    if facts.logins:
        said.append(f"{facts.logins:,} events count as logins ({', '.join(mapping.login_names[:5])}{', ...' if len(mapping.login_names) > 5 else ''}).")
    if facts.events_with_feature:
        said.append(f"{facts.events_with_feature:,} events adopt a feature.")
    if facts.customers_churned:
        said.append(f"{facts.customers_churned:,} customers are recorded as churned.")
    return tuple(said)


def _gap(name: str, affected: int, total: int, missing: str, cost: str, fix: str) -> Gap:
    return Gap(name=name, affected=affected, total=total, missing=missing, cost=cost, fix=fix)


def _everyone(facts: FactsSummary) -> int:
    return facts.customers + (facts.customers_known_only_from_other_facts or 0)


def _no_customers(facts: FactsSummary, mapping: FactMapping) -> Gap | None:
    if facts.customers:
        return None
    return _gap(
        "no_customers", _everyone(facts), _everyone(facts),
        "No customer records were found.",
        "Customers exist only through their events: no sign-up date, plan, owner or churn, so no cohorts, retention or survival.",
        "Import customers (customer_id, created_at, status).",
    )  # fmt: skip


def _unknown_customers(facts: FactsSummary, mapping: FactMapping) -> Gap | None:
    unknown = facts.customers_known_only_from_other_facts or 0
    if not unknown or not facts.customers:
        return None
    return _gap(
        "unknown_customers", unknown, _everyone(facts),
        f"{unknown:,} customers appear in events, tickets, revenue or users, but in no customer record.",
        "They are scored from their first fact on, without name, plan, owner or churn; ids that differ between systems count one company twice.",
        "Add them to customers, or map the same id in every source.",
    )  # fmt: skip


def _no_events(facts: FactsSummary, mapping: FactMapping) -> Gap | None:
    if facts.events:
        return None
    return _gap(
        "no_events", _everyone(facts), _everyone(facts),
        "No usage events were found.",
        "Engagement and value (70 of 100 points by default) are 0 for everybody: no score can be believed.",
        "Import events (user_id or customer_id, event, timestamp), or point a Segment-compatible client at Tenure.",
    )  # fmt: skip


def _no_logins(facts: FactsSummary, mapping: FactMapping) -> Gap | None:
    if not facts.events or facts.logins or facts.logins is None:
        return None
    return _gap(
        "no_logins", _everyone(facts), _everyone(facts),
        f"No event is named {' or '.join(mapping.login_names)}, so nothing counts as a login.",
        "Engagement (40 of 100 points by default) is 0 for everybody, and login-based retention has no answer.",
        "Name your login events in tenure.toml: [facts] login_names.",
    )  # fmt: skip


def _no_features(facts: FactsSummary, mapping: FactMapping) -> Gap | None:
    if not facts.events or facts.events_with_feature or facts.events_with_feature is None:
        return None
    return _gap(
        "no_features", _everyone(facts), _everyone(facts),
        "No event adopts a feature.",
        "Value (30 of 100 points by default) is 0 for everybody, and first value falls back to the fifth active day.",
        "Say which events are features in tenure.toml: [facts] feature_rules.",
    )  # fmt: skip


def _silent_customers(facts: FactsSummary, mapping: FactMapping) -> Gap | None:
    active = facts.customers_with_events
    if active is None or not facts.events or facts.users_without_customer or facts.users or active >= facts.customers:
        return None
    silent = facts.customers - active
    return _gap(
        "customers_without_events", silent, facts.customers,
        f"{silent:,} of {facts.customers:,} customers have no event at all.",
        "They score 0 for engagement and value: right if they never came, wrong if their events carry another id.",
        "Compare the ids of a few of them in both files.",
    )  # fmt: skip


def _lone_users(facts: FactsSummary, mapping: FactMapping) -> Gap | None:
    lone = facts.users_without_customer or 0
    if not lone:
        return None
    return _gap(
        "users_without_customer", lone, max(lone, facts.users),
        f"{lone:,} users have events or records but belong to no customer.",
        "Each of them counts as a customer of its own: right when you sell to persons, wrong when you sell to companies.",
        "Import users with their customer_id, or map customer_id in events.",
    )  # fmt: skip


def _lacking(
    name: str, count: Callable[[FactsSummary], int | None], what: str, cost: str, fix: str
) -> Callable[[FactsSummary, FactMapping], Gap | None]:
    def look(facts: FactsSummary, mapping: FactMapping) -> Gap | None:
        having = count(facts)
        if having is None or not facts.customers or having >= facts.customers:
            return None
        lacking = facts.customers - having
        who = "No customer has" if not having else f"{lacking:,} of {facts.customers:,} customers have no"
        return _gap(name, lacking, facts.customers, f"{who} {what}.", cost, fix)

    return look


def _with_money(facts: FactsSummary) -> int | None:
    """Movements give an ARR too (12 x the current monthly amount, R5)."""
    return facts.customers if facts.movements else facts.customers_with_arr


def _no_churn(facts: FactsSummary, mapping: FactMapping) -> Gap | None:
    if not facts.customers or facts.customers_churned or facts.customers_churned is None or facts.movements:
        return None
    return _gap(
        "no_churn_dates", facts.customers, facts.customers,
        "Nobody is recorded as churned: no churn date, no status churned, no subscription that ended.",
        "Only silence can tell: 90 days without login count as churn (P1), and survival and churn rates rest on that.",
        "Map churned_at or status, or import revenue.",
    )  # fmt: skip


def _no_revenue(facts: FactsSummary, mapping: FactMapping) -> Gap | None:
    if facts.movements or not _everyone(facts):
        return None
    return _gap(
        "no_revenue", _everyone(facts), _everyone(facts),
        "No movements of revenue were found.",
        "GRR, NRR and the revenue waterfall have no answer, and trials cannot be told from paying customers by payment.",
        "Import revenue (customer_id, occurred_at, kind, monthly_amount) or subscription_periods.",
    )  # fmt: skip


def _no_tickets(facts: FactsSummary, mapping: FactMapping) -> Gap | None:
    if facts.tickets or not _everyone(facts):
        return None
    return _gap(
        "no_tickets", _everyone(facts), _everyone(facts),
        "No support tickets were found.",
        "Support gives everybody its full 30 points and counts as not covered: coverage of every score is lower (M4).",
        "Import tickets, or declare that there is no ticket system.",
    )  # fmt: skip


def _no_answers(facts: FactsSummary, mapping: FactMapping) -> Gap | None:
    if facts.answers or not _everyone(facts):
        return None
    return _gap(
        "no_answers", _everyone(facts), _everyone(facts),
        "No survey answers were found.",
        "NPS has no answer until surveys come back; no score needs it.",
        "Import answers (survey, score, answered_at, user_id), if you have any.",
    )  # fmt: skip


_LOOKS: tuple[Callable[[FactsSummary, FactMapping], Gap | None], ...] = (
    _no_customers,
    _no_events,
    _no_logins,
    _no_features,
    _unknown_customers,
    _lone_users,
    _silent_customers,
    _lacking(
        "no_created_at", lambda facts: facts.customers_with_created, "created_at",
        "Their tenure, cohort and journey stage start with their first fact instead of the day they signed up.",
        "Map created_at.",
    ),
    _no_churn,
    _lacking(
        "no_arr", _with_money, "annual revenue (arr)",
        "Their ARR is unknown: treated as below high_value_arr, never as 0; lists cannot be ordered by what is at stake (R5).",
        "Map arr, or import revenue.",
    ),
    _lacking(
        "no_renewal_dates", lambda facts: facts.customers_with_renewal, "renewal_date",
        "Renewals cannot be foreseen: no renewal stage, no forecast of the next 120 days for them.",
        "Map renewal_date.",
    ),
    _lacking(
        "no_owner", lambda facts: facts.customers_with_owner, "owner",
        "Alerts and tasks about them fall back to the team lead, then to the admin (R4).",
        "Map owner (the success manager).",
    ),
    _lacking(
        "no_email", lambda facts: facts.customers_with_email, "e-mail address",
        "Nothing can be sent to them unless their users carry an address.",
        "Map email, or import users with email.",
    ),
    _no_revenue,
    _no_tickets,
    _no_answers,
)  # fmt: skip

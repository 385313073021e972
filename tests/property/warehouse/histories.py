"""Random histories of a small company: everything that makes facts hard happens often."""

from __future__ import annotations

from hypothesis import strategies as st

from tenure.clock import DAY_US, HOUR_US
from tenure.model.facts import (
    Alias,
    Answer,
    Customer,
    CustomerStatus,
    Event,
    InvoiceState,
    Movement,
    MovementKind,
    Record,
    Ticket,
    TicketStatus,
    User,
)
from tenure.model.mapping import FactMapping, FeatureRule

START_US = 20_000 * DAY_US
DAYS = 40
CUSTOMERS = ("acme", "bolt", "ada")
USERS = ("ada", "bob", "eve")
DEVICES = ("phone", "tablet")
TICKETS = ("t1", "t2", "bob")

MAPPINGS = (
    FactMapping(),
    FactMapping(
        login_names=("login", "Opened"),
        feature_rules=(
            FeatureRule(event="Opened", feature="opening"),
            FeatureRule(event="*", property="$tool"),
            FeatureRule(event="report_exported"),
        ),
    ),
)

times = st.integers(0, DAYS * 24).map(lambda hours: START_US + hours * HOUR_US)
maybe_times = st.none() | times


def maybe(values: object) -> st.SearchStrategy[object]:
    return st.none() | st.sampled_from(values)  # type: ignore[arg-type]


customers = st.builds(
    Customer,
    customer_id=st.sampled_from(CUSTOMERS),
    stated_us=times,
    created_us=maybe_times,
    status=maybe(list(CustomerStatus)),
    name=maybe(["Acme", "Bolt"]),
    plan=maybe(["free", "pro"]),
    arr_cents=maybe([0, 1200]),
    cancel_requested_us=st.none() | st.none() | times,
    churned_us=st.none() | st.none() | times,
    internal=maybe([True, False, False]),
    traits=st.none() | st.dictionaries(st.sampled_from("xy"), st.integers(0, 3), min_size=1),
)
users = st.builds(
    User,
    user_id=st.sampled_from(USERS + DEVICES),
    stated_us=times,
    customer_id=maybe(CUSTOMERS),
    role=maybe(["admin", "member"]),
    created_us=maybe_times,
    deactivated_us=maybe_times,
)


@st.composite
def events(draw: st.DrawFn) -> Event:
    is_device = draw(st.booleans())
    return Event(
        name=draw(st.sampled_from(["login", "feature_adopted", "report_exported", "Opened"])),
        occurred_us=draw(times),
        user_id=draw(st.sampled_from(DEVICES if is_device else USERS)),
        customer_id=draw(st.none() | st.none() | st.sampled_from(CUSTOMERS)),
        anonymous=is_device,
        properties=draw(
            st.none()
            | st.fixed_dictionaries({"feature": st.sampled_from(["export", "", 3]), "$tool": st.sampled_from(["a", None])})
        ),
    )


tickets = st.builds(
    Ticket,
    ticket_id=st.sampled_from(TICKETS),
    stated_us=times,
    customer_id=maybe(CUSTOMERS),
    user_id=maybe(USERS),
    status=maybe(list(TicketStatus)),
    created_us=maybe_times,
    resolved_us=st.none() | st.none() | times,
    satisfaction_hundredths=maybe([100, 500]),
)
movements = st.builds(
    Movement,
    customer_id=st.sampled_from(CUSTOMERS),
    occurred_us=times,
    kind=st.sampled_from(list(MovementKind)),
    monthly_cents=st.integers(0, 5).map(lambda units: units * 100),
    invoice_state=maybe(list(InvoiceState)),
) | st.builds(Movement, customer_id=st.sampled_from(CUSTOMERS), occurred_us=times, kind=st.just(MovementKind.churn))
answers = st.builds(
    Answer,
    survey=st.sampled_from(["nps", "csat"]),
    score=st.integers(0, 10),
    answered_us=times,
    customer_id=maybe(CUSTOMERS),
    user_id=st.sampled_from(USERS),
)
aliases = st.builds(
    Alias,
    previous_id=st.sampled_from(DEVICES + USERS),
    user_id=st.sampled_from(USERS + DEVICES),
    stated_us=times,
)

records: st.SearchStrategy[Record] = st.one_of(
    events(), events(), events(), customers, users, tickets, movements, answers, aliases
)

COMPANIES = ("", "b-", "c-", "d-", "e-", "f-")
_IDS = ("customer_id", "user_id", "ticket_id", "previous_id")


def of_company(record: Record, company: str) -> Record:
    """The record as one of another company: nobody in it is anybody in the others."""
    said = {name: getattr(record, name) for name in record.__struct_fields__}
    said |= {name: company + said[name] for name in _IDS if said.get(name) is not None}
    return type(record)(**said)


many_records: st.SearchStrategy[Record] = st.builds(of_company, records, st.sampled_from(COMPANIES))
"""Records of several small companies at once: a run over them proves as much as a run over each, for the price of one."""

"""Erasure: everything said or done by a customer's people goes; money stays in the ledger without a name (A29).

Other customers keep what an erased person did for them, without the person.
"""

from __future__ import annotations

from collections.abc import Sequence

from tenure.rules.traces import Traces
from tenure.warehouse.engine import Engine
from tenure.warehouse.schema import MARK
from tenure.warehouse.settling import settle_customers
from tenure.warehouse.writer import erasing


def erase_customers(engine: Engine, customer_ids: Sequence[str]) -> int:
    """Erase these customers and their users; returns how many were known. The caller holds the transaction."""
    engine.run("CREATE OR REPLACE TEMP TABLE erased_customers (customer_key INTEGER)")
    for customer_id in customer_ids:
        engine.run("INSERT INTO erased_customers SELECT id_key FROM ids WHERE id = ?", [customer_id])
    known = engine.number(erasing.COUNT_KNOWN_ERASED)
    for statement in erasing.erase():
        engine.run(statement)
    settle_customers(engine, engine.mark(MARK.accumulated_to_us), "erased_customers")
    engine.run("DROP TABLE temp.erased_customers")
    return known


def people_of(engine: Engine, customer_ids: Sequence[str]) -> list[str]:
    """The ids of the users of these customers."""
    holder = "coalesce(m.mapped_key, m.canonical_key)"
    found = engine.run(
        f"SELECT u.id FROM user_map m JOIN ids c ON c.id_key = {holder} JOIN ids u ON u.id_key = m.user_key "
        "WHERE c.id IN (SELECT unnest(?)) ORDER BY u.id",
        [list(customer_ids)],
    )
    return [str(user_id) for (user_id,) in found]


def addresses_of(engine: Engine, customer_ids: Sequence[str]) -> list[str]:
    """Every mail address and phone number that was ever stated of these customers and their users."""
    people = people_of(engine, customer_ids)
    of_customers = "FROM customer_statements s JOIN ids c ON c.id_key = s.customer_key WHERE c.id IN (SELECT unnest(?))"
    of_users = "FROM user_statements s JOIN ids u ON u.id_key = s.user_key WHERE u.id IN (SELECT unnest(?))"
    found = engine.run(f"SELECT unnest([s.email, s.phone, s.primary_contact]) {of_customers}", [list(customer_ids)])
    found += engine.run(f"SELECT s.email {of_users}", [people])
    return sorted({str(one) for (one,) in found if one and _is_address(str(one))})


def words_of(engine: Engine, customer_ids: Sequence[str]) -> Traces:
    """What these customers and their users are called, and what they said, as stated at any time."""
    people = people_of(engine, customer_ids)
    whose = "(SELECT id_key FROM ids WHERE id IN (SELECT unnest(?)))"
    both: list[object] = [list(customer_ids), people]
    companies = engine.run(f"SELECT DISTINCT unnest([name, primary_contact]) FROM customer_statements WHERE customer_key IN {whose}", both[:1])
    persons = engine.run(f"SELECT DISTINCT name FROM user_statements WHERE user_key IN {whose}", both[1:])
    theirs = f"(own_key IN {whose} OR user_key IN {whose})"
    said = engine.run(f"SELECT DISTINCT comment FROM answers WHERE {theirs}", both)
    said += engine.run(f"SELECT DISTINCT subject FROM ticket_statements WHERE {theirs}", both)
    named = [str(one) for (one,) in persons if one]
    called = [str(one) for (one,) in companies if one]
    return Traces(
        ids=[*customer_ids, *people], names=[*called, *named, *addresses_of(engine, customer_ids)], people=named,
        said=[str(one) for (one,) in said if one],
    )  # fmt: skip


def _is_address(text: str) -> bool:
    """A mail address or phone number; a primary contact may also be a user id or a name."""
    return "@" in text or (sum(sign.isdigit() for sign in text) >= 5 and not any(sign.isalpha() for sign in text))

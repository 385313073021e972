"""Everything of some customers, taken away for ever."""

from __future__ import annotations

from collections.abc import Iterator

from tenure.warehouse.writer.tables import unstage

COUNT_KNOWN_ERASED = "SELECT count(*) FROM customer_states SEMI JOIN erased_customers USING (customer_key)"


def erase() -> Iterator[str]:
    """Everything of the customers in `erased_customers` and of their users."""
    yield (
        "CREATE OR REPLACE TEMP TABLE erased_users AS SELECT customer_key AS user_key FROM erased_customers UNION "
        "SELECT user_key FROM user_map WHERE coalesce(mapped_key, canonical_key) IN (SELECT customer_key FROM erased_customers)"
    )
    of_customer = "IN (SELECT customer_key FROM erased_customers)"
    of_user = "IN (SELECT user_key FROM erased_users)"
    theirs = f"own_key {of_customer} OR (own_key IS NULL AND user_key {of_user})"
    yield (
        "CREATE OR REPLACE TEMP TABLE erased_tickets AS SELECT DISTINCT ticket_key FROM ticket_states "
        f"WHERE {theirs}"
    )
    for table in ("events", "answers", "pending_events"):
        yield f"DELETE FROM {table} WHERE {theirs}"
        yield f"UPDATE {table} SET user_key = NULL WHERE user_key {of_user}"
    for table in ("ticket_statements", "ticket_states"):
        yield f"DELETE FROM {table} WHERE ticket_key IN (SELECT ticket_key FROM erased_tickets)"
        yield f"UPDATE {table} SET user_key = NULL WHERE user_key {of_user}"
    yield f"DELETE FROM customer_statements WHERE customer_key {of_customer}"
    for table in ("merged_facts", "merged_statements"):
        yield f"DELETE FROM {table} WHERE merge_id IN (SELECT merge_id FROM merges WHERE kept_key {of_customer})"
    yield f"DELETE FROM merges WHERE kept_key {of_customer}"
    for table in ("user_statements", "user_map", "user_states"):
        yield f"DELETE FROM {table} WHERE user_key {of_user}"
    for table, whose in (("customer", of_customer), ("user", of_user), ("ticket", "IN (SELECT ticket_key FROM erased_tickets)")):
        yield f"DELETE FROM repeats WHERE statements = '{table}_statements' AND subject_key {whose}"
    yield f"DELETE FROM aliases WHERE previous_key {of_user} OR user_key {of_user}"
    for table in ("activity", "name_totals", "feature_totals", "user_days", "touched"):
        yield f"DELETE FROM {table} WHERE customer_key {of_customer}"
    yield f"DELETE FROM user_days WHERE user_key {of_user}"
    yield (
        "UPDATE ids SET id = 'erased-' || id_key, is_erased = TRUE WHERE id_key IN (SELECT customer_key FROM erased_customers "
        "UNION SELECT user_key FROM erased_users UNION SELECT ticket_key FROM erased_tickets)"
    )
    yield from unstage(["erased_users", "erased_tickets"])

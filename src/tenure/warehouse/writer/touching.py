"""Who and what a drain touches, and must be written anew."""

from __future__ import annotations

HOLDER = "coalesce({m}.mapped_key, {m}.canonical_key, {u})"
"""The customer a user belongs to, by a row of a user map joined as `m`."""

CREATE_WORK = (
    "CREATE OR REPLACE TEMP TABLE dirty_customers (customer_key INTEGER)",
    "CREATE OR REPLACE TEMP TABLE dirty_activity (customer_key INTEGER)",
    "CREATE OR REPLACE TEMP TABLE dirty_ledgers (customer_key INTEGER)",
    "CREATE OR REPLACE TEMP TABLE dirty_users (user_key INTEGER)",
    "CREATE OR REPLACE TEMP TABLE dirty_tickets (ticket_key INTEGER)",
    "CREATE OR REPLACE TEMP TABLE new_touched (customer_key INTEGER, earliest_us BIGINT, beyond_events BOOLEAN)",
)

WORK_TABLES = (
    "stage", "dirty_customers", "dirty_activity", "dirty_ledgers", "dirty_users", "dirty_tickets", "new_touched",
    "moved_users", "moved_places", "added_events", "placed", "new_ids", "suspects", "doubles", "judged", "revived", "said_again",
)  # fmt: skip


def passing(table: str, subject: str, batch: int, from_us: int, to_us: int) -> str:
    """Subjects with a fact of this batch, or with one that waited for its time until now."""
    return f"SELECT DISTINCT {subject} FROM {table} WHERE batch = {batch} OR (at_us >= {from_us} AND at_us < {to_us})"


def spread_over_aliases(users: str = "dirty_users") -> str:
    """Add everybody an alias, old or new, connects with one of these users; answers how many came in."""
    return (
        f"INSERT INTO {users} SELECT DISTINCT next_key FROM ("
        f"SELECT a.user_key AS next_key FROM aliases a SEMI JOIN {users} d ON d.user_key = a.previous_key UNION ALL "
        f"SELECT a.previous_key FROM aliases a SEMI JOIN {users} d ON d.user_key = a.user_key) "
        f"WHERE next_key NOT IN (SELECT user_key FROM {users})"
    )


def find_moved_users(new_map: str) -> str:
    """Dirty users with who they were and are, and whose they were and are."""
    old, new = HOLDER.format(m="o", u="d.user_key"), HOLDER.format(m="n", u="d.user_key")
    return (
        f"CREATE OR REPLACE TEMP TABLE moved_users AS SELECT d.user_key, {old} AS old_holder, {new} AS new_holder, "
        "coalesce(o.canonical_key, d.user_key) <> coalesce(n.canonical_key, d.user_key) AS is_renamed, "
        f"{old} <> {new} OR (o.user_key IS NULL) <> (n.user_key IS NULL) AS is_moved "
        f"FROM (SELECT DISTINCT user_key FROM dirty_users) d LEFT JOIN user_map o ON o.user_key = d.user_key "
        f"LEFT JOIN {new_map} n ON n.user_key = d.user_key"
    )


def find_moved_places(newest_known_id: int) -> str:
    """Where events of moved users lie by now: the one look into history, and only when such users were known before."""
    return (
        "CREATE OR REPLACE TEMP TABLE moved_places AS SELECT DISTINCT e.own_key, e.user_key FROM events e SEMI JOIN "
        f"(SELECT user_key FROM moved_users WHERE (is_moved OR is_renamed) AND user_key <= {newest_known_id}) m "
        "ON m.user_key = e.user_key"
    )

DIRTY_BY_MOVES = (
    "INSERT INTO dirty_activity SELECT DISTINCT customer_key FROM ("
    "SELECT p.own_key AS customer_key FROM moved_places p JOIN moved_users m USING (user_key) "
    "WHERE p.own_key IS NOT NULL AND m.is_renamed UNION ALL "
    "SELECT m.old_holder FROM moved_places p JOIN moved_users m USING (user_key) WHERE p.own_key IS NULL UNION ALL "
    "SELECT m.new_holder FROM moved_places p JOIN moved_users m USING (user_key) WHERE p.own_key IS NULL)"
)

DIRTY_HOLDERS = (
    "INSERT INTO dirty_customers SELECT old_holder FROM moved_users UNION SELECT new_holder FROM moved_users "
    "UNION SELECT customer_key FROM dirty_activity"
)

TOUCHED_BY_MOVES = (
    "INSERT INTO new_touched SELECT old_holder, 0, TRUE FROM moved_users WHERE is_moved OR is_renamed UNION ALL "
    "SELECT new_holder, 0, TRUE FROM moved_users WHERE is_moved OR is_renamed UNION ALL "
    "SELECT customer_key, 0, TRUE FROM dirty_activity"
)


def touched_by_users(batch: int, from_us: int, to_us: int) -> str:
    """Customers of users something new was said of."""
    return (
        "INSERT INTO new_touched SELECT m.new_holder, min(s.at_us), TRUE FROM user_statements s JOIN moved_users m USING (user_key) "
        f"WHERE s.batch = {batch} OR (s.at_us >= {from_us} AND s.at_us < {to_us}) GROUP BY ALL"
    )


def touched_by_statements(batch: int, from_us: int, to_us: int) -> str:
    """A customer's first statement describes its past too."""
    return (
        "INSERT INTO new_touched SELECT s.customer_key, min(CASE WHEN c.first_stated_us < s.at_us THEN s.at_us ELSE 0 END), TRUE "
        "FROM customer_statements s LEFT JOIN customer_states c USING (customer_key) "
        f"WHERE s.batch = {batch} OR (s.at_us >= {from_us} AND s.at_us < {to_us}) GROUP BY ALL"
    )


def touched_by_tickets(places: str, batch: int, from_us: int, to_us: int) -> str:
    return (
        "INSERT INTO new_touched SELECT p.customer_key, min(CASE WHEN p.first_stated_us < s.at_us "
        "THEN least(s.resolved_us, s.at_us) ELSE least(p.created_us, s.resolved_us, s.at_us) END), TRUE "
        f"FROM ticket_statements s JOIN {places} p USING (ticket_key) "
        f"WHERE s.batch = {batch} OR (s.at_us >= {from_us} AND s.at_us < {to_us}) GROUP BY ALL"
    )


def touched_by_movements(batch: int, from_us: int, to_us: int) -> str:
    return (
        "INSERT INTO new_touched SELECT customer_key, min(at_us), TRUE FROM movements "
        f"WHERE batch = {batch} OR (at_us >= {from_us} AND at_us < {to_us}) GROUP BY ALL"
    )


def states_of_dirty_tickets(columns: tuple[str, ...]) -> str:
    return f"SELECT {', '.join(columns)} FROM ticket_states SEMI JOIN dirty_tickets USING (ticket_key)"


def new_answers(batch: int, from_us: int, now_us: int) -> str:
    """Answers of this batch or that waited, whose time has come."""
    return (
        f"SELECT own_key, user_key, at_us FROM answers WHERE (batch = {batch} OR at_us >= {from_us}) AND at_us < {now_us}"
    )


def record_touched(batch: int) -> str:
    return (
        f"INSERT INTO touched SELECT {batch}, customer_key, min(earliest_us), bool_or(beyond_events) FROM new_touched "
        "WHERE customer_key IS NOT NULL GROUP BY customer_key"
    )


def forget_touched(before_batch: int) -> str:
    return f"DELETE FROM touched WHERE batch < {before_batch}"


def count_pending(now_us: int) -> str:
    others = " + ".join(
        f"(SELECT count(*) FROM {table} WHERE at_us >= {now_us})"
        for table in ("customer_statements", "user_statements", "ticket_statements", "movements", "answers", "aliases")
    )
    return f"SELECT (SELECT count(*) FROM pending_events) + {others}"

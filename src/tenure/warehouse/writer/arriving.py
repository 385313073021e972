"""Events whose time has come, on their way into the rollups."""

from __future__ import annotations


def choose_fresh_events(now_us: int) -> str:
    """New events whose time has come, and waiting ones whose time has come by now."""
    columns = "at_us, own_key, user_key, anonymous, name_key, feature_key"
    return (
        f"SELECT {columns} FROM added_events WHERE at_us < {now_us} UNION ALL "
        f"SELECT {columns} FROM pending_events WHERE at_us < {now_us}"
    )


def wait_for_their_time(now_us: int) -> tuple[str, str]:
    return (
        f"DELETE FROM pending_events WHERE at_us < {now_us}",
        "INSERT INTO pending_events BY NAME SELECT seq, at_us, own_key, user_key, anonymous, name_key, feature_key "
        f"FROM added_events WHERE at_us >= {now_us}",
    )


def first_of(fresh: str) -> str:
    """When the first of these events of each customer was."""
    return f"SELECT customer_key, min(at_us) AS first_us FROM {fresh} GROUP BY customer_key"


def dirty_by_fresh_events(firsts: str) -> str:
    """Customers not known yet, or known since later only."""
    return (
        f"INSERT INTO dirty_customers SELECT f.customer_key FROM {firsts} f "
        "LEFT JOIN customer_states c USING (customer_key) WHERE c.first_event_us IS NULL OR f.first_us < c.first_event_us"
    )


def touched_by_fresh_events(firsts: str) -> str:
    return f"INSERT INTO new_touched SELECT customer_key, first_us, FALSE FROM {firsts}"


def without_dirty(fresh: str) -> str:
    """Leave out events of customers who are computed from facts anyway."""
    return f"DELETE FROM {fresh} WHERE customer_key IN (SELECT customer_key FROM dirty_activity)"


def use_features(table: str, read: str) -> str:
    """Set the features of events to what was read again."""
    return (
        f"UPDATE {table} SET feature_key = (SELECT f.feature_key FROM {read} r JOIN feature_names f USING (feature) "
        f"WHERE r.seq = {table}.seq)"
    )


def add_features(parts: str) -> str:
    """Add parts, one of a customer and feature, to the rollup of features."""
    return (
        f"MERGE INTO feature_totals t USING ({parts}) p ON p.customer_key = t.customer_key AND p.feature_key = t.feature_key "
        "WHEN MATCHED THEN UPDATE SET first_us = least(t.first_us, p.first_us), last_us = greatest(t.last_us, p.last_us), n = t.n + p.n "
        "WHEN NOT MATCHED THEN INSERT (customer_key, feature_key, first_us, last_us, n) "
        "VALUES (p.customer_key, p.feature_key, p.first_us, p.last_us, p.n)"
    )


def insert_features(found: str) -> str:
    """Features by their text into the rollup of features."""
    return (
        "INSERT INTO feature_totals BY NAME SELECT f.* EXCLUDE (feature), n.feature_key "
        f"FROM {found} f JOIN feature_names n USING (feature)"
    )

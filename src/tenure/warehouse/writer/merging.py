"""Facts of a duplicate made the kept customer's, noted so that they can be put back (Day one, 8)."""

from __future__ import annotations

from collections.abc import Iterator

from tenure.warehouse.schema import CUSTOMER_FIELDS, FACTS

OWNED = ("user_statements", "ticket_statements", "answers")
"""Facts that name their customer in `own_key`, besides events."""


def find_themselves(duplicate: int) -> str:
    """The users who are this customer themselves, because nothing says whose they are."""
    return (
        "CREATE OR REPLACE TEMP TABLE themselves AS SELECT user_key FROM user_map "
        f"WHERE mapped_key IS NULL AND canonical_key = {duplicate} UNION SELECT {duplicate}"
    )


def find_new_selves(duplicate: int) -> str:
    """Whether anybody of whom something new was said is this customer itself under another id."""
    return (
        "SELECT 1 FROM user_map m SEMI JOIN dirty_users d USING (user_key) "
        f"WHERE m.mapped_key IS NULL AND m.canonical_key = {duplicate} AND m.user_key <> {duplicate} LIMIT 1"
    )


def take_over(merge_id: int, kept: int, duplicate: int, events: str, batch: int | None) -> Iterator[str]:
    """Move the duplicate's facts (of one batch only, when given). `events`: the table they are in. Uses `themselves`."""
    new = "" if batch is None else f" AND batch = {batch}"
    for facts, table in (("events", events), *((name, name) for name in OWNED)):
        # an anonymous visitor of this id is nobody's yet
        known = f" AND NOT (anonymous AND user_key = {duplicate})" if facts == "events" else ""
        theirs = f"(own_key = {duplicate} OR (own_key IS NULL AND user_key IN (SELECT user_key FROM themselves){known})){new}"
        yield f"INSERT INTO merged_facts SELECT {merge_id}, '{facts}', seq, own_key FROM {table} WHERE {theirs}"
        yield f"UPDATE {table} SET own_key = {kept} WHERE {theirs}"
    money = f"customer_key = {duplicate}{new}"
    yield f"INSERT INTO merged_facts SELECT {merge_id}, 'movements', seq, customer_key FROM movements WHERE {money}"
    yield f"UPDATE movements SET customer_key = {kept} WHERE {money}"
    said = f"customer_key = {duplicate}{new}"
    yield f"INSERT INTO merged_statements BY NAME SELECT {merge_id} AS merge_id, s.* FROM customer_statements s WHERE {said}"
    blanks = ", ".join(_unless_kept_says(name, kept) for name in CUSTOMER_FIELDS)
    yield f"UPDATE customer_statements SET customer_key = {kept}, {blanks} WHERE {said}"
    yield _waiting_like_facts()


def _unless_kept_says(name: str, kept: int) -> str:
    """The kept customer's own record wins; the duplicate's fills what it never said."""
    own = f"SELECT 1 FROM customer_statements k WHERE k.customer_key = {kept} AND k.{name} IS NOT NULL"
    foreign = "AND NOT EXISTS (SELECT 1 FROM merged_statements m WHERE m.seq = k.seq)"
    return f"{name} = CASE WHEN EXISTS ({own} {foreign}) THEN NULL ELSE {name} END"


def put_back(merge_id: int) -> Iterator[str]:
    """Every fact is whose it was."""
    for facts in ("events", *OWNED, "movements"):
        column = "customer_key" if facts == "movements" else "own_key"
        yield (
            f"UPDATE {facts} SET {column} = m.was_key FROM merged_facts m "
            f"WHERE m.merge_id = {merge_id} AND m.facts = '{facts}' AND m.seq = {facts}.seq"
        )
    mine = f"SELECT seq FROM merged_statements WHERE merge_id = {merge_id}"
    columns = ", ".join(FACTS["customer_statements"])
    yield f"DELETE FROM customer_statements WHERE seq IN ({mine})"
    yield f"INSERT INTO customer_statements ({columns}) SELECT {columns} FROM merged_statements WHERE merge_id = {merge_id}"
    yield _waiting_like_facts()


def _waiting_like_facts() -> str:
    """What waits for its time is kept a second time: it belongs to whom its fact does."""
    return (
        "UPDATE pending_events SET own_key = e.own_key FROM events e "
        "WHERE e.seq = pending_events.seq AND e.own_key IS DISTINCT FROM pending_events.own_key"
    )


def forget(merge_id: int) -> Iterator[str]:
    for table in ("merged_facts", "merged_statements", "merges"):
        yield f"DELETE FROM {table} WHERE merge_id = {merge_id}"


def count(merge_id: int) -> str:
    return (
        f"SELECT (SELECT count(*) FROM merged_facts WHERE merge_id = {merge_id}) + "
        f"(SELECT count(*) FROM merged_statements WHERE merge_id = {merge_id})"
    )


def dirty_by_merge(merge_id: int, kept: int, duplicate: int) -> Iterator[str]:
    """Both customers, and whoever and whatever moved between them, are written anew; both are touched in all their past."""
    for table in ("dirty_customers", "dirty_activity", "dirty_ledgers"):
        yield f"INSERT INTO {table} VALUES ({kept}), ({duplicate})"
    yield f"INSERT INTO new_touched VALUES ({kept}, 0, TRUE), ({duplicate}, 0, TRUE)"
    for table, facts, subject in (("dirty_users", "user_statements", "user_key"), ("dirty_tickets", "ticket_statements", "ticket_key")):
        moved = f"SELECT seq FROM merged_facts WHERE merge_id = {merge_id} AND facts = '{facts}'"
        yield f"INSERT INTO {table} SELECT DISTINCT {subject} FROM {facts} WHERE seq IN ({moved})"

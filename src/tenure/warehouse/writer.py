"""Every statement that writes, for DuckDB. Another engine brings its own module with the same names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from tenure.model.facts import FactKind
from tenure.warehouse.schema import CUSTOMER_FIELDS, EXPLICIT, TABLES, TICKET_FIELDS, USER_FIELDS, Columns

_TYPES = {
    "int32": "INTEGER",
    "int64": "BIGINT",
    "string": "VARCHAR",
    "boolean": "BOOLEAN",
}


def create_statements() -> Iterator[str]:
    """Make what is missing of an empty or existing warehouse."""
    for name, columns in TABLES.items():
        listed = ", ".join(f"{column} {_TYPES[kind]}" for column, kind in columns.items())
        yield f"CREATE TABLE IF NOT EXISTS {name} ({listed})"
    yield (
        "CREATE OR REPLACE TEMP MACRO merged_traits(texts) AS CASE WHEN len(texts) > 0 THEN "
        "list_reduce(texts, lambda kept, said: CAST(json_merge_patch(kept::JSON, said::JSON) AS VARCHAR)) END"
    )


# --- staging ---------------------------------------------------------------------------------------------------------


def stage(source: str, after_seq: int, through_seq: int) -> str:
    """Rows of the inbox not yet moved, as they came."""
    return (
        "CREATE OR REPLACE TEMP TABLE stage AS SELECT seq::BIGINT AS seq, kind::INTEGER AS kind, key_hi::BIGINT AS key_hi, "
        "key_lo::BIGINT AS key_lo, source, occurred_us::BIGINT AS at_us, received_us::BIGINT AS received_us, customer_id, "
        "user_id, anonymous::BIGINT & 1 <> 0 AS anonymous, anonymous::BIGINT & 2 <> 0 AS is_explicit, name, feature, body "
        f"FROM {source} WHERE seq > {after_seq} AND seq <= {through_seq}"
    )


def unstage(names: Iterable[str]) -> Iterator[str]:
    """Take temporary tables of a drain away."""
    yield "DROP VIEW IF EXISTS temp.novel"
    for name in names:
        yield f"DROP TABLE IF EXISTS temp.{name}"


def novel(kind: int, table: str, target: str) -> str:
    """Staged rows of one kind whose key is new: once each, in the batch and in all history; a view, to be read once.

    History is asked by the half of the key that is random in every kind of UUID (a third of the time a join on both
    takes); the few suspects are then told apart by the whole 128 bits. No window of days, no index.
    """
    return (
        f"CREATE OR REPLACE TEMP VIEW {target} AS WITH "
        f"doubles AS MATERIALIZED (SELECT key_hi, key_lo, min(seq) AS seq FROM stage WHERE kind = {kind} "
        "GROUP BY ALL HAVING count(*) > 1), "
        f"suspects AS MATERIALIZED (SELECT key_hi, key_lo FROM {table} WHERE key_lo IN (SELECT key_lo FROM stage)) "
        f"SELECT mine.* FROM stage mine WHERE mine.kind = {kind} "
        "AND NOT EXISTS (SELECT 1 FROM doubles d WHERE d.key_hi = mine.key_hi AND d.key_lo = mine.key_lo AND d.seq < mine.seq) "
        "AND NOT EXISTS (SELECT 1 FROM suspects k WHERE k.key_hi = mine.key_hi AND k.key_lo = mine.key_lo)"
    )


def gather(dictionary: str, key: str, text: str, select_words: str) -> tuple[str, str, str]:
    """Words of a batch with their numbers, in the temporary table DICTIONARY_here; unknown words get new numbers.

    `select_words` gives columns `word` and `seq`; new words are numbered in order of first appearance. The words of
    the batch are looked up in the dictionary, which may be much larger, never the other way round.
    """
    here = f"{dictionary}_here"
    return (
        f"CREATE OR REPLACE TEMP TABLE {here} AS WITH found AS (SELECT word, min(seq) AS seq FROM ({select_words}) "
        f"WHERE word IS NOT NULL GROUP BY word), known AS (SELECT d.{text}, d.{key} FROM {dictionary} d "
        f"WHERE d.{text} IN (SELECT word FROM found)) "
        f"SELECT f.word AS {text}, k.{key}, f.seq FROM found f LEFT JOIN known k ON k.{text} = f.word",
        f"INSERT INTO {dictionary} ({key}, {text}) SELECT ((SELECT coalesce(max({key}), 0) FROM {dictionary}) + "
        f"row_number() OVER (ORDER BY seq, {text}))::INTEGER, {text} FROM {here} WHERE {key} IS NULL",
        f"UPDATE {here} SET {key} = d.{key} FROM (SELECT {text}, {key} FROM {dictionary} "
        f"WHERE {text} IN (SELECT {text} FROM {here} WHERE {key} IS NULL)) d WHERE d.{text} = {here}.{text} AND {here}.{key} IS NULL",
    )


def intern(dictionary: str, key: str, text: str, select_words: str) -> str:
    """Give every text not yet in a dictionary its number, in order of first appearance.

    `select_words` gives columns `word` and `seq`.
    """
    return (
        f"INSERT INTO {dictionary} ({key}, {text}) SELECT ((SELECT coalesce(max({key}), 0) FROM {dictionary}) + "
        f"row_number() OVER (ORDER BY seq, word))::INTEGER, word FROM ("
        f"SELECT word, min(seq) AS seq FROM ({select_words}) WHERE word IS NOT NULL GROUP BY word) found "
        f"WHERE NOT EXISTS (SELECT 1 FROM {dictionary} d WHERE d.{text} = found.word)"
    )


_STAGED_IDS = {
    FactKind.customer: (),
    FactKind.user: (),
    FactKind.event: (),
    FactKind.ticket: ("$.ticket_id",),
    FactKind.movement: (),
    FactKind.answer: (),
    FactKind.alias: ("$.previous_id", "$.user_id"),
}


def staged_ids(kinds: Iterable[FactKind]) -> str:
    """Every id that staged rows of these kinds mention."""
    parts = ["SELECT customer_id AS word, seq * 4 AS seq FROM stage", "SELECT user_id, seq * 4 + 1 FROM stage"]
    for kind in sorted(kinds):
        for place, path in enumerate(_STAGED_IDS[kind], 2):
            parts.append(f"SELECT body ->> '{path}', seq * 4 + {place} FROM stage WHERE kind = {int(kind)}")
    return " UNION ALL ".join(parts)


STAGED_NAMES = "SELECT name AS word, seq FROM stage WHERE kind = 3"
STAGED_FEATURES = "SELECT feature AS word, seq FROM stage WHERE kind = 3"
STAGED_SOURCES = "SELECT source AS word, seq FROM stage"

_FACT = "n.key_hi, n.key_lo, n.seq, {batch} AS batch, s.source_key, n.received_us, n.at_us"
_OWN = " LEFT JOIN ids_here own ON own.id = n.customer_id"
_USER = " LEFT JOIN ids_here usr ON usr.id = n.user_id"
_SOURCE = " LEFT JOIN sources s ON s.source = n.source"


def _body(fields: Mapping[str, str]) -> str:
    """The body of a record taken apart; a field that is not there is null."""
    structure = ", ".join(f'"{name}": "{_body_type(name, kind)}"' for name, kind in fields.items())
    return f"from_json(n.body, '{{{structure}}}')"


def _body_type(name: str, kind: str) -> str:
    return "JSON" if name in ("goals", "traits", "consent") else _TYPES[kind]


def _fields(columns: Columns) -> str:
    return ", ".join(f"b.{name}::{_TYPES[kind]} AS {name}" for name, kind in columns.items())


def add_events(batch: int, mapping_key: int) -> str:
    """New events with their integers."""
    return (
        f"CREATE OR REPLACE TEMP TABLE added_events AS SELECT {_FACT.format(batch=batch)}, own.id_key AS own_key, "
        "usr.id_key AS user_key, n.anonymous, nm.name_key, f.feature_key, "
        f"CASE WHEN n.is_explicit THEN {EXPLICIT} ELSE {mapping_key} END::INTEGER AS mapping_key, n.body AS properties "
        f"FROM novel n{_SOURCE}{_OWN}{_USER} JOIN names nm ON nm.name = n.name "
        "LEFT JOIN feature_names f ON f.feature = n.feature"
    )


def add_customer_statements(batch: int) -> str:
    return (
        f"CREATE OR REPLACE TEMP TABLE said_customer_statements AS SELECT {_FACT.format(batch=batch)}, own.id_key AS customer_key, "
        f"md5(n.body) AS said, {_fields(CUSTOMER_FIELDS)} "
        f"FROM (SELECT *, {_body(CUSTOMER_FIELDS)} AS b FROM novel n) n{_SOURCE}{_OWN}"
    )


def add_user_statements(batch: int) -> str:
    return (
        f"CREATE OR REPLACE TEMP TABLE said_user_statements AS SELECT {_FACT.format(batch=batch)}, usr.id_key AS user_key, "
        f"md5(n.body) AS said, own.id_key AS own_key, {_fields(USER_FIELDS)} "
        f"FROM (SELECT *, {_body(USER_FIELDS)} AS b FROM novel n) n{_SOURCE}{_OWN}{_USER}"
    )


def add_ticket_statements(batch: int) -> str:
    return (
        f"CREATE OR REPLACE TEMP TABLE said_ticket_statements AS SELECT {_FACT.format(batch=batch)}, tk.id_key AS ticket_key, "
        f"md5(n.body) AS said, own.id_key AS own_key, usr.id_key AS user_key, {_fields(TICKET_FIELDS)} "
        f"FROM (SELECT *, {_body(TICKET_FIELDS)} AS b, n.body ->> '$.ticket_id' AS ticket_id FROM novel n) n"
        f"{_SOURCE}{_OWN}{_USER} JOIN ids_here tk ON tk.id = n.ticket_id"
    )


_MOVEMENT: Columns = {
    "kind": "string",
    "monthly_cents": "int64",
    "currency": "string",
    "plan": "string",
    "invoice_state": "string",
}
_ANSWER: Columns = {"survey": "string", "score": "int64", "comment": "string"}


def add_movements(batch: int) -> str:
    return (
        f"CREATE OR REPLACE TEMP TABLE added_movements AS SELECT {_FACT.format(batch=batch)}, own.id_key AS customer_key, "
        f"{_fields(_MOVEMENT)} FROM (SELECT * EXCLUDE (kind), {_body(_MOVEMENT)} AS b FROM novel n) n{_SOURCE}{_OWN}"
    )


def add_answers(batch: int) -> str:
    return (
        f"CREATE OR REPLACE TEMP TABLE added_answers AS SELECT {_FACT.format(batch=batch)}, own.id_key AS own_key, "
        f"usr.id_key AS user_key, {_fields(_ANSWER)} "
        f"FROM (SELECT *, {_body(_ANSWER)} AS b FROM novel n) n{_SOURCE}{_OWN}{_USER}"
    )


def add_aliases(batch: int) -> str:
    return (
        f"CREATE OR REPLACE TEMP TABLE added_aliases AS SELECT {_FACT.format(batch=batch)}, prev.id_key AS previous_key, "
        f"nxt.id_key AS user_key FROM novel n{_SOURCE} JOIN ids_here prev ON prev.id = (n.body ->> '$.previous_id') "
        "JOIN ids_here nxt ON nxt.id = (n.body ->> '$.user_id')"
    )


def add_what_is_new(table: str, subject: str, batch: int) -> Iterator[str]:
    """Of new statements, those that do not merely repeat the one before them of the same subject and source.

    The one before is looked for among all statements known by now, in order of what they state. A repetition is
    remembered by its time: when a late statement comes to lie before it, it was no repetition after all and is kept.
    """
    yield (
        f"CREATE OR REPLACE TEMP TABLE judged AS WITH told AS ("
        f"SELECT {subject}, source_key, at_us, seq, said, 'new' AS origin FROM said_{table} UNION ALL "
        f"SELECT {subject}, source_key, at_us, seq, said, 'kept' FROM {table} SEMI JOIN said_{table} USING ({subject}) UNION ALL "
        f"SELECT subject_key, source_key, at_us, seq, said, 'again' FROM repeats "
        f"WHERE statements = '{table}' AND subject_key IN (SELECT {subject} FROM said_{table})) "
        f"SELECT *, said IS NOT DISTINCT FROM lag(said) OVER (PARTITION BY {subject}, source_key ORDER BY at_us, seq) AS repeats "
        "FROM told"
    )
    yield (
        f"CREATE OR REPLACE TEMP TABLE added_{table} AS SELECT a.* FROM said_{table} a "
        "JOIN judged j ON j.seq = a.seq AND j.origin = 'new' WHERE NOT j.repeats"
    )
    yield (
        f"CREATE OR REPLACE TEMP TABLE revived AS SELECT r.* FROM repeats r JOIN judged j ON j.seq = r.seq AND j.origin = 'again' "
        f"WHERE r.statements = '{table}' AND NOT j.repeats"
    )
    yield (
        f"INSERT INTO added_{table} BY NAME SELECT c.* REPLACE (r.key_hi AS key_hi, r.key_lo AS key_lo, r.seq AS seq, "
        f"{batch} AS batch, r.received_us AS received_us, r.at_us AS at_us) FROM revived r JOIN "
        f"(SELECT * FROM {table} WHERE {subject} IN (SELECT subject_key FROM revived) "
        f"QUALIFY row_number() OVER (PARTITION BY {subject}, source_key, said ORDER BY seq) = 1) c "
        f"ON c.{subject} = r.subject_key AND c.source_key IS NOT DISTINCT FROM r.source_key AND c.said = r.said"
    )
    yield (
        f"CREATE OR REPLACE TEMP TABLE said_again AS SELECT '{table}' AS statements, a.{subject} AS subject_key, a.source_key, a.said, "
        f"a.at_us, a.seq, a.key_hi, a.key_lo, a.received_us FROM said_{table} a JOIN judged j ON j.seq = a.seq AND j.origin = 'new' "
        f"WHERE j.repeats QUALIFY row_number() OVER (PARTITION BY a.{subject}, a.source_key, a.said ORDER BY a.at_us DESC, a.seq DESC) = 1"
    )
    yield (
        f"DELETE FROM repeats r WHERE r.statements = '{table}' AND (r.seq IN (SELECT seq FROM revived) OR EXISTS (SELECT 1 FROM said_again s "
        "WHERE s.subject_key = r.subject_key AND s.source_key IS NOT DISTINCT FROM r.source_key AND s.said = r.said AND s.at_us >= r.at_us))"
    )
    yield (
        "INSERT INTO repeats BY NAME SELECT * FROM said_again s WHERE NOT EXISTS (SELECT 1 FROM repeats r WHERE r.statements = s.statements "
        "AND r.subject_key = s.subject_key AND r.source_key IS NOT DISTINCT FROM s.source_key AND r.said = s.said)"
    )


COUNT_REVIVED = "SELECT count(*) FROM revived"


def append(table: str) -> str:
    """Keep the new facts for ever."""
    return f"INSERT INTO {table} BY NAME SELECT * FROM added_{table}"


# --- who and what is touched -----------------------------------------------------------------------------------------

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
    "moved_users", "moved_places", "added_events", "ids_here", "judged", "revived", "said_again",
)  # fmt: skip


def passing(table: str, subject: str, batch: int, from_us: int, to_us: int) -> str:
    """Subjects with a fact of this batch, or with one that waited for its time until now."""
    return f"SELECT DISTINCT {subject} FROM {table} WHERE batch = {batch} OR (at_us >= {from_us} AND at_us < {to_us})"


def insert(table: str, select: str) -> str:
    return f"INSERT INTO {table} {select}"


def swap(table: str, select: str) -> str:
    """Write a whole table anew from a select that may read it, in the order and types of its columns."""
    columns = ", ".join(f"{name}::{_TYPES[kind]} AS {name}" for name, kind in TABLES[table].items())
    return f"CREATE OR REPLACE TABLE {table} AS SELECT {columns} FROM ({select})"


def insert_select_by_name(table: str, select: str) -> str:
    """Append the rows of a select; columns go by name."""
    return f"INSERT INTO {table} BY NAME {select}"


def replaced(table: str, key: str, keys: str, source: str) -> tuple[str, str]:
    """Write the rows of some subjects anew."""
    return replace(table, key, keys), insert_select_by_name(table, f"SELECT * FROM {source}")


def first_events_of(customers: str) -> str:
    """First events of some customers, from the rollup."""
    return (
        f"SELECT customer_key, min(first_us) AS first_event_us FROM name_totals SEMI JOIN {customers} USING (customer_key) "
        "GROUP BY customer_key"
    )


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


def replace(table: str, key: str, keys: str) -> str:
    """Take the rows of some subjects away before they are written anew."""
    return f"DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM {keys})"


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


def count_pending(now_us: int) -> str:
    others = " + ".join(
        f"(SELECT count(*) FROM {table} WHERE at_us >= {now_us})"
        for table in ("customer_statements", "user_statements", "ticket_statements", "movements", "answers", "aliases")
    )
    return f"SELECT (SELECT count(*) FROM pending_events) + {others}"


def use_features(table: str, read: str) -> str:
    """Set the features of events to what was read again."""
    return (
        f"UPDATE {table} SET feature_key = (SELECT f.feature_key FROM {read} r JOIN feature_names f USING (feature) "
        f"WHERE r.seq = {table}.seq)"
    )


def dirty_by_fresh_events(fresh: str) -> str:
    """Customers not known yet, or known since later only."""
    return (
        "INSERT INTO dirty_customers SELECT f.customer_key FROM "
        f"(SELECT customer_key, min(at_us) AS first_us FROM {fresh} GROUP BY customer_key) f "
        "LEFT JOIN customer_states c USING (customer_key) WHERE c.first_event_us IS NULL OR f.first_us < c.first_event_us"
    )


def touched_by_fresh_events(fresh: str) -> str:
    return f"INSERT INTO new_touched SELECT customer_key, min(at_us), FALSE FROM {fresh} GROUP BY customer_key"


def without_dirty(fresh: str) -> str:
    """Leave out events of customers who are computed from facts anyway."""
    return f"DELETE FROM {fresh} WHERE customer_key IN (SELECT customer_key FROM dirty_activity)"


def insert_features(found: str) -> str:
    """Features by their text into the rollup of features."""
    return (
        "INSERT INTO feature_totals BY NAME SELECT f.* EXCLUDE (feature), n.feature_key "
        f"FROM {found} f JOIN feature_names n USING (feature)"
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


# --- facts of some customers -----------------------------------------------------------------------------------------


def users_ever_of(customers: str) -> str:
    """Everybody who was ever said to be of these customers, and the customers as users of their own."""
    return (
        f"SELECT user_key FROM user_statements WHERE own_key IN (FROM {customers}) AND user_key IS NOT NULL "
        f"UNION SELECT customer_key FROM {customers}"
    )


def tickets_of(customers: str, users: str) -> str:
    """Tickets of which any statement ever named one of these customers or users."""
    return (
        f"SELECT DISTINCT ticket_key FROM ticket_statements WHERE own_key IN (FROM {customers}) OR user_key IN (FROM {users})"
    )


def users_of(customers: str) -> str:
    """Everybody who is of these customers by now, and the customers as users of their own."""
    return (
        f"SELECT user_key FROM user_map WHERE coalesce(mapped_key, canonical_key) IN (FROM {customers}) "
        f"UNION SELECT customer_key FROM {customers}"
    )


def events_of(
    customers: str,
    users: str,
    *,
    has_properties: bool,
    from_us: int = 0,
    after_batch: int = -1,
    columns: Iterable[str] = tuple(TABLES["events"]),
) -> str:
    """Events of these customers or users; what they said only where it is asked for (it is most of an event)."""
    said = "properties" if has_properties else "NULL::VARCHAR AS properties"
    listed = [said if name == "properties" else name for name in columns]
    select = f"SELECT {', '.join(listed)} FROM events WHERE "
    since = f" AND at_us >= {from_us}" if from_us > 0 else ""
    since += f" AND batch > {after_batch}" if after_batch >= 0 else ""
    return (
        f"{select} own_key IN (FROM {customers}){since} "
        f"UNION ALL {select} own_key IS NULL AND user_key IN (FROM {users}){since}"
    )


# --- erasure ---------------------------------------------------------------------------------------------------------

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

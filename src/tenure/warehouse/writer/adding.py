"""New facts of each kind, in the columns of their tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tenure.warehouse.schema import CUSTOMER_FIELDS, EXPLICIT, TICKET_FIELDS, USER_FIELDS, Columns
from tenure.warehouse.writer.tables import TYPES

_FACT = "n.key_hi, n.key_lo, n.seq, {batch} AS batch, s.source_key, n.received_us, n.at_us"

_KEYED = " JOIN keyed p ON p.seq = n.seq"

_SOURCE = " LEFT JOIN sources s ON s.source = n.source"


def _body(fields: Mapping[str, str]) -> str:
    """The body of a record taken apart; a field that is not there is null."""
    structure = ", ".join(f'"{name}": "{_body_type(name, kind)}"' for name, kind in fields.items())
    return f"from_json(n.body, '{{{structure}}}')"


def _body_type(name: str, kind: str) -> str:
    return "JSON" if name in ("goals", "traits", "consent") else TYPES[kind]


def _fields(columns: Columns) -> str:
    return ", ".join(f"b.{name}::{TYPES[kind]} AS {name}" for name, kind in columns.items())


def add_events(batch: int, mapping_key: int) -> str:
    """New events with their integers."""
    return (
        f"CREATE OR REPLACE TEMP TABLE added_events AS SELECT {_FACT.format(batch=batch)}, p.own_key, "
        "p.user_key, n.anonymous, nm.name_key, f.feature_key, "
        f"CASE WHEN n.is_explicit THEN {EXPLICIT} ELSE {mapping_key} END::INTEGER AS mapping_key, n.body AS properties "
        f"FROM novel n{_SOURCE}{_KEYED} JOIN names nm ON nm.name = n.name "
        "LEFT JOIN feature_names f ON f.feature = n.feature"
    )


def add_customer_statements(batch: int) -> str:
    return (
        f"CREATE OR REPLACE TEMP TABLE said_customer_statements AS SELECT {_FACT.format(batch=batch)}, p.own_key AS customer_key, "
        f"md5(n.body) AS said, {_fields(CUSTOMER_FIELDS)} "
        f"FROM (SELECT *, {_body(CUSTOMER_FIELDS)} AS b FROM novel n) n{_SOURCE}{_KEYED}"
    )


def add_user_statements(batch: int) -> str:
    return (
        f"CREATE OR REPLACE TEMP TABLE said_user_statements AS SELECT {_FACT.format(batch=batch)}, p.user_key, "
        f"md5(n.body) AS said, p.own_key, {_fields(USER_FIELDS)} "
        f"FROM (SELECT *, {_body(USER_FIELDS)} AS b FROM novel n) n{_SOURCE}{_KEYED}"
    )


def add_ticket_statements(batch: int) -> str:
    return (
        f"CREATE OR REPLACE TEMP TABLE said_ticket_statements AS SELECT {_FACT.format(batch=batch)}, tk.id_key AS ticket_key, "
        f"md5(n.body) AS said, p.own_key, p.user_key, {_fields(TICKET_FIELDS)} "
        f"FROM (SELECT *, {_body(TICKET_FIELDS)} AS b, n.body ->> '$.ticket_id' AS ticket_id FROM novel n) n"
        f"{_SOURCE}{_KEYED} JOIN ids tk ON tk.id = n.ticket_id"
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
        f"CREATE OR REPLACE TEMP TABLE added_movements AS SELECT {_FACT.format(batch=batch)}, p.own_key AS customer_key, "
        f"{_fields(_MOVEMENT)} FROM (SELECT * EXCLUDE (kind), {_body(_MOVEMENT)} AS b FROM novel n) n{_SOURCE}{_KEYED}"
    )


def add_answers(batch: int) -> str:
    return (
        f"CREATE OR REPLACE TEMP TABLE added_answers AS SELECT {_FACT.format(batch=batch)}, p.own_key, "
        f"p.user_key, {_fields(_ANSWER)} "
        f"FROM (SELECT *, {_body(_ANSWER)} AS b FROM novel n) n{_SOURCE}{_KEYED}"
    )


def add_aliases(batch: int) -> str:
    return (
        f"CREATE OR REPLACE TEMP TABLE added_aliases AS SELECT {_FACT.format(batch=batch)}, prev.id_key AS previous_key, "
        f"nxt.id_key AS user_key FROM novel n{_SOURCE} JOIN ids prev ON prev.id = (n.body ->> '$.previous_id') "
        "JOIN ids nxt ON nxt.id = (n.body ->> '$.user_id')"
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

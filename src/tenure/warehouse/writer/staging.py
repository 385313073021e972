"""From the rows of the inbox to new facts with integers for their texts."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from tenure.model.facts import FactKind


def stage(source: str, after_seq: int, through_seq: int) -> str:
    """Rows of the inbox not yet moved, as they came."""
    return (
        "CREATE OR REPLACE TEMP TABLE stage AS SELECT seq::BIGINT AS seq, kind::INTEGER AS kind, key_hi::BIGINT AS key_hi, "
        "key_lo::BIGINT AS key_lo, source, occurred_us::BIGINT AS at_us, received_us::BIGINT AS received_us, customer_id, "
        "user_id, anonymous::BIGINT & 1 <> 0 AS anonymous, anonymous::BIGINT & 2 <> 0 AS is_explicit, name, feature, body "
        f"FROM {source} WHERE seq > {after_seq} AND seq <= {through_seq}"
    )


def without_known(kind: int, table: str) -> Iterator[str]:
    """Take staged rows of one kind away whose key is not new; the view `novel` then has the others, each key once.

    History is asked by the half of the key that is random in every kind of UUID (a third of the time a join on both
    takes); the few suspects are then told apart by the whole 128 bits. No window of days, no index. What is found is
    kept in tables: the engine plans what comes next by how many there are, and they are few.
    """
    yield (
        f"CREATE OR REPLACE TEMP TABLE suspects AS SELECT key_hi, key_lo FROM {table} "
        f"WHERE key_lo IN (SELECT key_lo FROM stage WHERE kind = {kind})"
    )
    yield (
        f"CREATE OR REPLACE TEMP TABLE doubles AS SELECT key_hi, key_lo, min(seq) AS seq FROM stage WHERE kind = {kind} "
        "GROUP BY ALL HAVING count(*) > 1"
    )
    yield (
        "DELETE FROM stage WHERE seq IN ("
        f"SELECT s.seq FROM stage s JOIN suspects k ON k.key_hi = s.key_hi AND k.key_lo = s.key_lo WHERE s.kind = {kind} UNION ALL "
        "SELECT s.seq FROM stage s JOIN doubles d ON d.key_hi = s.key_hi AND d.key_lo = s.key_lo AND d.seq < s.seq "
        f"WHERE s.kind = {kind})"
    )
    yield f"CREATE OR REPLACE TEMP VIEW novel AS SELECT * FROM stage WHERE kind = {kind}"


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

PLACE = (
    "CREATE OR REPLACE TEMP TABLE placed AS SELECT s.seq, own.id_key AS own_key, usr.id_key AS user_key, "
    "CASE WHEN own.id_key IS NULL THEN s.customer_id END AS new_own, CASE WHEN usr.id_key IS NULL THEN s.user_id END AS new_user "
    "FROM stage s LEFT JOIN ids own ON own.id = s.customer_id LEFT JOIN ids usr ON usr.id = s.user_id"
)
"""The numbers of the ids each staged row names, beside its seq alone; an id not yet known as its text."""

_IDS_IN_BODIES = {FactKind.ticket: ("$.ticket_id",), FactKind.alias: ("$.previous_id", "$.user_id")}


def number_new_ids(kinds: AbstractSet[FactKind]) -> tuple[str, str]:
    """Give every id not yet in `ids` its number, in order of first appearance (the temporary table `new_ids`)."""
    said = [
        "SELECT new_own AS word, seq * 4 AS seq FROM placed WHERE new_own IS NOT NULL",
        "SELECT new_user, seq * 4 + 1 FROM placed WHERE new_user IS NOT NULL",
    ]
    for kind in sorted(kinds & _IDS_IN_BODIES.keys()):
        for place, path in enumerate(_IDS_IN_BODIES[kind], 2):
            bodies = f"SELECT body ->> '{path}' AS word, seq * 4 + {place} AS seq FROM stage WHERE kind = {int(kind)}"
            said.append(f"SELECT word, seq FROM ({bodies}) b ANTI JOIN ids d ON d.id = b.word WHERE word IS NOT NULL")
    return (
        "CREATE OR REPLACE TEMP TABLE new_ids AS SELECT ((SELECT coalesce(max(id_key), 0) FROM ids) + "
        "row_number() OVER (ORDER BY seq, word))::INTEGER AS id_key, word AS id FROM "
        f"(SELECT word, min(seq) AS seq FROM ({' UNION ALL '.join(said)}) GROUP BY word)",
        "INSERT INTO ids (id_key, id) SELECT id_key, id FROM new_ids",
    )


KEYED = (
    "CREATE OR REPLACE TEMP VIEW keyed AS SELECT p.seq, coalesce(p.own_key, own.id_key) AS own_key, "
    "coalesce(p.user_key, usr.id_key) AS user_key FROM placed p "
    "LEFT JOIN new_ids own ON own.id = p.new_own LEFT JOIN new_ids usr ON usr.id = p.new_user"
)
"""The numbers of the customer and the user of each staged row, new ones included."""

STAGED_NAMES = "SELECT name AS word, seq FROM stage WHERE kind = 3"

STAGED_FEATURES = "SELECT feature AS word, seq FROM stage WHERE kind = 3"

STAGED_SOURCES = "SELECT source AS word, seq FROM stage"

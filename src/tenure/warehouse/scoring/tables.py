"""The tables scores are kept in. Input and component columns are added as scorecards come to need them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import ibis.expr.types as ir

from tenure.warehouse.engine import Engine

RUNS = "scoring_runs"
CONFIGS = "scoring_configs"
CURRENT = "health_current"
INPUTS = "health_inputs"
HISTORY = "health_history"

_SCORE: Mapping[str, str] = {
    "run_id": "BIGINT",
    "as_of_us": "BIGINT",
    "known_batch": "INTEGER",
    "customer_key": "INTEGER",
    "customer_id": "VARCHAR",
    "spell_started_us": "BIGINT",
    "scorecard": "VARCHAR",
    "version": "VARCHAR",
    "total": "DOUBLE",
    "score": "DOUBLE",
    "health_status": "VARCHAR",
    "coverage": "DOUBLE",
    "is_new": "BOOLEAN",
    "override_id": "BIGINT",
    "override_until_us": "BIGINT",
    "shown_score": "DOUBLE",
    "shown_status": "VARCHAR",
    "previous_score": "DOUBLE",
    "change_late": "DOUBLE",
    "change_time": "DOUBLE",
    "change_behaviour": "DOUBLE",
    "change_configuration": "DOUBLE",
}
_PROFILE: Mapping[str, str] = {
    "profile_digest": "BIGINT",
    "profile_name": "VARCHAR",
    "profile_plan": "VARCHAR",
    "profile_owner": "VARCHAR",
    "profile_segment": "VARCHAR",
    "profile_stage": "VARCHAR",
    "profile_customer_status": "VARCHAR",
    "profile_arr_cents": "BIGINT",
    "profile_renewal_us": "BIGINT",
}
_MANY = 4
"""Where more than a fourth of a table changes, writing all of it anew costs less."""
_NOT_IN_HISTORY = ("changed_run", "profile_run")
FIXED: Mapping[str, Mapping[str, str]] = {
    RUNS: {
        "run_id": "BIGINT",
        "kind": "VARCHAR",
        "as_of_us": "BIGINT",
        "known_batch": "INTEGER",
        "config": "VARCHAR",
        "connected": "VARCHAR",
    },
    CONFIGS: {"digest": "VARCHAR", "body": "VARCHAR"},
    CURRENT: {**_SCORE, "changed_run": "BIGINT", "profile_run": "BIGINT", **_PROFILE},
    INPUTS: {"customer_key": "INTEGER", "run_id": "BIGINT"},
    HISTORY: {**_SCORE, "is_scored": "BOOLEAN"},
}
"""`health_current` holds what is shown and is written only where it changed: `changed_run` last changed the score,
`profile_run` what lists show beside it. `health_inputs` holds the measure inputs of every last score and the run they
are of: narrow, so that writing all of it costs little. `health_history` gets each change with its inputs."""

_ENGINE_TYPES = {
    "int64": "BIGINT",
    "int32": "INTEGER",
    "float64": "DOUBLE",
    "string": "VARCHAR",
    "boolean": "BOOLEAN",
}


def create_tables(engine: Engine) -> None:
    """Make what is missing."""
    for name, columns in FIXED.items():
        listed = ", ".join(f"{column} {kind}" for column, kind in columns.items())
        engine.run(f"CREATE TABLE IF NOT EXISTS {name} ({listed})")
    for column in ("profile_segment VARCHAR", "profile_digest BIGINT"):
        engine.run(f"ALTER TABLE {CURRENT} ADD COLUMN IF NOT EXISTS {column}")  # kept without it before


def widen(engine: Engine, table: str, rows: ir.Table) -> None:
    """Give a table the columns of these rows it does not have yet."""
    have = set(columns_of(engine, table))
    for name, kind in rows.schema().items():
        if name not in have:
            word = _ENGINE_TYPES[str(kind).removeprefix("!")]
            engine.run(f'ALTER TABLE {table} ADD COLUMN "{name}" {word}')


def columns_of(engine: Engine, table: str) -> tuple[str, ...]:
    """The columns a table has now."""
    found = engine.run(
        "SELECT column_name FROM duckdb_columns() WHERE table_name = ? ORDER BY column_index", [table]
    )
    return tuple(str(name) for (name,) in found)


def read(engine: Engine, table: str) -> ir.Table:
    """A table of ours as it is now; its columns may have grown since it was last read."""
    return engine.described(table)


def replace(engine: Engine, table: str, rows: ir.Table) -> None:
    """All rows at once: the cheapest way where most are written anyway."""
    engine.run(f"CREATE OR REPLACE TABLE {table} AS SELECT * FROM {rows.get_name()}")


def merge(engine: Engine, table: str, rows: ir.Table, gone: ir.Table) -> None:
    """Some rows in place of those of the same customers; `gone` has the keys of customers no longer scored.

    Known rows are changed where they lie, or all are written anew where many are: rows that are taken out and appended
    leave holes, and closing holes rewrites most of a table whenever the log is written back.
    """
    name = rows.get_name()
    engine.run(f"DELETE FROM {table} WHERE customer_key IN (SELECT customer_key FROM {gone.get_name()})")
    widen(engine, table, rows)
    changed = engine.number(f"SELECT count(*) FROM {name}")
    if changed * _MANY > engine.number(f"SELECT count(*) FROM {table}"):
        others = f"SELECT * FROM {table} WHERE customer_key NOT IN (SELECT customer_key FROM {name})"
        engine.run(f"CREATE OR REPLACE TABLE {table} AS {others} UNION ALL BY NAME SELECT * FROM {name}")
        return
    for columns, condition in _together(columns_of(engine, table)):
        said = ", ".join(f'"{one}" = {_value(one, rows)}' for one in columns)
        engine.run(f"UPDATE {table} t SET {said} FROM {name} r WHERE r.customer_key = t.customer_key{condition}")
    engine.run(f"INSERT INTO {table} BY NAME SELECT * FROM {name} ANTI JOIN {table} USING (customer_key)")


def _together(columns: Sequence[str]) -> Iterator[tuple[list[str], str]]:
    """Columns that change together, and when: what lists show beside a score seldom does, and texts take long."""
    beside = [name for name in columns if name in ("profile_run", *_PROFILE)]
    if beside:
        yield beside, " AND r.profile_run IS DISTINCT FROM t.profile_run"
    yield [name for name in columns if name not in ("customer_key", "customer_id", *beside)], ""


def _value(name: str, rows: ir.Table) -> str:
    return f'r."{name}"' if name in rows.columns else "NULL"


def last_scores(moved: str) -> str:
    """Current scores with the inputs, time and knowledge of their last run, of customers a condition names."""
    return (
        f"SELECT c.customer_id, c.spell_started_us, c.total, r.as_of_us, r.known_batch, i.* FROM {INPUTS} i "
        f"JOIN (SELECT customer_key, customer_id, spell_started_us, total FROM {CURRENT}) c USING (customer_key) "
        f"JOIN {RUNS} r ON r.run_id = i.run_id WHERE i.customer_key IN ({moved})"
    )


def with_news(old: str) -> str:
    """Last scores with what is new since: `is_late`, and `is_plain` where nothing but events of the present spell is."""
    return (
        f"WITH news AS (SELECT o.customer_key, min(t.earliest_us) AS earliest_us, bool_or(t.beyond_events) AS beyond "
        f"FROM {old} o JOIN touched t ON t.customer_key = o.customer_key AND t.batch > o.known_batch GROUP BY ALL) "
        "SELECT o.*, coalesce(n.earliest_us < o.as_of_us, false) AS is_late, "
        "coalesce(NOT n.beyond AND n.earliest_us >= o.spell_started_us, true) AS is_plain "
        f"FROM {old} o LEFT JOIN news n USING (customer_key)"
    )


def with_columns_of(rows: str, other: str, names: Sequence[str]) -> str:
    """Rows that another table of the same customers has too, some columns from there."""
    listed = ", ".join(f'o."{name}" AS "{name}"' for name in names)
    replaced = f" REPLACE ({listed})" if names else ""
    return f"SELECT r.*{replaced} FROM {rows} r JOIN {other} o ON o.customer_key = r.customer_key"


def instead(rows: str, found: Sequence[str]) -> str:
    """Rows, those of the same customers found elsewhere in their place."""
    keys = " UNION ALL ".join(f"SELECT customer_key FROM {name}" for name in found)
    others = "".join(f" UNION ALL BY NAME SELECT * FROM {name}" for name in found)
    return f"SELECT * FROM {rows} WHERE customer_key NOT IN ({keys}){others}"


def append_history(
    engine: Engine,
    rows: ir.Table,
    changed_run: int | None,
    *,
    is_scored: bool,
    instead: Mapping[str, int] | None = None,
) -> int:
    """Append current rows to history, after making room for new columns; returns how many.

    Args:
        changed_run: only rows this run changed; None: all of them.
        instead: whole numbers in place of what the rows say.
    """
    kept = [name for name in rows.columns if name not in _NOT_IN_HISTORY and name not in _PROFILE]
    widen(engine, HISTORY, rows.select(*kept))
    listed = ", ".join(f'{(instead or {}).get(name, chr(34) + name + chr(34))} AS "{name}"' for name in kept)
    where = "" if changed_run is None else f" WHERE changed_run = {changed_run}"
    select = f"SELECT {listed}, {is_scored} AS is_scored FROM {rows.get_name()}{where}"
    return int(engine.run(f"INSERT INTO {HISTORY} BY NAME {select}")[0][0])


def with_columns(select: str, instead: Mapping[str, str]) -> str:
    """A select with some of its columns replaced by expressions."""
    listed = ", ".join(f"{text} AS {name}" for name, text in instead.items())
    return f"SELECT * REPLACE ({listed}) FROM ({select})"


def of_customers(rows: str, profiles: str) -> str:
    """Rows with the ids of their customers, from last scores where there are any, and what lists show of them."""
    return (
        f"WITH known AS MATERIALIZED (SELECT customer_key, customer_id FROM {CURRENT} "
        f"WHERE customer_key IN (SELECT customer_key FROM {rows})), "
        "looked_up AS (SELECT id_key AS customer_key, id AS customer_id FROM ids "
        f"WHERE id_key IN (SELECT customer_key FROM {rows} ANTI JOIN known USING (customer_key))) "
        f"SELECT r.*, i.customer_id, p.* EXCLUDE (customer_key) FROM {rows} r "
        "JOIN (FROM known UNION ALL FROM looked_up) i ON i.customer_key = r.customer_key "
        f"JOIN {profiles} p ON p.customer_key = r.customer_key"
    )


def keyed(rows: str) -> str:
    """Rows that name a customer, with its key; whoever is not known has nothing to be judged by."""
    return f"SELECT i.id_key AS customer_key, r.* EXCLUDE (customer_id) FROM {rows} r JOIN ids i ON i.id = r.customer_id"


def save_config(engine: Engine, digest: str, body: str) -> None:
    """Keep a configuration once."""
    engine.run(
        f"INSERT INTO {CONFIGS} SELECT ?, ? WHERE NOT EXISTS (SELECT 1 FROM {CONFIGS} WHERE digest = ?)",
        [digest, body, digest],
    )


def save_run(engine: Engine, values: list[object]) -> None:
    """Keep a run: the columns of `scoring_runs` in order."""
    engine.run(f"INSERT INTO {RUNS} VALUES ({', '.join('?' for _ in values)})", values)


def forget_customers(engine: Engine, customer_ids: Sequence[str]) -> None:
    """Erase every score of these customers, history included."""
    engine.run(
        f"DELETE FROM {INPUTS} WHERE customer_key IN (SELECT customer_key FROM {CURRENT} "
        "WHERE customer_id IN (SELECT unnest(?)))",
        [list(customer_ids)],
    )
    for table in (CURRENT, HISTORY):
        engine.run(f"DELETE FROM {table} WHERE customer_id IN (SELECT unnest(?))", [list(customer_ids)])

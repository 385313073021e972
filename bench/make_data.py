"""A large synthetic company, the same for the same seed: rows for the inbox, and a warehouse full of history.

Everything but events goes through the real drain; events are written straight into the tables as a drain of each
ten days would leave them. `tests/integration/warehouse/test_made_data.py` holds a small one equal to a real drain.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import duckdb
import pyarrow as pa

from tenure.clock import DAY_US
from tenure.model.mapping import FactMapping
from tenure.warehouse.accumulators import add_parts
from tenure.warehouse.compaction import compact
from tenure.warehouse.engine import Engine, WarehouseFile
from tenure.warehouse.rollups import ROLLED
from tenure.warehouse.schema import MARK, ROLLUPS, WAITING
from tenure.warehouse.settling import resolved, settle_customers
from tenure.warehouse.warehouse import DuckWarehouse

NAMES = ("login", "page_viewed", "report_viewed", "item_created", "item_updated", "search", "export", "invite", "comment", "feature_adopted")
FEATURES = 12
CHUNK_DAYS = 10
NOW_US = 20_500 * DAY_US
_INBOX = "seq, 1 AS venture_id, kind, key_hi, key_lo, 'bench' AS source, occurred_us, received_us, customer_id, user_id, anonymous, name, feature, body"


@dataclass(frozen=True)
class Company:
    """How large, how long, and from which seed. History lies before `now_us`.

    `wide` gives every event the properties a web product's events carry (page, referrer, device, version: 170 bytes);
    otherwise only adopted features are named. `lived`: everything was told when it happened (what a rehearsal needs);
    otherwise customers, users and tickets were told the day before `now_us`; of a lived past one user in `stops` stops on some day.
    """

    customers: int
    events: int
    seed: int = 1
    days: int = 360
    now_us: int = NOW_US
    wide: bool = False
    lived: bool = False
    stops: int = 6

    @property
    def users(self) -> int:
        return self.customers + self.customers // 2

    @property
    def tickets(self) -> int:
        return self.customers * 6 // 10

    @property
    def start_us(self) -> int:
        return self.now_us - self.days * DAY_US


def chance(*parts: object) -> str:
    """SQL of a whole number 0 .. 2^62 that depends on nothing but these parts."""
    return f"((hash({', '.join(str(part) for part in parts)}) >> 2)::BIGINT)"


def _draw(number: str, seed: int, what: str) -> str:
    return chance(number, seed, f"'{what}'")


def _keys(kind: int, number: str, seed: int) -> str:
    return f"{chance(number, seed, kind, 1)} AS key_hi, {chance(number, seed, kind, 2)} AS key_lo"


def _row(kind: int, number: str, company: Company, occurred: str, columns: str, source: str) -> str:
    return (
        f"SELECT {number} AS place, {kind} AS kind, {_keys(kind, number, company.seed)}, ({occurred})::BIGINT AS occurred_us, "
        f"({occurred})::BIGINT AS received_us, {columns} FROM {source}"
    )


def _created(company: Company, number: str = "i") -> str:
    return f"({company.now_us} - (30 + {_draw(number, company.seed, 'age')} % 700) * {DAY_US})"


def customers_sql(company: Company) -> str:
    draw = partial(_draw, "i", company.seed)
    created, told = _created(company), f"{company.now_us - DAY_US} + i"
    churned = f"CASE WHEN {draw('status')} % 100 < 5 THEN {company.now_us} - (1 + {draw('churn')} % 29) * {DAY_US} END"
    status = (
        f"CASE WHEN {draw('status')} % 100 < 5 THEN 'churned' WHEN {draw('status')} % 100 < 8 THEN 'trial' "
        f"WHEN {draw('status')} % 100 < 9 THEN 'cancelling' ELSE 'active' END"
    )
    if company.lived:
        told, churned, status = created, "NULL", "'active'"
    body = (
        f"json_object('customer_id', 'c' || i, 'created_us', {created}, 'status', {status}, 'name', 'Customer ' || i, "
        f"'plan', list_value('free', 'basic', 'professional', 'enterprise')[1 + {draw('plan')} % 4], "
        f"'owner', 'owner' || {draw('owner')} % 20, 'seats', 1 + {draw('seats')} % 40, "
        f"'renewal_us', {company.now_us} + ({draw('renewal')} % 365) * {DAY_US}, 'churned_us', {churned})::VARCHAR"
    )
    columns = f"'c' || i AS customer_id, NULL AS user_id, 0 AS anonymous, NULL AS name, NULL AS feature, {body} AS body"
    return _row(1, "i", company, told, columns, f"range({company.customers}) t(i)")


def leavers_sql(company: Company) -> str:
    """Of a lived past: who cancelled or left within the last half year, at a moment of the day."""
    draw = partial(_draw, "i", company.seed)
    at = f"greatest({_created(company)} + {DAY_US}, {company.now_us} - {DAY_US} - {draw('churn')} % {180 * DAY_US})"
    status = f"CASE WHEN {draw('status')} % 100 < 5 THEN 'churned' ELSE 'cancelling' END"
    body = f"json_object('customer_id', 'c' || i, 'status', {status}, 'churned_us', CASE WHEN {status} = 'churned' THEN {at} END)::VARCHAR"
    columns = f"'c' || i AS customer_id, NULL AS user_id, 0 AS anonymous, NULL AS name, NULL AS feature, {body} AS body"
    source = f"(SELECT i, i + {company.customers} AS again FROM range({company.customers}) t(i) WHERE {draw('status')} % 100 < 6)"
    return _row(1, "again", company, at, columns, source)


def users_sql(company: Company) -> str:
    who = f"'c' || (j % {company.customers})"
    role = f"list_value('member', 'member', 'admin', 'owner')[1 + {chance('j', company.seed, 5)} % 4]"
    told = _created(company, f"j % {company.customers}") if company.lived else f"{company.now_us - DAY_US} + j"
    contact = "'name', 'User ' || j, 'email', 'u' || j || '@example.com', " if company.lived else ""
    body = f"json_object('user_id', 'u' || j, 'customer_id', {who}, {contact}'role', {role})::VARCHAR"
    columns = f"{who} AS customer_id, 'u' || j AS user_id, 0 AS anonymous, NULL AS name, NULL AS feature, {body} AS body"
    return _row(2, "j", company, told, columns, f"range({company.users}) t(j)")


def tickets_sql(company: Company, *, solved: bool = False) -> str:
    """`solved`, of a lived past: what was told a day later of those that were solved."""
    draw = partial(_draw, "k", company.seed)
    created = f"({company.now_us} - (2 + {draw('opened')} % 200) * {DAY_US})"
    is_open = f"{draw('state')} % 10 < 2" if solved or not company.lived else "TRUE"
    whose = f"'c' || {draw('whose')} % {company.customers}"
    body = (
        f"json_object('ticket_id', 't' || k, 'customer_id', {whose}, 'created_us', {created}, "
        f"'status', CASE WHEN {is_open} THEN 'open' ELSE 'solved' END, "
        f"'resolved_us', CASE WHEN NOT {is_open} THEN {created} + {DAY_US} END)::VARCHAR"
    )
    columns = f"{whose} AS customer_id, NULL AS user_id, 0 AS anonymous, NULL AS name, NULL AS feature, {body} AS body"
    first = f"{created} + k % {DAY_US}" if company.lived else f"{company.now_us - DAY_US} + k"
    if not solved:
        return _row(4, "k", company, first, columns, f"range({company.tickets}) t(k)")
    source = f"(SELECT k, k + {company.tickets} AS again FROM range({company.tickets}) t(k) WHERE NOT {is_open})"
    return _row(4, "again", company, f"{created} + {DAY_US}", columns, source)


def movements_sql(company: Company) -> str:
    draw = partial(_draw, "i", company.seed)
    at = f"({company.now_us} - (30 + {draw('age')} % 700) * {DAY_US} + {DAY_US})"
    body = f"json_object('customer_id', 'c' || i, 'occurred_us', {at}, 'kind', 'new', 'monthly_cents', 1000 + {draw('mrr')} % 90000)::VARCHAR"
    columns = f"'c' || i AS customer_id, NULL AS user_id, 0 AS anonymous, NULL AS name, NULL AS feature, {body} AS body"
    return _row(5, "i", company, at, columns, f"range(0, {company.customers}, 2) t(i)")


def _properties(company: Company) -> str:
    """SQL of an event's JSON from its name, feature f, number e and customer c; null where it has none."""
    feature = "'\"feature\":\"' || f || '\"'"
    if not company.wide:
        return f"CASE WHEN name = 'feature_adopted' THEN '{{' || {feature} || '}}' END"
    rest = (
        "'\"url\":\"https://app.example.com/workspaces/' || c || '/boards/' || e % 977 || '\",\"referrer\":\"https://app.example.com/home\",' "
        "|| '\"device\":\"' || list_value('desktop', 'mobile', 'tablet')[1 + e % 3] || '\",\"app_version\":\"4.12.' || e % 40 || '\"}'"
    )
    return f"'{{' || CASE WHEN name = 'feature_adopted' THEN {feature} || ',' ELSE '' END || {rest}"


def _anytime(company: Company) -> tuple[str, str]:
    """When event e happened and whose it is: anybody's."""
    draw = partial(_draw, "e", company.seed)
    step = company.days * DAY_US / max(company.events, 1)
    at = f"least({company.now_us - 1}, {company.start_us} + (e * {step})::BIGINT + {draw('hours')} % {DAY_US // 4})"
    return at, f"({draw('user')} % {company.users})"


def _habit(company: Company) -> tuple[str, str]:
    """The same of a lived past: every user comes at a pace of their own, one in `stops` stops on some day for good."""
    draw = partial(_draw, "e", company.seed)
    rounds = max(1, company.events // company.users)
    stops = f"{_draw('u', company.seed, 'stops')} % {company.stops} = 0"
    span = f"CASE WHEN {stops} THEN {_draw('u', company.seed, 'stop')} % {company.days * DAY_US} ELSE {company.days * DAY_US} END"
    begun = f"{_draw('u', company.seed, 'begun')} % {company.days * DAY_US // rounds}"
    at = f"{company.start_us} + (((e // {company.users}) / {rounds}) * ({span}))::BIGINT + {begun} + {draw('hours')} % {DAY_US // 4}"
    return f"least({company.now_us - 1}, {at})", f"(e % {company.users})"


def events_sql(company: Company, first: int, last: int) -> str:
    """Events number first .. last - 1: evenly over the days, in order but for some hours of disorder."""
    draw = partial(_draw, "e", company.seed)
    name = f"list_value({', '.join(repr(name) for name in NAMES)})[1 + {draw('name')} % {len(NAMES)}]"
    if company.lived:  # they log in nearly each time they come
        name = f"CASE WHEN (e // {company.users} + e) % 8 < 7 THEN 'login' ELSE {name} END"
    at, user = (_habit if company.lived else _anytime)(company)
    source = (
        f"(SELECT e, u, {name} AS name, 'feature ' || {draw('feature')} % {FEATURES} AS f, u % {company.customers} AS c, "
        f"{draw('named')} % 2 = 0 AS named, {at} AS moment FROM (SELECT e, {user} AS u FROM range({first}, {last}) t(e)))"
    )
    columns = (
        "CASE WHEN named THEN 'c' || c END AS customer_id, 'u' || u AS user_id, 0 AS anonymous, name, "
        f"CASE WHEN name = 'feature_adopted' THEN f END AS feature, {_properties(company)} AS body, u, c, named"
    )
    return _row(3, "e", company, "moment", columns, source)


def new_events_sql(company: Company, count: int, span_us: int, customers: int | None = None, salt: int = 7) -> str:
    """Fresh events of the time after `now_us`, of the first `customers` customers or of all; 2 % are a week late."""
    draw = partial(_draw, f"e, {salt}", company.seed)
    users = company.users if customers is None else customers
    at = f"{company.now_us} + {draw('at')} % {span_us} - CASE WHEN {draw('late')} % 50 = 0 THEN {7 * DAY_US} ELSE 0 END"
    name = f"list_value({', '.join(repr(name) for name in NAMES)})[1 + {draw('name')} % {len(NAMES)}]"
    source = (
        f"(SELECT e, u, {name} AS name, 'feature ' || {draw('feature')} % {FEATURES} AS f, {at} AS moment, u % {company.customers} AS c "
        f"FROM (SELECT e, {draw('user')} % {users} AS u FROM range({count}) t(e)))"
    )
    columns = (
        "CASE WHEN e % 2 = 0 THEN 'c' || c END AS customer_id, 'u' || u AS user_id, 0 AS anonymous, name, "
        f"CASE WHEN name = 'feature_adopted' THEN f END AS feature, {_properties(company)} AS body"
    )
    place = f"e + {salt} * 10000000000"
    return _row(3, place, company, "moment", columns, source)


def inbox_rows(select: str, first_seq: int = 1) -> pa.RecordBatchReader:
    """A select of this module as the inbox hands rows to a drain."""
    connection = duckdb.connect(config={"threads": 2})
    numbered = f"SELECT *, {first_seq - 1} + row_number() OVER (ORDER BY kind, place) AS seq FROM ({select})"
    return connection.sql(f"SELECT {_INBOX} FROM ({numbered}) ORDER BY seq").to_arrow_reader(100_000)


def with_duplicates(select: str) -> str:
    """The same and one in a hundred again."""
    return f"SELECT * FROM ({select}) UNION ALL SELECT * FROM ({select}) WHERE key_lo % 100 = 0"


def statements(company: Company) -> Iterator[str]:
    """Everything of the history but events, a select a kind."""
    yield customers_sql(company)
    yield users_sql(company)
    yield tickets_sql(company)
    if company.lived:
        yield leavers_sql(company)
        yield tickets_sql(company, solved=True)
    yield movements_sql(company)


def rows_in(select: str) -> int:
    return int(duckdb.connect().execute(f"SELECT count(*) FROM ({select})").fetchall()[0][0])


def load(warehouse: DuckWarehouse, company: Company, say: Callable[[str], None] = lambda text: None) -> None:
    """Fill an empty warehouse with the company's history."""
    mapping = FactMapping()
    seq = 0
    for select in statements(company):
        count = rows_in(select)
        result = warehouse.drain(iter(inbox_rows(select, seq + 1)), seq + count, mapping, company.now_us)
        seq += count
        say(f"drained {sum(result.added.values()):,} rows in {sum(result.timings.values()):.1f} s")
    with warehouse.engine.transaction():
        _load_events(warehouse.engine, company, seq, say)
    warehouse.engine.run("CHECKPOINT")


def _load_events(engine: Engine, company: Company, seq: int, say: Callable[[str], None]) -> None:
    engine.run(f"INSERT INTO names SELECT row_number() OVER (), unnest FROM unnest({list(NAMES)!r})")
    engine.run(f"INSERT INTO feature_names SELECT i + 1, 'feature ' || i FROM range({FEATURES}) t(i)")
    engine.run("CREATE OR REPLACE TEMP TABLE u_keys AS SELECT id[2:]::BIGINT AS u, id_key FROM ids WHERE id[1] = 'u'")
    engine.run("CREATE OR REPLACE TEMP TABLE c_keys AS SELECT id[2:]::BIGINT AS c, id_key FROM ids WHERE id[1] = 'c'")
    source = engine.number("SELECT source_key FROM sources")
    chunks = max(1, company.days // CHUNK_DAYS)
    for chunk in range(chunks):
        first, last = (company.events * part // chunks for part in (chunk, chunk + 1))
        batch = engine.number("SELECT max(batch) FROM batches") + 1
        engine.run(
            "CREATE OR REPLACE TEMP TABLE added AS SELECT n.key_hi, n.key_lo, "
            f"{seq} + n.place + 1 AS seq, {batch} AS batch, {source} AS source_key, n.received_us, n.occurred_us AS at_us, "
            "CASE WHEN n.named THEN c.id_key END AS own_key, u.id_key AS user_key, FALSE AS anonymous, m.name_key, f.feature_key, "
            f"1 AS mapping_key, n.body AS properties FROM ({events_sql(company, first, last)}) n JOIN u_keys u ON u.u = n.u "
            "JOIN c_keys c ON c.c = n.c JOIN names m ON m.name = n.name LEFT JOIN feature_names f ON f.feature = n.feature"
        )
        engine.run("INSERT INTO events BY NAME SELECT * FROM added")
        columns = {name: kind for name, kind in WAITING.items() if name != "seq"}
        theirs = engine.keep_sql(resolved(engine, "added", columns, tuple(ROLLED)), "theirs")
        for table in ROLLUPS:
            add_parts(engine, table, theirs)
        engine.forget([theirs])
        engine.run(f"INSERT INTO batches VALUES ({batch}, {company.now_us}, {seq + first + 1}, {seq + last}, {last - first}, 0)")
        say(f"events {last:,} of {company.events:,}")
    engine.set_mark(MARK.seq, seq + company.events)
    engine.set_mark("received_events", company.now_us - 1)
    engine.run("CREATE OR REPLACE TEMP TABLE everybody AS SELECT DISTINCT customer_key FROM name_totals")
    settle_customers(engine, company.now_us, "everybody")
    compact(engine, company.now_us)
    engine.run("DELETE FROM touched")
    for name in ("added", "u_keys", "c_keys", "everybody"):
        engine.run(f"DROP TABLE temp.{name}")


def open_company(path: Path, company: Company, say: Callable[[str], None] = lambda text: None) -> DuckWarehouse:
    """The company's warehouse at this path, made first when it is not there."""
    is_new = not path.exists()
    warehouse = DuckWarehouse(WarehouseFile.open(path))
    if is_new:
        load(warehouse, company, say)
    return warehouse


if __name__ == "__main__":
    started = time.monotonic()
    made = Company(int(sys.argv[2]), int(sys.argv[3]))
    open_company(Path(sys.argv[1]), made, print).close()
    print(f"{time.monotonic() - started:.0f} s")

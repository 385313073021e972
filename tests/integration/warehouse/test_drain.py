"""What a drain does with the facts people really send."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb
import pytest
from tests.warehouse_builder import BuiltWarehouse

from tenure.clock import DAY_US
from tenure.errors import Locked, Refused
from tenure.model.facts import (
    Alias,
    Answer,
    Customer,
    CustomerStatus,
    Event,
    Record,
    Ticket,
    TicketStatus,
    User,
)
from tenure.model.mapping import FactMapping, FeatureRule
from tenure.testing.warehouse import inbox_rows, inbox_table
from tenure.warehouse.engine import WarehouseFile
from tenure.warehouse.locks import FileLock
from tenure.warehouse.writer import tables, touching

NOW_US = 20_000 * DAY_US


def login(user_id: str, days_ago: float, **more: Any) -> Event:
    return Event(name="login", occurred_us=NOW_US - int(days_ago * DAY_US), user_id=user_id, **more)


@pytest.fixture
def house() -> Iterator[BuiltWarehouse]:
    built = BuiltWarehouse()
    yield built
    built.close()


def logins(house: BuiltWarehouse, now_us: int = NOW_US) -> dict[str, int]:
    """Logins per customer id."""
    view = house.now(now_us)
    found = view.last_seen(["login"]).inner_join(view.customers(), "customer_key").select("customer_id", "n")
    return {row["customer_id"]: row["n"] for row in found.to_pyarrow().to_pylist()}


def customer(house: BuiltWarehouse, customer_id: str, now_us: int = NOW_US) -> dict[str, Any]:
    rows: list[dict[str, Any]] = house.now(now_us).customers().to_pyarrow().to_pylist()
    return next(row for row in rows if row["customer_id"] == customer_id)


def test_events_follow_their_user_to_its_customer(house: BuiltWarehouse) -> None:
    house.add([login("bob", 3), login("bob", 2, customer_id="own")], NOW_US)
    assert logins(house) == {"bob": 1, "own": 1}
    moved = house.add([User(user_id="bob", stated_us=NOW_US - 5, customer_id="acme")], NOW_US)
    assert logins(house) == {"acme": 1, "own": 1}
    assert moved.touched_customers == 2
    assert moved.late_customers == 2
    house.add([User(user_id="bob", stated_us=NOW_US - 4, customer_id="bolt")], NOW_US)
    assert logins(house) == {"bolt": 1, "own": 1}


def test_a_device_is_nobody_until_an_alias_says_who(house: BuiltWarehouse) -> None:
    house.add([login("phone", 3, anonymous=True), login("tablet", 2, anonymous=True)], NOW_US)
    assert logins(house) == {}
    house.add([Alias(previous_id="tablet", user_id="phone", stated_us=NOW_US - 9)], NOW_US)
    house.add([Alias(previous_id="phone", user_id="eve", stated_us=NOW_US - 8)], NOW_US)
    assert logins(house) == {"eve": 2}
    house.add([User(user_id="eve", stated_us=NOW_US - 7, customer_id="acme")], NOW_US)
    assert logins(house) == {"acme": 2}
    view = house.now(NOW_US)
    assert len(view.user_days(0).select("user_key").distinct().to_pyarrow()) == 1


def test_a_circle_of_aliases_does_no_harm(house: BuiltWarehouse) -> None:
    house.add([login("a", 3), login("b", 3), login("c", 3)], NOW_US)
    house.add(
        [
            Alias(previous_id="a", user_id="b", stated_us=1),
            Alias(previous_id="b", user_id="c", stated_us=2),
            Alias(previous_id="c", user_id="a", stated_us=3),
        ],
        NOW_US,
    )
    assert sum(logins(house).values()) == 3


def test_the_same_facts_twice_count_once(house: BuiltWarehouse) -> None:
    rows = inbox_rows([login("bob", 1), Customer(customer_id="bob", stated_us=NOW_US - 1, plan="pro")])
    assert sum(house.add_rows([*rows, *rows], NOW_US).added.values()) == 2
    again = house.add_rows(rows, NOW_US)
    assert (sum(again.added.values()), again.duplicates) == (0, 2)
    assert logins(house) == {"bob": 1}


def test_a_statement_that_says_nothing_new_is_dropped_but_a_return_to_an_old_value_is_not(house: BuiltWarehouse) -> None:
    added = [
        house.add([Customer(customer_id="acme", stated_us=moment, plan=plan)], NOW_US).added["customers"]
        for moment, plan in ((1, "pro"), (2, "pro"), (3, "free"), (4, "pro"), (5, "pro"))
    ]
    assert added == [1, 0, 1, 1, 0]
    assert customer(house, "acme")["plan"] == "pro"


def test_a_fact_of_tomorrow_waits_and_counts_tomorrow(house: BuiltWarehouse) -> None:
    result = house.add([login("bob", 1), login("bob", -0.5)], NOW_US)
    assert (result.pending, result.added["events"]) == (1, 2)
    assert logins(house) == {"bob": 1}
    with pytest.raises(Refused):
        house.warehouse.accumulated_view(NOW_US + DAY_US, house.mapping)
    assert logins(house, NOW_US + DAY_US) == {"bob": 2}


def test_a_late_fact_is_counted_on_its_day_and_its_customer_is_named(house: BuiltWarehouse) -> None:
    house.add([login("bob", 1)], NOW_US)
    late = house.add([login("bob", 9), login("eve", -0.1)], NOW_US + DAY_US)
    assert (late.touched_customers, late.late_customers) == (2, 1)
    days = house.now(NOW_US + DAY_US).activity(["login"]).to_pyarrow().to_pylist()
    assert sorted(row["day"] for row in days) == [19_991, 19_999, 20_000]
    names = house.warehouse.touched(1, late.batch).to_pyarrow().to_pylist()
    assert min(row["earliest_us"] for row in names) == NOW_US - 9 * DAY_US


def test_features_are_read_again_when_the_mapping_changes(house: BuiltWarehouse) -> None:
    export = Event(name="export", occurred_us=NOW_US - 9, user_id="bob", properties={"feature": "a", "$kind": "csv"})
    adopted = Event(name="feature_adopted", occurred_us=NOW_US - 8, user_id="bob", properties={"feature": "b"})
    house.add([export, adopted], NOW_US)

    def features() -> set[str]:
        return {row["feature"] for row in house.now(NOW_US).features().to_pyarrow().to_pylist()}

    assert features() == {"b"}
    before = house.mapping
    house.mapping = FactMapping(feature_rules=(FeatureRule(event="export", property="$kind"),))
    assert features() == {"csv"}
    assert {row["feature"] for row in house.full(NOW_US, mapping=before).features().to_pyarrow().to_pylist()} == {"b"}
    house.mapping = before
    assert features() == {"b"}


def test_a_feature_the_source_itself_named_stays_when_the_rules_change(house: BuiltWarehouse) -> None:
    stated = Event(name="export", occurred_us=NOW_US - 9, user_id="bob", feature="stated", properties={"$kind": "csv"})
    waiting = Event(name="export", occurred_us=NOW_US + 9, user_id="bob", feature="later", properties={"$kind": "pdf"})
    by_rule = Event(name="feature_adopted", occurred_us=NOW_US - 8, user_id="bob", properties={"feature": "b"})
    rows = inbox_rows([stated, waiting, by_rule])
    assert rows[0].feature == "stated"
    house.add_rows(rows, NOW_US)
    house.mapping = FactMapping(feature_rules=(FeatureRule(event="export", property="$kind"),))
    for now_us, expected in ((NOW_US, {"stated"}), (NOW_US + 10, {"stated", "later"})):
        views = (house.now(now_us), house.full(now_us))
        assert [{row["feature"] for row in view.features().to_pyarrow().to_pylist()} for view in views] == [expected] * 2
    house.add([Event(name="export", occurred_us=NOW_US - 7, user_id="bob", feature="new", properties={"$kind": "x"})], NOW_US + 10)
    assert {row["feature"] for row in house.now(NOW_US + 10).features().to_pyarrow().to_pylist()} == {"stated", "later", "new"}


def test_a_late_statement_between_two_equal_ones_does_not_win(house: BuiltWarehouse) -> None:
    def said(days_ago: int, owner: str) -> Customer:
        return Customer(customer_id="acme", stated_us=NOW_US - days_ago * DAY_US, owner=owner, created_us=1)

    assert house.add([said(9, "ada")], NOW_US).added["customers"] == 1
    again = house.add([said(3, "ada")], NOW_US)
    assert (again.added["customers"], again.duplicates, again.touched_customers) == (0, 1, 0)
    late = house.add([said(6, "bob")], NOW_US)
    assert (late.added["customers"], late.duplicates) == (1, 0)
    assert customer(house, "acme")["owner"] == "ada"
    owners = [house.full(NOW_US - days * DAY_US).customers().to_pyarrow().to_pylist()[0]["owner"] for days in (7, 4, 1)]
    assert owners == ["ada", "bob", "ada"]
    assert house.full(NOW_US, known_batch=1).customers().to_pyarrow().to_pylist()[0]["owner"] == "ada"


def test_statements_said_again_and_again_are_remembered_once(house: BuiltWarehouse) -> None:
    for days_ago in (9, 8, 7, 6):
        house.add([Customer(customer_id="acme", stated_us=NOW_US - days_ago * DAY_US, owner="ada")], NOW_US)
    assert house.warehouse.engine.number("SELECT count(*) FROM repeats") == 1
    assert house.warehouse.engine.number("SELECT count(*) FROM customer_statements") == 1
    house.add([Customer(customer_id="acme", stated_us=NOW_US - 5 * DAY_US, owner="bob")], NOW_US)
    assert customer(house, "acme")["owner"] == "bob"


def test_repeated_users_and_tickets_are_not_overtaken_by_a_late_word(house: BuiltWarehouse) -> None:
    def bob(days_ago: int, role: str) -> User:
        return User(user_id="bob", customer_id="acme", stated_us=NOW_US - days_ago * DAY_US, role=role)

    def ticket(days_ago: int, priority: str) -> Ticket:
        return Ticket(ticket_id="t", customer_id="acme", stated_us=NOW_US - days_ago * DAY_US, priority=priority, created_us=1)

    house.add([bob(9, "admin"), ticket(9, "low")], NOW_US)
    house.add([bob(3, "admin"), ticket(3, "low")], NOW_US)
    house.add([bob(6, "member"), ticket(6, "high")], NOW_US)
    for view in (house.now(NOW_US), house.full(NOW_US)):
        assert [row["role"] for row in view.users().to_pyarrow().to_pylist()] == ["admin"]
        assert [row["priority"] for row in view.tickets().to_pyarrow().to_pylist()] == ["low"]


def test_a_ticket_is_open_from_creation_until_solved_and_again_when_reopened(house: BuiltWarehouse) -> None:
    def ticket(stated_days_ago: int, status: str, **more: Any) -> Ticket:
        return Ticket(
            ticket_id="t", customer_id="acme", stated_us=NOW_US - stated_days_ago * DAY_US, status=TicketStatus(status), **more
        )

    house.add(
        [
            ticket(8, "open", created_us=NOW_US - 9 * DAY_US),
            ticket(6, "solved", resolved_us=NOW_US - 7 * DAY_US),
            ticket(3, "pending"),
            ticket(1, "closed"),
        ],
        NOW_US,
    )
    states = {}
    for days_ago in (9.5, 8.5, 6.5, 2, 0.5):
        found = house.full(NOW_US - int(days_ago * DAY_US)).tickets().to_pyarrow().to_pylist()
        states[days_ago] = found[0]["state"] if found else None
    assert states == {9.5: None, 8.5: "open", 6.5: "solved", 2: "pending", 0.5: "closed"}


def test_a_view_of_an_earlier_batch_knows_no_more_than_that_batch(house: BuiltWarehouse) -> None:
    first = house.add([login("bob", 5)], NOW_US).batch
    house.add([login("bob", 4), User(user_id="bob", stated_us=1, customer_id="acme")], NOW_US)
    known = house.full(NOW_US, first)
    assert [row["customer_id"] for row in known.customers().to_pyarrow().to_pylist()] == ["bob"]
    assert known.last_seen().to_pyarrow().to_pylist()[0]["n"] == 1
    assert known.connected() == frozenset({"events"})


def test_a_past_without_statements_is_described_by_the_first_one(house: BuiltWarehouse) -> None:
    created, left = NOW_US - 90 * DAY_US, NOW_US - 10 * DAY_US
    house.add(
        [Customer(customer_id="acme", stated_us=NOW_US - 1, created_us=created, churned_us=left, status=CustomerStatus.churned)],
        NOW_US,
    )
    statuses = [
        [row["status"] for row in house.full(at_us).customers().to_pyarrow().to_pylist()]
        for at_us in (created, created + 1, left, left + 1, NOW_US)
    ]
    assert statuses == [[], ["active"], ["active"], ["churned"], ["churned"]]


def test_only_the_customers_asked_for_are_in_a_view(house: BuiltWarehouse) -> None:
    house.add(
        [
            User(user_id="bob", stated_us=1, customer_id="acme"),
            login("bob", 3),
            login("eve", 2),
            Ticket(ticket_id="t", user_id="bob", stated_us=2),
            Answer(survey="nps", score=3, answered_us=3, user_id="eve"),
        ],
        NOW_US,
    )
    ids = house.warehouse.engine.table("ids")
    keys = ids.filter(ids.id == "acme").select("id_key")
    for view in (
        house.warehouse.full_view(NOW_US, house.mapping, customer_keys=keys),
        house.warehouse.accumulated_view(NOW_US, house.mapping, customer_keys=keys),
    ):
        assert [row["customer_id"] for row in view.customers().to_pyarrow().to_pylist()] == ["acme"]
        counts = [len(table.to_pyarrow()) for table in (view.last_seen(), view.tickets(), view.answers(), view.users())]
        assert counts == [1, 1, 0, 1]


class _Killed(Exception):
    pass


@pytest.mark.parametrize(("room", "stage"), [(tables, "append"), (touching, "record_touched"), (tables, "replaced")])
def test_a_drain_that_dies_leaves_nothing_behind(
    house: BuiltWarehouse, monkeypatch: pytest.MonkeyPatch, room: ModuleType, stage: str
) -> None:
    facts: list[Record] = [login("bob", 2), Customer(customer_id="bob", stated_us=5, plan="pro")]
    house.add([login("bob", 3)], NOW_US)
    rows = inbox_rows(facts, 100)
    table = inbox_table(rows, 2)

    def die(*_: object) -> str:
        raise _Killed

    with monkeypatch.context() as patched:
        patched.setattr(room, stage, die)
        with pytest.raises(_Killed):
            house.warehouse.drain(iter(table.to_batches()), 3, house.mapping, NOW_US)
    assert (house.warehouse.mark(), house.warehouse.last_batch(), logins(house)) == (1, 1, {"bob": 1})
    house.warehouse.drain(iter(table.to_batches()), 3, house.mapping, NOW_US)
    assert (house.warehouse.mark(), logins(house), customer(house, "bob")["plan"]) == (3, {"bob": 2}, "pro")


def test_rows_at_or_below_the_mark_are_not_moved_again(house: BuiltWarehouse) -> None:
    house.add([login("bob", 3)], NOW_US)
    table = inbox_table(inbox_rows([login("bob", 2), login("bob", 1)], 50), 1)
    result = house.warehouse.drain(iter(table.to_batches()), 2, house.mapping, NOW_US)
    assert (result.added["events"], logins(house)) == (1, {"bob": 2})


def test_an_erased_customer_is_gone_and_its_money_stays_nameless(house: BuiltWarehouse) -> None:
    from tenure.model.facts import Movement, MovementKind

    house.add(
        [
            Customer(customer_id="acme", stated_us=1, name="Acme", email="a@example.com"),
            User(user_id="bob", stated_us=1, customer_id="acme", email="bob@example.com"),
            login("bob", 3),
            login("bob", 2, customer_id="bolt"),
            Ticket(ticket_id="t", customer_id="acme", stated_us=2, subject="Help"),
            Movement(customer_id="acme", occurred_us=3, kind=MovementKind.new, monthly_cents=500),
        ],
        NOW_US,
    )
    assert house.warehouse.erase_customers(["acme", "nobody"]) == 1
    for view in (house.now(NOW_US), house.full(NOW_US)):
        rows = view.customers().to_pyarrow().to_pylist()
        assert {row["is_scored"] for row in rows if row["customer_id"] != "bolt"} == {False}
        assert "acme" not in {row["customer_id"] for row in rows}
        assert [row["delta_cents"] for row in view.movements().to_pyarrow().to_pylist()] == [500]
        assert [len(table.to_pyarrow()) for table in (view.tickets(), view.users(), view.user_days(0))] == [0, 0, 0]
    dump = "".join(str(house.warehouse.engine.run(f"SELECT * FROM {table}")) for table in ("ids", "customer_states", "user_states"))
    assert not any(text in dump for text in ("acme", "bob", "Acme", "example.com"))
    assert logins(house) == {"bolt": 1}


def test_one_process_at_a_time_and_the_file_is_let_go(tmp_path: Path) -> None:
    path = tmp_path / "main.duckdb"
    with WarehouseFile.open(path, threads=1):
        with pytest.raises(Locked):
            WarehouseFile.open(path)
        with pytest.raises(Locked), FileLock(path.with_suffix(".lock")).held():
            pass
    with WarehouseFile.open(path, threads=1) as again:
        assert again.engine.number("SELECT count(*) FROM events") == 0
    duckdb.connect(str(path)).close()


def test_what_was_drained_is_there_after_reopening(tmp_path: Path) -> None:
    first = BuiltWarehouse(tmp_path / "main.duckdb")
    first.add([login("bob", 3)], NOW_US)
    first.close()
    second = BuiltWarehouse(tmp_path / "main.duckdb")
    second.add([login("bob", 2)], NOW_US)
    assert logins(second) == {"bob": 2}
    assert second.warehouse.counts().events == 2
    assert second.warehouse.newest_fact_us()["tickets"] is None
    second.close()

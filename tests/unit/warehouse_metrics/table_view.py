"""A FactsView over tables written out by hand: what each customer looks like is said, not derived."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow as pa

from tenure.clock import DAY_US, to_us
from tenure.model.mapping import FactMapping
from tenure.warehouse.backend import RememberingBackend

LOGIN_KEY = 1
PAYMENT_FAILED_KEY, PAID_KEY = 3, 4
NAMES = {1: "login", 2: "report_exported", PAYMENT_FAILED_KEY: "payment_failed", PAID_KEY: "payment_recovered"}

CUSTOMER = {
    "customer_key": "int64", "customer_id": "string", "created_us": "int64", "spell_started_us": "int64", "status": "string",
    "churned_us": "int64", "cancel_requested_us": "int64", "first_paid_us": "int64", "onboarded_us": "int64", "renewal_us": "int64",
    "term_days": "int64", "arr_cents": "int64", "monthly_cents": "int64", "name": "string", "email": "string", "plan": "string",
    "currency": "string", "industry": "string", "owner": "string", "timezone": "string", "language": "string", "phone": "string",
    "primary_contact": "string", "parent_id": "string", "seats": "int64", "internal": "bool_", "implicit": "bool_", "is_scored": "bool_",
    "traits": "string",
}  # fmt: skip
SPELL = {"customer_key": "int64", "first_started_us": "int64", "first_ended_us": "int64"}
ACTIVITY = {"customer_key": "int64", "name_key": "int32", "day": "int32", "n": "int64", "last_us": "int64"}
MOVEMENT = {
    "customer_key": "int64", "occurred_us": "int64", "kind": "string", "delta_cents": "int64", "plan": "string",
    "invoice_state": "string", "currency": "string", "seq": "int64",
}  # fmt: skip
TICKET = {
    "customer_key": "int64", "ticket_key": "int64", "created_us": "int64", "state": "string", "priority": "string",
}  # fmt: skip
ANSWER = {
    "customer_key": "int64", "user_key": "int64", "survey": "string", "score": "int64", "answered_us": "int64", "comment": "string",
}  # fmt: skip


def us(text: str) -> int:
    """The time of `2026-03-01` or `2026-03-01T12:00`, UTC."""
    return to_us(datetime.fromisoformat(text).replace(tzinfo=UTC))


def table(rows: Sequence[dict[str, Any]], columns: dict[str, str]) -> ir.Table:
    """An Ibis table of rows with these columns; what a row does not say is null."""
    return _backend().table_of(_arrow(rows, columns))


def _arrow(rows: Sequence[dict[str, Any]], columns: dict[str, str]) -> pa.Table:
    schema = pa.schema([(name, getattr(pa, kind)()) for name, kind in columns.items()])
    return pa.Table.from_pylist([{**row} for row in rows], schema=schema)


@cache
def _backend() -> _Tables:
    return _Tables.from_connection(duckdb.connect(config={"threads": 1}))


class _Tables(RememberingBackend):
    """The engine all these tables lie in: what one test asked, the next need not compile."""

    def table_of(self, rows: pa.Table) -> ir.Table:
        self.con.register("given", rows)
        made = self.keep(self.table("given"), "given")
        self.con.unregister("given")
        return made


@dataclass
class TableView:
    """Facts at `now_us`, as rows."""

    now_us: int
    customer_rows: list[dict[str, Any]] = field(default_factory=list)
    activity_rows: list[dict[str, Any]] = field(default_factory=list)
    movement_rows: list[dict[str, Any]] = field(default_factory=list)
    answer_rows: list[dict[str, Any]] = field(default_factory=list)
    ticket_rows: list[dict[str, Any]] = field(default_factory=list)
    known_batch: int = 7
    mapping: FactMapping = field(default_factory=FactMapping)

    def customer(self, customer_id: str, created: str, **said: Any) -> int:
        """Add a customer; times may be given as dates (`churned="2026-03-01"`). Returns its key."""
        key = len(self.customer_rows) + 1
        times = {f"{name}_us": us(said.pop(name)) for name in list(said) if name in _TIMES}
        row: dict[str, Any] = {
            "customer_key": key, "customer_id": customer_id, "created_us": us(created), "spell_started_us": us(created),
            "status": "churned" if "churned_us" in times else "active", "monthly_cents": 0, "internal": False,
            "implicit": False, "is_scored": "churned_us" not in times, **times, **said,
        }  # fmt: skip
        row.setdefault("first_started_us", row["created_us"])
        row.setdefault("first_ended_us", row.get("churned_us"))
        self.customer_rows.append(row)
        return key

    def logs_in(self, key: int, *moments: str, name_key: int = LOGIN_KEY) -> None:
        for moment in moments:
            self.activity_rows.append(
                {"customer_key": key, "name_key": name_key, "day": us(moment) // DAY_US, "n": 1, "last_us": us(moment)}
            )

    def pays(self, key: int, when: str, delta_cents: int, **said: Any) -> None:
        """A movement; the first positive one is the first payment."""
        row = self.customer_rows[key - 1]
        if delta_cents > 0:
            row["first_paid_us"] = min(row.get("first_paid_us") or us(when), us(when))
        row["monthly_cents"] += delta_cents
        self.movement_rows.append(
            {"customer_key": key, "occurred_us": us(when), "kind": "new", "delta_cents": delta_cents, "seq": len(self.movement_rows), **said}
        )

    def asks_support(self, key: int, when: str, priority: str = "normal") -> None:
        """An open ticket."""
        self.ticket_rows.append(
            {"customer_key": key, "ticket_key": len(self.ticket_rows), "created_us": us(when), "state": "open", "priority": priority}
        )

    def answers_with(self, key: int, when: str, score: int, survey: str = "nps", user_key: int | None = None) -> None:
        self.answer_rows.append(
            {"customer_key": key, "user_key": user_key, "survey": survey, "score": score, "answered_us": us(when)}
        )

    def customers(self) -> ir.Table:
        kept = [row for row in self.customer_rows if row["created_us"] < self.now_us]
        return table([{k: v for k, v in row.items() if k in CUSTOMER} for row in kept], CUSTOMER)

    def nameless_customers(self) -> ir.Table:
        return self.customers().drop("customer_id")

    def names(self) -> ir.Table:
        return table([{"name_key": key, "name": name} for key, name in NAMES.items()], {"name_key": "int32", "name": "string"})

    def tickets(self) -> ir.Table:
        return table([row for row in self.ticket_rows if row["created_us"] < self.now_us], TICKET)

    def first_spells(self) -> ir.Table:
        return table([{k: row[k] for k in SPELL} for row in self.customer_rows], SPELL)

    def activity(self, names: Sequence[str] | None = None, from_day: int | None = None) -> ir.Table:
        kept = [row for row in self.activity_rows if names is None or NAMES[row["name_key"]] in names]
        return table([row for row in kept if from_day is None or row["day"] >= from_day], ACTIVITY)

    def last_seen(self, names: Sequence[str] | None = None) -> ir.Table:
        activity = self.activity(names)
        grouped: ir.Table = activity.group_by("customer_key").agg(
            first_us=activity.last_us.min(), last_us=activity.last_us.max(), n=activity.n.sum()
        )
        return grouped

    def movements(self) -> ir.Table:
        return table([row for row in self.movement_rows if row["occurred_us"] < self.now_us], MOVEMENT)

    def answers(self) -> ir.Table:
        return table([row for row in self.answer_rows if row["answered_us"] < self.now_us], ANSWER)

    def connected(self) -> frozenset[str]:
        found = {"customers": self.customer_rows, "events": self.activity_rows, "revenue": self.movement_rows}
        return frozenset(kind for kind, rows in found.items() if rows)


_TIMES = (
    "churned", "cancel_requested", "renewal", "onboarded", "spell_started", "first_started", "first_ended", "first_paid",
)  # fmt: skip


SCORES = {"customer_id": "string", "score_tenths": "int64", "health_status": "string"}


def scores(*listed: tuple[str, float]) -> ir.Table:
    """Published scores, with their status by the default borders; for whatever engine asks."""
    rows = [
        {"customer_id": name, "score_tenths": round(score * 10), "health_status": status_of(score)} for name, score in listed
    ]
    found: ir.Table = ibis.memtable(_arrow(rows, SCORES))
    return found


def status_of(score: float) -> str:
    return "healthy" if score >= 70 else "at_risk" if score >= 40 else "critical"

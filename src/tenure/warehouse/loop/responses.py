"""Responses that facts tell of: tickets, survey answers, logins and key events of some customers, each once by its key."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Any

import msgspec
import pyarrow as pa

from tenure.clock import DAY_US
from tenure.model.mapping import FactMapping
from tenure.model.touches import Response, ResponseKind
from tenure.warehouse.engine import Engine
from tenure.warehouse.loop.subjects import keys_of
from tenure.warehouse.schema import Columns
from tenure.warehouse.scoring.scratch import Scratch
from tenure.warehouse.settling import resolved

_PLACE: Columns = {"key_hi": "int64", "key_lo": "int64", "at_us": "int64", "own_key": "int32", "user_key": "int32"}
_WAITED_ON_CUSTOMER = ("pending", "solved", "closed")


class FactsMark(msgspec.Struct, frozen=True):
    """How far facts were looked at: everything of these batches that was dated before this time."""

    batch: int = 0
    now_us: int = 0


class FactResponses:
    """What customers did, read from facts inside a job.

    Args:
        engine: of the open warehouse.
        mapping: which events are logins, and which one is the activation.
        key_events, key_features: further events, and features whose use counts as one.
    """

    def __init__(
        self, engine: Engine, mapping: FactMapping, key_events: Iterable[str] = (), key_features: Iterable[str] = ()
    ) -> None:
        self._engine, self._mapping = engine, mapping
        activation = () if mapping.activation_event is None else (mapping.activation_event,)
        self._key_events, self._key_features = sorted({*activation, *key_events}), sorted(set(key_features))
        self._scratch = Scratch(engine)

    def mark(self, now_us: int) -> FactsMark:
        """Where a next look starts when everything until now was seen."""
        return FactsMark(self._engine.number("SELECT max(batch) FROM batches"), now_us)

    def since(
        self, mark: FactsMark, customer_ids: Sequence[str], now_us: int, answers_since_us: int | None = None
    ) -> list[Response]:
        """What arrived, or whose time came, after the mark and before now, in order of time; late facts included.

        `occurred_us` says when it was: whether that is after a touch is the caller's question. Logins and key events are one
        a day. A new ticket, and one that customers brought back from waiting or solved to open, is a ticket reply.

        Args:
            answers_since_us: survey answers given since then are told of everybody: who answers is often dealt with in
                nothing else (I3).
        """
        if not customer_ids and answers_since_us is None:
            return []
        try:
            keys = keys_of(self._scratch, customer_ids).get_name()
            found = [*self._tickets(mark, keys, now_us), *self._answers(mark, keys, now_us, answers_since_us), *self._events(mark, keys, now_us)]
            return sorted(found, key=lambda one: (one.occurred_us, one.key))
        finally:
            self._scratch.forget()

    def _tickets(self, mark: FactsMark, keys: str, now_us: int) -> Iterable[Response]:
        """Statements that begin a ticket or open one that waited for the customer."""
        told = (
            "SELECT *, lag(status) OVER w AS status_before, row_number() OVER w = 1 AS is_first FROM (SELECT t.*, "
            "s.own_key AS whose, s.user_key AS who, coalesce(s.created_us, s.first_stated_us) AS opened_us "
            "FROM ticket_statements t JOIN ticket_states s USING (ticket_key) WHERE t.ticket_key IN "
            f"(SELECT ticket_key FROM ticket_statements WHERE {_new(mark)})) "
            "WINDOW w AS (PARTITION BY ticket_key ORDER BY at_us, seq)"
        )
        waited = ", ".join(f"'{word}'" for word in _WAITED_ON_CUSTOMER)
        select = (
            "SELECT key_hi, key_lo, CASE WHEN is_first THEN opened_us ELSE at_us END AS at_us, whose AS own_key, who AS user_key, "
            f"ticket_key, is_first FROM ({told}) WHERE {_new(mark)} AND at_us < {now_us} "
            f"AND (is_first OR (status = 'open' AND status_before IN ({waited})))"
        )
        for row in self._theirs(select, keys, {"ticket_key": "int32", "is_first": "boolean"}, "ticket_key"):
            how = "new" if row["is_first"] else "reopened"
            key = _digest("ticket", row["said_id"], "new") if row["is_first"] else _fact(row)
            details: dict[str, object] = {"ticket_id": row["said_id"], "how": how}
            yield _response(row, ResponseKind.ticket_reply, key, details)

    def _answers(self, mark: FactsMark, keys: str, now_us: int, of_all_since_us: int | None) -> Iterable[Response]:
        select = (
            f"SELECT key_hi, key_lo, at_us, own_key, user_key, survey, score FROM answers WHERE {_new(mark)} AND at_us < {now_us}"
        )
        for row in self._theirs(select, keys, {"survey": "string", "score": "int64"}, of_all_since_us=of_all_since_us):
            details: dict[str, object] = {"survey": row["survey"], "score": row["score"]}
            yield _response(row, ResponseKind.survey_answered, _fact(row), details)

    def _events(self, mark: FactsMark, keys: str, now_us: int) -> Iterable[Response]:
        """One a customer, day and name."""
        names = _texts((*self._mapping.login_names, *self._key_events))
        features = _texts(self._key_features) if self._key_features else "NULL"
        wanted = (
            f"(name_key IN (SELECT name_key FROM names WHERE name IN ({names})) OR feature_key IN "
            f"(SELECT feature_key FROM feature_names WHERE feature IN ({features})))"
        )
        columns = "key_hi, key_lo, at_us, own_key, user_key, anonymous, name_key, feature_key"
        select = f"SELECT {columns} FROM events WHERE batch > {mark.batch} AND at_us < {now_us} AND {wanted}"
        if mark.now_us:
            select += (
                f" UNION ALL SELECT {columns} FROM events WHERE batch <= {mark.batch} AND at_us >= {mark.now_us} "
                f"AND at_us < {now_us} AND {wanted}"
            )
        more = {"anonymous": "boolean", "name_key": "int32", "feature_key": "int32"}
        texts = {int(key): str(name) for key, name in self._engine.run("SELECT name_key, name FROM names")}
        told = {int(key): str(name) for key, name in self._engine.run("SELECT feature_key, feature FROM feature_names")}
        seen: set[str] = set()
        for row in sorted(self._theirs(select, keys, more), key=lambda row: int(row["at_us"])):
            name, feature = texts[row["name_key"]], told.get(row["feature_key"])
            is_login = name in self._mapping.login_names
            kind = ResponseKind.login if is_login else ResponseKind.key_event
            key = _digest(kind.value, row["customer_id"], str(row["at_us"] // DAY_US), "" if is_login else name, feature or "")
            if key not in seen:
                seen.add(key)
                yield _response(row, kind, key, dict[str, object](event=name) | ({} if feature is None else {"feature": feature}))

    def _theirs(
        self, select: str, keys: str, more: Columns, said: str = "user_key", *, of_all_since_us: int | None = None
    ) -> list[dict[str, Any]]:
        """Rows of these customers, and of all from a time on, with customer_id, user_id and the id `said` stands for."""
        columns = {**_PLACE, **more}
        mine = self._scratch.selected(select, "responses").get_name()
        kept = tuple(dict.fromkeys(("key_hi", "key_lo", "at_us", "customer_key", "user_key", *more)))
        placed = resolved(self._engine, mine, columns, kept)
        found = self._scratch.selected(
            f"SELECT p.*, c.id AS customer_id, u.id AS user_id, o.id AS said_id FROM ({placed}) p "
            f"LEFT JOIN {keys} k ON k.customer_key = p.customer_key JOIN ids c ON c.id_key = p.customer_key "
            f"LEFT JOIN ids u ON u.id_key = p.user_key LEFT JOIN ids o ON o.id_key = p.{said} "
            f"WHERE k.customer_key IS NOT NULL{'' if of_all_since_us is None else f' OR p.at_us >= {of_all_since_us}'}",
            "placed",
        )
        rows: pa.Table = found.to_pyarrow()
        listed: list[dict[str, Any]] = rows.to_pylist()
        return listed


def _new(mark: FactsMark) -> str:
    return f"(batch > {mark.batch}" + (f" OR at_us >= {mark.now_us})" if mark.now_us else ")")


def _response(row: dict[str, Any], kind: ResponseKind, key: str, details: dict[str, object]) -> Response:
    return Response(
        key=key,
        kind=kind,
        occurred_us=row["at_us"],
        customer_id=row["customer_id"],
        user_id=row["user_id"],
        details=details,
    )


def _fact(row: dict[str, Any]) -> str:
    return _digest("fact", str(row["key_hi"]), str(row["key_lo"]))


def _digest(*parts: str) -> str:
    """A key that says nothing of whose it is (BLAKE2b, 128 bits)."""
    return f"{parts[0]}:{blake2b(chr(0).join(parts).encode(), digest_size=16).hexdigest()}"


def _texts(words: Iterable[str]) -> str:
    return ", ".join("'" + word.replace("'", "''") + "'" for word in words)

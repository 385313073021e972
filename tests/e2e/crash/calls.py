"""Calls of a Segment client with what must become of each, and a client that remembers what was answered."""

from __future__ import annotations

import http.client
import json
import queue
import random
import threading
from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from tenure.clock import DAY_US, SECOND_US, iso
from tenure.ids import fact_key

FROM_US = 1_767_225_600_000_000  # 2026-01-01
DAYS = 60
Key = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Batch:
    """One request: the keys of the rows it makes, and the ids of what the door must put into quarantine."""

    body: bytes
    keys: frozenset[Key]
    events: frozenset[Key]
    refused: frozenset[str]


def batches(rng: random.Random, count: int, size: int, customers: int = 40) -> list[Batch]:
    """Requests of `size` calls: mostly events, some statements, now and then a call that says not whose it is."""
    return [_batch([_call(rng, customers) for _ in range(size)]) for _ in range(count)]


def _call(rng: random.Random, customers: int) -> dict[str, object]:
    customer = rng.randrange(customers)
    call: dict[str, object] = {
        "messageId": str(UUID(int=rng.getrandbits(128), version=4)),
        "userId": f"user-{customer}-{rng.randrange(3)}",
        "timestamp": iso(FROM_US + rng.randrange(DAYS * DAY_US // SECOND_US) * SECOND_US),
    }
    kind = rng.choices(["track", "page", "identify", "group", "broken"], [80, 8, 5, 5, 2])[0]
    if kind == "broken":
        del call["userId"]
        return call | {"type": "track", "event": "login"}
    if kind == "group":
        return call | {"type": kind, "groupId": f"customer-{customer}", "traits": {"plan": rng.choice(["basic", "pro"])}}
    call["context"] = {"groupId": f"customer-{customer}"}
    if kind == "identify":
        return call | {"type": kind, "traits": {"role": rng.choice(["admin", "member"])}}
    name = {"event": rng.choice(["login", "feature_adopted", "Report Exported"])} if kind == "track" else {"name": "Home"}
    return call | {"type": kind, **name, "properties": {"feature": rng.choice("abcd")}}


def _batch(calls: Sequence[dict[str, object]]) -> Batch:
    good = [call for call in calls if "userId" in call]
    events = frozenset(_key(call) for call in good if call["type"] in ("track", "page"))
    members = {fact_key("user", "http", f"{call['messageId']}/user") for call in good if call["type"] == "group"}
    return Batch(
        json.dumps({"batch": calls}).encode(),
        frozenset(_key(call) for call in good) | members,
        events,
        frozenset(str(call["messageId"]) for call in calls if "userId" not in call),
    )


def _key(call: dict[str, object]) -> Key:
    """A messageId that is a UUID is the key itself."""
    return fact_key("event", "http", str(call["messageId"]))


@dataclass
class Client:
    """Posts batches over a few kept connections until all are answered or the server is gone."""

    write_key: str
    answered: list[Batch] = field(default_factory=list)
    unanswered: list[Batch] = field(default_factory=list)
    surprises: list[int] = field(default_factory=list)
    ever_answered: list[Batch] = field(default_factory=list)
    ever_unanswered: list[Batch] = field(default_factory=list)
    _news: threading.Condition = field(default_factory=threading.Condition)

    def post(self, port: int, load: Sequence[Batch], connections: int) -> Sending:
        """Begin to send; the answer lets wait for progress."""
        return Sending(self, port, load, connections)

    def note(self, batch: Batch, status: int | None) -> None:
        """What became of a batch: its status, None for no answer."""
        with self._news:
            if status == 200:
                self.answered.append(batch)
            else:
                self.unanswered.append(batch)
                if status is not None:
                    self.surprises.append(status)
            self._news.notify_all()

    def wait_for_answers(self, count: int, sending: Sending) -> None:
        with self._news:
            while len(self.answered) < count and sending.is_alive:
                self._news.wait(0.05)

    def start_over(self) -> list[Batch]:
        """The next round begins; returns what got no answer in this one."""
        unanswered = self.unanswered
        self.ever_answered += self.answered
        self.ever_unanswered += unanswered
        self.answered, self.unanswered = [], []
        return unanswered

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": "Basic " + b64encode(f"{self.write_key}:".encode()).decode()}


class Sending:
    """Threads that share the batches to send; each stops at its first broken connection."""

    def __init__(self, client: Client, port: int, load: Iterable[Batch], connections: int) -> None:
        self._client, self._port = client, port
        self._load: queue.SimpleQueue[Batch] = queue.SimpleQueue()
        for batch in load:
            self._load.put(batch)
        self._threads = [threading.Thread(target=self._send, daemon=True) for _ in range(connections)]
        for thread in self._threads:
            thread.start()

    @property
    def is_alive(self) -> bool:
        return any(thread.is_alive() for thread in self._threads)

    def join(self) -> None:
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive(), "a request was neither answered nor broken off"

    def _send(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            while True:
                batch = self._load.get_nowait()
                status = _post(connection, batch, self._client.headers)
                self._client.note(batch, status)
                if status is None:
                    return
        except queue.Empty:
            return
        finally:
            connection.close()


def _post(connection: http.client.HTTPConnection, batch: Batch, headers: dict[str, str]) -> int | None:
    try:
        connection.request("POST", "/v1/batch", batch.body, headers)
        response = connection.getresponse()
        response.read()
    except (OSError, http.client.HTTPException):
        return None
    return response.status

"""Ingest over HTTP, every answer durable, against the barest server that does the same kind of work.

Both servers run in their own process (uvicorn, uvloop, httptools, SQLite in WAL mode with synchronous=FULL). The load
comes from another process: Python threads on raw sockets speaking HTTP/1.1 keep-alive, request bytes prepared before the
clock starts, a new messageId in every event, 32 connections with one request under way each (every answer is waited for). Loopback only.

The peer (`bench.ingest_peer`) is bare Starlette + msgspec + one SQLite writer thread with group commit.
"""

from __future__ import annotations

import argparse
import base64
import json
import multiprocessing
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import uvicorn

from bench import ingest_peer
from bench.table import Row, print_table
from tenure.api.app import create_app
from tenure.api.server import server_config
from tenure.clock import SystemClock
from tenure.services.ingest.keys import KeyGrant
from tenure.services.ingest.rates import RateLimit
from tenure.services.ingest.service import Ingest
from tenure.store import Store

KEY = "bench-key-000000000000000000000000"
RUNS = 5
EVENTS_BAR, REQUESTS_BAR = 50_000, 4_000


# ---------------------------------------------------------------- load generator


def request_template(path: str, events: int) -> tuple[bytes, int]:
    """Bytes of one request with ids of 36 zeros to be replaced, and how many there are."""
    items = [
        {
            "type": "track",
            "userId": f"user_{index % 997}",
            "event": "Report Exported" if index % 3 else "login",
            "messageId": "#" * 36,
            "timestamp": "2026-11-21T03:21:50.877+00:00",
            "properties": {"format": "csv", "rows": index, "url": "https://app.example.com/reports"},
            "context": {"groupId": f"acct_{index % 89}", "library": {"name": "analytics-python", "version": "2.4.0"}},
            "integrations": {},
        }
        for index in range(events)
    ]
    content: Any = {"batch": items, "sentAt": "2026-11-21T03:21:51.377415+00:00"} if events > 1 else items[0]
    body = json.dumps(content).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Authorization: Basic {base64.b64encode(f'{KEY}:'.encode()).decode()}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body, events


class Connection:
    """One keep-alive connection with its own ids."""

    def __init__(self, port: int, template: bytes, number: int, run: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._parts = template.split(b"#" * 36)
        self._next = (run << 100) | (number << 80)

    def close(self) -> None:
        self._socket.close()

    def prepared(self, count: int) -> list[bytes]:
        """Requests made beforehand, so that making them is not what is measured."""
        made: list[bytes] = []
        for _ in range(count):
            out = [self._parts[0]]
            for part in self._parts[1:]:
                self._next += 1
                text = b"%032x" % self._next
                out += (b"-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:])), part)
            made.append(b"".join(out))
        return made

    def exchange(self, content: bytes) -> bool:
        """Send one request and wait for its whole (small) answer; whether it was 200."""
        self._socket.sendall(content)
        answer = self._socket.recv(4096)
        while b"\r\n\r\n" not in answer:
            answer += self._socket.recv(4096)
        head, _, body = answer.partition(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        while len(body) < length:
            body += self._socket.recv(4096)
        return head.startswith(b"HTTP/1.1 200")


def load(port: int, path: str, events: int, connections: int, run: int, requests: int) -> dict[str, float]:
    """Send a fixed number of prepared requests over several connections; rates of what was answered 200."""
    template, _ = request_template(path, events)
    clients = [Connection(port, template, number, run) for number in range(connections)]
    prepared = [client.prepared(requests // connections) for client in clients]
    good = [0] * connections
    start = threading.Barrier(connections + 1)

    def work(number: int) -> None:
        client, contents = clients[number], prepared[number]
        start.wait()
        good[number] = sum(client.exchange(content) for content in contents)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(connections)]
    for thread in threads:
        thread.start()
    start.wait()
    began, busy = time.perf_counter(), time.process_time()
    for thread in threads:
        thread.join()
    took, busy = time.perf_counter() - began, time.process_time() - busy
    for client in clients:
        client.close()
    return {"requests": sum(good), "sent": sum(map(len, prepared)), "seconds": took, "busy_seconds": busy, "events": sum(good) * events}


def main_load() -> None:
    """Entry of the load process: arguments in, one JSON line out."""
    port, path, events, connections, run, requests = sys.argv[2:8]
    print(json.dumps(load(int(port), path, int(events), int(connections), int(run), int(requests))))


# ---------------------------------------------------------------- the two servers


class Services:
    """What the API needs, over the product's own store; rates as high as the machine, so that they do not measure."""

    def __init__(self, folder: Path) -> None:
        self._store = Store.open(folder)
        clock = SystemClock()
        rate = RateLimit(events_per_second=1e9, burst_events=1e9)
        self.ingest = Ingest(self._store.inbox, self._store.quarantine, BenchKeys(), clock, rate)

    def status(self, venture_id: int) -> dict[str, Any]:
        return {}

    def not_ready_because(self) -> str:
        return ""


class BenchKeys:
    """One key, so that the load generator need not be told a fresh one."""

    def grant_of(self, token: str) -> KeyGrant | None:
        return KeyGrant(venture_id=1) if token == KEY else None


def tenure_server(folder: Path, port: int) -> None:
    """The product's own API over the product's own store."""
    uvicorn.Server(server_config(create_app(Services(folder)), "127.0.0.1", port)).run()


SERVERS: dict[str, Callable[[Path, int], None]] = {"tenure": tenure_server, "peer": ingest_peer.serve}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def measure(name: str, path: str, events: int, connections: int, run: int, requests: int) -> tuple[float, float]:
    """Answered requests a second of one server, started afresh; and the share of a core the load generator was busy."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        server = multiprocessing.get_context("spawn").Process(target=SERVERS[name], args=(Path(folder), port), daemon=True)
        server.start()
        try:
            _wait_for(port)
            arguments = [str(part) for part in (port, path, events, connections, run, requests)]
            command = [sys.executable, "-m", "bench.ingest", "load", *arguments]
            subprocess.run([*command[:-2], str(run + 500), str(max(connections, requests // 10))], capture_output=True, check=True)
            result = json.loads(subprocess.run(command, capture_output=True, check=True, timeout=120).stdout)
        finally:
            server.terminate()
            server.join(20)
        if result["requests"] != result["sent"]:
            raise SystemExit(f"{name}: only {result['requests']:.0f} of {result['sent']:.0f} requests were answered 200")
        return float(result["requests"] / result["seconds"]), float(result["busy_seconds"] / result["seconds"])


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise SystemExit("the server did not start")


def rows(runs: int = RUNS) -> list[Row]:
    """Both bars, each run measured on peer and product in turn."""
    plans = (
        ("ingest, batches of 100", "/v1/batch", 100, 32, 3_000, EVENTS_BAR, "events/s"),
        ("ingest, single events", "/v1/track", 1, 32, 16_000, REQUESTS_BAR, "requests/s"),
    )
    found: list[Row] = []
    for work, path, events, connections, requests, bar, unit in plans:
        rates: dict[str, list[float]] = {"peer": [], "tenure": []}
        busy: dict[str, float] = {"peer": 0.0, "tenure": 0.0}
        for run in range(runs):
            for name in ("peer", "tenure"):
                rate, share = measure(name, path, events, connections, run + 1, requests)
                rates[name].append(rate * events)
                busy[name] = max(busy[name], share)
        size = f"{requests * events:,} events, {connections} connections, load generator at most {busy['tenure']:.0%} of a core"
        found.append(_row(work, size, rates, bar, unit))
    return found


def _row(work: str, size: str, rates: dict[str, list[float]], bar: int, unit: str) -> Row:
    ours, theirs = sorted(rates["tenure"]), sorted(rates["peer"])
    median, peer = ours[len(ours) // 2], theirs[len(theirs) // 2]
    return Row(
        work=work,
        size=size,
        runs=tuple(rates["tenure"]),
        unit=unit,
        against=f"bar {bar:,} {unit}; bare peer {peer:,.0f} {unit}",
        ratio=f"{median / peer:.2f} of the peer, {median / bar:.1f} x the bar",
        holds=median >= bar,
    )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS)
    print_table(rows(parser.parse_args(arguments).runs))


if __name__ == "__main__":
    main_load() if sys.argv[1:2] == ["load"] else main()

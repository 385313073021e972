"""From an accepted fact to the alert at the sender: `tenure up` as a process, tickets over HTTP, Slack's end of the hook here.

Each fall is one call to `POST /v1/facts` with tickets that take a customer below the threshold; its clock starts when the
call is answered and stops when the hook of the Slack channel has the alert that names the customer. The alert delay is 0.
"""

from __future__ import annotations

import argparse
import base64
import csv
import http.client
import json
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from bench.table import Row, print_table
from tenure.app.deployment import opened
from tenure.app.playbooks import checked_files, playbook_service
from tenure.app.workspaces import create_workspace
from tenure.clock import DAY_US, SystemClock, iso
from tenure.model.keys import KeyKind
from tenure.parameters import Actor

BAR_SECONDS = 60.0
TICKETS = 4
"""30 points of support and 20 of a login ten days ago are 50; each open ticket takes 5."""
SETTINGS = {"critical_alert_delay_minutes": 0, "alerts_per_hour": 1_000, "fleet_drop_percent": 100}


class Hook:
    """Slack's end of an incoming webhook: notes when a text with a name it waits for arrives."""

    def __init__(self) -> None:
        self.arrived: dict[str, float] = {}
        self.waited: set[str] = set()
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                at = time.monotonic()
                for name in [name for name in hook.waited if name in body]:
                    hook.arrived.setdefault(name, at)
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, format: str, *args: object) -> None:
                """Silent."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def name_of(number: int) -> str:
    """A name no other contains."""
    return f"Customer-{number:07}."


def write_facts(folder: Path, customers: int, now_us: int) -> None:
    """Customers who logged in ten days ago and have neither tickets nor features: 50 points each."""
    folder.mkdir()
    with (folder / "customers.csv").open("w", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(["customer_id", "name", "created_at", "status", "arr", "email"])
        rows.writerows(
            [f"c{one}", name_of(one), iso(now_us - 200 * DAY_US), "active", 1200, f"c{one}@example.com"]
            for one in range(customers)
        )
    with (folder / "events.csv").open("w", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(["event_id", "user_id", "customer_id", "event", "timestamp"])
        rows.writerows(
            [f"e{one}", f"u{one}", f"c{one}", "login", iso(now_us - 10 * DAY_US)] for one in range(customers)
        )


def prepare(root: Path, customers: int, hook_url: str) -> str:
    """A live venture whose alerts go to the hook; returns a write key."""
    create_workspace(root, "Acme")
    config = root / "tenure.toml"
    config.write_text(f'{config.read_text()}\n[providers.slack]\nwebhook_url_secret = "slack_hook"\n')
    clock = SystemClock()
    write_facts(root / "facts", customers, clock.now_us())
    with opened(root) as one:
        own, now_us = one.venture.venture_id, clock.now_us()
        one.store.secrets.put(own, "slack_hook", hook_url, by="bench", now_us=now_us)
        one.parameters.apply(one.parameters.plan(SETTINGS, Actor("chairman"), "bench"))
        one.facts_in.import_files([root / "facts"], now_us)
        playbook_service(one).publish(checked_files(one), [], by="bench", why="bench", now_us=now_us)
        one.jobs.run("tick", {"now_us": clock.now_us()})
        one.jobs.run("rehearse", {"now_us": clock.now_us(), "from_us": clock.now_us() - DAY_US})
        one.jobs.run("go_live", {"now_us": clock.now_us(), "by": "bench"})
        one.jobs.run("tick", {"now_us": clock.now_us()})
        return one.store.keys.create(own, KeyKind.write, name="bench", by="bench", now_us=now_us).token


@contextmanager
def up(root: Path) -> Iterator[int]:
    """The port of a running `tenure up`."""
    command = [str(Path(sys.executable).with_name("tenure")), "up", "--workspace", str(root), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            yield int(next(line for line in process.stdout if line.startswith("ready ")).rsplit(":", 1)[1])
        finally:
            process.terminate()
            process.wait(60)


def fall(port: int, key: str, number: int, now_us: int) -> float:
    """Tickets of one customer; returns when they were accepted."""
    records = [
        {
            "ticket_id": f"t{number}-{one}",
            "customer_id": f"c{number}",
            "status": "open",
            "created_at": iso(now_us),
            "subject": "Broken",
        }
        for one in range(TICKETS)
    ]
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    login = base64.b64encode(f"{key}:".encode()).decode()
    headers = {"Authorization": f"Basic {login}", "Content-Type": "application/json"}
    connection.request("POST", "/v1/facts", json.dumps({"kind": "tickets", "records": records}), headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    if answer.status != 200:
        raise RuntimeError(f"tickets were refused with {answer.status}")
    return time.monotonic()


def rows(customers: int, falls: int, every_seconds: float, seed: int = 1) -> list[Row]:
    """The latencies of so many falls at random moments."""
    rng, hook = random.Random(seed), Hook()
    accepted: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        key = prepare(Path(folder) / "acme", customers, hook.url)
        chosen = rng.sample(range(customers), falls)
        hook.waited = {name_of(one) for one in chosen}
        with up(Path(folder) / "acme") as port:
            for number in chosen:
                time.sleep(rng.expovariate(1 / every_seconds))
                accepted[name_of(number)] = fall(port, key, number, SystemClock().now_us())
            last = time.monotonic()
            while len(hook.arrived) < falls and time.monotonic() - last < 3 * BAR_SECONDS:
                time.sleep(0.2)
        hook.close()
    took = sorted(hook.arrived[name] - at for name, at in accepted.items() if name in hook.arrived)
    p99 = statistics.quantiles(took, n=100, method="inclusive")[98] if len(took) > 1 else float("inf")
    size = f"{customers:,} customers, {falls} falls, {falls - len(took)} without an alert; p50 {statistics.median(took):.1f} s, longest {took[-1]:.1f} s"
    holds = len(took) == falls and p99 <= BAR_SECONDS
    return [
        Row(
            "accepted -> critical alert at the sender, p99",
            size,
            (p99,),
            "s",
            f"{BAR_SECONDS:g} s",
            f"{p99 / BAR_SECONDS:.2f}",
            holds,
        )
    ]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.alerts", description=__doc__)
    parser.add_argument("--customers", type=int, default=20_000)
    parser.add_argument("--falls", type=int, default=100)
    parser.add_argument("--every", type=float, default=3.0, help="seconds between falls, on average")
    given = parser.parse_args()
    print_table(rows(given.customers, given.falls, given.every))


if __name__ == "__main__":
    main()

"""How the demo's facts come in: files, and a client that speaks Segment to the server on the loopback address."""

from __future__ import annotations

import http.client
import json
from base64 import b64encode
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from tenure.app.deployment import Deployment
from tenure.errors import Unavailable
from tenure.model.keys import KeyKind
from tenure.testing.company import Facts, Mess, segment_calls, write_folder

BATCH = 500
FILE_MESS = Mess(seed=7, duplicates=0.004, late=0.01, out_of_order=0.02, broken=0.0001)
FORMATS = ("csv", "parquet", "jsonl")


def by_file(deployment: Deployment, facts: Facts, folder: Path, format: Any) -> None:
    """A folder of files, with the mess real ones have."""
    write_folder(facts, folder, format, FILE_MESS)
    deployment.facts_in.import_files([folder], deployment.clock.now_us())


class Stream:
    """Customers, users and events as Segment calls; what has no call (tickets, money, answers) as files."""

    def __init__(self, deployment: Deployment, port: int) -> None:
        self._deployment, self._port = deployment, port
        made = deployment.store.keys.create(
            deployment.venture.venture_id, KeyKind.write, name="demo", source="app", by="demo", now_us=deployment.clock.now_us()
        )
        self._key = made.token

    def take(self, facts: Facts, folder: Path) -> None:
        for batch in _batches(segment_calls(facts), BATCH):
            self._post(batch)
        write_folder(facts, folder, "csv")
        for covered in ("customers", "users", "events"):
            (folder / f"{covered}.csv").unlink(missing_ok=True)
        self._deployment.facts_in.import_files([folder], self._deployment.clock.now_us())

    def _post(self, batch: list[dict[str, Any]]) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            headers = {"Content-Type": "application/json", "Authorization": "Basic " + b64encode(f"{self._key}:".encode()).decode()}
            connection.request("POST", "/v1/batch", json.dumps({"batch": batch}), headers)
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                raise Unavailable(f"The demo's server answered {answer.status}.", "Try again.")
        finally:
            connection.close()


def _batches(calls: Iterable[dict[str, Any]], size: int) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    for call in calls:
        batch.append(call)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch

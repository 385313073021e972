"""Killed at any point, nothing that was answered is lost, good and refused alike."""

from __future__ import annotations

import http.client
import json
import random
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tenure.store import Store

SERVER = Path(__file__).with_name("serve_folder.py")
SENDERS = 4


class Sender(threading.Thread):
    """Sends batches of one good and one bad event until the server is gone; remembers what was answered."""

    def __init__(self, number: int, port: int, key: str, enough: threading.Event, after: int) -> None:
        super().__init__(daemon=True)
        self.acknowledged: list[str] = []
        self._number, self._port, self._key, self._enough, self._after = number, port, key, enough, after

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)
        try:
            for count in range(100_000):
                name = f"{self._number}-{count}"
                good = {"type": "track", "event": name, "userId": "u1", "messageId": name}
                bad = {"type": "track", "event": name, "messageId": name + "bad"}
                body = json.dumps({"batch": [good, bad]}).encode()
                connection.request("POST", "/v1/batch", body, {"Authorization": f"Bearer {self._key}"})
                answer = connection.getresponse()
                answer.read()
                if answer.status == 200:
                    self.acknowledged.append(name)
                if count >= self._after:
                    self._enough.set()
        except (OSError, http.client.HTTPException):
            return
        finally:
            connection.close()


@pytest.mark.parametrize("seed", range(3))
def test_everything_answered_is_there_after_a_kill(tmp_path: Path, seed: int) -> None:
    command = [sys.executable, str(SERVER), str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            told = json.loads(process.stdout.readline())
            enough, after = threading.Event(), random.Random(seed).randrange(1, 20)
            senders = [Sender(number, told["port"], told["key"], enough, after) for number in range(SENDERS)]
            for sender in senders:
                sender.start()
            assert enough.wait(30)
        finally:
            process.kill()
    for sender in senders:
        sender.join(30)
    acknowledged = {name for sender in senders for name in sender.acknowledged}
    assert len(acknowledged) > after
    with Store.open(tmp_path) as store:
        rows = [row for batch in store.inbox.read_arrow(1, 0, store.inbox.high_mark(1)) for row in batch.to_pylist()]
        refused = {item.refusal.record["event"] for item in store.quarantine.list(1, limit=100_000)}
    kept = [row["name"] for row in rows]
    assert acknowledged <= set(kept)
    assert acknowledged <= refused
    assert len(kept) == len(set(kept))

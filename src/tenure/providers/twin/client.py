"""Where the twin's messages go: a folder of `.eml` files with a list of them, and a terminal."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
from rich.console import Console
from rich.text import Text

LIST = "messages.jsonl"


class Delivered(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the list. `reached_us`: when its reader would have had it."""

    key: str
    message_id: str
    channel: str
    at_us: int
    reached_us: int
    file: str
    update_of: str | None = None


class TwinBox:
    """Files only their owner may read (they hold messages). `console` None: quiet."""

    def __init__(self, folder: Path | None, console: Console | None = None) -> None:
        self._folder, self._console = folder, console

    def put(self, one: Delivered, data: bytes) -> None:
        """Write the message, then its line; a replaced one keeps its file."""
        if self._folder is None:
            return
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        (self._folder / one.file).write_bytes(data)
        line = msgspec.json.encode(one) + b"\n"
        descriptor = os.open(self._folder / LIST, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(descriptor, line)
        finally:
            os.close(descriptor)

    def show(self, channel: str, to: str, subject: str) -> None:
        """One line and the subject."""
        if self._console is not None:
            words = Text.assemble((f"{channel:<8}", "cyan"), " to ", to, ": ", (subject, "bold"))
            self._console.print(words, soft_wrap=True)

    def messages(self) -> list[Delivered]:
        """Everything delivered, in order."""
        if self._folder is None or not (self._folder / LIST).exists():
            return []
        lines = (self._folder / LIST).read_bytes().splitlines()
        return [msgspec.json.decode(line, type=Delivered) for line in lines if line]

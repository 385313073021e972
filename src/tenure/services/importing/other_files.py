"""Parquet and JSON lines, in pieces."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tenure.errors import BadInput
from tenure.services.importing.bytestream import Utf8
from tenure.services.importing.chunk import Chunk, Column, plain
from tenure.services.importing.csv_file import BLOCK_BYTES, SHOWN_OF_BROKEN, CsvFile
from tenure.services.importing.dialect import unique_names
from tenure.services.importing.pieces import BrokenRow, FileReader, Piece

ROWS_PER_PIECE = 100_000
LONGEST_LINE_BYTES = 32 << 20
SUFFIXES = (".csv", ".tsv", ".tab", ".txt", ".csv.gz", ".tsv.gz", ".parquet", ".pq", ".jsonl", ".ndjson", ".json", ".jsonl.gz", ".ndjson.gz")
_JSON_ENDINGS = (".jsonl", ".ndjson", ".json", ".jsonl.gz", ".ndjson.gz", ".json.gz")


def open_file(path: Path, encoding: str | None = None, delimiter: str | None = None) -> FileReader:
    """The reader for a file, by its content first and its name second; raises BadInput when it cannot be read."""
    try:
        with path.open("rb") as file:
            magic = file.read(4)
        if magic == b"PAR1" or path.name.lower().endswith((".parquet", ".pq")):
            return ParquetFile(path)
        if path.name.lower().endswith(_JSON_ENDINGS):
            return JsonLinesFile(path, encoding)
        return CsvFile(path, encoding, delimiter)
    except FileNotFoundError:
        raise BadInput(f"There is no file {path}.", "Check the path.") from None
    except IsADirectoryError:
        raise BadInput(f"{path} is a folder.", "Name a file in it, or import the folder itself.") from None
    except PermissionError:
        raise BadInput(f"{path} may not be read.", "Give this user permission to read it.") from None


class ParquetFile:
    """One Parquet file; places are row numbers from 1."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.total_bytes = path.stat().st_size
        self._rows_done = 0
        try:
            self._file = pq.ParquetFile(path)
        except (pa.ArrowException, OSError) as problem:
            raise BadInput(f"{path.name} is not a readable Parquet file.", "Write it again; it may have been cut off.") from problem
        self._rows = self._file.metadata.num_rows
        self.columns, self.notes = unique_names(list(self._file.schema_arrow.names))

    @property
    def done_bytes(self) -> int:
        return int(self.total_bytes * self._rows_done // max(self._rows, 1))

    def close(self) -> None:
        self._file.close()

    def pieces(self) -> Iterator[Piece]:
        try:
            for batch in self._file.iter_batches(batch_size=ROWS_PER_PIECE, use_threads=False):
                columns = {name: plain(batch.column(place)) for place, name in enumerate(self.columns)}
                places = np.arange(self._rows_done + 1, self._rows_done + 1 + batch.num_rows)
                self._rows_done += batch.num_rows
                yield Piece(chunk=Chunk(columns, places))
        except (pa.ArrowException, OSError, ValueError):
            self.notes.append(f"{self.path.name} is damaged after row {self._rows_done}; the rows before that are in.")


class JsonLinesFile:
    """One JSON object a line, or one JSON array of objects; places are line numbers (positions in the array)."""

    def __init__(self, path: Path, encoding: str | None = None) -> None:
        self.path = path
        self._text = Utf8(path, encoding)
        self.total_bytes = self._text.source.total
        self.notes: list[str] = []
        self.columns: list[str] = []
        self._rest = self._text.read(BLOCK_BYTES)
        if not self._rest.strip():
            self.close()
            raise BadInput(f"{path.name} is empty.", "Write one JSON object a line.")

    @property
    def done_bytes(self) -> int:
        return self._text.source.done

    def close(self) -> None:
        self._text.close()

    def pieces(self) -> Iterator[Piece]:
        if self._rest.lstrip()[:1] == b"[" and self._is_one_array():
            yield from self._array_pieces()
            return
        line, done = 1, False
        while not done:
            more = self._text.read(BLOCK_BYTES)
            done = not more
            block = self._rest + more
            cut = len(block) if done or len(block) > LONGEST_LINE_BYTES else block.rfind(b"\n") + 1
            lines, self._rest = block[:cut].split(b"\n"), block[cut:]
            if lines and not lines[-1]:
                lines.pop()
            yield self._piece(lines, line)
            line += len(lines)
        if self._text.broke_off:
            self.notes.append(f"{self.path.name} is incomplete: {self._text.broke_off}; the lines before that are in.")

    def _is_one_array(self) -> bool:
        """A `.json` export is one array; a JSON-lines file may hold an array in its first line by mistake."""
        first = self._rest.split(b"\n", 1)[0]
        try:
            return not (isinstance(msgspec.json.decode(first), list) and b"\n" in self._rest.strip())
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            return True

    def _array_pieces(self) -> Iterator[Piece]:
        parts = [self._rest]
        while more := self._text.read(BLOCK_BYTES):
            parts.append(more)
        try:
            rows = msgspec.json.decode(b"".join(parts), type=list[msgspec.Raw])
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            raise BadInput(f"{self.path.name} is not valid JSON.", "Write one JSON object a line, or one array of objects.") from None
        for start in range(0, len(rows), ROWS_PER_PIECE):
            yield self._piece([bytes(row) for row in rows[start : start + ROWS_PER_PIECE]], start + 1)

    def _piece(self, lines: list[bytes], first: int) -> Piece:
        rows: list[dict[str, Any]] = []
        places: list[int] = []
        broken: list[BrokenRow] = []
        for place, line in enumerate(lines, first):
            if not line.strip():
                continue
            row = _decoded(line)
            if isinstance(row, dict):
                rows.append(row)
                places.append(place)
            else:
                text = line[:SHOWN_OF_BROKEN].decode("utf-8", "replace")
                broken.append(BrokenRow(place=place, raw={"line": text}, rule="bad_json" if row is None else "not_an_object"))
        return Piece(chunk=Chunk(self._columns(rows), np.array(places, dtype=np.int64)), broken=tuple(broken))

    def _columns(self, rows: list[dict[str, Any]]) -> dict[str, Column]:
        names = dict.fromkeys(name for row in rows for name in row)
        self.columns.extend(name for name in names if name not in self.columns)
        return {name: _narrowed([row.get(name) for row in rows]) for name in names}


def _decoded(line: bytes) -> Any:
    """The value of a line; None for what is no JSON (and for null, which is no record either)."""
    try:
        return msgspec.json.decode(line)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None


def _narrowed(values: list[Any]) -> Column:
    """Text as an Arrow column where every value is text; anything else stays as it is."""
    if all(value is None or isinstance(value, str) for value in values):
        return pa.array(values, pa.string())
    return values

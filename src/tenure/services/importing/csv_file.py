"""CSV in blocks: Arrow parses what is well-formed, line by line what is not, so that one bad quote costs one row."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from tenure.errors import BadInput
from tenure.services.importing.bytestream import Utf8
from tenure.services.importing.chunk import Chunk, Column, text_or_objects
from tenure.services.importing.dialect import Dialect, excel_separator, find_dialect, unique_names
from tenure.services.importing.pieces import BrokenRow, Piece

BLOCK_BYTES = 8 << 20
LONGEST_RECORD_BYTES = 4 << 20
LONGEST_RECORD_LINES = 500
SHOWN_OF_BROKEN = 2_000
MORE = "more cells"
"""Cells beyond the header, in the raw form of a ragged row."""


class CsvFile:
    """One CSV or TSV file. Places are line numbers: the header is line 1 unless something stands above it."""

    def __init__(self, path: Path, encoding: str | None = None, delimiter: str | None = None) -> None:
        self.path = path
        self._text = Utf8(path, encoding)
        self.total_bytes = self._text.source.total
        self.notes: list[str] = []
        self._rest = self._text.read(BLOCK_BYTES)
        self._one_line_ends()
        self._line = 1
        try:
            self._start(delimiter)
        except BaseException:
            self.close()
            raise

    @property
    def done_bytes(self) -> int:
        return self._text.source.done

    def close(self) -> None:
        self._text.close()

    def _one_line_ends(self) -> None:
        """Old Mac files end lines with a carriage return alone."""
        self._old_mac = b"\n" not in self._rest and b"\r" in self._rest
        if self._old_mac:
            self._rest = self._rest.replace(b"\r", b"\n")

    def _start(self, delimiter: str | None) -> None:
        named, skip = excel_separator(self._rest)
        self._drop(skip)
        self.dialect = find_dialect(self._rest[: 1 << 18], delimiter or named, self.path.name.lower().endswith((".tsv", ".tsv.gz", ".tab")))
        while self._rest[:1] in (b"\n", b"\r"):
            self._drop(1)
        end = self._record_end(self._rest)
        header = self.dialect.cells(self._rest[:end].decode("utf-8", "replace"))
        self._drop(end)
        if not header:
            raise BadInput(f"{self.path.name} is empty.", "Give it a first row with the column names.")
        self.columns, notes = unique_names(header[0])
        self.notes.extend(notes)

    def _drop(self, length: int) -> None:
        self._line += self._rest.count(b"\n", 0, length)
        self._rest = self._rest[length:]

    def _record_end(self, block: bytes) -> int:
        """Where the first record ends (after its newline), quoted newlines passed over."""
        end = block.find(b"\n")
        first = end
        while end >= 0 and self.dialect.quotes(block[:end]) % 2 and end < LONGEST_RECORD_BYTES:
            end = block.find(b"\n", end + 1)
        if end < 0 or end >= LONGEST_RECORD_BYTES:
            end = first
        return len(block) if end < 0 else end + 1

    def pieces(self) -> Iterator[Piece]:
        """The rows, a block at a time."""
        while True:
            more = self._text.read(BLOCK_BYTES)
            if self._old_mac:
                more = more.replace(b"\r", b"\n")
            block, self._rest = (self._rest + more, b"") if not more else self._cut(self._rest + more)
            if block:
                start, self._line = self._line, self._line + block.count(b"\n")
                yield self._parse(block, start, not more)
            if not more:
                break
        if self._text.broke_off:
            self.notes.append(f"{self.path.name} is incomplete: {self._text.broke_off}; the rows before that are in.")

    def _cut(self, block: bytes) -> tuple[bytes, bytes]:
        """Whole records, and what is left for the next block."""
        end = block.rfind(b"\n") + 1
        odd = self.dialect.quotes(block[:end]) % 2
        cut = end
        while odd and cut > 0 and end - cut < LONGEST_RECORD_BYTES:
            before = block.rfind(b"\n", 0, cut - 1) + 1
            odd ^= self.dialect.quotes(block[before:cut]) % 2
            cut = before
        if odd or cut == 0:
            cut = end  # quotes do not pair up: the careful parser sorts it out
        if cut == 0 and len(block) > 4 * BLOCK_BYTES:
            cut = len(block)
        return block[:cut], block[cut:]

    def _parse(self, block: bytes, line: int, is_last: bool) -> Piece:
        broke_off = is_last and bool(self._text.broke_off) and not block.endswith(b"\n")
        if broke_off or self.dialect.quotes(block) % 2:
            return Careful(self.columns, self.dialect, broke_off).parse(block, line)
        piece = self._parse_fast(block, line)
        return piece or Careful(self.columns, self.dialect, broke_off).parse(block, line)

    def _parse_fast(self, block: bytes, line: int) -> Piece | None:
        ragged: list[Any] = []

        def skip(row: Any) -> str:
            ragged.append(row)
            return "skip"

        try:
            table = pacsv.read_csv(
                pa.BufferReader(block),
                read_options=pacsv.ReadOptions(column_names=_numbered(self.columns), use_threads=False, block_size=len(block) + 1),
                parse_options=pacsv.ParseOptions(
                    delimiter=self.dialect.delimiter,
                    newlines_in_values=True,
                    escape_char="\\" if self.dialect.backslash else False,
                    double_quote=not self.dialect.backslash,
                    invalid_row_handler=skip,
                ),
                convert_options=pacsv.ConvertOptions(
                    column_types=dict.fromkeys(_numbered(self.columns), pa.binary()), strings_can_be_null=False
                ),
            )
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            return None
        arrays = [column.combine_chunks() for column in table.columns]
        newlines = _newlines_inside(arrays, table.num_rows) if b'"' in block else None
        if (newlines is not None and newlines.max(initial=0) > 50) or any("\n" in row.text for row in ragged):
            return None  # a quote that was never closed swallowed lines
        starts = _line_starts(block, table.num_rows + len(ragged)) if newlines is None else None
        places, broken_places = _places(table.num_rows, newlines, [row.number for row in ragged], line, starts)
        columns: dict[str, Column] = {name: text_or_objects(array) for name, array in zip(self.columns, arrays, strict=True)}
        broken = tuple(
            _ragged(self.columns, self.dialect, row.text, place) for row, place in zip(ragged, broken_places, strict=True)
        )
        return Piece(chunk=Chunk(columns, places), broken=broken)


def _numbered(columns: list[str]) -> list[str]:
    return [str(place) for place in range(len(columns))]


def _newlines_inside(arrays: list[Any], size: int) -> np.ndarray:
    total = np.zeros(size, dtype=np.int64)
    for array in arrays:
        total += pc.count_substring(array, "\n").to_numpy(zero_copy_only=False)
    return total


def _line_starts(block: bytes, records: int) -> np.ndarray | None:
    """Which lines of a block without quotes hold a record: the ones that are not blank."""
    if b"\n\n" not in block and b"\n\r\n" not in block and block[:1] not in (b"\n", b"\r"):
        return None
    full = np.array([bool(text.strip(b"\r")) for text in block.split(b"\n")])
    starts = np.flatnonzero(full)
    return starts if len(starts) == records else None


def _places(
    good: int, newlines: np.ndarray | None, ragged: list[int], line: int, known: np.ndarray | None
) -> tuple[np.ndarray, list[int]]:
    """Line numbers of the good and of the ragged records (given as their 1-based numbers among all records)."""
    lengths = np.ones(good + len(ragged), dtype=np.int64)
    is_good = np.ones(len(lengths), dtype=bool)
    is_good[[number - 1 for number in ragged]] = False
    if newlines is not None:
        lengths[is_good] += newlines
    if known is not None:
        starts = line + known
    else:
        starts = line + np.cumsum(lengths) - lengths
    return starts[is_good], starts[~is_good].tolist()


def _ragged(columns: list[str], dialect: Dialect, text: str, place: int) -> BrokenRow:
    try:
        cells = (dialect.cells(text) or [[]])[0]
    except csv.Error:
        cells = [text]
    return BrokenRow(place=place, raw=_raw(columns, cells), rule="ragged_row")


def _raw(columns: list[str], cells: list[str]) -> dict[str, Any]:
    short = [cell[:SHOWN_OF_BROKEN] for cell in cells]
    raw: dict[str, Any] = dict(zip(columns, short, strict=False))
    if len(short) > len(columns):
        raw[MORE] = short[len(columns) :][:100]
    return raw


class Careful:
    """Line by line, for blocks whose quotes do not pair up: a record that never closes costs its first line only."""

    def __init__(self, columns: list[str], dialect: Dialect, broke_off: bool) -> None:
        self.columns, self.dialect, self.broke_off = columns, dialect, broke_off
        self.rows: list[list[Any]] = []
        self.places: list[int] = []
        self.broken: list[BrokenRow] = []

    def parse(self, block: bytes, line: int) -> Piece:
        lines = block.split(b"\n")
        if lines and not lines[-1]:
            lines.pop()
        index = 0
        while index < len(lines):
            index += self._take(lines, index, line + index)
        if self.broke_off and self.places and self.places[-1] == line + len(lines) - 1:
            cells = self.rows.pop()
            self.broken.append(BrokenRow(place=self.places.pop(), raw=_raw(self.columns, [str(c) for c in cells]), rule="ragged_row"))
        columns: dict[str, Column] = {
            name: _text_column([row[place] for row in self.rows]) for place, name in enumerate(self.columns)
        }
        return Piece(chunk=Chunk(columns, np.array(self.places, dtype=np.int64)), broken=tuple(self.broken))

    def _take(self, lines: list[bytes], index: int, place: int) -> int:
        """Read the record that starts here; returns how many lines it took."""
        if not lines[index].strip(b"\r\n\t "):
            return 1
        length = self._length(lines, index)
        raw = b"\n".join(lines[index : index + (length or 1)]).removesuffix(b"\r")
        text = raw.decode("utf-8", "surrogateescape")
        try:
            cells = self.dialect.cells(text, strict=length is None or length > 1)
        except csv.Error:
            cells = []
        if len(cells) == 1 and len(cells[0]) == len(self.columns):
            self.rows.append([_without_escape(cell) for cell in cells[0]])
            self.places.append(place)
            return length or 1
        shown = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        rule = "unclosed_quote" if length is None or not cells or len(cells) > 1 else "ragged_row"
        self.broken.append(BrokenRow(place=place, raw=_raw(self.columns, cells[0] if len(cells) == 1 and cells[0] else [shown]), rule=rule))
        return (length or 1) if rule == "ragged_row" else 1

    def _length(self, lines: list[bytes], index: int) -> int | None:
        """Lines until the quotes pair up, None when they do not within reach."""
        if self.dialect.quotes(lines[index]) % 2 == 0:
            return 1
        for reach in range(index + 1, min(index + LONGEST_RECORD_LINES, len(lines))):
            if self.dialect.quotes(lines[reach]) % 2:
                length = reach - index + 1
                return length if self._closes(lines, index, length) else None
        return None

    def _closes(self, lines: list[bytes], index: int, length: int) -> bool:
        try:
            joined = b"\n".join(lines[index : index + length]).decode("utf-8", "replace")
            records = self.dialect.cells(joined, strict=True)
        except csv.Error:
            return False
        return len(records) == 1 and len(records[0]) == len(self.columns)


def _without_escape(cell: str) -> Any:
    """Text, or the bytes where they were no UTF-8."""
    try:
        cell.encode()
    except UnicodeEncodeError:
        return cell.encode("utf-8", "surrogateescape")
    return cell


def _text_column(cells: list[Any]) -> Column:
    return pa.array(cells, pa.string()) if all(isinstance(cell, str) for cell in cells) else cells

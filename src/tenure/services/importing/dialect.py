"""How a CSV file is written: its delimiter, whether quotes are escaped by a backslash, its header."""

from __future__ import annotations

import csv
import io
import re

import msgspec

DELIMITERS = (",", ";", "\t", "|")
LINES_LOOKED_AT = 30
_SEP_LINE = re.compile(rb"sep=(.)\r?\n", re.IGNORECASE)
_BACKSLASHED = re.compile(rb'\\"(?!")')


class Dialect(msgspec.Struct, frozen=True, kw_only=True):
    """Delimiter and quoting of one file; quotes inside quotes are doubled unless `backslash`."""

    delimiter: str
    backslash: bool = False

    def cells(self, text: str, strict: bool = False) -> list[list[str]]:
        """The records in a piece of text; raises csv.Error for broken quoting when strict."""
        lines = io.StringIO(text, newline="")
        escape = "\\" if self.backslash else None
        reader = csv.reader(lines, delimiter=self.delimiter, strict=strict, escapechar=escape, doublequote=not self.backslash)
        return [row for row in reader if row]

    def quotes(self, block: bytes) -> int:
        """How many quotation marks open or close a cell."""
        return block.count(b'"') - (block.count(b'\\"') if self.backslash else 0)


def find_dialect(sample: bytes, declared: str | None, is_tsv: bool) -> Dialect:
    """The dialect of a file's beginning (UTF-8)."""
    backslash = len(_BACKSLASHED.findall(sample)) > 0 and b'""' not in sample.replace(b',""', b"").replace(b';""', b"")
    if declared is not None:
        return Dialect(delimiter=declared, backslash=backslash)
    lines = _unquoted(sample.decode("utf-8", "replace")).splitlines()[:LINES_LOOKED_AT]
    return Dialect(delimiter=_delimiter([line for line in lines if line.strip()], "\t" if is_tsv else ","), backslash=backslash)


def _unquoted(text: str) -> str:
    return re.sub(r'"(?:[^"]|"")*"', "", text)


def _delimiter(lines: list[str], default: str) -> str:
    """The character that splits the header, most evenly over the lines; ties go to the earlier of the list."""
    if not lines:
        return default
    best, best_rank = default, (0.0, 0)
    for mark in DELIMITERS:
        in_header = lines[0].count(mark)
        if in_header:
            even = sum(line.count(mark) == in_header for line in lines) / len(lines)
            if (even, in_header) > best_rank:
                best, best_rank = mark, (even, in_header)
    return best


def excel_separator(sample: bytes) -> tuple[str | None, int]:
    """The delimiter Excel's `sep=;` first line names, and the length of that line."""
    match = _SEP_LINE.match(sample)
    return (None, 0) if match is None else (match.group(1).decode(), match.end())


def unique_names(header: list[str]) -> tuple[list[str], list[str]]:
    """Column names made unique and non-empty, with a note for each one changed."""
    names: list[str] = []
    notes: list[str] = []
    for place, given in enumerate(header, 1):
        name = given.strip() or f"column_{place}"
        if name in names:
            number = 2
            while f"{name}_{number}" in names:
                number += 1
            notes.append(f"The column name {name!r} appears more than once; its repetition is read as {name}_{number!r}.".replace("'", ""))
            name = f"{name}_{number}"
        elif not given.strip():
            notes.append(f"Column {place} has no name; it is read as {name}.")
        names.append(name)
    return names, notes

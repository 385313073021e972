"""Which files an import reads, and as what: declared sources first, else what names and columns tell."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path

import msgspec

from tenure.errors import BadInput
from tenure.services.importing.fields import FIELDS, KINDS
from tenure.services.importing.mapping import SourceMapping, undeclared
from tenure.services.importing.other_files import SUFFIXES, open_file
from tenure.services.importing.plan import covers, kind_of_columns, kind_of_file
from tenure.services.importing.report import Unread

_ORDER = {kind: place for place, kind in enumerate(FIELDS)}


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """One file to be read under one mapping."""

    path: Path
    name: str
    source: SourceMapping


def readings(paths: Sequence[Path], sources: Sequence[SourceMapping]) -> tuple[list[Reading], list[Unread]]:
    """What to read of these files and folders, customers first; a file named by hand must be understood."""
    found: list[Reading] = []
    unread: list[Unread] = []
    for path in paths:
        if path.is_dir():
            for file in _files_in(path):
                _read_or_say_why(file, str(file.relative_to(path)), sources, found, unread)
        elif path.exists():
            found.extend(_of_file(path, path.name, sources))
        else:
            raise BadInput(f"There is no file or folder {path}.", "Check the path.")
    if not found:
        raise BadInput(
            f"Nothing to import in {', '.join(str(path) for path in paths)}.",
            f"Name files {', '.join(sorted(kind for kind in KINDS if kind in _ORDER))} (.csv, .parquet or .jsonl), or declare a [[source]].",
        )
    return sorted(found, key=lambda reading: (_ORDER[reading.source.kind], reading.name)), unread


def _files_in(folder: Path) -> list[Path]:
    files = (file for file in folder.rglob("*") if file.is_file())
    return sorted(file for file in files if not any(part.startswith(".") for part in file.relative_to(folder).parts))


def _read_or_say_why(
    file: Path, name: str, sources: Sequence[SourceMapping], found: list[Reading], unread: list[Unread]
) -> None:
    if not file.name.lower().endswith(SUFFIXES):
        return
    try:
        found.extend(_of_file(file, name, sources))
    except BadInput as problem:
        unread.append(Unread(file=name, reason=str(problem)))


def _of_file(path: Path, name: str, sources: Sequence[SourceMapping]) -> list[Reading]:
    declared = [source for source in sources if _matches(source, path, name)]
    if declared:
        return [Reading(path=path, name=name, source=source) for source in declared]
    stem = path.name.split(".")[0]
    kind = stem if stem in FIELDS else _kind_by_look(path, kind_of_file(stem))
    if kind is None:
        raise BadInput(
            f"{name} does not tell what its rows are.",
            f"Rename it to {', '.join(list(FIELDS)[:6])}, or declare a [[source]] for it in tenure.toml.",
        )
    return [Reading(path=path, name=name, source=undeclared(kind))]


def _matches(source: SourceMapping, path: Path, name: str) -> bool:
    return any(fnmatch(name, pattern) or fnmatch(path.name, pattern) or path.match(pattern) for pattern in source.files)


def _kind_by_look(path: Path, kind_by_name: str | None) -> str | None:
    """The kind a name suggests, if the columns bear it out; else the one kind the columns can only be."""
    reader = open_file(path)
    try:
        if not reader.columns:  # JSON lines show their columns only row by row
            next(reader.pieces(), None)
        if kind_by_name is not None and covers(kind_by_name, reader.columns):
            return kind_by_name
        return kind_of_columns(reader.columns)
    finally:
        reader.close()

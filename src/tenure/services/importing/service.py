"""The import service: files and SQL sources into the inbox, refused rows into the quarantine and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from tenure.errors import BadInput
from tenure.model.facts import FactKind
from tenure.model.mapping import FactMapping
from tenure.model.quarantine import Quarantined, QuarantineState
from tenure.ports.cursors import Cursors
from tenure.ports.inbox import Inbox
from tenure.ports.quarantine import Quarantine
from tenure.ports.rehearsal import FactsSummary
from tenure.services.importing.fields import KINDS, PERIODS
from tenure.services.importing.keys import Occurrences, with_keys
from tenure.services.importing.loading import Doors, Loading
from tenure.services.importing.mapping import SourceMapping, undeclared
from tenure.services.importing.other_files import ParquetFile, open_file
from tenure.services.importing.reading import Problem
from tenure.services.importing.records import Parsed, Period, parse_row, plan_for
from tenure.services.importing.report import (
    FileReport,
    ImportReport,
    Progress,
    ProgressCallback,
    Tallying,
    Unread,
)
from tenure.services.importing.seen import Seen
from tenure.services.importing.sources import Reading, readings
from tenure.services.importing.sql import read_sql
from tenure.services.importing.staging import stage, staged_table


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """An import's report, and the counts the rehearsal starts from."""

    report: ImportReport
    seen: FactsSummary


CUT_WRONG = frozenset({"unclosed_quote", "ragged_row"})
"""Rules of rows whose cells may stand under wrong names: only a person can say what they were meant to be."""


class StillRefused(msgspec.Struct, frozen=True, kw_only=True):
    """A quarantined record that still cannot go in, and why."""

    item_id: int
    problems: tuple[Problem, ...]


class Replayed(msgspec.Struct, frozen=True, kw_only=True):
    """What a replay did."""

    accepted: tuple[int, ...]
    refused: tuple[StillRefused, ...]


def _silent(progress: Progress) -> None:
    """Progress nobody watches."""


class ImportService:
    """Reads sources for one store. `time_zone` is the venture's: for times without offset whose source names none."""

    def __init__(self, inbox: Inbox, quarantine: Quarantine, cursors: Cursors, time_zone: str = "UTC") -> None:
        self._inbox, self._quarantine, self._cursors, self._time_zone = inbox, quarantine, cursors, time_zone

    def import_paths(
        self,
        venture_id: int,
        paths: Sequence[Path],
        sources: Sequence[SourceMapping] = (),
        mapping: FactMapping | None = None,
        *,
        now_us: int,
        progress: ProgressCallback = _silent,
    ) -> Imported:
        """Import files and folders. Good rows are durable when this returns, and the same rows again change nothing.

        Raises BadInput when nothing could be read at all; a folder's unreadable files are named in the report.
        Killed in the middle, the same call again completes it.
        """
        found, unread = readings(paths, sources)
        doors = self._doors(venture_id, mapping, now_us)
        meter = _Meter(progress, sum(reading.path.stat().st_size for reading in found))
        files = [self._import_file(doors, reading, meter) for reading in found]
        if len(files) == 1 and files[0].failure:
            raise BadInput(files[0].failure)
        return Imported(report=ImportReport(files=tuple(files), unread=tuple(unread)), seen=doors.seen.summary())

    def import_sql(
        self,
        venture_id: int,
        sources: Sequence[SourceMapping],
        environment: Mapping[str, str],
        mapping: FactMapping | None = None,
        *,
        now_us: int,
        progress: ProgressCallback = _silent,
    ) -> Imported:
        """Read every declared SQL source from where it was left; `environment` holds the URLs their `url_env` name."""
        doors = self._doors(venture_id, mapping, now_us)
        meter = _Meter(progress, 0)
        files = []
        for source in sources:
            if source.sql is not None:
                loading = self._loading(doors, source, f"SQL {source.name}", "row")
                read_sql(loading, source.sql, self._cursors, environment, meter)
                files.append(loading.tally.report(loading.notes))
        return Imported(report=ImportReport(files=tuple(files)), seen=doors.seen.summary())

    def replay(
        self,
        venture_id: int,
        items: Iterable[Quarantined],
        sources: Sequence[SourceMapping] = (),
        mapping: FactMapping | None = None,
        *,
        now_us: int,
        fixed: Mapping[int, Mapping[str, Any]] | None = None,
    ) -> Replayed:
        """Try quarantined records again, with the mapping of today and the fixed records given by item id.

        What goes in is durable in the inbox before it is marked as replayed. A fixed record has the key its row has
        in a corrected file, so importing that file as well adds nothing twice.
        """
        accepted: list[int] = []
        refused: list[StillRefused] = []
        for item in items:
            repaired = (fixed or {}).get(item.item_id)
            if repaired is None and item.refusal.rule in CUT_WRONG:
                problem = Problem(field=item.refusal.field, value=item.refusal.value, rule=item.refusal.rule)
                refused.append(StillRefused(item_id=item.item_id, problems=(problem,)))
                continue
            raw = item.refusal.record if repaired is None else repaired
            problems = self._replay_one(venture_id, item, raw, sources, mapping or FactMapping(), now_us)
            if problems:
                refused.append(StillRefused(item_id=item.item_id, problems=problems))
            else:
                accepted.append(item.item_id)
        if accepted:
            self._quarantine.decide(venture_id, accepted, QuarantineState.replayed, note="", now_us=now_us)
        return Replayed(accepted=tuple(accepted), refused=tuple(refused))

    def _replay_one(
        self, venture_id: int, item: Quarantined, raw: Any, sources: Sequence[SourceMapping], mapping: FactMapping, now_us: int
    ) -> tuple[Problem, ...]:
        kind_name = item.refusal.kind
        source = next((one for one in sources if one.name == item.refusal.source), None) or undeclared(kind_name)
        if not isinstance(raw, Mapping) or kind_name not in KINDS:
            return (Problem(field="", value="", rule="not_an_object"),)
        if kind_name == PERIODS or source.amount == "level":
            return (Problem(field="", value="", rule="needs_the_whole_file"),)
        parsed = parse_row(raw, plan_for(source, tuple(raw), now_us, self._time_zone))
        if not isinstance(parsed, Parsed) or isinstance(parsed.record, Period):
            return parsed if isinstance(parsed, tuple) else (Problem(field="", value="", rule="required"),)
        kind: FactKind = KINDS[kind_name]
        staged = staged_table([stage(0, parsed.record, parsed.fact_id, mapping)])
        self._inbox.append_arrow(with_keys(staged, kind, venture_id, item.refusal.source, now_us, Occurrences()))
        return ()

    def _doors(self, venture_id: int, mapping: FactMapping | None, now_us: int) -> Doors:
        mapping = mapping or FactMapping()
        return Doors(
            venture_id=venture_id,
            inbox=self._inbox,
            quarantine=self._quarantine,
            mapping=mapping,
            now_us=now_us,
            seen=Seen(mapping),
        )

    def _loading(self, doors: Doors, source: SourceMapping, name: str, unit: str) -> Loading:
        tally = Tallying(name, source.name, source.kind)
        return Loading(doors, source, source.rules(doors.now_us, self._time_zone), tally, unit)

    def _import_file(self, doors: Doors, reading: Reading, meter: _Meter) -> FileReport:
        """One file; what makes it unreadable becomes the `failure` of its report."""
        loading = self._loading(doors, reading.source, reading.name, "line")
        size = reading.path.stat().st_size
        try:
            reader = open_file(reading.path, reading.source.encoding, reading.source.delimiter)
        except BadInput as problem:
            return loading.tally.report(failure=str(problem))
        try:
            if reader.columns:
                loading.start(reader.columns)
            if isinstance(reader, ParquetFile):
                loading.unit = "row"
            for piece in reader.pieces():
                loading.take(piece.chunk, piece.broken)
                meter.show(reading.name, loading.tally.rows_read, reader.done_bytes)
            loading.finish()
        except BadInput as problem:
            return loading.tally.report([*reader.notes, *loading.notes], failure=str(problem))
        finally:
            reader.close()
            meter.file_done(size, loading.tally.rows_read)
        hopeless = "" if loading.tally.accepted else loading.hopeless()
        if hopeless and not loading.tally.rows_read:  # no row in quarantine would tell
            return loading.tally.report([*reader.notes, *loading.notes], failure=hopeless)
        return loading.tally.report([*reader.notes, *loading.notes, *([hopeless] if hopeless else [])])


class _Meter:
    """Adds up progress over the files of one import."""

    def __init__(self, progress: ProgressCallback, bytes_total: int) -> None:
        self._progress, self._bytes_total = progress, bytes_total
        self._bytes_before = self._rows_before = 0

    def show(self, file: str, rows: int, done_bytes: int) -> None:
        self._progress(
            Progress(
                file=file,
                rows_done=self._rows_before + rows,
                bytes_done=min(self._bytes_before + done_bytes, self._bytes_total),
                bytes_total=self._bytes_total,
            )
        )

    def file_done(self, size: int, rows: int) -> None:
        self._bytes_before += size
        self._rows_before += rows


__all__ = ["ImportService", "Imported", "Replayed", "StillRefused", "Unread"]

"""What an import says of itself: per file what was read, how, what went in and what did not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import msgspec

from tenure.clock import iso
from tenure.services.importing.plan import Plan


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far an import is, over all its files; `bytes_total` is 0 where nobody knows (SQL)."""

    file: str
    rows_done: int
    bytes_done: int
    bytes_total: int


ProgressCallback = Callable[[Progress], None]


class ColumnUse(msgspec.Struct, frozen=True, kw_only=True):
    """Where a field came from. `origin`: declared, named (its fixed name), guessed, constant or default."""

    field: str
    source: str
    origin: str


class FileReport(msgspec.Struct, frozen=True, kw_only=True):
    """One file (or SQL source) after its import.

    `accepted` rows went in; `facts` is how many facts they made (periods make movements, other rows one each);
    `skipped` rows were blank or stood for nothing. `first_us` / `last_us` span the times of its facts.
    """

    file: str
    source: str
    kind: str
    rows_read: int = 0
    accepted: int = 0
    facts: int = 0
    skipped: int = 0
    quarantined: int = 0
    quarantined_by_rule: dict[str, int] = {}
    columns: tuple[ColumnUse, ...] = ()
    kept_columns: tuple[str, ...] = ()
    ignored_columns: tuple[str, ...] = ()
    first_us: int | None = None
    last_us: int | None = None
    notes: tuple[str, ...] = ()
    failure: str = ""

    @property
    def sentence(self) -> str:
        """The file in one line."""
        if self.failure:
            return f"{self.file}: {self.failure}"
        said = f"{self.file}: {self.accepted:,} of {self.rows_read:,} rows as {self.kind}"
        if self.facts != self.accepted:
            said += f" ({self.facts:,} movements)"
        if self.first_us is not None and self.last_us is not None:
            said += f", {iso(self.first_us)[:10]} to {iso(self.last_us)[:10]}"
        if self.quarantined:
            rules = ", ".join(f"{rule} {count:,}" for rule, count in sorted(self.quarantined_by_rule.items()))
            said += f"; {self.quarantined:,} in quarantine ({rules})"
        return said + "."


class Unread(msgspec.Struct, frozen=True, kw_only=True):
    """A file in an imported folder that was left alone, and why."""

    file: str
    reason: str


class ImportReport(msgspec.Struct, frozen=True, kw_only=True):
    """A whole import."""

    files: tuple[FileReport, ...]
    unread: tuple[Unread, ...] = ()

    @property
    def rows_read(self) -> int:
        return sum(file.rows_read for file in self.files)

    @property
    def accepted(self) -> int:
        return sum(file.accepted for file in self.files)

    @property
    def quarantined(self) -> int:
        return sum(file.quarantined for file in self.files)


class Tallying:
    """Adds up one file's report while it is read."""

    def __init__(self, file: str, source: str, kind: str) -> None:
        self.file, self.source, self.kind = file, source, kind
        self.rows_read = self.accepted = self.facts = self.skipped = self.quarantined = 0
        self.rules: Counter[str] = Counter()
        self.columns: tuple[ColumnUse, ...] = ()
        self.kept: tuple[str, ...] = ()
        self.ignored: tuple[str, ...] = ()
        self.first_us: int | None = None
        self.last_us: int | None = None

    def planned(self, plan: Plan) -> None:
        """Remember which columns were used how."""
        self.columns = tuple(
            ColumnUse(field=part.field.column, source=part.shown_source, origin=part.origin) for part in plan.fields
        )
        self.kept = tuple(column for column, _ in plan.extras)
        self.ignored = plan.ignored

    def refused(self, rules: Sequence[str]) -> None:
        """One row went to quarantine for these rules."""
        self.quarantined += 1
        self.rules.update(set(rules))

    def spans(self, first_us: int | None, last_us: int | None) -> None:
        """Facts of this time span went in."""
        if first_us is None or last_us is None:
            return
        self.first_us = first_us if self.first_us is None else min(self.first_us, first_us)
        self.last_us = last_us if self.last_us is None else max(self.last_us, last_us)

    def report(self, notes: Sequence[str] = (), failure: str = "") -> FileReport:
        return FileReport(
            file=self.file,
            source=self.source,
            kind=self.kind,
            rows_read=self.rows_read,
            accepted=self.accepted,
            facts=self.facts,
            skipped=self.skipped,
            quarantined=self.quarantined,
            quarantined_by_rule=dict(sorted(self.rules.items())),
            columns=self.columns,
            kept_columns=self.kept,
            ignored_columns=self.ignored,
            first_us=self.first_us,
            last_us=self.last_us,
            notes=tuple(notes),
            failure=failure,
        )

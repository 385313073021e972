"""Raw chunks of one source into the inbox and the quarantine, a bounded piece at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from tenure.model.facts import FactKind, Movement
from tenure.model.mapping import FactMapping
from tenure.model.quarantine import Refusal
from tenure.ports.inbox import Inbox
from tenure.ports.quarantine import Quarantine
from tenure.services.importing.chunk import Chunk
from tenure.services.importing.convert import Refused, convert
from tenure.services.importing.fields import KINDS, PERIODS
from tenure.services.importing.keys import STATEMENTS, Occurrences, with_keys
from tenure.services.importing.mapping import SourceMapping
from tenure.services.importing.periods import Derived, movements_of_levels, movements_of_periods
from tenure.services.importing.pieces import BrokenRow
from tenure.services.importing.plan import Plan, lacking, resolve
from tenure.services.importing.reading import ReadingRules, shown
from tenure.services.importing.records import Period
from tenure.services.importing.report import Tallying
from tenure.services.importing.seen import Seen
from tenure.services.importing.sniff import ROWS_LOOKED_AT, with_habits
from tenure.services.importing.staging import stage, staged_table
from tenure.services.importing.times import plan_time_us

REFUSALS_PER_CALL = 5_000
FACTS_PER_CALL = 100_000
COLUMNS_NAMED = 20


class Doors(msgspec.Struct, frozen=True, kw_only=True):
    """Where facts and refusals of one venture go, and the present they arrive in."""

    venture_id: int
    inbox: Inbox
    quarantine: Quarantine
    mapping: FactMapping
    now_us: int
    seen: Seen


class Loading:
    """One source while it is read: keeps the plan, the occurrence numbers, and what only the end can tell."""

    def __init__(self, doors: Doors, source: SourceMapping, rules: ReadingRules, tally: Tallying, unit: str = "line") -> None:
        self.doors, self.source, self.rules, self.tally, self.unit = doors, source, rules, tally, unit
        self.kind: FactKind = KINDS[source.kind]
        self.notes: list[str] = []
        self._plan: Plan | None = None
        self._columns: list[str] = []
        self._occurrences = Occurrences()
        self._periods: list[Period] = []
        self._levels: list[Movement] = []

    def start(self, columns: Sequence[str]) -> None:
        """Resolve the mapping against these columns; raises BadInput when a declared one is missing."""
        self._columns = list(columns)
        self._plan = resolve(self.source, self._columns, self.rules, self.tally.file)
        self.tally.planned(self._plan)

    def plan_of(self, columns: Sequence[str]) -> Plan:
        """The plan in use, resolved against these columns when there is none yet."""
        if self._plan is None:
            self.start(columns)
        assert self._plan is not None
        return self._plan

    def hopeless(self) -> str:
        """Why no row of these columns can ever go in; empty when one can."""
        missing = [] if self._plan is None else lacking(self._plan)
        if not missing:
            return ""
        have = ", ".join(self._columns[:COLUMNS_NAMED])
        return (
            f"{self.tally.file} has no column for {', '.join(missing)}, without which no row is one of {self.source.kind}. "
            f"Name them so, or map them in tenure.toml; its columns are: {have}."
        )

    def take(self, chunk: Chunk, broken: Iterable[BrokenRow] = ()) -> None:
        """Convert a chunk; when this returns its good rows are durable in the inbox, the others in the quarantine."""
        plan = self._plan_for(chunk)
        converted = convert(chunk, plan, self.doors.mapping)
        broken = list(broken)
        self.tally.rows_read += len(chunk) + len(broken)
        self.tally.skipped += converted.skipped
        self._refuse(converted.refused, broken)
        self._periods.extend(converted.periods)
        accepted = converted.staged.num_rows + len(converted.periods)
        self.tally.accepted += accepted
        if self.source.amount == "level":
            self._levels.extend(msgspec.json.decode(body, type=Movement) for body in converted.staged["body"].to_pylist())
        else:
            self._append(converted.staged)

    def finish(self) -> None:
        """Derive and append what needs all rows: movements out of periods or totals."""
        derived: Iterator[Derived] = iter(())
        if self.source.kind == PERIODS:
            derived = movements_of_periods(self._periods, self._complete_until_us())
        elif self.source.amount == "level":
            derived = movements_of_levels(self._levels)
        batch = []
        for place, (movement, fact_id) in enumerate(derived):
            batch.append(stage(place, movement, fact_id, self.doors.mapping))
            if len(batch) == FACTS_PER_CALL:
                self._append(staged_table(batch))
                batch = []
        self._append(staged_table(batch))

    def _complete_until_us(self) -> int | None:
        return plan_time_us(self.source.complete_until, self.rules)

    def _plan_for(self, chunk: Chunk) -> Plan:
        """The plan for what the file has shown so far: JSON lines may bring new names at any time."""
        new = [name for name in chunk.columns if name not in self._columns]
        if self._plan is None or new:
            self.start([*self._columns, *new, *self._still_to_come(chunk)])
        if self._plan is not None and not self.notes and self.tally.rows_read == 0:
            self._plan, notes = with_habits(self._plan, chunk.head(ROWS_LOOKED_AT))
            self.rules = self._plan.rules
            self.notes.extend(notes)
        assert self._plan is not None
        return _present(self._plan, chunk)

    def _still_to_come(self, chunk: Chunk) -> list[str]:
        """Declared columns JSON lines have not shown yet: a later line may."""
        named = (name for columns in self.source.columns.values() for name in columns if "{" not in name)
        return [name for name in dict.fromkeys(named) if name not in self._columns and name not in chunk.columns]

    def _append(self, staged: pa.Table) -> None:
        if staged.num_rows == 0:
            return
        doors = self.doors
        rows = with_keys(staged, self.kind, doors.venture_id, self.source.name, doors.now_us, self._occurrences)
        doors.inbox.append_arrow(rows)
        doors.seen.add(self.kind, staged)
        self.tally.facts += staged.num_rows
        if self.kind not in STATEMENTS:  # what is stated today happened whenever it says
            span = pc.min_max(staged["occurred_us"]).as_py()
            self.tally.spans(span["min"], span["max"])

    def _refuse(self, refused: Sequence[Refused], broken: Sequence[BrokenRow]) -> None:
        refusals = [self._broken(row) for row in broken]
        for row in broken:
            self.tally.refused([row.rule])
        for item in refused:
            self.tally.refused([problem.rule for problem in item.problems])
            problem = item.problems[0]
            refusals.append(self._refusal(item.place, item.raw, problem.field, problem.rule, problem.value))
        for start in range(0, len(refusals), REFUSALS_PER_CALL):
            self.doors.quarantine.add(self.doors.venture_id, refusals[start : start + REFUSALS_PER_CALL])

    def _broken(self, row: BrokenRow) -> Refusal:
        return self._refusal(row.place, row.raw, "", row.rule, "")

    def _refusal(self, place: int, raw: dict[str, Any], field: str, rule: str, value: str) -> Refusal:
        return Refusal(
            kind=self.source.kind,
            source=self.source.name,
            position=f"{self.tally.file} {self.unit} {place}",
            field=field,
            rule=rule,
            value=value,
            record={name: as_json(cell) for name, cell in raw.items()},
            first_seen_us=self.doors.now_us,
        )


def _present(plan: Plan, chunk: Chunk) -> Plan:
    """The plan without undeclared columns this chunk does not have."""
    extras = tuple(pair for pair in plan.extras if pair[0] in chunk.columns)
    return plan if len(extras) == len(plan.extras) else msgspec.structs.replace(plan, extras=extras)


def as_json(raw: Any) -> Any:
    """A raw cell as it can be kept in JSON: what JSON cannot hold becomes text."""
    if raw is None or isinstance(raw, bool):
        return raw
    if isinstance(raw, int):
        return raw if abs(raw) < 1 << 63 else str(raw)
    if isinstance(raw, float):
        return raw if raw == raw and abs(raw) != float("inf") else str(raw)
    if isinstance(raw, str):
        return raw[:20_000].replace("\0", "\ufffd").encode("utf-8", "replace").decode()
    if isinstance(raw, list | tuple):
        return [as_json(part) for part in raw[:1_000]]
    if isinstance(raw, dict):
        return {str(name): as_json(part) for name, part in raw.items()}
    return shown(raw)

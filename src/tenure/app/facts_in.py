"""Facts in by file, SQL and replay: doors first, then the drain, then what it all means."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from tenure.app.sources import keep_polls
from tenure.errors import BadInput
from tenure.model.quarantine import Quarantined, QuarantineState
from tenure.ports.rehearsal import FactsSummary
from tenure.services.importing import rehearsal
from tenure.services.importing.report import ImportReport, ProgressCallback
from tenure.services.importing.service import Imported, ImportService, Replayed, StillRefused
from tenure.services.ingest.refusals import ItemRefused
from tenure.services.ingest.replay import came_over_http, repaired_record, replayed_rows

if TYPE_CHECKING:
    from tenure.app.deployment import Deployment

REPLAY_PAGE = 1000


class ImportOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What an import did, what the facts can carry now, and how many there are."""

    report: ImportReport
    rehearsal: rehearsal.Rehearsal
    facts: dict[str, int]


def unwatched(progress: object) -> None:
    """Progress nobody watches."""


class FactsIn:
    """The doors of one deployment that are not HTTP."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        store = deployment.store
        self._service = ImportService(store.inbox, store.quarantine, store.cursors, deployment.venture.timezone)

    def import_files(self, paths: Sequence[Path], now_us: int, progress: ProgressCallback = unwatched) -> Imported:
        """Read files and folders into the inbox; durable when it returns."""
        one = self._deployment
        return self._service.import_paths(
            one.venture.venture_id, paths, one.sources, one.facts.mapping, now_us=now_us, progress=progress
        )

    def import_sql(self, now_us: int, progress: ProgressCallback = unwatched) -> Imported:
        """Read every declared SQL source from where it was left."""
        one = self._deployment
        found = self._service.import_sql(
            one.venture.venture_id, one.sources, os.environ, one.facts.mapping, now_us=now_us, progress=progress
        )
        keep_polls(one, [source.name for source in one.sources if source.sql is not None], now_us)
        return found

    def poll_sql(self, now_us: int) -> None:
        """Read the declared SQL sources, if there are any: what the worker does every minute."""
        if any(source.sql is not None for source in self._deployment.sources):
            self.import_sql(now_us)

    def import_now(self, paths: Sequence[Path], now_us: int, progress: ProgressCallback = unwatched) -> ImportOutcome:
        """Import, drain, and rehearse what may be decided on these facts."""
        if paths:
            imported = self.import_files(paths, now_us, progress)
        elif any(source.sql is not None for source in self._deployment.sources):
            imported = self.import_sql(now_us, progress)
        else:
            raise BadInput("There is nothing to import.", "Name files or folders, or declare a SQL source in tenure.toml.")
        drained = self._deployment.jobs.run("drain", {"now_us": now_us})
        known = msgspec.convert(drained["summary"], FactsSummary)
        judged = rehearsal.rehearse(imported.seen, self._deployment.facts.mapping, known)
        return ImportOutcome(report=imported.report, rehearsal=judged, facts=drained["facts"])

    def replay_now(self, item_ids: Sequence[int] | None, fixed: Mapping[int, Mapping[str, Any]], now_us: int) -> Replayed:
        """Try quarantined records again (all waiting ones without ids), and drain what goes in."""
        one = self._deployment
        items = self._items(item_ids)
        rows = [item for item in items if not came_over_http(item.refusal)]
        from_files = self._service.replay(
            one.venture.venture_id, rows, one.sources, one.facts.mapping, now_us=now_us, fixed=fixed
        )
        over_http = self._replay_calls([item for item in items if came_over_http(item.refusal)], fixed or {}, now_us)
        accepted = (*from_files.accepted, *over_http.accepted)
        if accepted:
            one.jobs.run("drain", {"now_us": now_us})
        return Replayed(accepted=accepted, refused=(*from_files.refused, *over_http.refused))

    def _replay_calls(
        self, items: Sequence[Quarantined], fixed: Mapping[int, Mapping[str, Any]], now_us: int
    ) -> Replayed:
        """Calls of clients, read as their endpoint reads them; durable in the inbox before they are marked."""
        one = self._deployment
        venture_id, mapping = one.venture.venture_id, one.facts.mapping
        accepted: list[int] = []
        refused: list[StillRefused] = []
        for item in items:
            refusal = item.refusal
            record = repaired_record(refusal.record, fixed.get(item.item_id))
            try:
                one.store.inbox.append(replayed_rows(record, refusal, venture_id, mapping))
            except ItemRefused as still:
                refused.append(StillRefused(item_id=item.item_id, problems=(still.problem,)))
            else:
                accepted.append(item.item_id)
        if accepted:
            one.store.quarantine.decide(venture_id, accepted, QuarantineState.replayed, note="", now_us=now_us)
        return Replayed(accepted=tuple(accepted), refused=tuple(refused))

    def _items(self, item_ids: Sequence[int] | None) -> list[Quarantined]:
        venture_id, quarantine = self._deployment.venture.venture_id, self._deployment.store.quarantine
        if item_ids is not None:
            return [quarantine.get(venture_id, item_id) for item_id in item_ids]
        items: list[Quarantined] = []
        while page := quarantine.list(venture_id, state=QuarantineState.waiting, limit=REPLAY_PAGE, offset=len(items)):
            items.extend(page)
        return items

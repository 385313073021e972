"""The store as one object."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from tenure.errors import Unavailable
from tenure.ports.store import Stores
from tenure.store.alerts import AlertRows
from tenure.store.bulk import analyze
from tenure.store.calendar import CalendarRows
from tenure.store.cards import CardRows, HeldCards
from tenure.store.consents import ConsentRows
from tenure.store.contacts import ContactRows
from tenure.store.controls import ControlRows
from tenure.store.crew import CrewRows, SystemLogRows
from tenure.store.crm_log import CrmLogRows
from tenure.store.crossings import CrossingRows
from tenure.store.cursors import CursorRows
from tenure.store.decisions import DecisionRows
from tenure.store.effect import EffectReader
from tenure.store.engine import (
    BUSY_TIMEOUT_MS,
    INBOX_FILE,
    STORE_FILE,
    Database,
    is_url,
    open_postgres,
    open_sqlite,
)
from tenure.store.enrollments import EnrollmentRows
from tenure.store.erasure import StoreErasure
from tenure.store.executions import ExecutionRows
from tenure.store.gating import GatingRows
from tenure.store.hand_offs import HandOffRows
from tenure.store.health import HealthRows
from tenure.store.inbox_sqlite import SqliteInbox
from tenure.store.incidents import IncidentRows
from tenure.store.intents import IntentRows
from tenure.store.jobs import JobRows
from tenure.store.judgements import OverrideRows, PulseRows
from tenure.store.keys import KeyRows
from tenure.store.loop_summary import LoopSums
from tenure.store.merges import MergeRows
from tenure.store.outbox import OutboxRows
from tenure.store.parameters import AuditRows, ParameterRows
from tenure.store.pending import PendingRows
from tenure.store.playbooks import PlaybookRows
from tenure.store.quarantine import QuarantineRows
from tenure.store.responses import ResponseRows
from tenure.store.results import ResultRows
from tenure.store.runs import RunRows
from tenure.store.scorecards import ScorecardRows
from tenure.store.secrets import SecretKey, SecretRows
from tenure.store.stand_ins import StandInRows
from tenure.store.suppressions import SuppressionRows
from tenure.store.surveys import DeploymentRows
from tenure.store.tasks import TaskRows
from tenure.store.touches import TouchRows
from tenure.store.trigger_versions import TriggerMetricRows, TriggerRows
from tenure.store.upgrade import upgrade
from tenure.store.useful import UsefulRows
from tenure.store.ventures import PersonRows, VentureRows
from tenure.store.watched import AutonomyRows, WatchedRows

if TYPE_CHECKING:
    from tenure.store.inbox_postgres import PostgresInbox


class Store:
    """Every repository over one database (port `tenure.ports.store.Stores`). Safe to call from many threads."""

    def __init__(self, database: Database, inbox: SqliteInbox | PostgresInbox, secret_key: SecretKey) -> None:
        self._database = database
        self.inbox = inbox
        self.ventures = VentureRows(database)
        self.people = PersonRows(database)
        self.keys = KeyRows(database)
        self.parameters = ParameterRows(database)
        self.audit = AuditRows(database)
        self.scorecards = ScorecardRows(database)
        self.health = HealthRows(database)
        self.runs = RunRows(database)
        self.jobs = JobRows(database)
        self.quarantine = QuarantineRows(database)
        self.overrides = OverrideRows(database)
        self.pulses = PulseRows(database)
        self.results = ResultRows(database)
        self.secrets = SecretRows(database, secret_key)
        self.cursors = CursorRows(database)
        self.erasure = StoreErasure(database)
        # the closed loop
        self.intents = IntentRows(database)
        self.cards = CardRows(database)
        self.calendar = CalendarRows(database)
        self.crm_log = CrmLogRows(database)
        self.surveys = DeploymentRows(database)
        self.crew = CrewRows(database)
        self.system_log = SystemLogRows(database)
        self.pending = PendingRows(database)
        self.playbooks = PlaybookRows(database)
        self.enrollments = EnrollmentRows(database)
        self.touches = TouchRows(database)
        self.gating = GatingRows(database)
        self.outbox = OutboxRows(database)
        self.responses = ResponseRows(database)
        self.consents = ConsentRows(database)
        self.suppressions = SuppressionRows(database, self.secrets)
        self.controls = ControlRows(database)
        self.decisions = DecisionRows(database)
        self.alerts = AlertRows(database)
        self.tasks = TaskRows(database)
        self.contacts = ContactRows(database)
        self.stand_ins = StandInRows(database)
        self.incidents = IncidentRows(database)
        self.hand_offs = HandOffRows(database)
        self.watched = WatchedRows(database)
        self.autonomy = AutonomyRows(database)
        self.triggers = TriggerRows(database)
        self.trigger_metrics = TriggerMetricRows(database)
        self.crossings = CrossingRows(database)
        self.executions = ExecutionRows(database)
        self.merges = MergeRows(database)
        self.useful = UsefulRows(database)
        self.effect = EffectReader(database)
        self.loop_summary = LoopSums(database)

    @classmethod
    def open(
        cls,
        location: str | Path,
        *,
        key_folder: Path | None = None,
        environment: Mapping[str, str] | None = None,
        busy_timeout_ms: int = BUSY_TIMEOUT_MS,
        is_kept: bool = True,
    ) -> Store:
        """Open a store, made or upgraded where needed.

        `location` is a folder (SQLite: store.sqlite and inbox.sqlite in it) or a postgresql:// URL. `key_folder` holds
        the key of the secrets where TENURE_SECRET_KEY is not set (default: the folder itself; none for PostgreSQL).
        Without `is_kept` a folder's store does not wait for the disk: for one that is thrown away.
        Raises `Unavailable`, `Corrupt`, or `BadInput` for a URL that is no PostgreSQL.
        """
        environment = os.environ if environment is None else environment
        if is_url(location):
            return cls._open_postgres(str(location), SecretKey(key_folder, environment))
        folder = Path(location)
        return cls._open_sqlite(folder, SecretKey(key_folder or folder, environment), busy_timeout_ms, is_kept)

    @classmethod
    def _open_postgres(cls, url: str, secret_key: SecretKey) -> Store:
        from tenure.store.inbox_postgres import PostgresInbox  # loads a driver that SQLite never needs

        database = Database(open_postgres(url))
        try:
            upgrade(database)
        except BaseException:
            database.close()
            raise
        return cls(database, PostgresInbox(database), secret_key)

    @classmethod
    def _open_sqlite(cls, folder: Path, secret_key: SecretKey, busy_timeout_ms: int, is_kept: bool) -> Store:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            raise Unavailable(
                f"The folder {folder} cannot be made.", "Check the path and its rights."
            ) from None
        database = Database(open_sqlite(folder / STORE_FILE, busy_timeout_ms=busy_timeout_ms, is_kept=is_kept))
        try:
            upgrade(database)
            store = cls(
                database, SqliteInbox(folder / INBOX_FILE, busy_timeout_ms=busy_timeout_ms), secret_key
            )
        except BaseException:
            database.close()
            raise
        if not is_kept:
            store.cards = HeldCards(database)
        return store

    def together(self) -> AbstractContextManager[None]:
        """Everything written in the block, by any repository of this thread, is one transaction: all or nothing."""
        return self._database.together()

    def keep_statistics(self) -> None:
        """Let the planner know the sizes there are. On SQLite nobody else does; it looks at a sample and takes milliseconds."""
        if self._database.is_sqlite:
            with self._database.writing() as connection:
                analyze(connection)

    def close(self) -> None:
        """Let go of every connection; files may then be copied or removed."""
        self.inbox.close()
        self._database.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _keeps_its_ports(store: Store) -> Stores:
    """Read by mypy only: every repository has the methods its port promises."""
    return store

"""The whole store as one object: what `app` hands to services."""

from __future__ import annotations

from typing import Protocol

from tenure.ports.cards import Cards
from tenure.ports.cursors import Cursors
from tenure.ports.erasure import ErasureInStore
from tenure.ports.health import PublishedHealth
from tenure.ports.inbox import Inbox
from tenure.ports.intents import Intents
from tenure.ports.jobs import Jobs
from tenure.ports.keys import Keys
from tenure.ports.overrides import Overrides, Pulses
from tenure.ports.parameters import AuditLog, ParameterValues
from tenure.ports.quarantine import Quarantine
from tenure.ports.results import Results
from tenure.ports.runs import Runs
from tenure.ports.scorecards import Scorecards
from tenure.ports.secrets import Secrets
from tenure.ports.ventures import People, Ventures


class Stores(Protocol):
    """Every repository of the store. `tenure.store.Store.open(location)` gives one; close it when done."""

    @property
    def inbox(self) -> Inbox: ...
    @property
    def ventures(self) -> Ventures: ...
    @property
    def people(self) -> People: ...
    @property
    def keys(self) -> Keys: ...
    @property
    def parameters(self) -> ParameterValues: ...
    @property
    def audit(self) -> AuditLog: ...
    @property
    def scorecards(self) -> Scorecards: ...
    @property
    def health(self) -> PublishedHealth: ...
    @property
    def runs(self) -> Runs: ...
    @property
    def jobs(self) -> Jobs: ...
    @property
    def quarantine(self) -> Quarantine: ...
    @property
    def overrides(self) -> Overrides: ...
    @property
    def pulses(self) -> Pulses: ...
    @property
    def results(self) -> Results: ...
    @property
    def secrets(self) -> Secrets: ...
    @property
    def cursors(self) -> Cursors: ...
    @property
    def erasure(self) -> ErasureInStore: ...
    @property
    def intents(self) -> Intents: ...
    @property
    def cards(self) -> Cards: ...

    def close(self) -> None: ...

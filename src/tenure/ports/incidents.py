"""Incidents of the safety rules, and what the rules look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from tenure.model.incidents import Incident, IncidentState
from tenure.model.intents import Intent
from tenure.rules.safety.watches import CampaignFeedback, CrmRuns


class Incidents(Protocol):
    """Opening pauses in the same transaction; each move is a conditional UPDATE with its step."""

    def open(
        self, venture_id: int, incident: Incident, *, pauses: Sequence[str], intents: Sequence[Intent], by: str, now_us: int
    ) -> Incident | None:
        """Pause first. None when this rule has an open incident over the scope, or the key was used: nothing is changed."""
        ...

    def get(self, venture_id: int, incident_id: int) -> Incident:
        """Raises `NotFound`."""
        ...

    def list(self, venture_id: int, *, open_only: bool = False, limit: int | None = None) -> Sequence[Incident]:
        """Newest first."""
        ...

    def move(
        self,
        venture_id: int,
        incident: Incident,
        to: IncidentState,
        *,
        by: str,
        note: str,
        now_us: int,
        cohort_percent: float | None = None,
        ends_pauses: bool = False,
    ) -> bool:
        """From the state it is in to another; with `cohort_percent` its pauses let that share act, None keeps them whole."""
        ...

    def last_ended_us(self, venture_id: int, rule: str, scope: str) -> int | None:
        """When the last incident of this rule over this scope was over: older evidence was judged already."""
        ...

    def touched(self, venture_id: int, incident: Incident, now_us: int) -> Sequence[Mapping[str, Any]]:
        """Customer-facing touches that left under the faulty run: by its run, playbook and time, whichever the evidence
        names (`run`, `playbook`, `version`, `from_us`, `to_us`)."""
        ...


class WatchedFigures(Protocol):
    """Counts the safety rules judge."""

    def crm(self, venture_id: int, since_us: int) -> CrmRuns: ...

    def feedback(self, venture_id: int, since_us: int) -> Sequence[CampaignFeedback]:
        """By playbook version: delivered customer-facing messages and people with negative feedback, each once (A20)."""
        ...

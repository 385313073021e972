"""The watch rules of section 3, looked at in every tick. A rule never judges evidence an ended incident was about."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tenure.clock import DAY_US
from tenure.model.incidents import APPROVAL, CRM, SCORING, Incident, IncidentState, playbook_scope
from tenure.model.runs import Run
from tenure.model.ventures import Venture
from tenure.parameters import ParameterSet
from tenure.ports.store import Stores
from tenure.rules.safety.watches import (
    NpsChange,
    Trip,
    crm_errors,
    negative_feedback,
    nps_drop,
    scoring_failed,
)
from tenure.services.safety.service import RULE, SafetyService

FEEDBACK_DAYS = 30
Asked = tuple[str, str, Trip, str]


class SafetyWatch:
    """Opens incidents where a rule trips.

    Args:
        nps: the change of NPS as of a time, where somebody computes it (M15); None: not judged.
        died: what the message of a run says whose process was killed: no verdict on scoring, it is just run again.
    """

    def __init__(
        self,
        stores: Stores,
        safety: SafetyService,
        venture: Venture,
        parameters: Callable[[], ParameterSet],
        *,
        nps: Callable[[int], NpsChange | None] = lambda now_us: None,
        died: str = "The process ended before the run did.",
    ) -> None:
        self._stores, self._safety, self._own = stores, safety, venture.venture_id
        self._parameters, self._nps, self._died = parameters, nps, died

    def tick(self, now_us: int) -> dict[str, int]:
        """Finish openings, judge the rules, ask and stop again at vendors what is not settled, resume what its rule lets resume."""
        return {
            "finished_openings": self._safety.finish_openings(now_us),
            "opened": self.watch(now_us),
            "settled_at_vendors": self._safety.handed.settle(now_us),
            "stopped_at_vendors": self._safety.handed.enforce(now_us),
            "resumed_by_rule": self._safety.resume_by_rule(now_us),
        }

    def watch(self, now_us: int) -> int:
        """Returns how many incidents were opened."""
        parameters = self._parameters()
        open_now = {(one.rule, one.scope): one for one in self._stores.incidents.list(self._own, open_only=True)}
        opened = 0
        for look in (self._crm, self._campaigns, self._scoring, self._fall_of_nps):
            for rule, scope, trip, key in look(now_us, parameters, open_now):
                made = self._safety.open(rule, scope, trip.title, trip.evidence, key=key, by=RULE, now_us=now_us)
                opened += made is not None
        return opened

    def _since(self, rule: str, scope: str, days: int, now_us: int, open_now: dict[tuple[str, str], Incident]) -> int | None:
        """From when evidence counts; None while an incident of this rule is being worked on."""
        current = open_now.get((rule, scope))
        if current is not None:
            watched = [step.at_us for step in current.steps if step.state is IncidentState.small_cohort]
            return watched[-1] + 1 if current.state is IncidentState.small_cohort else None
        ended_us = self._stores.incidents.last_ended_us(self._own, rule, scope)
        return max(now_us - days * DAY_US, 0 if ended_us is None else ended_us + 1)

    def _crm(self, now_us: int, parameters: ParameterSet, open_now: dict[tuple[str, str], Incident]) -> Iterable[Asked]:
        since_us = self._since("crm_errors", CRM, 1, now_us, open_now)
        if since_us is None:
            return
        trip = crm_errors(self._stores.watched.crm(self._own, since_us), parameters.number("crm_sync_error_threshold_percent"))
        if trip is not None:
            yield "crm_errors", CRM, trip, f"crm_errors:{now_us}"

    def _campaigns(self, now_us: int, parameters: ParameterSet, open_now: dict[tuple[str, str], Incident]) -> Iterable[Asked]:
        """Counted per campaign version over 30 days (A20); a version judged before counts from the end of that incident."""
        from_us = now_us - FEEDBACK_DAYS * DAY_US
        limits = (parameters.number("negative_feedback_pause_percent"), parameters.integer("negative_feedback_min_sent"))
        for found in self._stores.watched.feedback(self._own, from_us):
            if negative_feedback(found, *limits) is None:
                continue
            scope = playbook_scope(found.playbook)
            since_us = self._since("negative_feedback", scope, FEEDBACK_DAYS, now_us, open_now)
            if since_us is None:
                continue
            later = found if since_us <= from_us else next(
                (one for one in self._stores.watched.feedback(self._own, since_us)
                 if (one.playbook, one.version) == (found.playbook, found.version)), None)  # fmt: skip
            trip = None if later is None else negative_feedback(later, *limits)
            if trip is not None:
                yield "negative_feedback", scope, trip, f"negative_feedback:{found.playbook}:{found.version}:{now_us}"

    def _scoring(self, now_us: int, parameters: ParameterSet, open_now: dict[tuple[str, str], Incident]) -> Iterable[Asked]:
        last: Run | None = self._stores.runs.last(self._own)
        since_us = self._since("scoring_failed", SCORING, FEEDBACK_DAYS, now_us, open_now)
        if last is None or since_us is None or last.started_us < since_us or last.message == self._died:
            return
        trip = scoring_failed(last.state, last.run_id, last.message)
        if trip is not None:
            yield "scoring_failed", SCORING, trip, f"scoring_failed:{last.run_id}"

    def _fall_of_nps(self, now_us: int, parameters: ParameterSet, open_now: dict[tuple[str, str], Incident]) -> Iterable[Asked]:
        """Both windows are 30 days: after an incident it is judged again when both lie after its end."""
        since_us = self._since("nps_drop", APPROVAL, 60, now_us, open_now)
        if since_us is None or since_us > now_us - 30 * DAY_US:
            return
        trip = nps_drop(self._nps(now_us), parameters.integer("nps_min_responses"), parameters.integer("nps_drop_review_points"))
        if trip is not None:
            yield "nps_drop", APPROVAL, trip, f"nps_drop:{now_us // DAY_US}"

"""The team of the simulated company: closes its tasks, acknowledges alerts, answers some decisions, reviews incidents."""

from __future__ import annotations

from collections import Counter

from tenure.app.acting import Acting
from tenure.app.deployment import Deployment
from tenure.cli.demo.bad_day import CAUSE, FIX
from tenure.clock import HOUR_US
from tenure.ids import share_of
from tenure.model.decisions import Decision, DecisionState
from tenure.model.incidents import Incident, IncidentState
from tenure.model.tasks import Task, TaskOutcome
from tenure.model.ventures import Role
from tenure.rules.decisions.kinds import OVERRIDES, REVIEW, allowed
from tenure.testing.company import Company, Touch
from tenure.testing.company.vocabulary import OWNERS
from tenure.testing.customers import kind_of_task

CHAIRMAN, LEAD, ADMIN = "chair@example.com", "lea@example.com", "ada.admin@example.com"
TEAM = frozenset({CHAIRMAN, LEAD, ADMIN, *OWNERS})
TASKS_A_DAY = 12
"""What one person gets done."""
ANSWERED_SHARE = 0.5
"""Of the decisions that wait, how many the chairman answers the morning after."""


def hire(deployment: Deployment, now_us: int) -> None:
    """A chairman, a lead, an admin, and a success manager for each owner of the company's customers."""
    people = [("Charlie Chair", CHAIRMAN, Role.chairman), ("Lea Lead", LEAD, Role.lead), ("Ada Admin", ADMIN, Role.admin)]
    people += [(f"{one.partition('@')[0].title()} Manager", one, Role.csm) for one in OWNERS]
    for name, email, role in people:
        deployment.store.people.add(deployment.venture.venture_id, name=name, email=email, role=role, now_us=now_us)


class Team:
    """One working day at a time."""

    def __init__(self, deployment: Deployment, company: Company) -> None:
        self._one, self._company = deployment, company
        self._store, self._own = deployment.store, deployment.venture.venture_id
        self._acting = Acting(deployment)
        self.did: Counter[str] = Counter()

    def work(self, now_us: int) -> None:
        """Everything people do on a day, at once."""
        self._look_at_alerts(now_us)
        self._do_tasks(now_us)
        self._decide(now_us)
        for incident in self._store.incidents.list(self._own, open_only=True):
            self._review(incident, now_us)

    def _look_at_alerts(self, now_us: int) -> None:
        for one in self._store.alerts.list(self._own):
            if one.acknowledged_us is None and self._draws("alert", one.key) < 0.8:
                self.did["alerts acknowledged"] += self._acting.alerts.acknowledge(one.alert_id, by=LEAD, now_us=now_us)

    def _do_tasks(self, now_us: int) -> None:
        done: Counter[str] = Counter()
        for task in self._store.tasks.list(self._own):
            if done[task.assignee] < TASKS_A_DAY:
                done[task.assignee] += 1
                self._close(task, now_us)

    def _close(self, task: Task, now_us: int) -> None:
        """A call is made: the customer is reached or not. Everything else is simply done."""
        kind = kind_of_task(task.kind, self._playbook_of(task)) if task.is_call else None
        outcome = TaskOutcome.done
        if task.is_call:
            outcome = TaskOutcome.reached if self._reaches(task, kind or "check_in_call", now_us) else TaskOutcome.not_reached
        minutes = 5 + round(20 * self._draws("minutes", task.key)) if outcome is not TaskOutcome.not_reached else 3
        self._acting.tasks.close(task.task_id, outcome, by=task.assignee, minutes=minutes, now_us=now_us)
        self.did[f"calls {outcome.value}" if task.is_call else "tasks done"] += 1

    def _reaches(self, task: Task, kind: str, now_us: int) -> bool:
        if task.customer_id is None:
            return False
        return any(one.kind == "call_reached" for one in self._company.respond(task.customer_id, Touch(kind, now_us)))

    def _playbook_of(self, task: Task) -> str | None:
        if task.enrollment_id is None:
            return None
        return self._store.enrollments.get(self._own, task.enrollment_id).playbook

    def _decide(self, now_us: int) -> None:
        """The chairman answers some and leaves others until their deadline."""
        for one in self._store.decisions.list(self._own, (DecisionState.open,)):
            is_review = REVIEW in one.options
            if is_review or (now_us - one.asked_us > 4 * HOUR_US and self._draws("decision", one.key) < ANSWERED_SHARE):
                self._answer(one, REVIEW if is_review else _first(one), now_us)

    def _answer(self, decision: Decision, answer: str, now_us: int) -> None:
        self._acting.decisions.answer(
            decision.decision_id, answer, role=Role.chairman.value, by=CHAIRMAN, via="cli", now_us=now_us
        )
        self.did["decisions answered"] += 1

    def _review(self, incident: Incident, now_us: int) -> None:
        """Cause and fix in words the next day, then the small cohort; fully once it was watched."""
        safety = self._acting.safety
        if incident.state is IncidentState.review_booked and now_us - incident.opened_us >= 24 * HOUR_US:
            safety.write_cause(incident.incident_id, CAUSE, by=LEAD, now_us=now_us)
            safety.write_fix(incident.incident_id, FIX, by=LEAD, now_us=now_us)
            safety.resume(incident.incident_id, by=LEAD, now_us=now_us)
        elif incident.state is IncidentState.small_cohort and now_us - incident.steps[-1].at_us >= 24 * HOUR_US:
            safety.finish(incident.incident_id, by=LEAD, now_us=now_us)

    def _draws(self, what: str, key: str) -> float:
        return share_of("demo", what, key)


def _first(decision: Decision) -> str:
    """Yes to the first thing offered that needs no further word."""
    plain = [one for one in allowed(decision) if one not in OVERRIDES]
    return plain[0] if plain else "refuse"

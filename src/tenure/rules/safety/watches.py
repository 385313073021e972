"""The watch rules of section 3 with their small-number rules (A20, M15). Each returns why it trips, or None."""

from __future__ import annotations

import msgspec

from tenure.model.runs import RunState

LEAST_CRM_RECORDS = 20
MOST_FAILED_CRM_RUNS = 3
FEW_PEOPLE = 5
MOST_COMPLAINTS = 0.003
LEAST_COMPLAINTS = 2


class Trip(msgspec.Struct, frozen=True, kw_only=True):
    """A rule tripped: the sentence for people and the figures it rests on."""

    title: str
    evidence: dict[str, object]


class CrmRuns(msgspec.Struct, frozen=True, kw_only=True):
    """Records and errors of the last run and of the day, and how many runs in a row failed as a whole."""

    last_records: int = 0
    last_errors: int = 0
    records: int = 0
    errors: int = 0
    failed_in_a_row: int = 0


class CampaignFeedback(msgspec.Struct, frozen=True, kw_only=True):
    """One campaign version over 30 days; people with negative feedback count once each."""

    playbook: str
    version: int
    delivered: int
    negative_people: int
    complaints: int


class NpsChange(msgspec.Struct, frozen=True, kw_only=True):
    """NPS of the last 30 days and of the 30 before, each with its number of answers."""

    now: float
    answers: int
    before: float
    answers_before: int


def crm_errors(runs: CrmRuns, threshold_percent: float) -> Trip | None:
    """More than the limit of records in a run or a day, from 20 records on; fewer: three failed runs (A20)."""
    for what, records, errors in (("run", runs.last_records, runs.last_errors), ("day", runs.records, runs.errors)):
        if records >= LEAST_CRM_RECORDS and 100 * errors > threshold_percent * records:
            title = f"{errors} of {records} CRM records failed in a {what}."
            return Trip(title=title, evidence={"records": records, "errors": errors, "of": what})
    if runs.failed_in_a_row >= MOST_FAILED_CRM_RUNS:
        title = f"The CRM sync failed {runs.failed_in_a_row} times in a row."
        return Trip(title=title, evidence={"failed_in_a_row": runs.failed_in_a_row})
    return None


def negative_feedback(found: CampaignFeedback, pause_percent: float, least_delivered: int) -> Trip | None:
    """Above the limit from `least_delivered` on, at 5 people before that, at complaints above 0.3 % (at least 2) (A20)."""
    evidence: dict[str, object] = msgspec.structs.asdict(found)
    campaign = f"{found.playbook} version {found.version}"
    if found.delivered >= least_delivered:
        if 100 * found.negative_people > pause_percent * found.delivered:
            title = f"{found.negative_people} of {found.delivered} answered {campaign} with anger or unsubscribed."
            return Trip(title=title, evidence=evidence)
    elif found.negative_people >= FEW_PEOPLE:
        return Trip(title=f"{found.negative_people} people turned against {campaign} at its start.", evidence=evidence)
    if found.complaints >= LEAST_COMPLAINTS and found.complaints > MOST_COMPLAINTS * found.delivered:
        return Trip(title=f"{found.complaints} spam complaints about {campaign}.", evidence=evidence)
    return None


def nps_drop(change: NpsChange | None, least_answers: int, points: int) -> Trip | None:
    """A fall of more than `points`, judged only with enough answers on both sides (M15)."""
    if change is None or min(change.answers, change.answers_before) < least_answers:
        return None
    fall = change.before - change.now
    if fall <= points:
        return None
    return Trip(
        title=f"NPS fell by {fall:.0f} points in 30 days, from {change.before:.0f} to {change.now:.0f}.",
        evidence=msgspec.structs.asdict(change),
    )


def scoring_failed(state: RunState, run_id: int, message: str) -> Trip | None:
    """A run failed or violated its checks: the last good scores stay, outreach by score stops."""
    if state not in (RunState.failed, RunState.refused):
        return None
    return Trip(title="Health scoring failed; the last good scores stay.", evidence={"failed_run": run_id, "why": message})

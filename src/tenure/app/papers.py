"""Papers of a deployment: gathered from the open warehouse and the store, written as HTML, PDF and JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from tenure.app.effect import effect_service, history_of
from tenure.app.questions import Questions
from tenure.clock import DAY_US
from tenure.errors import NotFound, Unavailable
from tenure.model.decisions import DecisionState
from tenure.model.health import HealthStatus
from tenure.model.listing import HealthFilter
from tenure.model.papers import Figure, Paper
from tenure.model.touches import Channel
from tenure.ports.effect import AskedCase
from tenure.ports.executions import ExecutionFilter
from tenure.ports.metrics import Asked
from tenure.rules.working_time import local_day
from tenure.services.effect import DEFAULT_DAYS
from tenure.services.insights.report import why_low
from tenure.services.papers.insights import (
    MOST_FEATURES,
    SAID_DAYS,
    TREND_DAYS,
    USE_DAYS,
    InsightsInput,
    insights_paper,
)
from tenure.services.papers.loop import DAYS, LoopInput, StillCritical
from tenure.services.papers.reviews import (
    BUSINESS,
    BusinessInput,
    Story,
    WeekInput,
    business_paper,
    focus,
    weekly_paper,
)
from tenure.services.papers.writing import BEHIND_SHOWN, Writing, with_names

if TYPE_CHECKING:
    from tenure.app.deployment import Deployment
    from tenure.app.handlers import Handlers

FORMATS = ("html", "pdf", "json")
RETENTION_001 = "RETENTION-001"
WEEK_DAYS, STORY_DAYS = 7, 90
"""Chains older than this are no story of the week."""


class Papers:
    """Asked inside a job; `questions` are open for as long as it is used."""

    def __init__(
        self,
        deployment: Deployment,
        handlers: Handlers,
        questions: Questions,
        now_us: int,
        behind: int | None = BEHIND_SHOWN,
    ) -> None:
        self._one, self._handlers, self._questions, self._now_us = deployment, handlers, questions, now_us
        self._store, self._own = deployment.store, deployment.venture.venture_id
        self._asked = Asked(now_us)
        self._waiting = self._store.decisions.list(self._own, (DecisionState.open,))
        self._writing = Writing(now_us=now_us, currency=deployment.workspace.venture.currency, zone=deployment.zone, behind=behind)

    def insights(self) -> Paper:
        """The customer insights report."""
        return self._named(insights_paper(self._given(), self._writing))

    def weekly(self) -> Paper:
        """Monday's review pack (C6)."""
        at_risk = list(self._store.health.each(self._own, HealthFilter(status=HealthStatus.at_risk)))
        reasons = self._questions.reasons(focus(at_risk))
        week = WeekInput(
            days=self._questions.days_before(self._now_us),
            retention=self._questions.metrics.retention(self._asked).result,
            at_risk=at_risk,
            reasons=lambda row: why_low(row, reasons.get(row.customer_id)),
            stories=self._stories(),
        )
        return self._named(weekly_paper(self._given(), week, self._writing))

    def business(self, uptime_percent: float | None) -> Paper:
        """The business review of the month's first Monday (C6)."""
        month = BusinessInput(
            retention=self._questions.metrics.retention(self._asked).result,
            system=self._questions.insights.system(self._now_us),
            uptime_percent=uptime_percent,
        )
        return self._named(business_paper(self._given(), month, self._writing))

    def loop(self) -> LoopInput:
        """What the report page says of the loop."""
        store, own, now_us = self._store, self._own, self._now_us
        since_us = now_us - DAYS * DAY_US
        live = store.triggers.versions(own)
        return LoopInput(
            state=store.controls.state(own, now_us),
            done=store.loop_summary.done(own, since_us, now_us + 1),
            not_done=store.loop_summary.not_done(own, since_us, now_us + 1),
            chains=store.loop_summary.chains(own, since_us, now_us + 1),
            still=self._still(),
            incidents=store.incidents.list(own),
            decisions=self._waiting,
            members=store.decisions.members(own, [one.decision_id for one in self._waiting]),
            effect=effect_service(self._one, self._handlers).judge(now_us),
            entered=self._entered(),
            titles={one.key: one.definition.title for one in store.playbooks.versions(own)},
            trigger_titles={one.trigger_id: one.definition.title for one in live},
        )

    # --- what they are made of ---------------------------------------------------------------------------------------

    def _given(self) -> InsightsInput:
        store, own, metrics, now_us = self._store, self._own, self._questions.metrics, self._now_us
        behind = self._writing.behind or 10**9
        return InsightsInput(
            venture=self._one.venture.name,
            known_batch=metrics.known_batch(self._asked),
            use=lambda: metrics.feature_use(self._asked, now_us - USE_DAYS * DAY_US, MOST_FEATURES, behind),
            said=lambda: metrics.voices(self._asked, now_us - SAID_DAYS * DAY_US),
            churn=lambda: metrics.churn(self._asked).result,
            nps=lambda: metrics.nps(self._asked).result,
            segments=lambda: (metrics.segments(self._asked), metrics.segments(Asked(now_us - TREND_DAYS * DAY_US))),
            effect=effect_service(self._one, self._handlers).judge(now_us),
            entered=self._entered(),
            decisions=self._waiting,
            members=store.decisions.members(own, [one.decision_id for one in self._waiting]),
            findings=store.crew.findings(own),
            who=self._who,
            in_segment=lambda by, segment: (
                metrics.who(
                    Asked(now_us, by=by, segment=segment), "segments", "customers", self._writing.behind
                ).customer_ids
            ),
        )

    def _who(self, metric: str, cell: str) -> Sequence[str]:
        """Everybody: the figure says how many there are."""
        return self._questions.metrics.who(self._asked, metric, cell, None).customer_ids

    def _entered(self) -> Sequence[Any]:
        window_us = self._one.parameters.current().integer("response_window_days") * DAY_US
        since_us = self._now_us - DEFAULT_DAYS * DAY_US
        return self._store.effect.entered(self._own, since_us, self._now_us, response_window_us=window_us)

    def _named(self, paper: Paper) -> Paper:
        return with_names(paper, lambda ids: self._questions.metrics.names(self._asked, ids))

    def _still(self) -> list[StillCritical]:
        ids = set(self._store.executions.still_below(self._own, RETENTION_001))
        critical = (
            self._store.health.each(self._own, HealthFilter(status=HealthStatus.critical)) if ids else ()
        )
        found = [
            StillCritical(
                row.customer_id,
                row.profile.name or "",
                row.score,
                row.profile.arr_cents,
                row.profile.owner or "",
            )
            for row in critical
            if row.customer_id in ids
        ]
        return sorted(found, key=lambda one: (one.arr_cents is None, -(one.arr_cents or 0), one.customer_id))

    def _stories(self) -> list[Story]:
        """Customers of RETENTION-001 who are healthy now and became so within this week."""
        store, own, now_us = self._store, self._own, self._now_us
        where = ExecutionFilter(trigger_id=RETENTION_001, opened_since_us=now_us - STORY_DAYS * DAY_US)
        chains = {one.subject: one for one in reversed(store.executions.list(own, where))}
        healthy = (
            {
                row.customer_id: row
                for row in store.health.each(own, HealthFilter(status=HealthStatus.healthy))
                if row.customer_id in chains
            }
            if chains
            else {}
        )
        asked = [
            AskedCase(case_id=place, customer_id=one, start_us=chains[one].opened_us, end_us=now_us)
            for place, one in enumerate(sorted(healthy))
        ]
        became = history_of(self._one, self._handlers).became(asked, now_us) if asked else {}
        found = []
        for case in asked:
            days = (
                [at_us for at_us, status in became[case.case_id].days if status is HealthStatus.healthy]
                if case.case_id in became
                else []
            )
            if days and min(days) > now_us - WEEK_DAYS * DAY_US:
                found.append(self._story(chains[case.customer_id], healthy[case.customer_id], min(days)))
        return found

    def _story(self, chain: Any, row: Any, healthy_us: int) -> Story:
        sent = [
            one
            for one in self._store.touches.sent_to(self._own, [row.customer_id], chain.opened_us)
            if one.customer_facing
        ]
        calls = sum(one.channel is Channel.call for one in sent)
        return Story(
            customer_id=row.customer_id,
            name=row.profile.name or "",
            score_before=chain.score,
            score_now=row.score,
            opened_us=chain.opened_us,
            healthy_us=healthy_us,
            messages=len(sent) - calls,
            calls=max(
                calls,
                self._store.executions.attempts(self._own, [chain.execution_id]).get(chain.execution_id, 0),
            ),
        )


# --- jobs and documents ------------------------------------------------------------------------------------------------


def insights(deployment: Deployment, handlers: Handlers, args: Mapping[str, Any]) -> dict[str, Any]:
    """The job of `tenure insights`: one figure with everybody behind it, or the report written in the formats asked for.

    Raises NotFound for a figure there is none of.
    """
    now_us, key = int(args["now_us"]), args.get("figure")
    with handlers.questions() as questions:
        paper = Papers(deployment, handlers, questions, now_us, None if key else BEHIND_SHOWN).insights()
    if key:
        return {
            "as_of": paper.as_of,
            "known_batch": paper.known_batch,
            "figure": msgspec.to_builtins(figure_of(paper, str(key))),
        }
    formats = tuple(args.get("formats") or FORMATS)
    files = write_paper(deployment, paper, now_us, formats, args.get("path"))
    document: dict[str, Any] = {"as_of": paper.as_of, "files": files, "lines": paper_lines(paper)}
    return document | ({"report": msgspec.to_builtins(paper)} if args.get("whole") else {})


def figure_of(paper: Paper, key: str) -> Figure:
    """One figure; raises NotFound."""
    found = paper.figure(key)
    if found is None:
        raise NotFound(
            f"The insights report has no figure {key!r}.",
            "`tenure insights --json` lists every figure with its key.",
        )
    return found


def write_paper(
    deployment: Deployment, paper: Paper, now_us: int, formats: Sequence[str], path: str | None = None
) -> dict[str, str]:
    """The files, by format; in the workspace's reports unless a path says otherwise."""
    default = deployment.workspace.reports / f"{paper.name.replace('_', '-')}-{local_day(now_us, deployment.zone)}"
    files = {}
    for one in formats:
        file = (
            default.with_name(f"{default.name}.{one}") if path is None else Path(path).with_suffix(f".{one}")
        )
        data = drawn(paper, one)
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        except OSError as problem:
            raise Unavailable(
                f"{file} cannot be written ({problem.strerror}).",
                "Check the path, its rights and disk space.",
            ) from None
        files[one] = str(file)
    return files


def drawn(paper: Paper, form: str) -> bytes:
    """One format."""
    if form == "html":
        from tenure.presentation.papers.page import render_paper

        return render_paper(paper).encode()
    if form == "pdf":
        from tenure.presentation.papers.pdf import print_paper  # loads the compiler

        return print_paper(paper)
    return msgspec.json.format(msgspec.json.encode(paper), indent=1)


def paper_lines(paper: Paper) -> list[str]:
    """The paper in short: the first figures of each section, for a message and a terminal."""
    found = []
    for section in paper.sections:
        said = "; ".join(f"{one.label}: {one.text}" for one in section.figures[:3])
        found.append(f"{section.title}: {said or section.nothing}")
    return found


def review(
    deployment: Deployment, handlers: Handlers, name: str, now_us: int, uptime_percent: float | None
) -> tuple[Paper, str, str]:
    """A review pack: the paper, its page, and where the page was written."""
    with handlers.questions() as questions:
        papers = Papers(deployment, handlers, questions, now_us)
        paper = papers.business(uptime_percent) if name == BUSINESS else papers.weekly()
    files = write_paper(deployment, paper, now_us, ("html", "pdf"))
    return paper, drawn(paper, "html").decode(), files["html"]

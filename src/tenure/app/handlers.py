"""The jobs: each opens nothing itself, works on the open warehouse, and answers with a JSON-able document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from tenure.app.atwork import AtWork
from tenure.app.documents import computed_rows, explained
from tenure.app.jobdesk import Handler, Progress, no_progress
from tenure.app.questions import Questions
from tenure.app.sources import keep_deliveries
from tenure.app.standing import hold_of, state_of_scoring
from tenure.app.status import FACTS, ONBOARDED
from tenure.clock import iso
from tenure.errors import NotFound, Refused, Unavailable
from tenure.model.health import HealthStatus
from tenure.model.report import ReportData
from tenure.model.results import MetricResult
from tenure.model.runs import RunKind, RunState
from tenure.parameters import Actor
from tenure.ports.metrics import Asked
from tenure.rules.safety.scoring import BY_HAND, hold_sentence
from tenure.rules.working_time import local_day
from tenure.scorecards import default_scorecard
from tenure.services.insights import InsightsService, to_json
from tenure.services.scoring import RefreshResult, ScoringService
from tenure.stats.rounding import round_half_up_tenth
from tenure.warehouse.knowing import onboarded, summary
from tenure.warehouse.scoring.keeper import ScoreKeeper
from tenure.warehouse.warehouse import DuckWarehouse

if TYPE_CHECKING:
    from tenure.app.deployment import Deployment
    from tenure.crew.customer_success_crew import CustomerSuccessCrew

Args = Mapping[str, Any]
TENTH_OF_DONE = 0.1


class Handlers:
    """Every kind of job of one deployment."""

    def __init__(self, deployment: Deployment) -> None:
        self._one = deployment

    def by_kind(self) -> dict[str, Handler]:
        """Name to function, as the job desk knows them."""
        return {
            "drain": self.drain,
            "refresh": self.refresh,
            "explain": self.explain,
            "knows": self.knows,
            "health_at": self.health_at,
            "look_at": self.look_at,
            "metrics": self.metrics,
            "renewals": self.renewals,
            "report": self.report,
            "insights": self.insights,
            "export": self.export,
            "plan": self.plan,
            "apply": self.apply,
            "backtest": self.backtest,
            "erase": self.erase,
            "merge": self.merge,
            "unmerge": self.unmerge,
            "tick": self.tick,
            "gates": self.gates,
            "effect": self.effect,
            "crew_setup": self.crew_setup,
            "go_live": self.go_live,
            "rehearse": self.rehearse,
        }

    # --- what the jobs stand on --------------------------------------------------------------------------------------

    @property
    def warehouse(self) -> DuckWarehouse:
        return self._one.session.warehouse

    def scoring(self) -> ScoringService:
        """Scores, over the open warehouse."""
        one = self._one
        return ScoringService(
            one.store,
            self.warehouse,
            ScoreKeeper(self.warehouse.engine),
            venture_id=one.venture.venture_id,
            parameters=one.parameters.current,
            mapping=one.facts.mapping,
            default_scorecard=default_scorecard(),
            clock=one.clock,
            segments=one.workspace.segments,
        )

    def _at_work(self) -> AtWork:
        return AtWork(self._one, self.warehouse, self.scoring())

    @contextmanager
    def questions(self) -> Iterator[Questions]:
        """Metrics, over the open warehouse; what they keep meanwhile goes with the block."""
        asked = Questions(self._one, self.warehouse, ScoreKeeper(self.warehouse.engine), self.scoring())
        try:
            yield asked
        finally:
            asked.metrics.close()

    # --- facts and scores --------------------------------------------------------------------------------------------

    def drain(self, args: Args, progress: Progress = no_progress) -> dict[str, Any]:
        """Take in what waits in the inbox; says how many facts there are and how complete they are."""
        progress(TENTH_OF_DONE, "moving new facts into the warehouse")
        now_us = max(int(args["now_us"]), self.warehouse.accumulated_to_us())
        drained = self.scoring().drain(now_us)
        view = self.warehouse.accumulated_view(now_us, self._one.mapping)
        known = summary(view, self.warehouse.counts())
        return {"facts": self._keep_counts(now_us), "summary": msgspec.to_builtins(known), "drained": msgspec.to_builtins(drained)}

    def refresh(self, args: Args, progress: Progress = no_progress) -> dict[str, Any]:
        """Everything that arrived, everybody's score; a run that violates its checks answers no, and so does scoring on hold.

        `force`: a person (`by`, `why`) takes it on: although scoring is paused, although so many fell at once.
        """
        now_us = int(args.get("now_us") or self._one.clock.now_us())
        self._may_score(args, now_us)
        done = iter((0.1, 0.5, 0.9))
        result = self.scoring().refresh(
            now_us, full=bool(args.get("full")), force=bool(args.get("force")), progress=lambda text: progress(next(done, 0.95), text)
        )
        self._keep_counts(now_us)
        if result.kind is RunKind.full and result.state is RunState.published:
            with self.questions() as questions:  # closed months are kept, and restated with a log entry (M8)
                questions.insights.close_months(now_us)
        if result.state is RunState.refused:
            next_step = "Look at the facts of the last days; `tenure refresh --force` publishes although so many fell at once."
            raise Refused(f"The refresh published nothing: {' '.join(result.problems)}", next_step)
        return refresh_document(result)

    def _may_score(self, args: Args, now_us: int) -> None:
        """Scoring on hold is done by hand only, with a name and a reason in the audit log (section 3). Raises Refused."""
        hold = hold_of(self._one, now_us)
        if args.get("force"):
            why, by, before = str(args["why"]), str(args["by"]), None if hold is None else "paused"
            self._one.store.audit.write(
                self._one.venture.venture_id, who=by, subject="refresh", name="by hand", before=before, after="forced", why=why, now_us=now_us
            )
        elif hold is not None:
            raise Refused(hold_sentence(hold), f"{BY_HAND}; the incident's steps or `tenure resume scoring` bring it back.")

    def take_in(self, now_us: int) -> None:
        """Facts that wait go into the warehouse; nothing is scored."""
        self.scoring().drain(max(now_us, self.warehouse.accumulated_to_us()))
        self._keep_counts(now_us)

    def touched(self, now_us: int) -> dict[str, Any]:
        """Score whoever has new facts: in the inbox, or taken in since the last published run."""
        one, scoring = self._one, self.scoring()
        last = one.store.runs.last_published(one.venture.venture_id)
        behind = last is not None and last.known_batch is not None and self.warehouse.last_batch() > last.known_batch
        if not behind and not one.store.inbox.waiting(one.venture.venture_id, self.warehouse.mark())[0]:
            return {"scored": 0}
        result = scoring.refresh(now_us, touched_only=True)
        self._keep_counts(now_us)
        return refresh_document(result)

    def _keep_counts(self, now_us: int) -> dict[str, int]:
        """How many facts there are and when each source delivered, kept where `tenure status` reads without a job."""
        counts = msgspec.to_builtins(self.warehouse.counts())
        kept = MetricResult(metric=FACTS, segment="", as_of_us=now_us, document=counts, computed_us=now_us)
        view = self.warehouse.accumulated_view(max(now_us, self.warehouse.accumulated_to_us()), self._one.mapping)
        done = onboarded(view, self._one.parameters.current().integer("new_customer_days"))
        through = MetricResult(metric=ONBOARDED, segment="", as_of_us=now_us, document={"customers": done}, computed_us=now_us)
        self._one.store.results.put(self._one.venture.venture_id, [kept, through])
        keep_deliveries(self._one, self.warehouse.deliveries(), now_us)
        return dict(counts)

    # --- one customer, and the past ----------------------------------------------------------------------------------

    def explain(self, args: Args, progress: Progress = no_progress) -> dict[str, Any]:
        """One customer's score with everything it came from."""
        customer_id, known = str(args["customer_id"]), self._known(args)
        found = self.scoring().explain(customer_id, args.get("now_us"), known)
        as_of_us = found.health.as_of_us
        with self.questions() as questions:
            seats = questions.seat_uses([customer_id], as_of_us, known).get(customer_id)
            family = questions.family(customer_id, as_of_us)
        document: dict[str, Any] = msgspec.to_builtins(explained(found, seats))
        is_published = args.get("now_us") is None and args.get("known") is None
        stale = state_of_scoring(self._one, self._one.clock.now_us()).stale_because if is_published else ""
        return document | {"family": family, "stale": bool(stale), "stale_because": stale}

    def look_at(self, args: Args, progress: Progress = no_progress) -> dict[str, Any]:
        """The card of one customer as of now, kept in the store: a test message shows real data (Day one, 5)."""
        from tenure.app.loop import subjects_of

        cards = subjects_of(self._one, self).cards([args["customer_id"]], int(args["now_us"]))
        self._one.store.cards.put(self._one.venture.venture_id, cards)
        return {"known": bool(cards)}

    def health_at(self, args: Args, progress: Progress = no_progress) -> dict[str, Any]:
        """Everybody's score at a time, from facts; publishes nothing."""
        now_us, known = int(args["now_us"]), self._known(args)
        scoring = self.scoring()
        config = scoring.config_at(now_us)
        scores = scoring.at(now_us, known, config)
        with self.questions() as asked:
            customers = asked.profiles_at(now_us, known).to_pyarrow()
        age_us = scoring.input_age_us(now_us) if known is None else None
        rows, total = computed_rows(scores, customers, now_us, args, config.new_customer_days, age_us)
        return {"rows": rows, "total": total}

    def _known(self, args: Args) -> int | None:
        """The batch asked for, None for everything known; raises NotFound for one that never was."""
        known, newest = args.get("known"), self.warehouse.last_batch()
        if known is not None and not 0 <= int(known) <= newest:
            raise NotFound(f"There is no batch {known}.", f"The newest is {newest}; 0 is before anything was known.")
        return known

    def knows(self, args: Args, progress: Progress = no_progress) -> dict[str, Any]:
        """Whether there is such a customer, scored or not."""
        return {"known": self.warehouse.knows(args["customer_id"])}

    # --- metrics and pages -------------------------------------------------------------------------------------------

    def metrics(self, args: Args, progress: Progress = no_progress) -> dict[str, Any]:
        """One metric, all of them, or the customers behind one number."""
        self._known(args)
        with self.questions() as questions:
            found = _metrics(questions.insights, args)
            self._judge_improving(questions, found, args)
            return found

    def _judge_improving(self, questions: Questions, found: dict[str, Any], args: Args) -> None:
        """The gate beside the retention of the whole venture as it is known now (M11): only the store knows of a launch."""
        from tenure.app.improving import improving_gate

        document = found.get("retention") if args.get("name") is None else found if args["name"] == "retention" else None
        is_part = any(args.get(one) is not None for one in ("segment", "known", "who"))
        if document is not None and not is_part:
            document["result"]["improving"] = to_json(improving_gate(self._one, self, questions, int(args["now_us"])))

    def renewals(self, args: Args, progress: Progress = no_progress) -> dict[str, Any]:
        """Every renewal of the next days, and their months."""
        with self.questions() as questions:
            return questions.insights.renewals(int(args["now_us"]), days=int(args["days"]), owner=args.get("owner"))

    def report(self, args: Args, progress: Progress = no_progress) -> dict[str, Any]:
        """Write the report page; its first lines also come back, for a terminal."""
        from tenure.app.report import with_loop, with_rehearsal
        from tenure.presentation.report.page import render_report  # loads the chart library

        now_us = int(args["now_us"])
        with self.questions() as questions:
            data = with_rehearsal(self._one, self, with_loop(self._one, self, questions, now_us), now_us)
        default = self._one.workspace.reports / f"{local_day(now_us, self._one.zone)}.html"
        path = Path(args["path"]) if args.get("path") else default
        page = render_report(data)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(page, encoding="utf-8")
        except OSError as problem:
            raise Unavailable(f"{path} cannot be written ({problem.strerror}).", "Check the path, its rights and disk space.") from None
        return {"path": str(path), "as_of": iso(now_us), **_first_lines(data)}

    def insights(self, args: Args, progress: Progress = no_progress) -> dict[str, Any]:
        """The customer insights report, or one figure of it with everybody behind it."""
        from tenure.app.papers import insights

        return insights(self._one, self, args)

    def backtest(self, args: Args, progress: Progress = no_progress) -> dict[str, Any]:
        """Past scores against who left."""
        from tenure.app.backtesting import backtest

        return backtest(self._at_work(), args, progress)

    def erase(self, args: Args, progress: Progress = no_progress) -> dict[str, Any]:
        """Customers and their users out of everything."""
        from tenure.app.erasing import erase_here

        receipt = erase_here(self._at_work(), args, progress)
        self._keep_counts(int(args["now_us"]))
        return receipt

    def merge(self, args: Args, progress: Progress = no_progress) -> dict[str, Any]:
        """A duplicate made one with the customer it is."""
        from tenure.app.merging import merge_here

        progress(TENTH_OF_DONE, "moving facts")
        return merge_here(self._at_work(), args)

    def unmerge(self, args: Args, progress: Progress = no_progress) -> dict[str, Any]:
        """The undo of it."""
        from tenure.app.merging import unmerge_here

        progress(TENTH_OF_DONE, "moving facts back")
        return unmerge_here(self._at_work(), args)

    # --- the loop ----------------------------------------------------------------------------------------------------

    @contextmanager
    def crew(self) -> Iterator[CustomerSuccessCrew]:
        """The crew, over the open warehouse and the configured providers."""
        from tenure.app.crm import crm_of
        from tenure.app.loop import crew_of
        from tenure.app.ways import ways_of

        with ways_of(self._one) as ways:
            yield crew_of(self._one, self, ways, crm_of(self._one))

    def tick(self, args: Args, progress: Progress = no_progress) -> dict[str, Any]:
        """Everything that is due at this time, once."""
        from tenure.app.loop import tick_document
        from tenure.app.mailbox import look_at_mailbox

        progress(TENTH_OF_DONE, "doing what is due")
        now_us = int(args.get("now_us") or self._one.clock.now_us())
        look_at_mailbox(self._one, now_us)
        with self.crew() as crew:
            return tick_document(crew.tick(now_us))

    def gates(self, args: Args, progress: Progress = no_progress) -> dict[str, Any]:
        """Every gate with its evidence and since when."""
        from tenure.app.loop import gates_document

        now_us = int(args["now_us"])
        with self.crew() as crew:
            results = crew.gates(now_us)
        return gates_document(results, self._one.store.crew.gates(self._one.venture.venture_id))

    def effect(self, args: Args, progress: Progress = no_progress) -> dict[str, Any]:
        """What the campaigns achieved."""
        from tenure.app.effect import effect

        return effect(self._one, self, args)

    def crew_setup(self, args: Args, progress: Progress = no_progress) -> dict[str, Any]:
        """The set-up, as far as it goes now."""
        with self.crew() as crew:
            steps: dict[str, Any] = msgspec.to_builtins(crew.set_up.go_on(int(args["now_us"])))
        return steps

    def go_live(self, args: Args, progress: Progress = no_progress) -> dict[str, Any]:
        """Switch the venture live: whoever is in trouble now is baseline and fires nothing (A1)."""
        from tenure.app.going_live import go_live

        return go_live(self._one, self, args)

    def rehearse(self, args: Args, progress: Progress = no_progress) -> dict[str, Any]:
        """The loop over past days with nothing sent; a rehearsal of everything up to today is what going live asks for (A1)."""
        from tenure.app.rehearsing import note_shown, rehearse

        found = rehearse(self._one, self, args, progress)
        note_shown(self._one, args)
        return found

    def plan(self, args: Args, progress: Progress = no_progress) -> dict[str, Any]:
        """What the workspace's files would change, for whom, and whether the new scores would have told who left."""
        from tenure.app.gate import BacktestGate
        from tenure.app.publishing import Publishing, plan_document

        now_us = int(args["now_us"])
        publishing = Publishing(self._one, self, self._one.clock)
        plan = publishing.with_effects(publishing.plan(now_us), now_us)
        backtest = BacktestGate(self._at_work()).show(plan.scorecards, now_us, progress)
        return plan_document(plan, applied=False, backtest=backtest)

    def apply(self, args: Args, progress: Progress = no_progress) -> dict[str, Any]:
        """Publish it, once its backtest was shown (`force`: the role that takes it upon itself without)."""
        from tenure.app.gate import BacktestGate, Force
        from tenure.app.publishing import APPLIED, Publishing, plan_document

        now_us, said, role = int(args["now_us"]), str(args.get("why") or ""), args.get("force")
        why = said or APPLIED
        publishing = Publishing(self._one, self, self._one.clock)
        plan = publishing.plan(now_us, why)
        force = None if role is None else Force(actor=Actor(str(role)), why=said)
        BacktestGate(self._at_work()).check(plan.scorecards, now_us, force)
        publishing.apply(plan, why, now_us)
        return plan_document(plan, applied=True)

    def export(self, args: Args, progress: Progress = no_progress) -> dict[str, Any]:
        """Scores, history and facts as files."""
        from tenure.app.exporting import export

        view = self.warehouse.full_view(int(args["now_us"]), self._one.mapping)
        files = export(self._one, self.warehouse, view, Path(args["folder"]), list(args["only"]), str(args["format"]))
        return {"files": files}


def _metrics(insights: InsightsService, args: Args) -> dict[str, Any]:
    now_us, name, known = int(args["now_us"]), args.get("name"), args.get("known")
    by, segment = args.get("by"), args.get("segment")
    if args.get("who") is not None:
        found = insights.who(str(name), args["who"], Asked(now_us, known, by, segment), args.get("limit", 100))
        document: dict[str, Any] = msgspec.to_builtins(found)
        return document
    return insights.all(now_us, by, segment, known) if name is None else insights.metric(name, now_us, by, segment, known)


def _first_lines(data: ReportData) -> dict[str, Any]:
    """Who needs somebody now and the headline numbers, in short."""
    rows = [
        {"customer_id": row.customer_id, "name": row.name or row.customer_id, "score": f"{row.score:g}", "arr": row.arr, "why": "; ".join(row.reasons[:2])}
        for row in data.attention
    ]
    lines = [f"{one.label}: {one.text or 'no answer yet'}{f' ({one.note})' if one.note else ''}" for one in data.headlines]
    return {"attention": rows, "lines": lines, "distribution": data.distribution, "scored": data.scored}


def refresh_document(result: RefreshResult) -> dict[str, Any]:
    """A refresh as commands print it."""
    return {
        "as_of": iso(result.as_of_us),
        "kind": result.kind.value,
        "state": result.state.value,
        "run": result.run_id,
        "known_batch": result.known_batch,
        "scored": result.scored,
        "changed": result.changed,
        "removed": result.removed,
        "average": None if result.average is None else round_half_up_tenth(result.average),
        "distribution": {status.value: result.by_status.get(status.value, 0) for status in HealthStatus},
        "scorecards": list(result.scorecards),
        "facts_added": result.drained.added,
        "duplicates": result.drained.duplicates,
        "seconds": result.seconds,
    }



"""The refresh: facts in, scores out, each step safe to be killed at.

    inbox -> drain (exactly once, by the warehouse's mark) -> score -> check -> keep -> publish -> runs

Killed between keep and publish, the warehouse is ahead of the store; the next refresh publishes everything changed
since the run the store has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import msgspec

from tenure.clock import Clock, iso
from tenure.errors import BadInput, TenureError
from tenure.model.health import Health
from tenure.model.judgements import Override
from tenure.model.mapping import FactMapping
from tenure.model.results import POLLED
from tenure.model.runs import Run, RunEnd, RunKind, RunState
from tenure.model.scorecard import ScoringConfig
from tenure.parameters import ParameterSet
from tenure.ports.scoring import ScoreRequest, ScoreResult, ScoringWarehouse
from tenure.ports.store import Stores
from tenure.ports.warehouse import DrainResult, FactsIn
from tenure.rules.scorecard.evaluate import status_of
from tenure.services.scoring.configuration import live_config
from tenure.services.scoring.explaining import Explanation, HistoryEntry, history_of, of_kept, of_row
from tenure.services.scoring.judgements import override_table, pulse_table

if TYPE_CHECKING:
    import pyarrow as pa

ABANDONED = "The process ended before the run did."
Progress = Callable[[str], None]


class RefreshResult(msgspec.Struct, frozen=True, kw_only=True):
    """What one refresh did. `state` refused: the run violated its own checks, `problems` says which."""

    run_id: int
    kind: RunKind
    state: RunState
    as_of_us: int
    known_batch: int
    drained: DrainResult
    scored: int
    changed: int
    removed: int
    published: int
    average: float | None
    by_status: dict[str, int]
    newest_input_us: int | None
    scorecards: tuple[str, ...]
    checks: dict[str, Any]
    problems: tuple[str, ...] = ()
    seconds: dict[str, float] = {}


class ScoringService:
    """Scores of one venture.

    Args:
        facts, scoring: the warehouse, open under its lock.
        parameters: gives the venture's parameters as they are now.
        mapping, segments: of the workspace.
        default_scorecard: the text of the shipped scorecard.
    """

    def __init__(
        self,
        stores: Stores,
        facts: FactsIn,
        scoring: ScoringWarehouse,
        *,
        venture_id: int,
        parameters: Callable[[], ParameterSet],
        mapping: FactMapping,
        default_scorecard: str,
        clock: Clock,
        segments: Mapping[str, str] | None = None,
    ) -> None:
        self._stores, self._facts, self._scoring = stores, facts, scoring
        self._venture_id, self._parameters, self._mapping = venture_id, parameters, mapping
        self._default_scorecard, self._clock = default_scorecard, clock
        self._segments = segments or {}

    # --- refresh ---------------------------------------------------------------------------------------------------

    def refresh(
        self,
        now_us: int,
        *,
        full: bool = False,
        touched_only: bool = False,
        force: bool = False,
        progress: Progress | None = None,
    ) -> RefreshResult:
        """Bring scores up to `now_us` and publish what changed.

        Args:
            full: recompute everybody from facts instead of accumulators.
            touched_only: only customers with new facts; everybody else keeps their score.
            force: publish although the fleet jumped.

        Raises:
            BadInput: `now_us` is before the last published run.
            TenureError: whatever stopped it; the run is recorded as failed and the last good scores stay.
        """
        say = progress or (lambda _: None)
        self._must_go_forward(now_us)
        self._stores.runs.fail_abandoned(self._venture_id, message=ABANDONED, now_us=self._clock.now_us())
        kind = self._kind(now_us, full, touched_only)
        config = self.config()
        run = self._stores.runs.start(
            self._venture_id, kind, as_of_us=now_us, known_batch=None, now_us=self._clock.now_us()
        )
        watch = _Watch(self._clock)
        try:
            say("Moving new facts into the warehouse")
            drained = self._move(now_us)
            watch.lap("drain")
            say("Scoring customers")
            request = self._request(run, kind, now_us, config, force)
            with ThreadPoolExecutor(max_workers=1) as beside:
                emptied = beside.submit(self._empty_inbox, self._facts.mark())
                found = self._scoring.compute(request)
                emptied.result()
            watch.lap("score")
            say("Publishing what changed")
            return self._finish(run, config, drained, found, watch)
        except BaseException as problem:
            self._record_failure(run, problem)
            raise

    def drain(self, now_us: int) -> DrainResult:
        """Move accepted facts into the warehouse and take them out of the inbox; killed anywhere, each counts once."""
        drained = self._move(now_us)
        self._empty_inbox(self._facts.mark())
        return drained

    def _move(self, now_us: int) -> DrainResult:
        inbox, venture_id = self._stores.inbox, self._venture_id
        after = self._facts.mark()
        through = max(inbox.high_mark(venture_id), after)
        batches = iter(inbox.read_arrow(venture_id, after, through))
        return self._facts.drain(batches, through, self._mapping, now_us)

    def _empty_inbox(self, mark: int) -> None:
        """What the warehouse has by its mark; the mark decides what is moved, not this, so there is no hurry."""
        self._stores.inbox.delete_through(self._venture_id, mark)

    def config(self) -> ScoringConfig:
        """What a refresh would score with now."""
        live = self._stores.scorecards.live(self._venture_id)
        return live_config(live, self._default_scorecard, self._parameters(), self._mapping, self._segments)

    def _must_go_forward(self, now_us: int) -> None:
        last = self._stores.runs.last_published(self._venture_id)
        if last is not None and now_us < last.as_of_us:
            raise BadInput(
                f"Scores as of {iso(last.as_of_us)} are published already; a refresh only goes forward.",
                "Use `tenure health --now` to look at the past.",
            )

    def _kind(self, now_us: int, full: bool, touched_only: bool) -> RunKind:
        """From facts when asked, at first, and for a time before what was drained: accumulators know only the present."""
        if full or self._scoring.last_run() is None or now_us < self._facts.accumulated_to_us():
            return RunKind.full
        return RunKind.touched if touched_only else RunKind.incremental

    def _request(
        self, run: Run, kind: RunKind, now_us: int, config: ScoringConfig, force: bool
    ) -> ScoreRequest:
        return ScoreRequest(
            run_id=run.run_id,
            kind=kind,
            now_us=now_us,
            config=config,
            overrides=override_table(self._stores.overrides.in_force(self._venture_id, now_us)),
            pulses=pulse_table(self._stores.pulses.in_force(self._venture_id, now_us)),
            force=force,
        )

    def _finish(
        self, run: Run, config: ScoringConfig, drained: DrainResult, found: ScoreResult, watch: _Watch
    ) -> RefreshResult:
        newest_us = self._newest_input_us()
        end = RunEnd(
            ended_us=self._clock.now_us(),
            known_batch=found.known_batch,
            newest_input_us=newest_us,
            rows=found.changed,
            checks=found.checks,
            message=" ".join(found.problems),
        )
        published = 0
        if found.problems:
            self._stores.runs.finish(self._venture_id, run.run_id, RunState.refused, end)
        else:
            published = self._publish(run, end)
        watch.lap("publish")
        return RefreshResult(
            run_id=run.run_id,
            kind=run.kind,
            state=RunState.refused if found.problems else RunState.published,
            as_of_us=run.as_of_us,
            drained=drained,
            published=published,
            newest_input_us=newest_us,
            scorecards=tuple(card.version for card in config.scorecards),
            seconds=watch.seconds,
            **{name: getattr(found, name) for name in _SHARED},
        )

    def _publish(self, run: Run, end: RunEnd) -> int:
        """Everything changed since the run the store has: usually this one's, after a crash also the one before."""
        last = self._stores.runs.last_published(self._venture_id)
        since = 0 if last is None else self._since(last)
        scores, profiles, removed = self._scoring.changed_since(since)
        with self._scoring.writing_back():
            self._stores.health.publish(
                self._venture_id,
                run.run_id,
                end,
                scores,
                customers=profiles,
                removed=removed,
                replace_all=since == 0,
            )
        return int(scores.num_rows)

    def _since(self, last: Run) -> int:
        """The store's last run, if this warehouse computed it; else (another file, restored) 0: everything anew."""
        return last.run_id if self._scoring.has_run(last.run_id) else 0

    def _newest_input_us(self) -> int | None:
        """The last delivery or successful poll of any source (M17), never a customer's own last event."""
        polled = self._stores.results.latest(self._venture_id, POLLED)
        polls = [] if polled is None else list(polled.document.values())
        return max([one.last_us for one in self._facts.deliveries()] + polls, default=None)

    def input_age_us(self, at_us: int) -> int | None:
        """How old the newest input was at that time; None when something was delivered since: then nobody can tell."""
        newest_us = self._newest_input_us()
        return None if newest_us is None or newest_us > at_us else at_us - newest_us

    def _record_failure(self, run: Run, problem: BaseException) -> None:
        """What stopped it, without anybody's data: the sentence of our own errors, else the kind of error."""
        said = problem.message if isinstance(problem, TenureError) else type(problem).__name__
        end = RunEnd(ended_us=self._clock.now_us(), message=said)
        if self._stores.runs.get(self._venture_id, run.run_id).state is RunState.running:
            self._stores.runs.finish(self._venture_id, run.run_id, RunState.failed, end)

    # --- one customer, and the past ----------------------------------------------------------------------------------

    def explain(self, customer_id: str, now_us: int | None = None, known: int | None = None) -> Explanation:
        """One customer's health: as published, or computed from facts when a time or a batch is named.

        Raises NotFound when the customer was not scored then.
        """
        history = self._scoring.history(customer_id)
        if now_us is None and known is None:
            kept = self._scoring.kept(customer_id)
            config = self._scoring.config_of(kept.run.config_digest)
            override = self._override(customer_id, kept.run.as_of_us) if kept.override_until_us else None
            health = of_kept(kept, config, override, self._stores.health.get(self._venture_id, customer_id).input_age_us)
            return _explained(health, history_of(history), kept.score, config)
        at_us = self._clock.now_us() if now_us is None else now_us
        config = self.config_at(at_us)
        pulses = pulse_table(self._stores.pulses.in_force(self._venture_id, at_us))
        row, connected = self._scoring.row_at(customer_id, at_us, known, config, pulses)
        batch = self._facts.last_batch() if known is None else known
        age_us = self.input_age_us(at_us) if known is None else None
        computed = of_row(row, config, connected, batch, at_us, None, age_us)
        shown = of_row(row, config, connected, batch, at_us, self._override(customer_id, at_us), age_us)
        past = tuple(one for one in history_of(history) if one.as_of_us <= at_us)
        return _explained(shown, past, computed.score, config)

    def readings(self, customer_ids: Sequence[str]) -> dict[str, Health]:
        """The published scores of these customers with their reasons, by id; whoever has none is left out."""
        newest_us, now_us = self._newest_input_us(), self._clock.now_us()
        age_us = None if newest_us is None else max(0, now_us - newest_us)
        found: dict[str, Health] = {}
        for kept in self._scoring.kept_of(customer_ids):
            config = self._scoring.config_of(kept.run.config_digest)
            override = self._override(kept.customer_id, kept.run.as_of_us) if kept.override_until_us else None
            found[kept.customer_id] = of_kept(kept, config, override, age_us)
        return found

    def at(self, now_us: int, known: int | None = None, config: ScoringConfig | None = None) -> pa.Table:
        """Everybody's scores at a time, from facts, unrounded totals too; publishes nothing.

        Args:
            known: only what had arrived up to this batch (default: everything).
            config: what to score with; default: what was live then.
        """
        pulses = pulse_table(self._stores.pulses.in_force(self._venture_id, now_us))
        return self._scoring.scores_at(now_us, known, config or self.config_at(now_us), pulses)

    def config_at(self, now_us: int) -> ScoringConfig:
        """What scores were computed with at that time; today's configuration where nothing was scored yet."""
        return self._scoring.config_live_at(now_us) or self.config()

    def _override(self, customer_id: str, now_us: int) -> Override | None:
        mine = (one for one in self._stores.overrides.of_customer(self._venture_id, customer_id))
        return next((one for one in mine if _is_in_force(one, now_us)), None)


_SHARED = ("known_batch", "scored", "changed", "removed", "average", "by_status", "checks", "problems")


def _explained(
    health: Health, history: tuple[HistoryEntry, ...], score: float, config: ScoringConfig
) -> Explanation:
    return Explanation(
        health=health, history=history, computed_score=score, computed_status=status_of(score, config)
    )


def _is_in_force(override: Override, now_us: int) -> bool:
    withdrawn = override.withdrawn_us is not None and override.withdrawn_us <= now_us
    return override.from_us <= now_us < override.until_us and not withdrawn


class _Watch:
    """Seconds per part of a refresh."""

    def __init__(self, clock: Clock) -> None:
        self._clock, self._at = clock, clock.monotonic()
        self.seconds: dict[str, float] = {}

    def lap(self, name: str) -> None:
        now = self._clock.monotonic()
        self.seconds[name], self._at = round(now - self._at, 4), now

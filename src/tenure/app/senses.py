"""The crew's senses (`tenure.crew.rooms.Senses`): the warehouse while it is open, the metrics, the workspace."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from tenure.app.acting import NPS_CHANGE, Acting
from tenure.app.effect import judged_effect
from tenure.app.improving import improving_gate
from tenure.app.loop_facts import loop_facts
from tenure.app.papers import paper_lines, review
from tenure.app.questions import Questions
from tenure.app.readings import component_readings, nps_reading, retention_reading, voices
from tenure.app.sources import sources_of
from tenure.app.standing import full_score_is_due, hold_of
from tenure.app.status import FACTS, ONBOARDED
from tenure.clock import DAY_US
from tenure.crew.rooms import Refreshed, ReviewPack
from tenure.errors import TenureError
from tenure.model.cards import CustomerCard
from tenure.model.champions import Departure
from tenure.model.facts import FactKind
from tenure.model.listing import HealthFilter
from tenure.model.readings import NpsReading, VentureReadings
from tenure.model.results import MetricResult
from tenure.model.runs import RunKind
from tenure.model.touches import Response, ResponseKind
from tenure.ports.metrics import Asked
from tenure.ports.subjects import Subjects
from tenure.rules.card_fields import LOOP
from tenure.rules.champions import lost_addresses
from tenure.rules.conditions import parse_condition
from tenure.rules.gates import GateFacts, Verdict
from tenure.rules.loop_health import LoopFacts, is_active, judge_loop
from tenure.rules.safety.scoring import hold_sentence
from tenure.rules.surveys import NPS, first_turn_us, lost_before_us, milestone_condition
from tenure.rules.system_health import SourceFacts, is_stale
from tenure.rules.triggers.obstacles import InputFacts
from tenure.services.decisions.drill import drill_sentence
from tenure.services.effect import effect_lines
from tenure.services.outreach import FactSign
from tenure.stats.result import Answer
from tenure.stats.retention import Verdict as Judged

if TYPE_CHECKING:
    from tenure.app.deployment import Deployment
    from tenure.app.handlers import Handlers
    from tenure.warehouse.loop.responses import FactsMark

NPS_WATCH = "survey:nps"
SIGNS = "loop:signs"
TEST_ALERT, RUN_BOOK, NO_TICKETS, REHEARSED = "test_alert", "run_book", "no_ticket_system", "rehearsed"
JOURNEYS = ("onboarding", "activation", "engagement", "renewal")
CARDS_AT_ONCE = 2_000
_GATE_VERDICTS = {Judged.PASSED: Verdict.passed, Judged.NOT_YET: Verdict.not_yet, Judged.FAILED: Verdict.failed}
_NOT_LOOKED = (Verdict.not_yet, "Nobody looked.")


class DeploymentSenses:
    """One venture's. `subjects` None: this process does not hold the warehouse."""

    def __init__(self, deployment: Deployment, handlers: Handlers | None, subjects: Subjects | None) -> None:
        self._one, self._handlers, self._subjects = deployment, handlers, subjects
        self._store, self._own = deployment.store, deployment.venture.venture_id
        self._next_mark: FactsMark | None = None

    @property
    def subjects(self) -> Subjects | None:
        return self._subjects

    # --- facts and scores ----------------------------------------------------------------------------------------------

    def refresh(self, now_us: int, *, daily_due_us: int | None) -> Refreshed:
        if self._handlers is None:
            return Refreshed()
        try:
            self._one.facts_in.poll_sql(now_us)
            hold = hold_of(self._one, now_us)
            if hold is not None:
                self._handlers.take_in(now_us)
                return Refreshed(failed=hold_sentence(hold))
            if full_score_is_due(self._one, daily_due_us):
                done = self._handlers.refresh({"now_us": now_us})
                self._store.keep_statistics()
            else:
                done = self._handlers.touched(now_us)
        except TenureError as problem:  # the last good scores stay, marked stale; the safety rules see the run
            return Refreshed(failed=problem.message)
        return Refreshed(scored=int(done.get("scored", 0)), changed=int(done.get("changed", 0)))

    def signs(self, customer_ids: Sequence[str], since_us: int, now_us: int) -> Sequence[FactSign]:
        if self._handlers is None:
            return ()
        from tenure.warehouse.loop.responses import FactResponses, FactsMark

        reader = FactResponses(self._handlers.warehouse.engine, self._one.mapping)
        kept = self._store.cursors.get(self._own, SIGNS)
        mark = FactsMark(reader.mark(now_us).batch, since_us) if kept is None else FactsMark(*map(int, kept.split(":")))
        found = [sign_of(one) for one in reader.since(mark, customer_ids, now_us, answers_since_us=since_us)]
        self._next_mark = reader.mark(now_us)
        return found

    def signs_seen(self) -> None:
        """What `signs` told last is written down: the next look starts after it."""
        if self._next_mark is not None:
            self._store.cursors.set(self._own, SIGNS, f"{self._next_mark.batch}:{self._next_mark.now_us}")

    def inputs(self, now_us: int) -> InputFacts:
        last = self._store.runs.last_published(self._own)
        return InputFacts(sources=self._sources(), last_run_us=None if last is None else last.as_of_us)

    def next_facts_us(self, now_us: int) -> int | None:
        return None

    def changed_cards(self, since_us: int, now_us: int) -> Iterator[CustomerCard]:
        if self._subjects is None:
            return
        ids = list(self._store.health.ids(self._own, HealthFilter(changed_since_us=since_us)))
        for start in range(0, len(ids), CARDS_AT_ONCE):
            yield from self._subjects.cards(ids[start : start + CARDS_AT_ONCE], now_us)

    def nps_candidates(self, now_us: int) -> tuple[Sequence[CustomerCard], frozenset[str]]:
        subjects, parameters = self._subjects, self._one.parameters.current()
        live_us = self._store.controls.state(self._own, now_us).live_since_us
        if subjects is None or live_us is None:
            return (), frozenset()
        condition = parse_condition(milestone_condition(parameters.text("nps_deploy_milestone")), LOOP)
        reached = subjects.crossed({NPS_WATCH: condition}, now_us)[NPS_WATCH]
        before = self._turn_today(live_us, parameters.integer("nps_survey_interval_days"), now_us)
        interval_us = parameters.integer("nps_survey_interval_days") * DAY_US
        again = self._store.surveys.due_again(self._own, NPS, now_us - interval_us, lost_before_us(now_us))
        cards = subjects.cards(sorted({*reached, *before, *again}), now_us)
        subjects.judged(NPS_WATCH, reached, now_us)
        return cards, frozenset(before) - frozenset(reached)

    def _turn_today(self, live_us: int, interval_days: int, now_us: int) -> list[str]:
        """Customers from before going live on the day of their own within the first interval."""
        if now_us - live_us > (interval_days + 1) * DAY_US:
            return []
        ids = self._store.health.ids(self._own)
        return [one for one in ids if 0 <= now_us - first_turn_us(one, live_us, interval_days * DAY_US) < DAY_US]

    def departures(self, since_us: int, now_us: int) -> Sequence[Departure]:
        if self._handlers is None:
            return ()
        from tenure.warehouse.loop.champions import departures

        bounced = self._store.responses.of_kind(self._own, ResponseKind.bounced, since_us)
        bounces = [(one.customer_id, one.user_id or "", one.occurred_us) for one in bounced if one.occurred_us <= now_us]
        view = self._handlers.warehouse.accumulated_view(now_us, self._one.mapping)
        silent_days = self._one.parameters.current().integer("champion_silent_days")
        found = departures(view, since_us, silent_days, bounces)
        assert self._subjects is not None
        users_or_not = sorted({customer_id for customer_id, user_id, _ in bounces if user_id in ("", customer_id)})
        return [*found, *lost_addresses(bounces, self._subjects.cards(users_or_not, now_us))]

    # --- metrics ---------------------------------------------------------------------------------------------------------

    def readings(self, now_us: int, *, retention: bool = False, nps: bool = False) -> VentureReadings:
        components = component_readings(self.loop_facts(now_us))
        if self._handlers is None or not (retention or nps):
            return VentureReadings(as_of_us=now_us, components=components)
        with self._handlers.questions() as questions:
            leaving, detractors = voices(questions, now_us)
            trouble, total = questions.in_trouble()
            asked = nps_reading(questions.metrics.nps(Asked(now_us)).result) if nps else None
            self._keep_change(asked, now_us)
            return VentureReadings(
                as_of_us=now_us,
                retention=retention_reading(questions.metrics.retention(Asked(now_us)).result) if retention else None,
                nps=asked,
                components=components,
                voices=leaving if retention else (),
                detractors=detractors if nps else (),
                at_risk_customers=total,
                at_risk_arr_cents=sum(row.profile.arr_cents or 0 for row in trouble),
            )

    def _keep_change(self, found: NpsReading | None, now_us: int) -> None:
        """What the safety rule about a falling NPS looks at until the next look (M15)."""
        if found is None or found.last_30 is None or found.before is None:
            return
        change = {"now": found.last_30, "answers": found.last_30_answers, "before": found.before, "answers_before": found.before_answers}
        kept = MetricResult(metric=NPS_CHANGE, segment="", as_of_us=now_us, document=change, computed_us=now_us)
        self._store.results.put(self._own, [kept])

    def loop_facts(self, now_us: int) -> LoopFacts:
        return loop_facts(self._one, now_us)

    def gate_facts(self, now_us: int, *, metrics: bool = True) -> GateFacts:
        store, own, parameters = self._store, self._own, self._one.parameters.current()
        facts = store.results.latest(own, FACTS)
        counts: dict[str, int] = {} if facts is None else dict(facts.document)
        hours = parameters.integer("stale_input_hours")
        fresh = any(not is_stale(one, now_us, hours) for one in self._sources())
        live = [one.definition for one in store.playbooks.live(own)]
        last = store.runs.last_published(own, (RunKind.full, RunKind.incremental))
        people = [one for one in store.people.all(own) if one.left_us is None]
        drill = Acting(self._one).drill.state()
        improving, nps = self._judged_metrics(now_us) if metrics else (_NOT_LOOKED, _NOT_LOOKED)
        return GateFacts(
            now_us=now_us,
            onboarded=self._onboarded(),
            onboarded_needed=parameters.integer("entry_gate_customers"),
            events_fresh=fresh if counts.get(FactKind.event.plural) else None,
            customers_fresh=fresh if counts.get(FactKind.customer.plural) else None,
            tickets_fresh=fresh if counts.get(FactKind.ticket.plural) else None,
            no_ticket_system=bool(store.crew.confirmations(own, NO_TICKETS)),
            crm_platform=self._chosen_crm(),
            crm_fields_filled=store.crm_log.last_success_us(own) is not None,
            crm_last_success_us=store.crm_log.last_success_us(own),
            journeys=sum(one.key in JOURNEYS for one in live) or len(JOURNEYS) * bool(store.crew.confirmations(own, "journeys")),
            team=len(people),
            trained=len({one.person for one in store.crew.confirmations(own, RUN_BOOK)} & {one.email for one in people}),
            drill_done_us=drill.passed_us,
            drill_text=drill_sentence(drill),
            metrics_defined=last is not None,
            scored=0 if last is None else store.health.count(own),
            last_full_score_us=None if last is None else last.as_of_us,
            test_alert_acknowledged_us=self._confirmed_us(TEST_ALERT),
            campaigns=sum(one.kind.is_campaign for one in live),
            rehearsed_us=self._confirmed_us(REHEARSED),
            tracked=store.responses.count(own),
            components_active_days=self._active_days(now_us),
            last_step_us=store.gating.last_sent_us(own),
            last_acknowledged_us=store.alerts.last_acknowledged_us(own),
            improving=improving[0],
            improving_text=improving[1],
            nps=nps[0],
            nps_text=nps[1],
        )

    def insights(self, now_us: int) -> dict[str, Any]:
        if self._handlers is None:
            return {"skipped": "another process holds the warehouse"}
        self._handlers.report({"now_us": now_us})
        return self._handlers.insights({"now_us": now_us})

    def review(self, name: str, now_us: int, uptime_percent: float | None = None) -> ReviewPack | None:
        if self._handlers is None:
            return None
        paper, page, path = review(self._one, self._handlers, name, now_us, uptime_percent)
        return ReviewPack(title=paper.title, lines=tuple(paper_lines(paper)), page=page, path=path)

    def effect_lines(self, now_us: int) -> Sequence[str]:
        if self._handlers is None:
            return ()
        return list(effect_lines(judged_effect(self._one, self._handlers, now_us)))

    # --- the parts of gates ------------------------------------------------------------------------------------------------

    def _judged_metrics(self, now_us: int) -> tuple[tuple[Verdict, str], tuple[Verdict, str]]:
        if self._handlers is None:
            unknown = (Verdict.not_yet, "Another process holds the warehouse.")
            return unknown, unknown
        with self._handlers.questions() as questions:
            return self._improving(questions, now_us), self._nps(questions, now_us)

    def _improving(self, questions: Questions, now_us: int) -> tuple[Verdict, str]:
        """M11; what passes after its time says so."""
        handlers = self._handlers
        assert handlers is not None
        found = improving_gate(self._one, handlers, questions, now_us)
        return _GATE_VERDICTS[found.verdict], found.sentence + (" Late." if found.late else "")

    def _nps(self, questions: Questions, now_us: int) -> tuple[Verdict, str]:
        found = questions.metrics.nps(Asked(now_us)).result
        if not isinstance(found.score, Answer):
            return Verdict.not_yet, found.score.sentence
        least = self._one.parameters.current().integer("nps_positive_threshold")
        value = found.score.value.value
        said = f"NPS is {value:+.0f} from {found.counts.total:,} answers in {found.window_days} days."
        return (Verdict.passed if value >= least else Verdict.failed), said

    def _active_days(self, now_us: int) -> int:
        """Whole days in a row, up to now, without a component that stayed degraded for more than an hour (C5)."""
        if not is_active(judge_loop(self.loop_facts(now_us))):
            return 0
        log = self._store.system_log.since(self._own, now_us - 30 * DAY_US)
        bad = [one.resolved_us or now_us for one in log if one.status == "degraded" and (one.resolved_us or now_us) - one.checked_us > 3_600_000_000]
        born = self._store.crew.steps(self._own).get("born")
        since_us = max([*bad, now_us if born is None or born.done_us is None else born.done_us])
        return max(0, (now_us - since_us) // DAY_US)

    def _onboarded(self) -> int:
        found = self._store.results.latest(self._own, ONBOARDED)
        return 0 if found is None else int(found.document["customers"])

    def _chosen_crm(self) -> str:
        """`none` is a choice only once somebody made it (C1)."""
        platform = self._one.parameters.current().text("crm_platform")
        chosen = platform != "none" or bool(self._store.crew.confirmations(self._own, "crm_none"))
        return platform if chosen else ""

    def _confirmed_us(self, what: str) -> int | None:
        found = self._store.crew.confirmations(self._own, what)
        return found[-1].at_us if found else None

    def _sources(self) -> tuple[SourceFacts, ...]:
        return sources_of(self._one)



def sign_of(one: Response) -> FactSign:
    """A response that facts tell of, as outreach takes it in."""
    return FactSign(
        kind=one.kind, sign_id=one.key, customer_id=one.customer_id, occurred_us=one.occurred_us, user_id=one.user_id, details=one.details
    )

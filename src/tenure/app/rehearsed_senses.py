"""The crew's senses in a rehearsal: the past for the present, its scores published into the rehearsal's own store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from tenure.app.senses import DeploymentSenses, sign_of
from tenure.clock import DAY_US, HOUR_US
from tenure.crew.rooms import Refreshed, ReviewPack
from tenure.model.cards import CustomerCard
from tenure.model.champions import Departure
from tenure.model.readings import VentureReadings
from tenure.model.runs import RunEnd, RunKind
from tenure.ports.subjects import Subjects
from tenure.rules.triggers.obstacles import InputFacts
from tenure.services.outreach import FactSign
from tenure.services.triggers.health_drop import COMPARED_DAYS

if TYPE_CHECKING:
    from tenure.app.deployment import Deployment
    from tenure.app.handlers import Handlers
    from tenure.warehouse.loop.past import PastDay, PastSubjects


class RehearsedSenses(DeploymentSenses):
    """Stands at a day of the past. What the crew writes goes to the rehearsal's store, never to the venture's."""

    def __init__(self, real: Deployment, house: Deployment, handlers: Handlers, past: PastSubjects) -> None:
        super().__init__(house, handlers, past)
        self.house, self._real, self._past = house, real, past
        self._day: PastDay | None = None
        self._published = False

    def stand(self, day: PastDay) -> None:
        """The refresh of this day was just published: the rehearsal's store shows what changed."""
        self._day = day
        changes = self._past.changes()
        fallen = self._fallen(day, changes)
        scores = self._past.scores() if not self._published else self._changed(changes)
        self._publish(day.now_us, scores, {"scored": day.scored, "fallen": fallen}, replace_all=not self._published)
        self._published = True

    def _publish(self, now_us: int, scores: pa.Table, checks: dict[str, Any], *, replace_all: bool) -> None:
        store, own = self._store, self._own
        run = store.runs.start(own, RunKind.incremental, as_of_us=now_us, known_batch=None, now_us=now_us)
        end = RunEnd(ended_us=now_us, rows=scores.num_rows, checks=checks)
        profiles = self._past.profiles_of(scores["customer_id"].to_pylist())
        store.health.publish(
            own, run.run_id, end, _published(scores), removed=self._removed, customers=profiles, replace_all=replace_all
        )

    def _fallen(self, day: PastDay, changes: pa.Table) -> int:
        """Who fell a band since the day before, as the fleet-drop interlock counts them (A4): what runs counted then where they were
        published, none on a venture's first scores."""
        if not self._published:
            self._remember_falls(day.now_us)
        if day.is_published:
            return sum(fallen for _, at_us, fallen in self._real_falls(day.now_us - DAY_US) if at_us <= day.now_us)
        is_first = not self._published and self._store.crossings.first_run_us(self._own) is None
        return 0 if is_first else fallen_in(changes)

    def _remember_falls(self, before_us: int) -> None:
        """The falls of the weeks before, by hour: what is usual is known from them (A4)."""
        hours: Counter[int] = Counter()
        first_us = self._real.store.crossings.first_run_us(self._real.venture.venture_id)
        if first_us is not None and first_us < before_us:
            hours[first_us] = 0
        for _, at_us, fallen in self._real_falls(before_us - COMPARED_DAYS * DAY_US):
            if fallen and at_us < before_us:
                hours[at_us // HOUR_US * HOUR_US] += fallen
        nobody = self._past.scores_of([])
        for at_us, fallen in sorted(hours.items()):
            self._publish(at_us, nobody, {"fallen": fallen}, replace_all=False)

    def _real_falls(self, since_us: int) -> Sequence[tuple[int, int, int]]:
        return self._real.store.crossings.falls(self._real.venture.venture_id, since_us)

    def _changed(self, changes: pa.Table) -> pa.Table:
        gone = changes.filter(pc.is_null(changes["score"]))
        self._removed = gone["customer_id"].to_pylist()
        return self._past.scores_of(changes.filter(pc.is_valid(changes["score"]))["customer_id"].to_pylist())

    _removed: Sequence[str] = ()

    @property
    def subjects(self) -> Subjects | None:
        return self._past

    def refresh(self, now_us: int, *, daily_due_us: int | None) -> Refreshed:
        return Refreshed()

    def signs(self, customer_ids: Sequence[str], since_us: int, now_us: int) -> Sequence[FactSign]:
        """What the facts of the past say; clicks and replies to what was really sent are no answers to a rehearsal."""
        return [sign_of(one) for one in self._past.responses(customer_ids, since_us, now_us)]

    def signs_seen(self) -> None:
        """A rehearsal looks again at the last days each time."""

    def inputs(self, now_us: int) -> InputFacts:
        """Sources were as fresh as they were: a rehearsal does not judge them."""
        return InputFacts(last_run_us=None if self._day is None else self._day.now_us)

    def next_facts_us(self, now_us: int) -> int | None:
        """Cards are those of a day's refresh until the next."""
        return None if self._day is None else self._day.now_us + DAY_US

    def readings(self, now_us: int, *, retention: bool = False, nps: bool = False) -> VentureReadings:
        return VentureReadings(as_of_us=now_us)

    def changed_cards(self, since_us: int, now_us: int) -> Iterator[CustomerCard]:
        yield from ()

    def nps_candidates(self, now_us: int) -> tuple[Sequence[CustomerCard], frozenset[str]]:
        return (), frozenset()

    def departures(self, since_us: int, now_us: int) -> Sequence[Departure]:
        return ()

    def insights(self, now_us: int) -> dict[str, Any]:
        return {"skipped": "a rehearsal writes no reports"}

    def review(self, name: str, now_us: int, uptime_percent: float | None = None) -> ReviewPack | None:
        return None


def fallen_in(changes: pa.Table) -> int:
    """How many rows of `PastSubjects.changes` fell a band; whoever was not scored before, or in another spell, did not."""
    bands = pa.array(["critical", "at_risk", "healthy"])
    now, before = (pc.index_in(changes[name], value_set=bands) for name in ("health_status", "previous_status"))
    return int(pc.sum(pc.less(now, before)).as_py() or 0)


def _published(scores: pa.Table) -> pa.Table:
    """The columns of `PublishedHealth.publish`."""
    tenths = pc.cast(pc.round(pc.multiply(scores["score"], 10.0)), pa.int64())
    nothing = pa.nulls(scores.num_rows, pa.float64())
    previous = pc.cast(pc.round(pc.multiply(scores["previous_score"], 10.0)), pa.int64())
    return pa.table(
        {
            "customer_id": scores["customer_id"],
            "score_tenths": tenths,
            "previous_score_tenths": previous,
            "total": scores["total"],
            "health_status": scores["health_status"],
            "engagement": nothing,
            "support": nothing,
            "value": nothing,
            "coverage": scores["coverage"],
            "scorecard": pa.array(["rehearsal"] * scores.num_rows, pa.string()),
            "scorecard_version": pa.array(["rehearsal"] * scores.num_rows, pa.string()),
            "is_new": scores["is_new"],
            "change_behaviour": pc.subtract(scores["total"], scores["total"]),
        }
    )

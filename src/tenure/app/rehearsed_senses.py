"""The crew's senses in a rehearsal: the past for the present, its scores published into the rehearsal's own store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from tenure.app.senses import DeploymentSenses, sign_of
from tenure.clock import DAY_US
from tenure.crew.rooms import Refreshed, ReviewPack
from tenure.model.cards import CustomerCard
from tenure.model.champions import Departure
from tenure.model.readings import VentureReadings
from tenure.model.runs import RunEnd, RunKind
from tenure.ports.subjects import Subjects
from tenure.rules.triggers.obstacles import InputFacts
from tenure.services.outreach import FactSign

if TYPE_CHECKING:
    from tenure.app.deployment import Deployment
    from tenure.app.handlers import Handlers
    from tenure.warehouse.loop.past import PastDay, PastSubjects


class RehearsedSenses(DeploymentSenses):
    """Stands at a day of the past. What the crew writes goes to the rehearsal's store, never to the venture's."""

    def __init__(self, real: Deployment, house: Deployment, handlers: Handlers, past: PastSubjects) -> None:
        super().__init__(house, handlers, past)
        self.house, self._past = house, past
        self._day: PastDay | None = None
        self._published = False

    def stand(self, day: PastDay) -> None:
        """The refresh of this day was just published: the rehearsal's store shows what changed."""
        self._day = day
        scores = self._past.scores() if not self._published else self._changed()
        store, own = self._store, self._own
        run = store.runs.start(own, RunKind.incremental, as_of_us=day.now_us, known_batch=None, now_us=day.now_us)
        end = RunEnd(ended_us=day.now_us, rows=scores.num_rows, checks={"scored": day.scored})
        store.health.publish(
            own, run.run_id, end, _published(scores), removed=self._removed, customers=self._past.profiles_of(scores["customer_id"].to_pylist()), replace_all=not self._published
        )
        self._published = True

    def _changed(self) -> pa.Table:
        changes = self._past.changes()
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

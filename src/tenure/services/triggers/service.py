"""Triggers of one venture: published, evaluated at every refresh, their chains taken further, their effect measured."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b

from tenure.clock import DAY_US
from tenure.errors import BadInput
from tenure.model.crossings import ChainMove
from tenure.model.readings import VentureReadings
from tenure.model.triggers import EndReason, TriggerAction, TriggerDefinition, TriggerSchedule, TriggerSubject
from tenure.parameters import ParameterSet
from tenure.ports.controls import Controls
from tenure.ports.executions import TriggerMetric
from tenure.ports.responses import Responses
from tenure.ports.store import Stores
from tenure.ports.subjects import Subjects
from tenure.ports.triggers import TriggerVersion
from tenure.rules.triggers.document import document_of, parse_trigger
from tenure.rules.triggers.obstacles import InputFacts
from tenure.rules.triggers.proof import refuse_loops
from tenure.services.triggers.added import AddedTriggers
from tenure.services.triggers.chains import Advance, CustomerChains
from tenure.services.triggers.context import HEALTH_DROP, Context, limits_of, numbers
from tenure.services.triggers.effect import measure
from tenure.services.triggers.health_drop import Evaluation, HealthDrop
from tenure.services.triggers.venture import VentureTriggers

SHIPPED_BY = "tenure"


class TriggerService:
    """What the cycle calls. `now_us` is always handed in; killed anywhere, every call may be repeated.

    Args:
        shipped: the text of each shipped definition by its file name.
        subjects: customers set-wise, for triggers about customers that teams added; None: those wait.
        playbooks: what the steps of each playbook do, as actions: the loop proof looks through them.
    """

    def __init__(
        self,
        stores: Stores,
        *,
        venture_id: int,
        venture_key: str,
        parameters: Callable[[], ParameterSet],
        controls: Controls,
        responses: Responses,
        shipped: Mapping[str, str],
        subjects: Subjects | None = None,
        playbooks: Mapping[str, Sequence[TriggerAction]] | None = None,
    ) -> None:
        self._stores, self._venture_id = stores, venture_id
        self._shipped, self._playbooks = shipped, playbooks or {}
        self._one = Context(stores, venture_id, venture_key, parameters, controls, responses, subjects)

    # --- definitions ----------------------------------------------------------------------------------------------------

    def publish(
        self, definitions: Sequence[TriggerDefinition], *, by: str, why: str, now_us: int
    ) -> Sequence[TriggerVersion]:
        """Make these the live versions, all or none; raises Refused with the cycle when one could re-fire itself."""
        if not why.strip():
            raise BadInput("Publishing a trigger needs a reason.", "Say why.")
        self.check(definitions)
        return self._stores.triggers.publish(
            self._venture_id, [(one, digest_of(one)) for one in definitions], by=by, why=why, now_us=now_us
        )

    def check(self, definitions: Sequence[TriggerDefinition]) -> None:
        """Raise Refused when these, beside what is live, could re-fire themselves."""
        live = {name: one.definition for name, one in self.live().items()}
        after = live | {one.trigger_id: one for one in definitions}
        refuse_loops(list(after.values()), numbers(self._one.parameters()), self._playbooks)

    def retire(self, trigger_id: str, *, by: str, why: str, now_us: int) -> None:
        """Nothing fires by it any more; open chains end by their own version."""
        self._stores.triggers.retire(self._venture_id, trigger_id, by=by, why=why, now_us=now_us)

    def ensure_shipped(self, now_us: int) -> None:
        """Publish shipped definitions that never were, or that a newer Tenure changed and nobody else did."""
        known: dict[str, TriggerVersion] = {}
        digests: dict[str, set[str]] = {}
        for one in self._stores.triggers.versions(self._venture_id):
            known[one.trigger_id] = one
            digests.setdefault(one.trigger_id, set()).add(one.digest)
        fresh = [_read(text, name) for name, text in self._shipped.items()]
        wanted = [
            one
            for one in fresh
            if one.trigger_id not in known
            or (known[one.trigger_id].created_by == SHIPPED_BY and digest_of(one) not in digests[one.trigger_id])
        ]
        if wanted:
            self.publish(wanted, by=SHIPPED_BY, why="shipped with Tenure", now_us=now_us)

    def live(self) -> dict[str, TriggerVersion]:
        """The live version of each trigger."""
        return {one.trigger_id: one for one in self._stores.triggers.live(self._venture_id)}

    # --- the cycle ------------------------------------------------------------------------------------------------------

    def evaluate(self, now_us: int, inputs: InputFacts | None = None) -> Evaluation:
        """Look at the published scores (after each refresh): RETENTION-001."""
        self.ensure_shipped(now_us)
        trigger = self.live().get(HEALTH_DROP)
        return Evaluation() if trigger is None else HealthDrop(self._one).evaluate(trigger, now_us, inputs)

    def advance(self, now_us: int) -> dict[str, Advance]:
        """Take every open chain about customers as far as it goes now, by trigger."""
        versions = {
            (one.trigger_id, one.version): one.definition for one in self._stores.triggers.versions(self._venture_id)
        }
        ids = sorted({name for (name, _), one in versions.items() if one.subject is TriggerSubject.customer})
        self._note_recoveries(now_us)
        chains = CustomerChains(self._one)
        found = {name: chains.advance(name, _by_version(versions, name), now_us) for name in ids}
        for one in self.live().values():
            if one.definition.subject is TriggerSubject.venture:
                VentureTriggers(self._one).escalate_overdue(one, now_us)
        return found

    def evaluate_added(
        self, now_us: int, inputs: InputFacts | None = None, *, daily: bool = False
    ) -> dict[str, Evaluation]:
        """Look at the triggers about customers that teams added (inside a job: `subjects` asks the warehouse)."""
        added = [
            one
            for name, one in self.live().items()
            if name != HEALTH_DROP and one.definition.subject is TriggerSubject.customer
        ]
        if not added or self._one.subjects is None:
            return {}
        return AddedTriggers(self._one, self._one.subjects).evaluate(added, now_us, inputs, daily=daily)

    def evaluate_venture(
        self, readings: VentureReadings, due: Collection[TriggerSchedule], now_us: int
    ) -> dict[str, str]:
        """Look at the triggers about the venture and its components whose schedule is due; in a word what came of each.

        Called once a period by the calendar (monthly on the 1st, weekly, hourly); again in the same period changes nothing.
        """
        self.ensure_shipped(now_us)
        return VentureTriggers(self._one).evaluate(self.live(), readings, due, now_us)

    def measure(self, now_us: int) -> Sequence[TriggerMetric]:
        """Each live trigger's success against its target, kept in `recursion_metrics`."""
        self._note_recoveries(now_us)
        return measure(self._one, list(self.live().values()), now_us)

    def take_over(self, execution_id: int, *, by: str, why: str, now_us: int) -> bool:
        """A person takes a chain over: it ends. False when it was over already. Raises NotFound."""
        return self._end(execution_id, EndReason.taken_over, by, why, now_us)

    def end(self, execution_id: int, *, by: str, why: str, now_us: int) -> bool:
        """A person ends a chain. False when it was over already. Raises NotFound."""
        return self._end(execution_id, EndReason.person, by, why, now_us)

    def _end(self, execution_id: int, reason: EndReason, by: str, why: str, now_us: int) -> bool:
        chain = self._stores.executions.get(self._venture_id, execution_id)
        move = ChainMove(
            execution_id=execution_id,
            seen_iteration=chain.iteration,
            seen_state=chain.state.value,
            state=chain.state.value,
            iteration=chain.iteration,
            reason=reason.value,
            outcome={"by": by, "why": why},
        )
        return bool(self._stores.executions.move(self._venture_id, [move], now_us=now_us))

    def _note_recoveries(self, now_us: int) -> None:
        parameters = self._one.parameters()
        since_us = now_us - parameters.integer("recovery_horizon_days") * DAY_US
        self._stores.executions.note_recoveries(
            self._venture_id, HEALTH_DROP, limits_of(parameters), since_us, now_us
        )


def _by_version(
    versions: Mapping[tuple[str, int], TriggerDefinition], trigger_id: str
) -> Callable[[int], TriggerDefinition]:
    return lambda version: versions[trigger_id, version]


@lru_cache(maxsize=64)
def _read(text: str, file: str) -> TriggerDefinition:
    """A shipped file, read once per process: every cycle asks for it."""
    return parse_trigger(text, file)


def digest_of(definition: TriggerDefinition) -> str:
    """Identifies what a definition says, whatever its layout and comments."""
    text = json.dumps(document_of(definition), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return blake2b(text.encode(), digest_size=16).hexdigest()

"""Parameters of one venture: read, planned, changed and locked; every change leaves its line in the audit log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tenure.clock import Clock
from tenure.errors import Refused
from tenure.model.configuration import AuditEntry, ValueChange
from tenure.parameters.changes import VENTURE, ChangePlan, change, change_everywhere
from tenure.parameters.permissions import Actor
from tenure.parameters.presets import preset
from tenure.parameters.problems import BadParameters
from tenure.parameters.reading import declared
from tenure.parameters.resolving import resolve
from tenure.parameters.sets import ParameterSet
from tenure.parameters.values import Frozen, to_json
from tenure.ports.parameters import AuditLog, ParameterValues

Raw = Mapping[str, object]


class ParameterService:
    """What `tenure params` and `tenure apply` call."""

    def __init__(self, values: ParameterValues, audit: AuditLog, venture_id: int, clock: Clock) -> None:
        self._values, self._audit, self._venture_id, self._clock = values, audit, venture_id, clock
        self._known: tuple[object, ParameterSet] | None = None
        self._held: ParameterSet | None = None

    def current(self) -> ParameterSet:
        """What holds now: defaults, the venture's values, its segments' values, its locks."""
        if self._held is not None:
            return self._held
        own: dict[str, object] = {}
        overrides: dict[str, dict[str, object]] = {}
        for value in self._values.values(self._venture_id):
            layer = overrides.setdefault(value.segment, {}) if value.segment else own
            layer[value.name] = value.value
        locked = [lock.name for lock in self._values.locks(self._venture_id)]
        stored = (own, overrides, locked)
        if self._known is None or self._known[0] != stored:  # resolving checks every rule: only where something changed
            self._known = (stored, resolve(own, overrides, locked))
        return self._known[1]

    def hold(self) -> None:
        """Nobody else changes anything from now on (a store of one's own): it need not be read again and again."""
        self._held = self.current()

    def plan(self, changes: Raw, actor: Actor, reason: str, segment: str = VENTURE) -> ChangePlan:
        """What a change would do, and everything wrong with it."""
        return change(self.current(), changes, actor, reason, segment=segment)

    def plan_everywhere(self, changes: Mapping[str, Raw], actor: Actor, reason: str) -> ChangePlan:
        """The same for changes by segment ("" is the whole venture)."""
        return change_everywhere(self.current(), changes, actor, reason)

    def plan_preset(self, name: str, actor: Actor, reason: str) -> ChangePlan:
        """What a named preset would change."""
        return change(self.current(), preset(name).values, actor, reason)

    def apply(self, plan: ChangePlan, preset_name: str | None = None) -> Sequence[AuditEntry]:
        """Make a sound plan real, all of it or nothing.

        Raises BadParameters with every problem, Refused when this actor may only propose.
        """
        if plan.problems:
            raise BadParameters(plan.problems)
        if plan.must_propose:
            raise Refused(f"This change needs the chairman: {plan.verdict.reason}.", "Ask the chairman to make it.")
        self._held = None
        return self._values.apply(
            self._venture_id,
            list(_stored_changes(plan)),
            who=_who(plan.actor),
            why=plan.reason,
            now_us=self._clock.now_us(),
            preset=None if preset_name is None else preset(preset_name).name,
        )

    def lock(self, name: str, actor: Actor, why: str) -> None:
        """Only the chairman may change it from now on. Raises Refused for anybody else."""
        self._only_chairman(actor)
        self._values.lock(self._venture_id, declared(name).name, who=_who(actor), why=why, now_us=self._clock.now_us())

    def unlock(self, name: str, actor: Actor, why: str) -> None:
        """Free again; raises NotFound when it was not locked."""
        self._only_chairman(actor)
        self._values.unlock(self._venture_id, declared(name).name, who=_who(actor), why=why, now_us=self._clock.now_us())

    def _only_chairman(self, actor: Actor) -> None:
        if actor.role != "chairman":
            raise Refused("Only the chairman locks and unlocks parameters.", "Propose it to the chairman.")

    def history(self, name: str | None = None, limit: int = 100) -> Sequence[AuditEntry]:
        """Changes, newest first; of one parameter, or of all configuration."""
        if name is None:
            return self._audit.history(self._venture_id, limit=limit)
        return self._audit.history(self._venture_id, name=declared(name).name, limit=limit)


def _who(actor: Actor) -> str:
    return f"{actor.role}:{actor.name}" if actor.name else actor.role


def _stored_changes(plan: ChangePlan) -> Sequence[ValueChange]:
    """The rows of the store that differ: values set here, None where a value was taken back."""
    places = {VENTURE: (plan.before.own, plan.after.own)}
    for text in {*plan.before.overrides, *plan.after.overrides}:
        places[text] = (plan.before.overrides.get(text, Frozen()), plan.after.overrides.get(text, Frozen()))
    return [
        ValueChange(name=name, segment=place, value=to_json(after[name]) if name in after else None)
        for place, (before, after) in sorted(places.items())
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    ]

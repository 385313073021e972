"""Pausing reaches the vendor too: what was handed off is stopped there or, where the vendor cannot, listed with its link (A21)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from tenure.errors import BadInput, Refused, Unavailable
from tenure.model.handoffs import HandedKind, HandedOff, StopResult
from tenure.ports.controls import Controls
from tenure.ports.handoffs import HandOffs, Vendor
from tenure.ports.senders import RefusedForGood, SendError
from tenure.rules.safety.handoffs import covers
from tenure.rules.safety.incidents import check_scope


class HandedThings:
    """Hands over, stops, tries again. `vendors`: those configured, by provider name."""

    def __init__(self, hand_offs: HandOffs, controls: Controls, venture_id: int, vendors: Mapping[str, Vendor]) -> None:
        self._hand_offs, self._controls, self._own, self._vendors = hand_offs, controls, venture_id, vendors

    def hand_over(
        self, provider: str, kind: HandedKind, name: str, scope: str, *, by: str, by_score: bool = False, link: str = "", now_us: int
    ) -> HandedOff:
        """To a configured vendor; of another one, what a person let run there is written down with its link.

        Raises BadInput without a link to another vendor, Refused while the scope is paused, Unavailable when the vendor is.
        """
        check_scope(scope)
        thing = HandedOff(
            handed_id=0, provider=provider, kind=kind, vendor_id=link, name=name, scope=scope, link=link, handed_us=now_us, handed_by=by, by_score=by_score
        )
        pause = next((one for one in self._controls.state(self._own, now_us).pauses if covers(one.scope, thing)), None)
        if pause is not None:
            raise Refused(f"{pause.scope} is paused: nothing is handed off.", "`tenure status` shows why.")
        vendor = self._vendors.get(provider)
        if vendor is not None and not link:
            try:
                vendor_id, found = vendor.hand_over(kind, name, now_us)
            except SendError as problem:
                raise Unavailable(f"{provider} did not take it: {problem}", "Try again later.") from None
            thing = msgspec.structs.replace(thing, vendor_id=vendor_id, link=found)
        elif not link:
            raise BadInput(f"{provider} is not a vendor Tenure is connected to.", "Add --link, where a person finds it there.")
        return self._hand_offs.add(self._own, thing)

    def stop(self, scopes: Sequence[str], now_us: int, incident_id: int | None = None) -> Sequence[HandedOff]:
        """Everything that runs under these scopes, each with how stopping it ended. What cannot be stopped is asked for once."""
        running = self._hand_offs.all(self._own, running_only=True)
        return [self._stop(one, now_us, incident_id) for one in running if any(covers(scope, one) for scope in scopes)]

    def enforce(self, now_us: int) -> int:
        """Whatever still runs under a whole pause in force, whoever paused and however often it failed; returns how many stopped."""
        running = [one for one in self._hand_offs.all(self._own, running_only=True) if one.result is not StopResult.cannot]
        if not running:
            return 0
        pauses = [one for one in self._controls.state(self._own, now_us).pauses if one.cohort_percent is None]
        held = [(one, pause) for one in running if (pause := next((p for p in pauses if covers(p.scope, one)), None)) is not None]
        return sum(self._stop(one, now_us, pause.incident_id).result is StopResult.stopped for one, pause in held)

    def stopped_by_hand(self, handed_id: int, *, by: str, now_us: int) -> HandedOff:
        """A person stopped it at the vendor. Raises `NotFound`, Refused when it is stopped already."""
        thing = self._hand_offs.get(self._own, handed_id)
        if not thing.is_running:
            raise Refused(f"{thing.name[:60]} at {thing.provider} was stopped before.", "`tenure handed` lists what runs.")
        return self._note(thing, StopResult.stopped, f"by hand, {by}", None, now_us)

    def of_incident(self, incident_id: int) -> Sequence[HandedOff]:
        return self._hand_offs.all(self._own, incident_id=incident_id)

    def _stop(self, thing: HandedOff, now_us: int, incident_id: int | None) -> HandedOff:
        if thing.result is StopResult.cannot:
            return self._note(thing, StopResult.cannot, thing.note, incident_id, now_us)
        vendor = self._vendors.get(thing.provider)
        if vendor is None or thing.kind not in vendor.stops:
            why = "not connected" if vendor is None else f"it cannot stop a {thing.kind.value.replace('_', ' ')}"
            return self._note(thing, StopResult.cannot, f"{thing.provider}: {why}", incident_id, now_us)
        try:
            vendor.stop(thing.kind, thing.vendor_id, now_us)
        except RefusedForGood as problem:
            return self._note(thing, StopResult.cannot, str(problem), incident_id, now_us)
        except SendError as problem:
            return self._note(thing, StopResult.failed, str(problem), incident_id, now_us)
        return self._note(thing, StopResult.stopped, "", incident_id, now_us)

    def _note(self, thing: HandedOff, result: StopResult, note: str, incident_id: int | None, now_us: int) -> HandedOff:
        self._hand_offs.tried(self._own, thing.handed_id, result, note=note, incident_id=incident_id, now_us=now_us)
        return self._hand_offs.get(self._own, thing.handed_id)

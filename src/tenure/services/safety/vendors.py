"""Pausing reaches the vendor too: what was handed off is stopped there or, where the vendor cannot, listed with its link (A21).

An order is recorded before the vendor is asked, under a key of its own: killed in between, the next tick learns what became of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256

import msgspec

from tenure.errors import BadInput, Refused, Unavailable
from tenure.model.handoffs import HandedKind, HandedOff, StopResult
from tenure.model.ventures import Venture
from tenure.ports.controls import Controls
from tenure.ports.handoffs import HandOffs, Vendor
from tenure.ports.senders import OutcomeUnknown, RefusedForGood, SendError
from tenure.rules.safety.handoffs import covers
from tenure.rules.safety.incidents import check_scope

_ASKED = "asked for; the vendor's answer is not known yet"


class HandedThings:
    """Hands over, stops, tries again. `vendors`: those configured, by provider name."""

    def __init__(self, hand_offs: HandOffs, controls: Controls, venture: Venture, vendors: Mapping[str, Vendor]) -> None:
        self._hand_offs, self._controls, self._vendors = hand_offs, controls, vendors
        self._venture, self._own = venture, venture.venture_id

    def hand_over(
        self, provider: str, kind: HandedKind, name: str, scope: str, *, by: str, by_score: bool = False, link: str = "", now_us: int
    ) -> HandedOff:
        """To a configured vendor; of another one, what a person let run there is written down with its link.

        What runs already, or was asked for, is the same thing. Raises BadInput without a link to another vendor, Refused while the scope is paused, Unavailable when the vendor is.
        """
        check_scope(scope)
        thing = HandedOff(
            handed_id=0, provider=provider, kind=kind, vendor_id=link, name=name, scope=scope, link=link, handed_us=now_us, handed_by=by,
            key=self._key(provider, kind, name, scope, link), by_score=by_score,
        )  # fmt: skip
        pause = next((one for one in self._controls.state(self._own, now_us).pauses if covers(one.scope, thing)), None)
        if pause is not None:
            raise Refused(f"{pause.scope} is paused: nothing is handed off.", "`tenure status` shows why.")
        if link:
            return self._hand_offs.add(self._own, thing)
        vendor = self._vendors.get(provider)
        if vendor is None:
            raise BadInput(f"{provider} is not a vendor Tenure is connected to.", "Add --link, where a person finds it there.")
        asked = self._hand_offs.add(self._own, msgspec.structs.replace(thing, is_running=False, note=_ASKED))
        return asked if asked.is_running else self._ask(asked, vendor, now_us)

    def settle(self, now_us: int) -> int:
        """Orders whose answer never reached us (we were killed, or the line broke) are asked for again under their key.

        What a pause covers is not asked for: `enforce` looks it up and stops it. Returns how many run now.
        """
        asked = [one for one in self._hand_offs.all(self._own, running_only=True) if one.is_asked and one.provider in self._vendors]
        if not asked:
            return 0
        paused = [one.scope for one in self._controls.state(self._own, now_us).pauses]
        free = [one for one in asked if not any(covers(scope, one) for scope in paused)]
        return sum(self._asked_again(one, now_us) for one in free)

    def stop(self, scopes: Sequence[str], now_us: int, incident_id: int | None = None) -> Sequence[HandedOff]:
        """Everything that runs, or may, under these scopes, each with how stopping it ended. What cannot be stopped is tried once."""
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
        if not thing.may_run:
            raise Refused(f"{thing.name[:60]} at {thing.provider} was stopped before.", "`tenure handed` lists what runs.")
        return self._note(thing, StopResult.stopped, f"by hand, {by}", None, now_us)

    def of_incident(self, incident_id: int) -> Sequence[HandedOff]:
        return self._hand_offs.all(self._own, incident_id=incident_id)

    def _stop(self, thing: HandedOff, now_us: int, incident_id: int | None) -> HandedOff:
        if thing.result is StopResult.cannot:
            return self._note(thing, StopResult.cannot, thing.note, incident_id, now_us)
        vendor = self._vendors.get(thing.provider)
        if vendor is None or (thing.kind not in vendor.stops and not thing.is_asked):
            why = "not connected" if vendor is None else f"it cannot stop a {thing.kind.value.replace('_', ' ')}"
            return self._note(thing, StopResult.cannot, f"{thing.provider}: {why}", incident_id, now_us)
        try:
            if thing.is_asked:
                found = vendor.find(thing.key, now_us)
                if found is None:
                    return self._note(thing, StopResult.stopped, "it was paused before the vendor took it", incident_id, now_us)
                taken = self._hand_offs.taken(self._own, thing.handed_id, vendor_id=found[0], link=found[1])
                return self._stop(taken, now_us, incident_id)
            vendor.stop(thing.kind, thing.vendor_id, now_us)
        except RefusedForGood as problem:
            return self._note(thing, StopResult.cannot, str(problem), incident_id, now_us)
        except SendError as problem:
            return self._note(thing, StopResult.failed, str(problem), incident_id, now_us)
        return self._note(thing, StopResult.stopped, "", incident_id, now_us)

    def _note(self, thing: HandedOff, result: StopResult, note: str, incident_id: int | None, now_us: int) -> HandedOff:
        self._hand_offs.tried(self._own, thing.handed_id, result, note=note, incident_id=incident_id, now_us=now_us)
        return self._hand_offs.get(self._own, thing.handed_id)

    def _ask(self, thing: HandedOff, vendor: Vendor, now_us: int) -> HandedOff:
        """Raises Unavailable; what the vendor surely did not take is no order any more."""
        try:
            vendor_id, link = vendor.hand_over(thing.kind, thing.name, thing.key, now_us)
        except OutcomeUnknown as problem:
            raise Unavailable(f"{thing.provider} did not say whether it took it: {problem}", "The next tick finds out; see `tenure handed`.") from None
        except SendError as problem:
            self._note(thing, StopResult.stopped, f"not taken: {problem}", None, now_us)
            raise Unavailable(f"{thing.provider} did not take it: {problem}", "Try again later.") from None
        return self._hand_offs.taken(self._own, thing.handed_id, vendor_id=vendor_id, link=link)

    def _asked_again(self, thing: HandedOff, now_us: int) -> bool:
        """A vendor that is not there now is asked at the next tick."""
        try:
            vendor_id, link = self._vendors[thing.provider].hand_over(thing.kind, thing.name, thing.key, now_us)
        except RefusedForGood as problem:
            self._note(thing, StopResult.stopped, f"not taken: {problem}", None, now_us)
            return False
        except SendError:
            return False
        return self._hand_offs.taken(self._own, thing.handed_id, vendor_id=vendor_id, link=link).is_running

    def _key(self, provider: str, kind: HandedKind, name: str, scope: str, link: str) -> str:
        """Of the order: the same while it may run, a new one afterwards. Whoever reads a key learns nothing."""
        parts = (self._venture.key, provider, kind.value, name, scope, link)
        own = f"hand-off:{sha256(chr(31).join(parts).encode('utf-8', 'surrogatepass')).hexdigest()[:32]}:"
        before = [one for one in self._hand_offs.all(self._own) if one.key.startswith(own)]
        return next((one.key for one in before if one.may_run), f"{own}{len(before) + 1}")

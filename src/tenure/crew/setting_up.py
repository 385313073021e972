"""The set-up in order (crew.md): infrastructure, health, programmes, surveys; each step starts when the one before is done.

What waits for a person (training, test alert, drill) holds a gate, never the next step (C2).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from tenure.crew.rooms import Rooms
from tenure.ports.crew import CrewStep

STEPS = ("infrastructure", "health", "programmes", "surveys")
BY = "CustomerSuccessCrew"


class SetUp:
    """Resumable: every step looks at what is there and does what is missing; done twice it changes nothing."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    def state(self) -> Mapping[str, CrewStep]:
        """Every step, those not begun as waiting."""
        known = self._rooms.stores.crew.steps(self._rooms.own)
        return {step: known.get(step, CrewStep(step=step, state="waiting")) for step in STEPS}

    def go_on(self, now_us: int) -> Mapping[str, CrewStep]:
        """Begin or continue the first step that is not done, and go on as far as it goes."""
        for step in STEPS:
            there = self.state()[step]
            if there.state == "done":
                continue
            done, evidence = self._doing()[step](now_us)
            started_us = there.started_us if there.started_us is not None else now_us
            state = "done" if done else "running"
            after = CrewStep(step=step, state=state, started_us=started_us, done_us=now_us if done else None, evidence=evidence)
            if msgspec.structs.replace(there, evidence=evidence) != after or there.evidence != evidence:
                self._rooms.stores.crew.put_step(self._rooms.own, after)
            if not done:
                break
        return self.state()

    def _doing(self) -> Mapping[str, Callable[[int], tuple[bool, dict[str, object]]]]:
        return {
            "infrastructure": self._infrastructure,
            "health": self._health,
            "programmes": self._programmes,
            "surveys": self._surveys,
        }

    def _infrastructure(self, now_us: int) -> tuple[bool, dict[str, object]]:
        """A CRM chosen (none is a choice, C1), and facts that flow."""
        facts = self._rooms.senses.gate_facts(now_us, metrics=False)
        flowing = facts.customers_fresh is not None
        evidence: dict[str, object] = {"crm": facts.crm_platform or "not chosen", "facts": "flowing" if flowing else "none yet"}
        return flowing, evidence

    def _health(self, now_us: int) -> tuple[bool, dict[str, object]]:
        facts = self._rooms.senses.gate_facts(now_us, metrics=False)
        return facts.scored > 0, {"scored": facts.scored}

    def _programmes(self, now_us: int) -> tuple[bool, dict[str, object]]:
        """Shipped triggers are live; the shipped playbooks are there to be published by a person (C2)."""
        self._rooms.triggers.ensure_shipped(now_us)
        published = [one.key for one in self._rooms.stores.playbooks.live(self._rooms.own)]
        return bool(published), {"published": published}

    def _surveys(self, now_us: int) -> tuple[bool, dict[str, object]]:
        live = self._rooms.stores.controls.state(self._rooms.own, now_us).live_since_us is not None
        return live, {"milestone": self._rooms.parameters().text("nps_deploy_milestone"), "live": live}

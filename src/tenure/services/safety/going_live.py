"""A1: a new venture watches; a person switches it live after seeing today's rehearsal, and nobody critical is mailed then."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from tenure.errors import Refused
from tenure.model.cause import Cause, CauseKind
from tenure.model.incidents import Mode
from tenure.model.intents import Intent, StartPlaybook
from tenure.model.ventures import Venture
from tenure.parameters import ParameterSet
from tenure.ports.store import Stores
from tenure.rules.working_time import at_hour_us, local_day, zone_of

MOST_A_DAY = 20
"""Customers of the baseline one owner may enroll a day (A1)."""


class GoingLive:
    """The live switch.

    Args:
        rehearsal_shown_us: when somebody was last shown a rehearsal of everything now; None: never.
        baseline: takes everybody for whom a trigger or playbook condition holds now as standing; how many per watch.
    """

    def __init__(
        self,
        stores: Stores,
        venture: Venture,
        parameters: Callable[[], ParameterSet],
        *,
        rehearsal_shown_us: Callable[[], int | None],
        baseline: Callable[[int], Mapping[str, int]],
    ) -> None:
        self._stores, self._venture, self._parameters = stores, venture, parameters
        self._shown_us, self._baseline = rehearsal_shown_us, baseline

    def go_live(self, now_us: int, *, by: str, why: str = "") -> Mapping[str, int]:
        """Raises Refused unless today's rehearsal was shown. Gives who stands in the baseline, per watch."""
        own, zone = self._venture.venture_id, zone_of(self._parameters().text("venture_timezone"))
        shown_us = self._shown_us()
        if shown_us is None or local_day(shown_us, zone) != local_day(now_us, zone):
            raise Refused(
                "Nothing goes live before somebody has seen what would happen today.",
                "Run `tenure rehearse` first, then switch it live.",
            )
        if self._stores.controls.state(own, now_us).mode is Mode.live:
            return {}
        # the baseline stands before anything may leave: killed in between, it is still a watching venture
        found = self._baseline(now_us)
        self._stores.controls.switch(own, Mode.live, by=by, why=why, now_us=now_us)
        return found

    def watch(self, now_us: int, *, by: str, why: str) -> None:
        """Back to watching: everything is scored and listed, nothing customer-facing leaves."""
        self._stores.controls.switch(self._venture.venture_id, Mode.watch, by=by, why=why, now_us=now_us)

    def enroll(self, customer_ids: Sequence[str], playbook: str, *, by: str, now_us: int) -> int:
        """A person enrolls customers of the baseline, at most 20 a day. Raises Refused above that; returns how many are new."""
        own, zone = self._venture.venture_id, zone_of(self._parameters().text("venture_timezone"))
        today = self._stores.controls.baseline_entries(own, by, at_hour_us(now_us, zone, 0))
        if today + len(customer_ids) > MOST_A_DAY:
            raise Refused(
                f"{by} has enrolled {today} customers of the baseline today; {MOST_A_DAY} a day are the most.",
                "Take the rest tomorrow, highest ARR first.",
            )
        cause = Cause(kind=CauseKind.person, person=by, reason="enrolled from the baseline")
        day = local_day(now_us, zone)
        intents = [
            Intent(
                key=f"baseline:{one}:{day}",
                wish=StartPlaybook(playbook=playbook, customer_id=one, entry_key=f"baseline:{day}"),
                cause=cause,
            )
            for one in customer_ids
        ]
        return self._stores.intents.add(own, intents, now_us=now_us)

"""What runs at a vendor for us: flows, lists and scheduled sends handed off, and what became of stopping them (A21)."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class HandedKind(StrEnum):
    """What a vendor may run for us."""

    flow = "flow"
    list = "list"
    scheduled_send = "scheduled_send"


class StopResult(StrEnum):
    """How stopping it ended: `cannot` is for a person, at its link; `failed` is tried again while the pause is in force."""

    stopped = "stopped"
    cannot = "cannot"
    failed = "failed"


class HandedOff(msgspec.Struct, frozen=True, kw_only=True):
    """One thing at a vendor. `scope` is the pause that is its own (`playbook:KEY`); `by_score`: it rests on scores.

    `key` is what the vendor knows the order by: asked again under it, it lets nothing run twice. `vendor_id` is empty until it answered.

    `result`, `tried_us` and `note` are of the last try to stop it, `incident_id` of the incident that wanted it.
    """

    handed_id: int
    provider: str
    kind: HandedKind
    vendor_id: str
    name: str
    scope: str
    link: str
    handed_us: int
    handed_by: str
    key: str
    by_score: bool = False
    is_running: bool = True
    result: StopResult | None = None
    tried_us: int | None = None
    note: str = ""
    incident_id: int | None = None

    @property
    def is_asked(self) -> bool:
        """The vendor was asked, or is about to be, and its answer is not known here yet."""
        return not self.vendor_id and self.result is not StopResult.stopped

    @property
    def may_run(self) -> bool:
        return self.is_running or self.is_asked

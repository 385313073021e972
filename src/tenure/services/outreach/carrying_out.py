"""What decisions and people ask of outreach, as intents: drafts answered, responses heard, customers taken out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tenure.model.intents import ApproveTouches, Intent, RecordResponse, TakeOut
from tenure.model.touches import TouchState
from tenure.ports.touches import Touches
from tenure.services.outreach.service import Outreach


class OutreachActs:
    """The port `tenure.ports.intents.CarriesOut`. Done twice, everything here is done once."""

    kinds: tuple[str, ...] = ("approve_touches", "record_response", "take_out")

    def __init__(self, outreach: Outreach, touches: Touches, venture_id: int) -> None:
        self._outreach, self._touches, self._venture_id = outreach, touches, venture_id

    def carry_out(self, intents: Sequence[Intent], now_us: int) -> Mapping[str, str]:
        return {intent.key: self._one(intent, now_us) for intent in intents}

    def _one(self, intent: Intent, now_us: int) -> str:
        wish = intent.wish
        if isinstance(wish, ApproveTouches):
            return self._answered(wish, now_us)
        if isinstance(wish, RecordResponse):
            self._outreach.record(now_us, [wish.response])
            return wish.response.kind.value
        assert isinstance(wish, TakeOut)  # the dispatcher hands over our kinds only
        if wish.until_us <= now_us:
            return "its end has passed already"
        withdrawn = self._outreach.take_out(wish.customer_id, until_us=wish.until_us, reason=wish.reason, by=wish.by, now_us=now_us)
        return f"{withdrawn} touches withdrawn"

    def _answered(self, wish: ApproveTouches, now_us: int) -> str:
        drafts = [one for one in self._touches.by_keys(self._venture_id, wish.keys) if one.state is TouchState.drafted]
        ids = [one.touch_id for one in drafts]
        if not wish.approve:
            return f"{self._outreach.reject(ids, by=wish.by, why=wish.why, now_us=now_us)} rejected"
        changes = {part: text for part, text in wish.changes.items() if isinstance(text, str)}
        for touch_id in ids if changes else ():
            self._outreach.edit(touch_id, changes, by=wish.by, now_us=now_us)
        return f"{self._outreach.approve(ids, by=wish.by, now_us=now_us)} approved"

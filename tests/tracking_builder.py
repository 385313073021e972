"""Two ventures over a real store, with touches that were sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tenure.clock import DAY_US, FixedClock
from tenure.model.touches import Channel, Response, Touch
from tenure.services.surveys.texts import survey_texts
from tenure.services.tracking import InboundMail, SignedLinks, SurveyDesk, Tokens, Tracking, tracking_key
from tenure.store import Store
from tests.outreach_builder import wanted

NOW_US = 20_530 * DAY_US
BASE_URL = "https://success.example.com"


class House:
    """One venture of a store and everything of tracking it needs."""

    def __init__(self, store: Store, key: str) -> None:
        self.store, self.clock = store, FixedClock(NOW_US)
        self.venture_id = store.ventures.ensure(key, name=key.title(), currency="USD", timezone="UTC", now_us=0).venture_id
        self.tokens = Tokens(lambda: tracking_key(store.secrets, self.venture_id, NOW_US), key)
        self.links = SignedLinks(self.tokens, BASE_URL, "replies@in.example.com", watches_opens=True)
        self.tracking = Tracking(self.venture_id, store.touches, store.responses, self.tokens)
        self.surveys = SurveyDesk(self.venture_id, store.touches, store.responses, store.inbox, self.tokens, survey_texts())
        self.mail = InboundMail(self.venture_id, store.touches, store.responses, self.tokens)

    def sent(self, key: str = "t1", sent_us: int = NOW_US - DAY_US, **fields: Any) -> Touch:
        """A touch that left."""
        usual: dict[str, Any] = {"user_id": "u1", "content": {"subject": "Hello", "survey": "nps"}}
        self.store.touches.log(self.venture_id, [wanted(key, **(usual | fields))], sent_us=sent_us, now_us=sent_us)
        [touch] = self.store.touches.by_keys(self.venture_id, [key])
        return touch

    def responses(self) -> list[Response]:
        return list(self.store.responses.unhandled(self.venture_id))

    def kinds(self) -> list[str]:
        return [one.kind.value for one in self.responses()]

    def answers(self) -> list[dict[str, Any]]:
        """Rows of the inbox, in order."""
        batches = self.store.inbox.read_arrow(self.venture_id, 0, self.store.inbox.high_mark(self.venture_id))
        return [row for batch in batches for row in batch.to_pylist()]

    def notices(self) -> list[Touch]:
        from tenure.ports.touches import TouchFilter

        return [one for one in self.store.touches.list(self.venture_id, TouchFilter(customer_facing=False)) if one.channel is Channel.email]


def store_in(folder: Path) -> Store:
    return Store.open(folder, key_folder=folder, environment={})

"""Weeks of operation under a virtual clock: facts of the day, ticks, mail that really arrives, people who react to it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from socket import socket

from tenure.app.deployment import Deployment
from tenure.app.going_live import note_rehearsal
from tenure.app.playbooks import checked_files, playbook_service
from tenure.cli.demo.bad_day import chosen, mended, spoiled
from tenure.cli.demo.facts import FORMATS, Stream, by_file
from tenure.cli.demo.team import CHAIRMAN, TEAM, Team, hire
from tenure.cli.demo.workspace import INBOUND_SECRET
from tenure.clock import DAY_US, HOUR_US, FixedClock, from_us
from tenure.errors import Unavailable
from tenure.model.touches import Touch
from tenure.parameters import Actor
from tenure.providers.webhook.webhooks import signed_headers
from tenure.testing.company import Company, Facts
from tenure.testing.customers import Customers, Door, MailServer, kind_of_touch, read_letter

HOURS, LONG_HOURS, LONG_WEEKDAY = (16,), (2, 16), 2
"""When the loop ticks, UTC: every day when it is day in Europe and America, on Wednesdays also when it is in Asia and Australia."""
STREAMED_DAYS = 2
BAD_DAY = 3
AUTONOMY = {"autonomy": {"message": "auto", "survey": "auto", "offer": "auto"}}
SECRET = "of the demo only"


@dataclass
class Told:
    """What happened at the edges, for the summary."""

    delivered: int = 0
    to_team: int = 0
    ticks: int = 0
    counts: Counter[str] = field(default_factory=Counter)


class Operation:
    """The simulated company's days from going live on.

    Args:
        port: of the API on the loopback address, which is up as long as this is used.
    """

    def __init__(self, deployment: Deployment, company: Company, clock: FixedClock, mail: MailServer, port: int, folder: Path) -> None:
        self._one, self._company, self._clock, self._mail, self._folder = deployment, company, clock, mail, folder
        self._own = deployment.venture.venture_id
        self._base_url = f"http://127.0.0.1:{port}"
        self._door = Door("127.0.0.1", port, self._signed)
        self._stream = Stream(deployment, port)
        self.customers = Customers(company, self._door, self._go_to)
        self.team = Team(deployment, company)
        self.told = Told()
        self._spoiled: list[str] = []

    def close(self) -> None:
        self._door.close()

    # --- before the first day ------------------------------------------------------------------------------------------

    def go_live(self) -> Mapping[str, int]:
        """Playbooks, people, autonomy, and the switch; gives who stood in trouble then, by watch: they fire nothing (A1)."""
        one, now_us = self._one, self._clock.now_us()
        hire(one, now_us)
        one.store.secrets.put(self._own, INBOUND_SECRET, SECRET, by="demo", now_us=now_us)
        self._tick()  # scores everybody, watching only
        playbook_service(one).publish(checked_files(one), [], by=CHAIRMAN, why="the shipped playbooks", now_us=now_us)
        one.parameters.apply(one.parameters.plan(AUTONOMY, Actor("chairman"), "the demo runs by itself"))
        note_rehearsal(one, {"shown_by": "tenure demo"}, now_us)
        found = one.jobs.run("go_live", {"now_us": now_us, "by": CHAIRMAN, "why": "the demo begins"})
        baseline: Mapping[str, int] = found["baseline"]
        return baseline

    # --- a day -----------------------------------------------------------------------------------------------------------

    def live_day(self, place: int, of: int) -> None:
        """Day number `place` of `of`: what customers did, its facts, the ticks of the next morning."""
        facts = self._company.advance(self._company.day)
        midnight_us = self._company.now_us
        facts = self._gone_wrong(facts, place - max(1, min(BAD_DAY, of - 3)), midnight_us - DAY_US)
        self.customers.meet(facts)
        self.customers.act_until(midnight_us)
        self._go_to(midnight_us)
        folder = self._folder / "inbox" / f"day-{place:02d}"
        if place >= of - STREAMED_DAYS:
            self._stream.take(facts, folder)
        else:
            by_file(self._one, facts, folder, FORMATS[place % len(FORMATS)])
        for hour in _hours(midnight_us):
            self.customers.act_until(midnight_us + hour * HOUR_US)
            self._go_to(midnight_us + hour * HOUR_US)
            self._tick()
            self._read_mail()
        self.team.work(self._clock.now_us())

    def _gone_wrong(self, facts: Facts, since_bad_day: int, day_us: int) -> Facts:
        if since_bad_day == 0:
            self._spoiled = chosen([row.customer_id for row in self._one.store.health.each(self._own)])
            return spoiled(facts, self._spoiled, day_us)
        if since_bad_day == 1:
            return mended(facts, self._spoiled, day_us - DAY_US, day_us + 8 * HOUR_US)
        return facts

    def _tick(self) -> None:
        found = self._one.jobs.run("tick", {"now_us": self._clock.now_us()})
        self.told.ticks += 1
        self.told.counts.update({f"delivery {name}": count for name, count in found["delivery"].items()})

    def _read_mail(self) -> None:
        """Every mail that arrived meets its reader; the team's own are counted."""
        now_us = self._clock.now_us()
        letters = [(one.to, read_letter(one.data, self._base_url)) for one in self._mail.collect()]
        ids = sorted({found for to, _ in letters if (found := self.customers.customer_of(to)) is not None})
        sent = self._one.store.touches.sent_to(self._own, ids, now_us - DAY_US) if ids else ()
        touches = {one.provider_message_id: one for one in sent}
        for to, letter in letters:
            touch = touches.get(letter.message_id)
            if to in TEAM or touch is None:
                self.told.to_team += 1
                continue
            survey = _survey_of(touch)
            kind = kind_of_touch(touch.playbook, touch.step, touch.action_class.value, survey)
            self.told.delivered += self.customers.receive(letter, kind, now_us, survey)

    def _go_to(self, now_us: int) -> None:
        self._clock.advance_us(max(0, now_us - self._clock.now_us()))

    def _signed(self, body: bytes) -> Mapping[str, str]:
        return signed_headers(SECRET, body, self._clock.now_us())


def _hours(midnight_us: int) -> tuple[int, ...]:
    return LONG_HOURS if from_us(midnight_us).weekday() == LONG_WEEKDAY else HOURS


def _survey_of(touch: Touch) -> str | None:
    survey = touch.content.get("survey")
    return survey if isinstance(survey, str) else None


@contextmanager
def served(deployment: Deployment, listening: socket) -> Iterator[None]:
    """The API of `tenure up` on the loopback address, up for the block."""
    from tenure.cli.serving import AnnouncingServer, api_config

    ready = threading.Event()
    server = AnnouncingServer(api_config(deployment, "127.0.0.1", 0), ready.set)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        if not ready.wait(timeout=30):
            raise Unavailable("The demo's server did not start.", "Try again.")
        yield
    finally:
        server.should_exit = True
        thread.join(timeout=30)
        listening.close()

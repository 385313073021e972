"""Wishes only the app can carry out: findings, parameters and versions somebody decided on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tenure.errors import TenureError
from tenure.model.intents import ChangeParameters, Intent, PublishVersion, TakeOver, WriteFinding
from tenure.parameters import Actor
from tenure.ports.crew import Finding

if TYPE_CHECKING:
    from tenure.app.deployment import Deployment

DECIDED = "decided"


class AppActs:
    """The port `tenure.ports.intents.CarriesOut`; done twice, everything here is done once."""

    kinds: tuple[str, ...] = ("write_finding", "change_parameters", "publish_version", "take_over")

    def __init__(self, deployment: Deployment) -> None:
        self._one = deployment

    def carry_out(self, intents: Sequence[Intent], now_us: int) -> Mapping[str, str]:
        return {intent.key: self._one_of(intent, now_us) for intent in intents}

    def _one_of(self, intent: Intent, now_us: int) -> str:
        wish = intent.wish
        if isinstance(wish, WriteFinding):
            finding = Finding(key=intent.key, section=wish.section, title=wish.title, written_us=now_us, details=wish.details)
            self._one.store.crew.find(self._one.venture.venture_id, [finding])
            return "noted"
        if isinstance(wish, ChangeParameters):
            return self._changed(wish)
        if isinstance(wish, PublishVersion):
            return self._published(wish, now_us)
        if isinstance(wish, TakeOver):
            return self._taken_over(wish, now_us)
        return f"{intent.kind} is nothing the app does"

    def _taken_over(self, wish: TakeOver, now_us: int) -> str:
        """A chain in a person's hands ends; one that is over stays as it ended."""
        from tenure.app.loop import trigger_service

        try:
            ended = trigger_service(self._one).take_over(wish.execution_id, by=wish.by, why=wish.why, now_us=now_us)
        except TenureError as problem:
            return problem.message
        return "taken over" if ended else "it was over before"

    def _changed(self, wish: ChangeParameters) -> str:
        """A decision of the chairman: refused values are said, nothing else is changed."""
        try:
            parameters = self._one.parameters
            parameters.apply(parameters.plan(wish.changes, Actor("chairman", wish.by), wish.why or DECIDED, wish.segment))
        except TenureError as problem:
            return problem.message
        return "changed"

    def _published(self, wish: PublishVersion, now_us: int) -> str:
        from tenure.app.playbooks import checked_files, playbook_service

        try:
            playbook_service(self._one).publish(checked_files(self._one), [wish.name], by=wish.by, why=wish.why, now_us=now_us)
        except TenureError as problem:
            return problem.message
        return "published"

"""The exit gate "retention improving" (M11): today's headline against the baseline frozen at launch (C5)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from tenure.app.effect import effect_service
from tenure.clock import DAY_US
from tenure.model.playbooks import PlaybookKind, PlaybookVersion
from tenure.model.results import MetricResult
from tenure.parameters import ParameterSet
from tenure.ports.controls import Controls
from tenure.ports.metrics import Asked
from tenure.ports.playbooks import Playbooks
from tenure.ports.results import Results
from tenure.stats.proportions import rate_of
from tenure.stats.result import Answer, NoAnswer, Outcome, Rate, not_mature_yet
from tenure.stats.retention import Headline, ImprovingGate, Verdict, judge_improving

if TYPE_CHECKING:
    from tenure.app.deployment import Deployment
    from tenure.app.handlers import Handlers
    from tenure.app.questions import Questions

LAUNCH, BASELINE = "launch", "retention_baseline"
"""Kept results, each written once: when the first campaign was live, and the headline it is measured against."""
BASELINE_DAYS = 30
NOT_LAUNCHED = ImprovingGate(Verdict.NOT_YET, False, "No campaign is live yet, so there is no baseline to improve on.")
HeadlineAt = Callable[[int], Outcome[Headline]]
"""The headline retention as of a time."""


def improving_gate(deployment: Deployment, handlers: Handlers, questions: Questions, now_us: int) -> ImprovingGate:
    """The gate of a deployment, over the open warehouse."""
    return Improving(
        stores=deployment.store,
        venture_id=deployment.venture.venture_id,
        parameters=deployment.parameters.current(),
        headline_at=lambda at_us: questions.metrics.headlines(Asked(at_us))[-1].headline,
        recovery=lambda: effect_service(deployment, handlers).recovery(PlaybookKind.at_risk, now_us),
    ).judge(now_us)


class ImprovingStores(Protocol):
    """What is read, and kept once."""

    @property
    def playbooks(self) -> Playbooks: ...
    @property
    def controls(self) -> Controls: ...
    @property
    def results(self) -> Results: ...


@dataclass(frozen=True)
class Improving:
    """Judges the gate of one venture.

    Args:
        headline_at: asked for now, and once for the baseline.
        recovery: at_risk entries that recovered (M12), asked when the rest is known.
    """

    stores: ImprovingStores
    venture_id: int
    parameters: ParameterSet
    headline_at: HeadlineAt
    recovery: Callable[[], Outcome[Rate]]

    def judge(self, now_us: int) -> ImprovingGate:
        """The verdict as of now; the launch and the baseline are kept when they are first known."""
        launch_us = self._launch_us(now_us)
        if launch_us is None or launch_us > now_us:
            return NOT_LAUNCHED
        baseline, definition = self._baseline(launch_us, now_us)
        if isinstance(baseline, NoAnswer):
            return ImprovingGate(Verdict.NOT_YET, False, baseline.sentence)
        return judge_improving(
            _comparable(self.headline_at(now_us), definition),
            baseline,
            self.recovery(),
            (now_us - launch_us) // DAY_US,
            retention_target_percent=self.parameters.number("retention_target_percent"),
            improvement_percent=self.parameters.number("retention_improvement_target_percent"),
            recovery_target_percent=self.parameters.number("recovery_target_percent"),
        )

    def _launch_us(self, now_us: int) -> int | None:
        """The first moment at which the venture was live and a campaign was."""
        kept = self.stores.results.latest(self.venture_id, LAUNCH)
        if kept is not None:
            return int(kept.document["launch_us"])
        live_us = self.stores.controls.state(self.venture_id, now_us).live_since_us
        since = [one.live_from_us for one in self.stores.playbooks.live(self.venture_id) if _is_campaign(one) and one.live_from_us is not None]
        if live_us is None or not since:
            return None
        launch_us = max(live_us, min(since))
        self._keep(LAUNCH, launch_us, {"launch_us": launch_us}, now_us)
        return launch_us

    def _baseline(self, launch_us: int, now_us: int) -> tuple[Outcome[Rate], str]:
        """The headline of the 30 days before the launch, where there was history; else of the 30 days after it."""
        kept = self.stores.results.latest(self.venture_id, BASELINE)
        if kept is not None:
            return Answer(rate_of(int(kept.document["count"]), int(kept.document["total"]))), str(kept.document["definition"])
        later_us = launch_us + BASELINE_DAYS * DAY_US
        found: Outcome[Headline] = not_mature_yet("")
        for at_us in (launch_us, later_us)[: 1 + (later_us <= now_us)]:
            found = self.headline_at(at_us)
            if isinstance(found, Answer):
                headline = found.value
                said: dict[str, object] = {"count": headline.rate.count, "total": headline.rate.total, "definition": headline.definition.value}
                self._keep(BASELINE, at_us, said, now_us)
                return Answer(headline.rate), headline.definition.value
        if later_us <= now_us:
            return found.map(lambda one: one.rate), ""
        return not_mature_yet(f"There was no headline before the launch; the baseline is that of the {BASELINE_DAYS} days after it."), ""

    def _keep(self, name: str, as_of_us: int, document: dict[str, object], now_us: int) -> None:
        self.stores.results.put(
            self.venture_id, [MetricResult(metric=name, segment="", as_of_us=as_of_us, document=document, computed_us=now_us)]
        )


def _is_campaign(version: PlaybookVersion) -> bool:
    return version.definition.kind.is_campaign


def _comparable(found: Outcome[Headline], definition: str) -> Outcome[Rate]:
    """Two headlines of different definitions are not compared (M8)."""
    if isinstance(found, Answer) and found.value.definition.value != definition:
        return not_mature_yet("The headline and its baseline are measured by different definitions, so they are not compared.")
    return found.map(lambda one: one.rate)

"""What a look at the effect comes to."""

from __future__ import annotations

import msgspec

from tenure.ports.effect import Helped
from tenure.rules.effect import CampaignEffect, MemberEffect
from tenure.rules.useful import Usefulness
from tenure.stats.result import Outcome, Rate


class CampaignReport(msgspec.Struct, frozen=True, kw_only=True):
    """A playbook's version; `step` is the one its A/B test is about, `winner` the arm proven to answer better."""

    title: str
    effect: CampaignEffect
    step: str | None = None
    winner: str | None = None


class AgentMetric(msgspec.Struct, frozen=True, kw_only=True):
    """The one metric of an agent of the crew (metrics.md, section 7); `at_most`: it should stay under its target."""

    agent: str
    metric: str
    window_days: int
    value: Outcome[Rate]
    target: float
    at_most: bool = False
    note: str = ""


class EffectReport(msgspec.Struct, frozen=True, kw_only=True):
    """Everything over `days` days up to `as_of_us`.

    `automation`: actions without a person of all; `calls`: reached of due; `prevention`: critical customers who were
    healthy within 90 days of the first touch, of those who entered 90 days and longer ago (M13).
    """

    as_of_us: int
    days: int
    currency: str
    campaigns: tuple[CampaignReport, ...]
    agents: tuple[AgentMetric, ...]
    automation: Outcome[Rate]
    calls: Outcome[Rate]
    prevention: Outcome[Rate]
    helped: tuple[Helped, ...]
    team: tuple[MemberEffect, ...]
    useful: tuple[Usefulness, ...] = ()

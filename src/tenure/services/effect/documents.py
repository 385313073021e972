"""The report in words: what a success manager reads, in the terminal, in the weekly message, in a decision."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tenure.rules.effect import campaign_lines, difference_words, rate_words
from tenure.rules.useful import line
from tenure.services.effect.report import AgentMetric, CampaignReport, EffectReport
from tenure.stats.result import Answer


def effect_words(report: EffectReport) -> dict[str, Any]:
    """Headed lists of (label, words): campaigns by title, then the agents, the team, and what customers said."""
    return {
        "campaigns": [
            {
                "playbook": one.effect.playbook,
                "version": one.effect.version,
                "title": one.title,
                "lines": [[label, words] for label, words in (*campaign_lines(one.effect, report.currency), *_winner_line(one))],
            }
            for one in report.campaigns
        ],
        "agents": [[one.agent, f"{one.metric}, {_window(one.window_days)}: {_agent_words(one)}"] for one in report.agents],
        "loop": [
            ["done without a person", rate_words(report.automation)],
            ["calls reached of those due", rate_words(report.calls)],
            ["critical and healthy within 90 days", rate_words(report.prevention)],
        ],
        "useful": [[f"{one.subject.value} {one.kind}", line(one)] for one in report.useful],
        "helped": [
            [one.of, f"{one.yes:,} of {one.answered:,} answers say it helped; {one.asked:,} were asked"] for one in report.helped
        ],
    }


def effect_lines(report: EffectReport) -> Iterator[str]:
    """In short, for a message: of each campaign what it kept and recovered."""
    for one in report.campaigns:
        said = dict(campaign_lines(one.effect, report.currency))
        yield f"{one.title} (version {one.effect.version}): {said['customers']}"
        yield f"  retention: {said['retention']}"
        yield f"  recovery: {said['recovery']}"
        yield f"  money: {said['money']}"
        if one.winner is not None:
            yield f"  {winner_words(one)}"
    for agent in report.agents:
        yield f"{agent.agent}, {agent.metric}: {_agent_words(agent)}"


def winner_words(found: CampaignReport) -> str:
    """Why this arm: its difference to the first, or that of the others where the first one won."""
    told = [
        f"{one.variant}: {difference_words(one.against_first, f'response against {found.effect.variants[0].variant}')}"
        for one in found.effect.variants
        if isinstance(one.against_first, Answer)
    ]
    return f"Variant {found.winner} of the step {found.step} is answered better ({'; '.join(told)})"


def _winner_line(found: CampaignReport) -> Iterator[tuple[str, str]]:
    if found.winner is not None:
        yield "winner", f"{winner_words(found)}. It is proposed as a decision; nothing changes before somebody says yes."


def _agent_words(found: AgentMetric) -> str:
    said = rate_words(found.value, found.target, at_most=found.at_most)
    return f"{said}; {found.note}" if found.note and isinstance(found.value, Answer) else said


def _window(days: int) -> str:
    return "last day" if days == 1 else f"last {days} days"

"""What a campaign's figures come to, and what to change."""

from __future__ import annotations

from typing import Any

from tests.unit.rules.effect.test_effect import case

from tenure.model.playbooks import PlaybookKind
from tenure.rules.effect import campaign_effect
from tenure.rules.effect.verdict import Standing, Verdict, verdict_of


def judged(treated: int, held: int = 0, percent: float = 0.0, **said: Any) -> Verdict:
    cases = [case(n, drawn=True, **said) for n in range(treated)]
    others = [case(1_000_000 + n, held_out=True, drawn=True, retained=False, recovered=False) for n in range(held)]
    return verdict_of(campaign_effect([*cases, *others], percent))


def test_nothing_is_said_of_too_few() -> None:
    found = judged(5, recovered=False, responded=False, is_ripe=True)
    assert found.standing is Standing.unknown and "Wait" in found.change


def test_a_missed_target_names_the_figure_and_what_to_change() -> None:
    found = judged(40, responded=False, is_ripe=True)
    assert found.standing is Standing.missed
    assert found.why == "Response: 0 % (0 of 40), target 20 %: not reached."
    assert found.change.startswith("Rewrite the first message")


def test_met_targets_worked_though_no_holdout_proves_it() -> None:
    found = judged(40, responded=True, recovered=True, is_ripe=True)
    assert found.standing is Standing.worked and found.change == "Keep it."


def test_proven_retention_worked_and_proven_harm_is_to_be_paused() -> None:
    helped = judged(900, 100, 10.0, responded=True, recovered=True, retained=True, is_ripe=True)
    assert (helped.standing, helped.change) == (Standing.worked, "Keep it.") and "proven" in helped.why
    cases = [case(n, drawn=True, retained=False) for n in range(900)]
    held = [case(10_000 + n, held_out=True, drawn=True, retained=True) for n in range(100)]
    harmed = verdict_of(campaign_effect([*cases, *held], 10.0))
    assert harmed.standing is Standing.failed and harmed.change.startswith("Pause it")


def test_a_broken_draw_is_looked_at_before_any_effect() -> None:
    found = judged(900, 10, 50.0, responded=True, recovered=True, retained=True, is_ripe=True)
    assert found.standing is Standing.failed and "not drawn as planned" in found.why


def test_messages_that_drive_people_away_did_not_work() -> None:
    found = judged(40, delivered=1, unsubscribed=True, kind=PlaybookKind.engagement)
    assert found.standing is Standing.failed and "leave the list" in found.why

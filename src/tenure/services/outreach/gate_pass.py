"""The gate pass: every touch that is due asked in order of importance, so that the budget goes to the more important."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from tenure.clock import DAY_US, day_of
from tenure.model.intents import CreateTask, Intent
from tenure.model.touches import Channel, Gate, Outcome, Touch, Verdict
from tenure.ports.gating import Judged
from tenure.rules.delivery.warm_up import daily_cap
from tenure.rules.eligibility.budget import NOBODY_YET, Contacted, counts
from tenure.rules.eligibility.gates import Case, decide
from tenure.services.outreach.context import CaseFiles, OutreachContext

BATCH = 20_000
_NO_PERSON_LEFT = "no_contact"


def gate_pass(context: OutreachContext, now_us: int, stale_sources: Sequence[str], next_facts_us: int | None = None) -> Counter[str]:
    """Ask the gates of everything due; returns how many went which way, by outcome."""
    stores, venture_id = context.stores, context.venture_id
    counted: Counter[str] = Counter(expired=stores.touches.expire(venture_id, now_us=now_us))
    while due := stores.gating.due(venture_id, now_us=now_us, limit=BATCH):
        files = CaseFiles(context, due, now_us, stale_sources=stale_sources, next_facts_us=next_facts_us)
        judged = _judge_all(files, due, _Cap(context, files))
        moved = set(stores.gating.judge(venture_id, judged, files.contacted, now_us=now_us))
        counted.update(one.verdict.outcome.value for one in judged if one.touch.touch_id in moved)
        if not moved or len(due) < BATCH:
            break
    return counted


def _judge_all(files: CaseFiles, due: Sequence[Touch], cap: _Cap) -> list[Judged]:
    """In the order given; what one is let through on, the next one no longer has."""
    spent: dict[str, dict[str, Contacted]] = {}
    judged: list[Judged] = []
    for touch in due:
        case = _with_spent(files.case(touch), spent)
        verdict = cap.over(case, decide(case))
        if verdict.outcome is Outcome.allow and counts(touch.customer_facing, touch.purpose):
            _spend(spent, case)
        if touch.customer_facing and touch.expires_us is None:
            touch = msgspec.structs.replace(touch, expires_us=case.expires_us)
        judged.append(Judged(touch=touch, verdict=verdict, intents=_instead(case, verdict)))
    return judged


def _with_spent(case: Case, spent: Mapping[str, Mapping[str, Contacted]]) -> Case:
    mine = spent.get(case.touch.customer_id or "")
    return case if mine is None else msgspec.structs.replace(case, contacted=mine)


def _spend(spent: dict[str, dict[str, Contacted]], case: Case) -> None:
    mine = spent.setdefault(case.touch.customer_id or "", dict(case.contacted))
    mine[case.user_id] = mine.get(case.user_id, NOBODY_YET).and_one_waiting()


def _instead(case: Case, verdict: Verdict) -> tuple[Intent, ...]:
    """P5: a touch nobody may get becomes a task for the customer's owner. Expired it asks for nothing."""
    touch = case.touch
    if verdict.outcome is not Outcome.refuse or verdict.gate is not Gate.consent or touch.customer_id is None:
        return ()
    step = touch.step or touch.action_class.value
    wish = CreateTask(
        kind=_NO_PERSON_LEFT,
        title=f"Could not go out by {touch.channel.value}, find another person or way: {step}",
        due_us=case.now_us + DAY_US,
        customer_id=touch.customer_id,
        details={"reason": verdict.reason, "touch": touch.key},
    )
    return (Intent(key=f"{touch.key}:{_NO_PERSON_LEFT}", wish=wish, cause=touch.cause),)


class _Cap:
    """The daily cap of a domain that warms up (Day one, 6); counts what left today and what this pass lets through."""

    def __init__(self, context: OutreachContext, files: CaseFiles) -> None:
        parameters = files.parameters
        first_day, days = parameters.integer("email_warmup_per_day"), parameters.integer("email_warmup_days")
        self._cap = daily_cap(first_day, days, files.state().live_since_us, files.now_us)
        today_us = day_of(files.now_us) * DAY_US
        self._tomorrow_us = today_us + DAY_US
        used = 0 if self._cap is None else context.stores.outbox.left_since(context.venture_id, Channel.email, today_us)
        self._left = None if self._cap is None else max(0, self._cap - used)

    def over(self, case: Case, verdict: Verdict) -> Verdict:
        """The verdict, or wait until tomorrow when today's mails are used up."""
        touch = case.touch
        if self._left is None or verdict.outcome is not Outcome.allow or touch.by_person:
            return verdict
        if touch.channel is not Channel.email or not touch.customer_facing:
            return verdict
        if self._left <= 0:
            return case.wait(Gate.warm_up, f"today's {self._cap} mails of a new domain are used", case.moved(self._tomorrow_us))
        self._left -= 1
        return verdict



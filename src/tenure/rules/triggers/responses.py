"""What RETENTION-002, 003 and 004 want done: findings, proposals, plans and heals as wishes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from tenure.clock import DAY_US
from tenure.model.intents import (
    AskDecision,
    CreateTask,
    RaiseAlert,
    RunJob,
    SendSurvey,
    Wish,
    WriteFinding,
)
from tenure.model.readings import ComponentReading, VentureReadings
from tenure.model.triggers import TriggerAction
from tenure.rules.triggers.reasons import ReasonGroup, churn_reasons, detractor_pains, top

Named = tuple[str, Wish, float]
NEXT_STAGE = "next stage"
HEALS = {
    "scores": ("refresh", "Run the refresh again"),
    "crm": ("sync_crm", "Check the credentials and sync again"),
    "campaigns": ("restart_campaigns", "Restart stalled campaigns"),
    "surveys": ("deploy_surveys", "Check the channel and deploy again"),
}
"""The job that may heal each component, and what it does in words."""
HELP_FOR = {
    "onboarding friction": ("training", "Offer training to the customers who said it"),
    "feature gap": ("training", "Show what exists already, and tell what is planned"),
    "support": ("priority_support", "Give the customers who said it priority support"),
    "product quality": ("priority_support", "Give the customers who said it priority support"),
    "pricing": ("value_review", "Go through what the customers who said it get for their money"),
}


def venture_wishes(action: TriggerAction, readings: VentureReadings, now_us: int) -> list[Named]:
    """What a built-in response of RETENTION-002 or 003 wants, in order, each with its name."""
    match action.do:
        case "report_reasons":
            return _report(str(action.args["section"]), readings)
        case "adjust_campaigns":
            return [*_touch_points(readings), *_variants(readings), *_help(readings, now_us)]
        case "propose_product":
            return _product(readings)
        case "propose_pricing":
            return _pricing("propose_pricing", readings.as_of_us, churn_reasons(readings.voices))
        case "tell_chairman":
            return _tell(str(action.args["kind"]), readings)
        case "emergency_plan":
            return _plan(action, readings, now_us)
        case "root_cause_survey":
            return _root_causes(str(action.args["survey"]), readings)
        case _:
            return []


def _report(section: str, readings: VentureReadings) -> list[Named]:
    """The groups with counts and revenue; of detractors the top three with quotes."""
    pains = "detractor" in section
    groups = detractor_pains(readings.detractors) if pains else churn_reasons(readings.voices)
    shown = top(groups) if pains else groups
    details = {"groups": msgspec.to_builtins(shown), "voices": sum(one.count for one in groups), **_numbers(readings)}
    title = "The three main pains of detractors" if pains else "Why customers leave"
    return [("report_reasons", WriteFinding(section=section, title=title, details=details), 0.0)]


def _numbers(readings: VentureReadings) -> dict[str, object]:
    found: dict[str, object] = {}
    if readings.retention is not None:
        found["headline"], found["source"] = readings.retention.headline, readings.retention.source
    if readings.nps is not None:
        found |= {"nps": readings.nps.nps, "answers": readings.nps.answers, "window_days": readings.nps.window_days}
    return found


def _touch_points(readings: VentureReadings) -> list[Named]:
    wish = AskDecision(
        kind="configuration",
        title="More touch points for customers at risk",
        context={"parameter": "contact_budget_per_week", **_numbers(readings)},
        recommendation="One more step in the at_risk campaign, and one more touch a week in the budget.",
        options=("approve", "change", "nothing"),
        people=readings.at_risk_customers,
        revenue_cents=readings.at_risk_arr_cents,
    )
    return [("touch_points", wish, 0.0)]


def _variants(readings: VentureReadings) -> list[Named]:
    """A message variant for each main reason, as an A/B test."""
    found: list[Named] = []
    for group in top(churn_reasons(readings.voices)):
        wish = AskDecision(
            kind="publish",
            title=f"A message variant about {group.reason} as an A/B test",
            context={"reason": group.reason, "voices": group.count, "playbook": "at_risk", "quotes": list(group.quotes)},
            recommendation=f"Test it on half of the at_risk campaign: {group.share:.0%} of the voices name {group.reason}.",
            options=("approve", "change", "nothing"),
            people=readings.at_risk_customers,
            revenue_cents=group.arr_cents,
        )
        found.append((f"variant/{_word(group.reason)}", wish, 0.0))
    return found


def _help(readings: VentureReadings, now_us: int) -> list[Named]:
    found: list[Named] = []
    for group in top(churn_reasons(readings.voices), 1):
        kind, title = HELP_FOR[group.reason]
        task = CreateTask(
            kind=kind, title=title, due_us=now_us + 14 * DAY_US, assignee="lead",
            details={"reason": group.reason, "customers": group.customers, "arr_cents": group.arr_cents},
        )  # fmt: skip
        found.append((f"help/{kind}", task, 0.0))
    return found


def _product(readings: VentureReadings) -> list[Named]:
    groups = [one for one in churn_reasons(readings.voices) if one.reason in ("feature gap", "product quality", "onboarding friction")]
    details: dict[str, object] = {"groups": msgspec.to_builtins(groups), **_numbers(readings)}
    ask = AskDecision(
        kind="roadmap_change",
        title="Product changes that would keep customers",
        context=details,
        recommendation="Take the reason with the most revenue behind it into the roadmap.",
        options=("approve", "take_over", "nothing"),
        revenue_cents=sum(one.arr_cents for one in groups),
    )
    finding = WriteFinding(section=NEXT_STAGE, title="Product reasons behind lost customers", details=details)
    return [("propose_product", ask, 0.0), ("product_finding", finding, 0.0)]


def _pricing(name: str, as_of_us: int, groups: Iterable[ReasonGroup]) -> list[Named]:
    priced = [one for one in groups if one.reason == "pricing"]
    ask = AskDecision(
        kind="pricing",
        title="Pricing that customers leave or complain about",
        context={"groups": msgspec.to_builtins(priced)},
        recommendation="Review the plan these customers are on." if priced else "Nobody named the price: leave it as it is.",
        options=("approve", "take_over", "nothing"),
        revenue_cents=sum(one.arr_cents for one in priced),
    )
    return [(name, ask, 0.0)]


def _tell(kind: str, readings: VentureReadings) -> list[Named]:
    """The chairman at once, by alert, and as a decision to take control (RETENTION-003)."""
    numbers = _numbers(readings)
    nps = None if readings.nps is None or readings.nps.nps is None else round(readings.nps.nps)
    title = f"NPS is {nps}"
    alert = RaiseAlert(kind=kind, title=title, details=numbers)
    ask = AskDecision(
        kind="roadmap_change",
        title=f"{title}: take control, or authorise a change of course",
        context=numbers,
        recommendation="Read the three main pains first; the emergency plan is drafted beside them.",
        options=("take_over", "change_of_course", "nothing"),
        people=len({one.customer_id for one in readings.detractors}),
        revenue_cents=sum({one.customer_id: one.arr_cents or 0 for one in readings.detractors}.values()),
    )
    return [("tell_chairman", alert, 0.0), ("take_control", ask, 0.0)]


def _plan(action: TriggerAction, readings: VentureReadings, now_us: int) -> list[Named]:
    """Product to the next-stage report, support to capacity and training, pricing to the chairman; causes named and plan
    executed each with owner and date (A24)."""
    groups = detractor_pains(readings.detractors)
    by_pain = {one.reason: one for one in groups}
    causes_days, plan_days = (_days(action, name, default) for name, default in (("causes_days", 7), ("plan_days", 14)))
    found: list[Named] = [
        ("causes_named", CreateTask(kind="causes_named", title="Name the root causes of the negative NPS", due_us=now_us + causes_days, assignee="lead", priority="high"), 0.0),
        ("plan_executed", CreateTask(kind="plan_executed", title="Carry out the emergency plan", due_us=now_us + plan_days, assignee="lead", priority="high"), 0.0),
    ]  # fmt: skip
    for pain in ("product", "onboarding"):
        if pain in by_pain:
            details = msgspec.to_builtins(by_pain[pain])
            found.append((f"plan/{pain}", WriteFinding(section=NEXT_STAGE, title=f"Detractors: {pain}", details=details), 0.0))
    if "support" in by_pain:
        task = CreateTask(
            kind="support_capacity", title="Capacity and training of support", due_us=now_us + plan_days, assignee="lead",
            details=msgspec.to_builtins(by_pain["support"]),
        )  # fmt: skip
        found.append(("plan/support", task, 0.0))
    if "pricing" in by_pain:
        found += _pricing("plan/pricing", readings.as_of_us, groups)
    return found


def _days(action: TriggerAction, name: str, default: int) -> int:
    given = action.args.get(name, default)
    return round(float(given) * DAY_US) if isinstance(given, int | float) else default * DAY_US


def _root_causes(survey: str, readings: VentureReadings) -> list[Named]:
    """One short survey to each detractor, once per answer: most revenue first, should the budget end (A24)."""
    voices = sorted(readings.detractors, key=lambda one: (-(one.arr_cents or 0), one.customer_id, one.key))
    return [
        (
            f"{survey}/{one.key or one.customer_id}",
            SendSurvey(survey=survey, customer_id=one.customer_id, user_id=one.user_id, exempt_from_interval=True),
            0.0,
        )
        for one in voices
    ]


def heal_wishes(reading: ComponentReading, failures: int, eva_at: int) -> list[Named]:
    """What one failed check wants: the component's own heal, EVA at so many failures in a row, the chairman one later (A25)."""
    found: list[Named] = []
    if reading.component in HEALS:
        job, words = HEALS[reading.component]
        found.append(("heal", RunJob(job=job, args={"component": reading.component, "what": words, "wanted": list(reading.wanted)}), 0.0))
    details: dict[str, object] = {"component": reading.component, "failures": failures, "sentence": reading.sentence}
    if failures == eva_at:
        title = f"{reading.component} failed {failures} checks in a row"
        found.append(("eva", RaiseAlert(kind="system_degraded", title=title, details=details | {"to": "eva"}), 0.0))
    if failures == eva_at + 1:
        ask = AskDecision(
            kind="pause_resume",
            title=f"{reading.component} still fails after {failures} checks",
            context=details,
            recommendation="Have an engineer take over.",
            options=("take_over", "nothing"),
        )
        found.append(("chairman", ask, 0.0))
    return found


def overdue_wish(kinds: Sequence[str]) -> list[Named]:
    """Plans that are past their date go to the chairman (A24)."""
    return [
        (
            f"overdue/{kind}",
            AskDecision(
                kind="roadmap_change",
                title=f"Overdue: {kind.replace('_', ' ')}",
                context={"task": kind},
                recommendation="Take control, or give the owner a new date.",
                options=("take_over", "change_of_course", "nothing"),
            ),
            0.0,
        )
        for kind in dict.fromkeys(kinds)
    ]


def _word(text: str) -> str:
    return text.replace(" ", "_")

"""What the loop did, for the report page: done, answered, ended, refused, paused, waiting, achieved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from shlex import quote

import msgspec

from tenure.clock import DAY_US, iso
from tenure.model.decisions import Decision
from tenure.model.incidents import Incident, LoopState, Mode
from tenure.model.papers import Behind, Figure, Section
from tenure.model.report import EffectBar
from tenure.model.touches import EXPIRED
from tenure.ports.effect import EnteredCustomer
from tenure.ports.loop_summary import ChainSum, DoneSum, RefusalSum
from tenure.rules.wording import plain
from tenure.services.effect import EffectReport
from tenure.services.papers.campaigns import decisions_section, playbooks_section
from tenure.services.papers.writing import Writing, counted, keyed, rate_text
from tenure.stats.proportions import rate
from tenure.stats.result import Answer

DAYS = 30
REASONS_SHOWN = 12
STILL_SHOWN = 20
CHANNEL_WORDS = {
    "in_app": "in-app message",
    "call": "call",
    "email": "e-mail",
    "sms": "SMS",
    "survey": "survey",
    "webhook": "webhook",
}


@dataclass(frozen=True, slots=True)
class LoopInput:
    """Everything the loop's part of the report is made of; sums are over the last 30 days.

    `titles` are those of playbooks, by key; `still` customers whose chain ended and who are critical still (A15), with their
    score and revenue, most revenue first.
    """

    state: LoopState
    done: Sequence[DoneSum]
    not_done: Sequence[RefusalSum]
    chains: Sequence[ChainSum]
    still: Sequence[StillCritical]
    incidents: Sequence[Incident]
    decisions: Sequence[Decision]
    members: Sequence[Decision]
    effect: EffectReport
    entered: Sequence[EnteredCustomer]
    titles: Mapping[str, str]
    trigger_titles: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class StillCritical:
    """One customer of A15's list."""

    customer_id: str
    name: str
    score: float
    arr_cents: int | None
    owner: str


def loop_sections(given: LoopInput, writing: Writing) -> tuple[Section, ...]:
    """In the order a person asks: what was done, what came of it, what is stuck, what it is worth."""
    return (
        done_section(given, writing),
        chains_section(given, writing),
        still_section(given.still, writing),
        refusals_section(given.not_done, writing),
        stops_section(given.incidents, given.state, writing),
        decisions_section(given.decisions, given.members, writing),
        effect_section(given.effect, given.entered, writing),
        money_section(given.effect, writing),
    )


def done_section(given: LoopInput, writing: Writing) -> Section:
    """Touches by playbook and channel, with responses."""
    watching = (
        "The venture is in watch mode: it rehearses, and nothing leaves. "
        if given.state.mode is Mode.watch
        else ""
    )
    figures = tuple(_done(one, given.titles, writing) for one in given.done)
    return Section(
        key="done", title="What was done for whom", figures=figures,
        intro=f"{watching}Messages and calls to customers in the last {DAYS} days; a response is a reply, click, booked meeting, answered survey or reached call.",
        nothing="" if figures else f"Nothing was sent to customers in the last {DAYS} days.",
    )  # fmt: skip


def _touches(writing: Writing, *where: str) -> str:
    """The command that lists the touches to customers a figure counts, of the same days."""
    since, until = (iso(moment_us) for moment_us in (writing.now_us - DAYS * DAY_US, writing.now_us))
    return " ".join(("tenure touches --to-customers", *where, f"--since {since} --until {until}"))


def _done(one: DoneSum, titles: Mapping[str, str], writing: Writing) -> Figure:
    title = "Surveys and people" if one.playbook is None else titles.get(one.playbook, one.playbook)
    share, note = rate_text(rate(one.answered, one.customers, of="customers"))
    by = f"; {one.by_person:,} by a person" if one.by_person else ""
    query = _touches(writing, "--left", f"--playbook {quote(one.playbook or '')}", f"--channel {one.channel}")
    channel = CHANNEL_WORDS.get(one.channel, plain(one.channel))
    return Figure(
        key=f"done/{keyed(one.playbook or 'others')}/{one.channel}", label=f"{title}: {channel}", text=f"{one.sent:,} sent",
        note=f"to {counted(one.customers, 'customer')}; {share} responded ({note}){by}", query=query, total=one.customers, value=float(one.sent),
    )  # fmt: skip


def chains_section(given: LoopInput, writing: Writing) -> Section:
    """Chains open, and ended with their reasons."""
    groups: dict[str, list[ChainSum]] = {}
    for one in given.chains:
        groups.setdefault(one.trigger_id, []).append(one)
    figures = []
    for trigger, found in sorted(groups.items()):
        still = sum(one.chains for one in found if one.reason is None)
        ended = [one for one in found if one.reason is not None]
        reasons = ", ".join(f"{one.chains:,} {plain(one.reason or '')}" for one in ended) or "none has ended"
        figures.append(
            Figure(
                key=f"chains/{trigger}", label=f"{given.trigger_titles.get(trigger, trigger)} ({trigger})", text=f"{still:,} open",
                note=f"{sum(one.chains for one in ended):,} ended: {reasons}" if ended else reasons, query=f"tenure executions --open --trigger {trigger}",
                total=sum(one.chains for one in found),
            )
        )  # fmt: skip
    return Section(
        key="chains", title="Chains", figures=tuple(figures), intro=f"Open now, and ended in the last {DAYS} days with their reasons.",
        nothing="" if figures else "No trigger has fired yet.",
    )  # fmt: skip


def still_section(still: Sequence[StillCritical], writing: Writing) -> Section:
    """A15: their chain ended and they are critical still; they stay here until they are not."""
    figures = tuple(
        Figure(
            key=f"still/{one.customer_id}", label=one.name or one.customer_id, text=f"{one.score:g}", is_good=False,
            note=f"ARR {writing.money(one.arr_cents)}; {one.owner or 'no owner'}", query=f"tenure executions --customer {quote(one.customer_id)}",
            customers=(Behind(customer_id=one.customer_id, name=one.name),), total=1,
        )
        for one in still[:STILL_SHOWN]
    )  # fmt: skip
    more = f" The first {STILL_SHOWN} by revenue." if len(still) > STILL_SHOWN else ""
    return Section(
        key="still", title="Still critical", figures=figures,
        intro=f"{counted(len(still), 'customer')} whose chain ended while they are critical; each owner has a task.{more}" if still else "",
        nothing="" if figures else "Nobody: whoever's chain ended is no longer critical.",
    )  # fmt: skip


def refusals_section(found: Sequence[RefusalSum], writing: Writing) -> Section:
    """Why messages did not leave, most first."""
    by_reason: dict[tuple[str, str], list[RefusalSum]] = {}
    for one in found:
        by_reason.setdefault((one.state, _gate(one.reason)), []).append(one)
    sums = sorted(by_reason.items(), key=lambda pair: -sum(one.touches for one in pair[1]))
    figures = tuple(
        Figure(
            key=f"refusals/{state}/{keyed(gate)}", label=plain(gate).capitalize(), text=f"{sum(one.touches for one in ones):,}",
            note=_reasons(ones, gate), query=_touches(writing, f"--state {state}", f"--reason {quote(gate)}"), total=sum(one.customers for one in ones),
        )
        for (state, gate), ones in sums[:REASONS_SHOWN]
    )  # fmt: skip
    return Section(
        key="refusals", title="What did not leave, and why", figures=figures,
        intro=f"Messages to customers decided in the last {DAYS} days that a gate refused, put off or let expire.",
        nothing="" if figures else f"Every message of the last {DAYS} days left.",
    )  # fmt: skip


def _gate(reason: str) -> str:
    """`budget: 2 of 2 this week` -> budget; reasons without a gate are themselves."""
    return reason.removeprefix(EXPIRED).split(":", 1)[0].strip() or reason


def _reasons(ones: Sequence[RefusalSum], gate: str) -> str:
    said = dict.fromkeys(plain(one.reason.removeprefix(EXPIRED).removeprefix(gate).lstrip(":").strip()) for one in ones)
    shown = [text for text in said if text]
    more = f" and {counted(len(shown) - 2, 'more reason')}" if len(shown) > 2 else ""
    expired = "put off until it expired" if ones[0].reason.startswith(EXPIRED) else ones[0].state
    return "; ".join((expired, *shown[:2])) + more


def stops_section(incidents: Sequence[Incident], state: LoopState, writing: Writing) -> Section:
    """Open and recent incidents with their step, and everything paused now."""
    since_us = writing.now_us - DAYS * DAY_US
    figures = [
        Figure(
            key=f"stops/incident-{one.incident_id}", label=one.title, text="resumed" if one.state.is_over else plain(one.state.value),
            note=f"{plain(one.scope)}; since {writing.minute(one.opened_us)}" + (f" until {writing.minute(one.ended_us)}" if one.ended_us else ""),
            query=f"tenure incidents show {one.incident_id}", is_good=one.state.is_over,
        )
        for one in incidents
        if one.ended_us is None or one.ended_us >= since_us
    ]  # fmt: skip
    figures += [
        Figure(
            key=f"stops/pause-{pause.pause_id}", label=f"Paused: {plain(pause.scope)}", text=f"since {writing.day(pause.since_us)}",
            note=f"{pause.why} ({pause.by})" + (f"; {pause.cohort_percent:g} % act again" if pause.cohort_percent else ""),
            query="tenure status", is_good=False,
        )
        for pause in state.pauses
        if pause.incident_id is None
    ]  # fmt: skip
    return Section(
        key="stops", title="Incidents and pauses", figures=tuple(figures), nothing="" if figures else f"Nothing is paused, and no safety rule tripped in the last {DAYS} days.",
    )  # fmt: skip


SHOWN_OF_EFFECT = ("customers", "retention", "recovery", "against holdout", "response", "contacted in time", "came back")
"""The money has its own section; messages and variants are told by `tenure effect`."""


def effect_section(report: EffectReport, entered: Sequence[EnteredCustomer], writing: Writing) -> Section:
    """Each playbook against its holdout, in short."""
    whole = playbooks_section(report, entered, writing)
    figures = tuple(
        msgspec.structs.replace(one, lines=tuple(line for line in one.lines if line[0] in SHOWN_OF_EFFECT)) for one in whole.figures
    )
    return msgspec.structs.replace(whole, key="effect", title="Effect against the holdout", figures=figures)


def money_section(report: EffectReport, writing: Writing) -> Section:
    """M18: value kept against cost, proven apart from not proven."""
    figures = [_total(report, writing)] if report.campaigns else []
    for one in report.campaigns:
        value = one.effect.value
        if value.low is None or value.high is None:
            text, proof = f"{writing.money(value.cents)} not proven", None
        else:
            text, proof = (
                f"{writing.money(value.cents)} ({writing.money(value.low)} to {writing.money(value.high)})",
                value.is_proven or None,
            )
        figures.append(
            Figure(
                key=f"money/{one.effect.playbook}-{one.effect.version}", label=f"{one.title} (version {one.effect.version})", text=text, is_good=proof,
                note=f"cost {writing.money(round(value.cost_cents))}. {value.sentence}", query=writing.at(f"tenure effect {one.effect.playbook} --days {report.days}"),
                total=one.effect.treated,
            )
        )  # fmt: skip
    return Section(
        key="money", title="Value kept against cost", figures=tuple(figures),
        intro="Retention difference to the holdout times the revenue treated, over 12 months; without a holdout it is recovered revenue, not proven.",
        nothing="" if figures else "No playbook has been entered yet.",
    )  # fmt: skip


def _total(report: EffectReport, writing: Writing) -> Figure:
    values = [one.effect.value for one in report.campaigns]
    proven = sum(one.cents for one in values if one.is_proven)
    cost = round(sum(one.cost_cents for one in values))
    return Figure(
        key="money/all", label="All playbooks", text=f"{writing.money(proven)} proven", is_good=proven > cost or None,
        note=f"cost {writing.money(cost)}: messages, discounts granted and minutes logged", query=writing.at(f"tenure effect --days {report.days}"),
    )  # fmt: skip


def effect_bars(report: EffectReport) -> tuple[EffectBar, ...]:
    """Recovery and retention against the holdout, where there is an answer, for the chart."""
    found = []
    for one in report.campaigns:
        for what, outcome in (
            ("retention", one.effect.retention_effect),
            ("recovery", one.effect.recovery_effect),
        ):
            if isinstance(outcome, Answer):
                ends = outcome.value.interval
                found.append(
                    EffectBar(
                        label=f"{one.title}, v{one.effect.version}",
                        what=what,
                        value=outcome.value.value,
                        low=ends.low,
                        high=ends.high,
                    )
                )
    return tuple(found)

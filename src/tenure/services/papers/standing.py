"""Where customers stand and where that goes: segments against before, cohorts, the headline, the machine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from shlex import quote

from tenure.model.papers import Figure, Section
from tenure.ports.metric_results import DayHealth, RetentionResult, SegmentsResult, Standing
from tenure.rules.system_health import SystemHealth, SystemStatus
from tenure.services.papers.writing import Writing, counted, keyed, rate_text
from tenure.stats.result import Answer

SEGMENTS_SHOWN = 30
OF_PRODUCT = ("plan", "stage", "industry", "size", "saved")
"""Owners are judged nowhere here: their customers differ."""
MONTHS_SHOWN = 12
WEEK_DAYS = 7

Who = Callable[[str, str], Sequence[str]]


def segments_section(
    found: SegmentsResult,
    before: SegmentsResult,
    days: int,
    who: Callable[[str, str], Sequence[str]],
    writing: Writing,
) -> Section:
    """The average of each segment now and `days` ago.

    Args:
        who: (column, segment) -> the customers in it.
    """
    past = {(one.by, one.segment): one.standing for one in before.segments}
    figures = []
    for one in [one for one in found.segments if one.by in OF_PRODUCT][:SEGMENTS_SHOWN]:
        ids = who(one.by, one.segment)
        query = f"tenure metrics segments --by {one.by} --segment {quote(one.segment)} --who customers"
        figures.append(
            Figure(
                key=f"health/{one.by}/{keyed(one.segment)}", label=f"{one.by}: {one.segment}",
                text=f"{one.standing.average:g}{_moved(one.standing, past.get((one.by, one.segment)))}", note=_counts(one.standing),
                query=writing.at(query), customers=writing.who(ids), total=one.standing.customers, value=one.standing.average,
            )
        )  # fmt: skip
    return Section(
        key="health", title="Health by segment", figures=tuple(figures),
        intro=f"Average score now, and the change since {days} days ago. Lowest first.",
        nothing="" if figures else "Nobody is scored yet.",
    )  # fmt: skip


def _moved(now: Standing, before: Standing | None) -> str:
    return " (new)" if before is None else f" ({signed(now.average - before.average)})"


def _counts(one: Standing) -> str:
    return f"{counted(one.customers, 'customer')}: {one.healthy.count:,} healthy, {one.at_risk.count:,} at risk, {one.critical.count:,} critical"


def signed(change: float) -> str:
    """`+2.1`, `−0.4`, `±0`."""
    said = f"{abs(change):.1f}".removesuffix(".0")
    return "±0" if said == "0" else f"{'+' if change > 0 else '−'}{said}"


def week_section(days: Sequence[DayHealth], who: Who, writing: Writing) -> Section:
    """Health now against a week ago, from the published daily scores."""
    if not days:
        return Section(key="week", title="Week over week", nothing="Nobody is scored yet.")
    now = days[-1]
    earlier = [one for one in days if one.day <= now.day - WEEK_DAYS]
    before = earlier[-1] if earlier else None
    figures = [
        Figure(
            key="week/average", label="Average health", text=f"{now.average:.1f}", value=now.average,
            note="no score of a week ago" if before is None else f"{signed(now.average - before.average)} since a week ago ({before.average:.1f})",
            query=writing.at("tenure metrics health"), is_good=None if before is None else now.average >= before.average,
        )
    ]  # fmt: skip
    for name in ("healthy", "at_risk", "critical"):
        count = getattr(now, name)
        change = None if before is None else count - getattr(before, name)
        ids = who("health", name)
        figures.append(
            Figure(
                key=f"week/{name}", label=name.replace("_", " ").capitalize(), text=f"{count:,}",
                note="" if change is None else f"{signed(change)} since a week ago", query=writing.at(f"tenure metrics health --who {name}"),
                customers=writing.who(ids), total=len(ids), value=float(count),
            )
        )  # fmt: skip
    return Section(key="week", title="Week over week", figures=tuple(figures))


def retention_section(found: RetentionResult, who: Who, writing: Writing) -> Section:
    """The headline as it was stored each month, newest first."""
    figures = []
    for month in list(found.history)[-MONTHS_SHOWN:][::-1]:
        if not isinstance(month.headline, Answer):
            continue
        rate = month.headline.value.rate
        text, note = rate_text(Answer(rate))
        cell = f"headline/{month.month}/lost"
        ids = who("retention", cell)
        figures.append(
            Figure(
                key=f"retention/{month.month}", label=month.month, text=text, note=f"{note}; opens into those lost",
                query=writing.at(f"tenure metrics retention --who {cell}"), customers=writing.who(ids), total=len(ids), value=rate.value,
                is_good=100 * rate.value >= found.target_percent,
            )
        )  # fmt: skip
    sentence = "" if isinstance(found.headline, Answer) else found.headline.sentence
    return Section(
        key="retention", title="Retention trend", figures=tuple(figures), intro=f"The target is {found.target_percent:g} %.",
        nothing="" if figures else sentence or "No month has ended yet.",
    )  # fmt: skip


def cohorts_section(found: RetentionResult, who: Who, writing: Writing) -> Section:
    """Active retention of each mature month of sign-ups, newest first."""
    figures = []
    for one in [one for one in found.active if one.is_mature][-MONTHS_SHOWN:][::-1]:
        text, note = rate_text(one.active)
        cell = f"active/{one.cohort}/lost"
        ids = who("retention", cell) if text else ()
        figures.append(
            Figure(
                key=f"cohorts/{one.cohort}", label=one.cohort, text=text or "no answer", note=note, customers=writing.who(ids), total=len(ids),
                query=writing.at(f"tenure metrics retention --who {cell}"), is_good=one.on_target,
            )
        )  # fmt: skip
    return Section(
        key="cohorts", title="Cohorts", figures=tuple(figures), intro="Of the sign-ups of a month, who is still active. Opens into those lost.",
        nothing="" if figures else "No cohort is old enough yet.",
    )  # fmt: skip


def system_section(found: SystemHealth, uptime_percent: float | None, writing: Writing) -> Section:
    """How the machine is doing."""
    figures = [
        Figure(
            key=f"system/{one.component}", label=one.component.replace("_", " "), text=one.status.value, note=one.sentence,
            query=writing.at("tenure metrics system"), is_good=one.status is SystemStatus.healthy,
        )
        for one in found.components
    ]  # fmt: skip
    if uptime_percent is not None:
        figures.insert(
            0,
            Figure(
                key="system/uptime",
                label="uptime of the last week",
                text=f"{uptime_percent:.2f} %",
                query="tenure crew status",
            ),
        )
    return Section(key="system", title="System", figures=tuple(figures))

"""What customers say: NPS, CSAT and CES from the latest answer of each person in a window."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from tenure.clock import DAY_US
from tenure.stats.nps import (
    CES_SCALE,
    CSAT_SCALE,
    MeanScore,
    Nps,
    NpsCounts,
    NpsDifference,
    WeightedSums,
    mean_score,
    net_promoter_score,
    nps_difference,
    weighted_net_promoter_score,
)
from tenure.stats.proportions import rate
from tenure.stats.result import Outcome, Rate
from tenure.warehouse.metrics.members import external_customers, rows
from tenure.warehouse.view import FactsView

NPS_WINDOWS_DAYS = (30, 90, 180)
NOT_MEASURED = "Not measured: no record of who was asked exists before surveys are sent from here."


@dataclass(frozen=True, slots=True)
class NpsSegment:
    """NPS of one segment."""

    segment: str
    score: Outcome[Nps]


@dataclass(frozen=True, slots=True)
class NpsResult:
    """The NPS page. `window_days` is the window that was used (M14); response rate comes with surveys."""

    window_days: int
    counts: NpsCounts
    score: Outcome[Nps]
    by_account: Outcome[Nps]
    by_revenue: Outcome[Nps]
    change: Outcome[NpsDifference]
    by: str | None
    segments: tuple[NpsSegment, ...]
    response_rate: str = NOT_MEASURED


def answer_members(view: FactsView, survey: str, from_us: int, to_us: int) -> ir.Table:
    """The latest answer per person in [from, to): customer_id, person, score, group, arr_cents, segments.

    A person is the user who answered, else the customer. Of answers at the same moment the higher counts, so that
    the order of arrival does not matter.
    """
    answers = view.answers()
    asked = answers.filter((answers.survey.lower() == survey) & (answers.answered_us >= from_us) & (answers.answered_us < to_us))
    person = ibis.coalesce(asked.user_key, -1 - asked.customer_key)
    ordered = asked.mutate(person=person).mutate(
        place=ibis.row_number().over(
            group_by=ibis._.person, order_by=[ibis.desc(ibis._.answered_us), ibis.desc(ibis._.score)]
        )
    )
    latest = ordered.filter(ordered.place == 0)
    joined = latest.inner_join(external_customers(view), "customer_key")
    return joined.select(
        customer_key=joined.customer_key,
        customer_id=joined.customer_id,
        person=joined.person,
        score=joined.score,
        group=ibis.cases((joined.score >= 9, "promoter"), (joined.score >= 7, "passive"), else_="detractor"),
        arr_cents=joined.arr_cents,
        plan=joined.plan,
        stage=joined.stage,
        owner=joined.owner,
        industry=joined.industry,
        size=joined.size,
    )


def _histogram(members: ir.Table) -> dict[int, int]:
    found = rows(members.filter(members.score.between(0, 10)).group_by("score").agg(answers=ibis._.count()))
    return {int(row["score"]): int(row["answers"]) for row in found}


def _weighted(members: ir.Table, weight: str) -> WeightedSums:
    """One row per account: x the mean of its answers as +1 / 0 / -1, w = 1 or its ARR."""
    value = ibis.cases((members.group == "promoter", 1.0), (members.group == "detractor", -1.0), else_=0.0)
    accounts = members.mutate(value=value).group_by("customer_key").agg(
        x=ibis._.value.sum() / ibis._.value.count(), arr=ibis._.arr_cents.max().cast("float64")
    )
    weighted = accounts.mutate(w=ibis.literal(1.0) if weight == "account" else accounts.arr).filter(ibis._.w > 0)
    w, x = weighted.w, weighted.x
    row = rows(
        weighted.agg(count=weighted.count(), w=w.sum(), wx=(w * x).sum(), w2=(w * w).sum(), w2x=(w * w * x).sum(), w2x2=(w * w * x * x).sum())
    )[0]
    return WeightedSums(int(row["count"]), *(float(row[name] or 0) for name in ("w", "wx", "w2", "w2x", "w2x2")))


def _window(view: FactsView, min_answers: int) -> tuple[int, ir.Table, NpsCounts]:
    """The narrowest window with enough answers, else the widest (M14)."""
    for days in NPS_WINDOWS_DAYS:
        members = answer_members(view, "nps", view.now_us - days * DAY_US, view.now_us)
        found = NpsCounts.of_scores(_histogram(members))
        if found.total >= min_answers or days == NPS_WINDOWS_DAYS[-1]:
            return days, members, found
    raise AssertionError("there is always a widest window")


def nps(view: FactsView, min_answers: int = 100, by: str | None = None) -> NpsResult:
    """NPS in the window that has enough answers; verdicts only with `min_answers` (nps_min_responses)."""
    days, members, found = _window(view, min_answers)
    segments = {} if by is None else _by_segment(members, by)
    accounts, money = _weighted(members, "account"), _weighted(members, "revenue")
    return NpsResult(
        window_days=days,
        counts=found,
        score=net_promoter_score(found, min_answers=min_answers),
        by_account=weighted_net_promoter_score(accounts, min_answers=min_answers, answers=found.total),
        by_revenue=weighted_net_promoter_score(money, min_answers=min_answers, answers=found.total),
        change=_change(view, min_answers),
        by=by,
        segments=tuple(
            NpsSegment(name, net_promoter_score(counts_, min_answers=min_answers)) for name, counts_ in sorted(segments.items())
        ),
    )


def _change(view: FactsView, min_answers: int) -> Outcome[NpsDifference]:
    """The last 30 days against the 30 before, each with enough answers (M15)."""
    width = 30 * DAY_US
    now = NpsCounts.of_scores(_histogram(answer_members(view, "nps", view.now_us - width, view.now_us)))
    before = NpsCounts.of_scores(_histogram(answer_members(view, "nps", view.now_us - 2 * width, view.now_us - width)))
    return nps_difference(now, before, min_answers=min_answers)


def _by_segment(members: ir.Table, by: str) -> dict[str, NpsCounts]:
    histograms: dict[str, dict[int, int]] = {}
    grouped = members.filter(members.score.between(0, 10)).group_by([by, "score"]).agg(answers=ibis._.count())
    for row in rows(grouped):
        histograms.setdefault(row[by], {})[int(row["score"])] = int(row["answers"])
    return {name: NpsCounts.of_scores(histogram) for name, histogram in histograms.items()}


@dataclass(frozen=True, slots=True)
class SatisfactionResult:
    """CSAT or CES over the window: the mean in its own scale, and the share of the top boxes."""

    survey: str
    window_days: int
    answers: int
    mean: Outcome[MeanScore]
    top_box: Outcome[Rate]


SCALES = {"csat": CSAT_SCALE, "ces": CES_SCALE}
TOP_BOXES = 2


def satisfaction(view: FactsView, survey: str = "csat", min_answers: int = 30, window_days: int = 90) -> SatisfactionResult:
    """CSAT (1-5) or CES (1-7) over the window, the latest answer per person; answers off the scale are left out."""
    scale = SCALES[survey]
    members = answer_members(view, survey, view.now_us - window_days * DAY_US, view.now_us)
    on_scale = members.filter(members.score.between(int(scale.low), int(scale.high)))
    score = on_scale.score
    row = rows(
        on_scale.agg(
            answers=on_scale.count(),
            total=score.sum(),
            squares=(score * score).sum(),
            top=(score > int(scale.high) - TOP_BOXES).cast("int64").sum(),
        )
    )[0]
    count = int(row["answers"])
    return SatisfactionResult(
        survey=survey,
        window_days=window_days,
        answers=count,
        mean=mean_score(count, float(row["total"] or 0), float(row["squares"] or 0), scale, min_answers=min_answers),
        top_box=rate(int(row["top"] or 0), count, min_total=min_answers, of="answers"),
    )

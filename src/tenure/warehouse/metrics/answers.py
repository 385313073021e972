"""What customers say: NPS, CSAT and CES from the latest answer of each person in a window."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ibis
import ibis.expr.types as ir

from tenure.clock import DAY_US
from tenure.ports.metric_results import NpsResult, NpsVerdict, SatisfactionResult
from tenure.ports.metrics import MetricSettings
from tenure.stats.nps import (
    CES_SCALE,
    CSAT_SCALE,
    Nps,
    NpsCounts,
    Scale,
    WeightedSums,
    mean_score,
    net_promoter_score,
    nps_difference,
    weighted_net_promoter_score,
)
from tenure.stats.proportions import rate
from tenure.stats.result import Answer, NoAnswer, Outcome, not_enough_answers, not_measured
from tenure.warehouse.metrics.members import Population, rows, segments_of

WIDER_WINDOWS_DAYS = (90, 180)
CHANGE_DAYS = 30
NPS_SCALE = Scale(0, 10)
SCALES = {"nps": NPS_SCALE, "csat": CSAT_SCALE, "ces": CES_SCALE}
TOP_BOXES = 2
RESPONSE_RATE = not_measured(
    "The response rate is not measured: nobody recorded who was asked. Who did not answer may think differently."
)

Histogram = dict[int, int]


def answer_members(population: Population, survey: str, from_us: int, to_us: int) -> ir.Table:
    """The latest answer per person in [from, to) on the survey's scale: customer_id, segment, person, score, group.

    A person is the user who answered, else the customer. Of answers at the same moment the higher counts, so that
    the order of arrival does not matter.
    """
    answers, scale = population.view.answers(), SCALES[survey]
    asked = answers.filter(
        (answers.survey.lower() == survey)
        & (answers.answered_us >= from_us)
        & (answers.answered_us < to_us)
        & answers.score.between(int(scale.low), int(scale.high))
    )
    person = ibis.coalesce(asked.user_key, -1 - asked.customer_key)
    named = asked.mutate(person=person)
    newest_first = ibis.window(
        group_by=named.person, order_by=[named.answered_us.desc(), named.score.desc(), named.customer_key]
    )
    ordered = named.mutate(place=ibis.row_number().over(newest_first))
    latest = ordered.filter(ordered.place == 0).select("customer_key", "person", "score")
    joined = latest.inner_join(population.customers(), "customer_key")
    return joined.select("customer_key", "customer_id", "segment", "person", "score", "arr_cents", group=_group(joined.score))


def _group(score: Any) -> Any:
    return ibis.cases((score >= 9, "promoters"), (score >= 7, "passives"), else_="detractors")


def windows_days(settings: MetricSettings) -> tuple[int, ...]:
    """The windows tried, narrowest first (M14)."""
    return (settings.nps_window_days, *(days for days in WIDER_WINDOWS_DAYS if days > settings.nps_window_days))


def chosen_window(population: Population, survey: str) -> int:
    """The narrowest window with enough answers, else the widest; one window for the whole page (M14)."""
    whole, now_us = population.without_split(), population.view.now_us
    tried = windows_days(population.settings)
    for days in tried:
        members = answer_members(whole, survey, now_us - days * DAY_US, now_us)
        if int(rows(members.agg(answers=members.count()))[0]["answers"]) >= population.settings.nps_min_responses:
            return days
    return tried[-1]


def _window(population: Population, survey: str, days: int, until_days: int = 0) -> ir.Table:
    now_us = population.view.now_us
    return answer_members(population, survey, now_us - days * DAY_US, now_us - until_days * DAY_US)


def _histograms(members: ir.Table) -> dict[str, Histogram]:
    found: dict[str, Histogram] = {}
    for row in rows(members.group_by(["segment", "score"]).agg(answers=members.count())):
        found.setdefault(row["segment"], {})[int(row["score"])] = int(row["answers"])
    return found


def _weighted(members: ir.Table) -> dict[str, tuple[WeightedSums, WeightedSums]]:
    """By segment: sums with one row per account (x the mean of its answers), by account and by ARR."""
    sign = ibis.cases((members.group == "promoters", 1), (members.group == "detractors", -1), else_=0)
    signed = members.mutate(sign=sign)
    accounts = signed.group_by(["segment", "customer_key"]).agg(
        x=signed.sign.sum() / signed.count(), arr=ibis.coalesce(signed.arr_cents.max(), 0)
    )
    one, money = ibis.literal(1.0), accounts.arr.cast("float64")
    grouped = accounts.group_by("segment").agg(
        **_sums("account", accounts.x, one, accounts.x.notnull()), **_sums("money", accounts.x, money, accounts.arr > 0)
    )
    return {row["segment"]: (_sums_of(row, "account"), _sums_of(row, "money")) for row in rows(grouped)}


def _sums(name: str, x: Any, w: Any, counted: Any) -> dict[str, Any]:
    terms = {"w": w + 0 * x, "wx": w * x, "w2": w * w + 0 * x, "w2x": w * w * x, "w2x2": w * w * x * x}
    sums = {f"{name}_{term}": value.sum(where=counted) for term, value in terms.items()}
    return {f"{name}_count": counted.cast("int64").sum(), **sums}


def _sums_of(row: dict[str, Any], name: str) -> WeightedSums:
    terms = (float(row[f"{name}_{term}"] or 0) for term in ("w", "wx", "w2", "w2x", "w2x2"))
    return WeightedSums(int(row[f"{name}_count"] or 0), *terms)


def nps(population: Population) -> dict[str, NpsResult]:
    """By segment: NPS in the window that has enough answers; verdicts only with `nps_min_responses`."""
    days = chosen_window(population, "nps")
    members = _window(population, "nps", days)
    found, weighted = _histograms(members), _weighted(members)
    recent = _histograms(_window(population, "nps", CHANGE_DAYS))
    before = _histograms(_window(population, "nps", 2 * CHANGE_DAYS, CHANGE_DAYS))
    nothing = (NpsCounts(0, 0, 0).sums(),) * 2
    return {
        name: _nps_result(
            population.settings,
            days,
            NpsCounts.of_scores(found.get(name, {})),
            weighted.get(name, nothing),
            NpsCounts.of_scores(recent.get(name, {})),
            NpsCounts.of_scores(before.get(name, {})),
        )
        for name in segments_of(found, population)
    }


def _nps_result(
    settings: MetricSettings,
    days: int,
    counts: NpsCounts,
    weighted: tuple[WeightedSums, WeightedSums],
    recent: NpsCounts,
    before: NpsCounts,
) -> NpsResult:
    least = settings.nps_min_responses
    score = net_promoter_score(counts, min_answers=least)
    return NpsResult(
        window_days=days,
        counts=counts,
        score=score,
        verdict=_verdict(score, settings),
        by_account=weighted_net_promoter_score(weighted[0], min_answers=least, answers=counts.total),
        by_revenue=weighted_net_promoter_score(weighted[1], min_answers=least, answers=counts.total),
        change=nps_difference(recent, before, min_answers=least),
        last_30_days=recent,
        previous_30_days=before,
        response_rate=RESPONSE_RATE,
    )


def _verdict(score: Outcome[Nps], settings: MetricSettings) -> Outcome[NpsVerdict]:
    if isinstance(score, NoAnswer):
        return score
    steps = (
        (settings.nps_excellent_score, NpsVerdict.EXCELLENT),
        (settings.nps_target_score, NpsVerdict.ON_TARGET),
        (settings.nps_positive_threshold, NpsVerdict.PASSES),
    )
    reached = (verdict for border, verdict in steps if score.value.value >= border)
    return Answer(next(reached, NpsVerdict.NEGATIVE))


def satisfaction(population: Population, survey: str) -> dict[str, SatisfactionResult]:
    """By segment: CSAT (1-5) or CES (1-7), with the windows and the least number of answers of NPS."""
    days = chosen_window(population, survey)
    found = _histograms(_window(population, survey, days))
    return {
        name: _satisfaction_result(population.settings, survey, days, found.get(name, {}))
        for name in segments_of(found, population)
    }


def _satisfaction_result(settings: MetricSettings, survey: str, days: int, found: Histogram) -> SatisfactionResult:
    scale, least = SCALES[survey], settings.nps_min_responses
    answers = sum(found.values())
    total = sum(score * n for score, n in found.items())
    squares = sum(score * score * n for score, n in found.items())
    top = sum(n for score, n in found.items() if score > int(scale.high) - TOP_BOXES)
    return SatisfactionResult(
        survey=survey,
        window_days=days,
        answers=answers,
        per_score={score: found.get(score, 0) for score in range(int(scale.low), int(scale.high) + 1)},
        mean=mean_score(answers, total, squares, scale, min_answers=least),
        top_box=rate(top, answers) if answers >= least else not_enough_answers(answers, least),
        response_rate=RESPONSE_RATE,
    )


def nps_cell(population: Population, parts: Sequence[str]) -> ir.Table | None:
    """answers, promoters, passives, detractors; the same under last_30_days/ and previous_30_days/."""
    match list(parts):
        case [cell]:
            return _group_cell(_window(population, "nps", chosen_window(population, "nps")), cell)
        case ["last_30_days", cell]:
            return _group_cell(_window(population, "nps", CHANGE_DAYS), cell)
        case ["previous_30_days", cell]:
            return _group_cell(_window(population, "nps", 2 * CHANGE_DAYS, CHANGE_DAYS), cell)
    return None


def _group_cell(members: ir.Table, cell: str) -> ir.Table | None:
    if cell == "answers":
        return members
    return members.filter(members.group == cell) if cell in ("promoters", "passives", "detractors") else None


def satisfaction_cell(population: Population, survey: str, parts: Sequence[str]) -> ir.Table | None:
    """answers, top_box, score/N."""
    members = _window(population, survey, chosen_window(population, survey))
    match list(parts):
        case ["answers"]:
            return members
        case ["top_box"]:
            return members.filter(members.score > int(SCALES[survey].high) - TOP_BOXES)
        case ["score", number]:
            return members.filter(members.score == int(number))
    return None

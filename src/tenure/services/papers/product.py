"""What customers use, ask for, and say when they leave or are unhappy."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from tenure.model.papers import Figure, Section
from tenure.model.readings import Voice
from tenure.ports.metric_results import ChurnResult, NpsResult
from tenure.ports.product import ProductUse
from tenure.rules.quotes import quoted
from tenure.rules.requests import requests_of, sum_known
from tenure.rules.triggers.reasons import OTHER, pain_of, reason_of
from tenure.services.insights.wording import churn_split
from tenure.services.papers.writing import Writing, counted, keyed, rate_text
from tenure.stats.proportions import rate
from tenure.stats.result import NoAnswer

MOST_REQUESTS = 15
QUOTES = 3
DETRACTOR, PROMOTER = 6, 9
EXIT, NPS = "exit", "nps"
THEMES = {
    "product": "Product",
    "support": "Support",
    "pricing": "Price",
    "onboarding": "Getting started",
    OTHER: "Everything else",
}

Filed = Sequence[tuple[Voice, str]]
"""Voices, each with the category it was filed under."""


def features_section(use: ProductUse, days: int, writing: Writing) -> Section:
    """Most used features and how many of the customers use them."""
    figures = []
    for one in use.features:
        key = f"features/{keyed(one.feature)}"
        text, note = rate_text(rate(one.adopted, use.customers, of="customers"))
        figures.append(
            Figure(
                key=key, label=one.feature, text=text, value=one.adopted / use.customers if use.customers else None,
                note=f"{note}; recorded {counted(one.uses, 'time')}, of {one.lately:,} in the last {days} days; ARR {writing.money(one.arr_cents)}",
                query=writing.opens(key), customers=writing.who(one.customer_ids), total=one.adopted,
            )
        )  # fmt: skip
    return Section(
        key="features", title="Most used features", figures=tuple(figures),
        intro=f"Adoption: the share of the {use.customers:,} customers who have not left that use it, with its 95 % interval.",
        nothing="" if figures else "Nobody adopted a feature yet; feature events come in with `[[facts.feature_rules]]`.",
    )  # fmt: skip


def requests_section(filed: Filed, days: int, writing: Writing) -> Section:
    """Most requested features, from tickets and comments, with counts and revenue."""
    figures = []
    for one in requests_of(filed)[:MOST_REQUESTS]:
        key = f"requests/{one.key}"
        unknown = f"; ARR of {one.arr_unknown:,} is not known" if one.arr_unknown else ""
        figures.append(
            Figure(
                key=key, label=one.wish[:1].upper() + one.wish[1:], text=writing.money(one.arr_cents),
                note=f"asked for {counted(one.count, 'time')} by {counted(len(one.customer_ids), 'customer')}{unknown}",
                query=writing.opens(key), quotes=tuple(quoted(text) for text in one.quotes[:QUOTES]),
                customers=writing.who(one.customer_ids), total=len(one.customer_ids), value=None if one.arr_cents is None else one.arr_cents / 100,
            )
        )  # fmt: skip
    return Section(
        key="requests", title="Most requested features", figures=tuple(figures),
        intro=f"What tickets and comments of the last {days} days ask for, by the revenue a year of those who ask.",
        nothing="" if figures else f"No ticket or comment of the last {days} days asks for anything.",
    )  # fmt: skip


def leaving_voices(filed: Filed) -> list[Voice]:
    """Why customers leave: answers to the exit survey, and comments beside low scores."""
    return [
        one
        for one, _ in filed
        if one.source == EXIT or (one.score is not None and one.score <= DETRACTOR and one.source == NPS)
    ]


def churn_section(
    churn: ChurnResult, filed: Filed, who: Callable[[str, str], Sequence[str]], days: int, writing: Writing
) -> Section:
    """Who left last month, and the reasons by revenue.

    Args:
        who: the customers behind a cell of a metric.
    """
    said = leaving_voices(filed)
    figures = [*_last_month(churn, who, writing), *_reasons(said, writing)]
    return Section(
        key="churn", title="Why customers leave", figures=tuple(figures),
        intro=f"Reasons as the exit survey and comments beside low scores of the last {days} days give them.",
        nothing="" if figures else "Nobody left, and nobody said why they would.",
    )  # fmt: skip


def _last_month(
    churn: ChurnResult, who: Callable[[str, str], Sequence[str]], writing: Writing
) -> Iterator[Figure]:
    if not churn.months:
        return
    month = churn.months[-1]
    text, note = rate_text(month.customers)
    cell = f"{month.month}/churned"
    ids = who("churn", cell) if text else ()
    yield Figure(
        key="churn/last-month", label=f"Left in {month.month}", text=text or "no answer yet", note=f"{note}; {churn_split(month)}" if text else note,
        query=writing.at(f"tenure metrics churn --who {cell}"), customers=writing.who(ids), total=len(ids),
    )  # fmt: skip


def _reasons(said: Sequence[Voice], writing: Writing) -> Iterator[Figure]:
    for reason, voices in _by_revenue(said, lambda one: reason_of(one.text)):
        money = _money(voices)
        key = f"churn/{keyed(reason)}"
        yield Figure(
            key=key, label=reason[:1].upper() + reason[1:], text=writing.money(sum_known(money.values())),
            note=f"{counted(len(voices), 'voice')} of {len(said):,}, from {counted(len(money), 'customer')}{_unknown(money)}", query=writing.opens(key),
            quotes=_quotes(voices), customers=writing.who(money), total=len(money), value=len(voices) / len(said),
        )  # fmt: skip


def nps_section(
    nps: NpsResult, filed: Filed, who: Callable[[str, str], Sequence[str]], writing: Writing
) -> Section:
    """The score with its window, and what promoters and detractors talk about, in their words."""
    since_us = writing.now_us - nps.window_days * 86_400_000_000
    said = [
        one for one, _ in filed if one.source == NPS and one.score is not None and one.occurred_us >= since_us
    ]
    figures = [_score(nps, who, writing), *_themes(said, writing)]
    return Section(
        key="nps", title="NPS and what it is about", figures=tuple(figures),
        intro=f"Answers of the last {nps.window_days} days, the newest of each person; themes of those who wrote a comment.",
    )  # fmt: skip


def _score(nps: NpsResult, who: Callable[[str, str], Sequence[str]], writing: Writing) -> Figure:
    counts = f"{nps.counts.promoters:,} promoters, {nps.counts.passives:,} passives, {nps.counts.detractors:,} detractors"
    ids = who("nps", "detractors")
    query = writing.at("tenure metrics nps --who detractors")
    if isinstance(nps.score, NoAnswer):
        return Figure(key="nps/score", label="NPS", text="no answer yet", note=f"{nps.score.sentence} {counts}", query=query,
                      customers=writing.who(ids), total=len(ids))  # fmt: skip
    found = nps.score.value
    note = f"interval {found.interval.low:+.0f} to {found.interval.high:+.0f}; {counts}; opens into the detractors"
    return Figure(
        key="nps/score", label="NPS", text=f"{found.value:+.0f}", note=note, query=query, value=found.value,
        customers=writing.who(ids), total=len(ids),
    )  # fmt: skip


def _themes(said: Sequence[Voice], writing: Writing) -> Iterator[Figure]:
    for theme, voices in _by_revenue(said, lambda one: pain_of(one.text)):
        promoters = [one for one in voices if (one.score or 0) >= PROMOTER]
        detractors = [one for one in voices if (one.score or 0) <= DETRACTOR]
        money = _money(voices)
        key = f"nps/{theme}"
        yield Figure(
            key=key, label=THEMES[theme], text=f"{counted(len(promoters), 'promoter')}, {counted(len(detractors), 'detractor')}",
            note=f"{counted(len(voices), 'comment')}; ARR {writing.money(sum_known(money.values()))}{_unknown(money)}", query=writing.opens(key),
            quotes=(*_quotes(detractors, 2), *_quotes(promoters, 1)), customers=writing.who(money), total=len(money),
        )  # fmt: skip


def _by_revenue(said: Sequence[Voice], of: Callable[[Voice], str]) -> list[tuple[str, list[Voice]]]:
    groups: dict[str, list[Voice]] = {}
    for one in said:
        groups.setdefault(of(one), []).append(one)
    return sorted(
        groups.items(), key=lambda pair: (pair[0] == OTHER, -_revenue(pair[1]), -len(pair[1]), pair[0])
    )


def _revenue(voices: Sequence[Voice]) -> int:
    return sum_known(_money(voices).values()) or 0


def _money(voices: Sequence[Voice]) -> Mapping[str, int | None]:
    """The revenue a year of each customer who spoke; None: not known."""
    return {one.customer_id: one.arr_cents for one in voices}


def _unknown(money: Mapping[str, int | None]) -> str:
    unknown = sum(cents is None for cents in money.values())
    return f"; ARR of {unknown:,} is not known" if unknown else ""


def _quotes(voices: Sequence[Voice], most: int = QUOTES) -> tuple[str, ...]:
    """Of those with most revenue; the same words once."""
    loudest = sorted(voices, key=lambda one: (-(one.arr_cents or 0), -one.occurred_us, one.customer_id))
    return tuple(dict.fromkeys(quoted(one.text) for one in loudest if one.text.strip()))[:most]

"""The report's charts as Altair specifications, drawn to SVG without a browser."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import vl_convert

from tenure.model.report import Bar, CurvePoint, EffectBar, TrendPoint
from tenure.presentation.report import palette as colour

BIN_WIDTH = 5


def draw(chart: Any) -> str:
    """An Altair chart as themed SVG text."""
    configured = (
        chart.configure(background="transparent", font="system-ui, -apple-system, 'Segoe UI', sans-serif")
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=colour.MUTED,
            titleColor=colour.MUTED,
            gridColor=colour.GRID,
            domainColor=colour.GRID,
            tickColor=colour.GRID,
            labelFontSize=11,
            titleFontSize=11,
            titleFontWeight="normal",
        )
        .configure_legend(labelColor=colour.INK, titleColor=colour.MUTED, labelFontSize=11, orient="top", title=None)
        .configure_text(color=colour.INK, fontSize=11)
    )
    return colour.themed(vl_convert.vegalite_to_svg(configured.to_dict()))


def _rows(rows: Sequence[dict[str, Any]]) -> Any:
    return alt.InlineData(values=list(rows))


def _band(score: float, thresholds: tuple[float, float]) -> str:
    at_risk, healthy = thresholds
    return "healthy" if score >= healthy else "at_risk" if score >= at_risk else "critical"


def _status_scale() -> Any:
    words = [colour.STATUS_WORDS[status] for status in colour.STATUS_ORDER]
    return alt.Scale(domain=words, range=[colour.STATUS_COLOURS[status] for status in colour.STATUS_ORDER])


def distribution(histogram: Sequence[int], thresholds: tuple[float, float]) -> str:
    """How many customers have which score, in bins of five points, coloured by band."""
    rows = [
        {
            "from": index * BIN_WIDTH,
            "to": (index + 1) * BIN_WIDTH,
            "customers": count,
            "band": colour.STATUS_WORDS[_band(index * BIN_WIDTH, thresholds)],
        }
        for index, count in enumerate(histogram)
    ]
    chart = (
        alt.Chart(_rows(rows))
        .mark_bar(stroke=colour.SURFACE, strokeWidth=1)
        .encode(
            x=alt.X("from:Q", bin="binned", title="health score", scale=alt.Scale(domain=[0, 100]), axis=alt.Axis(grid=False, tickCount=10)),
            x2="to:Q",
            y=alt.Y("customers:Q", title="customers", axis=alt.Axis(tickCount=4)),
            color=alt.Color("band:N", scale=_status_scale()),
        )
    )
    return draw(chart.properties(width=480, height=180))


def trend(points: Sequence[TrendPoint]) -> str:
    """The average score over time; the axis keeps 0-100 so that a wiggle does not look like a cliff."""
    rows = [{"day": point.day, "average": point.average} for point in points]
    base = alt.Chart(_rows(rows)).encode(
        x=alt.X("day:T", title=None, axis=alt.Axis(grid=False, tickCount=6, format="%d %b")),
        y=alt.Y("average:Q", title="average score", scale=alt.Scale(domain=[0, 100]), axis=alt.Axis(tickCount=5)),
    )
    chart = base.mark_line(color=colour.ACCENT, strokeWidth=2) + base.mark_circle(color=colour.ACCENT, size=18)
    return draw(chart.properties(width=480, height=180))


def shares(points: Sequence[TrendPoint]) -> str:
    """Where customers stood over time, as shares of all scored."""
    rows = [
        {"day": point.day, "status": colour.STATUS_WORDS[status], "customers": getattr(point, status), "order": order}
        for point in points
        for order, status in enumerate(colour.STATUS_ORDER)
    ]
    chart = (
        alt.Chart(_rows(rows))
        .mark_area()
        .encode(
            x=alt.X("day:T", title=None, axis=alt.Axis(grid=False, tickCount=6, format="%d %b")),
            y=alt.Y("customers:Q", stack="normalize", title="share of customers", axis=alt.Axis(format="%", tickCount=4)),
            color=alt.Color("status:N", scale=_status_scale()),
            order="order:Q",
        )
    )
    return draw(chart.properties(width=480, height=180))


def curves(points: Sequence[CurvePoint], x_title: str, y_title: str, step: bool) -> str:
    """Lines with their 95 % bands: survival (steps) or retention by month."""
    rows = [
        {"series": p.series, "x": p.x, "y": p.y, "low": p.low if p.low is not None else p.y, "high": p.high if p.high is not None else p.y}
        for p in points
    ]
    names = list(dict.fromkeys(point.series for point in points))
    range_ = [colour.ACCENT, colour.HEALTHY, colour.AT_RISK, colour.CRITICAL, colour.SOFT, colour.MUTED]
    strong = alt.Legend(symbolOpacity=1)  # else its symbols are as pale as the band
    shades = alt.Color("series:N", scale=alt.Scale(domain=names, range=range_[: len(names)]), legend=strong)
    shape: Any = "step-after" if step else "linear"
    base = alt.Chart(_rows(rows)).encode(x=alt.X("x:Q", title=x_title, axis=alt.Axis(grid=False)), color=shades)
    axis = alt.Y("y:Q", title=y_title, scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%", tickCount=5))
    band = base.mark_area(opacity=0.15, interpolate=shape).encode(y=alt.Y("low:Q", title=y_title), y2="high:Q")
    line = base.mark_line(strokeWidth=2, interpolate=shape).encode(y=axis)
    return draw((band + line).properties(width=480, height=220))


def waterfall(bars: Sequence[Bar]) -> str:
    """Monthly revenue from start to end, each step standing on the one before."""
    kinds = {"level": colour.SOFT, "gain": colour.HEALTHY, "loss": colour.CRITICAL}
    rows = [
        {"label": bar.label, "start": bar.start, "end": bar.end, "kind": bar.kind, "text": bar.text, "top": max(bar.start, bar.end)}
        for bar in bars
    ]
    base = alt.Chart(_rows(rows)).encode(x=alt.X("label:N", sort=None, title=None, axis=alt.Axis(labelAngle=0)))
    block = base.mark_bar(size=44).encode(
        y=alt.Y("start:Q", title="monthly revenue", axis=alt.Axis(format="~s", tickCount=5)),
        y2="end:Q",
        color=alt.Color("kind:N", scale=alt.Scale(domain=list(kinds), range=list(kinds.values())), legend=None),
    )
    text = base.mark_text(dy=-7, color=colour.INK).encode(y="top:Q", text="text:N")
    return draw((block + text).properties(width=480, height=220))


def effects(bars: Sequence[EffectBar]) -> str:
    """Differences to the holdout with their always-valid intervals; what crosses zero is not proven."""
    rows = [
        {
            "campaign": bar.label,
            "what": bar.what,
            "points": 100 * bar.value,
            "low": 100 * bar.low,
            "high": 100 * bar.high,
        }
        for bar in bars
    ]
    scale = alt.Scale(domain=["retention", "recovery"], range=[colour.ACCENT, colour.SOFT])
    base = alt.Chart(_rows(rows)).encode(
        y=alt.Y("campaign:N", title=None, sort=None, axis=alt.Axis(labelLimit=180)),
        yOffset=alt.YOffset("what:N", sort=["retention", "recovery"]),
        color=alt.Color("what:N", scale=scale),
    )
    span = base.mark_rule(strokeWidth=3).encode(
        x=alt.X("low:Q", title="points against the holdout"), x2="high:Q"
    )
    point = base.mark_circle(size=70, opacity=1).encode(x="points:Q")
    zero = alt.Chart(_rows([{"zero": 0}])).mark_rule(color=colour.MUTED, strokeDash=[3, 3]).encode(x="zero:Q")
    return draw((zero + span + point).properties(width=640, height=alt.Step(16)))

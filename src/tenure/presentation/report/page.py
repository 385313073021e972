"""The report page: Jinja2 around the charts, nothing loaded from anywhere else."""

from __future__ import annotations

from collections.abc import Callable

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from tenure.model.report import ReportData
from tenure.presentation.papers.page import PACKAGE, tied
from tenure.presentation.report import charts
from tenure.presentation.report.palette import STATUS_ORDER, STATUS_WORDS

MONTHS_SHOWN = 13


def render_report(data: ReportData) -> str:
    """One self-contained HTML document (styles and SVG inside; no script, no request to anywhere)."""
    page = _environment().get_template("report.html")
    return page.render(data=data, charts=_charts(data), status_order=STATUS_ORDER, status_words=STATUS_WORDS)


def _environment() -> Environment:
    environment = Environment(
        loader=ChoiceLoader([PackageLoader("tenure.presentation.report"), PackageLoader(PACKAGE)]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["points"] = points
    environment.filters["signed"] = signed
    environment.filters["heat"] = heat
    environment.filters["tied"] = tied
    return environment


def _charts(data: ReportData) -> dict[str, str]:
    """The charts that have something to show; the page says why for the others."""
    drawn: dict[str, Callable[[], str]] = {}
    if data.scored:
        drawn["distribution"] = lambda: charts.distribution(data.histogram, data.thresholds)
    if len(data.trend) > 1:
        drawn["trend"] = lambda: charts.trend(data.trend)
        drawn["shares"] = lambda: charts.shares(data.trend)
    if data.survival:
        drawn["survival"] = lambda: charts.curves(data.survival, "days since start", "still customers", step=True)
    if data.waterfall:
        drawn["waterfall"] = lambda: charts.waterfall(data.waterfall)
    if data.effects:
        drawn["effects"] = lambda: charts.effects(data.effects)
    return {name: draw() for name, draw in drawn.items()}


def points(value: float | None) -> str:
    """A score or points as people write them: 40, 39.5, or a dash."""
    if value is None:
        return "–"
    return f"{value:.1f}".removesuffix(".0")


def signed(value: float) -> str:
    """A change with its sign: +2, −13.5."""
    text = points(abs(value))
    return "0" if text == "0" else ("+" if value > 0 else "−") + text


def heat(share: float) -> str:
    """How strongly a cohort cell is coloured, as a CSS percentage."""
    return f"{round(share * 70)}%"

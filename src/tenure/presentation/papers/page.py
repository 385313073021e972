"""A paper as one self-contained HTML page: styles inside, no script, nothing loaded from anywhere."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined

from tenure.model.papers import Paper

PACKAGE = "tenure.presentation.papers"


def render_paper(paper: Paper) -> str:
    """Light and dark, wide and on a phone, on screen and on paper."""
    environment = Environment(
        loader=PackageLoader(PACKAGE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["tied"] = tied
    return environment.get_template("paper.html").render(paper=paper)


def tied(text: str) -> str:
    """A number stays on the line of its percent sign."""
    return text.replace(" %", "\N{NO-BREAK SPACE}%")

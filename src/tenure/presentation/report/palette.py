"""Colours by meaning. Charts are drawn in stand-in colours, which become CSS variables in the page.

One SVG then follows the reader's light or dark theme; the fallback in each `var()` keeps it readable where CSS
variables are not understood.
"""

from __future__ import annotations

INK = "#010101"
MUTED = "#020202"
GRID = "#030303"
HEALTHY = "#040404"
AT_RISK = "#050505"
CRITICAL = "#060606"
ACCENT = "#070707"
SOFT = "#080808"
SURFACE = "#090909"

_VARIABLES = {
    INK: ("--ink", "#1c2430"),
    MUTED: ("--muted", "#5b6675"),
    GRID: ("--line", "#e3e7ec"),
    HEALTHY: ("--healthy", "#1f8a5b"),
    AT_RISK: ("--at-risk", "#c98210"),
    CRITICAL: ("--critical", "#cc3d3d"),
    ACCENT: ("--accent", "#2f62c9"),
    SOFT: ("--soft", "#a9b4c2"),
    SURFACE: ("--surface", "#ffffff"),
}

STATUS_ORDER = ("healthy", "at_risk", "critical")
STATUS_COLOURS = {"healthy": HEALTHY, "at_risk": AT_RISK, "critical": CRITICAL}
STATUS_WORDS = {"healthy": "healthy", "at_risk": "at risk", "critical": "critical"}


def themed(svg: str) -> str:
    """The SVG with every stand-in colour replaced by its CSS variable and a light fallback."""
    for stand_in, (variable, fallback) in _VARIABLES.items():
        svg = svg.replace(stand_in, f"var({variable}, {fallback})")
    return svg

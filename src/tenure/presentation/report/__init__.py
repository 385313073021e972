"""The report: one self-contained HTML page, light and dark, to look at or to mail."""

from tenure.presentation.report.page import render_report

__all__ = ["render_report"]

"""The pages of docs/metrics: every metric has one, every page is linked, and says everything a page must say."""

from __future__ import annotations

from pathlib import Path

import pytest

from tenure.services.insights import METRICS

PAGES = Path(__file__).parents[2] / "docs" / "metrics"
SECTIONS = (
    "## Formula",
    "## What counts",
    "## What does not count",
    "## Interval",
    "## When there is no answer",
    "## Who is behind it",
    "## Command",
)


def test_every_metric_has_its_page_and_every_page_is_a_metric() -> None:
    assert {page.stem for page in PAGES.glob("*.md")} == {*METRICS, "README"}


@pytest.mark.parametrize("name", METRICS)
def test_every_page_is_linked_and_says_everything(name: str) -> None:
    assert f"[{name}]({name}.md)" in (PAGES / "README.md").read_text()
    page = (PAGES / f"{name}.md").read_text()
    assert [line for line in page.splitlines() if line in SECTIONS] == list(SECTIONS)
    assert f"tenure metrics {name} --workspace DIR --json" in page
    assert page.splitlines()[2].endswith((".", "?"))

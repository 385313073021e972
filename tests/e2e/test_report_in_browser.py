"""A person opens the report: in Chromium, light and dark, wide and on a phone."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
from tests.conftest import need
from tests.unit.presentation.test_pages import PAGES
from tests.unit.presentation.test_papers import PAPER
from tests.unit.presentation.test_report import full_data

from tenure.presentation.papers.page import render_paper
from tenure.presentation.report.page import render_report

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def chromium() -> str:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    need(path is not None, "Chromium is not installed")
    assert path
    return path


@pytest.mark.parametrize(("scheme", "page_colour"), [("light", "rgb(245, 246, 248)"), ("dark", "rgb(18, 22, 29)")])
def test_the_report_follows_the_theme_and_fits_a_phone(chromium: str, tmp_path: Path, scheme: str, page_colour: str) -> None:
    sync_api = pytest.importorskip("playwright.sync_api")
    file = tmp_path / "report.html"
    file.write_text(render_report(full_data()), encoding="utf-8")
    complaints: list[str] = []
    with sync_api.sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)
        page = browser.new_page(color_scheme=scheme, viewport={"width": 390, "height": 800})
        page.on("console", lambda message: complaints.append(message.text))
        page.on("request", lambda request: complaints.append(request.url) if not request.url.startswith("file:") else None)
        page.goto(file.as_uri())
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == page_colour
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert page.locator("svg").count() == 5
        assert all(page.locator("svg").nth(index).bounding_box()["width"] > 200 for index in range(5))
        others = {"paper": render_paper(PAPER), **PAGES}
        for name, html in others.items():
            (tmp_path / f"{name}.html").write_text(html, encoding="utf-8")
            page.goto((tmp_path / f"{name}.html").as_uri())
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name
            assert page.evaluate("getComputedStyle(document.body).backgroundColor") == page_colour, name
        browser.close()
    assert complaints == [], sys.platform

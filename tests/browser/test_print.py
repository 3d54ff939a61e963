"""Both pages on paper: A4, white, without controls, and with all that a reader needs."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pypdf
import pytest
from playwright.sync_api import Page, expect

from camp_monitor.events.events import join_events
from camp_monitor.report.text import words
from camp_monitor.report.text.sentences import phrase
from tests.browser.test_map_dates import series
from tests.browser.test_map_in_browser import Open
from tests.browser.test_overview_in_browser import REGISTRY, overview
from tests.report import painted

A4_PT = (595, 842)


def printed(page: Page, path: Path) -> str:
    """Print the page; return its text, in one line."""
    content = page.pdf(path=path, prefer_css_page_size=True)
    sheets = pypdf.PdfReader(io.BytesIO(content)).pages
    assert len(sheets) <= 3
    for sheet in sheets:
        assert (float(sheet.mediabox.width), float(sheet.mediabox.height)) == pytest.approx(
            A4_PT, abs=2
        )
    return " ".join(" ".join(sheet.extract_text() for sheet in sheets).split())


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
def test_a_map_prints_its_events_legend_credits_and_disclaimer(
    open_html: Open, pictures: Path, width: int, height: int
) -> None:
    findings = painted.findings()
    events = join_events(findings, painted.observations())
    html = series(findings=findings, observations=painted.observations(), events=events)
    with open_html(html, width=width, height=height) as page:
        view = "document.querySelector('.folium-map').getBoundingClientRect().toJSON()"
        before = page.evaluate(view)
        text = printed(page, pictures / f"print-map-{width}.pdf")
        for said in (
            painted.facility().name,
            words.kind_words("construction"),
            words.area_words(findings[1])[0],
            words.interval_words(painted.BEFORE, painted.AFTER),
            painted.BEFORE.credit,
            phrase("map.legend").upper(),
            phrase("map.borders"),
            phrase("map.dated"),
        ):
            assert " ".join(said.split()) in text, said
        for control in (phrase("map.search"), phrase("map.both"), phrase("map.how")):
            assert control not in text
        page.wait_for_timeout(200)
        assert page.evaluate(view) == before  # as it was on the screen
        expect(page.locator("html")).not_to_have_class("on-paper")


def test_the_overview_prints_its_list_and_disclaimer(
    open_html: Callable[..., Any], pictures: Path
) -> None:
    with open_html(overview()) as page:
        text = printed(page, pictures / "print-overview.pdf")
        for facility in REGISTRY:
            assert words.facility_name(facility)[:20] in text
        assert phrase("map.borders") in text
        assert phrase("map.search") not in text
        never = page.locator("#places details", has=page.locator("i.never"))
        expect(never.locator("a").first).not_to_be_visible()  # closed again

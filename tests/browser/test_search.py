"""Search by any name, and names of any kind, in both pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from camp_monitor.events.events import join_events
from camp_monitor.report.text.sentences import phrase
from tests.browser.test_map_in_browser import Open, demo
from tests.browser.test_overview_in_browser import REGISTRY, SIZES, open_panel, overview
from tests.report import painted

NAMES = {
    "right to left": "معسكر الاعتقال رقم ١٢ \u202e(سري)",
    "markup": "<img src=x onerror=alert(1)></script><b>Camp</b>",
    "long": "전거리교화소" * 50,
    "long word": "W" * 300,
    "emoji": "👩‍👩‍👧‍👦🏳️‍🌈 Camp 🏭🏭🏭",
}


def search(page: Page, words: str) -> None:
    page.get_by_label(phrase("map.search"), exact=True).fill(words)


@SIZES
def test_the_overview_finds_a_place_by_all_its_names_and_by_ids_of_what_was_found_there(
    open_html: Open, pictures: Path, width: int, height: int
) -> None:
    jongori = next(one for one in REGISTRY if one.id == "khs-12-jongori")
    [building, _] = painted.findings()
    assert jongori.aliases
    with open_html(overview(), width=width, height=height) as page:
        open_panel(page, width)
        rows = page.locator("#places li:visible")
        said = page.locator("#found")
        for words in (
            "jongo", "전거리 제12호", "전거", *jongori.aliases, "khs-12-jongori", building.id,
            f"e{building.id[1:]}", building.id[:7].lower(), "12 JONGO",
        ):  # fmt: skip
            search(page, words)
            expect(rows).to_have_count(1)
            assert rows.locator("a").get_attribute("href") == "#khs-12-jongori"
            expect(said).to_have_text(phrase("script.found", count=1))
        page.screenshot(path=pictures / f"search-{width}.png")
        page.keyboard.press("Enter")
        expect(page.locator(".leaflet-popup-content h2")).to_contain_text("Jongo-ri")
        open_panel(page, width)
        search(page, "nowhere at all")
        expect(rows).to_have_count(0)
        expect(said).to_have_text(phrase("script.foundNone"))
        search(page, "")
        expect(page.locator("#places li")).to_have_count(len(REGISTRY))
        expect(said).to_have_text("")


def test_a_map_finds_its_findings_by_their_ids_and_those_of_their_events(open_html: Open) -> None:
    findings = painted.findings()
    building, flood = findings
    events = join_events(findings, painted.observations())
    with open_html(demo(events=events)) as page:
        for words in (flood.id, f"E{flood.id[1:]}", "flooding"):
            search(page, words)
            links = page.locator(".findings a:visible").evaluate_all("all => all.map(a => a.hash)")
            assert set(links) == {f"#{flood.id}"}, words
        page.keyboard.press("Enter")
        expect(page.locator(".leaflet-popup-content")).to_contain_text(flood.id)
        search(page, building.id)
        expect(page.locator(f'#findings a[href="#{building.id}"]')).to_be_visible()


@SIZES
@pytest.mark.parametrize("kind", NAMES)
def test_no_name_breaks_the_layout_of_a_page(
    open_html: Open,
    pictures: Path,
    accessibility_faults: Callable[[Page], list[str]],
    kind: str,
    width: int,
    height: int,
) -> None:
    name = NAMES[kind]
    named = replace(painted.facility(name), names_ko=(name,), aliases=(name,))
    pages = {
        "map": demo(facility=named),
        "overview": overview(facilities=[named, *REGISTRY[:4]], observations=[], findings=[]),
    }
    for which, html in pages.items():
        with open_html(html, width=width, height=height) as page:
            open_panel(page, width)
            header, panel = page.locator("header").bounding_box(), page.locator(".panel-body")
            assert header["height"] < 0.3 * height
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert panel.evaluate("panel => panel.scrollWidth <= panel.clientWidth + 1")
            search(page, name.split()[0][:40])
            page.keyboard.press("Enter")
            page.wait_for_timeout(300)
            page.screenshot(path=pictures / f"name-{which}-{kind.replace(' ', '-')}-{width}.png")
            if which == "overview":
                popup = page.locator(".leaflet-popup").bounding_box()
                assert popup["x"] >= 0
                assert popup["x"] + popup["width"] <= width
                assert accessibility_faults(page) == []

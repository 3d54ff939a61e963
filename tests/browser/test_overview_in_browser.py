"""The overview of the registry in a real Chromium with all traffic blocked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import shapely.affinity
from playwright.sync_api import Page, expect

from camp_monitor.facilities import Facility, Outline, read_registry
from camp_monitor.report.map.overview import draw_overview
from camp_monitor.report.text.sentences import phrase
from camp_monitor.report.text.words import facilities_words, kind_words
from tests.report import painted

REGISTRY = read_registry(Path(__file__).parents[2] / "aoi")
PLACED = sum(bool(facility.outlines) for facility in REGISTRY)
SIZES = pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
Open = Callable[..., Any]


def overview(**changes: Any) -> str:
    unseen = replace(painted.observations()[2], facility_id="kls-14-kaechon")
    content = {
        "facilities": REGISTRY,
        "observations": [*painted.observations(), unseen],
        "findings": painted.findings(),
    } | changes
    return draw_overview(**content).html


def open_panel(page: Page, width: int) -> None:
    if width < 760:
        page.locator("details.panel > summary").click()


@SIZES
def test_every_place_is_drawn_and_what_is_known_of_it(
    open_html: Open, width: int, height: int
) -> None:
    with open_html(overview(), width=width, height=height) as page:
        expect(page.locator(".place-icon")).to_have_count(PLACED)
        expect(page.locator(".place-icon .findings")).to_have_text("2")
        expect(page.locator(".place-icon .not_seen")).to_have_count(1)
        expect(page.locator(".place-icon .never")).to_have_count(PLACED - 2)
        placeholders = sum(f.outlines[-1].basis == "placeholder" for f in REGISTRY if f.outlines)
        expect(page.locator(".place-icon .placeholder")).to_have_count(placeholders)
        assert page.locator(".meridian").count() >= 2
        expect(page.locator(".parallel", has_text="40° N")).to_have_count(1)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_names_hide_no_other_name(open_html: Open) -> None:
    with open_html(overview()) as page:
        names = page.locator(".place-name").all()
        boxes = [name.bounding_box() for name in names if name.is_visible()]
        assert len(boxes) > 20
        for one, other in combinations(boxes, 2):
            left, right = sorted((one, other), key=lambda box: box["x"])
            upper, lower = sorted((one, other), key=lambda box: box["y"])
            beside = left["x"] + left["width"] <= right["x"]
            assert beside or upper["y"] + upper["height"] <= lower["y"] + 1


@SIZES
def test_list_moves_the_map_opens_the_popup_and_sets_the_address(
    open_html: Open, width: int, height: int
) -> None:
    with open_html(overview(), width=width, height=height) as page:
        open_panel(page, width)
        link = page.locator('#places a[href="#khs-12-jongori"]')
        link.focus()
        page.keyboard.press("Enter")
        page.wait_for_timeout(300)
        assert page.url.endswith("#khs-12-jongori")
        popup = page.locator(".leaflet-popup-content")
        for said in ("전거리 제12호 교화소", kind_words("construction"), phrase("not_seen")):
            expect(popup).to_contain_text(said)
        expect(link).to_have_attribute("aria-current", "true")
        assert page.locator("#overview").bounding_box()["height"] > 0.6 * height
        page.go_back()
        assert "#" not in page.url


def test_a_place_opens_by_click_by_keyboard_and_by_address(open_html: Open) -> None:
    with open_html(overview(), hash_id="#kls-16-hwasong") as page:
        popup = page.locator(".leaflet-popup-content").last
        expect(popup).to_contain_text(phrase("script.neverScanned"))
        expect(popup).to_contain_text(phrase("script.nothingKnown"))
        page.locator(".leaflet-control-zoom-out").click(click_count=3, delay=50)
        page.locator('.place-icon[aria-label^="Kwan-li-so No. 25"]').focus()
        page.keyboard.press("Enter")
        expect(popup).to_contain_text("Chongjin")
        assert page.url.endswith("#kls-25-chongjin")


def test_lines_of_degrees_follow_the_view(open_html: Open) -> None:
    with open_html(overview(), hash_id="#khs-12-jongori") as page:
        page.wait_for_timeout(500)  # until the map has made room for the popup
        labels = [text for text in page.locator(".parallel").all_text_contents() if text]
        assert labels
        assert all(text.startswith("42.") and text.endswith("° N") for text in labels)
        first = page.locator(".parallel", has_text=labels[0]).bounding_box()["y"]
        page.mouse.move(200, 600)
        page.mouse.down()
        page.mouse.move(200, 570, steps=4)
        moved = page.locator(".parallel", has_text=labels[0]).bounding_box()["y"]
        page.mouse.up()
        assert first - moved == pytest.approx(30, abs=2)


@SIZES
def test_axe_finds_nothing_serious(
    open_html: Open, accessibility_faults: Callable[[Page], list[str]], width: int, height: int
) -> None:
    with open_html(overview(simulated=True), width=width, height=height) as page:
        open_panel(page, width)
        assert accessibility_faults(page) == []
        page.locator('#places a[href="#khs-12-jongori"]').click()
        page.wait_for_timeout(400)  # until the popup has faded in
        assert accessibility_faults(page) == []


def test_a_registry_without_any_place_is_a_page_too(open_html: Open) -> None:
    with open_html(overview(facilities=[], observations=[], findings=[])) as page:
        expect(page.locator("h1")).to_contain_text(facilities_words(0))
        expect(page.locator(".place-icon")).to_have_count(0)


def test_coast_and_borders_lie_below_the_places_with_the_usual_disclaimer(open_html: Open) -> None:
    with open_html(overview()) as page:
        land = page.locator(".leaflet-land-pane path")
        assert land.count() == 5
        own = page.locator('.leaflet-land-pane path[fill="#fbfaf6"]').bounding_box()
        for place in page.locator(".place-icon").all():  # no place lies outside of the country
            box = place.bounding_box()
            assert own["x"] < box["x"] + box["width"] / 2 < own["x"] + own["width"]
            assert own["y"] < box["y"] + box["height"] / 2 < own["y"] + own["height"]
        expect(page.get_by_text(phrase("map.borders"))).to_be_attached()
    elsewhere = replace(REGISTRY[0], outlines=(shifted(REGISTRY[0]),))
    with open_html(overview(facilities=[elsewhere], observations=[], findings=[])) as page:
        expect(page.locator(".leaflet-land-pane path")).to_have_count(0)
        expect(page.get_by_text(phrase("map.borders"))).to_have_count(0)


def shifted(facility: Facility) -> Outline:
    """The outline of a facility, on another continent."""
    outline = facility.outlines[-1]
    return replace(outline, geometry=shapely.affinity.translate(outline.geometry, -180.0, -60.0))
